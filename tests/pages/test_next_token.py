"""The next token, without a browser: the table, its settings, and generation."""

import html
import re
import time

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import attention_core as ac
from attention_core.generate import write
from attention_core.sampling import greedy, sampled
from tests.mounted import mounted
from tests.paths import APP
from tests.random_model import GPT2, write_model
from tests.small_tokenizers import KINDS
from ui.components import show_invisible
from ui.shared import continuation

TEXT = "w5 w7 w9"
IDS = [9, 11, 13]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("writer"), GPT2)


@pytest.fixture(scope="module")
def model(folder):
    return ac.load(folder)


@pytest.fixture(autouse=True)
def offered(monkeypatch, folder):
    monkeypatch.setenv("ATTENTION_LAB_MODELS", f"writer={folder}")


def opened(**query):
    app = AppTest.from_file(APP, default_timeout=30)
    for key, value in ({"model": "writer", "text": TEXT, "layer": "0"} | query).items():
        app.query_params[key] = str(value)
    return run(app)


def run(app):
    app.run()
    assert not app.exception
    return app


def press(app, label):
    next(button for button in app.button if button.label == label).click()
    return run(app)


def until(app, reached):
    for _ in range(100):
        if reached(app):
            return app
        time.sleep(0.05)
        run(app)
    raise AssertionError("the expected state was not reached")


def rows(app):
    """The table: the token and the probability of each row."""
    (table,) = [each.proto.body for each in app.get("html") if '<table class="next">' in each.proto.body]
    return re.findall(r'<th scope="row"><span class="piece">(.*?)</span></th><td>(.*?)</td>', table)


def sentence(app):
    return app.text_area[0].value


def said(app):
    return " ".join(each.proto.body for each in app.get("html"))


def test_the_ten_most_likely_tokens_have_their_probabilities(model):
    logits = model.trace(ids=IDS).logits()[-1].astype(float)
    probs = np.exp(logits - logits.max())
    probs /= probs.sum()
    best = np.argsort(-probs)[:10]
    assert rows(opened()) == [(f"<s>␣</s>{model.tokenizer.piece(int(i))}", f"{probs[i]:.4f}") for i in best]


def test_settings_change_which_tokens_may_be_sampled():
    plain, sharp = rows(opened()), rows(opened(temperature="0.5", topk="3"))
    assert [token for token, _ in sharp] == [token for token, _ in plain]
    assert [prob for _, prob in sharp[3:]] == ["left out"] * 7
    assert sum(float(prob) for _, prob in sharp[:3]) == pytest.approx(1, abs=2e-4)
    assert float(sharp[0][1]) / float(sharp[1][1]) > float(plain[0][1]) / float(plain[1][1])


def arithmetic(app):
    (sent,) = [sent for sent in mounted(app) if sent.get("name", "").startswith("The next token")]
    return sent


def text(runs):
    return "".join(run[0] for run in runs)


def test_a_probability_opens_down_to_trained_numbers(model):
    """The most likely token's is e^0 over the sum of exponentials; its logit is a sum of products."""
    logits = model.trace(ids=IDS).logits()[-1].astype(float)
    top, most = int(logits.argmax()), logits.max()
    total = np.exp(logits - most).sum()
    (step,) = arithmetic(opened())["steps"]
    assert text(step["lines"][0]) == f"e^({most:.4f} − {most:.4f}) ÷ {total:.4f} = {1 / total:.4f}"
    rows = step["folds"][0]["tables"][0]["rows"]
    assert [row[1][2] for row in rows] == [f"logits.2.{i}" for i in np.argsort(-logits)[:10]]
    assert [row[3][0] for row in rows[:2]] == [f"{np.exp(each - most) / total:.4f}" for each in -np.sort(-logits)[:2]]
    shown = arithmetic(opened(logit=f"logits.2.{top}"))["opened"]
    assert text(shown["lines"][0]).endswith(f" = {most:.4f}")
    shown = arithmetic(opened(logit=f"logits.2.{top}~W_E.{top}.5"))["opened"]
    assert "trained parameter" in " ".join(shown["words"])


def test_with_a_temperature_the_logits_are_divided_first(model):
    scaled = model.trace(ids=IDS).logits()[-1].astype(float) / 0.5
    (step,) = arithmetic(opened(temperature="0.5", topk="3"))["steps"]
    first, *_ = scores = -np.sort(-scaled)[:3]
    total = np.exp(scores - first).sum()
    assert text(step["lines"][0]) == f"e^({first / 2:.4f} ÷ 0.5000 − {first:.4f}) ÷ {total:.4f} = {1 / total:.4f}"
    assert [row[3][0] for row in step["folds"][0]["tables"][0]["rows"]][3:] == ["left out"] * 7


@pytest.mark.parametrize("logit", ["logits.99.5", "logits.2.999", "logits", "nothing.1", "<b>", "weight.0.0.0.0"])
def test_a_junk_address_of_a_logit_gives_a_page(logit):
    assert len(rows(opened(logit=logit))) == 10


def test_a_model_without_an_output_head_has_no_such_section():
    app = opened(model="minilm", text="Hello there")
    assert "Next token" not in said(app)
    assert not [button for button in app.button if button.label == "Continue"]


@pytest.mark.parametrize("way", ["likeliest", "drawn"])
def test_generated_text_is_appended_to_the_sentence_and_can_be_undone(model, way):
    choice, how = (greedy, "by greedy decoding") if way == "likeliest" else (
        sampled(5, top_k=9), "by sampling with seed 5")  # fmt: skip
    expected = " ".join([TEXT, *(model.tokenizer.piece(id) for id in write(model, IDS, choice, 7))])
    app = press(opened(tokens="7", way=way, draw="5", topk="9"), "Continue")
    until(app, lambda app: sentence(app) == expected)
    assert app.query_params["text"] == expected
    assert f"7 tokens generated {how}." in said(app)
    assert sentence(press(app, "Back to the typed text")) == TEXT


@pytest.fixture
def slow(monkeypatch):
    """A model that generates three tokens and then waits until it is stopped."""

    def wait(self):
        for id in (21, 22, 23):
            self.new_ids.append(id)
        assert self._stopped.wait(20)

    monkeypatch.setattr(continuation.Generation, "_work", lambda self, choose: wait(self))


def test_it_can_be_stopped(slow):
    app = press(opened(), "Continue")
    until(app, lambda app: "w5 w7 w9 w17 w18 w19" in said(app))
    assert sentence(app) == TEXT
    assert [each.proto.value for each in app.get("progress")] == [15]
    app = until(press(app, "Stop"), lambda app: sentence(app) == "w5 w7 w9 w17 w18 w19")
    assert "3 tokens generated" in said(app)


def test_text_typed_during_generation_stays(slow):
    app = press(opened(), "Continue")
    app.text_area[0].set_value("w1 w2")
    run(app)
    for _ in range(4):
        time.sleep(0.05)
        assert sentence(run(app)) == "w1 w2"
    assert [button.label for button in app.button if button.label in ("Continue", "Stop")] == ["Continue"]


def test_a_text_that_fills_the_context_is_not_continued():
    app = opened(text="w5 " * 43)
    assert any("fills the model’s context of 43 tokens" in each.value for each in app.caption)
    assert not [button for button in app.button if button.label == "Continue"]
    assert len(rows(app)) == 10


def test_a_text_of_several_lines_keeps_them():
    app = opened(text="w5\nw7")
    assert (len(app.text_input), app.text_area[0].value) == (0, "w5\nw7")


@pytest.fixture(scope="module")
def bytewise(tmp_path_factory):
    """A model whose tokens are bytes, so most of its generated tokens are half a character."""
    backend = KINDS["bytes"]()
    raw = GPT2 | {"vocab_size": backend.get_vocab_size()}
    return write_model(tmp_path_factory.mktemp("bytes"), raw, tokenizer=backend.to_str())


def strip(app):
    return next(sent["labels"] for sent in mounted(app) if "labels" in sent)


def address(app):
    return {key: value[0] if isinstance(value, list) else value for key, value in app.query_params.items()}


def test_the_generated_tokens_are_shown(monkeypatch, bytewise):
    """Tokenized again, the text would have more tokens than the model reads."""
    monkeypatch.setenv("ATTENTION_LAB_MODELS", f"bytewise={bytewise}")
    model, typed = ac.load(bytewise), "The cat saw"
    app = press(opened(model="bytewise", text=typed, tokens="30"), "Continue")
    until(app, lambda app: "written" in app.query_params)
    prompt = [token.id for token in model.tokenizer.encode(typed)]
    trace = model.trace(ids=[*prompt, *write(model, prompt, greedy, 30)])
    assert len(model.tokenizer.encode(sentence(app))) > 43
    for page in (app, opened(**address(app)), other_page(address(app))):
        assert not page.warning
        assert not page.info
        assert strip(page)[len(prompt) :] == list(map(show_invisible, trace.tokens[len(prompt) :]))
    again = opened(**address(app))
    assert rows(again) == rows(app)
    assert "The model generated the last 30 tokens." in said(again)
    assert sentence(press(again, "Back to the typed text")) == typed
    assert "written" not in again.query_params
    app.text_area[0].set_value("The cat")
    assert "written" not in run(app).query_params


def other_page(query):
    app = AppTest.from_file(APP, default_timeout=30)
    app.switch_page("pages/step_by_step.py")
    for key, value in query.items():
        app.query_params[key] = value
    return run(app)


def test_continuing_a_generated_text_starts_from_its_tokens(model):
    app = press(opened(tokens="4"), "Continue")
    until(app, lambda app: "4 tokens generated" in said(app))
    press(app, "Continue")
    until(app, lambda app: address(app)["written"].count(".") == 7)
    generated = list(write(model, IDS, greedy, 8))
    assert address(app)["written"] == f"{len(TEXT)}:{'.'.join(map(str, generated))}"
    assert sentence(press(app, "Back to the typed text")) == TEXT


@pytest.mark.parametrize("value", ["8:21", "3:21.22", "99:1", "8:999999"])
def test_generated_tokens_that_do_not_match_the_text_are_dropped(value):
    app = opened(written=value)
    assert any("do not match its text" in each.value for each in app.info)
    assert "written" not in app.query_params
    assert len(rows(app)) == 10


def test_a_model_that_cannot_read_the_generated_text_offers_the_typed_text(monkeypatch, folder, bytewise):
    monkeypatch.setenv("ATTENTION_LAB_MODELS", f"bytewise={bytewise},writer={folder}")
    app = press(opened(model="bytewise", text="The cat saw", tokens="30"), "Continue")
    until(app, lambda app: "written" in app.query_params)
    for name in ("writer", "bytewise"):
        app.selectbox(key="_model").select(name)
        run(app)
    assert any("too many" in each.value for each in app.warning)
    assert sentence(press(app, "Back to the typed text")) == "The cat saw"
    assert not app.warning


def test_tokens_have_the_same_names_in_the_table_and_in_the_arithmetic(monkeypatch, bytewise):
    monkeypatch.setenv("ATTENTION_LAB_MODELS", f"bytewise={bytewise}")
    app = opened(model="bytewise", text="The cat saw 猫, the")
    (table,) = [each.proto.body for each in app.get("html") if '<table class="next">' in each.proto.body]
    heads = re.findall(r'<th scope="row">(.*?)</th>', table)
    names = [html.unescape(re.sub("<.*?>", "", head)) for head in heads]
    (step,) = arithmetic(app)["steps"]
    assert [row[0][0] for row in step["folds"][0]["tables"][0]["rows"]] == names
    assert any("part of a character" in name for name in names)


def test_a_text_is_continued_until_it_fills_the_context():
    app = press(opened(text="w5 " * 41, tokens=20), "Continue")
    until(app, lambda app: "2 tokens generated" in said(app))
    assert any("fills the model’s context of 43 tokens" in each.value for each in app.caption)
    assert not [button for button in app.button if button.label == "Continue"]


def test_one_click_from_the_first_page_leads_to_the_language_model_in_the_box():
    first = run(AppTest.from_file(str(APP), default_timeout=30))
    assert "does not predict the next token" in said(first)
    app = press(first, "Show a language model")
    assert [token for token, _ in rows(app)][:3] == ["<s>␣</s>far", "<s>␣</s>close", "<s>␣</s>fast"]
    assert [probability for _, probability in rows(app)][:3] == ["0.6039", "0.1685", "0.0269"]
    assert '“<span class="q">it</span>” gives <b>0.75</b> of its attention to “<span class="k">animal' in said(app)
    assert "Show a language model" not in [button.label for button in app.button]


def test_without_the_language_model_there_is_no_link_to_it(monkeypatch):
    monkeypatch.setattr("ui.shared.model_cache.ModelCache.is_local", lambda self, name: name == "minilm")
    assert "Show a language model" not in [button.label for button in run(AppTest.from_file(str(APP))).button]
