"""The steps of one attention weight as the arithmetic component draws them."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

import attention_core as ac
from attention_core import explain
from attention_core.derivation import Address, Term, make, steps
from attention_core.explain import number_at, open_term
from attention_core.render import number
from ui import experts
from ui.equations import equation, plain, products_table, step, value, whole_line
from ui.opened import opened


def view(
    trace: ac.Trace,
    layer: int,
    head: str,
    query: int,
    key: int,
    shown: list[int] | None,
    trail: str,
    dark: bool,
    dims: list[int],
) -> dict[str, Any]:
    """Everything that the arithmetic shows for one selection.

    shown: the positions among which weights are renormalized, or None when they are left as they are
    trail: the addresses of opened numbers, joined by "~"
    dims:  the dimensions of z that are written out; where none is chosen, its largest
    """
    heads = range(trace.model.config.n_heads)
    drawn: dict[str, Any]
    if head == "mean":
        drawn = {"steps": [mean_step(trace, layer, query, key, heads)], "bars": None}
    else:
        drawn = head_steps(trace, layer, int(head), query, key, dims)
    pattern = trace.pattern(layer)
    weights = pattern.mean(axis=0)[query] if head == "mean" else pattern[int(head), query]
    if shown is not None:
        drawn["steps"].append(renormalized_step(weights, shown, key))
    making = opened(trail, make=lambda at: open_term(trace, at), where=lambda at: where(trace, at))
    return drawn | {"opened": making, "dark": dark, "weight": f"{weights[key]:.6f}"}


def mean_step(trace: ac.Trace, layer: int, query: int, key: int, heads: range) -> dict[str, Any]:
    """The average of all heads' weights."""
    leaves = [number_at(trace, Address("weight", (layer, h, query, key))) for h in heads]
    parts = [leaf.named(f"head {h}", at=leaf.at) for h, leaf in zip(heads, leaves, strict=True)]
    mean = make("quotient", (make("sum", parts), Term(float(len(parts)), "heads")))
    runs, rounded = equation(mean.named("average"), len(parts))
    return {
        "lines": [runs],
        "words": ["The average of the heads. Open a number to see how its head came to it.", *rounded],
    }


def renormalized_step(weights: np.ndarray, shown: list[int], key: int) -> dict[str, Any]:
    """One weight divided by the sum of the weights that are left."""
    left = make("sum", [Term(float(weights[j]), f"weight[{j}]") for j in shown]).named("what is left")
    share = make("quotient", (Term(float(weights[key]), "weight"), left)).named("renormalized")
    return {
        "lines": [equation(left)[0], equation(share)[0]],
        "words": ["Renormalized: special tokens are hidden, and what is left is made to sum to 1."],
    }


def head_steps(trace: ac.Trace, layer: int, head: int, query: int, key: int, dims: list[int]) -> dict[str, Any]:
    """From q · k to the contextual embedding, step by step."""
    tree = explain.weight(trace, layer, head, query, key)
    if not tree.parts:
        return {"steps": [{"lines": [], "words": [tree.note]}], "bars": None}
    made = {term.name: term for term in steps(tree)}
    product, *scores = itertools.takewhile(lambda term: term.name != "max", steps(tree))
    d_head = trace.model.config.d_head
    head_row = ["dimension", "q", "k", "q × k"]
    first = step(
        product,
        ["q·k: the query’s and the key’s numbers multiplied, dimension by dimension, and added up."],
        [
            {"label": f"all {d_head} products", "tables": [products_table(product, head_row)]},
            {"label": "in order", "lines": [whole_line(product)],
             "tables": [products_table(product, head_row, order=False)]},
        ],
    )  # fmt: skip
    return {
        "steps": [
            first,
            *score_steps(trace, layer, query, scores),
            softmax_step(trace, tree, made, key),
            *value_steps(trace, layer, head, query, dims),
        ],
        "bars": {
            "values": [round(part.value, 4) for part in product.parts],
            "words": f"The {d_head} products of query and key, in order. The table of all products holds their digits.",
        },
    }


def score_steps(trace: ac.Trace, layer: int, query: int, scores: list[Term]) -> list[dict[str, Any]]:
    """What is done to q · k before the softmax, and which tokens are masked."""
    mask = trace.mask(layer)
    masked = 0 if mask is None else int((~mask[query]).sum())
    which = "later " if masked == len(trace.tokens) - 1 - query else ""
    rest = f"{which}token is masked and gets" if masked == 1 else f"{which}tokens are masked and get"
    told = f"{masked} {rest} no weight." if masked else "nothing is masked."
    if not scores:
        return [{"lines": [], "words": [f"This model divides by nothing: q·k is the score; {told}"]}]
    words = [done(trace, layer, each) for each in scores]
    return [step(each, [f"{said}; {told}" if each is scores[-1] else f"{said}."])
            for each, said in zip(scores, words, strict=True)]  # fmt: skip


def done(trace: ac.Trace, layer: int, term: Term) -> str:
    """What one step between q · k and the softmax does."""
    if term.name == "score":
        return f"The score: q·k divided by √{trace.model.config.d_head}, so that it does not grow with the width"
    name = term.at.quantity if term.at else ""
    return trace.stage(trace.before_mask("", layer) if name == "masked" else name, layer).title


def softmax_step(trace: ac.Trace, tree: Term, made: dict[str, Term], key: int) -> dict[str, Any]:
    """The softmax over the row: every score, its exponential, and its weight."""
    rows, chosen = [], 0
    exponentials = made["sum"].parts
    for i, (own, power) in enumerate(zip(made["max"].parts, exponentials, strict=True)):
        j = own.at.indices[-1] if own.at else i
        chosen = i if j == key else chosen
        share = power.value / made["sum"].value
        rows.append([plain(trace.tokens[j]), value(own), plain(number(power.value, 4)), plain(number(share, 4))])
    return step(
        tree,
        [f"Softmax over {len(rows)} tokens: e to the score less the row’s maximum, over the sum of all such powers."],
        [{
            "label": "the row",
            "lines": [whole_line(made["max"]), whole_line(made["sum"])],
            "tables": [{"head": ["token", "score", "e^(score − max)", "weight"], "rows": rows, "chosen": chosen}],
        }],
    )  # fmt: skip


def value_steps(trace: ac.Trace, layer: int, head: int, query: int, dims: list[int]) -> list[dict[str, Any]]:
    """The weighted values, and what becomes of them: z, W_O, the residual, the norm, the embedding.

    dims: the dimensions of z that are written out; where none is chosen, its largest
    """
    mixed = trace.z(layer)[head, query]
    dims = [d for d in dims if d < len(mixed)] or [int(np.abs(mixed).argmax())]
    made = [open_term(trace, Address("z", (layer, head, query, d))) for d in dims]
    every = [number_at(trace, Address("z", (layer, head, query, d))) for d in range(len(mixed))]
    lines, rounded = zip(*map(equation, made), strict=True)
    fourth = {
        "lines": list(lines),
        "words": [
            "Every token’s value, times its weight, added up: z. Shown: dimension "
            f"{', '.join(map(str, dims))}{', its largest' if dims == [int(np.abs(mixed).argmax())] else ''}.",
            *(sentence for each in rounded for sentence in each),
        ],
        "folds": [
            *(
                {"label": f"all {len(trace.tokens)} tokens in dimension {d}",
                 "tables": [products_table(z, ["token", "weight", "v", "weight × v"], trace.tokens)]}
                for d, z in zip(dims, made, strict=True)
            ),
            {"label": "z, every dimension",
             "tables": [{"head": ["dimension", "z"], "chosen": dims[0],
                         "rows": [[plain(str(d)), value(term)] for d, term in enumerate(every)]}]},
        ],
    }  # fmt: skip
    m = int(np.abs(trace.contextual[query]).argmax())
    rows = [
        [plain(name), value(number_at(trace, Address(quantity, (*at, query, m))))]
        for name, quantity, at in (
            ("the token’s embedding", "embedding", ()),
            (f"as layer {layer} finds it", "resid_pre", (layer,)),
            ("the heads joined, times W_O", "attn_out", (layer,)),
            ("added to the stream", "resid_mid", (layer,)),
            (f"what {'its experts add' if experts.there(trace, layer) else 'the MLP adds'}", "mlp_out", (layer,)),
            (f"as layer {layer} leaves it", "resid_post", (layer,)),
            ("the contextual embedding", "contextual", ()),
        )
        if trace.has(quantity, layer)
    ]
    stream = open_term(trace, Address(after_attention(trace, layer), (layer, query, m)))
    likeness = explain.likeness(trace, query)
    fifth = {
        "lines": [equation(stream)[0], equation(likeness)[0]],
        "words": [
            f"The heads are joined, brought through W_O and added to the stream (shown: dimension {m}).",
            "Last line: the cosine between the token’s contextual embedding and the embedding it started from.",
        ],
        "folds": [
            {
                "label": "into the embedding",
                "tables": [{"head": [f"dimension {m}", "value"], "rows": rows, "chosen": -1}],
            },
            {"label": "the cosine", "lines": [equation(term)[0] for term in list(steps(likeness))[:-1]]},
        ],
    }  # fmt: skip
    return [fourth, fifth, *experts.arithmetic(trace, layer, query, m)]


def after_attention(trace: ac.Trace, layer: int) -> str:
    """Where what attention found is added to the stream: at once, or together with what the MLP adds."""
    return next(name for name in ("mid_sum", "resid_mid", "resid_post") if trace.has(name, layer))


def where(trace: ac.Trace, address: Address) -> str:
    """In words, which number an address is."""
    if trace.encoder and address.quantity.startswith(explain.ENCODER):
        told = where(trace.encoder, explain.in_encoder(address))
        return f"In the encoder. {told}" if told else "In the encoder."
    if said := experts.where(trace, address):
        return said
    layer_head = {
        "q": "query", "k": "key", "v": "value", "z": "mixed value",
    }  # fmt: skip
    if address.quantity in layer_head:
        layer, head, position, dim = address.indices
        kind, token = layer_head[address.quantity], trace.tokens[position]
        return f"Layer {layer}, head {head}: dimension {dim} of the {kind} of “{token}”."
    if address.quantity in ("weight", "score", "product"):
        layer, head, query, key = address.indices
        return f"Layer {layer}, head {head}: from “{trace.tokens[query]}” to “{trace.tokens[key]}”."
    if len(address.indices) == 3 and not address.quantity.startswith(("W", "b_")):
        layer, position, m = address.indices
        return f"Layer {layer}: dimension {m} of “{trace.tokens[position]}”."
    return ""
