"""Going from page to page without a browser: the links' targets, and what a page takes over from its address."""

from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from attention_core.lessons.lesson_file import to_address
from attention_core.lessons.presets import preset
from tests.paths import APP
from ui.shared.menu import Page

FILES = dict(zip((page.title for page in Page), ("", "step_by_step", "worked_example"), strict=True))
PAGES = {page.title: page.file for page in Page}
SHARED = {"text": "I saw the cat run.", "layer": "2", "head": "4", "q": "4", "k": "2", "open": "q.2.4.4.0"}
OWN = {
    "Inspect": {"graph": "all", "least": "0.1", "temperature": "0.5"},
    "Step by step": {"step": "7", "kind": "v"},
    "Worked example": {"preset": "paper", "lesson": to_address(preset("random", 3))},
}


def opened(page, query):
    app = AppTest.from_file(APP, default_timeout=30)
    if page != "Inspect":
        app.switch_page(PAGES[page])
    return to(app, query)


def to(app, query):
    app.query_params.clear()
    for key, value in query.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception
    return app


def address(app):
    return {key: value[0] if isinstance(value, list) else value for key, value in app.query_params.items()}


def links(app):
    """Title -> the page's path and the query that its link carries."""
    protos = [each.proto for each in app.get("page_link")]
    return {link.label: (link.page, {k: v for k, (v,) in parse_qs(link.query_string).items()}) for link in protos}


@pytest.mark.parametrize("page", PAGES)
def test_every_link_carries_the_entries_of_its_page(page):
    app = opened(page, SHARED | OWN[page])
    assert address(app) == SHARED | OWN[page]
    assert links(app) == {title: (FILES[title], SHARED | (OWN[page] if title == page else {})) for title in PAGES}


def test_entries_of_one_page_are_kept_for_the_way_back():
    app = opened("Worked example", SHARED | OWN["Worked example"])
    for title in ("Inspect", "Step by step", "Inspect"):
        app.switch_page(PAGES[title])
        to(app, links(app)[title][1])
        assert address(app) == SHARED
    assert links(app)["Worked example"][1] == SHARED | OWN["Worked example"]
    app.switch_page(PAGES["Worked example"])
    assert address(to(app, links(app)["Worked example"][1])) == SHARED | OWN["Worked example"]


def test_an_earlier_address_is_taken_over():
    """As the browser's Back button gives it, from another page too."""
    app = opened("Step by step", {"text": "it was", "step": "3"})
    app.switch_page("app.py")
    to(app, {"text": "She sleeps."})
    assert app.text_area[0].value == "She sleeps."
    assert links(app)["Step by step"][1] == {"text": "She sleeps.", "step": "3"}
    assert app.text_area[0].value != to(app, {}).text_area[0].value


def test_a_choice_is_in_every_link():
    app = opened("Inspect", {})
    app.text_area[0].set_value("I saw it").run()
    assert {query["text"] for _, query in links(app).values()} == {"I saw it"}


def test_a_layer_that_the_model_lacks_is_in_no_link():
    assert {query["layer"] for _, query in links(opened("Inspect", {"layer": "99"})).values()} == {"5"}


def test_clicking_a_link_from_before_a_choice_keeps_the_choice():
    app = opened("Inspect", {})
    before = links(app)["Step by step"][1]
    app.text_area[0].set_value("I saw it").run()
    app.switch_page(PAGES["Step by step"])
    assert address(to(app, before)) == {"text": "I saw it"}


@pytest.mark.parametrize(
    ("page", "key", "value", "message"),
    [
        ("Inspect", "q", "-1", "“q” must be at least 0."),
        ("Inspect", "tokens", "999", "“tokens” must be at least 1 and at most 64."),
        ("Inspect", "draw", "-4", "“draw” must be at least 0."),
        ("Inspect", "topk", "-5", "“topk” must be at least 0 and at most 1,000."),
        ("Inspect", "topk", "9999", "“topk” must be at least 0 and at most 1,000."),
        ("Inspect", "q", "9999", "Query positions run from 0 to 15."),
        ("Inspect", "k", "9999", "Key positions run from 0 to 15."),
        ("Inspect", "dims", "3,99", "A head has dimensions 0 to 31."),
        ("Step by step", "step", "99", "“step” must be at least 1 and at most 11."),
        ("Worked example", "part", "1", "This example has only one head."),
    ],
)
def test_a_number_out_of_range_is_reported_and_dropped(page, key, value, message):
    app = opened(page, {key: value})
    shown = [each.value for each in app.info] + [each.proto.body for each in app.get("html")]
    assert any(message in each for each in shown)
    assert address(app).get(key) != value
