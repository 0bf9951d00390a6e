"""Attention as a flow of matrices, drawn from a model's sizes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from xml.sax.saxutils import escape, quoteattr

from attention_core.computation.derivation import Role
from attention_core.plot.theme import MONO, SANS, Theme, ThemeName
from attention_core.plot.theme import theme as theme_of

WIDTH, HEIGHT = 1166, 180
MIDDLE = 74  # the vertical middle of the drawing
LANES = {"query": 31, "key": MIDDLE, "value": 117}
STEP_TITLES = ("Text", "Tokens", "Embeddings", "Q, K, V", "Dot products", "Scaled", "Mask", "Weights",
               "Weighted sum", "Concat", "Residual")  # fmt: skip


@dataclass(frozen=True)
class Sizes:
    """The sizes of the drawing.

    causal:     whether a query attends only to itself and earlier tokens
    n_keys:     in cross-attention, the number of encoder tokens; None in self-attention
    scoring:    the operation on q · k before the mask
    image:      whether the tokens are the patches of an image
    window:     how many keys a query may attend to, including itself, on one side; None for all
    n_kv_heads: the number of key and value heads if several query heads share one; None otherwise
    layer:      the layer; the layers before it are drawn between the embeddings and Q, K and V
    """

    n_tokens: int
    n_heads: int
    d_model: int
    d_head: int
    causal: bool
    n_keys: int | None = None
    scoring: str = "as it is"
    image: bool = False
    window: int | None = None
    n_kv_heads: int | None = None
    layer: int = 0

    @property
    def titles(self) -> tuple[str, ...]:
        """The titles of the steps."""
        return ("Image", "Patches", *STEP_TITLES[2:]) if self.image else STEP_TITLES

    @property
    def mask(self) -> str:
        """A short description of the mask."""
        if self.window is None:
            return "earlier only" if self.causal else "none"
        return f"last {self.window} only" if self.causal else f"within {self.window - 1}"


    @property
    def earlier_layers(self) -> str:
        """The layers before this one, empty for none; in cross-attention the decoder stands for them."""
        if not self.layer or self.n_keys is not None:
            return ""
        return "layer 0" if self.layer == 1 else f"layers 0–{self.layer - 1}"


@dataclass(frozen=True)
class MatrixBox:
    """A matrix in the drawing: its step, centre and size, its shape as text, and its name."""

    step: int
    role: Role
    x: float
    y: float
    width: float
    height: float
    shape: str
    name: str = ""


def side_length(size: int) -> float:
    """The side length for a size, on a logarithmic scale, so both 8 and 512 can be drawn."""
    return 12 + 5 * math.log2(max(size, 1))


def matrix_boxes(sizes: Sizes) -> list[MatrixBox]:
    """The matrices of each step, from left to right."""
    n, model, head = (side_length(size) for size in (sizes.n_tokens, sizes.d_model, sizes.d_head))
    count, low = sizes.n_tokens, min(n, 40)
    n_keys = count if sizes.n_keys is None else sizes.n_keys
    stream, one, other = f"{count} × {sizes.d_model}", f"{count} × {sizes.d_head}", f"{n_keys} × {sizes.d_head}"
    square, wide = f"{count} × {n_keys}", side_length(n_keys)
    x = [53 + 106 * i for i in range(11)]
    kinds: tuple[tuple[Role, str, float, str], ...] = (
        ("query", "Q", low, one), ("key", "K", min(wide, 40), other), ("value", "V", min(wide, 40), other),
    )  # fmt: skip
    return [
        *input_boxes(sizes, x),
        *(MatrixBox(4, role, x[3], LANES[role], head, high, shape, name) for role, name, high, shape in kinds),
        MatrixBox(5, "plain", x[4], MIDDLE - 25, wide, n, square, "QKᵀ"),
        MatrixBox(6, "plain", x[5], MIDDLE - 25, 64, 26, sizes.scoring, sizes.scoring),
        MatrixBox(7, "plain", x[6], MIDDLE - 25, wide, n, sizes.mask),
        MatrixBox(8, "plain", x[7], MIDDLE - 25, wide, n, square),
        MatrixBox(9, "value", x[8], MIDDLE, head, low, one, "z"),
        MatrixBox(10, "plain", x[9], MIDDLE, model, n, f"{sizes.n_heads} heads · W_O"),
        MatrixBox(11, "plain", x[10], MIDDLE, model, n, stream, "+"),
    ]  # fmt: skip


def input_boxes(sizes: Sizes, x: list[int]) -> list[MatrixBox]:
    """The inputs of Q, K and V: one residual stream, or the decoder's above and the encoder output below.

    After layer 0, the embeddings are above, and the layers that they go through first below.
    """
    n, model, count = side_length(sizes.n_tokens), side_length(sizes.d_model), sizes.n_tokens
    stream = f"{count} × {sizes.d_model}"
    if sizes.n_keys is None:
        embeddings = [MatrixBox(3, "plain", x[2], MIDDLE, model, n, stream, "x")]
        if sizes.earlier_layers:
            embeddings = [
                MatrixBox(3, "plain", x[2], LANES["query"], model, min(n, 40), stream),
                MatrixBox(3, "plain", x[2], MIDDLE, 80, 26, stream, sizes.earlier_layers),
            ]
        return [
            MatrixBox(1, "plain", x[0], MIDDLE, 76, 26, "pixels" if sizes.image else "a sentence"),
            MatrixBox(2, "plain", x[1], MIDDLE, 14, n, f"{count} {'tokens' if sizes.image else 'ids'}"),
            *embeddings,
        ]
    above, below = LANES["query"], (LANES["key"] + LANES["value"]) / 2
    low, high = min(n, 40), min(side_length(sizes.n_keys), 40)
    return [
        MatrixBox(1, "plain", x[0], above, 76, 26, "two texts", "target"),
        MatrixBox(1, "plain", x[0], below, 76, 26, "two texts", "sentence"),
        MatrixBox(2, "plain", x[1], above, 14, low, f"{count} ids"),
        MatrixBox(2, "plain", x[1], below, 14, high, f"{sizes.n_keys} ids"),
        MatrixBox(3, "plain", x[2], above, model, low, stream, "x"),
        MatrixBox(3, "plain", x[2], below, model, high, f"{sizes.n_keys} × {sizes.d_model}", "output"),
    ]


def self_attention_svg(sizes: Sizes, *, lit: int | None = None, theme: ThemeName = "light", text: str = "") -> str:
    """The eleven steps of one head as an SVG; `lit` is the highlighted step, counted from 1."""
    colours, boxes = theme_of(theme), matrix_boxes(sizes)
    x_of = {box.step: box.x for box in boxes}
    parts = [highlight(x_of[lit], colours)] if lit else []
    parts += arrows_svg(boxes, sizes.n_keys is not None, colours)
    for step, title in enumerate(sizes.titles, 1):
        matrices = [box for box in boxes if box.step == step]
        shape = joint_shape(matrices) if step != 1 or not text else shortened(text)
        parts.append(step_svg(step, title, shape, matrices, colours, lit == step, sizes))
    words = f"{sizes.n_tokens} tokens in one of {sizes.n_heads} heads of {sizes.d_head} dimensions."
    if sizes.n_keys is not None:
        words += f" Keys and values are computed from the encoder output for {sizes.n_keys} tokens."
    if sizes.earlier_layers:
        words += f" The embeddings go through {sizes.earlier_layers} first."
    title = f"{'Self' if sizes.n_keys is None else 'Cross'}-attention, step by step"
    return svg_document(WIDTH, HEIGHT, title, words, colours, parts)


def joint_shape(boxes: list[MatrixBox]) -> str:
    """The shapes of a step's matrices as one text: "5 × 37", or "5, 7 × 37" if the second has a different length."""
    rows, _, rest = zip(*(box.shape.partition(" ") for box in boxes), strict=True)
    return f"{', '.join(dict.fromkeys(rows))} {rest[0]}".strip()


def step_svg(step: int, title: str, shape: str, boxes: list[MatrixBox], colours: Theme, lit: bool, sizes: Sizes) -> str:
    """One step: its matrices, and a group with its number, title and shape below them, and nothing else to read."""
    x = boxes[0].x
    matrices = "".join(matrix_svg(box, colours, lit, sizes) for box in boxes)
    words = " ".join([
        text_svg(f"{step} {title}", x, HEIGHT - 20, colours.ink if lit else colours.muted, 12.5, bold=lit),
        text_svg(shape, x, HEIGHT - 6, colours.muted, 11.5, family=MONO),
    ])  # fmt: skip
    name = f"Step {step}: {title}, {shape}"
    return (
        f'<g aria-hidden="true">{matrices}</g><g data-step="{step}" data-lit="{str(lit).lower()}">'
        f"<title>{escape(name)}</title>{hit_svg(x, 51, 1, HEIGHT - 1)}{words}</g>"
    )


def hit_svg(x: float, half: float, top: float, bottom: float) -> str:
    """The area in which a click is for a step or a head: it is drawn over what it shows, and is invisible."""
    return (
        f'<rect class="hit" x="{x - half:.1f}" y="{top:g}" width="{2 * half:.1f}" height="{bottom - top:g}" rx="8" '
        'fill="none" stroke="none" pointer-events="all"/>'
    )


def highlight(x: float, colours: Theme) -> str:
    """The background of the highlighted step."""
    return (
        f'<rect x="{x - 51}" y="1" width="102" height="{HEIGHT - 2}" rx="8" fill="{colours.panel}" '
        f'stroke="{colours.ink}" stroke-width="1.5"/>'
    )


def matrix_svg(box: MatrixBox, colours: Theme, lit: bool, sizes: Sizes) -> str:
    """A matrix as a rectangle; a causal mask as a triangle."""
    colour = {"query": colours.query, "key": colours.key, "value": colours.value, "plain": colours.muted}[box.role]
    left, top = box.x - box.width / 2, box.y - box.height / 2
    fill = f'fill="{colour}" fill-opacity="{0.55 if lit else 0.22}" stroke="{colour}"'
    drawn = f'<rect x="{left:.1f}" y="{top:.1f}" width="{box.width:.1f}" height="{box.height:.1f}" rx="3" {fill}/>'
    if box.step == 7 and sizes.causal:
        points = f"{left:.1f},{top:.1f} {left + box.width:.1f},{top:.1f} {left + box.width:.1f},{top + box.height:.1f}"
        drawn += f'<polygon points="{points}" fill="{colours.ink}" fill-opacity=".5"/>'
    return drawn + (text_svg(box.name, box.x, box.y + 4, colours.ink, 12) if box.name else "")


def arrows_svg(boxes: list[MatrixBox], is_cross: bool, colours: Theme) -> list[str]:
    """The arrows: along the steps, from the residual stream to Q, K and V, from V to z, and the residual connection."""
    at = {(box.step, box.role): box for box in boxes}
    query, key, value = (at[4, role] for role in ("query", "key", "value"))  # type: ignore[index]
    *chain, concatenated, last = (at[step, "plain"] for step in (5, 6, 7, 8, 10, 11))
    z = at[9, "value"]
    rows = [[box for box in boxes if box.step == step] for step in (1, 2, 3)]
    embeddings, source = rows[2][0], rows[2][-1]
    stream = embeddings if is_cross else source
    pairs = [
        *(pair for row in zip(*rows, strict=False) for pair in pairwise(row)),
        (stream, query), (source, key), (source, value), (query, chain[0]),
        (key, chain[0]), *pairwise(chain), (chain[-1], z), (value, z), (z, concatenated), (concatenated, last),
    ]  # fmt: skip
    drawn = [arrow_svg(a, b, colour_of(a, colours)) for a, b in pairs]
    if is_cross:
        drawn += [
            text_svg(name, (ids.x + box.x - box.width / 2) / 2 + 2, box.y - 6, colours.muted, 11.5)
            for name, ids, box in zip(("decoder", "encoder"), *rows[1:], strict=True)
        ]
    elif embeddings is not stream:
        start, end = embeddings.y + embeddings.height / 2 + 2, stream.y - stream.height / 2 - 3
        drawn.append(f'<path d="M{stream.x:.1f} {start:.1f} V{end:.1f}" stroke="{colours.muted}" stroke-width="1.3" '
                     'marker-end="url(#tip)"/>')  # fmt: skip
    drawn.append(residual_svg(stream, last, is_cross, colours))
    return [f'<g class="arrows">{"".join(drawn)}</g>']


def residual_svg(stream: MatrixBox, last: MatrixBox, above: bool, colours: Theme) -> str:
    """The residual connection from the input to the sum, below the other matrices or above them."""
    turn, line = (-8, 5) if above else (8, 143)
    start, end = (box.y + (-1 if above else 1) * box.height / 2 for box in (stream, last))
    return (
        f'<path d="M{stream.x:.1f} {start:.1f} V{line - turn} q0 {turn} 8 {turn} '
        f'H{last.x - 8:.1f} q8 0 8 {-turn} V{end + turn / 2:.1f}" fill="none" stroke="{colours.muted}" '
        'stroke-dasharray="4 3" stroke-width="1.3" marker-end="url(#tip)"/>'
    )


def arrow_svg(a: MatrixBox, b: MatrixBox, colour: str) -> str:
    """An arrow from the right side of one box to the left side of another."""
    x1, x2 = a.x + a.width / 2 + 2, b.x - b.width / 2 - 3
    bend = (x2 - x1) / 2
    return (
        f'<path d="M{x1:.1f} {a.y:.1f} C{x1 + bend:.1f} {a.y:.1f} {x2 - bend:.1f} {b.y:.1f} {x2:.1f} {b.y:.1f}" '
        f'fill="none" stroke="{colour}" stroke-width="1.3" marker-end="url(#tip)"/>'
    )


def colour_of(box: MatrixBox, colours: Theme) -> str:
    """The colour of the arrows from a box."""
    return {"query": colours.query, "key": colours.key, "value": colours.value}.get(box.role, colours.muted)


def text_svg(text: str, x: float, y: float, colour: str, size: float, *, bold: bool = False, family: str = SANS) -> str:
    """A centred line of text."""
    weight = ' font-weight="700"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle" font-family={quoteattr(family)} font-size="{size}" '
        f'fill="{colour}"{weight}>{escape(text)}</text>'
    )


def shortened(text: str, most: int = 14) -> str:
    """The beginning of a text, without characters that XML does not allow."""
    plain = "".join(c if c.isprintable() else "·" for c in text)
    return plain if len(plain) <= most else f"{plain[: most - 1]}…"


def svg_document(width: float, height: float, title: str, words: str, colours: Theme, parts: Sequence[str]) -> str:
    """An SVG document with a title and a description."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" role="group" aria-label={quoteattr(title)}><title>{escape(title)}</title>'
        f"<desc>{escape(words)}</desc><defs>"
        f'<marker id="tip" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="6" markerHeight="6" orient="auto">'
        f'<path d="M0 0 8 4 0 8z" fill="{colours.muted}"/></marker></defs>'
        f'<rect width="100%" height="100%" fill="{colours.background}"/>{"".join(parts)}</svg>'
    )
