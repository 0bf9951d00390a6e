"""Every architecture: a converted model computes what the model that it was converted from does."""

import gguf
import numpy as np
import pytest

import attention_core as ac
from attention_core.errors import CheckpointError, UnsupportedConfigError
from attention_core.weights.memory import SETTING
from tests.gguf_files import VARIANTS, finish, write_metadata, write_variant

IDS = [5, 17, 3, 101, 250, 7, 33, 5, 17, 3, 60, 9]


def assert_equal(ours, theirs, name):
    """Equal to a hundred-thousandth of the largest number."""
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5 * max(1, np.abs(theirs).max()), err_msg=name)


@pytest.mark.parametrize("memory", ["1GB", "0"])
@pytest.mark.parametrize("name", VARIANTS)
def test_a_converted_model_computes_the_same(tmp_path, monkeypatch, name, memory):
    monkeypatch.setenv(SETTING, memory)
    folder, path = write_variant(tmp_path, name)
    original, converted = ac.load(folder).trace(ids=IDS), ac.load(path).trace(ids=IDS)
    for layer in range(original.model.config.n_layers):
        for quantity in ("q", "k", "v", "pattern", "resid_post"):
            ours, theirs = getattr(converted, quantity)(layer), getattr(original, quantity)(layer)
            assert_equal(ours, theirs, f"{quantity} of layer {layer}")
    assert_equal(converted.logits(), original.logits(), "logits")


def settings(tmp_path, **changes):
    """Load a converted Llama whose metadata is changed; None removes a key."""
    path = write_variant(tmp_path, "llama")[1]
    reader, copy = gguf.GGUFReader(path), tmp_path / "changed.gguf"
    values = {key: field.contents() for key, field in reader.fields.items() if not key.startswith("GGUF.")}
    values |= {key.replace("__", "."): value for key, value in changes.items()}
    writer = gguf.GGUFWriter(copy, values["general.architecture"])
    write_metadata(writer, {key: value for key, value in values.items() if value is not None})
    for tensor in reader.tensors:
        writer.add_tensor(tensor.name, tensor.data)
    finish(writer)
    return ac.load(copy)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("llama__expert_count", 8, "llama.expert_count = 8 is not computed exactly here; supported: 0."),
        ("llama__attention__causal", False, "llama.attention.causal = False is not computed exactly here"),
        ("llama__new_idea", 1, "The metadata has unsupported settings: llama.new_idea."),
        ("llama__rope__scaling__type", "odd", "llama.rope.scaling.type = 'odd' with an attn_factor of"),
        ("llama__rope__freq_base", "much", "llama.rope.freq_base must be a number, got 'much'."),
        ("llama__rope__dimension_count", 4, "llama: 4 of 10 dimensions of a head cannot be rotated"),
        ("llama__attention__value_length", 7, "llama.attention.value_length = 7 is not computed exactly here; supp"),
        ("llama__attention__head_count_kv", [2, 3, 2], "n_kv_heads must be a whole number"),
        ("llama__block_count", None, "The metadata lacks llama.block_count."),
        ("llama__tensor_data_layout", "new", "llama.tensor_data_layout = 'new' is not computed exactly here"),
        ("general__architecture", "bert", "Models of architecture 'bert' are not supported. Supported: falcon, gemma,"),
        ("general__type", "adapter", "The file holds no model: its general.type is 'adapter'."),
        ("split__count", 3, "The file is one of 3 parts of a model. Merge them with llama-gguf-split --merge."),
    ],
)
def test_what_is_not_supported_is_refused_by_name(tmp_path, key, value, message):
    with pytest.raises(UnsupportedConfigError) as raised:
        settings(tmp_path, **{key: value})
    assert str(raised.value).startswith(message)


def test_what_changes_nothing_is_let_pass(tmp_path):
    harmless = {"llama__expert_count": 0, "quantize__imatrix__file": "x", "general__license": "mit", "split__count": 1,
                "llama__tensor_data_layout": "Meta AI original pth", "llama__attention__causal": True}  # fmt: skip
    plain, changed = settings(tmp_path / "a"), settings(tmp_path / "b", **harmless)
    assert plain.config == changed.config


def test_the_tokens_that_end_a_text(tmp_path):
    assert settings(tmp_path, tokenizer__ggml__eot_token_id=7).config.end_ids == (0, 7)


def test_an_unknown_tensor_is_refused_by_name(tmp_path):
    path = write_variant(tmp_path, "llama")[1]
    path.write_bytes(path.read_bytes().replace(b"blk.2.attn_q.weight", b"blk.2.attn_x.weight"))
    with pytest.raises(CheckpointError, match=r"The checkpoint lacks 1 tensor, 'blk\.2\.attn_q\.weight'\."):
        ac.load(path)


def test_a_parameter_says_where_it_is_stored(tmp_path):
    model = ac.load(write_variant(tmp_path, "llama")[1])
    assert model.sources["W_Q", 1] == "blk.1.attn_q.weight"
