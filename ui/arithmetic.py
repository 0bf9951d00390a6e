"""The steps of one attention weight as the arithmetic component draws them."""

from __future__ import annotations

from typing import Any

import numpy as np

import attention_core as ac
from attention_core import explain
from attention_core.derivation import Address, Term, make, shorten, steps
from attention_core.errors import InputError
from attention_core.render import Line, Piece, line, number

Run = list[Any]  # [text, role, address, name]
FIRST_TERMS = 4  # of a long sum, what is shown before it is unfolded
MOST_ROWS = 64  # of a long sum, what is listed when it is unfolded; the rest is one number


def run(piece: Piece) -> Run:
    """A run of characters for the component."""
    return [piece.text, piece.role, str(piece.at) if piece.at else "", piece.name]


def plain(text: str, role: str = "plain") -> Run:
    """A run that opens nothing."""
    return [text, role, "", ""]


def value(term: Term) -> Run:
    """A number of a table, which opens under its address."""
    return [number(term.value, 4), term.role, str(term.at) if term.at else "", term.name]


def equation(term: Term, count: int = FIRST_TERMS, decimals: int = 4) -> tuple[list[Run], list[str]]:
    """A term's equation, long sums cut to their largest parts, and what there is to say of its rounding."""
    shown = line(shorten(term, count), decimals)
    rest = [f"{piece.text} is the sum of {piece.name}." for piece in shown.pieces if piece.name.endswith(" more")]
    return [run(piece) for piece in shown.pieces], rest + rounding(shown)


def rounding(shown: Line) -> list[str]:
    """A sentence where the digits as shown do not give the result to the last digit."""
    if shown.exact:
        return []
    right, last = number(shown.term.value, shown.decimals), number(shown.shown, shown.decimals)
    return [f"Rounding shows: the digits as printed give {last}, the exact numbers {right}."]


def whole_line(term: Term) -> list[Run]:
    """A term's equation with nothing cut, short of MOST_ROWS parts."""
    return equation(term, MOST_ROWS)[0]


def step(term: Term, words: list[str], folds: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """A step of one equation."""
    runs, rounded = equation(term)
    return {"lines": [runs], "words": [" ".join([*words, *rounded])], "folds": folds or []}


def products_table(term: Term, head: list[str], names: list[str] | None = None, order: bool = True) -> dict[str, Any]:
    """The products of a sum, a row each, strongest first or in order; past MOST_ROWS the rest is one row."""
    places = [i for i, part in enumerate(term.parts) if part.op == "product"]
    if order:
        places.sort(key=lambda i: abs(float(term.parts[i].value)), reverse=True)
    rows = [
        [plain(names[i] if names else str(i)), *map(value, term.parts[i].parts), plain(number(term.parts[i].value, 4))]
        for i in places[:MOST_ROWS]
    ]
    if rest := places[MOST_ROWS:]:
        total = sum(term.parts[i].value for i in rest)
        rows.append([plain(f"{len(rest)} more"), plain(""), plain(""), plain(number(total, 4))])
    return {"head": head, "rows": rows, "chosen": -1}


def view(
    trace: ac.Trace, layer: int, head: str, query: int, key: int, shown: list[int] | None, trail: str, dark: bool
) -> dict[str, Any]:
    """Everything that the arithmetic shows for one selection.

    shown: the positions among which weights are renormalized, or None when they are left as they are
    trail: the addresses of opened numbers, joined by "~"
    """
    heads = range(trace.model.config.n_heads)
    drawn: dict[str, Any]
    if head == "mean":
        drawn = {"steps": [mean_step(trace, layer, query, key, heads)], "bars": None}
    else:
        drawn = head_steps(trace, layer, int(head), query, key)
    pattern = trace.pattern(layer)
    weights = pattern.mean(axis=0)[query] if head == "mean" else pattern[int(head), query]
    if shown is not None:
        drawn["steps"].append(renormalized_step(weights, shown, key))
    return drawn | {"opened": opened(trace, trail), "dark": dark, "weight": f"{weights[key]:.6f}"}


def mean_step(trace: ac.Trace, layer: int, query: int, key: int, heads: range) -> dict[str, Any]:
    """The average of all heads' weights."""
    column = trace.pattern(layer)[:, query, key]
    parts = [explain.leaf(column[h], f"head {h}", "weight", layer, h, query, key) for h in heads]
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


def head_steps(trace: ac.Trace, layer: int, head: int, query: int, key: int) -> dict[str, Any]:
    """From q · k to the contextual embedding, in five steps."""
    tree = explain.weight(trace, layer, head, query, key)
    names = trace.tokens
    if not tree.parts:
        return {"steps": [{"lines": [], "words": [tree.note]}], "bars": None}
    made = {term.name: term for term in steps(tree)}
    product, score = made["q·k"], made["score"]
    d_head, n = trace.model.config.d_head, len(names)
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
    mask = trace.mask()
    masked = 0 if mask is None else int(n - mask[query].sum())
    told = "nothing is masked." if not masked else f"{masked} later tokens are masked and get no weight."
    second = step(score, [f"The score: q·k divided by √{d_head}, so that it does not grow with the width; {told}"])
    return {
        "steps": [first, second, softmax_step(trace, tree, made, key), *value_steps(trace, layer, head, query)],
        "bars": {
            "values": [round(part.value, 4) for part in product.parts],
            "words": f"The {d_head} products of query and key, in order. The table of all products holds their digits.",
        },
    }


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


def value_steps(trace: ac.Trace, layer: int, head: int, query: int) -> list[dict[str, Any]]:
    """The weighted values, and what becomes of them: z, W_O, the residual, the norm, the embedding."""
    mixed = trace.z(layer)[head, query]
    dim = int(np.abs(mixed).argmax())
    z = explain.z(trace, layer, head, query, dim)
    every = [explain.leaf(x, f"z[{d}]", "z", layer, head, query, d) for d, x in enumerate(mixed)]
    fourth = step(
        z,
        [f"Every token’s value, times its weight, added up: z. Shown: dimension {dim}, its largest."],
        [
            {"label": f"all {len(trace.tokens)} tokens in dimension {dim}",
             "tables": [products_table(z, ["token", "weight", "v", "weight × v"], trace.tokens)]},
            {"label": "choose a dimension",
             "tables": [{"head": ["dimension", "z"], "chosen": dim,
                         "rows": [[plain(str(d)), value(term)] for d, term in enumerate(every)]}]},
        ],
    )  # fmt: skip
    m = int(np.abs(trace.contextual[query]).argmax())
    rows = [
        [plain(name), value(explain.leaf(x, f"{name}[{m}]", *place, query, m))]
        for name, x, place in (
            ("the token’s embedding", trace.resid_pre(0)[query, m], ("resid_pre", 0)),
            (f"as layer {layer} finds it", trace.resid_pre(layer)[query, m], ("resid_pre", layer)),
            ("the heads joined, times W_O", trace.attn_out(layer)[query, m], ("attn_out", layer)),
            ("added and normed", trace.resid_mid(layer)[query, m], ("resid_mid", layer)),
            ("what the MLP adds", trace.mlp_out(layer)[query, m], ("mlp_out", layer)),
            (f"as layer {layer} leaves it", trace.resid_post(layer)[query, m], ("resid_post", layer)),
            ("the contextual embedding", trace.contextual[query, m],
             ("resid_post", trace.model.config.n_layers - 1)),
        )
    ]  # fmt: skip
    pre, update = trace.resid_pre(layer)[query, m], trace.attn_out(layer)[query, m]
    stream = make(
        "sum",
        (
            explain.leaf(pre, f"resid_pre[{m}]", "resid_pre", layer, query, m),
            explain.leaf(update, f"attn_out[{m}]", "attn_out", layer, query, m),
        ),
    ).named(f"x[{m}]")
    likeness = explain.likeness(trace, query)
    fifth = {
        "lines": [equation(stream)[0], equation(likeness)[0]],
        "words": [
            f"The heads are joined, brought through W_O and added to the stream (shown: dimension {m}), then normed.",
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
    return [fourth, fifth]


def opened(trace: ac.Trace, trail: str) -> dict[str, Any] | None:
    """The numbers that were opened one from another; the last one's making is shown."""
    addresses = [address for part in trail.split("~") if (address := Address.parse(part))] if trail else []
    if not addresses:
        return None
    try:
        term = explain.open_term(trace, addresses[-1])
    except InputError as error:
        return {"trail": [str(a) for a in addresses], "lines": [], "words": [str(error)], "folds": []}
    names = [str(address) for address in addresses]
    lines, words, folds = [], [where(trace, addresses[-1])], []
    for each in steps(term):
        runs, rounded = equation(each)
        lines.append([*named(each.name), *runs])
        words += rounded
        if sum(part.op == "product" for part in each.parts) > FIRST_TERMS:
            folds.append({
                "label": f"all {len(each.parts)} parts of {each.name}, strongest first",
                "tables": [products_table(each, ["", "from", "times", "product"])],
            })  # fmt: skip
    if not term.parts:
        lines.append([*named(term.name), plain(number(term.value, 6))])
    return {"trail": names, "lines": lines, "words": [*words, *([term.note] if term.note else [])], "folds": folds}


def named(name: str) -> list[Run]:
    """What an equation is of: a run that stands above it."""
    return [plain(name, "name")]


def where(trace: ac.Trace, address: Address) -> str:
    """In words, which number an address is."""
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
