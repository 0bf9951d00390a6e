"""The pages of models whose tokenizer gives no positions in the text, or that have none, without a browser."""

import json

import pytest
from streamlit.testing.v1 import AppTest

import attention_core as ac
from tests.every_family import CASES
from tests.paths import APP
from tests.random_model import GPT2, write_model
from tests.tokenizer_folders import marian
from ui.shared.offer import MODELS_VARIABLE
from ui.shared.shown import strip_tokens
from ui.step_by_step.observations import observe_split_words

pytestmark = pytest.mark.filterwarnings("ignore:Recommended. pip install sacremoses")
PAGES = pytest.mark.parametrize("page", ["app", "pages/step_by_step", "pages/worked_example"])
TEXT = "The animal did not cross the street."


@pytest.fixture(scope="module")
def unplaced(tmp_path_factory):
    """Marian with its pair of sentencepiece models."""
    files = marian()
    vocabulary = json.loads(files["vocab.json"])
    pad = {"pad_token_id": vocabulary["<pad>"], "decoder_start_token_id": vocabulary["<pad>"]}
    raw = CASES["marian"].raw() | pad | {"vocab_size": len(vocabulary)}
    folder = write_model(tmp_path_factory.mktemp("marian"), raw)
    for file in ("tokenizer.json", "tokenizer_config.json"):
        (folder / file).unlink()
    for file, content in files.items():
        (folder / file).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def opened(page, **query):
    app = AppTest.from_file(APP, default_timeout=60)
    if page != "app":
        app.switch_page(f"{page}.py")
    for key, value in ({"text": TEXT, "preset": "sentence", "step": 2} | query).items():
        app.query_params[key] = str(value)
    app.run()
    assert not app.exception
    return app


@pytest.mark.parametrize(
    ("page", "side"),
    [("app", "encoder"), ("app", "cross"), ("pages/step_by_step", "encoder"), ("pages/step_by_step", "cross"),
     ("pages/worked_example", "encoder")],
)  # fmt: skip
def test_tokens_that_are_not_placed_are_shown_by_their_pieces(unplaced, monkeypatch, page, side):
    monkeypatch.setenv(MODELS_VARIABLE, f"unplaced={unplaced}")
    app = opened(page, model="unplaced", side=side, target="not cross")
    assert not [each.value for each in (*app.warning, *app.error)]
    note = "this model’s tokenizer does not say where in the text its tokens are"
    assert page == "pages/worked_example" or any(note in each.value.lower() for each in app.caption)


def test_the_strip_shows_every_piece_of_an_unplaced_text(unplaced):
    trace = ac.load(unplaced).trace(TEXT).encoder
    strip = strip_tokens(trace, list(range(len(trace.pieces))))
    assert [token.text for token in strip] == trace.tokens
    assert "".join(token.text for token in strip[:-1]).strip() == TEXT
    assert not any(token.joined for token in strip)
    assert observe_split_words(trace) == f"{len(strip)} tokens, 1 of them special."


@PAGES
def test_a_model_without_a_tokenizer_says_what_is_missing(tmp_path, monkeypatch, page):
    folder = write_model(tmp_path / "untokenized", GPT2)
    (folder / "tokenizer.json").unlink()
    monkeypatch.setenv(MODELS_VARIABLE, f"untokenized={folder}")
    app = opened(page, model="untokenized")
    said = [each.value for each in (*app.warning, *app.error)]
    assert any("has no tokenizer: its folder has no tokenizer.json" in each.replace("\\", "") for each in said), said
    assert app.text_area(key="_text").value == TEXT
