"""What the catalogue says of a model is true of the model that it names."""

import re

from attention_core.catalogue import CATALOGUE
from attention_core.checkpoint import FILES
from attention_core.families.bert import BERT
from attention_core.families.convert import tensor_sources


def test_every_entry_pins_its_files():
    for entry in CATALOGUE.values():
        assert {"model.safetensors", "tokenizer.json"} <= set(entry.digests) <= set(FILES)
        assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in entry.digests.values())


def test_minilm_has_the_size_that_is_told(minilm):
    embedding = sum(array.size for array in vars(minilm.embedding).values())
    blocks = sum(array.size for block in minilm.blocks for array in vars(block).values())
    pooler = minilm.config.d_model * (minilm.config.d_model + 1)  # in the file, of no use here
    assert round((embedding + blocks + pooler) / 1e6, 1) == CATALOGUE["minilm"].parameters


def test_minilm_names_every_tensor_it_was_made_from(minilm):
    assert set(minilm.sources) == set(tensor_sources(BERT, 6))
    assert minilm.sources["W_Q", 3] == "encoder.layer.3.attention.self.query.weight"
