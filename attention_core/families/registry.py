"""The families by `model_type`."""

from typing import Any

from attention_core.errors import UnsupportedConfigError
from attention_core.families.albert import ALBERT
from attention_core.families.bart import BART, MBART
from attention_core.families.bert import BERT
from attention_core.families.bloom import BLOOM
from attention_core.families.distilbert import DISTILBERT
from attention_core.families.electra import ELECTRA
from attention_core.families.falcon import FALCON
from attention_core.families.gemma import GEMMA, GEMMA2
from attention_core.families.gemma3 import GEMMA3, GEMMA3_TEXT
from attention_core.families.gpt2 import GPT2
from attention_core.families.gpt_neo import GPT_NEO
from attention_core.families.gpt_neox import GPT_NEOX
from attention_core.families.gpt_oss import GPT_OSS
from attention_core.families.gptj import GPTJ
from attention_core.families.llama import LLAMA
from attention_core.families.marian import MARIAN, PEGASUS
from attention_core.families.mistral import MISTRAL
from attention_core.families.mixtral import MIXTRAL
from attention_core.families.modernbert import MODERNBERT
from attention_core.families.mpnet import MPNET
from attention_core.families.olmo2 import OLMO2
from attention_core.families.opt import OPT
from attention_core.families.phi import PHI
from attention_core.families.phi3 import PHI3
from attention_core.families.qwen import QWEN2, QWEN3
from attention_core.families.qwen_moe import QWEN3_MOE
from attention_core.families.reading.schema import Family
from attention_core.families.roberta import CAMEMBERT, ROBERTA, XLM_ROBERTA
from attention_core.families.smollm3 import SMOLLM3
from attention_core.families.stablelm import STABLELM
from attention_core.families.t5 import T5
from attention_core.families.vit import VIT

FAMILIES: dict[str, Family] = {
    family.model_type: family
    for family in (
        ALBERT, BART, BERT, BLOOM, CAMEMBERT, DISTILBERT, ELECTRA, FALCON, GEMMA, GEMMA2, GEMMA3, GEMMA3_TEXT, GPT2,
        GPTJ, GPT_NEO, GPT_NEOX, GPT_OSS, LLAMA, MARIAN, MBART, MISTRAL, MIXTRAL, MODERNBERT, MPNET, OLMO2, OPT,
        PEGASUS, PHI, PHI3, QWEN2, QWEN3, QWEN3_MOE, ROBERTA, SMOLLM3, STABLELM, T5, VIT, XLM_ROBERTA,
    )
}  # fmt: skip


def family_of(raw: dict[str, Any]) -> Family:
    """The family of a raw configuration; UnsupportedConfigError when it is not supported."""
    model_type = raw.get("model_type")
    if not isinstance(model_type, str) or model_type not in FAMILIES:
        problem = f"Models of type {model_type!r} are not supported." if model_type else "There is no model_type."
        raise UnsupportedConfigError(f"{problem} Supported: {', '.join(sorted(FAMILIES))}.")
    return FAMILIES[model_type]
