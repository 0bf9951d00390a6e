"""The families, by the name that configurations give themselves."""

from typing import Any

from attention_core.errors import UnsupportedConfigError
from attention_core.families.bert import BERT
from attention_core.families.gpt2 import GPT2
from attention_core.families.gpt_neox import GPT_NEOX
from attention_core.families.llama import LLAMA
from attention_core.families.schema import Family
from attention_core.families.t5 import T5

FAMILIES: dict[str, Family] = {family.model_type: family for family in (BERT, GPT2, GPT_NEOX, LLAMA, T5)}


def family_of(raw: dict[str, Any]) -> Family:
    """The family of a configuration as it was read; UnsupportedConfigError when there is none."""
    model_type = raw.get("model_type")
    if not isinstance(model_type, str) or model_type not in FAMILIES:
        raise UnsupportedConfigError(
            f"Models of type {model_type!r} are not supported. Supported: {', '.join(sorted(FAMILIES))}."
        )
    return FAMILIES[model_type]
