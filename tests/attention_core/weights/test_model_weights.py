"""Weights streamed from disk give the same numbers as weights in memory, up to the order of sums."""

import json
import re
import threading
from dataclasses import replace

import numpy as np
import pytest

import attention_core as ac
from attention_core.errors import CheckpointError, DtypeError, SettingError
from attention_core.families.reading.configuration import read_config
from attention_core.families.reading.layouts import factor_lengths, part_names, tensor_sources
from attention_core.families.registry import FAMILIES
from attention_core.weights import model_weights as weights
from attention_core.weights import stored_array
from attention_core.weights.lazy_tensor import LazyTensor
from attention_core.weights.memory import SETTING, MemoryBudget
from attention_core.weights.tensor_file import TensorFile
from attention_core.weights.tensors import WEIGHTS
from tests.paths import BERT
from tests.small_tokenizers import write_tokenizer

TOKENIZER = BERT / "tokenizer.json"
LLAMA = {
    "model_type": "llama", "vocab_size": 101, "hidden_size": 42, "num_hidden_layers": 5, "num_attention_heads": 6,
    "head_dim": 10, "num_key_value_heads": 2, "intermediate_size": 53, "max_position_embeddings": 43,
}  # fmt: skip
CONFIGS = {
    "llama": LLAMA,
    "llama, tied": LLAMA | {"tie_word_embeddings": True, "attention_bias": True},
    "gpt2": {"model_type": "gpt2", "vocab_size": 101, "n_embd": 35, "n_layer": 3, "n_head": 5, "n_positions": 43},
    "gpt_neox": {"model_type": "gpt_neox", "vocab_size": 101, "hidden_size": 60, "num_hidden_layers": 3,
                 "num_attention_heads": 5, "intermediate_size": 53, "max_position_embeddings": 43, "rotary_pct": 0.5},
    "phi3": {**{key: value for key, value in LLAMA.items() if key != "head_dim"}, "model_type": "phi3",
             "hidden_size": 60, "pad_token_id": 0},
    "mixtral": LLAMA | {"model_type": "mixtral", "num_local_experts": 3, "num_experts_per_tok": 2,
                        "num_hidden_layers": 2},
    "gpt_oss": LLAMA | {"model_type": "gpt_oss", "num_local_experts": 3, "num_experts_per_tok": 2, "sliding_window": 3,
                        "num_hidden_layers": 2},
    "stablelm": {key: value for key, value in LLAMA.items() if key != "head_dim"} | {
        "model_type": "stablelm", "qk_layernorm": True, "partial_rotary_factor": 0.6, "num_hidden_layers": 2},
    "falcon": {"model_type": "falcon", "num_hidden_layers": 2, "num_attention_heads": 6, "hidden_size": 60,
               "ffn_hidden_size": 53, "vocab_size": 101, "num_kv_heads": 2, "new_decoder_architecture": True,
               "bias": True},
    "bloom": {"model_type": "bloom", "n_layer": 2, "n_head": 5, "hidden_size": 35, "vocab_size": 101},
    "albert": {"model_type": "albert", "vocab_size": 101, "embedding_size": 13, "hidden_size": 35,
               "num_hidden_layers": 4, "num_attention_heads": 5, "intermediate_size": 53,
               "max_position_embeddings": 43},
    "bert": {"model_type": "bert", "vocab_size": 101, "hidden_size": 35, "num_hidden_layers": 3,
             "num_attention_heads": 5, "intermediate_size": 53, "max_position_embeddings": 43},
}  # fmt: skip
IDS = [5, 17, 3, 60, 2, 99, 17]


def write_model(folder, raw, dtype="BF16"):
    """A checkpoint of random numbers of a type."""
    family = FAMILIES[raw["model_type"]]
    config = read_config(family, raw)
    draw, header, data = np.random.default_rng(7), {}, b""
    for source in tensor_sources(family, config).values():
        for name in (each for each in part_names(source.name, config) if each not in header):
            shape = [int(np.prod(axis)) for axis in factor_lengths(source, config)]
            numbers = (draw.normal(size=shape) * 0.1 + ("norm" in name)).astype(np.float32)
            kinds = {"F32": numbers, "F16": numbers.astype(np.float16), "BF16": (numbers.view(np.uint32) >> 16)}
            own = kinds[dtype].astype(np.uint16) if dtype == "BF16" else kinds[dtype]
            header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + own.nbytes]}
            data += own.tobytes()
    start = json.dumps(header).encode()
    (folder / WEIGHTS).write_bytes(len(start).to_bytes(8, "little") + start + data)
    (folder / "config.json").write_text(json.dumps(raw))
    write_tokenizer(folder, TOKENIZER.read_text(encoding="utf-8"))
    return folder


@pytest.fixture
def room(monkeypatch):
    """Sets the memory for weights; models of other tests do not count."""

    def set_limit(amount):
        monkeypatch.setattr(weights, "WEIGHT_MEMORY", MemoryBudget())
        monkeypatch.setenv(SETTING, amount)

    return set_limit


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Blocks of a few rows, so that every product takes several."""
    monkeypatch.setattr(stored_array, "PRODUCT_BLOCK", 42 * 11)


def near(ours, theirs, what=""):
    """Equal up to the order in which products are summed."""
    size = np.abs(theirs, where=np.isfinite(theirs), out=np.zeros(np.shape(theirs))).max(initial=1)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5 * size, err_msg=what)


def both(folder, room, amount="0"):
    """The model in memory, and the model with this much memory for weights."""
    room("1GB")
    kept = ac.load(folder)
    room(amount)
    return kept, ac.load(folder)


def parts(term):
    """A term and all terms below it."""
    yield term
    for each in term.parts:
        yield from parts(each)


def stored(model):
    """The declared tensors that stay on disk."""
    return [key for key in model.weights if isinstance(model.weights[key], LazyTensor)]


@pytest.mark.parametrize("name", CONFIGS)
@pytest.mark.parametrize("dtype", ["F32", "F16", "BF16"])
def test_every_number_is_the_same_without_memory_for_weights(tmp_path, room, name, dtype):
    kept, streamed = both(write_model(tmp_path, CONFIGS[name], dtype), room)
    assert not stored(kept)
    assert len(stored(streamed)) == len(streamed.weights)
    for ids in (IDS, IDS[:1]):
        ours, theirs = streamed.trace(ids=ids), kept.trace(ids=ids)
        near(ours.resid, theirs.resid)
        for layer in (None, *range(kept.config.n_layers)):
            for quantity in ours.declared(layer):
                near(ours.array(quantity, layer), theirs.array(quantity, layer), quantity)


@pytest.mark.parametrize("name", CONFIGS)
def test_every_number_opens_when_weights_are_streamed(tmp_path, room, name):
    kept, streamed = both(write_model(tmp_path, CONFIGS[name]), room)
    ours, theirs = streamed.trace(ids=IDS), kept.trace(ids=IDS)
    for layer in (None, kept.config.n_layers - 1):
        for quantity in ours.declared(layer):
            place = tuple(size - 1 - (size > 2) for size in theirs.array(quantity, layer).shape)
            address = ac.explain.Address(quantity, place if layer is None else (layer, *place))
            found, expected = (list(parts(ac.explain.open_term(each, address))) for each in (ours, theirs))
            assert [replace(each, value=0, parts=()) for each in found] == [
                replace(each, value=0, parts=()) for each in expected
            ], str(address)
            near(*(np.array([float(each.value) for each in every]) for every in (found, expected)), str(address))


@pytest.mark.parametrize("name", ["llama", "gpt2", "bert"])
def test_a_matrix_is_stored_in_the_order_of_its_product(tmp_path, room, name):
    kept, _ = both(write_model(tmp_path, CONFIGS[name]), room)
    for matrix in ("W_in", "W_out", "W_O"):
        numbers = kept.parameter(matrix, 1)
        assert numbers.reshape(-1, numbers.shape[-1]).flags.c_contiguous, matrix
        assert np.shares_memory(numbers.reshape(-1, numbers.shape[-1]), numbers), matrix
    joined = kept.weights.layers[1].products("q")
    assert len(joined) == 1
    assert joined[0].matrix.flags.c_contiguous


def test_one_number_is_read_without_the_rest_of_its_tensor(tmp_path, room, monkeypatch):
    kept, streamed = both(write_model(tmp_path, LLAMA), room)
    trace = streamed.trace(ids=IDS)
    read, fill_each = [], TensorFile.fill_each

    def noted(self, parts):
        parts = list(parts)
        read.extend(view.span for view, _ in parts)
        fill_each(self, parts)

    monkeypatch.setattr(TensorFile, "fill_each", noted)
    address = ac.explain.Address("W_out", (3, 52, 41))
    assert ac.explain.number_at(trace, address).value == kept.parameter("W_out", 3)[52, 41]
    assert read == [2]  # bytes
    np.testing.assert_array_equal(trace.array("embedding", None), kept.parameter("W_E", None)[IDS])
    assert read == [2, *[2 * 42] * len(set(IDS))]


def test_layers_are_loaded_until_memory_is_full(tmp_path, room):
    folder = write_model(tmp_path, LLAMA)
    layer = 4 * sum(kept.size for (_, at), kept in both(folder, room)[0].weights.items() if at == 0)
    _, model = both(folder, room, str(int(2.5 * layer)))
    assert {at for _, at in stored(model)} >= {2, 3, 4}
    assert not {at for _, at in stored(model)} & {0, 1}
    near(model.trace(ids=IDS).resid, both(folder, room)[0].trace(ids=IDS).resid)


def test_memory_is_shared_by_all_models(tmp_path, room):
    folder = write_model(tmp_path, LLAMA)
    kept, _ = both(folder, room)
    room(str(sum(each.nbytes for each in kept.weights.values()) + 4000))
    first, second = ac.load(folder), ac.load(folder)
    assert not stored(first)
    assert {at for _, at in stored(second)} >= set(range(5))
    del first
    assert not stored(ac.load(folder))


def test_a_streamed_run_never_loads_a_full_matrix(tmp_path, room, monkeypatch):
    kept, streamed = both(write_model(tmp_path, CONFIGS["llama, tied"]), room)
    monkeypatch.setattr(stored_array.StoredArray, "__array__", None)
    trace = streamed.trace(ids=IDS)
    near(trace.resid, kept.trace(ids=IDS).resid)
    near(trace.logits(), kept.trace(ids=IDS).logits())


def test_an_expert_without_tokens_is_not_read(tmp_path, room, monkeypatch):
    _, streamed = both(write_model(tmp_path, CONFIGS["mixtral"]), room)
    read = set()
    fill = TensorFile.fill

    def noted(self, stored, out):
        ends = {name: info.start + 2 * info.size for name, info in self.infos.items()}
        read.update(name for name, info in self.infos.items() if info.start <= stored.start < ends[name])
        fill(self, stored, out)

    monkeypatch.setattr(TensorFile, "fill", noted)
    trace = streamed.trace(ids=IDS[:1])
    chosen = [set(trace.array("expert", layer).ravel().tolist()) for layer in range(2)]
    expected = {(layer, expert) for layer in range(2) for expert in chosen[layer]}
    assert {tuple(map(int, re.findall(r"\d+", name)[:2])) for name in read if ".experts." in name} == expected
    assert len(expected) == 4


def test_concurrent_runs_give_the_same_numbers(tmp_path, room):
    kept, streamed = both(write_model(tmp_path, LLAMA), room)
    found = []
    runs = [threading.Thread(target=lambda: found.append(streamed.trace(ids=IDS).resid)) for _ in range(5)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    expected = kept.trace(ids=IDS).resid
    assert len(found) == 5
    assert all((each == found[0]).all() for each in found)
    near(found[0], expected)


def test_a_run_works_after_one_that_failed(tmp_path, room):
    folder = write_model(tmp_path, LLAMA)
    kept, streamed = both(folder, room)
    content = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(bytes(len(content)))
    for _ in range(2):
        with pytest.raises(CheckpointError, match=f"{WEIGHTS} has changed since the model was loaded"):
            streamed.trace(ids=IDS)
    (folder / WEIGHTS).write_bytes(content)
    near(ac.load(folder).trace(ids=IDS).resid, kept.trace(ids=IDS).resid)


def test_unreadable_weights_are_reported_when_a_model_is_loaded(tmp_path, room):
    folder = write_model(tmp_path, LLAMA, "F16")
    room("0")
    content = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(content.replace(b'"F16"', b'"I16"', 1))  # the embeddings alone
    with pytest.raises(DtypeError, match="I16"):
        ac.load(folder)
    (folder / WEIGHTS).write_bytes(content)
    room("plenty")
    with pytest.raises(SettingError, match="'plenty' is not an amount"):
        ac.load(folder)
