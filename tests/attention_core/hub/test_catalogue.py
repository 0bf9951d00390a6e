"""The catalogue's entries are true of their models."""

import math
import re

import pytest

from attention_core.errors import UnsupportedConfigError
from attention_core.families.bert import BERT
from attention_core.families.reading.configuration import read_config
from attention_core.families.reading.layouts import factor_lengths, tensor_sources
from attention_core.families.registry import FAMILIES, family_of
from attention_core.hub.catalogue import CATALOGUE
from attention_core.hub.download import file_digest
from attention_core.loading import CONFIG, HUB_ID, INPUT_FILES, WEIGHTS, local_entry_folder
from tests.attention_core.configurations import OF_THE_CATALOGUE
from tests.hub import FILES


def test_the_default_pins_its_files():
    assert {"model.safetensors", "tokenizer.json"} <= set(CATALOGUE["minilm"].digests)


def test_digests_are_for_files_of_a_model():
    for entry in CATALOGUE.values():
        assert set(entry.digests) <= set(FILES)
        assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in entry.digests.values())


def test_the_model_in_4_bits_pins_its_file():
    entry = CATALOGUE["smollm2-instruct"]
    assert local_entry_folder(entry).name == "SmolLM2-135M-Instruct.Q4_1.gguf"
    assert file_digest(local_entry_folder(entry), 64) == entry.gguf_digest


def test_every_entry_is_complete():
    for name, entry in CATALOGUE.items():
        assert re.fullmatch("[a-z0-9.-]+", name)
        assert entry.family in FAMILIES
        assert HUB_ID.fullmatch(entry.hub_id)
        assert entry.page.startswith("https://")
        assert all(sentence.endswith(".") for sentence in (entry.purpose, entry.look))


def test_a_download_has_two_or_four_bytes_per_parameter():
    for entry in CATALOGUE.values():
        numbers = entry.parameters * 1e6
        assert any(0.99 < entry.size / (numbers * width) < 1.2 for width in (2, 4)), entry.title


def test_there_are_at_least_fifteen_models_of_twelve_families():
    assert len(CATALOGUE) >= 15
    assert len({entry.hub_id for entry in CATALOGUE.values()}) == len(CATALOGUE)
    assert len({entry.family for entry in CATALOGUE.values()}) >= 12


@pytest.mark.parametrize("name", CATALOGUE)
def test_each_configuration_has_the_stated_number_of_parameters(name):
    family = family_of(OF_THE_CATALOGUE[name])
    assert family.model_type == CATALOGUE[name].family
    numbers = {}
    for side in filter(None, (family, family.encoder)):
        config = read_config(side, OF_THE_CATALOGUE[name])
        for source in tensor_sources(side, config).values():
            # An encoder–decoder has one embedding table.
            stored = "shared.weight" if "shared.weight" in source.instead else source.name
            numbers[stored] = math.prod(math.prod(axis) for axis in factor_lengths(source, config))
    assert sum(numbers.values()) / 1e6 == pytest.approx(CATALOGUE[name].parameters, rel=0.06)


@pytest.mark.parametrize(
    ("name", "change"), [("smollm2", {"rope_interleaved": True}), ("qwen2.5", {"use_mrope": True})]
)
def test_unsupported_options_are_refused(name, change):
    with pytest.raises(UnsupportedConfigError, match=f"{next(iter(change))} = True is not computed exactly here"):
        read_config(family_of(OF_THE_CATALOGUE[name]), OF_THE_CATALOGUE[name] | change)


@pytest.mark.parametrize("name", CATALOGUE)
def test_keys_left_by_tools_have_no_effect(name):
    raw, family = OF_THE_CATALOGUE[name], family_of(OF_THE_CATALOGUE[name])
    left = {
        "_attn_implementation_autoset": True, "transformers.js_config": {"dtype": "q4"}, "neftune_noise_alpha": 5,
        "unk_token_id": 3, "cls_token_id": 4, "sep_token_id": 5, "tie_encoder_decoder": False, "is_decoder": False,
        "is_composition": False, "tf_legacy_loss": False, "cross_attention_hidden_size": None, "pruned_heads": {},
        "add_cross_attention": False, "quantization_config": None, "unsloth_version": "2025.1",
    }  # fmt: skip
    assert read_config(family, raw | left) == read_config(family, raw)
    with pytest.raises(UnsupportedConfigError, match="tie_encoder_decoder = True is not computed"):
        read_config(family, raw | {"tie_encoder_decoder": True})


def test_minilm_has_the_stated_download_size():
    folder = local_entry_folder(CATALOGUE["minilm"])
    files = [path for path in folder.iterdir() if path.name in (CONFIG, WEIGHTS, *INPUT_FILES)]
    assert sum(path.stat().st_size for path in files) == CATALOGUE["minilm"].size


def test_minilm_has_the_stated_number_of_parameters(minilm):
    used = sum(array.size for array in minilm.weights.values())
    pooler = minilm.config.d_model * (minilm.config.d_model + 1)  # in the file, and not used here
    assert round((used + pooler) / 1e6, 1) == CATALOGUE["minilm"].parameters


def test_minilm_names_the_source_of_every_tensor(minilm):
    assert set(minilm.sources) == set(tensor_sources(BERT, minilm.config))
    assert minilm.sources["W_Q", 3] == "encoder.layer.3.attention.self.query.weight"
