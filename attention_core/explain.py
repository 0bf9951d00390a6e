"""Derivations: any number of a trace -> the numbers that it was made from.

Every quantity is one function here, from a trace and indices to a tree of terms. A number in a tree
carries an address, under which `open_term` gives its own tree: so each opens into the next, down to
the weights and embeddings of the checkpoint.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from attention_core.derivation import Address, Role, Term, dot, make
from attention_core.errors import InputError

if TYPE_CHECKING:
    from attention_core.trace import Trace

ROLES: dict[str, Role] = {"q": "query", "k": "key", "v": "value"}


def leaf(value: float, name: str, quantity: str, *index: int, role: Role = "plain") -> Term:
    """A number that stands as it is here, and opens under its address."""
    return Term(float(value), name, at=Address(quantity, index), role=role)


def vector(trace: Trace, kind: str, layer: int, head: int, position: int) -> list[Term]:
    """A query, key or value as terms, one a dimension."""
    numbers = getattr(trace, kind)(layer)[head, position]
    return [leaf(x, f"{kind}[{d}]", kind, layer, head, position, d, role=ROLES[kind]) for d, x in enumerate(numbers)]


def product(trace: Trace, layer: int, head: int, query: int, key: int) -> Term:
    """q · k = sum over d of q[d] * k[d]."""
    sum_of_products = dot(vector(trace, "q", layer, head, query), vector(trace, "k", layer, head, key))
    return sum_of_products.named("q·k", at=Address("product", (layer, head, query, key)))


def score(trace: Trace, layer: int, head: int, query: int, key: int) -> Term:
    """score = q · k / sqrt(d_head)."""
    width = Term(float(trace.model.config.d_head), "d_head")
    quotient = make("quotient", (product(trace, layer, head, query, key), make("sqrt", (width,))))
    return quotient.named("score", at=Address("score", (layer, head, query, key)))


def weight(trace: Trace, layer: int, head: int, query: int, key: int) -> Term:
    """The attention weight of one query for one key, from every term of q · k to the softmax.

        weight = e^(score - max) / sum over j of e^(score[j] - max)

    A masked key has the score -inf, which is not in the sum and gets the weight 0.
    Raises InputError when an index is out of range.
    """
    check(trace, layer, head, query, key)
    at = Address("weight", (layer, head, query, key))
    mask = trace.mask()
    allowed = np.flatnonzero(mask[query]) if mask is not None else np.arange(len(trace.pieces))
    if key not in allowed:
        return Term(0.0, "weight", at=at, note="This key is masked: its score is −∞, and its weight is 0.")
    row = trace.scores(layer)[head, query]
    own = score(trace, layer, head, query, key)
    others = [own if j == key else leaf(row[j], f"score[{j}]", "score", layer, head, query, int(j)) for j in allowed]
    # The tree of the chosen score hangs in one place only; elsewhere its value stands for it.
    flat = [Term(term.value, term.name, at=term.at) for term in others]
    top = make("max", flat).named("max")
    here = Term(top.value, "max")
    total = make("sum", (make("exp", (make("difference", (term, here)),)) for term in flat)).named("sum")
    share = make("quotient", (make("exp", (make("difference", (own, top)),)), total))
    return share.named("weight", at=at)


def z(trace: Trace, layer: int, head: int, query: int, dim: int) -> Term:
    """z[d] = sum over j of weight[j] * v[j, d]."""
    weights, values = trace.pattern(layer)[head, query], trace.v(layer)[head, :, dim]
    pairs = (
        (
            leaf(w, f"weight[{j}]", "weight", layer, head, query, j),
            leaf(v, f"v[{j}, {dim}]", "v", layer, head, j, dim, role="value"),
        )
        for j, (w, v) in enumerate(zip(weights, values, strict=True))
    )
    mixed = make("sum", (make("product", pair) for pair in pairs))
    return mixed.named(f"z[{dim}]", at=Address("z", (layer, head, query, dim)))


def output(trace: Trace, layer: int, head: int, query: int) -> tuple[Term, ...]:
    """Every w_j · v_j of one query, and their sum: one tree for each dimension of z."""
    check(trace, layer, head, query)
    return tuple(z(trace, layer, head, query, dim) for dim in range(trace.model.config.d_head))


def projection(kind: str) -> Callable[..., Term]:
    """How a component of a query, key or value is made: q[d] = x · W_Q[:, d] + b_Q[d]."""

    def component(trace: Trace, layer: int, head: int, position: int, dim: int) -> Term:
        big = kind.upper()
        x, W, b = trace.resid_pre(layer)[position], trace.model.W(big, layer), trace.model.b(big, layer)
        inputs = [leaf(v, f"x[{m}]", "resid_pre", layer, position, m) for m, v in enumerate(x)]
        weights = [
            leaf(v, f"W_{big}[{m}, {dim}]", f"W_{big}", layer, head, m, dim) for m, v in enumerate(W[head, :, dim])
        ]
        bias = leaf(b[head, dim], f"b_{big}[{dim}]", f"b_{big}", layer, head, dim)
        total = make("sum", (*dot(inputs, weights).parts, bias))
        return total.named(f"{kind}[{dim}]", at=Address(kind, (layer, head, position, dim)), role=ROLES[kind])

    return component


def attn_out(trace: Trace, layer: int, position: int, m: int) -> Term:
    """attn_out[m] = sum over heads and dimensions of z * W_O[:, m], + b_O[m]."""
    block, joined = trace.model.blocks[layer], trace.z(layer)[:, position]
    d_head = trace.model.config.d_head
    mixed = [
        leaf(v, f"z[{h}, {d}]", "z", layer, h, position, d) for h, row in enumerate(joined) for d, v in enumerate(row)
    ]
    weights = [
        leaf(v, f"W_O[{i // d_head}, {i % d_head}, {m}]", "W_O", layer, i, m) for i, v in enumerate(block.W_O[:, m])
    ]
    bias = leaf(block.b_O[m], f"b_O[{m}]", "b_O", layer, m)
    total = make("sum", (*dot(mixed, weights).parts, bias))
    return total.named(f"attn_out[{m}]", at=Address("attn_out", (layer, position, m)))


def normed(sums: list[Term], m: int, gain: Term, shift: Term, eps: float) -> Term:
    """norm(x)[m] = (x[m] - mean) / sqrt(variance + eps) * weight + bias, for a row of nameless sums."""
    row = [Term(term.value, f"x[{i}]") for i, term in enumerate(sums)]
    width = Term(float(len(row)), "d_model")
    mean = make("quotient", (make("sum", row), width)).named("mean")
    centre = Term(mean.value, "mean")
    squares = (make("square", (make("difference", (x, centre)),)) for x in row)
    variance = make("quotient", (make("sum", squares), width)).named("variance")
    spread = make("sqrt", (make("sum", (variance, Term(eps, "eps"))),)).named("spread")
    own = sums[m].named(f"x[{m}]")
    scaled = make("product", (make("quotient", (make("difference", (own, mean)), spread)), gain))
    return make("sum", (scaled, shift))


def resid_mid(trace: Trace, layer: int, position: int, m: int) -> Term:
    """resid_mid = norm(resid_pre + attn_out)."""
    return added(trace, layer, position, m, "resid_pre", "attn_out", "mid").named(
        f"resid_mid[{m}]", at=Address("resid_mid", (layer, position, m))
    )


def resid_post(trace: Trace, layer: int, position: int, m: int) -> Term:
    """resid_post = norm(resid_mid + mlp_out)."""
    return added(trace, layer, position, m, "resid_mid", "mlp_out", "post").named(
        f"resid_post[{m}]", at=Address("resid_post", (layer, position, m))
    )


def added(trace: Trace, layer: int, position: int, m: int, stream: str, update: str, place: str) -> Term:
    """What a half of a layer leaves: the stream and its update, added and normed."""
    block = trace.model.blocks[layer]
    rows = [
        [leaf(v, f"{name}[{i}]", name, layer, position, i) for i, v in enumerate(getattr(trace, name)(layer)[position])]
        for name in (stream, update)
    ]
    sums = [make("sum", pair) for pair in zip(*rows, strict=True)]
    gain = leaf(getattr(block, f"w_{place}")[m], f"w_{place}[{m}]", f"w_{place}", layer, m)
    shift = leaf(getattr(block, f"b_{place}")[m], f"b_{place}[{m}]", f"b_{place}", layer, m)
    return normed(sums, m, gain, shift, trace.model.config.norm_eps)


def resid_pre(trace: Trace, layer: int, position: int, m: int) -> Term:
    """What the layer before left, or, in layer 0, the embedding of the token."""
    name = f"resid_pre[{m}]"
    if layer:
        return resid_post(trace, layer - 1, position, m).named(name, at=Address("resid_pre", (layer, position, m)))
    embedding, token = trace.model.embedding, trace.ids[position]
    sums = [
        make(
            "sum",
            (
                leaf(embedding.W_E[token, i], f"W_E[{token}, {i}]", "W_E", token, i),
                leaf(embedding.W_pos[position, i], f"W_pos[{position}, {i}]", "W_pos", position, i),
                leaf(embedding.W_seg[0, i], f"W_seg[0, {i}]", "W_seg", 0, i),
            ),
        )
        for i in range(trace.model.config.d_model)
    ]
    gain = leaf(embedding.w_norm[m], f"w_norm[{m}]", "w_norm", m)
    shift = leaf(embedding.b_norm[m], f"b_norm[{m}]", "b_norm", m)
    return normed(sums, m, gain, shift, trace.model.config.norm_eps).named(
        name, at=Address("resid_pre", (layer, position, m))
    )


def mlp_in(trace: Trace, layer: int, position: int, f: int) -> Term:
    """mlp_in[f] = resid_mid · W_in[:, f] + b_in[f]."""
    return linear(trace, layer, position, f, "resid_mid", "in").named(
        f"mlp_in[{f}]", at=Address("mlp_in", (layer, position, f))
    )


def mlp_act(trace: Trace, layer: int, position: int, f: int) -> Term:
    """mlp_act[f] = activation(mlp_in[f])."""
    inner = leaf(trace.mlp_in(layer)[position, f], f"mlp_in[{f}]", "mlp_in", layer, position, f)
    return make(trace.model.config.activation, (inner,)).named(
        f"mlp_act[{f}]", at=Address("mlp_act", (layer, position, f))
    )


def mlp_out(trace: Trace, layer: int, position: int, m: int) -> Term:
    """mlp_out[m] = mlp_act · W_out[:, m] + b_out[m]."""
    return linear(trace, layer, position, m, "mlp_act", "out").named(
        f"mlp_out[{m}]", at=Address("mlp_out", (layer, position, m))
    )


def linear(trace: Trace, layer: int, position: int, column: int, source: str, place: str) -> Term:
    """A product of the MLP: source · W[:, column] + b[column]."""
    block = trace.model.blocks[layer]
    W, b = getattr(block, f"W_{place}"), getattr(block, f"b_{place}")
    x = getattr(trace, source)(layer)[position]
    inputs = [leaf(v, f"{source}[{i}]", source, layer, position, i) for i, v in enumerate(x)]
    weights = [leaf(v, f"W_{place}[{i}, {column}]", f"W_{place}", layer, i, column) for i, v in enumerate(W[:, column])]
    bias = leaf(b[column], f"b_{place}[{column}]", f"b_{place}", layer, column)
    return make("sum", (*dot(inputs, weights).parts, bias))


def trained(name: str) -> Callable[..., Term]:
    """A number that training set: it opens no further, and says where it stands in the checkpoint."""

    def number(trace: Trace, *index: int) -> Term:
        model = trace.model
        if name in ("W_E", "W_pos", "W_seg", "w_norm", "b_norm"):
            value, source = getattr(model.embedding, name)[index], model.sources[name, None]
        else:
            layer, *rest = index
            source = model.sources[name, layer]
            if name in ("W_Q", "W_K", "W_V"):
                value = model.W(name[2], layer)[tuple(rest)]
            elif name in ("b_Q", "b_K", "b_V"):
                value = model.b(name[2], layer)[tuple(rest)]
            else:
                value = getattr(model.blocks[layer], name)[tuple(rest)]
        label = f"{name}[{', '.join(map(str, index))}]"
        return Term(float(value), label, at=Address(name, index), note=f"A trained number, from {source}.")

    return number


def likeness(trace: Trace, position: int) -> Term:
    """The cosine between a token's contextual embedding and the embedding it started from.

    cosine = a · b / (|a| * |b|), between -1 and 1
    """
    last, n = trace.model.config.n_layers - 1, len(trace.pieces)
    if not 0 <= position < n:
        raise InputError(f"Position {position} is not there: they are 0 to {n - 1}.")
    rows = [
        [leaf(x, f"{name}[{m}]", quantity, layer, position, m) for m, x in enumerate(numbers)]
        for name, quantity, layer, numbers in (
            ("contextual", "resid_post", last, trace.contextual[position]),
            ("embedding", "resid_pre", 0, trace.resid_pre(0)[position]),
        )
    ]
    top = dot(*rows).named("contextual·embedding")
    lengths = (
        make("sqrt", (make("sum", (make("square", (x,)) for x in row)),)).named(f"|{name}|")
        for row, name in zip(rows, ("contextual", "embedding"), strict=True)
    )
    return make("quotient", (top, make("product", lengths))).named("cosine", at=Address("likeness", (position,)))


QUANTITIES: dict[str, Callable[..., Term]] = {
    "weight": weight,
    "score": score,
    "product": product,
    "z": z,
    **{kind: projection(kind) for kind in ROLES},
    "attn_out": attn_out,
    "resid_mid": resid_mid,
    "resid_post": resid_post,
    "resid_pre": resid_pre,
    "mlp_in": mlp_in,
    "mlp_act": mlp_act,
    "mlp_out": mlp_out,
    "likeness": likeness,
    **{
        name: trained(name)
        for name in [
            "W_E",
            "W_pos",
            "W_seg",
            "w_norm",
            "b_norm",
            "W_Q",
            "W_K",
            "W_V",
            "b_Q",
            "b_K",
            "b_V",
            "W_O",
            "b_O",
            "w_mid",
            "b_mid",
            "W_in",
            "b_in",
            "W_out",
            "b_out",
            "w_post",
            "b_post",
        ]
    },
}


def open_term(trace: Trace, address: Address) -> Term:
    """The tree of the number at an address; InputError when there is no such number."""
    if address.quantity not in QUANTITIES:
        raise InputError(f"There is no quantity named {address.quantity!r}.")
    try:
        return QUANTITIES[address.quantity](trace, *address.indices)
    except (IndexError, TypeError, KeyError, ValueError) as error:
        raise InputError(f"There is no number at {address}.") from error


def check(trace: Trace, layer: int, head: int, *positions: int) -> None:
    """Raise InputError when a layer, head or position is out of range."""
    config, n = trace.model.config, len(trace.pieces)
    for word, value, end in (
        ("Layer", layer, config.n_layers),
        ("Head", head, config.n_heads),
        *(("Position", position, n) for position in positions),
    ):
        if not 0 <= value < end:
            raise InputError(f"{word} {value} is not there: they are 0 to {end - 1}.")
