"""Keys that a family's tables do not have: let pass and listed, or refused by name with what to do."""

import subprocess
import sys

import pytest

from attention_core.errors import UnsupportedConfigError
from attention_core.families.reading import ignored
from attention_core.families.reading.configuration import read_config
from attention_core.families.reading.ignored import ignored_keys, listing
from attention_core.families.reading.windows import FULL, SLIDING
from attention_core.families.registry import family_of
from tests.paths import ROOT


def read(raw):
    """The configuration, and the keys that were ignored."""
    family = family_of(raw)
    for side in filter(None, (family, family.encoder)):
        config = read_config(side, raw)
    return config, ignored_keys(family, raw)


PASSED = [
    ("bert", {"sentence_transformers": {"version": "5.1"}}),
    ("xlm-roberta", {"sbert_ce_default_activation_function": "torch.nn.modules.linear.Identity"}),
    ("t5", {"xla_device": True}),
    ("llama", {"_attn_implementation": "flash_attention_2"}),
    ("qwen3", {"_model_name_or_path": "Qwen/Qwen3-0.6B"}),
    ("gpt2", {"keys_to_ignore_at_inference": ["past_key_values"]}),
    ("gemma2", {"authors": ["A"], "license": "apache-2.0", "created_at": "2024-06-27"}),
    ("phi3", {"attention_bias": False}),
    ("phi3", {"attention_bias": True}),
    ("mistral", {"layer_types": None}),
    ("mistral", {"layer_types": [SLIDING] * 32}),
    ("mistral", {"layer_types": [FULL] * 32, "sliding_window": None}),
    ("mixtral", {"layer_types": [FULL] * 32}),
    ("llama", {"sliding_window": None, "use_sliding_window": False, "max_window_layers": 28}),
    ("llama", {"sliding_window": 4096, "use_sliding_window": False}),
    ("llama", {"sliding_window": 2048}),  # as long as the context
    ("llama", {"partial_rotary_factor": 1.0, "original_max_position_embeddings": 8192}),
    ("qwen2", {"head_dim": 128, "attention_bias": True, "mlp_bias": False, "is_causal": True}),
    ("bert", {"rope_theta": None, "is_causal": False, "num_key_value_heads": 12, "scale_embedding": False}),
    ("gpt_neox", {"rope_theta": 10000, "layer_types": [FULL] * 44, "num_key_value_heads": 64}),
    ("phi3", {"auto_map": {"AutoConfig": "configuration_phi3.Phi3Config",
                           "AutoModelForCausalLM": "modeling_phi3.Phi3ForCausalLM"}}),
    ("phi3", {"auto_map": {"AutoConfig": "microsoft/Phi-3-mini-4k-instruct--configuration_phi3.Phi3Config"}}),
    ("falcon", {"auto_map": {"AutoConfig": "configuration_falcon.FalconConfig",
                             "AutoModel": "modeling_falcon.FalconModel",
                             "AutoModelForQuestionAnswering": "modeling_falcon.FalconForQuestionAnswering"}}),
    ("xlm-roberta", {"auto_map": {"AutoModel": "modeling_xlm_roberta.XLMRobertaModel"}}),
    ("llama", {"auto_map": {"AutoTokenizer": ["tokenization_llama_fast.LlamaTokenizerFast", None]}}),
    ("llama", {"auto_map": {}}),
    ("vit", {"license": "mit"}),
]  # fmt: skip


@pytest.mark.parametrize(("model_type", "keys"), PASSED)
def test_a_key_that_the_class_does_not_define_is_ignored_and_listed(model_type, keys):
    raw = {"model_type": model_type}
    in_tables = ignored.known_keys(family_of(raw))
    unread = {key: value for key, value in keys.items() if key not in in_tables}
    rest = {key: value for key, value in keys.items() if key in in_tables}
    assert unread
    config, listed = read(raw | keys)
    assert listed == tuple(sorted(unread))
    assert (config, ()) == read(raw | rest)


REFUSED = [
    ("bert", "rope_theta", 10000.0),
    ("bert", "alibi", True),
    ("bert", "rotary_pct", 0.25),
    ("bert", "is_causal", True),
    ("albert", "is_decoder", True),
    ("gpt2", "alibi", True),
    ("gpt2", "rope_scaling", {"type": "linear", "factor": 2.0}),
    ("gptj", "rope_theta", 500000.0),
    ("gptj", "rotary_pct", 0.5),
    ("gpt_neo", "rotary", True),
    ("llama", "partial_rotary_factor", 0.5),
    ("llama", "sliding_window", 512),
    ("llama", "use_sliding_window", True),
    ("llama", "layer_types", [SLIDING] * 32),
    ("llama", "no_rope_layers", [1] * 31 + [0]),
    ("llama", "per_layer_config", {"3": {"num_attention_heads": 8}}),
    ("llama", "is_causal", False),
    ("llama", "attn_logit_softcapping", 50.0),
    ("llama", "query_pre_attn_scalar", 256),
    ("llama", "embedding_multiplier", 12.0),
    ("llama", "residual_multiplier", 0.22),
    ("llama", "attention_multiplier", 0.0078125),
    ("llama", "position_embedding_type", "alibi"),
    ("mistral", "layer_types", [FULL] * 32),
    ("mistral", "attention_chunk_size", 8192),
    ("mixtral", "layer_types", [FULL, SLIDING] * 16),
    ("phi3", "head_dim", 64),
    ("qwen2", "use_bidirectional_attention", True),
    ("qwen2", "rotary_dim", 64),
    ("qwen2", "head_dim", 64),
    ("gemma3_text", "attention_chunk_size", 128),
    ("bloom", "rope_theta", 10000.0),
    ("falcon", "scale_attn_by_inverse_layer_idx", True),
    ("t5", "rope_theta", 10000.0),
    ("modernbert", "is_decoder", True),
    ("vit", "rope_theta", 100.0),
]


@pytest.mark.parametrize(("model_type", "key", "value"), REFUSED)
def test_a_key_that_says_something_else_than_what_is_computed_is_refused_by_name(model_type, key, value):
    with pytest.raises(UnsupportedConfigError, match=f"^{key} = .* does not agree with .* '{model_type}'.* remove"):
        read({"model_type": model_type, key: value})


FOREIGN = [
    ("qwen2", "modeling_qwen.Qwen2Model"),  # attends both ways, where Qwen2Model does not
    ("qwen2", "Alibaba-NLP/gte-Qwen2-1.5B-instruct--modeling_qwen.Qwen2ForSequenceClassification"),
    ("bert", "jinaai/jina-bert-implementation--modeling_bert.JinaBertModel"),
    ("xlm-roberta", "jinaai/xlm-roberta-flash-implementation--configuration_xlm_roberta.XLMRobertaFlashConfig"),
    ("gemma2", "modeling_gemma2.CodeXEmbedModel2B"),
    ("phi3", "modeling_phi3_v.Phi3VForCausalLM"),
    ("llama", "modeling_llama"),
    ("llama", 3),
]


@pytest.mark.parametrize(("model_type", "path"), FOREIGN)
@pytest.mark.parametrize("more", [{}, {"AutoConfig": "configuration_llama.LlamaConfig"}])
def test_code_that_comes_with_a_model_is_refused(model_type, path, more):
    raw = {"model_type": model_type, "auto_map": more | {"AutoModel": path}}
    with pytest.raises(UnsupportedConfigError, match=r"^auto_map names code .*\. Use a model without it, or remove"):
        read(raw)


@pytest.mark.parametrize("auto_map", ["code.py", ["x"], 7, {"AutoModel": {"a": 1}}])
def test_an_auto_map_of_another_form_is_refused(auto_map):
    with pytest.raises(UnsupportedConfigError, match=r"^auto_map names code"):
        read({"model_type": "llama", "auto_map": auto_map})


def test_a_key_that_the_class_defines_and_the_tables_do_not_have_is_refused(monkeypatch):
    defined = ignored.defined_keys
    monkeypatch.setattr(ignored, "defined_keys", lambda *of: defined(*of) | {"attention_gate", "another"})
    with pytest.raises(UnsupportedConfigError, match=r"unsupported keys: another, attention_gate\. Use another model"):
        read({"model_type": "llama", "attention_gate": True, "another": 1, "authors": []})


def test_the_keys_of_a_multimodal_model_are_named_by_their_part():
    text = {"authors": ["A"], "license": "gemma", "num_hidden_layers": 2}
    raw = {"model_type": "gemma3", "text_config": text, "audio_config": {}, "license": "gemma"}
    assert read(raw)[1] == ("audio_config", "license", "text_config.authors", "text_config.license")
    for outer, inner in (({"rope_theta": 7.0}, {}), ({}, {"rotary_dim": 2}), ({"is_causal": False}, {})):
        with pytest.raises(UnsupportedConfigError, match="does not agree"):
            read(raw | outer | {"text_config": text | inner})


def test_many_keys_that_disagree_are_named_together_and_cut_short():
    raw = {"model_type": "llama", "is_causal": False, "sliding_window": 7, "layer_types": ["x" * 10**5]}
    with pytest.raises(UnsupportedConfigError, match=r"is_causal = False, .* sliding_window = 7 do not agree") as found:
        read(raw)
    assert len(str(found.value)) < 400


def test_a_listing_has_the_first_names():
    assert listing(["a", "b"]) == "a, b"
    assert listing(["a", "b", "c", "d"], most=2) == "a, b and 2 more"


def test_transformers_is_imported_only_for_keys_that_the_tables_do_not_have():
    code = (
        "import sys\n"
        "from attention_core.families.reading.configuration import read_config\n"
        "from attention_core.families.registry import FAMILIES\n"
        "read_config(FAMILIES['phi3'], {'model_type': 'phi3', 'resid_pdrop': 0.1, 'transformers_version': '4.40'})\n"
        "assert 'transformers' not in sys.modules\n"
        "sys.modules['torch'] = None\n"
        "read_config(FAMILIES['phi3'], {'model_type': 'phi3', 'authors': []})\n"
        "assert 'transformers' in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=100, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
