"""One palette: the pages, their components and Streamlit's theme have the colours of the figures."""

import re
import tomllib

import pytest

from attention_core.plot.theme import DARK, LIGHT
from tests.paths import ROOT
from ui.shared.palette import custom_properties, properties

FILES = sorted(path for path in (ROOT / "ui").rglob("*") if path.suffix in (".css", ".js", ".py"))
LITERAL = re.compile(r"#(?:[0-9a-f]{8}|[0-9a-f]{6}|[0-9a-f]{3,4})\b|\b(?:rgb|hsl|hwb|lab|lch|oklab|oklch)a?\(", re.I)
NAMED = re.compile(r"[:(,\s](?:white|black|red|green|blue|gr[ae]y|orange|yellow|silver)\s*[;,)}]", re.I)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_there_are_no_colours_outside_the_palette(path):
    text = path.read_text(encoding="utf-8")
    assert not LITERAL.findall(text)
    assert path.suffix != ".css" or not NAMED.findall(text)


@pytest.mark.parametrize("literal", ["#8883", "#0072B2", "#00000044", "#fff", "rgba(0,0,0,0)", "hsl(1 2% 3%)"])
def test_a_literal_colour_would_be_found(literal):
    assert LITERAL.search(f"a {{ color: {literal}; }}")
    assert NAMED.search("a { color: white; }")


@pytest.mark.parametrize("path", [path for path in FILES if path.suffix == ".css"], ids=lambda path: path.name)
def test_every_used_colour_is_in_the_palette(path):
    text = path.read_text(encoding="utf-8")
    used = {name for name in re.findall(r"var\(--([\w-]+)", text) if not name.startswith("st-")}
    own = set(re.findall(r"--([\w-]+):", text)) | {"shade"}
    assert used - own <= properties(LIGHT).keys()


def test_a_page_has_both_palettes_and_uses_that_of_its_colour_scheme():
    css = custom_properties()
    ((selector, body),) = re.findall(r"([^{}]+)\{([^}]*)\}", css)
    assert selector.strip() == ":root"
    rule = dict(re.findall(r"--([\w-]+): ([^;]+);", body))
    names = rule["palette"].split()
    for theme, colours in (("light", LIGHT), ("dark", DARK)):
        assert {name: rule[f"{theme}-{name}"] for name in names} == properties(colours)
    used = {name: rule[name] for name in names if name in rule}
    assert used == {name: f"light-dark(var(--light-{name}), var(--dark-{name}))" for name in names if name != "weights"}


@pytest.mark.parametrize(("name", "colours"), [("light", LIGHT), ("dark", DARK)])
def test_streamlits_theme_has_the_same_colours(name, colours):
    held = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"][name]
    assert held == {
        "primaryColor": colours.query, "backgroundColor": colours.background,
        "secondaryBackgroundColor": colours.panel, "textColor": colours.ink, "borderColor": colours.line,
    }  # fmt: skip
