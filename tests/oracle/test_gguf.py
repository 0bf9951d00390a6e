"""GGUF files as `transformers` reads them (`gguf_file=`), live: every architecture that it knows, and every type.

It reads neither Gemma 1 nor the scaling of a rotation, and takes the defaults of a family for what its tables leave
out; tests/attention_core/gguf compares such models with those that they were converted from.
"""

import gguf
import numpy as np
import pytest
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

import attention_core as ac
from attention_core.hub.catalogue import CATALOGUE
from attention_core.loading import local_entry_folder
from tests.attention_core.gguf.test_tensor_file import TYPES
from tests.attention_core.gguf.test_tokenizer import SPM
from tests.gguf_files import convert, small_config, write_variant
from tests.random_model import write_model
from tests.small_tokenizers import byte_level

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]

# What the tables of transformers leave out has the value that it takes then.
READ_ALIKE = {
    "llama": {}, "llama-no-width": {}, "mistral": {}, "qwen2": {}, "qwen3": {"head_dim": 128},
    "gemma2": {"head_dim": 256, "query_pre_attn_scalar": 256}, "gpt2": {"n_positions": 1024, "n_inner": None},
    "phi3": {"sliding_window": None},
    "gemma3_text": {"head_dim": 256, "query_pre_attn_scalar": 256, "rope_theta": 1e6},
    "stablelm": {"partial_rotary_factor": 0.25}, "stablelm-parallel": {"partial_rotary_factor": 0.25}, "falcon": {},
}  # fmt: skip
SENTENCE = "The animal didn't cross the street because it was too"
TEXTS = (
    "", " ", "Hello world", "  two  spaces ", "tabs\tand\nlines\r\n\r\nend  ", "It's they'll I'VE don't",
    "naïve café — “quotes” …", "猫が好き 한국어", "snake_case()", "عربى עברית", "👩‍👩‍👧 🇩🇪 🤷🏽",
    "e\u0301 combining", "ﬁ ligature", "a\u200bb\u00a0c",
    "<|im_start|>user\nhi<|im_end|>", "x" * 300, "MiXeD CaSe", "... !!! ???", "\u202eright to left",
    "if (a != b) { return; }",
)  # fmt: skip


def alone(path):
    """The path of a file, without the other files of its folder, which transformers would read."""
    for other in path.parent.iterdir():
        if other != path:
            other.unlink()
    return path


def compare(path, ids):
    """Attention weights, the residual stream and the logits of a file, ours and those of transformers."""
    import torch
    from transformers import AutoModelForCausalLM

    theirs = AutoModelForCausalLM.from_pretrained(
        path.parent, gguf_file=path.name, dtype=torch.float32, attn_implementation="eager"
    ).eval()
    with torch.no_grad():
        run = theirs(torch.tensor([ids]), output_attentions=True, output_hidden_states=True)
    trace = ac.load(path).trace(ids=ids)
    for layer in range(trace.model.config.n_layers):
        close(trace.resid_pre(layer), run.hidden_states[layer][0], f"input to layer {layer}")
        close(trace.pattern(layer), run.attentions[layer][0], f"attention weights of layer {layer}")
    close(trace.logits(), run.logits[0], "logits")
    return trace


def close(ours, theirs, name):
    theirs = theirs.numpy()
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5 * max(1, np.abs(theirs).max()), err_msg=name)


@pytest.mark.parametrize("name", READ_ALIKE)
def test_every_architecture(tmp_path, name):
    raw = {key: value for key, value in (small_config(name) | READ_ALIKE[name]).items() if value is not None}
    write_model(tmp_path, raw, tokenizer=byte_level().to_str(), std=0.1)
    path = alone(convert(tmp_path, tmp_path / "model.gguf"))
    compare(path, np.random.default_rng(0).integers(0, 269, 17).tolist())


def random_blocks(shape, kind, rng):
    """The bytes of a matrix of a type: random blocks, of those whose largest number is between 0.04 and 0.16."""
    block, size = GGML_QUANT_SIZES[kind]
    blocks = rng.integers(0, 256, (10_000_000 // block, size), np.uint8)
    with np.errstate(all="ignore"):
        largest = np.abs(gguf.dequantize(blocks, kind).reshape(len(blocks), -1)).max(axis=1)
    usable = blocks[(largest > 0.04) & (largest < 0.16)]
    assert len(usable) > 9
    chosen = usable[rng.integers(0, len(usable), shape[0] * shape[1] // block)]
    return chosen.reshape(shape[0], -1)


@pytest.mark.parametrize("dtype", [dtype for dtype in TYPES if not dtype.startswith(("F", "BF"))])
def test_every_type(tmp_path, dtype):
    raw = small_config("llama") | {
        "hidden_size": 256, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 64,
        "intermediate_size": 512, "num_hidden_layers": 2,
    }  # fmt: skip
    write_model(tmp_path, raw, tokenizer=byte_level().to_str(), std=0.1)
    plain = gguf.GGUFReader(convert(tmp_path, tmp_path / "plain.gguf"))
    kind, rng = GGMLQuantizationType[dtype], np.random.default_rng(0)
    blocks = {
        each.name: random_blocks(each.data.shape, kind, rng)
        for each in plain.tensors if each.name.startswith("blk.") and each.data.ndim == 2
    }  # fmt: skip
    path = alone(convert(tmp_path, tmp_path / "model.gguf", blocks=(kind, blocks)))
    trace = compare(path, rng.integers(0, 269, 17).tolist())
    assert trace.model.weights.bits is not None


def test_the_language_model_in_the_box():
    path = local_entry_folder(CATALOGUE["smollm2-instruct"])
    trace = compare(path, ac.load(path).trace(SENTENCE).ids)
    assert trace.model.weights.bits == 4


def reference_tokenizer(path):
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)


def same_tokens(ours, theirs, texts):
    for text in texts:
        encoded = theirs(text, return_offsets_mapping=True)
        tokens = ours.encode(text)
        assert [token.id for token in tokens] == encoded["input_ids"], repr(text)
        assert [token.piece for token in tokens] == theirs.convert_ids_to_tokens(encoded["input_ids"]), repr(text)
        spans = [(token.start, token.end) for token in tokens]
        assert spans == encoded["offset_mapping"], repr(text)


def test_the_tokenizer_of_the_language_model_in_the_box():
    """In all texts without digits, of which transformers does not know that SmolLM2 has one a token."""
    path = local_entry_folder(CATALOGUE["smollm2-instruct"])
    same_tokens(ac.load(path).tokenizer, reference_tokenizer(path), [*TEXTS, SENTENCE])


@pytest.mark.parametrize("architecture", ["llama", "gemma2", "phi3"])
def test_sentencepiece(tmp_path, architecture):
    path = alone(write_variant(tmp_path, architecture, tokenizer=SPM)[1])
    same_tokens(ac.load(path).tokenizer, reference_tokenizer(path), [*TEXTS, "the cat", "the <tool> cat", "cats  and"])


@pytest.mark.parametrize("pre", ["gpt-2", "llama-bpe", "qwen2", "tekken", "gpt-4o"])
def test_pre_tokenizers(tmp_path, pre):
    path = alone(write_variant(tmp_path, "llama", pre=pre)[1])
    texts = [text for text in TEXTS if "\u0301" not in text]  # which Qwen2's own tokenizer composes
    same_tokens(ac.load(path).tokenizer, reference_tokenizer(path), [*texts, "2024 and 12345.6"])
