"""The left side of a displayed line evaluates to its right side, and LaTeX has the same digits."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attention_core.computation.derivation import Term, combine, shorten_sums
from attention_core.computation.render import MINUS, format_number, latex, line

NUMBERS = st.floats(-50, 50, allow_nan=False).map(lambda x: round(x, 9))


def evaluated(text):
    """The value of a line's left side, computed by Python from its characters, and its right side."""
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
    exponentials = [combine("exp", (combine("difference", (t, Term(top.value, "max"))),)) for t in terms]
    total = combine("sum", exponentials).named("sum")
    weight = combine("quotient", (combine("exp", (combine("difference", (terms[0], top)),)), total)).named("weight")
    for term, allowed in ((top, 1), (total, len(scores)), (weight, 1)):
        left, right = evaluated(line(term).text)
        assert abs(left - right) <= 0.5e-4 * allowed + 1e-9


@given(NUMBERS, NUMBERS, st.floats(0.1, 50))
def test_brackets_preserve_the_meaning(a, b, c):
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


def test_a_rounded_result_is_not_exact():
    term = combine("sum", [Term(0.00004, "a")] * 3).named("x")
    shown = line(term)
    assert shown.text == "0.0000 + 0.0000 + 0.0000 = 0.0001"
    assert not shown.exact


def test_numbers_have_a_true_minus_and_no_negative_zero():
    assert format_number(-1.25, 2) == "−1.25"
    assert format_number(-0.00001, 4) == "0.0000"


def test_latex_holds_every_digit():
    term = combine("sum", [combine("product", (Term(1.5, "a"), Term(-2.25, "b")))] * 6).named("q·k")
    text = latex(term)
    assert text.count("1.5000") == 6
    assert text.count("-2.2500") == 6
    assert "-20.2500" in text
    assert text.startswith(r"\begin{align*}")
    assert text.count("{") == text.count("}")


def test_a_divisor_gets_more_digits_until_it_is_not_0():
    small = Term(0.015625, "a")
    assert line(combine("quotient", (small, Term(0.03125, "b"))), 1).text == "0.016 ÷ 0.031 = 0.5"
