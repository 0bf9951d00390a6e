"""Going from page to page in a browser: by the menu, in a new tab, and with the Back button."""

import re

import pytest

from tests.browser.conftest import settle

pytestmark = pytest.mark.browser

TEXT = "text=I+saw+the+cat+run."


def at(page, path):
    page.wait_for_function("path => location.pathname + location.search === path", arg=path)
    settle(page)


def follow(page, name):
    page.get_by_role("link", name=name).click()
    page.get_by_role("heading", name=re.compile("of 11")).or_(page.get_by_role("region", name="Arithmetic")).wait_for()


def test_the_selection_is_carried_along(open_page):
    page = open_page("/")
    box = page.get_by_label("Sentence")
    box.fill("I saw the cat run.")
    box.press("Enter")
    at(page, f"/?{TEXT}")
    page.locator(".heatmap .picture").focus()
    page.keyboard.press("ArrowDown")
    page.wait_for_function("new URLSearchParams(location.search).get('q')")
    settle(page)
    chosen = page.evaluate("location.search")
    page.get_by_role("link", name="Step by step").focus()
    page.keyboard.press("Enter")
    at(page, f"/step_by_step{chosen}")
    assert page.get_by_label("Sentence").input_value() == "I saw the cat run."
    page.get_by_role("button", name="Next").click()
    at(page, f"/step_by_step{chosen}&step=2")
    follow(page, "Worked example")
    at(page, f"/worked_example{chosen}")
    follow(page, "Inspect")
    at(page, f"/{chosen}")
    for path in (f"/worked_example{chosen}", f"/step_by_step{chosen}&step=2", f"/step_by_step{chosen}", f"/{chosen}"):
        page.go_back()
        at(page, path)
    page.go_forward()
    at(page, f"/step_by_step{chosen}")
    page.get_by_role("heading", name="1 of 11").wait_for()


def test_a_new_tab_shows_the_same(open_page):
    page = open_page(f"/step_by_step?{TEXT}&step=3", wait=False)
    page.get_by_role("heading", name="3 of 11").wait_for()
    settle(page)
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Inspect").click(button="middle")
    tab = opened.value
    tab.bring_to_front()
    tab.get_by_role("region", name="Arithmetic").wait_for()
    at(tab, f"/?{TEXT}")
    assert tab.get_by_label("Sentence").input_value() == "I saw the cat run."
    tab.close()


def test_typed_text_is_carried_along_without_enter(open_page):
    """The click takes the focus from the box, which sends the text, and the page is redrawn under the pointer."""
    page = open_page("/")
    page.get_by_label("Sentence").fill("I saw the cat run.")
    page.get_by_role("link", name="Step by step").click(delay=150)
    at(page, f"/step_by_step?{TEXT}")
    assert page.get_by_label("Sentence").input_value() == "I saw the cat run."


def test_a_lesson_is_kept_for_the_way_back(open_page):
    page = open_page("/worked_example?preset=paper")
    page.get_by_role("spinbutton", name="Decimals").fill("2")
    page.keyboard.press("Enter")
    page.wait_for_function("new URLSearchParams(location.search).get('lesson')")
    settle(page)
    path = page.evaluate("location.pathname + location.search")
    follow(page, "Inspect")
    at(page, "/")
    follow(page, "Worked example")
    at(page, path)
