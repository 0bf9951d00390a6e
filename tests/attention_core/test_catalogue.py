"""What the catalogue says of a model is true of the model that it names."""

import re

from attention_core.catalogue import CATALOGUE
from attention_core.checkpoint import HUB_ID, find
from attention_core.families.bert import BERT
from attention_core.families.convert import tensor_sources
from attention_core.families.registry import FAMILIES
from tests.hub import FILES


def test_the_default_pins_its_files():
    assert {"model.safetensors", "tokenizer.json"} <= set(CATALOGUE["minilm"].digests)


def test_digests_are_of_files_that_a_model_has():
    for entry in CATALOGUE.values():
        assert set(entry.digests) <= set(FILES)
        assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in entry.digests.values())


def test_every_entry_tells_what_it_is():
    for name, entry in CATALOGUE.items():
        assert re.fullmatch("[a-z0-9.-]+", name)
        assert entry.family in FAMILIES
        assert HUB_ID.fullmatch(entry.hub_id)
        assert entry.page.startswith("https://")
        assert all(sentence.endswith(".") for sentence in (entry.purpose, entry.look))


def test_a_download_takes_two_or_four_bytes_a_number():
    for entry in CATALOGUE.values():
        numbers = entry.parameters * 1e6
        assert any(0.99 < entry.size / (numbers * width) < 1.2 for width in (2, 4)), entry.title


def test_there_are_some_fifteen_models_of_all_kinds():
    assert len(CATALOGUE) >= 15
    assert len({entry.hub_id for entry in CATALOGUE.values()}) == len(CATALOGUE)
    assert len({entry.family for entry in CATALOGUE.values()}) >= 12


def test_minilm_takes_as_many_bytes_as_is_told():
    folder = find(CATALOGUE["minilm"])
    assert sum((folder / file).stat().st_size for file in FILES) == CATALOGUE["minilm"].size


def test_minilm_has_the_size_that_is_told(minilm):
    own = sum(array.size for array in minilm.weights.values())
    pooler = minilm.config.d_model * (minilm.config.d_model + 1)  # in the file, of no use here
    assert round((own + pooler) / 1e6, 1) == CATALOGUE["minilm"].parameters


def test_minilm_names_every_tensor_it_was_made_from(minilm):
    assert set(minilm.sources) == set(tensor_sources(BERT, minilm.config))
    assert minilm.sources["W_Q", 3] == "encoder.layer.3.attention.self.query.weight"
