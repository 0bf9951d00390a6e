"""Errors with the model on screen: shown in place, and fixed from there."""

import re
import shutil

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import serving, settle
from tests.paths import BERT

pytestmark = pytest.mark.browser

LONG = "x" * 300


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """For the one test that changes it."""
    return shutil.copytree(BERT, tmp_path_factory.mktemp("problems") / "changing")


@pytest.fixture(scope="module")
def address(folder, tmp_path_factory):
    """The application, with a model that is read from the disk in every run."""
    listed = {"ATTENTION_LAB_MODELS": f"{folder},{LONG}={BERT}", "ATTENTION_LAB_MEMORY": "0"}
    yield from serving(tmp_path_factory.mktemp("server") / "log", listed | {"HF_HUB_OFFLINE": "1"})


def test_weights_that_change_are_loaded_again(open_page, folder):
    page = open_page("/?model=changing&text=w3+w4+w5&layer=1&head=0")
    shutil.copy(folder / "model.safetensors", folder / "new")
    (folder / "new").replace(folder / "model.safetensors")
    page.get_by_role("combobox", name="Layer").click()
    page.get_by_role("option", name="Layer 2").click()
    message = page.get_by_text("model.safetensors has changed since the model was loaded.")
    message.wait_for()
    page.get_by_role("button", name="Load again").click()
    message.wait_for(state="detached")
    page.get_by_role("region", name="Arithmetic").wait_for()
    settle(page)
    expect(page.locator(".badge")).to_have_text("changing")
    page.wait_for_function("new URLSearchParams(location.search).get('layer') === '2'")


def test_a_typed_name_of_no_model_is_refused_and_the_model_on_screen_stays(open_page):
    page = open_page()
    box = page.get_by_role("combobox", name="Model")
    box.click()
    box.fill("bert-base-uncased")
    box.press("Enter")
    page.get_by_text(re.compile("“bert-base-uncased” is not a known model. Choose BERT base")).wait_for()
    expect(page.locator(".badge")).to_contain_text("all-MiniLM-L6-v2")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", [LONG, f"owner/{'y' * 80}@{'z' * 200}"])
def test_a_long_name_overflows_nothing(open_page, width, name):
    page = open_page(f"/?text=w3+w4&model={name}", width=width, height=844, wait=False)
    page.locator(".badge", has_text="…").wait_for()
    page.get_by_role("region", name="Arithmetic").or_(page.get_by_role("button", name="Try again")).wait_for()
    settle(page)
    wide = "[...document.querySelectorAll('.badge, [data-testid=stAlert], [data-testid=stMain]')]"
    assert page.evaluate(f"{wide}.every(each => each.scrollWidth <= each.clientWidth)")
