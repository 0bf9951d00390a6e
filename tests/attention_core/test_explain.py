"""Every derivation, evaluated from its leaves, gives the number in the trace."""

import gc
import math
import weakref
from dataclasses import replace

import numpy as np
import pytest

import attention_core as ac
from attention_core import explain
from attention_core.arrays import ArrayCache
from attention_core.computation.derivation import Address, evaluate, line, named_steps
from attention_core.errors import InputError
from attention_core.trace import CachingTrace
from tests.walk import open_all

TEXT = "The animal didn't cross the street because it was too tired."
ADDRESSES = [
    "q.3.1.10.7", "k.0.11.2.31", "v.5.4.15.0", "z.3.1.10.4", "attn_out.2.3.383", "resid_mid.2.3.4",
    "resid_post.5.0.17", "resid_pre.0.10.5", "resid_pre.4.10.5", "mlp_in.1.7.1535", "mlp_act.1.7.11",
    "mlp_out.2.3.9",
]  # fmt: skip


@pytest.fixture(scope="module")
def trace():
    return ac.load("minilm").trace(TEXT)


def traced(trace, address):
    array = getattr(trace, address.quantity)(address.indices[0])
    return float(array[address.indices[1:]])


def test_weight_is_the_pattern(trace):
    for layer, head, query, key in [(3, 1, 10, 2), (0, 0, 0, 0), (5, 11, 15, 7), (2, 7, 3, 13)]:
        tree = explain.weight(trace, layer, head, query, key)
        assert tree.value == pytest.approx(trace.pattern(layer)[head, query, key], abs=1e-5)
        assert evaluate(tree) == pytest.approx(tree.value, abs=1e-12)


def test_the_textbook_case(trace):
    assert explain.weight(trace, 3, 1, 10, 2).value == pytest.approx(0.677, abs=5e-4)
    assert explain.weight(trace, 3, 1, 10, 8).value == pytest.approx(0.050, abs=5e-4)


def test_weight_names_every_step(trace):
    tree = explain.weight(trace, 3, 1, 10, 2)
    made = {term.name: term for term in named_steps(tree)}
    assert list(made) == ["q·k", "score", "max", "sum", "weight"]
    assert len(made["q·k"].parts) == 32
    assert len(made["sum"].parts) == len(trace.tokens)
    assert made["score"].value == pytest.approx(made["q·k"].value / math.sqrt(32), abs=1e-12)


def test_output_is_z(trace):
    terms = explain.output(trace, 3, 1, 10)
    np.testing.assert_allclose([term.value for term in terms], trace.z(3)[1, 10], atol=1e-5)
    assert all(len(term.parts) == len(trace.tokens) for term in terms)


@pytest.mark.parametrize("text", ADDRESSES)
def test_every_quantity_equals_the_trace(trace, text):
    address = Address.parse(text)
    term = explain.open_term(trace, address)
    assert term.at == address
    assert term.value == pytest.approx(traced(trace, address), abs=1e-5)
    assert evaluate(term) == pytest.approx(term.value, abs=1e-9)


def test_numbers_open_down_to_the_weights(trace):
    """From one weight, every address in the trees opens, down to trained numbers."""
    ends = set()
    for address, term in open_all(trace, Address("weight", (1, 2, 3, 4))):
        if not term.parts:
            ends.add(address.quantity)
            assert "trained parameter" in term.note
    assert {"W_Q", "b_K", "W_E", "W_pos", "w_norm", "W_O", "w_mid", "W_in", "W_out", "b_post"} <= ends


def test_the_cosine_similarity(trace):
    a, b = trace.contextual[10].astype(float), trace.resid_pre(0)[10].astype(float)
    whole = explain.cosine(trace, 10)
    assert whole.value == pytest.approx(a @ b / np.linalg.norm(a) / np.linalg.norm(b), abs=1e-6)
    short = explain.cosine_in_short(trace, 10)
    assert [piece.text for piece in line(short).pieces] == [piece.text for piece in line(whole).pieces]
    assert {piece.at for piece in line(short).pieces if piece.name} == {Address("cosine", (10,))}


@pytest.mark.parametrize(
    "text", ["weight.9.0.0.0", "weight.0.0.99.0", "nothing.1", "q.1", "W_Q.0.0.0.999", "q.0.0.0.0.0"]
)
def test_an_unknown_address_is_refused(trace, text):
    with pytest.raises(InputError):
        explain.open_term(trace, Address.parse(text))


@pytest.mark.parametrize("text", ["", "q.-1", "q.1.x", "1.2", "q..1", "<b>.1", "q.¹"])
def test_an_invalid_address_parses_to_none(text):
    assert Address.parse(text) is None


@pytest.mark.parametrize(
    ("address", "said"),
    [(Address("q", (0, 1)), "q has 3 axes (head, query, dim), but 1 index was given."),
     (Address("w_attn", (0, 1, 2)), "has 1 axis (model), but 2 indices were given.")],
)  # fmt: skip
def test_the_number_of_indices_is_checked(trace, address, said):
    name = next(name for name in trace.declared(0) if name.startswith("w_"))
    with pytest.raises(InputError) as refused:
        explain.number_at(trace, address if address.quantity == "q" else Address(name, address.indices))
    assert str(refused.value).endswith(said)


def test_a_caching_trace_gives_the_same_and_computes_once(trace):
    caching = CachingTrace.of(trace)
    for name in ("q", "scores", "pattern", "z", "attn_out", "resid_mid", "mlp_out"):
        np.testing.assert_array_equal(getattr(caching, name)(2), getattr(trace, name)(2))
        assert getattr(caching, name)(2) is getattr(caching, name)(2)


def test_drawings_share_what_they_compute(trace):
    shared = ArrayCache(max_bytes=1 << 20)
    first, second = CachingTrace.of(trace, shared), CachingTrace.of(trace, shared)
    assert first.pattern(2) is second.pattern(2)
    np.testing.assert_array_equal(first.pattern(2), trace.pattern(2))
    other = CachingTrace.of(replace(trace), shared)
    assert other.pattern(2) is not first.pattern(2)


def test_what_drawings_share_does_not_keep_a_run_alive(trace):
    shared, run = ArrayCache(max_bytes=1 << 20), replace(trace)
    CachingTrace.of(run, shared).pattern(2)
    alive = weakref.ref(run)
    del run
    gc.collect()
    assert alive() is None


@pytest.mark.parametrize("address", ["foo", "foo.3", "W_rel.3.5"])
def test_a_quantity_that_the_model_does_not_have_is_named(address):
    trace = ac.load("minilm").trace("it was")
    with pytest.raises(InputError, match=f"no quantity named '{address.partition('.')[0]}'"):
        explain.open_term(trace, Address.parse(address))


@pytest.mark.parametrize(
    ("given", "said"),
    [((6, 1, 10, 2), "Layer 6"), ((3, 12, 10, 2), "Head 12"), ((3, "mean", 10, 2), "Head 'mean'"),
     ((3, 1, 16, 2), "Query 16"), ((3, 1, 10, -1), "Key -1"), ((3.0, 1, 10, 2), "Layer 3.0"),
     ((3, True, 10, 2), "Head True")],
)  # fmt: skip
def test_an_index_out_of_range_is_named(trace, given, said):
    with pytest.raises(InputError, match=f"^{said} does not exist: give a whole number from 0 to"):
        explain.weight(trace, *given)
    if said[:3] != "Key":
        with pytest.raises(InputError, match=f"^{said} does not exist"):
            explain.output(trace, *given[:3])


@pytest.mark.parametrize("wrong", ["text", None, 5])
def test_anything_but_a_trace_is_refused(trace, wrong):
    for ask in (lambda it: explain.weight(it, 0, 0, 0, 0), lambda it: explain.output(it, 0, 0, 0),
                lambda it: explain.cosine(it, 0)):  # fmt: skip
        for given in (wrong, trace.model):
            with pytest.raises(InputError, match=r"Give a trace, the result of model\.trace\(text\)"):
                ask(given)
    with pytest.raises(InputError, match="Give the address of a number"):
        explain.open_term(trace, wrong)
    with pytest.raises(InputError, match="Position 16"):
        explain.cosine(trace, 16)
