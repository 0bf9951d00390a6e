"""Heatmap and graph as SVG."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attention_core.plot.graph_info import graph_info
from attention_core.plot.svg import graph_svg, heatmap_svg
from attention_core.plot.theme import LIGHT, weight_colour

from .conftest import HOSTILE, rows_of

SVG = "{http://www.w3.org/2000/svg}"


def elements(svg, name):
    return list(ET.fromstring(svg).iter(SVG + name))


def texts(svg):
    return [element.text for element in elements(svg, "text")]


def test_the_heatmap_shows_every_weight(sentence):
    svg = heatmap_svg(*sentence, selected=(5, 2), title="Layer 3, head 1")
    squares = [e for e in elements(svg, "rect") if e.get("rx") == "2"]
    assert [e.get("fill") for e in squares] == [weight_colour(LIGHT, w) for w in sentence[0].ravel()]
    assert texts(svg).count(".68") == 1
    assert texts(svg).count("animal") == 2
    frames = [e.get("stroke") for e in elements(svg, "rect") if e.get("fill") == "none"]
    assert frames == ["#0072B2", "#C2410C", "#1b2430"]
    root = ET.fromstring(svg)
    assert root.get("role") == "img"
    assert root.find(SVG + "title").text == "Layer 3, head 1"
    assert root.find(SVG + "desc").text == "Each row is a query, each column a key. Selected: it → animal 0.68."


def test_a_long_heatmap_has_no_digits_fewer_labels_and_merged_cells():
    pattern = np.eye(67)
    svg = heatmap_svg(pattern, ["a"] * 67)
    assert not any(text.startswith(".") for text in texts(svg))
    assert len(elements(svg, "rect")) < 67 * 4
    covered = sum(float(e.get("width")) for e in elements(svg, "g")[0].iter(SVG + "rect"))
    assert covered == pytest.approx(67 * 1664, rel=1e-3)
    assert len(heatmap_svg(np.full((131, 131), 1 / 131), ["a"] * 131)) < 60_000


def test_the_graph_draws_the_edges_of_its_info(sentence):
    info = graph_info(*sentence, query=5, key=2, threshold=0.04, special=[True, *[False] * 6])
    svg = graph_svg(info, title="a < b")
    curves = [e for e in elements(svg, "path") if e.get("fill") == "none"]
    assert len(curves) == 5
    assert float(curves[-1].get("stroke-width")) == pytest.approx(info.edges[0].width, abs=0.01)
    assert len(elements(svg, "circle")) == 7
    named = {e.text: e.get("fill") for e in elements(svg, "text")}
    assert named["animal 0.68"] == "#C2410C"
    assert named["it 0.06"] == "#0072B2"
    assert named["[CLS] 0.10"] == "#5f6b7a"
    assert ET.fromstring(svg).find(SVG + "desc").text.startswith("From “it”: animal 0.68,")


@pytest.mark.parametrize("layout", ["circle", "arc"])
@pytest.mark.parametrize("n", [1, 2, 3, 7, 23, 67])
def test_the_graph_fits_its_picture(n, layout):
    pattern = rows_of(np.random.default_rng(n).normal(0, 3, (n, n)))
    svg = graph_svg(graph_info(pattern, ["internationally"] * n, layout=layout, strongest=3))
    _, _, width, height = map(float, ET.fromstring(svg).get("viewBox").split())
    for circle in elements(svg, "circle"):
        assert 5 < float(circle.get("cx")) < width - 5
        assert 5 < float(circle.get("cy")) < height - 5
    for text in elements(svg, "text"):
        x, y, turn = float(text.get("x")), float(text.get("y")), text.get("transform")
        angle = np.radians(float(re.match(r"rotate\((\S+)", turn)[1])) if turn else 0
        wide = 7.3 * len(text.text)
        left = x - {"start": 0, "middle": 0.5, "end": 1}[text.get("text-anchor")] * wide * np.cos(angle)
        assert left >= 0
        assert left + wide * np.cos(angle) <= width + 1
        assert y - min(0, wide * np.sin(angle)) <= height


def test_numbers_are_short(sentence):
    svg = graph_svg(graph_info(*sentence)) + heatmap_svg(*sentence)
    assert not re.search(r"\d\.\d{3}", svg)


def test_dark_and_light_differ_in_colour_alone(sentence):
    light, dark = (heatmap_svg(*sentence, theme=theme) for theme in ("light", "dark"))
    assert light != dark
    assert re.sub("#[0-9a-f]{6}", "", light, flags=re.I) == re.sub("#[0-9a-f]{6}", "", dark, flags=re.I)


def test_hostile_tokens_are_escaped():
    n = len(HOSTILE)
    pattern = np.full((n, n), 1 / n)
    for svg in (heatmap_svg(pattern, HOSTILE, title="<b>\x00"), graph_svg(graph_info(pattern, HOSTILE))):
        svg.encode("utf-8", "strict")
        assert {element.tag.removeprefix(SVG) for element in ET.fromstring(svg).iter()} <= {
            "svg", "title", "desc", "rect", "g", "path", "circle", "text",
        }  # fmt: skip
        assert {"<b>x</b>", "&amp;", "U+0000", "U+D800", "U+FFFF", "\u2068שלום\u2069"} <= set(texts(svg))


@given(
    st.lists(st.text(st.characters(codec=None), max_size=5), min_size=1, max_size=7), st.text(max_size=5), st.booleans()
)
def test_every_svg_parses(tokens, title, one):
    n = len(tokens)
    pattern = np.full((n, n), 1 / n)
    for svg in (
        heatmap_svg(pattern, tokens, selected=(0, n - 1), title=title),
        graph_svg(graph_info(pattern, tokens, query=0 if one else None), title=title, theme="dark"),
    ):
        assert ET.fromstring(svg.encode("utf-8")).tag == SVG + "svg"
