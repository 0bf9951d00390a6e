"""Stages as grids: their parts, their links, and the address of each cell."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

import attention_core as ac
from attention_core.attention_view import attention_views
from attention_core.explain import number_at
from attention_core.lessons.edits import with_flip, with_number
from attention_core.lessons.presets import preset
from attention_core.lessons.solve import solve
from ui.matrices.grids import build_grids
from ui.matrices.matrix import View, changed_numbers
from ui.step_by_step.focus import Focus
from ui.step_by_step.steps import STEPS

TEXT = "The animal didn't cross the street because it was too tired."


@pytest.fixture(scope="module")
def trace():
    return ac.load("minilm").trace(TEXT)


NAMES = ["embed_sum", "embedding", "q", "k", "v", "product", "score", "weight", "z", "attn_out", "mid_sum", "resid_mid"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("starts", [{}, {"dim": 8, "model": 376, "head.dim": 40}])
def test_every_shown_cell_is_the_number_at_its_address(trace, name, starts):
    grids = build_grids(View(trace, 3, (1,), trace.tokens, starts), [name])
    assert [each.name for each in grids.matrices][-1] == name
    for matrix in grids.matrices:
        rows, columns = matrix.rows, matrix.columns
        assert matrix.values.shape == (len(rows.labels), len(columns.labels))
        for r, c in itertools.product((0, len(rows.labels) - 1), (0, len(columns.labels) - 1)):
            address = grids.address[matrix.name](r + rows.start, c + columns.start)
            assert number_at(trace, address).value == pytest.approx(matrix.values[r, c], abs=1e-6), str(address)


def test_several_heads_are_shown_one_after_the_other(trace):
    grids = build_grids(View(trace, 3, (4, 5), trace.tokens), ["product"])
    assert [each.name for each in grids.matrices] == [f"{n}@{h}" for h in (4, 5) for n in ("q", "k", "product")]
    assert [(each.result, each.left, each.right, each.over) for each in grids.products] == [
        ("product@4", "q@4", "k@4", "dim"), ("product@5", "q@5", "k@5", "dim"),
    ]  # fmt: skip
    assert str(grids.address["q@5"](2, 3)) == "q.3.5.2.3"


def test_long_axes_are_shown_in_parts(trace):
    (x, W, b, q) = build_grids(View(trace, 3, (1,), trace.tokens, {"model": 11}), ["q"]).matrices
    assert (x.columns.start, len(x.columns.labels), x.columns.total) == (8, 8, 384)
    assert (W.rows.start, W.rows.total, W.columns.total) == (8, 384, 32)
    assert (b.rows.name, b.rows.total) == ("one", 1)
    assert q.rows.labels == trace.tokens


def test_signs_and_matrices_read_as_formulas():
    """The sign names an input that was shown earlier: “Keys” is not the product of “Queries” and “W_K”."""
    solution = solve(preset("heads"))
    grids = build_grids(View(solution, None, (0,), list(solution.lesson.words)), ["q", "k", "v", "product", "z"])
    signs = {each.name: each.sign for each in grids.matrices}
    assert signs == {
        "x": "", "W_Q": "×", "q": "=", "W_K": "Embeddings ×", "k": "=", "W_V": "Embeddings ×", "v": "=",
        "product": "Queries × Keysᵀ =", "weight": "", "z": "× Values =",
    }  # fmt: skip


def test_cells_that_an_edit_changed_hold_their_old_digits():
    lesson = preset("paper")
    numbers = dict(lesson.numbers) | {"Q": ((2.0, 0, 1, 0), *lesson.numbers["Q"][1:])}
    old, new = solve(lesson), solve(replace(lesson, numbers=numbers))
    view = View(new, None, (0,), list(lesson.words), windowed=False, previous=old, editable=frozenset({"q"}))
    matrices = {each.name: each for each in build_grids(view, ["product"]).matrices}
    assert matrices["q"].before == {(0, 0): "1.00"}
    assert matrices["q"].edits == "type"
    assert set(matrices["product"].before) == {(0, k) for k in range(3) if old.numbers["k"][0, k, 0]}
    np.testing.assert_array_equal(matrices["product"].values, new.array("product")[0])


def test_the_rounding_of_a_sum_is_no_change():
    """The last bit of a row's sum depends on the order of its terms, and this on the rows beside it."""
    third = 1 / 3
    new = np.array([[np.nan, -np.inf, third, 0.1, 1e-9, 0.0]])
    old = np.array([[np.nan, -np.inf, np.nextafter(third, 1), 0.1 + 1e-12, 0.0, -np.inf]])
    assert changed_numbers(new, old).tolist() == [[False, False, False, True, True, True]]
    lesson = with_flip(with_flip(preset("paper"), 1, 0), 1, 1)
    before, after = solve(lesson), solve(with_flip(lesson, 1, 2))
    view = View(after, None, (0,), list(lesson.words), windowed=False, previous=before)
    matrices = {each.name: each for each in build_grids(view, ["weight", "z"]).matrices}
    assert matrices["weight"].before == {(1, 2): "1.00"}
    assert {row for row, _ in matrices["z"].before} == {1}


@pytest.mark.parametrize("head", [None, 1, 11])
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_each_step_has_its_own_observation_for_each_sentence(trace, step, head):
    observation = step.observe(Focus(attention_views(trace)[None], 3, head, 10, 2))
    assert len(observation) > 30
    other = ac.load("minilm").trace("Two dogs saw a cat.")
    assert observation != step.observe(Focus(attention_views(other)[None], 3, head, 3, 2))


@pytest.mark.parametrize("head", [0, 1])
def test_the_output_of_several_heads_is_the_product_of_the_two_matrices_before_it(head):
    """W_O is multiplied with all heads' z, not with the z of the head that is shown."""
    solution = solve(preset("random_heads", 3))
    view = View(solution, None, (head,), list(solution.lesson.words), windowed=False)
    grids = build_grids(view, ["z", "out"])
    shown = {each.name: each for each in grids.matrices}
    (link,) = (each for each in grids.products if each.result == "out")
    assert (link.left, link.right, link.over) == ("z@all", "W_O", "head.dim")
    np.testing.assert_allclose(shown[link.left].values @ shown[link.right].values, shown["out"].values, atol=1e-12)
    np.testing.assert_array_equal(shown["z"].values, solution.array("z")[head])
    assert shown["z@all"].title == "Weighted sum of values, all heads"
    assert (shown["W_O"].sign, shown["out"].sign) == ("×", "=")
    assert str(grids.address["z@all"](2, 3)) == "z.1.2.1"


def test_a_single_head_is_not_shown_twice():
    lesson = replace(preset("random_heads", 3), n_heads=1)
    grids = build_grids(View(solve(lesson), None, (0,), list(lesson.words), windowed=False), ["z", "out"])
    assert [each.name for each in grids.matrices][-3:] == ["z", "W_O", "out"]


def test_a_changed_output_weight_holds_its_old_digits():
    lesson = preset("heads")
    old, new = solve(lesson), solve(with_number(lesson, "W_O", 3, 1, 2.0))
    view = View(new, None, (0,), list(lesson.words), windowed=False, previous=old)
    matrices = {each.name: each for each in build_grids(view, ["out"]).matrices}
    assert matrices["W_O"].before == {(3, 1): "0.00"}
