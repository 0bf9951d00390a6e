"""The steps of one attention weight, from q · k to the contextual embedding."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np

from attention_core import explain
from attention_core.attention_view import AttentionView
from attention_core.computation.derivation import Address, Piece, Term, combine, named_steps
from attention_core.computation.render import format_number
from attention_core.explain import number_at, open_term
from attention_core.ops.elementwise import Scale, SoftCap
from ui.arithmetic import residual_stream
from ui.arithmetic.derivation import opened_number
from ui.arithmetic.equations import equation, equations, make_fold, make_step, number_piece, products_table
from ui.arithmetic.experts import expert_steps
from ui.components.arithmetic import Arithmetic, ArithmeticStep, Bars, Fold, Table
from ui.shared.trail import Trail
from ui.words.addresses import describe_address
from ui.words.sentences import all_tokens, count_tokens, renormalized_note, token_text
from ui.words.short_names import name_trail
from ui.words.traits import query_key_note, score_text, shared_key_note


def weight_arithmetic(
    attention: AttentionView,
    layer: int,
    head: str,
    query: int,
    key: int,
    shown: list[int] | None,
    trail: Trail,
    dims: list[int],
) -> Arithmetic:
    """The steps from q · k to the contextual embedding for one weight, and the number that is open.

    shown: the keys over which weights are renormalized; None for no renormalization
    trail: the numbers that are open
    dims:  the dimensions of z that are written out; the largest in magnitude if empty
    """
    bars = None
    if head == "mean":
        steps = [mean_step(attention, layer, query, key)]
    else:
        steps, bars = head_steps(attention, layer, int(head), query, key, dims)
    pattern = attention.pattern(layer)
    weights = pattern.mean(axis=0)[query] if head == "mean" else pattern[int(head), query]
    if shown is not None:
        why = renormalized_note(len(shown) < len(weights), attention.has_sink)
        steps.append(renormalized_step(weights, shown, key, why))
    trace = attention.trace
    scope = {"layer": layer} if head == "mean" else {"layer": layer, "head": int(head)}
    number = opened_number(
        trail, make=lambda at: open_term(trace, at), where=lambda at: describe_address(trace, at),
        names=lambda addresses: name_trail(trace, addresses, **scope),
    )  # fmt: skip
    return Arithmetic(steps, bars, number, float(weights[key]))


def mean_step(attention: AttentionView, layer: int, query: int, key: int) -> ArithmeticStep:
    """The average of all heads' weights."""
    heads = range(attention.config.n_heads)
    leaves = [number_at(attention.trace, attention.address("weight", layer, h, query, key)) for h in heads]
    parts = [leaf.named(f"head {h}", at=leaf.at) for h, leaf in zip(heads, leaves, strict=True)]
    mean = combine("quotient", (combine("sum", parts), Term(Fraction(len(parts)), "heads")))
    line, rounded = equation(mean.named("average"), len(parts))
    how = "The average over all heads. Open a number to see how its head computed it."
    return ArithmeticStep([line], [how, *rounded])


def renormalized_step(weights: np.ndarray, shown: list[int], key: int, why: str) -> ArithmeticStep:
    """One weight divided by the sum of the shown weights; `why` says why.

        renormalized = weight[key] / sum over shown j of weight[j]
    """
    total = combine("sum", [Term(float(weights[j]), f"weight[{j}]") for j in shown]).named("sum of the shown weights")
    share = combine("quotient", (Term(float(weights[key]), "weight"), total)).named("renormalized")
    lines, rounded = equations([total, share])
    return ArithmeticStep(lines, [" ".join([why, *rounded])])


def head_steps(
    attention: AttentionView, layer: int, head: int, query: int, key: int, dims: list[int]
) -> tuple[list[ArithmeticStep], Bars | None]:
    """The steps from q · k to the contextual embedding, and the products q[d] × k[d] as bars."""
    trace = attention.trace
    tree = open_term(trace, attention.address("weight", layer, head, query, key))
    if not tree.parts:
        return [ArithmeticStep(words=[tree.note])], None
    product, *scores = itertools.takewhile(lambda term: term.name != "max", named_steps(tree))
    d_head = attention.config.d_head
    head_row = ["dimension", "q", "k", "q × k"]
    first = make_step(
        product,
        ["The dot product q·k: query and key are multiplied dimension by dimension, and the products are added up.",
         *filter(None, [query_key_note(attention, layer), shared_key_note(attention, head)])],
        [
            make_fold(f"all {d_head} products, largest in magnitude first", [], [products_table(product, head_row)]),
            make_fold("in order of dimension", [product], [products_table(product, head_row, order=False)]),
        ],
    )  # fmt: skip
    bars = Bars(
        [round(float(part.value), 4) for part in product.parts],
        f"The {d_head} products of query and key, in order of dimension. The table of all products lists the numbers.",
    )
    return [
        first,
        *score_steps(attention, layer, query, scores),
        softmax_step(attention, tree, key),
        *value_steps(attention, layer, head, query, dims),
    ], bars


def score_steps(attention: AttentionView, layer: int, query: int, scores: list[Term]) -> list[ArithmeticStep]:
    """The steps between q · k and the softmax, and how many tokens are masked."""
    mask = attention.mask(layer)
    masked = 0 if mask is None else int((~mask[query]).sum())
    which = "later " if attention.causal and masked == len(attention.keys) - 1 - query else ""
    rest = f"{which}token is masked and gets" if masked == 1 else f"{which}tokens are masked and get"
    masking = f"{masked} {rest} no weight." if masked else "nothing is masked."
    if not scores:
        return [ArithmeticStep(words=[f"This model does not scale the dot products: q·k is the score; {masking}"])]
    sentences = [describe_score(attention, layer, each) for each in scores]
    return [make_step(each, [f"{sentence}; {masking}" if each is scores[-1] else f"{sentence}."])
            for each, sentence in zip(scores, sentences, strict=True)]  # fmt: skip


def describe_score(attention: AttentionView, layer: int, term: Term) -> str:
    """One step between q · k and the softmax, in words."""
    name = term.at.quantity if term.at else ""
    is_masked = name == attention.name("masked")
    stage = attention.score_stages(layer)[-1] if is_masked else attention.trace.stage(name, layer)
    if isinstance(stage.operation, Scale) and stage.layer is not None:
        return f"The score: q·k {score_text(stage, attention.config)}"
    if isinstance(stage.operation, SoftCap):
        return f"{stage.title}: {score_text(stage, attention.config)}"
    return stage.title


def softmax_step(attention: AttentionView, tree: Term, key: int) -> ArithmeticStep:
    """The softmax over the row: every score, its exponential, and its weight."""
    terms = {term.name: term for term in named_steps(tree)}
    rows, chosen = [], 0
    exponentials = terms["sum"].parts
    for i, (score, exponential) in enumerate(zip(terms["max"].parts, exponentials, strict=True)):
        is_sink = score.at is not None and score.at.quantity == "b_sink"
        j = score.at.indices[-1] if score.at else i
        chosen = i if j == key and not is_sink else chosen
        weight = exponential.value / terms["sum"].value
        name = "the sink" if is_sink else token_text(attention.key_tokens[j])
        digits = (Piece(format_number(each, 4)) for each in (exponential.value, weight))
        rows.append([Piece(name), number_piece(score), *digits])
    count = len(rows) - attention.has_sink
    over = f"{count_tokens(count)}{' and the head’s sink' if attention.has_sink else ''}"
    return make_step(
        tree,
        [f"Softmax over {over}: e^(score − row maximum), divided by the sum of these exponentials."],
        [make_fold("the row", [terms["max"], terms["sum"]],
              [Table(["token", "score", "e^(score − max)", "weight"], rows, chosen)])],
    )  # fmt: skip


def value_steps(attention: AttentionView, layer: int, head: int, query: int, dims: list[int]) -> list[ArithmeticStep]:
    """The weighted sum of values z, its way into the residual stream, and the experts if the layer has any.

    dims: the dimensions of z that are written out; the largest in magnitude if empty
    """
    trace, names = attention.trace, [*map(token_text, attention.key_tokens)]
    z = attention.array("z", layer)[head, query]
    largest = int(np.abs(z).argmax())
    dims = [d for d in dims if d < len(z)] or [largest]
    terms = [open_term(trace, attention.address("z", layer, head, query, d)) for d in dims]
    every = explain.row_at(trace, attention.address("z", layer, head, query, 0))
    lines, rounded = equations(terms)
    weighted_sum = ArithmeticStep(
        lines,
        [
            "The weighted sum of values z: each token’s value times its weight, added up. Shown: dimension "
            f"{', '.join(map(str, dims))}{', the largest in magnitude' if dims == [largest] else ''}.",
            *rounded,
        ],
        [
            *(
                Fold(f"{all_tokens(len(names))} in dimension {d}",
                     tables=[products_table(term, ["token", "weight", "v", "weight × v"], names)])
                for d, term in zip(dims, terms, strict=True)
            ),
            Fold("z, all dimensions",
                 tables=[Table(["dimension", "z"],
                               [[Piece(str(d)), number_piece(term)] for d, term in enumerate(every)], dims[0])]),
        ],
    )  # fmt: skip
    m = int(np.abs(trace.contextual[query]).argmax())
    return [weighted_sum, residual_step(attention, layer, query, m), *expert_steps(trace, layer, query, m)]


COSINE = "Last line: the cosine between the token’s contextual embedding and the embedding it started from."


def residual_step(attention: AttentionView, layer: int, query: int, m: int) -> ArithmeticStep:
    """The heads' output added to the residual stream, and dimension m of the token from its embedding onwards."""
    trace = attention.trace
    cosine = explain.cosine_in_short(trace, query)
    (sum_line,), sum_rounded = equations([open_term(trace, Address(attention.resid_updates[0], (layer, query, m)))])
    (cosine_line,), cosine_rounded = equations([cosine])
    rows = residual_stream.residual_rows(attention, layer, query, m)
    return ArithmeticStep(
        [sum_line, cosine_line],
        [
            " ".join([residual_stream.describe_output(attention, m), *sum_rounded]),
            " ".join([COSINE, *cosine_rounded]),
        ],
        [Fold("from embedding to contextual embedding", tables=[Table([f"dimension {m}", "value"], rows)])],
    )
