"""The runs that sessions share: bounded, and a long one is computed once for all who wait for it."""

import threading
import time

import pytest

from ui.shared import run_cache
from ui.shared.run_cache import RunCache, size_of


def trace(bert, n=3):
    return bert.trace(ids=[5] * n)


def test_the_least_recently_used_runs_are_dropped(bert, monkeypatch):
    runs, size = RunCache(), size_of(trace(bert))
    monkeypatch.setattr(run_cache, "MOST_BYTES", 3 * size)
    for name in "abc":
        runs.put(("bert", name), trace(bert))
    assert runs.get(("bert", "a"))
    runs.put(("bert", "d"), trace(bert))
    assert [name for name in "abcd" if runs.get(("bert", name))] == ["a", "c", "d"]
    large = runs.put(("bert", "large"), trace(bert, 12))
    assert size_of(large) > run_cache.MOST_BYTES
    assert [name for name in ("a", "c", "d", "large") if runs.get(("bert", name))] == ["large"]


def test_their_number_is_bounded_too(bert, monkeypatch):
    monkeypatch.setattr(run_cache, "MOST_RUNS", 2)
    runs = RunCache()
    for name in "abc":
        runs.put(("bert", name), trace(bert))
    assert [name for name in "abc" if runs.get(("bert", name))] == ["b", "c"]


def test_the_runs_of_a_model_are_forgotten(bert):
    runs = RunCache()
    runs.put(("one", "a"), trace(bert))
    runs.put(("two", "a"), trace(bert))
    runs.forget("one")
    assert runs.get(("one", "a")) is None
    assert runs.get(("two", "a"))


def test_a_long_run_is_computed_once_for_all_who_wait(bert):
    runs, computed, results = RunCache(), [], []

    def compute():
        computed.append(time.sleep(0.3))
        return trace(bert)

    def visit(name):
        results.append(runs.compute_long(("bert", "a"), compute, name, lambda _: None))

    visitors = [threading.Thread(target=visit, args=(name,)) for name in "abcd"]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    assert len(computed) == 1
    assert {id(result) for result in results} == {id(runs.get(("bert", "a")))}
    assert not runs._under_way


def test_a_failed_run_is_computed_again(bert):
    runs, key = RunCache(), ("bert", "a")
    with pytest.raises(ZeroDivisionError):
        runs.compute_long(key, lambda: 1 / 0, "me", lambda _: None)
    assert runs.get(key) is None
    assert runs.compute_long(key, lambda: trace(bert), "me", lambda _: None) is runs.get(key)


def test_a_run_that_others_gave_up_is_started_again(bert, monkeypatch):
    monkeypatch.setattr("ui.shared.long_runs.PATIENCE", 0.2)
    runs, key = RunCache(), ("bert", "a")
    blocked = threading.Event()

    def first():
        assert blocked.wait(10)
        return trace(bert)

    before = threading.Thread(target=runs.compute_long, args=(("bert", "first"), first, "x", lambda _: None))
    before.start()

    class Left(BaseException):
        pass

    def leave(_):
        raise Left

    with pytest.raises(Left):
        runs.compute_long(key, lambda: trace(bert), "leaves", leave)
    time.sleep(0.4)
    threading.Timer(0.3, blocked.set).start()
    assert runs.compute_long(key, lambda: trace(bert), "stays", lambda _: None) is runs.get(key)
    before.join()
