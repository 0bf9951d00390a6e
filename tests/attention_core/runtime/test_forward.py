"""A run can be stopped between its layers."""

import pytest

import attention_core as ac
from attention_core.generate import write
from attention_core.runtime.forward import before_layer
from attention_core.sampling import greedy
from tests.random_model import GPT2, write_model


class StoppedError(Exception):
    pass


@pytest.fixture
def stopping():
    """Stops a run before its third layer; the number of layers begun."""
    begun = []

    def check():
        if len(begun) == 2:
            raise StoppedError
        begun.append(len(begun))

    token = before_layer.set(check)
    yield begun
    before_layer.reset(token)


def test_a_run_stops_before_a_layer(bert, stopping):
    with pytest.raises(StoppedError):
        bert.trace(ids=[5, 6, 7])
    assert len(stopping) == 2


def test_a_generation_stops_before_a_layer(tmp_path, stopping):
    model = ac.load(write_model(tmp_path, GPT2))
    with pytest.raises(StoppedError):
        next(write(model, [9, 11], greedy, 5))
    assert len(stopping) == 2


def test_by_default_nothing_stops_a_run(bert):
    assert bert.trace(ids=[5, 6, 7]).resid.shape[0] == bert.config.n_layers + 1
