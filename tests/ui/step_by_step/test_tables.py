"""The table of tokens."""

from streamlit.testing.v1 import AppTest

from tests.every_family import CASES
from tests.paths import APP
from ui.shared.offer import MODELS_VARIABLE


def test_each_token_is_beside_the_text_that_it_covers(tmp_path, monkeypatch):
    monkeypatch.setenv(MODELS_VARIABLE, f"tiny={CASES['gemma2'].write(tmp_path / 'tiny')}")
    app = AppTest.from_file(APP, default_timeout=30)
    app.switch_page("pages/step_by_step.py")
    for key, value in {"model": "tiny", "text": "x cat 猫", "step": "2"}.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception
    (table,) = (each.value for each in app.dataframe)
    rows = list(zip(table["text"], table["token"], strict=True))
    assert rows == [
        ("", "<s>"), (" ", "␣"), ("x", "x"), (" cat", " cat"), (" ", "␣"),
        ("猫(1/3)", "猫(1/3)"), ("猫(2/3)", "猫(2/3)"), ("猫(3/3)", "猫(3/3)"),
    ]  # fmt: skip
