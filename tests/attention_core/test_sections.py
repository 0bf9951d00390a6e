"""A text that is run in sections gives what it gives in one, in every family."""

import threading

import numpy as np
import pytest

import attention_core as ac
from attention_core import sections
from attention_core.memory import SETTING
from attention_core.sections import BLAS, Blas, Section, cuts
from tests.every_family import CASES

IDS = [7, 97, 5, 41, 13, 11, 77, 3, 60, 2, 19]


@pytest.fixture
def three_threads(monkeypatch):
    """Three sections, of three positions at least; and which positions each has run."""
    seen = []
    begin = Section.__init__

    def noted(self, model, inputs, *rest):
        seen.append((inputs.done, inputs.end))
        begin(self, model, inputs, *rest)

    def set_up():
        monkeypatch.setattr(sections, "SHORTEST", 3)
        monkeypatch.setattr(Blas, "threads", 3)
        monkeypatch.setattr(Section, "__init__", noted)
        return seen

    return set_up


def streams(model, ids):
    """What a run leaves, of each side."""
    if isinstance(model, ac.EncoderDecoder):
        trace = model.trace(ids=ids, target_ids=ids[2:])
        return [trace.encoder.resid, trace.decoder.resid]
    return [model.trace(ids=ids).resid]


@pytest.mark.parametrize("name", CASES)
def test_sections_give_what_the_whole_gives(tmp_path, three_threads, name):
    model = ac.load(CASES[name].write(tmp_path))
    ids = [i % 40 for i in IDS]
    expected, seen = streams(model, ids), three_threads()
    for ours, whole in zip(streams(model, ids), expected, strict=True):
        np.testing.assert_allclose(ours, whole, rtol=0, atol=1e-5 * np.abs(whole).max())
    routed = bool(getattr(model, "encoder", model).config.routed)
    assert seen == ([] if routed else [(0, 3), (3, 7), (7, 11)] + [(0, 3), (3, 6), (6, 9)] * (len(expected) - 1))


def test_padding_and_windows_hold_across_sections(tmp_path, three_threads):
    model = ac.load(CASES["mistral"].write(tmp_path))
    marks = [False] * 4 + [True] * 7
    expected = model.trace(ids=[i % 40 for i in IDS], seen=marks).resid
    three_threads()
    found = model.trace(ids=[i % 40 for i in IDS], seen=marks).resid
    np.testing.assert_allclose(found[:, 4:], expected[:, 4:], rtol=0, atol=1e-5 * np.abs(expected).max())


def test_what_stays_on_the_disk_is_read_once(tmp_path, three_threads, monkeypatch):
    monkeypatch.setenv(SETTING, "0")
    model = ac.load(CASES["llama"].write(tmp_path))
    seen = three_threads()
    model.trace(ids=[i % 40 for i in IDS])
    assert seen == []


def test_products_take_all_threads_again_when_the_last_run_is_over(monkeypatch):
    blas, taken = Blas(), [5]
    monkeypatch.setattr(blas, "_now", lambda: taken[-1])
    monkeypatch.setattr(blas, "_library", type("Library", (), {"limit": lambda _, limits: taken.append(limits)})())
    with blas.one_each():
        with pytest.raises(ValueError, match="over"), blas.one_each():
            raise ValueError("over")
        assert (taken[-1], blas.threads) == (1, 5)
    assert (taken, blas.threads) == ([5, 1, 5], 5)


def test_the_limit_is_the_librarys_own():
    with BLAS._library.limit(limits=2):  # tests make do with one
        before = BLAS.threads
        with BLAS.one_each():
            assert {each["num_threads"] for each in BLAS._library.info()} <= {1}
        assert BLAS.threads == before


def test_an_error_in_a_section_ends_the_run(tmp_path, three_threads, monkeypatch):
    model = ac.load(CASES["llama"].write(tmp_path))
    three_threads()
    run_layer = Section.run_layer

    def fails(self, layer, before, after):
        if layer == 1 and self.inputs.done:
            raise KeyError("lost")
        yield from run_layer(self, layer, before, after)

    monkeypatch.setattr(Section, "run_layer", fails)
    before = threading.active_count()
    with pytest.raises(KeyError, match="lost"):
        model.trace(ids=[i % 40 for i in IDS])
    assert threading.active_count() == before


def test_cuts():
    assert cuts(11, 3) == [slice(0, 3), slice(3, 7), slice(7, 11)]
    assert cuts(0, 2) == [slice(0, 0)] * 2
