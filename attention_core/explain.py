"""Derivations: any number of a trace -> the numbers that it is computed from.

A number in a tree has an address, and `open_term` returns the derivation of that address, and so on down to the
weights and embeddings of the checkpoint. `architecture/` declares how each quantity is computed.
"""

from __future__ import annotations

import math
from dataclasses import replace

from attention_core.computation.derivation import Address, Term, combine, dot_product
from attention_core.computation.stage import Cell, cell_at
from attention_core.errors import InputError
from attention_core.trace import Trace
from attention_core.validate import summarize

__all__ = ["cosine", "open_term", "output", "weight"]

COSINE_OF = ("contextual", "embedding")
ENCODER_PREFIX = "encoder_"  # prefix of the encoder's quantities in addresses of a decoder's trace


def __dir__() -> list[str]:
    return __all__


def weight(trace: Trace, layer: int, head: int, query: int, key: int) -> Term:
    """The attention weight of one query for one key, from every term of q · k to the softmax.

        weight = e^(score - max) / sum over j of e^(score[j] - max)

    A masked key has the score -inf: it is left out of the sum, and its weight is 0.
    trace: one run; for an encoder–decoder, trace.encoder or trace.decoder
    layer, head, query, key: each counted from 0
    Raises InputError when an index is out of range.

    Source: Vaswani et al. 2017, section 3.2.1, https://arxiv.org/abs/1706.03762
    """
    check_trace(trace)
    return open_term(trace, Address("weight", (layer, head, query, key)))


def output(trace: Trace, layer: int, head: int, query: int) -> tuple[Term, ...]:
    """The weighted sum of values of one query, as every product w_j · v_j: one tree for each dimension of z.

        z[dim] = sum over j of weight[j] * v[j, dim]

    trace: one run; for an encoder–decoder, trace.encoder or trace.decoder
    layer, head, query: each counted from 0
    returns: [d_head]
    Raises InputError when an index is out of range.

    Source: Vaswani et al. 2017, section 3.2.1, https://arxiv.org/abs/1706.03762
    """
    check_trace(trace)
    dims = range(trace.model.config.d_head)
    return tuple(open_term(trace, Address("z", (layer, head, query, dim))) for dim in dims)


def cosine(trace: Trace, position: int) -> Term:
    """The cosine similarity of a token's contextual embedding and its input embedding.

        cosine = a · b / (|a| * |b|), between -1 and 1

    Raises InputError when there is no such position.
    """
    check_trace(trace)
    rows = [row_at(trace, Address(name, (position, 0))) for name in COSINE_OF]
    top = dot_product(*rows)
    lengths = (combine("sqrt", (combine("sum", (combine("square", (x,)) for x in row)),)) for row in rows)
    return cosine_term(position, top, *lengths)


def cosine_in_short(trace: Trace, position: int) -> Term:
    """The same, with the dot product and the lengths as numbers that open into the whole derivation."""
    a, b = (trace.array(name, None)[position].astype(float).tolist() for name in COSINE_OF)
    top, *squares = (math.fsum(x * y for x, y in zip(*pair, strict=True)) for pair in ((a, b), (a, a), (b, b)))
    return cosine_term(position, Term(top), *(Term(math.sqrt(square)) for square in squares))


def cosine_term(position: int, *numbers: Term) -> Term:
    """The dot product of two vectors divided by their lengths; a number without parts opens into the derivation."""
    at = Address("cosine", (position,))
    names = ("·".join(COSINE_OF), *(f"|{name}|" for name in COSINE_OF))
    top, *lengths = (
        term.named(name, at=None if term.parts else at) for term, name in zip(numbers, names, strict=True)
    )
    return combine("quotient", (top, combine("product", lengths))).named("cosine", at=at)


def check_trace(trace: object) -> None:
    """InputError unless this is the trace of one run."""
    if not isinstance(trace, Trace):
        raise InputError(
            "Give a trace, the result of model.trace(text); for an encoder–decoder, trace.encoder or trace.decoder; "
            f"got {type(trace).__name__}."
        )


def number_at(trace: Trace, address: Address) -> Term:
    """The number at an address as a leaf, without its derivation; InputError if there is no such number."""
    if trace.encoder and address.quantity.startswith(ENCODER_PREFIX):
        return with_encoder_prefix(number_at(trace.encoder, encoder_address(address)))
    return find_cell(trace, address).leaf()


def row_at(trace: Trace, address: Address) -> list[Term]:
    """The numbers along the last axis through an address, as leaves."""
    return find_cell(trace, address).row_terms()


def open_term(trace: Trace, address: Address) -> Term:
    """The derivation of the number at an address; InputError if there is no such number.

    A decoder's trace also opens the encoder's numbers, at addresses with the prefix `encoder_`.

    address: the `at` of any term that has one
    """
    if not isinstance(address, Address):
        raise InputError(f"Give the address of a number, such as the .at of a term; got {summarize(address)}.")
    if trace.encoder and address.quantity.startswith(ENCODER_PREFIX):
        return with_encoder_prefix(open_term(trace.encoder, encoder_address(address)))
    if trace.encoder and address.quantity == "memory":
        leaf, term = find_cell(trace, address).leaf(), open_term(trace, Address("encoder_contextual", address.indices))
        return term.named(leaf.name, at=address, role=leaf.role, note=term.note)
    if address.quantity == "cosine" and len(address.indices) == 1:
        return cosine(trace, *address.indices)
    return find_cell(trace, address).term()


def encoder_address(address: Address) -> Address:
    """The address in the encoder's trace, without the prefix."""
    return Address(address.quantity.removeprefix(ENCODER_PREFIX), address.indices)


def with_encoder_prefix(term: Term) -> Term:
    """A term of the encoder with the prefix added to every address in its tree."""
    at = term.at and Address(ENCODER_PREFIX + term.at.quantity, term.at.indices)
    return replace(term, at=at, parts=tuple(map(with_encoder_prefix, term.parts)))


def find_cell(trace: Trace, address: Address) -> Cell:
    """The cell at an address; InputError if there is no such number."""
    layer = None if address.quantity in trace.declared(None) else address.indices[:1]
    if layer is not None and not any(trace.has(address.quantity, each) for each in range(trace.model.config.n_layers)):
        raise InputError(f"This model has no quantity named {address.quantity!r}.")
    if layer == ():
        raise InputError(f"{address.quantity} belongs to a layer, but {address} does not name one.")
    stage = trace.stage(address.quantity, layer[0] if layer else None)
    return cell_at(trace, stage, address.indices[1:] if layer else address.indices)
