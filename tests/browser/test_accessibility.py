"""Everybody can use the pages: by keyboard, in forced colours, at 200 %, with wider text, and without motion."""

import io
import itertools

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.conftest import settle
from tests.browser.test_axe import VIT, opened

pytestmark = pytest.mark.browser


@pytest.fixture
def address(offering):
    return offering


FOCUSED = """() => {
  let at = document.activeElement
  while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement
  return at
}"""
LOOKS = """at => {
  const looks = []
  for (let node = at; node && looks.length < 6; node = node.parentElement ?? node.getRootNode().host) {
    const { outlineStyle, outlineWidth, boxShadow, borderColor } = getComputedStyle(node)
    looks.push([outlineStyle === "none" ? "" : outlineWidth, boxShadow, borderColor].join())
  }
  return looks
}"""


@pytest.mark.parametrize(
    "path", ["/", "/step_by_step?step=5", "/worked_example", f"/{VIT}", "/?model=quick&text=w3+w4"]
)
def test_all_that_has_the_focus_shows_it(open_page, path):
    page = opened(open_page, path)
    names = []
    for _ in range(80):
        page.keyboard.press("Tab")
        focused = page.evaluate_handle(FOCUSED)
        name = focused.evaluate("at => at === document.body ? null : at.ariaLabel ?? at.textContent.slice(0, 40)")
        if name is None:
            break
        names.append(name)
        shown = focused.evaluate(LOOKS)
        focused.evaluate("at => at.blur()")
        assert shown != focused.evaluate(LOOKS), f"nothing shows that {name} has the focus"
        focused.evaluate("at => at.focus()")
    assert len(names) > 20


def test_the_current_page_and_the_focus_are_told_apart(open_page):
    page = opened(open_page, "/step_by_step")
    current, other = (page.get_by_role("link", name=name) for name in ("Step by step", "Inspect"))
    expect(current).to_have_attribute("aria-current", "page")
    expect(page.get_by_role("navigation", name="Pages").get_by_role("link")).to_have_count(3)
    look = "link => { const s = getComputedStyle(link); return [s.backgroundColor, s.outlineStyle] }"
    ground, line = current.evaluate(look)
    assert line == "none"
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(other).to_be_focused()
    focused = other.evaluate(look)
    assert focused[0] != ground
    assert focused[1] == "solid"
    page.keyboard.press("Enter")
    expect(other).to_have_attribute("aria-current", "page")
    expect(page.locator("[aria-current=page]")).to_have_count(1)


@pytest.mark.parametrize("path", ["/", "/step_by_step", "/worked_example"])
def test_a_page_has_a_language_headings_in_order_and_landmarks(open_page, path):
    page = opened(open_page, path)
    assert page.evaluate("document.documentElement.lang") == "en"
    levels = page.evaluate("[...document.querySelectorAll('h1, h2, h3, h4')].map((each) => Number(each.tagName[1]))")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in itertools.pairwise(levels))
    assert len(levels) > 1
    expect(page.get_by_role("main")).to_have_count(1)
    expect(page.get_by_role("navigation")).to_have_count(1)


def shades(locator):
    """The shares of an element's pixels that are not its most frequent colour."""
    pixels = np.asarray(Image.open(io.BytesIO(locator.screenshot())).convert("RGB")).reshape(-1, 3)
    _, counts = np.unique(pixels, axis=0, return_counts=True)
    return 1 - counts.max() / counts.sum()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_vanishes_in_forced_colours(open_page, scheme):
    page = opened(open_page, "/?model=quick&text=w3+w4+w5", scheme=scheme)
    page.emulate_media(color_scheme=scheme, forced_colors="active")
    settle(page)
    switch = page.locator("[data-testid=stCheckbox] label", has=page.get_by_role("switch")).first
    for drawn in (
        switch.locator("> div").first, page.locator("[data-testid=stSlider] [role=group]").first.locator("> div"),
        page.locator(".bars"), page.locator(".next td:last-child").nth(1), page.locator(".heatmap canvas.cells"),
        page.locator(".stPlotlyChart"),
    ):  # fmt: skip
        assert shades(drawn) > 0.01
    before = shades(switch.locator("> div").first)
    switch.click()
    settle(page)
    assert abs(shades(switch.locator("> div").first) - before) > 0.05, "on and off look the same"


def test_chosen_tokens_and_heads_are_told_apart_in_forced_colours(open_page):
    page = opened(open_page, "/")
    page.emulate_media(forced_colors="active")
    colour = "each => getComputedStyle(each).borderColor"
    kinds = [page.locator(f".strip button{kind}").first.evaluate(colour) for kind in (".query", ".key", ".special")]
    assert len({*kinds}) == 3
    outline = "each => getComputedStyle(each).outlineStyle"
    heads = page.locator(".heads button")
    assert [heads.nth(head).evaluate(outline) for head in (0, 1)] == ["none", "solid"]


def test_nothing_moves_for_those_who_asked_for_that(open_page):
    moving = """() => [...document.querySelectorAll("*")].filter((each) => {
      const { transitionDuration, animationDuration, scrollBehavior } = getComputedStyle(each)
      return scrollBehavior === "smooth" || `${transitionDuration}, ${animationDuration}`.split(", ")
        .some((each) => parseFloat(each) * (each.endsWith("ms") ? 1 : 1000) > 1)
    }).length"""
    page = opened(open_page, "/")
    assert page.evaluate(moving) > 0
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(moving) == 0


SPACED = """() => {
  const css = "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }"
    + " p:not(button p) { margin-bottom: 2em !important }"
  const space = (root) => {
    root.append(Object.assign(document.createElement("style"), { textContent: css }))
    root.querySelectorAll("*").forEach((node) => node.shadowRoot && space(node.shadowRoot))
  }
  space(document.body)
}"""
CUT = """() => {
  const cut = []
  const look = (root) => root.querySelectorAll("p, button, h1, h2, summary").forEach((each) => {
    const { overflowX, overflowY } = getComputedStyle(each)
    const wide = overflowX !== "visible" && each.scrollWidth > each.clientWidth + 1
    const high = overflowY !== "visible" && each.scrollHeight > each.clientHeight + 1
    if ((wide || high) && each.clientWidth > 1) cut.push(each.textContent)
  })
  const all = (root) => {
    look(root)
    root.querySelectorAll("*").forEach((node) => node.shadowRoot && all(node.shadowRoot))
  }
  all(document)
  return cut
}"""


@pytest.mark.parametrize("path", ["/", "/step_by_step?step=5", "/worked_example"])
def test_a_page_holds_together_at_200_percent_and_with_wider_text(open_page, path):
    page = opened(open_page, path, width=640, height=400)
    wide = "document.querySelector('[data-testid=stMain]').scrollWidth"
    assert page.evaluate(wide) <= 640
    page.evaluate(SPACED)
    assert page.evaluate(wide) <= 640
    assert page.evaluate(CUT) == []
