"""The model on screen stays until the new one is loaded, with messages meanwhile."""

import time
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from attention_core.hub.progress import Progress
from tests.hub import Hub, tiny_files
from ui.shared import models
from ui.shared.fields import SELECTION_FIELDS
from ui.shared.markdown import escape_markdown
from ui.shared.model_cache import Job, ModelCache
from ui.shared.models import download_text, option_label, progress_bar, progress_text
from ui.shared.offer import MODELS_VARIABLE

NAME = "tiny/bert"


@pytest.fixture
def hub(monkeypatch, tmp_path):
    cache = ModelCache()
    with Hub(repos={NAME: tiny_files()}).running() as running:
        running.use(monkeypatch, tmp_path / "cache")
        monkeypatch.setenv(MODELS_VARIABLE, NAME)
        monkeypatch.setattr(models, "model_cache", lambda: cache)
        monkeypatch.setitem(SELECTION_FIELDS, "model", replace(SELECTION_FIELDS["model"], read=str))
        yield running


def page():
    import streamlit as st

    from ui.shared.fields import DEFAULT_SELECTION
    from ui.shared.models import get_model
    from ui.shared.selection import chosen

    st.session_state.setdefault("selection", dict(DEFAULT_SELECTION))
    st.text(get_model(chosen()["model"]).name)


def run(**chosen):
    test = AppTest.from_function(page, default_timeout=30)
    test.run()
    test.session_state.selection = {**test.session_state.selection, **chosen}
    return test.run()


def press(test, label):
    next(button for button in test.button if button.label == label).click()
    test.run()
    assert not test.exception


def shown(test):
    return [text.value for text in test.text]


def until(test, name):
    for _ in range(100):
        if shown(test) == [name]:
            return
        time.sleep(0.2)
        test.run()
    pytest.fail(f"{name} did not come on screen")


def test_a_model_that_must_be_downloaded_is_offered_first(hub):
    test = run(model=NAME)
    assert shown(test) == ["minilm"]
    assert test.session_state.selection["model"] == "minilm"
    assert any("141.0 kB to download" in said.value for said in test.markdown)
    press(test, "Download")
    until(test, NAME)
    assert test.session_state.selection["model"] == NAME
    assert "wanted" not in test.session_state


def test_a_model_that_cannot_be_downloaded_shows_why_and_can_be_closed(hub):
    hub.refused[NAME] = 401, "RepoNotFound"
    test = run(model=NAME)
    assert shown(test) == ["minilm"]
    assert "HF\\_TOKEN" in test.warning[0].value
    press(test, "Close")
    assert not test.warning
    assert shown(test) == ["minilm"]


def test_trying_again_after_the_cause_is_gone(hub):
    hub.refused[NAME] = 503, ""
    test = run(model=NAME)
    assert "error 503" in test.warning[0].value
    hub.refused.clear()
    press(test, "Try again")
    assert any("141.0 kB to download" in said.value for said in test.markdown)
    assert hub.gets("model.safetensors") == []
    press(test, "Download")
    until(test, NAME)


def test_only_pages_that_waited_for_a_download_are_told_how_it_ended(hub):
    first, second = run(model=NAME), run(model=NAME)
    hub.rate = 20_000
    press(first, "Download")
    assert not [button for button in second.run().button if button.label == "Download"]
    third = run(model=NAME)
    job = first.session_state.job
    assert second.session_state.job is third.session_state.job is job
    press(third, "Cancel")
    assert (job.stopping, "wanted" in third.session_state) == (False, False)
    job.stop()
    job._thread.join(10)
    for waited in (first, second):
        assert "The download was stopped" in waited.run().warning[0].value
    later = run(model=NAME)
    assert not later.warning
    assert [button.label for button in later.button] == ["Download", "Close"]
    press(first, "Close")
    first.session_state.selection = {**first.session_state.selection, "model": NAME}
    assert not first.run().warning


def test_a_download_that_is_being_stopped_is_not_joined(hub):
    first = run(model=NAME)
    hub.rate = 20_000
    press(first, "Download")
    first.session_state.job.stop()
    later = run(model=NAME)
    assert [button.label for button in later.button] == ["Download", "Close"]
    hub.rate = None
    press(later, "Download")
    until(later, NAME)


def test_the_default_model_is_downloaded_without_asking(hub, monkeypatch):
    monkeypatch.setattr("attention_core.loading.from_distribution", lambda name: None)
    test = AppTest.from_function(page, default_timeout=30).run()
    job = test.session_state.job
    job._thread.join(10)
    assert any(one.path.startswith("/api/models/sentence-transformers/") for one in hub.asked)
    test.run()
    assert "The hub has no model sentence\\-transformers" in test.warning[0].value
    assert [button.label for button in test.button] == ["Try again"]


@pytest.mark.parametrize(
    ("progress", "text"),
    [
        (Progress("a", 41_200_000, 91_335_235, 3_100_000.0), "41.2 MB of 91.3 MB · 3.1 MB/s · 16 s left"),
        (Progress("a", 0, 91_335_235, 500_000.0), "0.0 kB of 91.3 MB · 500.0 kB/s · 3 min 3 s left"),
        (Progress("a", 5000, 9000, 0.0), "5.0 kB of 9.0 kB · waiting"),
    ],
)
def test_progress_in_words(progress, text):
    assert progress_text(progress) == text
    value, words = progress_bar("B*", Job("b", progress=progress))
    assert value == progress.done / progress.total
    assert words == f"Downloading B\\*: {text}"


def test_a_bar_before_and_after_the_bytes():
    assert progress_bar("a", Job("a")) == (0.0, "a: contacting the model hub …")
    assert progress_bar("a", Job("a", progress=Progress("f", 7, 7, 1.0))) == (1.0, "a: loading …")
    job = Job("a", progress=Progress("f", 1, 7, 1.0))
    job.stop_waiting("page")
    assert progress_bar("a", job)[1] == "a: stopping …"


def test_the_size_of_a_download_in_words():
    assert download_text("a", 2_000_000, 0) == "**a** is not on this machine: 2.0 MB to download."
    assert download_text("a", 2_000_000, 500_000).endswith(" 500.0 kB of it has already arrived.")


def test_a_model_is_described_by_its_size_and_licence():
    assert option_label("minilm") == "all-MiniLM-L6-v2 · 91.6 MB · Apache-2.0"
    assert option_label("somebody/model") == "somebody/model"


def test_markdown_characters_are_escaped():
    assert escape_markdown("![x](http://a.b) <b> $1$ `c` word") == (r"\!\[x\]\(http\:\/\/a\.b\) \<b\> \$1\$ \`c\` word")
