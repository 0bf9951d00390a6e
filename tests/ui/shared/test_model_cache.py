"""Loading models: downloads are shared, stopped by the last page that waits, and report how they end."""

import shutil
import threading
import time

import pytest

import attention_core as ac
from attention_core.errors import OfflineError
from attention_core.hub.progress import Progress
from tests.hub import Hub, tiny_files
from tests.live import started
from tests.paths import BERT
from tests.visitor import Visitor
from ui.shared.model_cache import WAITING_TIMEOUT, Job, ModelCache
from ui.shared.offer import MODELS_VARIABLE

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


def test_a_download_puts_the_model_into_the_cache(hub):
    cache = ModelCache()
    assert not cache.is_local(NAME)
    job = Job(NAME)
    assert not cache.load_local(job)
    cache.plan_download(job)
    assert job.plan.size == sum(map(len, tiny_files().values()))
    cache.download(job)
    wait(job)
    assert cache.models[NAME].name == NAME
    assert (job.problem, job.progress.done) == ("", job.plan.size)
    assert ModelCache().load_local(Job(NAME))


def test_a_folder_is_named_by_its_title_not_its_path(monkeypatch):
    monkeypatch.setenv(MODELS_VARIABLE, f"Mine={BERT}")
    cache = ModelCache()
    assert cache.load_local(Job("Mine"))
    assert cache.models["Mine"].name == "Mine"


def test_two_jobs_for_a_model_share_one_download(hub):
    hub.rate = 500_000
    cache, job = ModelCache(), Job(NAME)
    cache.download(job)
    assert cache.running_download(NAME) is job
    cache.download(another := Job(NAME))
    assert not another.running
    wait(job)
    assert cache.running_download(NAME) is None
    assert hub.gets("model.safetensors") == [None]


def test_a_stopped_download_says_so_and_can_be_restarted(hub):
    hub.rate = 100_000
    cache, job = ModelCache(), Job(NAME)
    job.mark_waiting("page")
    cache.download(job)
    while not job.progress or job.progress.file != "model.safetensors":
        time.sleep(0.01)
    assert job.stop_waiting("page")
    assert cache.running_download(NAME) is None
    wait(job)
    assert job.problem == "The download was stopped. What was downloaded is kept."
    assert NAME not in cache.models
    hub.rate = None
    cache.download(job)
    wait(job)
    assert (job.problem, job.stopping, NAME in cache.models) == ("", False, True)
    assert [at is None for at in hub.gets("model.safetensors")] == [True, False]


def test_a_download_goes_on_while_another_page_waits(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    job, progress = Job(NAME), Progress("a", 1, 2, 3.0)
    job.mark_waiting("mine")
    job.mark_waiting("another")
    assert not job.stop_waiting("mine")
    assert job.report(progress) is True
    now[0] += WAITING_TIMEOUT + 1
    assert job.stop_waiting("mine")
    assert job.report(progress) is False


def test_errors_are_kept_as_messages(hub, monkeypatch):
    cache = ModelCache()
    hub.refused["no/model"] = 404, "RepoNotFound"
    cache.plan_download(asked := Job("no/model"))
    assert asked.problem == "The hub has no model no/model. Check its spelling."
    monkeypatch.setattr(ac, "load", lambda *_, **__: 1 / 0)
    cache.download(wanted := Job(NAME))
    wait(wanted)
    assert wanted.problem == "tiny/bert could not be loaded; the server's log says why."


def test_an_unexpected_error_in_loading_is_logged(monkeypatch, caplog):
    monkeypatch.setattr(ac, "load", lambda *_, **__: 1 / 0)
    assert not ModelCache().load_local(job := Job("minilm"))
    assert job.problem == "all-MiniLM-L6-v2 could not be loaded; the server's log says why."
    assert "ZeroDivisionError" in caplog.text


def test_a_jobs_problem_is_its_own(hub):
    cache = ModelCache()
    hub.refused[NAME] = 503, ""
    cache.plan_download(mine := Job(NAME))
    hub.refused.clear()
    cache.plan_download(another := Job(NAME))
    assert (bool(mine.problem), another.problem, another.plan is None) == (True, "", False)


def test_a_dropped_model_is_loaded_again():
    cache = ModelCache()
    assert cache.load_local(Job("minilm"))
    before = cache.models["minilm"]
    cache.drop("minilm")
    assert cache.load_local(Job("minilm"))
    assert cache.models["minilm"] is not before


def test_a_model_on_the_disk_that_is_broken(monkeypatch, tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    monkeypatch.setenv(MODELS_VARIABLE, f"Broken={tmp_path}")
    cache = ModelCache()
    assert not cache.load_local(job := Job("Broken"))
    assert "model.safetensors" in job.problem


def test_a_model_is_loaded_once(monkeypatch, bert):
    loads = []

    def load(source, *, progress=None, reading=None):
        loads.append(source)
        time.sleep(0.05)
        return bert

    monkeypatch.setattr(ac, "load", load)
    cache = ModelCache()
    threads = [threading.Thread(target=cache.load_local, args=(Job("minilm"),)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert loads == ["minilm"]


def test_offline_errors_are_shown(monkeypatch):
    def load(*_, **__):
        raise OfflineError("no line")

    monkeypatch.setattr(ac, "load", load)
    ModelCache().load_local(job := Job("minilm"))
    assert job.problem == "no line"


def test_a_visitor_does_not_see_a_folders_path(monkeypatch, tmp_path):
    monkeypatch.setenv(MODELS_VARIABLE, f"ours={tmp_path / 'gone'}")
    assert not ModelCache().load_local(job := Job("ours"))
    assert "ours" in job.problem
    assert str(tmp_path) not in job.problem


def test_a_visitor_who_clears_streamlits_caches_disturbs_nobody(tmp_path):
    """The model that others work with stays: its folder is gone, so it could not be loaded again."""
    folder = shutil.copytree(BERT, tmp_path / "stored")
    environment = {MODELS_VARIABLE: f"stored={folder}"}
    with started(tmp_path / "log", environment) as (url, _), Visitor(url, query="model=stored&text=w5+w7") as worker:
        shutil.rmtree(folder)
        with Visitor(url) as attacker:
            for i in range(5):
                attacker.clear_caches()
                worker.choose_cell(0, i % 2)
                worker.act(worker.typed(f"w5 w7 w{9 + i}"))
        assert "model=stored" in worker.query
        with Visitor(url, query="model=stored&text=w5+w8") as later:
            assert "model=stored" in later.query
            later.choose_cell(1, 0)
