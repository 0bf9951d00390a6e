"""Keys that are ignored, against the reference, live: its outputs are equal to the bit with and without them."""

import json

import numpy as np
import pytest

import attention_core as ac
from tests.oracle.references import REFERENCES, make

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]

LEFT = {
    "sentence_transformers": {"version": "5.1"}, "sbert_ce_default_activation_function": "torch.nn.Sigmoid",
    "xla_device": True, "_model_name_or_path": "some/model", "keys_to_ignore_at_inference": ["past_key_values"],
    "authors": ["A"], "license": "mit", "created_at": "2024-06-27", "a_key_of_tomorrow": 7,
}  # fmt: skip
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 11, "rope_theta": 500.0}
SLIDING, FULL = "sliding_attention", "full_attention"
CASES = [
    ("bert", 0, {"is_causal": False, "num_key_value_heads": 5, "scale_embedding": False}),
    ("bert", 2, {"is_causal": True}),
    ("xlm-roberta", 0, {"auto_map": {"AutoModel": "modeling_xlm_roberta.XLMRobertaModel"}}),
    ("gpt2", 0, {"rope_theta": None, "layer_types": [FULL] * 3}),
    ("llama", 0, {"sliding_window": 43, "partial_rotary_factor": 1.0, "is_causal": True, "rotary_dim": 10}),
    ("llama", 0, {"sliding_window": 5, "use_sliding_window": False, "max_window_layers": 1}),
    ("llama", 0, {"rope_parameters": YARN | {"finetuned": True}}),
    ("mistral", 0, {"layer_types": [FULL] * 3}),
    ("mistral", 1, {"layer_types": [SLIDING] * 3, "attention_bias": True}),
    ("phi3", 0, {"attention_bias": True, "head_dim": 10, "auto_map": {"AutoConfig": "configuration_phi3.Phi3Config"}}),
    ("qwen2", 0, {"attention_bias": False, "head_dim": 10}),
    ("gemma2", 0, {"embedding_multiplier": 42**0.5, "use_sliding_window": True}),
    ("gpt_neox", 0, {"rope_theta": 10000, "partial_rotary_factor": 0.25}),
    ("t5", 0, {"alibi": False}),
    ("bart", 0, {"position_embedding_type": "absolute"}),
]


@pytest.mark.parametrize(("name", "variant", "keys"), CASES)
def test_the_references_outputs_are_equal_to_the_bit(tmp_path, name, variant, keys):
    changed = {"rope_parameters": YARN} if "rope_parameters" in keys else {}
    import torch
    import transformers

    def outputs():
        kind = getattr(transformers, REFERENCES[name].model)
        model = kind.from_pretrained(tmp_path, attn_implementation="eager").eval()
        more = {"decoder_input_ids": torch.tensor([[7, 1, 9]])} if REFERENCES[name].decoder else {}
        with torch.no_grad():
            return model(input_ids=torch.tensor([ids]), **more)[0][0].numpy()

    make(name, variant, tmp_path, **changed)
    ids = np.random.default_rng(variant).integers(0, 101, 19).tolist()
    path = tmp_path / "config.json"
    raw = json.loads(path.read_text())
    without, ours = outputs(), ac.load(tmp_path)
    assert ours.ignored_keys == ()
    path.write_text(json.dumps(raw | LEFT | keys))
    np.testing.assert_array_equal(outputs(), without)
    assert ac.load(tmp_path).config == ours.config
    assert set(LEFT) <= set(ac.load(tmp_path).ignored_keys) <= {*LEFT, *keys}


@pytest.mark.parametrize(
    ("name", "keys"),
    [("llama", {"is_causal": False}), ("phi3", {"head_dim": 20}), ("llama", {"per_layer_config": {"1": {}}})],
)
def test_a_key_that_changes_the_reference_although_its_class_does_not_define_it_is_refused(tmp_path, name, keys):
    make(name, 0, tmp_path)
    path = tmp_path / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | keys))
    with pytest.raises(ac.errors.UnsupportedConfigError, match=f"^{next(iter(keys))} = "):
        ac.load(tmp_path)
