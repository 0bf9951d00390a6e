"""The drawings show the model's sizes, complete and without overlaps."""

import itertools
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from attention_core.plot.flow import HEIGHT, STEP_TITLES, WIDTH, Sizes, matrix_boxes, self_attention_svg
from attention_core.plot.flow_heads import drawn_heads, multi_head_svg

SIZES = [
    Sizes(16, 12, 384, 32, False), Sizes(1, 1, 7, 7, True), Sizes(512, 64, 8192, 128, True),
    Sizes(4, 5, 37, 7, False, 6, "as it is"), Sizes(1, 5, 37, 7, False, 512), Sizes(512, 5, 8192, 128, False, 2),
    Sizes(13, 6, 42, 10, True, None, "÷ √17, cap 3", window=5, n_kv_heads=2),
    Sizes(13, 7, 42, 6, False, None, "÷ √6", window=6), Sizes(512, 64, 8192, 128, True, layer=126),
]  # fmt: skip
SVG = "{http://www.w3.org/2000/svg}"


def pattern(sizes):
    n = min(sizes.n_tokens, 40)
    weights = np.random.default_rng(5).random((sizes.n_heads, n, n))
    return weights / weights.sum(-1, keepdims=True)


def overlap(one, other):
    """Whether two boxes share any area."""
    apart_x = abs(one.x - other.x) * 2 >= one.width + other.width
    apart_y = abs(one.y - other.y) * 2 >= one.height + other.height
    return not (apart_x or apart_y)


@pytest.mark.parametrize("step", [1, 11])
def test_the_frame_of_a_lit_step_is_inside_the_drawing(step):
    root = ET.fromstring(self_attention_svg(SIZES[0], lit=step))
    (frame,) = [each for each in root.iter(f"{SVG}rect") if each.get("stroke-width") == "1.5"]
    left, wide = float(frame.get("x")), float(frame.get("width"))
    assert left >= 0.75
    assert left + wide <= WIDTH - 0.75


@pytest.mark.parametrize("sizes", SIZES)
def test_no_two_matrices_overlap_and_none_leaves_the_drawing(sizes):
    boxes = matrix_boxes(sizes)
    assert {box.step for box in boxes} == set(range(1, 12))
    for a, b in itertools.combinations(boxes, 2):
        assert not overlap(a, b), (a, b)
    for box in boxes:
        assert 0 <= box.x - box.width / 2 < box.x + box.width / 2 <= WIDTH
        assert 0 <= box.y - box.height / 2 < box.y + box.height / 2 <= HEIGHT - 34


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("lit", [None, 1, 8])
def test_every_step_appears_once_with_its_shape(sizes, lit):
    root = ET.fromstring(self_attention_svg(sizes, lit=lit, text="<b>&\x07 it"))
    steps = [node for node in root.iter(f"{SVG}g") if "data-step" in node.attrib]
    assert [int(node.get("data-step")) for node in steps] == list(range(1, 12))
    assert [node.get("data-step") for node in steps if node.get("data-lit") == "true"] == ([str(lit)] if lit else [])
    words = " ".join(node.text or "" for node in root.iter(f"{SVG}text"))
    for shape in (
        f"{sizes.n_tokens} × {sizes.d_model}",
        f"{sizes.n_tokens} × {sizes.d_head}",
        sizes.scoring,
        sizes.mask,
    ):
        assert shape in words
    assert all(title in words for title in STEP_TITLES)
    assert "<b>" in words


def test_cross_attention_says_where_keys_and_values_come_from():
    sizes = Sizes(4, 5, 37, 7, False, 6, "as it is")
    boxes = matrix_boxes(sizes)
    (memory,) = [box for box in boxes if box.name == "output"]
    assert (memory.step, memory.shape) == (3, "6 × 37")
    assert {box.name: box.shape for box in boxes if box.step == 4} == {"Q": "4 × 7", "K": "6 × 7", "V": "6 × 7"}
    assert [box.shape for box in boxes if box.step in (5, 8)] == ["4 × 6", "4 × 6"]
    svg = self_attention_svg(sizes)
    assert "Keys and values are computed from the encoder output" in svg
    assert ">encoder</text>" in svg
    assert ">decoder</text>" in svg
    assert "layers" not in self_attention_svg(Sizes(4, 5, 37, 7, False, 6, "as it is", layer=2))
    assert ">4, 6 × 7</text>" in svg
    assert "encoder output: 6 × 37 (K, V)" in multi_head_svg(sizes, np.full((5, 4, 6), 1 / 6))
    assert "coder" not in self_attention_svg(SIZES[0])


def test_the_layers_before_are_between_the_embeddings_and_the_queries():
    first, second, last = (self_attention_svg(Sizes(5, 3, 11, 7, True, layer=layer)) for layer in (0, 1, 3))
    assert "layer" not in first
    assert ">layer 0</text>" in second
    assert "The embeddings go through layer 0 first." in second
    assert ">layers 0–2</text>" in last
    embeddings, layers = (box for box in matrix_boxes(Sizes(5, 3, 11, 7, True, layer=3)) if box.step == 3)
    assert (embeddings.shape, embeddings.name, layers.name) == ("5 × 11", "", "layers 0–2")
    assert f"M{layers.x:.1f} {layers.y + layers.height / 2:.1f} V" in last  # the residual connection starts after them
    pattern = np.full((3, 5, 5), 0.2)
    assert ">x: 5 × 11</text>" in multi_head_svg(Sizes(5, 3, 11, 7, True), pattern)
    assert ">embeddings → layers 0–2 → x: 5 × 11</text>" in multi_head_svg(Sizes(5, 3, 11, 7, True, layer=3), pattern)


def test_a_causal_model_has_a_triangular_mask():
    bidirectional, causal = (self_attention_svg(Sizes(5, 3, 11, 7, causal)) for causal in (False, True))
    assert "polygon" not in bidirectional
    assert "polygon" in causal


@pytest.mark.parametrize("sizes", SIZES)
def test_the_heads_are_side_by_side_and_those_left_out_are_counted(sizes):
    root = ET.fromstring(multi_head_svg(sizes, pattern(sizes), head=0, lit=10))
    heads = [int(node.get("data-head")) for node in root.iter(f"{SVG}g") if "data-head" in node.attrib]
    assert heads == [head for head in drawn_heads(sizes.n_heads) if head is not None]
    words = " ".join(node.text or "" for node in root.iter(f"{SVG}text"))
    if sizes.n_heads > 16:
        assert f"{sizes.n_heads - len(heads)} more" in words
    assert f"{sizes.n_heads} heads × {sizes.d_head}" in words


def test_the_squares_of_a_head_are_its_weights():
    """One large weight gives one dark square, in its head."""
    weights = np.zeros((2, 3, 3))
    weights[1, 2, 0] = 1
    root = ET.fromstring(multi_head_svg(Sizes(3, 2, 10, 5, False), weights))
    for head, expected in ((0, 0), (1, 1)):
        (group,) = [node for node in root.iter(f"{SVG}g") if node.get("data-head") == str(head)]
        fills = [node.get("fill") for node in group.iter(f"{SVG}rect")]
        assert fills.count("#09316c") == expected


def test_a_long_text_names_the_part_of_the_weights_that_is_drawn():
    long, short = Sizes(93, 2, 42, 10, False), Sizes(24, 2, 42, 10, False)
    drawn = multi_head_svg(long, np.full((2, 93, 93), 1 / 93))
    assert ">Each head shows the first 24 × 24 of 93 × 93 weights.</text>" in drawn
    assert "<title>Head 1: 93 × 93 attention weights, the first 24 × 24 of 93 × 93 weights</title>" in drawn
    assert "the first" not in multi_head_svg(short, np.full((2, 24, 24), 1 / 24))
