"""Mixtures of experts: routing, weighted sums of expert outputs, derivations, and errors."""

import numpy as np
import pytest
from safetensors.numpy import save_file

import attention_core as ac
from attention_core import explain
from attention_core.computation.derivation import Address, evaluate
from attention_core.computation.stage import Operand
from attention_core.errors import CheckpointError, InputError, ShapeError, UnsupportedConfigError
from attention_core.generate import Continuation
from attention_core.ops.routing import ExpertMatmul, TopK
from attention_core.trace import CachingTrace
from tests import mixtures
from tests.mixtures import DENSE, N_EXPERTS, N_LAYERS, PER_TOKEN
from tests.walk import open_all

IDS = [5, 17, 3, 60, 2, 97, 41, 8, 8, 30, 71]


@pytest.fixture(scope="module", params=["MIXTRAL", "QWEN3_MOE"])
def raw(request):
    return getattr(mixtures, request.param)


@pytest.fixture(scope="module")
def loaded(raw, tmp_path_factory):
    """A checkpoint's tensors, and a trace of the model loaded from it."""
    folder = tmp_path_factory.mktemp(raw["model_type"])
    tensors = mixtures.checkpoint(folder, raw)
    return tensors, CachingTrace.of(ac.load(folder).trace(ids=IDS))


def silu(x):
    return x / (1 + np.exp(-x))


@pytest.mark.parametrize("layer", [0, 2])
def test_the_mixture_equals_a_computation_from_the_checkpoint_token_by_token(raw, loaded, layer):
    tensors, trace = loaded
    qwen = raw["model_type"] == "qwen3_moe"
    block = f"model.layers.{layer}." + ("mlp." if qwen else "block_sparse_moe.")
    gate, up, down = ("gate_proj", "up_proj", "down_proj") if qwen else ("w1", "w3", "w2")
    x = trace.array("mlp_normed", layer).astype(float)
    for position, row in enumerate(x):
        scores = tensors[block + "gate.weight"] @ row
        probs = np.exp(scores) / np.exp(scores).sum()
        order = sorted(range(N_EXPERTS), key=lambda expert: -probs[expert])[:PER_TOKEN]
        weights = probs[order] if qwen else probs[order] / probs[order].sum()
        output = sum(
            weight * (tensors[f"{block}experts.{e}.{down}.weight"] @ (
                silu(tensors[f"{block}experts.{e}.{gate}.weight"] @ row)
                * (tensors[f"{block}experts.{e}.{up}.weight"] @ row)))
            for weight, e in zip(weights, order, strict=True)
        )  # fmt: skip
        assert trace.experts(layer)[position].tolist() == order
        np.testing.assert_allclose(trace.router_logits(layer)[position], scores, atol=1e-5)
        np.testing.assert_allclose(trace.router_probs(layer)[position], probs, atol=1e-6)
        np.testing.assert_allclose(trace.expert_weights(layer)[position], weights, atol=1e-6)
        np.testing.assert_allclose(trace.mlp_out(layer)[position], output, atol=1e-5)


def test_the_mlp_output_agrees_with_the_stored_residual_stream(loaded):
    _, trace = loaded
    for layer in range(N_LAYERS):
        np.testing.assert_allclose(trace.resid_mid(layer) + trace.mlp_out(layer), trace.resid_post(layer), atol=1e-5)


def test_generation_routes_each_new_token_to_its_experts(loaded):
    model = loaded[1].model
    text = Continuation(model)
    for more in (IDS[:4], IDS[4:5], IDS[5:]):
        expected = model.trace(ids=[*text.ids, *more]).logits()[-1]
        np.testing.assert_allclose(text.read(more), expected, atol=1e-5 * np.abs(expected).max())


def test_expert_weights_sum_to_1_if_they_are_normalized(raw, loaded):
    sums = loaded[1].expert_weights(0).sum(axis=-1)
    if raw["model_type"] == "mixtral":
        np.testing.assert_allclose(sums, 1, atol=1e-6)
    else:
        assert (sums < 0.999).all()


def test_a_layer_without_experts_says_so(raw, loaded):
    trace = loaded[1]
    if raw["model_type"] == "qwen3_moe":
        assert trace.mlp_in(DENSE).shape == (len(IDS), mixtures.D_MLP)
        with pytest.raises(InputError, match=f"Layer {DENSE} .* no experts"):
            trace.experts(DENSE)
    with pytest.raises(InputError, match=r"Layer 9 .* 0 to 2"):
        trace.experts(9)


def test_a_model_without_experts_says_so(bert):
    with pytest.raises(InputError, match="no experts"):
        bert.trace(ids=[2, 5]).router_probs(0)


def test_only_experts_with_tokens_are_computed():
    rng = np.random.default_rng(3)
    x, weight = rng.normal(size=(5, 7)), rng.normal(size=(11, 7, 13))
    chosen = np.array([[4, 2], [2, 4], [4, 9], [9, 2], [2, 9]])
    weight[[each for each in range(11) if each not in (2, 4, 9)]] = np.nan
    operands = [Operand(x, ("position", "model")), Operand(weight, ("expert", "model", "expert_mlp")),
                Operand(chosen, ("position", "choice"))]  # fmt: skip
    result = ExpertMatmul().compute(("position", "choice", "expert_mlp"), operands)
    for position, choice in np.ndindex(5, 2):
        np.testing.assert_allclose(result[position, choice], x[position] @ weight[chosen[position, choice]])


def top(row, count):
    return TopK(count).compute(("position", "choice"), [Operand(np.array(row), ("position", "expert"))]).tolist()


def test_ties_go_to_the_lower_index():
    assert top([[0.1, 0.3, 0.1, 0.3, 0.2]], 3) == [[1, 3, 4]]
    assert top([[0.1, 0.3, 0.1, 0.3, 0.2]], 5) == [[1, 3, 4, 0, 2]]
    assert top([[0.0, 1.0, 0.0, 0.0, 0.0]], 2) == [[1, 0]]


def test_a_tie_at_the_cutoff_is_refused_unless_both_are_0():
    with pytest.raises(InputError, match="same weight for token 1"):
        top([[0.1, 0.2, 0.3, 0.4], [0.4, 0.1, 0.1, 0.4]], 3)


@pytest.mark.parametrize(
    "quantity", ["router_logits", "router_probs", "expert_weight", "expert_gate", "expert_act", "expert_out", "mlp_out"]
)
def test_derivations_evaluate_to_their_numbers(loaded, quantity):
    trace = loaded[1]
    numbers = trace.array(quantity, 2)
    for indices in (tuple(size - 1 for size in numbers.shape), (4, *(0 for _ in numbers.shape[1:]))):
        term = explain.open_term(trace, Address(quantity, (2, *indices)))
        assert term.value == pytest.approx(float(numbers[indices]), abs=1e-5)
        assert evaluate(term) == pytest.approx(term.value, abs=1e-9)


def test_a_derivation_names_the_expert(raw, loaded):
    trace = loaded[1]
    position, choice = 6, 1
    expert = int(trace.experts(2)[position, choice])
    term = explain.open_term(trace, Address("expert_in", (2, position, choice, 5)))
    assert term.note == f"This token’s choice {choice} is expert {expert}."
    weights = [product.parts[1] for product in term.parts]
    assert weights[4].at == Address("W_expert_in", (2, expert, 4, 5))
    origin = explain.open_term(trace, weights[4].at).note
    assert f"experts.{expert}." in origin
    assert "{" not in origin
    selected = explain.open_term(trace, Address("expert", (2, position, choice)))
    prob = trace.router_probs(2)[position, expert]
    assert (selected.value, f"router_probs[{expert}] = {prob:.4f} ranks 2 of" in selected.note) == (expert, True)


def test_derivations_reach_the_parameters(loaded):
    trace = loaded[1]
    ends = set()
    for address, term in open_all(trace, Address("mlp_out", (0, 4, 3))):
        if not term.parts:
            ends.add(address.quantity)
            fixed = ("expert", "position_id", "frequency", "mask")
            assert address.quantity in fixed or "trained parameter" in term.note
    assert {"W_router", "W_expert_gate", "W_expert_in", "W_expert_out", "W_O", "W_V", "resid_pre", "w_mlp"} <= ends


def test_missing_extra_and_misshapen_experts_are_named(raw, tmp_path):
    tensors = mixtures.checkpoint(tmp_path, raw)
    one = next(name for name in tensors if ".experts.3." in name)
    more = one.replace(".experts.3.", f".experts.{N_EXPERTS}.")
    for changed, error, message in [
        ({name: tensor for name, tensor in tensors.items() if name != one}, CheckpointError, f"lacks 1 .* '{one}'"),
        ({**tensors, more: tensors[one]}, CheckpointError, f"1 unexpected tensor, '{more}'"),
        ({**tensors, one: np.zeros((5, 3), np.float32)}, ShapeError, rf"'{one}' has shape \[5, 3\]"),
    ]:
        save_file(changed, tmp_path / "model.safetensors")
        with pytest.raises(error, match=message):
            ac.load(tmp_path)


@pytest.mark.parametrize("value", [0, N_EXPERTS + 1, True, None])
def test_experts_per_token_is_between_1_and_the_number_of_experts(raw, tmp_path, value):
    mixtures.checkpoint(tmp_path, raw | {"num_experts_per_tok": value})
    with pytest.raises(UnsupportedConfigError, match="experts_per_token"):
        ac.load(tmp_path)
