"""Models on their way: shared, stopped by the last who waits, and never left without a word."""

import threading
import time

import pytest

import attention_core as ac
from attention_core.errors import OfflineError
from attention_core.progress import Progress
from tests.hub import STORED, Hub, tiny_files
from ui.offer import VARIABLE
from ui.shelf import AWAY, Job, Shelf

NAME = "tiny/bert"


@pytest.fixture
def hub(monkeypatch, tmp_path):
    with Hub(repos={NAME: tiny_files()}).running() as running:
        running.use(monkeypatch, tmp_path / "cache")
        yield running


def wait(job):
    for _ in range(500):
        if not job.running:
            return
        time.sleep(0.01)
    pytest.fail("the job did not end")


def test_a_download_puts_the_model_on_the_shelf(hub):
    shelf = Shelf()
    assert not shelf.here(NAME)
    assert not shelf.take_from_disk(NAME)
    shelf.ask(NAME)
    job = shelf.job(NAME)
    assert job.plan.size == sum(map(len, tiny_files().values()))
    shelf.download(NAME)
    wait(job)
    assert shelf.models[NAME].name == NAME
    assert (job.problem, job.progress.done) == ("", job.plan.size)
    assert Shelf().take_from_disk(NAME)


def test_a_folder_is_called_by_its_title_and_not_by_its_path(monkeypatch):
    monkeypatch.setenv(VARIABLE, f"Mine={STORED}")
    shelf = Shelf()
    assert shelf.take_from_disk("Mine")
    assert shelf.models["Mine"].name == "Mine"


def test_two_who_want_a_model_have_one_download(hub):
    hub.rate = 500_000
    shelf = Shelf()
    shelf.download(NAME)
    shelf.download(NAME)
    wait(shelf.job(NAME))
    assert hub.gets("model.safetensors") == [None]


def test_a_stopped_download_says_so_and_can_be_begun_again(hub):
    hub.rate = 100_000
    shelf = Shelf()
    job = shelf.job(NAME)
    job.look("page")
    shelf.download(NAME)
    while not job.progress or job.progress.file != "model.safetensors":
        time.sleep(0.01)
    assert job.leave("page")
    wait(job)
    assert job.problem == "The download was stopped. What has arrived is kept."
    assert NAME not in shelf.models
    hub.rate = None
    shelf.download(NAME)
    wait(job)
    assert (job.problem, job.stopping, NAME in shelf.models) == ("", False, True)
    assert [at is None for at in hub.gets("model.safetensors")] == [True, False]


def test_a_download_goes_on_while_another_page_waits(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    job, progress = Job(), Progress("a", 1, 2, 3.0)
    job.look("mine")
    job.look("another")
    assert not job.leave("mine")
    assert job.report(progress) is True
    now[0] += AWAY + 1
    assert job.leave("mine")
    assert job.report(progress) is False


def test_what_goes_wrong_is_kept_as_words(hub, monkeypatch):
    shelf = Shelf()
    hub.refused["no/model"] = 404, "RepoNotFound"
    shelf.ask("no/model")
    assert shelf.job("no/model").problem == "The hub has no model no/model. Check its spelling."
    monkeypatch.setattr(ac, "load", lambda *_, **__: 1 / 0)
    shelf.download(NAME)
    wait(shelf.job(NAME))
    assert shelf.job(NAME).problem == "tiny/bert could not be loaded; the server's log says why."


def test_a_model_on_the_disk_that_is_broken(monkeypatch, tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    monkeypatch.setenv(VARIABLE, f"Broken={tmp_path}")
    shelf = Shelf()
    assert not shelf.take_from_disk("Broken")
    assert "tokenizer.json" in shelf.job("Broken").problem


def test_a_model_is_loaded_once(monkeypatch, bert):
    loads = []

    def load(source, *, progress=None):
        loads.append(source)
        time.sleep(0.05)
        return bert

    monkeypatch.setattr(ac, "load", load)
    shelf = Shelf()
    threads = [threading.Thread(target=shelf.take_from_disk, args=("minilm",)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert loads == ["minilm"]


def test_offline_errors_are_told(monkeypatch):
    def load(*_, **__):
        raise OfflineError("no line")

    monkeypatch.setattr(ac, "load", load)
    shelf = Shelf()
    shelf.take_from_disk("minilm")
    assert shelf.job("minilm").problem == "no line"


def test_a_visitor_is_not_told_where_a_folder_is(monkeypatch, tmp_path):
    monkeypatch.setenv(VARIABLE, f"ours={tmp_path / 'gone'}")
    shelf = Shelf()
    assert not shelf.take_from_disk("ours")
    told = shelf.job("ours").problem
    assert "ours" in told
    assert str(tmp_path) not in told
