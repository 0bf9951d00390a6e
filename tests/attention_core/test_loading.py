"""Loading: models that can be computed exactly are loaded, all others are refused by name."""

import errno
import io
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import attention_core as ac
from attention_core.errors import (
    CheckpointError,
    DigestError,
    DtypeError,
    InputError,
    PickleError,
    ShapeError,
    UnknownModelError,
    UnsupportedConfigError,
)
from attention_core.hub.catalogue import CATALOGUE
from tests.gguf_files import write_variant
from tests.hub import FILES
from tests.images import PREPROCESSOR, write_vit
from tests.paths import BERT
from tests.random_model import T5, write_pair


@pytest.fixture
def folder(tmp_path):
    for file in FILES:
        shutil.copy(BERT / file, tmp_path / file)
    return tmp_path


def change_config(folder, **change):
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))


def change_tensors(folder, change):
    tensors = load_file(folder / "model.safetensors")
    change(tensors)
    save_file(tensors, folder / "model.safetensors")


def test_a_folder_is_loaded(folder):
    model = ac.load(folder)
    assert (model.config.n_layers, model.config.n_heads, model.config.d_head) == (3, 5, 7)
    assert model.parameter("W_Q", 0).shape == (5, 35, 7)
    source = load_file(folder / "model.safetensors")["encoder.layer.2.attention.self.value.weight"]
    np.testing.assert_array_equal(model.parameter("W_V", 2)[1, 3], source[7:14, 3])


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"model_type": "lama"}, "lama"),
        ({"rope_theta": 1e4}, "rope_theta"),
        ({"position_embedding_type": "relative_key"}, "position_embedding_type"),
        ({"hidden_act": "mish"}, "hidden_act"),
        ({"add_cross_attention": True}, "add_cross_attention"),
        ({"num_attention_heads": 4}, "4"),
        ({"num_attention_heads": 0}, "0"),
        ({"num_hidden_layers": "3"}, "n_layers"),
        ({"layer_norm_eps": 0}, "norm_eps"),
    ],
)
def test_a_configuration_is_refused_by_name(folder, change, named):
    change_config(folder, **change)
    with pytest.raises(UnsupportedConfigError, match=named):
        ac.load(folder)


BIAS = "embeddings.LayerNorm.bias"


@pytest.mark.parametrize(
    ("change", "error", "named"),
    [
        (lambda t: t.pop("encoder.layer.1.output.dense.bias"), CheckpointError,
         r"lacks 1 tensor, .*layer\.1\.output\.dense\.bias"),
        (lambda t: t.update(extra=np.zeros(3, np.float32)), CheckpointError, "extra"),
        (lambda t: t.update({BIAS: np.zeros(34, np.float32)}), ShapeError, rf"'{BIAS}'.*\[34\], expected \[35\]"),
        (lambda t: t.update({BIAS: np.zeros(35, np.float64)}), DtypeError, f"'{BIAS}'.*F64"),
        (lambda t: t.pop("embeddings.word_embeddings.weight"), CheckpointError, "word_embeddings"),
    ],
)  # fmt: skip
def test_tensors_are_checked(folder, change, error, named):
    change_tensors(folder, change)
    with pytest.raises(error, match=named):
        ac.load(folder)


def test_half_precision_is_loaded_exactly(folder):
    change_tensors(folder, lambda t: t.update({name: array.astype(np.float16) for name, array in t.items()}))
    model = ac.load(folder)
    source = load_file(folder / "model.safetensors")["encoder.layer.2.attention.self.value.weight"]
    assert model.parameter("W_V", 2).dtype == np.float32
    np.testing.assert_array_equal(model.parameter("W_V", 2)[1, 3], source[7:14, 3].astype(np.float32))


def test_a_loaded_model_does_not_change_when_its_file_is_overwritten(folder):
    model = ac.load(folder)
    before = model.trace(ids=[1, 2, 3]).contextual.copy()
    path = folder / "model.safetensors"
    with path.open("r+b") as file:
        file.seek(8000)
        file.write(bytes(path.stat().st_size - 8000))
    np.testing.assert_array_equal(model.trace(ids=[1, 2, 3]).contextual, before)


def test_a_folder_of_pickles_is_refused(folder):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(PickleError, match="Only safetensors"):
        ac.load(folder)


def test_a_prefix_of_tensor_names_is_recognized(folder):
    tensors = {f"bert.{name}": array for name, array in load_file(folder / "model.safetensors").items()}
    save_file(tensors, folder / "model.safetensors")
    assert ac.load(folder).trace(ids=[1, 2]).pattern(0).shape == (5, 2, 2)


@pytest.mark.parametrize("file", FILES)
def test_a_broken_file_is_named(folder, file):
    raw = (folder / file).read_bytes()
    (folder / file).write_bytes(raw[: min(50, len(raw) // 2)])
    with pytest.raises(CheckpointError, match=file):
        ac.load(folder)


@pytest.mark.parametrize("file", ["config.json", "model.safetensors"])
def test_a_missing_file_is_named(folder, file):
    (folder / file).unlink()
    with pytest.raises(CheckpointError, match=file):
        ac.load(folder)


def test_a_folder_without_a_tokenizer_traces_ids(folder):
    ids = [1, 2, 3]
    expected = ac.load(folder).trace(ids=ids).contextual
    (folder / "tokenizer.json").unlink()
    trace = ac.load(folder).trace(ids=ids)
    np.testing.assert_array_equal(trace.contextual, expected)
    assert trace.tokens == ["<1>", "<2>", "<3>"]
    with pytest.raises(InputError, match=r"no tokenizer: its folder has no tokenizer\.json, vocab\.txt"):
        trace.model.trace("the cat")


def test_a_configuration_that_is_not_an_object(folder):
    (folder / "config.json").write_text("[1]")
    with pytest.raises(CheckpointError, match="list"):
        ac.load(folder)


def test_a_wrong_digest_names_both(monkeypatch):
    entry = replace(CATALOGUE["minilm"], digests={"tokenizer.json": "0" * 64})
    monkeypatch.setitem(CATALOGUE, "minilm", entry)
    with pytest.raises(DigestError, match=f"be50c3628f2b.*, not {'0' * 64}"):
        ac.load("minilm")


@pytest.mark.parametrize(
    "name",
    [
        "nothing",
        "a/b/c",
        "a/../b",
        "a/b@../c",
        "a/b@",
        "a b/c",
        "a/b\n",
        "\0",
    ],
)
def test_an_unknown_name_lists_the_catalogue(name):
    with pytest.raises(UnknownModelError, match="minilm"):
        ac.load(name)


@pytest.mark.parametrize(
    "name", ["/no/where", "./nowhere", "../nowhere", "~/nowhere", "C:\\nowhere", Path("nowhere/there"), "/etc/passwd"]
)
def test_a_missing_folder_is_named(name):
    with pytest.raises(UnknownModelError) as raised:
        ac.load(name)
    assert str(raised.value) == f"There is no folder {str(name)!r}. Check the path."


@pytest.mark.parametrize("name", ["/no/model.gguf", "model.gguf", Path("no") / "model.gguf"])
def test_a_missing_gguf_file_is_named(name):
    with pytest.raises(UnknownModelError) as raised:
        ac.load(name)
    assert str(raised.value) == f"There is no file {str(name)!r}. Check the path."


def test_a_gguf_file_is_loaded_by_its_path_and_a_folder_of_it_says_so(tmp_path):
    path = write_variant(tmp_path / "model", "llama")[1]
    assert ac.load(path).config == ac.load(str(path)).config
    (tmp_path / "only").mkdir()
    path.rename(tmp_path / "only" / "my.gguf")
    with pytest.raises(CheckpointError) as raised:
        ac.load(tmp_path / "only")
    assert str(raised.value) == "The model's folder has no config.json. To load my.gguf, give the path of that file."


def test_the_share_of_the_weights_that_is_read_is_reported(tmp_path):
    folder, path = write_variant(tmp_path, "llama")
    for source in (folder, path):
        shares = []
        ac.load(source, reading=shares.append)
        np.testing.assert_allclose(shares, [0, 1 / 3, 2 / 3, 1])


def test_the_language_model_in_the_box():
    model = ac.load("smollm2-instruct")
    assert model.weights.bits == 4
    trace = model.trace("The animal didn't cross the street because it was too")
    logits = trace.logits()[-1].astype(float)
    probabilities = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
    best = probabilities.argsort()[::-1][:3]
    assert [model.tokenizer.decode([id])[0] for id in best] == [" far", " close", " fast"]
    np.testing.assert_allclose(probabilities[best], [0.604, 0.169, 0.027], atol=5e-4)
    assert (trace.tokens[8], trace.tokens[1]) == (" it", " animal")
    assert trace.pattern(13)[8, 8, 1] == pytest.approx(0.750, abs=5e-4)


def test_a_changed_gguf_file_of_the_catalogue_is_refused(tmp_path, monkeypatch):
    path = write_variant(tmp_path, "llama")[1]
    monkeypatch.setattr("attention_core.loading.from_distribution", lambda name: path)
    with pytest.raises(DigestError, match=r"model\.gguf is not the expected file: its SHA-256 is"):
        ac.load("smollm2-instruct")


@pytest.mark.parametrize("name", ["a--b/c", "a/b-", "a/b.", "a/b.git", "a-/b", "a/" + "y" * 3000])
def test_a_name_that_is_not_a_valid_hub_id(name):
    with pytest.raises(UnknownModelError, match=r"'a.*' is not a valid hub id\."):
        ac.load(name)


def test_an_unreadable_file_is_named_without_its_folder(folder, monkeypatch):
    opened = io.open

    def refuse(path, *rest, **options):
        if Path(path).name == refused:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return opened(path, *rest, **options)

    monkeypatch.setattr(io, "open", refuse)
    for refused in FILES:
        with pytest.raises(CheckpointError, match=rf"^{refused} cannot be read: Permission denied\.$"):
            ac.load(folder)


def test_a_shard_with_a_name_too_long_for_the_disk(folder):
    (folder / "model.safetensors").unlink()
    index = {"weight_map": {"a": "x" * 5000 + ".safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(CheckpointError, match=r"^x+ … x+\.safetensors cannot be read: File name too long\.$"):
        ac.load(folder)


@pytest.mark.parametrize("count", [10**5, 10**12, 10**30])
def test_layers_beyond_any_model_are_refused_at_once(folder, count):
    change_config(folder, num_hidden_layers=count)
    with pytest.raises(UnsupportedConfigError, match=f"n_layers must be a whole number from 1 to 1024, got {count}"):
        ac.load(folder)


def test_ids_are_checked(folder):
    model = ac.load(folder)
    for ids, said in (([], "no tokens"), ([101], "101"), ([-1], "-1"), ([1] * 44, "44 tokens are too many.*43")):
        with pytest.raises(InputError, match=said):
            model.trace(ids=ids)
    with pytest.raises(InputError, match="either"):
        model.trace()
    with pytest.raises(InputError, match="language-model head"):
        model.trace(ids=[1]).logits()
    with pytest.raises(InputError, match="Layer 3"):
        model.trace(ids=[1]).q(3)


def test_a_trace_is_immutable(folder):
    trace = ac.load(folder).trace(ids=[1, 2, 3])
    for array in (trace.resid, trace.q(0), trace.pattern(1), trace.resid_mid(2), trace.contextual):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


@pytest.mark.parametrize("name", [123, None, 1.5, ["minilm"], b"minilm"])
def test_anything_but_a_name_is_refused(name):
    with pytest.raises(UnknownModelError, match="by its name, its hub id or its folder, got"):
        ac.load(name)


def test_ignored_keys_are_listed(folder):
    assert ac.load(folder).ignored_keys == ()
    change_config(folder, sentence_transformers={"version": "5.1"}, authors=["A"], rope_theta=None)
    assert ac.load(folder).ignored_keys == ("authors", "rope_theta", "sentence_transformers")


def test_the_ignored_keys_of_both_sides_and_of_an_image_preprocessor(tmp_path):
    pair = ac.load(write_pair(tmp_path / "pair", T5 | {"xla_device": True}))
    assert pair.ignored_keys == pair.encoder.ignored_keys == pair.decoder.ignored_keys == ("xla_device",)
    vit = write_vit(tmp_path / "vit", license="mit")
    (vit / "preprocessor_config.json").write_text(json.dumps(PREPROCESSOR | {"_valid_processor_keys": []}))
    assert ac.load(vit).ignored_keys == ("license", "_valid_processor_keys")
