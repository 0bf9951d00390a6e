"""axe-core finds nothing on the pages, in any state, theme and width."""

import re
import urllib.parse
from importlib.metadata import distribution

import pytest

from tests.browser.conftest import settle

pytestmark = pytest.mark.browser

# The rules that are off by default, but for those of level AAA.
RULES = ("css-orientation-lock", "focus-order-semantics", "label-content-name-mismatch", "p-as-heading",
         "table-fake-caption", "target-size", "td-has-header")  # fmt: skip

# Streamlit's box for files takes the focus in scripts alone, and browsers ignore the role of what can be focused.
ALLOWED = {"presentation-role-conflict": 'data-testid="stFileUploaderDropzone"'}

VIT = "?model=small+ViT&layer=1&head=3&image=house"
SHORT = "text=It+was+late."  # axe-core takes its time for each cell of a matrix
PAIR = "?model=Pair&text=w3+w4&target=w5&side=cross"
WORDS = "The quick brown fox jumps over the lazy dog while the old farmer watches from his wooden porch and drinks tea"


@pytest.fixture
def address(offering):
    return offering


def opened(open_page, path, **options):
    page = open_page(path, wait=False, **options)
    page.locator(".say, .look, [data-testid=stAlert]").first.wait_for(timeout=20_000)
    settle(page)
    return page


def faults(page):
    """What axe-core finds, as lines of text."""
    if not page.evaluate("'axe' in window"):
        script = distribution("pytest-playwright-axe").locate_file("pytest_playwright_axe/resources/axe.min.js")
        page.evaluate(script.read_text(encoding="utf-8"))
    options = {"resultTypes": ["violations"], "rules": {rule: {"enabled": True} for rule in RULES}}
    found = page.evaluate("options => axe.run(document, options)", options)["violations"]
    return [
        f"{rule['id']}: {node['html'][:200]}\n{node['failureSummary']}" for rule in found for node in rule["nodes"]
        if ALLOWED.get(rule["id"], "\n") not in node["html"].partition(">")[0]
    ]  # fmt: skip


def unfold(page):
    """The weights of another row as a table, a number opened, and all details of the arithmetic."""
    page.locator(".heatmap .picture").focus()
    page.keyboard.press("ArrowDown")
    page.get_by_text("This row as a table").click()
    region = page.get_by_role("region", name="Arithmetic")
    settle(page)
    region.locator("[data-at]").first.click()
    region.locator(".opened").wait_for()
    folded = region.locator("details:not([open]) > summary")
    while folded.count():
        folded.first.click()


def show_patches(page):
    page.get_by_text("These weights as a table").click()
    page.locator(".patches table").wait_for()


def open_cell(page):
    page.locator("figure").last.locator("td[data-row='1'][data-column='1']").click()
    page.get_by_role("region", name="Arithmetic").wait_for()


def edit(page):
    """A cell with a text that is no number, and its message."""
    page.locator("figure td[data-row='1'][data-column='1']").first.click()
    page.locator("figure td input").fill("many")
    page.keyboard.press("Enter")
    page.locator("figure td input").wait_for()
    page.locator(".alert", has_text=re.compile(r"\w")).wait_for()


def refuse_model(page):
    box = page.get_by_role("combobox", name="Model")
    box.click()
    box.fill("bert-base-uncased")
    box.press("Enter")
    page.get_by_text("is not a known model").wait_for()


STATES = {
    "inspect": ("/", None),
    "a number opened": ("/", unfold),
    "all edges, averaged, hidden": ("/?graph=all&head=mean&hide=True&renorm=True", None),
    "many words": ("/?text=" + urllib.parse.quote(WORDS), None),
    "a model refused": ("/", refuse_model),
    "an address refused": ("/?layer=99&head=nonsense&shoe=4", None),
    "no text": ("/?text=%20", None),
    "too long": ("/?text=" + urllib.parse.quote("word " * 600), None),
    "image": (f"/{VIT}", show_patches),
    "cross-attention": (f"/{PAIR}", None),
    "next token": ("/?model=quick&text=w3+w4+w5&way=drawn", None),
    "tokens": (f"/step_by_step?{SHORT}&step=2", None),
    "embeddings": (f"/step_by_step?{SHORT}&step=3", None),
    "dot products": (f"/step_by_step?{SHORT}&step=5", open_cell),
    "heads": (f"/step_by_step?{SHORT}&step=8&drawing=heads&head=mean", None),
    "step of an image": (f"/step_by_step{VIT}&step=4", None),
    "step of cross-attention": (f"/step_by_step{PAIR}&step=9", None),
    "textbook": ("/worked_example", None),
    "a number refused": ("/worked_example", edit),
    "from the sentence": ("/worked_example?preset=sentence&maskgrid=True", None),
}
PAGES = ("inspect", "dot products", "textbook")
ALL = [("light", 1280), ("dark", 1280), ("dark", 390), ("light", 390)]
POPOVERS = {
    "/": ["About", "Examples", "Save"], f"/{VIT}": ["Upload"],
    "/worked_example?preset=paper": ["Shape and words", "Save and open"],
}  # fmt: skip


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing(open_page, state):
    path, act = STATES[state]
    page, found = opened(open_page, path), {}
    if act:
        act(page)
    for scheme, width in ALL if state in PAGES else ALL[::2]:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 844})
        settle(page)
        found[scheme, width] = faults(page)
    assert found == {look: [] for look in found}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", POPOVERS)
def test_axe_finds_nothing_in_a_popover(open_page, path, scheme):
    page, found = opened(open_page, path, scheme=scheme), {}
    for name in POPOVERS[path]:
        page.get_by_test_id("stPopover").get_by_role("button", name=name).click()
        page.get_by_test_id("stPopoverBody").wait_for()
        settle(page)
        found[name] = faults(page)
        page.keyboard.press("Escape")
        page.get_by_test_id("stPopoverBody").wait_for(state="detached")
    assert found == {name: [] for name in POPOVERS[path]}


def test_axe_would_find_a_fault(open_page):
    page = opened(open_page, "/step_by_step")
    assert faults(page) == []
    page.evaluate("document.querySelector('.badge').style.opacity = .5")
    page.locator("g[data-step='4']").evaluate("step => step.setAttribute('aria-label', 'Projections')")
    found = "\n".join(faults(page))
    assert "color-contrast" in found
    assert "label-content-name-mismatch" in found
