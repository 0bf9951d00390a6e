"""A derivation as HTML has every digit of its lines, in the colours of query and key."""

import re
from html import unescape

import pytest

import attention_core as ac
from attention_core.computation.derivation import Term, combine, lines
from attention_core.errors import InputError
from attention_core.plot.arithmetic_html import arithmetic_info
from attention_core.plot.theme import DARK, LIGHT


@pytest.fixture(scope="module")
def weight(minilm):
    return ac.explain.weight(minilm.trace("The animal was tired."), 3, 1, 3, 2)


def text(html):
    return unescape(re.sub(r"<[^>]*>", "", str(html)))


def test_every_equation_is_on_a_line(weight):
    made = lines(weight)
    assert arithmetic_info(weight).equations == [(each.term.name, each) for each in made]
    assert [name for name, _ in arithmetic_info(weight).equations] == ["q·k", "score", "max", "sum", "weight"]
    shown = text(ac.plot.arithmetic(weight)).splitlines()
    assert [line for line in shown if " = " in line] == [f"{each.term.name} = {each.text}" for each in made]
    assert [line for line in shown if line.startswith("Rounding")] == [each.rounding for each in made if each.rounding]


@pytest.mark.parametrize(("name", "colours"), [("light", LIGHT), ("dark", DARK)])
def test_query_and_key_have_their_colours(weight, name, colours):
    source = str(ac.plot.arithmetic(weight, theme=name))
    assert source.count(f"color:{colours.query}") == source.count(f"color:{colours.key}") == 32
    assert 'title="q[0]"' in source


def test_a_notebook_displays_it_and_a_session_shows_a_short_repr(weight):
    html = ac.plot.arithmetic(weight)
    assert html._repr_html_() == str(html)
    assert repr(html) == "<Html, displayed by a notebook; str() returns its source>"


def test_names_and_notes_are_escaped():
    term = combine("sum", [Term(1.0, "<a>", role="query"), Term(2.0, '"b"', role="key")]).named("<i>", note="<b>&")
    source = str(ac.plot.arithmetic(term))
    assert set(re.findall(r"</?(\w+)", source)) == {"pre", "span"}
    assert text(source) == "<i> = 1.0000 + 2.0000 = 3.0000\n<b>&"


def test_rounding_is_noted():
    assert "Rounding: the digits shown give" in text(
        ac.plot.arithmetic(combine("sum", [Term(0.00004, "a")] * 3).named("x"))
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [("text", "Give a term, such as the result of ac.explain.weight"), (None, "got None"),
     ((Term(1.0),), "give one of them"),
     (Term(0.5, "W_Q[0]", note="A trained number."),
      r"W_Q\[0\] is given, not computed from others\. A trained number\."),
     (Term(0.5), "This number is given")],
)  # fmt: skip
def test_anything_but_a_derivation_is_refused(given, message):
    with pytest.raises(InputError, match=message):
        ac.plot.arithmetic(given)
