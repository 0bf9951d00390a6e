"""The steps of one attention weight, from q · k to the contextual embedding."""

from __future__ import annotations

import itertools

import numpy as np

from attention_core import explain
from attention_core.attention_view import AttentionView
from attention_core.computation.derivation import Address, Piece, Term, combine, named_steps
from attention_core.computation.render import format_number
from attention_core.explain import number_at, open_term
from attention_core.ops.elementwise import Scale, SoftCap
from ui.arithmetic import stream
from ui.arithmetic.equations import FIRST_TERMS, equation, equations, fold, products_table, step, value
from ui.arithmetic.experts import expert_steps
from ui.arithmetic.opened import opened
from ui.components.arithmetic import Arithmetic, ArithmeticStep, Bars, Fold, Table
from ui.shared.trail import Trail
from ui.words.addresses import describe_address
from ui.words.sentences import count_tokens, renormalized_note, token_text
from ui.words.traits import query_key_note, score_text, shared_key_note


def view(
    attention: AttentionView,
    layer: int,
    head: str,
    query: int,
    key: int,
    shown: list[int] | None,
    trail: Trail,
    dims: list[int],
) -> Arithmetic:
    """Everything that the arithmetic shows for one selection.

    shown: the keys among which weights are renormalized, or None when they are left as they are
    trail: the numbers that are opened
    dims:  the dimensions of z that are written out; where none is chosen, its largest
    """
    bars = None
    if head == "mean":
        drawn = [mean_step(attention, layer, query, key)]
    else:
        drawn, bars = head_steps(attention, layer, int(head), query, key, dims)
    pattern = attention.pattern(layer)
    weights = pattern.mean(axis=0)[query] if head == "mean" else pattern[int(head), query]
    if shown is not None:
        why = renormalized_note(len(shown) < len(weights), attention.has_sink)
        drawn.append(renormalized_step(weights, shown, key, why))
    trace = attention.trace
    making = opened(trail, make=lambda at: open_term(trace, at), where=lambda at: describe_address(trace, at))
    return Arithmetic(drawn, bars, making, float(weights[key]))


def mean_step(attention: AttentionView, layer: int, query: int, key: int) -> ArithmeticStep:
    """The average of all heads' weights."""
    heads = range(attention.config.n_heads)
    leaves = [number_at(attention.trace, attention.address("weight", layer, h, query, key)) for h in heads]
    parts = [leaf.named(f"head {h}", at=leaf.at) for h, leaf in zip(heads, leaves, strict=True)]
    mean = combine("quotient", (combine("sum", parts), Term(float(len(parts)), "heads")))
    line, rounded = equation(mean.named("average"), len(parts))
    return ArithmeticStep([line], ["The average of the heads. Open a number to see how its head came to it.", *rounded])


def renormalized_step(weights: np.ndarray, shown: list[int], key: int, why: str) -> ArithmeticStep:
    """One weight divided by the sum of the weights that are left; `why` says of what."""
    left = combine("sum", [Term(float(weights[j]), f"weight[{j}]") for j in shown]).named("what is left")
    share = combine("quotient", (Term(float(weights[key]), "weight"), left)).named("renormalized")
    lines, rounded = equations([left, share])
    return ArithmeticStep(lines, [" ".join([why, *rounded])])


def head_steps(
    attention: AttentionView, layer: int, head: int, query: int, key: int, dims: list[int]
) -> tuple[list[ArithmeticStep], Bars | None]:
    """From q · k to the contextual embedding, step by step, and the products of q · k as bars."""
    trace = attention.trace
    tree = open_term(trace, attention.address("weight", layer, head, query, key))
    if not tree.parts:
        return [ArithmeticStep(words=[tree.note])], None
    product, *scores = itertools.takewhile(lambda term: term.name != "max", named_steps(tree))
    d_head = attention.config.d_head
    head_row = ["dimension", "q", "k", "q × k"]
    first = step(
        product,
        ["q·k: the query’s and the key’s numbers multiplied, dimension by dimension, and added up.",
         *filter(None, [query_key_note(attention, layer), shared_key_note(attention, head)])],
        [
            fold(f"all {d_head} products", [], [products_table(product, head_row)]),
            fold("in order", [product], [products_table(product, head_row, order=False)]),
        ],
    )  # fmt: skip
    bars = Bars(
        [round(float(part.value), 4) for part in product.parts],
        f"The {d_head} products of query and key, in order. The table of all products holds their digits.",
    )
    return [
        first,
        *score_steps(attention, layer, query, scores),
        softmax_step(attention, tree, key),
        *value_steps(attention, layer, head, query, dims),
    ], bars


def score_steps(attention: AttentionView, layer: int, query: int, scores: list[Term]) -> list[ArithmeticStep]:
    """What is done to q · k before the softmax, and which tokens are masked."""
    mask = attention.mask(layer)
    masked = 0 if mask is None else int((~mask[query]).sum())
    which = "later " if attention.causal and masked == len(attention.keys) - 1 - query else ""
    rest = f"{which}token is masked and gets" if masked == 1 else f"{which}tokens are masked and get"
    told = f"{masked} {rest} no weight." if masked else "nothing is masked."
    if not scores:
        return [ArithmeticStep(words=[f"This model divides by nothing: q·k is the score; {told}"])]
    words = [done(attention, layer, each) for each in scores]
    return [step(each, [f"{said}; {told}" if each is scores[-1] else f"{said}."])
            for each, said in zip(scores, words, strict=True)]  # fmt: skip


def done(attention: AttentionView, layer: int, term: Term) -> str:
    """What one step between q · k and the softmax does."""
    name = term.at.quantity if term.at else ""
    stage = attention.scoring(layer)[-1] if name == attention.name("masked") else attention.trace.stage(name, layer)
    if isinstance(stage.operation, Scale) and stage.layer is not None:
        return f"The score: q·k {score_text(stage, attention.config)}"
    if isinstance(stage.operation, SoftCap):
        return f"{stage.title}: {score_text(stage, attention.config)}"
    return stage.title


def softmax_step(attention: AttentionView, tree: Term, key: int) -> ArithmeticStep:
    """The softmax over the row: every score, its exponential, and its weight."""
    made = {term.name: term for term in named_steps(tree)}
    rows, chosen = [], 0
    exponentials = made["sum"].parts
    for i, (own, power) in enumerate(zip(made["max"].parts, exponentials, strict=True)):
        sunk = own.at is not None and own.at.quantity == "b_sink"
        j = own.at.indices[-1] if own.at else i
        chosen = i if j == key and not sunk else chosen
        share = power.value / made["sum"].value
        name = "the sink" if sunk else token_text(attention.key_names[j])
        rows.append([Piece(name), value(own), Piece(format_number(power.value, 4)), Piece(format_number(share, 4))])
    count = len(rows) - attention.has_sink
    over = f"{count_tokens(count)}{' and the head’s sink' if attention.has_sink else ''}"
    return step(
        tree,
        [f"Softmax over {over}: e to the score less the row’s maximum, over the sum of all such powers."],
        [fold("the row", [made["max"], made["sum"]],
              [Table(["token", "score", "e^(score − max)", "weight"], rows, chosen)])],
    )  # fmt: skip


def value_steps(attention: AttentionView, layer: int, head: int, query: int, dims: list[int]) -> list[ArithmeticStep]:
    """The weighted values z, what becomes of them in the stream, and the experts, where there are any.

    dims: the dimensions of z that are written out; where none is chosen, its largest
    """
    trace, names = attention.trace, [*map(token_text, attention.key_names)]
    mixed = attention.array("z", layer)[head, query]
    dims = [d for d in dims if d < len(mixed)] or [int(np.abs(mixed).argmax())]
    made = [open_term(trace, attention.address("z", layer, head, query, d)) for d in dims]
    every = explain.row_at(trace, attention.address("z", layer, head, query, 0))
    lines, rounded = equations(made)
    fourth = ArithmeticStep(
        lines,
        [
            "Every token’s value, times its weight, added up: z. Shown: dimension "
            f"{', '.join(map(str, dims))}{', its largest' if dims == [int(np.abs(mixed).argmax())] else ''}.",
            *rounded,
        ],
        [
            *(
                Fold(f"all {len(names)} tokens in dimension {d}",
                     tables=[products_table(z, ["token", "weight", "v", "weight × v"], names)])
                for d, z in zip(dims, made, strict=True)
            ),
            Fold("z, every dimension",
                 tables=[Table(["dimension", "z"], [[Piece(str(d)), value(term)] for d, term in enumerate(every)],
                               dims[0])]),
        ],
    )  # fmt: skip
    m = int(np.abs(trace.contextual[query]).argmax())
    return [fourth, stream_step(attention, layer, query, m), *expert_steps(trace, layer, query, m)]


COSINE = "Last line: the cosine between the token’s contextual embedding and the embedding it started from."


def stream_step(attention: AttentionView, layer: int, query: int, m: int) -> ArithmeticStep:
    """What the heads have found, added to the stream, and dimension m of the token on its way to its embedding."""
    trace = attention.trace
    cosine = explain.cosine(trace, query)
    (sum_line,), sum_rounded = equations([open_term(trace, Address(attention.sums[0], (layer, query, m)))])
    (cosine_line,), cosine_rounded = equations([cosine])
    rows = stream.rows(attention, layer, query, m)
    return ArithmeticStep(
        [sum_line, cosine_line],
        [
            " ".join([stream.joined(attention, m), *sum_rounded]),
            " ".join([COSINE, *cosine_rounded]),
        ],
        [
            Fold("into the embedding", tables=[Table([f"dimension {m}", "value"], rows)]),
            fold("the cosine", list(named_steps(cosine))[:-1], count=FIRST_TERMS),
        ],
    )
