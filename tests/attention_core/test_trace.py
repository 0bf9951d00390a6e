"""Quantities computed on demand agree with the stored residual stream."""

import inspect
from inspect import signature

import numpy as np
import pytest

from attention_core import trace as trace_module
from attention_core.errors import InputError
from attention_core.trace import Trace

IDS = [2, 97, 5, 41, 13, 0, 77]
N, HEADS, D_HEAD, D_MODEL, D_MLP = 7, 5, 7, 35, 53
SHAPES = {
    "q": (HEADS, N, D_HEAD), "k": (HEADS, N, D_HEAD), "v": (HEADS, N, D_HEAD),
    "scores": (HEADS, N, N), "pattern": (HEADS, N, N), "z": (HEADS, N, D_HEAD),
    "attn_out": (N, D_MODEL), "resid_pre": (N, D_MODEL), "resid_mid": (N, D_MODEL), "resid_post": (N, D_MODEL),
    "mlp_in": (N, D_MLP), "mlp_act": (N, D_MLP), "mlp_out": (N, D_MODEL),
}  # fmt: skip


@pytest.fixture(scope="module")
def trace(bert):
    return bert.trace(ids=IDS)


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("layer", range(3))
def test_shapes_types_and_read_only(trace, name, layer):
    array = getattr(trace, name)(layer)
    assert (array.shape, array.dtype) == (SHAPES[name], np.float32)
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 0


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("layer", [-1, 3])
def test_a_layer_that_does_not_exist(trace, name, layer):
    with pytest.raises(InputError, match=f"Layer {layer} .* 0 to 2"):
        getattr(trace, name)(layer)


def norm(x, weight, bias, eps):
    return (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + eps) * weight + bias


@pytest.mark.parametrize("layer", range(3))
def test_the_parts_of_a_layer_give_the_stored_residual_stream(trace, layer):
    eps = trace.model.config.norm_eps
    part = {name: trace.model.parameter(name, layer) for name in ("w_mid", "b_mid", "w_post", "b_post")}
    mid = norm(trace.resid_pre(layer).astype(float) + trace.attn_out(layer), part["w_mid"], part["b_mid"], eps)
    np.testing.assert_allclose(trace.resid_mid(layer), mid, atol=1e-5)
    post = norm(mid + trace.mlp_out(layer), part["w_post"], part["b_post"], eps)
    np.testing.assert_allclose(trace.resid_post(layer), post, atol=1e-5)


def test_each_layer_starts_where_the_previous_one_ends(trace):
    for layer in range(2):
        np.testing.assert_array_equal(trace.resid_post(layer), trace.resid_pre(layer + 1))
    np.testing.assert_array_equal(trace.contextual, trace.resid_post(2))


def test_computing_twice_gives_the_same(trace):
    """In-place operations work on new arrays."""
    for name in SHAPES:
        first = getattr(trace, name)(1).copy()
        np.testing.assert_array_equal(getattr(trace, name)(1), first)


def test_memory_is_linear_in_the_number_of_tokens(bert):
    kept = [bert.trace(ids=[1] * n).resid.nbytes for n in (10, 20, 40)]
    assert kept == [4 * 4 * 35 * n for n in (10, 20, 40)]


def test_a_text_and_its_tokens(bert):
    trace = bert.trace("w5 w7  nothing")
    assert trace.text == "w5 w7  nothing"
    assert trace.tokens == ["w5", "w7", "[UNK]"]
    assert trace.ids == [9, 11, 1]
    assert [trace.text[t.start : t.end] for t in trace.pieces] == ["w5", "w7", "nothing"]


METHODS = [name for name, made in inspect.getmembers(Trace, inspect.isfunction) if "layer" in signature(made).parameters
         and not name.startswith("_") and name not in ("array", "has", "stage", "declared", "before_mask", "origin",
                                                       "trained")]  # fmt: skip


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("layer", [-1, 3, "first", 1.0, True])
def test_every_method_refuses_an_invalid_layer(trace, name, layer):
    with pytest.raises(InputError, match=r"^Layer .* does not exist|^This trace has no cross-attention"):
        getattr(trace, name)(layer)


def test_a_notebook_lists_these_methods():
    assert {"q", "pattern", "mask", "experts", "cross_pattern", "resid_mid", "mlp_out"} <= set(METHODS)
    assert {call.partition("(layer)")[0] for call in trace_module.ACCESSORS if "(layer)" in call} <= set(METHODS)


@pytest.mark.parametrize(
    ("name", "layer", "said"),
    [("weight", None, "weight belongs to a layer: say which, from 0 to 2"), ("atn_out", 0, "Did you mean attn_out"),
     ("zzzzzz", 0, r"no quantity named 'zzzzzz'\.$")],
)  # fmt: skip
def test_a_missing_quantity(trace, name, layer, said):
    with pytest.raises(InputError, match=said):
        trace.array(name, layer)


def test_only_a_decoder_has_cross_attention(trace):
    for asked in (trace.cross_pattern, trace.cross_scores):
        with pytest.raises(InputError, match="only the decoder of an encoder–decoder has it"):
            asked(0)
