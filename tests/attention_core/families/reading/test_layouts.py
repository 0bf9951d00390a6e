"""From a checkpoint's names to ours: every key and every tensor is used, ignored knowingly, or refused by name."""

from dataclasses import replace

import numpy as np
import pytest

from attention_core.errors import CheckpointError, UnsupportedConfigError
from attention_core.families.bert import BERT
from attention_core.families.reading.configuration import read_config
from attention_core.families.reading.layouts import (
    adapt_to_checkpoint,
    factor_lengths,
    find_name,
    find_prefix,
    make_layout,
    part_names,
    plan_layouts,
    tensor_sources,
)
from attention_core.families.reading.schema import COMMON_HARMLESS
from attention_core.families.registry import family_of
from attention_core.families.stablelm import STABLELM
from attention_core.families.t5 import T5
from tests.attention_core.families.small import written

RAW = {
    "model_type": "bert", "num_hidden_layers": 2, "num_attention_heads": 3, "hidden_size": 21,
    "intermediate_size": 13, "vocab_size": 17, "max_position_embeddings": 11, "type_vocab_size": 2,
}  # fmt: skip
CONFIG = read_config(BERT, RAW)
QUERY = "encoder.layer.1.attention.self.query.weight"


@pytest.fixture
def tensors():
    """A checkpoint of distinct whole numbers, by which every element can be identified."""
    count = 0
    tensors = {}
    for source in tensor_sources(BERT, CONFIG).values():
        shape = [int(np.prod(axis)) for axis in factor_lengths(source, CONFIG)]
        size = int(np.prod(shape))
        tensors[source.name] = np.arange(count, count + size, dtype=np.float32).reshape(shape)
        count += size
    return tensors


def test_sizes_and_traits_have_our_names():
    assert CONFIG.n_layers == 2
    assert {name: length for name, length in CONFIG.axes.items() if length and name != "group"} == {
        "token": 17, "vocab": 17, "position_id": 11, "segment": 2, "model": 21, "embed": 21, "head": 3, "kv_head": 3,
        "dim": 7, "mlp": 13, "hidden": 21,
    }  # fmt: skip
    assert (CONFIG.norm_eps, CONFIG.activation, CONFIG.causal) == (1e-12, "gelu", False)


def test_missing_keys_have_the_familys_defaults():
    config = read_config(BERT, {"model_type": "bert"})
    assert (config.n_layers, config.n_heads, config.d_model, config.d_vocab) == (12, 12, 768, 30522)


def test_choices_become_traits():
    config = read_config(BERT, RAW | {"hidden_act": "relu", "is_decoder": True})
    assert (config.activation, config.causal) == ("relu", True)


@pytest.mark.parametrize("key", sorted(BERT.harmless | COMMON_HARMLESS - {"model_type"}))
def test_a_harmless_key_has_no_effect(key):
    assert read_config(BERT, RAW | {key: "anything"}) == CONFIG


@pytest.mark.parametrize("key", sorted(BERT.required))
def test_a_required_key_is_refused_by_name_when_it_has_another_value(key):
    assert read_config(BERT, RAW | {key: BERT.required[key][0]}) == CONFIG
    with pytest.raises(UnsupportedConfigError, match=f"{key} = 'else' .*{BERT.required[key][0]!r}"):
        read_config(BERT, RAW | {key: "else"})


@pytest.mark.parametrize("key", sorted(BERT.choices))
def test_an_unsupported_choice_is_refused_by_name(key):
    with pytest.raises(UnsupportedConfigError, match=f"{key} = 'else' is not supported"):
        read_config(BERT, RAW | {key: "else"})


@pytest.mark.parametrize("value", [["gelu"], {"name": "gelu"}, None])
def test_a_choice_of_any_json_type_is_refused(value):
    with pytest.raises(UnsupportedConfigError, match="hidden_act"):
        read_config(BERT, RAW | {"hidden_act": value})


@pytest.mark.parametrize("value", ["1e-12", None, [1]])
def test_a_norm_eps_that_is_not_a_number_is_refused(value):
    with pytest.raises(UnsupportedConfigError, match="norm_eps"):
        read_config(BERT, RAW | {"layer_norm_eps": value})


def test_every_key_that_says_something_else_is_named():
    with pytest.raises(UnsupportedConfigError, match=r"^alibi = True, rope_theta = 1 do not agree"):
        read_config(BERT, RAW | {"rope_theta": 1, "alibi": True, "a_new_one": 2})


@pytest.mark.parametrize(
    ("raw", "wrong"),
    [({"model_type": "lama"}, "'lama' are not"), ({"model_type": ["bert"]}, "are not"), ({}, "There is no model_type")],
)
def test_another_family_is_named(raw, wrong):
    with pytest.raises(UnsupportedConfigError, match=rf"{wrong}.*Supported: .*bert"):
        family_of(raw)


def converted(tensors):
    """The declared tensors of a checkpoint, and their layouts."""
    layouts = plan_layouts(BERT, CONFIG, {name: array.shape for name, array in tensors.items()})
    return {key: layout.view(tensors[layout.source]) for key, layout in layouts.items()}, layouts


@pytest.mark.parametrize("prefix", BERT.prefixes)
def test_matrices_are_transposed_and_tables_are_not(tensors, prefix):
    made, at = converted({prefix + name: array for name, array in tensors.items()})
    assert at["W_Q", 1].source == prefix + QUERY
    np.testing.assert_array_equal(made["W_Q", 1][2, 4], tensors[QUERY][14:21, 4])
    np.testing.assert_array_equal(made["W_in", 0], tensors["encoder.layer.0.intermediate.dense.weight"].T)
    np.testing.assert_array_equal(made["W_E", None], tensors["embeddings.word_embeddings.weight"])
    assert {name: made[name, layer].shape for name, layer in made if name in ("W_in", "W_out", "W_pos")} == {
        "W_in": (21, 13), "W_out": (13, 21), "W_pos": (11, 21),
    }  # fmt: skip


def test_every_tensor_is_used_exactly_once(tensors):
    made, _ = converted(tensors)
    numbers = np.sort(np.concatenate([array.reshape(-1) for array in made.values()]))
    np.testing.assert_array_equal(numbers, np.arange(sum(array.size for array in tensors.values())))


def test_a_declared_tensor_is_a_view_of_the_checkpoints(tensors):
    made, layouts = converted(tensors)
    assert all(np.shares_memory(made[key], tensors[layout.source]) for key, layout in layouts.items())


def test_known_and_unneeded_tensors_are_left_out(tensors):
    known = {name: np.zeros(1) for name in ("embeddings.position_ids", "pooler.dense.bias", "cls.predictions.bias")}
    assert set(converted(tensors | known)[0]) == set(tensor_sources(BERT, CONFIG))


@pytest.mark.parametrize(
    ("name", "array", "said"),
    [
        (QUERY, np.zeros((21, 20), np.float32), r"\[21, 20\], expected \[21, 21\]"),
        (QUERY, np.zeros((1, 21, 21), np.float32), r"\[1, 21, 21\], expected \[21, 21\]"),
        ("encoder.layer.2.output.dense.bias", np.zeros(21, np.float32), "1 unexpected tensor, 'encoder.layer.2"),
    ],
)
def test_an_unexpected_or_misshapen_tensor_is_named(tensors, name, array, said):
    with pytest.raises(CheckpointError, match=said):
        converted(tensors | {name: array})


def test_missing_tensors_are_counted_and_the_first_is_named(tensors):
    del tensors[QUERY], tensors["encoder.layer.0.output.dense.bias"]
    with pytest.raises(CheckpointError, match=r"lacks 2 tensors, the first 'encoder\.layer\.0\.output\.dense\.bias'"):
        converted(tensors)


def test_a_checkpoint_without_embeddings():
    with pytest.raises(CheckpointError, match="word_embeddings"):
        find_prefix(BERT, ["something.else"])


def test_a_tensor_per_head_is_stacked():
    raw = {
        "model_type": "stablelm", "num_hidden_layers": 1, "num_attention_heads": 6, "num_key_value_heads": 2,
        "hidden_size": 42, "intermediate_size": 13, "vocab_size": 17, "partial_rotary_factor": 0.6,
        "qk_layernorm": True,
    }  # fmt: skip
    for heads in (2, 6):
        config = read_config(STABLELM, raw | {"num_key_value_heads": heads})
        sources = tensor_sources(STABLELM, config)
        query, key = (part_names(sources[name, 0].name, config) for name in ("w_q_norm", "w_k_norm"))
        assert query == [f"layers.0.self_attn.q_layernorm.norms.{head}.weight" for head in range(6)]
        assert key == [f"layers.0.self_attn.k_layernorm.norms.{head}.weight" for head in range(heads)]
        parts = {name: np.arange(7, dtype=np.float32) + 10 * at for at, name in enumerate(key)}
        source = sources["w_k_norm", 0]
        shapes = {name: part.shape for name, part in parts.items()}
        layout = make_layout(source.name, shapes, source, (config.kv_head_axis, "dim"), config)
        assert layout.names == tuple(key)
        made = layout.view(np.stack([parts[name] for name in layout.names]))
        assert made.shape == layout.shape
        np.testing.assert_array_equal(made, np.arange(7) + 10 * np.arange(heads)[:, None])


def test_norms_may_have_tensorflow_names(tensors):
    old = {
        f"bert.{name.replace('Norm.weight', 'Norm.gamma').replace('Norm.bias', 'Norm.beta')}": tensor
        for name, tensor in tensors.items()
    }
    expected, _ = converted(tensors)
    found, layouts = converted(old)
    assert layouts["w_post", 1].source == "bert.encoder.layer.1.output.LayerNorm.gamma"
    assert layouts["b_norm", None].source == "bert.embeddings.LayerNorm.beta"
    for key in expected:
        np.testing.assert_array_equal(found[key], expected[key])


def test_the_head_follows_from_the_checkpoint(tmp_path):
    """A stored head that differs from the embeddings is untied; one that equals them is tied."""
    raw = {"model_type": "t5", "vocab_size": 17, "d_model": 11, "d_kv": 3, "d_ff": 7, "num_heads": 2, "num_layers": 1}
    tied = read_config(T5, raw)
    table, other = np.ones((17, 11), np.float32), np.zeros((17, 11), np.float32)
    assert tied.head == "tied"

    def found(config, **tensors):
        stored = written(tmp_path, {f"{name}.weight": array for name, array in tensors.items()})
        return adapt_to_checkpoint(T5, config, stored)

    assert found(tied, shared=table) == tied
    assert found(tied, shared=table, lm_head=table) == tied
    assert found(tied, shared=table, lm_head=table.astype(np.float16)) == tied
    assert found(tied, shared=table, lm_head=other).head == "untied"
    own = replace(tied, head="untied")
    assert found(own, shared=table, lm_head=table) == own
    assert found(own, shared=table).head == "none"


@pytest.mark.parametrize("name", ["shared.weight", "encoder.embed_tokens.weight", "lm_head.weight"])
def test_a_shared_table_is_found_under_any_of_its_names(name):
    config = read_config(T5, {"model_type": "t5", "num_layers": 1})
    source = tensor_sources(T5, config)["W_E", None]
    assert find_name(source, [name], ("",), config) == name
    assert find_name(source, [name, "decoder.embed_tokens.weight"], ("",), config) == "decoder.embed_tokens.weight"
