"""The Inspect page in a browser: what a user does, and the numbers shown, computed again."""

import re
import urllib.parse

import pytest
from playwright.sync_api import expect

import attention_core as ac
from attention_core.plot.theme import DARK, LIGHT
from tests.browser.conftest import settle
from tests.evaluate import evaluate, holds

pytestmark = pytest.mark.browser

TEXT = "The animal didn't cross the street because it was too tired."


@pytest.fixture(scope="module")
def model():
    return ac.load("minilm")


def arithmetic(page):
    return page.get_by_role("region", name="Arithmetic")


def wait_weight(page, weight):
    """Wait until the arithmetic is that of a weight; two processes may differ in float32's last digits."""
    for _ in range(400):
        shown = page.locator("section[data-weight]").evaluate_all("nodes => nodes.map(n => Number(n.dataset.weight))")
        if len(shown) == 1 and abs(shown[0] - weight) < 1e-5:
            return
        page.wait_for_timeout(50)
    pytest.fail(f"the arithmetic shows {shown}, expected {weight}")


def lines(page):
    return [line for line in arithmetic(page).locator("p.line").all_inner_texts() if "=" in line]


def unfold_all(page):
    folded = arithmetic(page).locator("details:not([open]) > summary")
    while folded.count():
        folded.first.click()


def cell(page, query, key):
    root = page.locator(".heatmap[data-cell]")
    data = {name: float(root.get_attribute(f"data-{name}")) for name in ("left", "top", "cell")}
    box = page.locator(".heatmap canvas.cells").bounding_box()
    return box["x"] + data["left"] + (key + 0.5) * data["cell"], box["y"] + data["top"] + (query + 0.5) * data["cell"]


def search(page):
    return dict(urllib.parse.parse_qsl(page.evaluate("location.search").removeprefix("?")))


def wait_search(page, **wanted):
    page.wait_for_function(
        "wanted => { const s = new URLSearchParams(location.search);"
        " return Object.entries(wanted).every(([k, v]) => s.get(k) === v) }",
        arg=wanted,
    )


def test_the_first_picture_means_something(open_page):
    page = open_page()
    headline = page.locator(".say")
    expect(headline).to_contain_text("“it” gives 0.68 of its attention to “animal” and 0.05 to “street”")
    expect(page.locator(".heatmap")).to_have_attribute("data-weight", "0.68")
    expect(page.locator("body")).to_contain_text("Each row is a query, each column a key. Each row sums to 1.")
    expect(page.locator(".badge")).to_contain_text("trained")
    assert search(page) == {}


def test_every_line_on_the_page_is_true(open_page, model):
    page = open_page()
    unfold_all(page)
    shown = lines(page)
    assert len(shown) >= 8
    for line in shown:
        assert holds(line), line
    trace = model.trace(TEXT)
    results = [evaluate(line)[1] for line in shown]
    assert results[0] == pytest.approx(float(trace.q(3)[1, 10] @ trace.k(3)[1, 2]), abs=1e-3)
    assert any(abs(r - trace.scores(3)[1, 10, 2]) < 1e-4 for r in results)
    assert any(abs(r - trace.pattern(3)[1, 10, 2]) < 1e-4 for r in results)


def test_numbers_open_down_to_a_weight(open_page):
    page = open_page()
    steps = ["q.3.1.10.", "resid_pre.3.10.", "resid_mid.2.10.", "attn_out.2.10.", "W_O.2."]
    for prefix in steps:
        unfold_all(page)
        arithmetic(page).locator(f"[data-at^='{prefix}']").first.click()
        arithmetic(page).locator(f"button[aria-current='true'][title^='{prefix}']").wait_for()
        for line in lines(page):
            assert holds(line), line
    names = arithmetic(page).locator(".crumb").all_inner_texts()
    *trail, last = (re.sub(r"[\d, ]+\]", "]", name) for name in names)
    assert trail == [
        "Back to the weight", "query[] of it", "layer 3 input[] of it",
        "layer 2: residual stream after attention[] of it", "attention output[] of it",
    ]  # fmt: skip
    assert last.endswith("W_O[]")
    expect(arithmetic(page)).to_contain_text("A trained parameter")
    # The address follows the page: it is written when the script ends.
    page.wait_for_function(
        "count => new URLSearchParams(location.search).get('open')?.split('~').length === count", arg=len(steps)
    )
    arithmetic(page).get_by_role("button", name="Back to the weight").click()
    arithmetic(page).locator(".opened").wait_for(state="detached")


def test_a_click_on_a_cell_moves_all_views(open_page, model):
    page = open_page()
    page.mouse.click(*cell(page, 11, 13))
    weight = model.trace(TEXT).pattern(3)[1, 11, 13]
    wait_weight(page, weight)
    wait_search(page, q="11", k="13")
    expect(page.locator("body")).to_contain_text(f"Why {weight:.2f}?")
    expect(page.locator(".strip button.query")).to_have_text("was")
    expect(page.locator(".say")).to_contain_text(f"“was” gives {weight:.2f} of its attention to “tired”")


def test_the_keyboard_alone_moves_the_cell(open_page, model):
    page = open_page()
    page.locator(".heatmap .picture").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    wait_weight(page, model.trace(TEXT).pattern(3)[1, 11, 3])
    page.keyboard.press("Home")
    wait_weight(page, model.trace(TEXT).pattern(3)[1, 11, 0])


def test_the_token_strip_selects_the_query(open_page, model):
    page = open_page()
    page.locator(".strip button", has_text="street").click()
    wait_weight(page, model.trace(TEXT).pattern(3)[1, 8, 2])
    page.locator(".strip button", has_text="cross").click(modifiers=["Shift"])
    wait_weight(page, model.trace(TEXT).pattern(3)[1, 8, 6])


def test_the_swap_and_the_example(open_page):
    page = open_page()
    page.get_by_role("button", name="What if it were too wide?").click()
    page.locator(".say", has_text="0.28").wait_for()
    expect(page.locator(".say")).to_contain_text("“it” gives 0.28 of its attention to “animal” and 0.12 to “street”")


def test_layer_and_head_and_average(open_page, model):
    page = open_page("/?layer=5&head=mean")
    trace = model.trace(TEXT)
    wait_weight(page, trace.pattern(5).mean(axis=0)[10, 2])
    assert all(holds(line) for line in lines(page))
    page.goto(page.url.split("?")[0] + "?layer=2&head=7&q=3&k=1")
    wait_weight(page, trace.pattern(2)[7, 3, 1])


def test_hidden_and_renormalized(open_page, model):
    page = open_page("/?hide=True&renorm=True")
    row = model.trace(TEXT).pattern(3)[1, 10]
    headline = page.locator(".say")
    headline.wait_for()
    expect(headline).to_contain_text(f"{row[2] / row[1:-1].sum():.2f}")
    expect(headline).to_contain_text("renormalized")
    assert all(holds(line) for line in lines(page))


def test_the_address_holds_the_selection(open_page):
    page = open_page("/?layer=99&head=nonsense&q=3&k=2&shoe=4&text=Hello%20there%20world")
    body = page.locator("body")
    body.get_by_text("This model has layers 0 to 5").or_(body.get_by_text("are not valid")).first.wait_for()
    wait_search(page, layer="5", q="3", k="2", text="Hello there world")
    assert set(search(page)) == {"layer", "q", "k", "text"}
    page.reload()
    arithmetic(page).wait_for()
    expect(page.locator(".heatmap")).to_have_attribute("data-query", "3")
    page.wait_for_function("document.querySelector('textarea[aria-label=Sentence]').value === 'Hello there world'")


def test_back_goes_back(open_page):
    page = open_page()
    page.mouse.click(*cell(page, 11, 13))
    wait_search(page, q="11", k="13")
    page.go_back()
    page.locator(".heatmap[data-query='10'][data-key='2']").wait_for()


@pytest.mark.parametrize(
    "text",
    ["<b>bold</b> <script>window.bad = 1</script>", "![i](http://198.51.100.7/x.png) **b** :smile: $x^2$",
     "مرحبا بالعالم שלום", "👩‍👩‍👧 emoji 🙂 done", "a\x07b\u202ec", r"\frac{1}{2} \input{x}", "## one\n1. two"],
)  # fmt: skip
def test_hostile_text_is_shown_and_never_executed(open_page, text):
    page = open_page("/?text=" + urllib.parse.quote(text))
    assert page.evaluate("window.bad") is None
    assert page.locator(".strip button").count() >= 3
    expect(page.locator("img[src*='198.51.100.7']")).to_have_count(0)


@pytest.mark.parametrize("text", ["", "   "])
def test_an_empty_text_gets_a_message(open_page, text):
    page = open_page("/?text=" + (urllib.parse.quote(text) or "%20"), wait=False)
    page.get_by_text("Type a sentence above").wait_for()


def test_too_many_tokens_are_counted_and_kept(open_page):
    page = open_page("/?text=" + urllib.parse.quote("word " * 600), wait=False)
    message = page.get_by_text("602 tokens are too many")
    message.wait_for()
    expect(message).to_contain_text("at most 512")
    box = page.get_by_label("Sentence")
    expect(box).not_to_have_value("")
    assert box.input_value().count("word") == 600


def test_a_text_of_several_lines_is_typed(open_page):
    page = open_page()
    box = page.get_by_label("Sentence")
    assert box.bounding_box()["height"] < page.get_by_role("button", name="Examples").bounding_box()["height"]
    box.fill("The cat sat.\nIt was warm.")
    box.press("Enter")
    wait_search(page, text="The cat sat.\nIt was warm.")
    page.locator(".heatmap[data-n='10']").wait_for()
    box.press("End")
    box.press("Shift+Enter")
    box.press_sequentially("It slept.")
    box.press("Enter")
    wait_search(page, text="The cat sat.\nIt was warm.\nIt slept.")
    page.reload()
    page.locator(".heatmap[data-n='13']").wait_for()
    assert box.input_value() == "The cat sat.\nIt was warm.\nIt slept."


def test_a_new_sentence_is_typed(open_page):
    page = open_page()
    box = page.get_by_label("Sentence")
    box.fill("The cat sat on the mat.")
    box.press("Enter")
    wait_search(page, text="The cat sat on the mat.")
    page.locator(".heatmap[data-n='9']").wait_for()
    assert all(holds(line) for line in lines(page))


@pytest.mark.parametrize("path", ["/", "/?text=" + urllib.parse.quote("word " * 500)])
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_cut_off(open_page, path, width, height, scheme):
    page = open_page(path, width=width, height=height, scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    box = page.locator(".heatmap .picture").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width + 1


def test_saving(open_page, tmp_path):
    page = open_page("/?q=3&k=1")
    page.mouse.click(*cell(page, 10, 2))
    page.locator(".say", has_text="0.68").wait_for()
    save = page.get_by_role("button", name="Save")
    expect(save).to_have_count(1)
    save.click()
    for name, form, start in (("Heatmap", "svg", b"<svg"), ("Graph", "svg", b"<svg"), ("Heatmap", "png", b"\x89PNG"),
                              ("Graph", "png", b"\x89PNG")):  # fmt: skip
        with page.expect_download() as taken:
            page.get_by_role("button", name=f"Save the {name} as {form.upper()}").click()
        assert taken.value.path().read_bytes().startswith(start)
    with page.expect_download() as taken:
        page.get_by_role("button", name="Weights of this head").click()
    rows = taken.value.path().read_text(encoding="utf-8").splitlines()
    assert len(rows) == 17
    assert float(rows[11].split(",")[3]) == pytest.approx(0.676848, abs=1e-5)
    with page.expect_download() as taken:
        page.get_by_role("button", name="Derivation").click()
    assert re.search(r"= 0\.6768", taken.value.path().read_text(encoding="utf-8"))


def test_both_tokens_can_be_chosen_by_touch(chromium, address):
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(address)
    arithmetic(page).wait_for()
    page.locator(".strip button").nth(13).tap()
    page.locator(".heatmap[data-query='13']").wait_for()
    page.get_by_role("button", name="Tap selects the query").tap()
    page.locator(".strip button").nth(8).tap()
    page.locator(".heatmap[data-query='13'][data-key='8']").wait_for()
    context.close()


def test_a_change_of_theme_is_followed(open_page):
    page = open_page()
    page.emulate_media(color_scheme="dark")
    page.wait_for_function("getComputedStyle(document.querySelector('.stApp')).backgroundColor === 'rgb(15, 20, 25)'")
    page.mouse.click(*cell(page, 11, 13))
    page.locator("section.dark[data-weight]").wait_for()
    expect(page.locator(".heatmap[data-query='11']")).to_have_count(1)


PALETTES = """() => {
  const found = []
  const look = (root) => root.querySelectorAll("*").forEach((node) => {
    if (node.shadowRoot) look(node.shadowRoot)
    if (node.style?.getPropertyValue("--query"))
      found.push(["--query", "--weights"].map((name) => node.style.getPropertyValue(name)))
  })
  look(document)
  return found
}"""


@pytest.mark.parametrize(("scheme", "colours"), [("light", LIGHT), ("dark", DARK)])
def test_every_component_has_the_palette_of_its_theme(open_page, scheme, colours):
    page = open_page(scheme=scheme)
    for title, region in (("Worked example", "Matrices"), ("Inspect", "Arithmetic")):
        page.get_by_role("link", name=title).click()
        page.get_by_role("region", name=region).wait_for()
        settle(page)
        assert page.evaluate(PALETTES) == [[colours.query, " ".join(colours.weights)]] * 3
