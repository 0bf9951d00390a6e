"""The table of tokens."""

from streamlit.testing.v1 import AppTest

from tests.every_family import CASES
from tests.paths import APP
from ui.shared.offer import MODELS_VARIABLE


def tokens_step(tmp_path, monkeypatch, text):
    monkeypatch.setenv(MODELS_VARIABLE, f"tiny={CASES['gemma2'].write(tmp_path / 'tiny')}")
    app = AppTest.from_file(APP, default_timeout=30)
    app.switch_page("pages/step_by_step.py")
    for key, value in {"model": "tiny", "text": text, "step": "2"}.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception
    return app


def test_a_special_token_that_is_typed_is_special_and_said_to_be(tmp_path, monkeypatch):
    app = tokens_step(tmp_path, monkeypatch, "The </s> cat")
    (table,) = (each.value for each in app.dataframe)
    assert table["token"][table["special"]].tolist() == ["<s>", "</s>"]
    assert any("read as a special token" in each.value for each in app.caption)
    assert any("6 tokens, 2 of them special." in each.proto.body for each in app.get("html"))


def test_each_token_is_beside_the_text_that_it_covers(tmp_path, monkeypatch):
    app = tokens_step(tmp_path, monkeypatch, "x cat 猫")
    (table,) = (each.value for each in app.dataframe)
    rows = list(zip(table["text"], table["token"], strict=True))
    assert rows == [
        ("", "<s>"), (" ", "␣"), ("x", "x"), (" cat", " cat"), (" ", "␣"),
        ("猫(1/3)", "猫(1/3)"), ("猫(2/3)", "猫(2/3)"), ("猫(3/3)", "猫(3/3)"),
    ]  # fmt: skip
