"""gpt-oss: sinks, clamped experts and its defaults, computed from the checkpoint's tensors in float64."""

import numpy as np
import pytest
from safetensors.numpy import load_file

import attention_core as ac
from attention_core.computation.derivation import Address, evaluate
from attention_core.errors import UnsupportedConfigError
from attention_core.explain import open_term
from attention_core.families.reading.configuration import read_config
from attention_core.families.registry import family_of
from tests.random_model import GPT_OSS, write_model
from tests.walk import open_all

IDS = [5, 17, 3, 60, 2, 97, 41, 8, 8, 30, 71]
LAYER, BOUND = 1, GPT_OSS["swiglu_limit"]
REAL = {
    "model_type": "gpt_oss", "architectures": ["GptOssForCausalLM"], "attention_bias": True, "attention_dropout": 0.0,
    "eos_token_id": 200002, "experts_per_token": 4, "head_dim": 64, "hidden_act": "silu", "hidden_size": 2880,
    "initial_context_length": 4096, "initializer_range": 0.02, "intermediate_size": 2880,
    "layer_types": ["sliding_attention", "full_attention"] * 12, "max_position_embeddings": 131072,
    "num_attention_heads": 64, "num_experts_per_tok": 4, "num_hidden_layers": 24, "num_key_value_heads": 8,
    "num_local_experts": 32, "output_router_logits": False, "pad_token_id": 199999, "rms_norm_eps": 1e-05,
    "rope_scaling": {"beta_fast": 32.0, "beta_slow": 1.0, "factor": 32.0, "original_max_position_embeddings": 4096,
                     "rope_type": "yarn", "truncate": False},
    "rope_theta": 150000, "router_aux_loss_coef": 0.9, "sliding_window": 128, "swiglu_limit": 7.0,
    "tie_word_embeddings": False, "transformers_version": "4.55.0", "use_cache": True, "vocab_size": 201088,
}  # fmt: skip


def read(raw):
    return read_config(family_of(raw), raw)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = write_model(tmp_path_factory.mktemp("model"), GPT_OSS, std=0.15)
    tensors = {name: each.astype(float) for name, each in load_file(folder / "model.safetensors").items()}
    at = f"layers.{LAYER}."
    return {name.removeprefix(at): each for name, each in tensors.items()}, ac.load(folder).trace(ids=IDS)


def test_a_well_known_configuration_is_read():
    config = read(REAL)
    assert (config.windows, config.n_experts, config.d_expert) == ((128, None) * 12, 32, 2880)
    assert (config.attn_sink, config.expert_clamp, config.expert_offset) == (True, 7.0, 1.0)
    silent = {key: value for key, value in REAL.items() if key not in ("rope_scaling", "rope_theta")}
    assert config == read(silent) == read(silent | {"rope_parameters": None})
    assert config != read(silent | {"rope_parameters": {}})


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"quantization_config": {"quant_method": "mxfp4"}}, "quantization_config"),
        ({"swiglu_alpha": 1.5}, "swiglu_alpha = 1.5"),
        ({"swiglu_limit": None}, "swiglu_limit must be a number above 0, got None"),
        ({"num_local_experts": 0}, "num_local_experts must be"),
    ],
)
def test_unsupported_configurations_are_refused_by_name(more, said):
    with pytest.raises(UnsupportedConfigError, match=said):
        read(REAL | more)


def test_a_sink_takes_its_share_of_each_row(made):
    tensors, trace = made
    powers = np.exp(np.where(trace.mask(LAYER), trace.scores(LAYER).astype(float), -np.inf))
    sinks = np.exp(tensors["self_attn.sinks"])[:, None, None]
    np.testing.assert_allclose(trace.pattern(LAYER), powers / (powers.sum(-1, keepdims=True) + sinks), atol=1e-6)
    assert trace.pattern(LAYER).sum(-1).mean() < 0.95


def test_experts_have_biases_clamps_and_an_offset_on_their_input(made):
    tensors, trace = made
    x, found, met = trace.array("mlp_normed", LAYER).astype(float), trace.mlp_out(LAYER), 0
    for row, own in zip(x, found, strict=True):
        scores = tensors["mlp.router.weight"] @ row + tensors["mlp.router.bias"]
        chosen = np.argsort(-scores)[:3]
        shares = np.exp(scores[chosen]) / np.exp(scores[chosen]).sum()
        mixed = 0.0
        for share, expert in zip(shares, chosen, strict=True):
            both = row @ tensors["mlp.experts.gate_up_proj"][expert] + tensors["mlp.experts.gate_up_proj_bias"][expert]
            gate, up = np.minimum(both[::2], BOUND), np.clip(both[1::2], -BOUND, BOUND)
            met += (gate == BOUND).sum() + (np.abs(up) == BOUND).sum()
            hidden = gate / (1 + np.exp(-1.702 * gate)) * (up + 1)
            out = hidden @ tensors["mlp.experts.down_proj"][expert] + tensors["mlp.experts.down_proj_bias"][expert]
            mixed = mixed + share * out
        np.testing.assert_allclose(own, mixed, atol=1e-5)
    assert met > 100


def test_a_weight_opens_to_its_sink_and_an_expert_to_its_clamps(made):
    _, trace = made
    seen = set()
    for start in (Address("weight", (LAYER, 4, 9, 8)), Address("expert_gated", (LAYER, 9, 1, 7))):
        for address, term in open_all(trace, start):
            seen.add(address.quantity)
            assert float(evaluate(term)) == pytest.approx(float(term.value), rel=1e-6, abs=1e-6), str(address)
            place = address.indices
            layer, place = (None, place) if address.quantity in trace.declared(None) else (place[0], place[1:])
            assert float(term.value) == pytest.approx(float(trace.array(address.quantity, layer)[place]), abs=2e-5)
    assert {"weight", "b_sink", "expert_in_clamped", "expert_gate_clamped", "b_expert_in", "W_expert_gate"} <= seen
    sink = open_term(trace, Address("b_sink", (LAYER, 4)))
    assert "self_attn.sinks" in sink.note
