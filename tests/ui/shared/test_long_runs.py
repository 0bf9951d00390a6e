"""Long runs take turns: one at a time, in the order in which they were asked for, until nobody waits for them."""

import threading
import time

import pytest

from attention_core.runtime.forward import before_layer
from tests.attention_core.families.small import small
from tests.random_model import LLAMA
from ui.shared import long_runs
from ui.shared.long_runs import AbandonedError, LongRuns, multiplications
from ui.shared.product_threads import PRODUCT_THREADS


@pytest.fixture
def gate():
    """What a run waits for."""
    event = threading.Event()
    yield event
    event.set()


def no_check(runs_before):
    pass


def test_runs_are_computed_one_at_a_time_in_order(gate):
    runs, order, under_way = LongRuns(), [], []

    def compute(name):
        under_way.append(name)
        assert gate.wait(10)
        assert under_way == [name]
        under_way.remove(name)
        order.append(name)
        return name

    waiting = [runs.start(lambda name=name: compute(name), name) for name in "abc"]
    before = []
    gate_opener = threading.Timer(0.5, gate.set)
    gate_opener.start()
    assert runs.wait(waiting[2], "c", before.append) == "c"
    gate_opener.join()
    assert before[0] == 2
    assert order == ["a", "b", "c"]


def test_a_visitor_waits_for_one_run_at_a_time(gate):
    runs, done = LongRuns(), []
    first = runs.start(lambda: gate.wait(10), "other")
    many = [runs.start(lambda i=i: done.append(i), "eager") for i in range(20)]
    another = runs.start(lambda: done.append("another"), "patient")
    gate.set()
    runs.wait(another, "patient", no_check)
    assert done == [19, "another"]
    assert first.result.result()
    assert all(isinstance(run.result.exception(), AbandonedError) for run in many[:-1])


def test_a_run_stops_between_layers_once_nobody_waits_for_it(monkeypatch, bert):
    monkeypatch.setattr(long_runs, "PATIENCE", 0.3)
    runs, layers = LongRuns(), []

    def compute():
        check = before_layer.get()
        before_layer.set(lambda: (check(), layers.append(time.sleep(0.2))))
        return bert.trace(ids=[5, 6, 7])

    class Left(BaseException):
        """Streamlit stops a script by such an exception."""

    def leave(runs_before):
        raise Left

    run = runs.start(compute, "me")
    with pytest.raises(Left):
        runs.wait(run, "me", leave)
    assert isinstance(run.result.exception(10), AbandonedError)
    assert len(layers) == 2 < bert.config.n_layers
    assert len(runs.wait(runs.start(lambda: bert.trace(ids=[5, 6, 7]), "me"), "me", no_check).ids) == 3


def test_a_run_goes_on_while_another_visitor_waits_for_it(monkeypatch, gate):
    monkeypatch.setattr(long_runs, "PATIENCE", 0.3)
    runs = LongRuns()

    def compute():
        for _ in range(8):
            before_layer.get()()
            time.sleep(0.1)
        return "complete"

    run = runs.start(compute, "first, who leaves")
    assert runs.wait(run, "second", no_check) == "complete"


def test_an_error_of_a_run_is_raised_where_it_is_awaited():
    runs = LongRuns()
    with pytest.raises(ZeroDivisionError):
        runs.wait(runs.start(lambda: 1 / 0, "me"), "me", no_check)
    assert runs.wait(runs.start(lambda: 7, "me"), "me", no_check) == 7


def test_only_a_long_run_takes_more_than_one_thread(monkeypatch):
    used, runs = [], LongRuns()
    monkeypatch.setattr(PRODUCT_THREADS, "use", used.append)
    monkeypatch.setattr(PRODUCT_THREADS, "most", 8)
    for pages, threads in ((1, 8), (3, 2), (30, 1)):
        monkeypatch.setattr("ui.shared.product_threads.open_pages", lambda pages=pages: pages)
        run = runs.start(lambda: list(used), "me")
        assert runs.wait(run, "me", no_check)[-1] == threads
        runs.wait(runs.start(lambda: None, "me"), "me", no_check)  # the worker is done with the first
        assert used[-3] == 1


def test_how_much_work_a_run_is(minilm, bert):
    weights = sum(minilm.parameter(name, 0).size for name in ("W_Q", "W_K", "W_V", "W_O", "W_in", "W_out"))
    assert multiplications(minilm.config, 128) == 128 * 6 * weights <= long_runs.MOST_SHORT
    assert multiplications(minilm.config, 132) > long_runs.MOST_SHORT


def test_a_gated_mlp_has_a_third_matrix():
    model = small(LLAMA)
    weights = sum(model.parameter(name, 0).size for name in ("W_Q", "W_K", "W_V", "W_O", "W_in", "W_gate", "W_out"))
    assert multiplications(model.config, 10) == 10 * model.config.n_layers * weights
