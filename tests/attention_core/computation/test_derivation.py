"""A line as shown gives its right side, and LaTeX holds the same digits."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attention_core.computation.derivation import Term, combine, latex, line, shorten_sums
from attention_core.computation.render import MINUS, format_number

NUMBERS = st.floats(-50, 50, allow_nan=False).map(lambda x: round(x, 9))


def evaluated(text):
    """The left side of a line, evaluated by Python from its characters."""
    left, right = text.rsplit(" = ", 1)
    code = left.replace("×", "*").replace("÷", "/").replace(MINUS, "-").replace("²", "**2")
    code = re.sub(r"√(\d+(\.\d+)?)", r"sqrt(\1)", code).replace("√(", "sqrt(")
    code = code.replace("e^(", "exp(")
    names = {"sqrt": math.sqrt, "exp": math.exp, "max": max}
    return eval(code, {"__builtins__": {}}, names), float(right.replace(MINUS, "-"))


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=40))
def test_a_sum_of_products_adds_up_as_shown(pairs):
    term = combine("sum", [combine("product", (Term(a, "a"), Term(b, "b"))) for a, b in pairs]).named("q·k")
    left, right = evaluated(line(term).text)
    assert abs(left - right) <= 0.5e-4 * len(pairs) + 1e-9


@given(st.lists(st.floats(-20, 20), min_size=2, max_size=9))
def test_a_softmax_adds_up_as_shown(scores):
    terms = [Term(s, "score") for s in scores]
    top = combine("max", terms).named("max")
    powers = [combine("exp", (combine("difference", (t, Term(top.value, "max"))),)) for t in terms]
    total = combine("sum", powers).named("sum")
    share = combine("quotient", (combine("exp", (combine("difference", (terms[0], top)),)), total)).named("weight")
    for term, allowed in ((top, 1), (total, len(scores)), (share, 1)):
        left, right = evaluated(line(term).text)
        assert abs(left - right) <= 0.5e-4 * allowed + 1e-9


@given(NUMBERS, NUMBERS, st.floats(0.1, 50))
def test_brackets_keep_the_meaning(a, b, c):
    difference = combine("difference", (Term(a, "a"), Term(b, "b")))
    for term in (
        combine("quotient", (difference, Term(c, "c"))),
        combine("product", (difference, difference)),
        combine("quotient", (Term(a, "a"), combine("product", (Term(c, "c"), Term(c, "c"))))),
        combine("sum", (combine("square", (difference,)), Term(b, "b"))),
        combine("sqrt", (combine("sum", (combine("square", (difference,)), Term(c, "c"))),)),
    ):
        left, right = evaluated(line(term.named("x")).text)
        assert left == pytest.approx(right, abs=1e-4 + 1e-9)


def test_a_shortened_sum_still_adds_up():
    parts = [combine("product", (Term(i / 7, "a"), Term(1.5, "b"))) for i in range(-11, 13)]
    term = combine("sum", parts).named("q·k")
    short = shorten_sums(term, 4)
    assert [part.name for part in short.parts] == ["", "", "", "", "20 more"]
    left, right = evaluated(line(short).text)
    assert abs(left - right) <= 0.5e-4 * 5 + 1e-9
    assert short.value == term.value


def test_a_shortened_sum_keeps_its_largest_parts_by_magnitude_negative_ones_too():
    values = [0.5, -4.0, 1.0, 3.0, -0.25, -2.0, 0.75]
    short = shorten_sums(combine("sum", [Term(value, f"part {value}") for value in values]), 3)
    assert [part.value for part in short.parts] == [-4.0, 3.0, -2.0, 0.5 + 1.0 - 0.25 + 0.75]
    assert line(short).text == f"{MINUS}4.0000 + 3.0000 + {MINUS}2.0000 + 2.0000 = {MINUS}1.0000"


def test_rounding_is_said():
    term = combine("sum", [Term(0.00004, "a")] * 3).named("x")
    shown = line(term)
    assert shown.text == "0.0000 + 0.0000 + 0.0000 = 0.0001"
    assert not shown.exact


def test_latex_holds_every_digit():
    term = combine("sum", [combine("product", (Term(1.5, "a"), Term(-2.25, "b")))] * 6).named("q·k")
    text = latex(term)
    assert text.count("1.5000") == 6
    assert text.count("-2.2500") == 6
    assert "-20.2500" in text
    assert text.startswith(r"\begin{align*}")
    assert text.count("{") == text.count("}")


def test_what_is_divided_by_gets_digits_until_it_is_not_0():
    small = Term(0.015625, "a")
    assert line(combine("quotient", (small, Term(0.03125, "b"))), 1).text == "0.016 ÷ 0.031 = 0.5"


def products(count):
    parts = [combine("product", (Term(i / 7, "a"), Term(1.5, "b"))) for i in range(count)]
    return combine("sum", parts).named("q·k")


def test_a_term_is_printed_as_its_line():
    assert repr(products(2)) == f"q·k = {line(products(2)).text}"
    assert repr(Term(-1.25, "q[0]")) == f"q[0] = {MINUS}1.2500"
    assert repr(combine("sqrt", [Term(2.0)])) == "√2.0000 = 1.4142"


def test_a_long_sum_is_printed_by_its_largest_parts_and_the_rest():
    shown = repr(products(24))
    left, right = evaluated(re.sub(r"\(21 more: (.*?)\)", r"\1", shown.removeprefix("q·k = ")))
    assert shown.startswith("q·k = 3.2857 × 1.5000 + 3.1429 × 1.5000 + 3.0000 × 1.5000 + (21 more: ")
    assert abs(left - right) <= 0.5e-4 * 4 + 1e-9


@pytest.mark.parametrize("op", ["sum", "max"])
def test_no_term_prints_more_than_a_few_lines(op):
    made = combine(op, [combine("exp", (Term(1 / i, "a"),)) for i in range(1, 2000)]).named(op)
    assert len(repr(made)) < 240
    assert repr(made).endswith(f" = {format_number(made.value, 4)}")


def test_a_notebook_shows_the_derivation_and_nothing_of_a_given_number():
    inner = products(24)
    text = combine("quotient", (inner, Term(4.0, "d"))).named("score")._repr_latex_()
    assert r"\underbrace{" in text
    assert r"}_{\text{16 more}}" in text
    assert text.index(r"\text{q}\cdot\text{k}") < text.index(r"\text{score}")
    assert text.count("{") == text.count("}")
    assert Term(1.0, "a")._repr_latex_() is None
