"""Derivations: any number of a trace -> the numbers that it was made from.

A number in a tree carries an address, under which `open_term` gives its own tree: so each opens into
the next, down to the weights and embeddings of the checkpoint. How each quantity is made is declared
in `architecture/`.
"""

from __future__ import annotations

from dataclasses import replace

from attention_core.computation.derivation import Address, Term, combine, dot_product
from attention_core.computation.stage import Cell, cell_at
from attention_core.errors import InputError
from attention_core.trace import Trace
from attention_core.validate import told

__all__ = ["cosine", "open_term", "output", "weight"]

ENCODER = "encoder_"  # stands before an encoder's quantity where a decoder's trace is asked for it


def __dir__() -> list[str]:
    return __all__


def weight(trace: Trace, layer: int, head: int, query: int, key: int) -> Term:
    """The attention weight of one query for one key, from every term of q · k to the softmax.

        weight = e^(score - max) / sum over j of e^(score[j] - max)

    A masked key has the score -inf, which is not in the sum and gets the weight 0.
    trace: of one run; of an encoder–decoder its encoder's or its decoder's
    layer, head, query, key: each counted from 0
    Raises InputError when an index is out of range.

    Source: Vaswani et al. 2017, section 3.2.1, https://arxiv.org/abs/1706.03762
    """
    check_trace(trace)
    return open_term(trace, Address("weight", (layer, head, query, key)))


def output(trace: Trace, layer: int, head: int, query: int) -> tuple[Term, ...]:
    """Every w_j · v_j of one query, and their sum: one tree for each dimension of z.

        z[dim] = sum over j of weight[j] * v[j, dim]

    trace: of one run; of an encoder–decoder its encoder's or its decoder's
    layer, head, query: each counted from 0
    returns: [d_head]
    Raises InputError when an index is out of range.

    Source: Vaswani et al. 2017, section 3.2.1, https://arxiv.org/abs/1706.03762
    """
    check_trace(trace)
    dims = range(trace.model.config.d_head)
    return tuple(open_term(trace, Address("z", (layer, head, query, dim))) for dim in dims)


def cosine(trace: Trace, position: int) -> Term:
    """The cosine between a token's contextual embedding and the embedding it started from.

        cosine = a · b / (|a| * |b|), between -1 and 1

    Raises InputError when there is no such position.
    """
    check_trace(trace)
    rows = [row_at(trace, Address(name, (position, 0))) for name in ("contextual", "embedding")]
    top = dot_product(*rows).named("contextual·embedding")
    lengths = (
        combine("sqrt", (combine("sum", (combine("square", (x,)) for x in row)),)).named(f"|{name}|")
        for row, name in zip(rows, ("contextual", "embedding"), strict=True)
    )
    return combine("quotient", (top, combine("product", lengths))).named("cosine", at=Address("cosine", (position,)))


def check_trace(trace: object) -> None:
    """InputError when something is not the trace of one run."""
    if not isinstance(trace, Trace):
        raise InputError(
            "Give a trace, as model.trace(text) makes it; of an encoder–decoder its trace.encoder or trace.decoder; "
            f"got {type(trace).__name__}."
        )


def number_at(trace: Trace, address: Address) -> Term:
    """The number at an address as it stands in a line; InputError when there is no such number."""
    if trace.encoder and address.quantity.startswith(ENCODER):
        return from_decoder(number_at(trace.encoder, in_encoder(address)))
    return find(trace, address).leaf()


def row_at(trace: Trace, address: Address) -> list[Term]:
    """The numbers along the last axis, through an address, as they stand in a line."""
    return find(trace, address).row_terms()


def open_term(trace: Trace, address: Address) -> Term:
    """How the number at an address is made; InputError when there is no such number.

    From a decoder's trace the encoder's numbers open too, at addresses that begin with `encoder_`.

    address: the `at` of any term that has one
    """
    if not isinstance(address, Address):
        raise InputError(f"Give the address of a number, the .at of a term that has one; got {told(address)}.")
    if trace.encoder and address.quantity.startswith(ENCODER):
        return from_decoder(open_term(trace.encoder, in_encoder(address)))
    if trace.encoder and address.quantity == "memory":
        own, made = find(trace, address).leaf(), open_term(trace, Address("encoder_contextual", address.indices))
        return made.named(own.name, at=address, role=own.role, note=made.note)
    if address.quantity == "cosine" and len(address.indices) == 1:
        return cosine(trace, *address.indices)
    return find(trace, address).term()


def in_encoder(address: Address) -> Address:
    """The encoder's own address of a number of it that a decoder's trace is asked for."""
    return Address(address.quantity.removeprefix(ENCODER), address.indices)


def from_decoder(term: Term) -> Term:
    """A tree of the encoder's with the addresses under which a decoder's trace opens its numbers."""
    at = term.at and Address(ENCODER + term.at.quantity, term.at.indices)
    return replace(term, at=at, parts=tuple(map(from_decoder, term.parts)))


def find(trace: Trace, address: Address) -> Cell:
    """The number at an address; InputError when there is no such number."""
    layer = None if address.quantity in trace.declared(None) else address.indices[:1]
    if layer is not None and not any(trace.has(address.quantity, each) for each in range(trace.model.config.n_layers)):
        raise InputError(f"This model has no quantity named {address.quantity!r}.")
    if layer == ():
        raise InputError(f"{address.quantity} stands in a layer, and {address} names none.")
    stage = trace.stage(address.quantity, layer[0] if layer else None)
    return cell_at(trace, stage, address.indices[1:] if layer else address.indices)
