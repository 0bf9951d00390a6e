"""The solutions of worked examples: properties of all, and the numbers of the textbook's."""

import itertools
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attention_core.computation.derivation import Address, evaluate, lines
from attention_core.errors import InputError
from attention_core.lessons.lesson import allowed
from attention_core.lessons.presets import preset
from attention_core.lessons.solve import exact_fraction, paper_rounding, round_on_paper, solve
from attention_core.lessons.textbook import textbook
from tests.attention_core.lessons.strategies import SMALL, lessons, small
from tests.evaluate import holds

MANY = settings(max_examples=60)


def every_address(solution):
    for name, stage in solution.stages.items():
        for index in itertools.product(*map(range, solution.array(name).shape)):
            yield Address(name, index), stage


@MANY
@given(small(), st.sampled_from(["decimal", "fraction", "paper"]))
def test_every_number_equals_its_derivation(lesson, form):
    with np.errstate(all="ignore"):
        solution = solve(replace(lesson, form=form))
    rounded = round_on_paper(lesson.decimals) if form == "paper" else lambda value: value
    for address, _ in every_address(solution):
        term, held = solution.term(address), solution.array(address.quantity)[address.indices]
        assert term.at == address
        if isinstance(held, Fraction):
            assert term.value == held
        else:
            assert float(term.value) == pytest.approx(float(held), abs=1e-9, nan_ok=True)
            assert float(evaluate(term, rounded)) == pytest.approx(float(held), abs=1e-9, nan_ok=True)


@MANY
@given(small(weigh="softmax"), st.sampled_from(["decimal", "fraction", "paper"]))
def test_every_line_is_true_as_shown(lesson, form):
    solution = solve(replace(lesson, form=form))
    for address, _ in every_address(solution):
        for line in lines(solution.term(address), lesson.decimals):
            if "∞" not in line.text:
                assert holds(line.text), line.text


@MANY
@given(lessons())
def test_no_lesson_overflows(lesson):
    solution = solve(replace(lesson, form="decimal"))
    for name, stage in solution.stages.items():
        numbers = solution.array(name).astype(float)
        if name == "masked":
            assert np.isfinite(numbers[:, allowed(lesson)]).all()
        elif lesson.weigh == "softmax":
            assert np.isfinite(numbers).all(), stage.name


@MANY
@given(small(weigh="softmax"))
def test_rows_sum_to_one_or_are_masked_entirely(lesson):
    weights = solve(lesson).array("weight")
    left = allowed(lesson).any(axis=-1)
    np.testing.assert_allclose(weights.sum(-1)[:, left], 1, atol=1e-12)
    assert not weights[:, ~left].any()
    assert not weights[:, ~allowed(lesson)].any()


@MANY
@given(small(entry="qkv", weigh="softmax", scaled=False, temperature=1.0, mask="none", flipped=frozenset()), SMALL)
def test_adding_a_constant_to_a_row_of_scores_changes_nothing(lesson, constant):
    """An extra dimension in which every key is 1 adds the query's number there to each score of its row."""
    lesson = replace(lesson, n_heads=1)
    wider = {
        "Q": tuple((*row, constant) for row in lesson.numbers["Q"]),
        "K": tuple((*row, 1.0) for row in lesson.numbers["K"]),
        "V": tuple((*row, 0.0) for row in lesson.numbers["V"]),
    }
    shifted = replace(lesson, numbers=wider)
    np.testing.assert_allclose(solve(shifted).array("product") - solve(lesson).array("product"), constant, atol=1e-9)
    np.testing.assert_allclose(solve(shifted).array("weight"), solve(lesson).array("weight"), atol=1e-9)


@MANY
@given(small(mask="none", flipped=frozenset(), weigh="softmax"), st.randoms())
def test_permuting_the_tokens_permutes_the_output(lesson, random):
    order = list(range(lesson.n_tokens))
    random.shuffle(order)
    moved = {
        name: tuple(rows[i] for i in order) if name in ("X", "Q", "K", "V") else rows
        for name, rows in lesson.numbers.items()
    }
    before, after = solve(lesson), solve(replace(lesson, numbers=moved))
    np.testing.assert_allclose(after.array("z"), before.array("z")[:, order], atol=1e-9)
    if "out" in before.stages:
        np.testing.assert_allclose(after.array("out"), before.array("out")[order], atol=1e-9)


@MANY
@given(small(mask="causal", flipped=frozenset()), st.data())
def test_a_causal_output_never_depends_on_later_tokens(lesson, data):
    last = lesson.n_tokens - 1
    changed = {
        name: (*rows[:last], tuple(data.draw(SMALL) for _ in rows[last])) if name in ("X", "Q", "K", "V") else rows
        for name, rows in lesson.numbers.items()
    }
    with np.errstate(all="ignore"):
        before, after = solve(lesson), solve(replace(lesson, numbers=changed))
    np.testing.assert_array_equal(after.array("z")[:, :last], before.array("z")[:, :last])


@MANY
@given(small(form="paper"))
def test_rounding_errors_on_paper_are_bounded(lesson):
    """Each rounded product is off by at most half a unit of the last decimal, and so is their sum."""
    solution = solve(lesson)
    half = 0.5 * 10.0**-lesson.decimals
    q, k = (solution.array(name).astype(float) for name in "qk")
    products = q @ k.transpose(0, 2, 1)
    assert np.abs(solution.array("product") - products).max() <= (lesson.d_head + 1) * half + 1e-9
    w, v = np.nan_to_num(solution.array("weight")), solution.array("v")
    assert np.abs(np.nan_to_num(solution.array("z")) - w @ v).max() <= (lesson.n_tokens + 1) * half + 1e-9
    if lesson.weigh == "softmax":
        # The sum of n rounded powers is off by at most n + 1 halves and is at least 1; a weight adds one half more.
        shown = solution.array("masked" if "masked" in solution.stages else "score"
                               if "score" in solution.stages else "product").astype(float)  # fmt: skip
        with np.errstate(invalid="ignore"):
            powers = np.exp(shown - shown.max(-1, keepdims=True))
        total = np.nansum(powers, -1, keepdims=True)
        exact = np.divide(powers, total, out=np.zeros_like(powers), where=total > 0)
        exact[:, ~allowed(lesson).any(-1)] = 0
        assert np.abs(w - exact).max() <= (lesson.n_tokens + 3) * half + 1e-9


def test_paper_rounds_halves_away_from_zero():
    rounded = paper_rounding(2)
    given = np.array([0.285, -0.285, 0.125, 2.675, 1.005, -0.004, np.inf, -np.inf])
    np.testing.assert_array_equal(rounded(given), [0.29, -0.29, 0.13, 2.68, 1.01, 0, np.inf, -np.inf])


def test_the_textbook_example_has_the_true_numbers():
    words = textbook().words
    products = {"The": 0.17, "animal": 0.77, "didn't": 0.20, "cross": 0.29, "street": 0.62, "it": 0.92, "was": 0.14,
                "tired": 1.22}  # fmt: skip
    plain = {"The": 0.0800, "animal": 0.1458, "didn't": 0.0825, "cross": 0.0902, "street": 0.1255, "it": 0.1694,
             "was": 0.0777, "tired": 0.2287}  # fmt: skip
    scaled = {"The": 0.0984, "animal": 0.1392, "didn't": 0.1002, "cross": 0.1055, "street": 0.1277, "it": 0.1518,
              "was": 0.0968, "tired": 0.1805}  # fmt: skip
    it = words.index("it")
    unscaled, divided = solve(textbook()), solve(replace(textbook(), scaled=True))
    for i, word in enumerate(words):
        assert unscaled.array("product")[0, it, i] == pytest.approx(products[word], abs=1e-12)
        assert unscaled.array("weight")[0, it, i] == pytest.approx(plain[word], abs=5e-5)
        assert divided.array("weight")[0, it, i] == pytest.approx(scaled[word], abs=5e-5)
    np.testing.assert_allclose(unscaled.array("z")[0, it], [0.4735, 0.4236, 0.3651], atol=5e-5)
    np.testing.assert_allclose(divided.array("z")[0, it], [0.4263, 0.3868, 0.3370], atol=5e-5)


@pytest.mark.parametrize(
    ("number", "fraction"),
    [(0.55, Fraction(11, 20)), (1 / 3, Fraction(1, 3)), (-2 / 7, Fraction(-2, 7)), (0.3333, Fraction(3333, 10000)),
     (1e6, Fraction(10**6)), (1e-12, Fraction(1, 10**12)), (0.0, Fraction(0))],
)  # fmt: skip
def test_a_number_is_the_fraction_that_was_written(number, fraction):
    assert exact_fraction(number) == fraction
    assert float(exact_fraction(number)) == number


def test_fractions_are_exact_where_possible():
    solution = solve(replace(preset("paper"), form="fraction"))
    assert solution.array("score")[0, 0, 0] == Fraction(1)
    assert isinstance(solution.array("score")[0, 2, 1], Fraction)
    shares = solve(replace(preset("paper"), form="fraction", weigh="share"))
    assert sum(shares.array("weight")[0, 0]) == 1
    assert all(isinstance(value, Fraction) for value in shares.array("z").ravel())


@pytest.mark.parametrize("keys", [((1.0, 1.0), (2.0, 2.0)), ((0.1, -0.2), (0.2, 0.5))])
def test_weights_are_undefined_where_scores_sum_to_zero(keys):
    """0.1 + 0.2 - 0.3 is 0, although it is 5.6e-17 in float64."""
    rows = ((1.0, -1.0), (0.0, 0.0))
    lesson = replace(preset("paper"), words=("a", "b"), numbers={"Q": rows, "K": keys, "V": rows},
                     weigh="share")  # fmt: skip
    solution = solve(lesson)
    assert np.isnan(solution.array("weight")).all()
    term = solution.term(Address("weight", (0, 0, 0)))
    assert np.isnan(term.value)
    assert "sum to 0" in term.note


@pytest.mark.parametrize("text", ["weight.0.0.99", "nothing.0", "weight.0.0", "q.9.0.0"])
def test_unknown_numbers_are_refused(text):
    with pytest.raises(InputError):
        solve(preset("paper")).term(Address.parse(text))
