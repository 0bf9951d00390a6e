"""The switch to a model's chat template, on the pages of a language model, without a browser."""

import pytest
from streamlit.testing.v1 import AppTest

import attention_core as ac
from tests.attention_core.text.test_chat import TEMPLATE
from tests.paths import APP
from tests.random_model import GPT2, write_model
from tests.small_tokenizers import byte_level, write_tokenizer
from ui.shared.chat import Template
from ui.shared.offer import MODELS_VARIABLE

TEXT = "The cat\nsaw"
CHAT = f"<|endoftext|>user\n{TEXT}\nassistant\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    backend, folder = byte_level(), tmp_path_factory.mktemp("chat")
    write_model(folder, GPT2 | {"vocab_size": backend.get_vocab_size(), "n_positions": 100})
    write_tokenizer(folder, backend.to_str(), chat_template=TEMPLATE)
    return folder


@pytest.fixture
def opened(folder, monkeypatch):
    monkeypatch.setenv(MODELS_VARIABLE, f"pages-chat={folder}")

    def go(page, **query):
        app = AppTest.from_file(APP, default_timeout=60)
        if page != "app":
            app.switch_page(f"{page}.py")
        for key, value in ({"model": "pages-chat", "text": TEXT} | query).items():
            app.query_params[key] = str(value)
        app.run()
        assert not app.exception
        return app

    return go


@pytest.mark.parametrize("page", ["app", "pages/step_by_step"])
def test_the_switch_writes_the_template_around_the_text_and_takes_it_away(opened, page):
    app = opened(page)
    assert app.toggle(key="chat").value is False
    app.toggle(key="chat").set_value(True).run()
    assert not app.exception
    assert (app.text_area(key="_text").value, app.toggle(key="chat").value) == (CHAT, True)
    assert app.query_params["text"] in (CHAT, [CHAT])
    app.toggle(key="chat").set_value(False).run()
    assert (app.text_area(key="_text").value, app.toggle(key="chat").value) == (TEXT, False)


def test_an_address_of_a_chat_has_the_switch_on_and_the_roles_as_tokens(opened, folder):
    app = opened("app", text=CHAT + "The")
    assert app.toggle(key="chat").value is True
    trace = ac.load(folder).trace(CHAT)
    assert (trace.tokens[0], "".join(trace.tokens[1:6])) == ("<|endoftext|>", "user\n")
    app.toggle(key="chat").set_value(False).run()
    assert app.text_area(key="_text").value == TEXT


def test_a_model_without_a_template_has_no_switch(opened):
    assert not [each for each in opened("app", model="minilm").toggle if each.label == "Chat"]


def test_a_text_is_switched_and_back():
    template = Template("<user>", "<end>")
    assert template.switch("a<user>") == "<user>a<user><end>"
    assert template.switch("<user>a<end>") == "a"
    assert not template.is_in("<user>a")
