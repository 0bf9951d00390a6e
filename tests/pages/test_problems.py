"""A page's messages when a model cannot be shown, without a browser; the page stays usable."""

import json
import shutil

import pytest
from streamlit.testing.v1 import AppTest

import app as application
import attention_core as ac
from tests.attention_core.gguf.test_tensor_file import quarters
from tests.gguf_files import write_variant
from tests.hub import Hub
from tests.paths import APP, BERT
from ui.server import show_failure
from ui.shared.models import model_cache
from ui.shared.offer import MODELS_VARIABLE
from ui.shared.run_cache import RUNS

PAGES = pytest.mark.parametrize("page", ["app", "pages/step_by_step", "pages/worked_example"])
TEXT = "w3 w4 w5"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The stored random BERT in its own folder, read from the disk in every run."""
    path = shutil.copytree(BERT, tmp_path / "changing")
    monkeypatch.setenv(MODELS_VARIABLE, str(path))
    monkeypatch.setenv("ATTENTION_LAB_MEMORY", "0")
    yield path
    model_cache().drop("changing")
    RUNS.forget("changing")


def opened(page="app", **query):
    test = AppTest.from_file(APP, default_timeout=30)
    if page != "app":
        test.switch_page(f"{page}.py")
    for key, value in ({"text": TEXT, "preset": "sentence", "step": 5} | query).items():
        test.query_params[key] = str(value)
    return shown(test.run())


def shown(test):
    assert not test.exception
    return test


def messages(test):
    return [each.value for each in (*test.error, *test.warning)]


def labels(test):
    return [button.label for button in test.button]


def press(test, label):
    next(button for button in test.button if button.label == label).click()
    return shown(test.run())


def rewrite(folder):
    weights = folder / "model.safetensors"
    shutil.copy(weights, folder / "new")
    (folder / "new").replace(weights)


@PAGES
@pytest.mark.parametrize("text", [TEXT, "w7 w8 w9"])
def test_a_model_whose_weights_have_changed_can_be_loaded_again(folder, page, text):
    test = opened(page, model="changing")
    assert messages(test) == []
    rewrite(folder)
    test.text_area(key="_text").set_value(text)
    test.selectbox(key="_layer").set_value(1)
    shown(test.run())
    (said,) = messages(test)
    assert "has changed since the model was loaded" in said
    assert str(folder.parent) not in said
    assert labels(test).count("Load again") == 1
    press(test, "Load again")
    assert messages(test) == []
    assert test.session_state.selection["model"] == "changing"


@PAGES
def test_a_model_that_cannot_be_run_shows_why_and_another_can_be_chosen(folder, monkeypatch, page):
    def trace(*_, **__):
        raise ac.AttentionLabError("Layer 2 gives numbers that are *not* finite.")

    with monkeypatch.context() as patched:
        patched.setattr(ac.Model, "trace", trace)
        test = opened(page, model="changing", text="a text that is not cached")
        assert messages(test) == [r"Layer 2 gives numbers that are \*not\* finite\."]
        assert "Load again" not in labels(test)
    if page != "pages/worked_example":
        test.selectbox(key="_model").select("minilm")
        shown(test.run())
        assert messages(test) == []


def test_an_unexpected_error_leaves_the_model_on_screen(folder, monkeypatch):
    test = opened(model="minilm")
    monkeypatch.setattr(ac, "load", lambda *_, **__: 1 / 0)
    test.selectbox(key="_model").select("changing")
    shown(test.run())
    assert messages(test) == ["changing could not be loaded\\; the server\\'s log says why\\."]
    assert test.session_state.selection["model"] == "minilm"


@pytest.mark.parametrize("page", ["app", "pages/worked_example"])
def test_a_model_that_may_not_be_loaded_is_named(page):
    test = opened(page, model="<b>*org*</b>" + "x" * 300, layer="nowhere")
    (said,) = messages(test)
    assert said.startswith(r"This server does not offer “\<b\>\*org\*\<\/b\>xxx")
    assert len(said) < 200
    assert [each.value.rpartition(": ")[2] for each in test.info] == ["`layer`"]


def fails():
    raise RuntimeError("/home/of/the/server")


def test_an_uncaught_error_shows_a_visitor_no_details():
    test = AppTest.from_function(fails).run()
    (problem,) = test.exception
    assert not problem.stack_trace
    assert "/home" not in problem.message


def test_a_visitor_is_referred_to_the_log():
    def page():
        from ui.server import show_failure

        assert show_failure(RuntimeError("/home/of/the/server"))

    test = shown(AppTest.from_function(page).run())
    assert messages(test) == ["Something went wrong here; the server's log says why."]
    assert application.app._on_script_error is show_failure


def badge(test):
    return next(each.proto.body for each in test.get("html") if 'class="badge"' in each.proto.body)


@PAGES
def test_a_catalogue_model_that_is_not_loaded_is_not_called_trained(monkeypatch, tmp_path, page):
    with Hub().running() as hub:
        hub.use(monkeypatch, tmp_path / "cache")
        test = opened(page, model="vit")
    assert "ViT" in badge(test)
    assert "not loaded" in badge(test)
    assert "trained" not in badge(test)


def test_the_badge_of_the_page_that_loads_a_model_calls_it_trained():
    model_cache().drop("minilm")
    assert "● trained" in badge(opened(text="a b"))
    assert "not loaded" not in badge(opened(text="a b"))


def test_the_badge_of_a_quantized_model_says_how_many_bits_its_weights_have(monkeypatch, tmp_path):
    monkeypatch.setenv("ATTENTION_LAB_MODELS", str(write_variant(tmp_path, "llama-32", quantize=quarters)[1]))
    assert badge(opened(text="a b", model="model")) == '<p class="badge">model · 4-bit</p>'
    assert "● trained · 4-bit</b>" in badge(opened(text="a b", model="smollm2-instruct"))


@pytest.mark.parametrize("page", ["app", "pages/step_by_step"])
def test_keys_that_change_nothing_are_named_under_about(folder, page):
    def about():
        texts = [each.proto.body for each in opened(page, model="changing").get("html")]
        return [text for text in texts if "Ignored keys" in text]

    assert about() == []
    model_cache().drop("changing")
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"authors": ["A"], "<b>": 1}))
    (text,) = about()
    assert text.endswith("computed: &lt;b&gt;, authors.</p>")
