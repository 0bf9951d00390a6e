"""One small random model of every family, with the sizes of its reference model."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attention_core.config.model_config import ModelConfig
from tests.oracle.references import REFERENCES
from tests.random_model import write_model
from tests.small_tokenizers import KINDS

VARIANTS = {
    "albert": 3, "falcon": 1, "gemma2": 2, "gemma3_text": 3, "gpt2": 2, "gpt_oss": 1, "llama": 9, "mistral": 1,
    "mixtral": 2, "opt": 2, "phi": 1, "phi3": 1, "qwen2": 1, "qwen3": 3, "qwen3_moe": 2, "smollm3": 1, "stablelm": 1,
    "distilbert": 2,
}  # fmt: skip
"""The variant of a family's reference models that shows most of its features; by default the first."""

SECOND_LAYOUTS = {"falcon-alibi": ("falcon", 4)}
"""Families with two layouts: a name for the second, and its family and variant."""

TOKENIZERS = {
    **dict.fromkeys(("albert", "camembert", "gemma", "gemma2", "gemma3", "gemma3_text", "marian", "mbart", "mistral",
                     "mixtral", "pegasus", "phi3", "t5", "xlm-roberta"), "spaces"),
    **dict.fromkeys(("bert", "distilbert", "electra", "mpnet"), "parts"),
}  # fmt: skip
"""The kind of tokenizer of a family; by default bytes."""


@dataclass(frozen=True)
class Case:
    """A model under test: its name, its family, and its variant among the family's reference models."""

    name: str
    family: str
    variant: int

    @property
    def tokenizer(self) -> str:
        """The kind of tokenizer."""
        return TOKENIZERS.get(self.family, "bytes")

    def raw(self) -> dict[str, Any]:
        """The configuration as in config.json, with the tokenizer's vocabulary size."""
        row = REFERENCES[self.family]
        raw = {"model_type": self.family, **row.sizes, **row.variants[self.variant]}
        vocabulary = {"vocab_size": KINDS[self.tokenizer]().get_vocab_size()}
        if "text_config" in raw:
            return raw | {"text_config": raw["text_config"] | vocabulary}
        return raw | vocabulary

    def write(self, folder: Path) -> Path:
        """Write the model into a folder."""
        std = REFERENCES[self.family].std
        return write_model(folder, self.raw(), tokenizer=KINDS[self.tokenizer]().to_str(), std=std)


CASES = {
    **{family: Case(family, family, VARIANTS.get(family, 0)) for family in REFERENCES},
    **{name: Case(name, family, variant) for name, (family, variant) in SECOND_LAYOUTS.items()},
}
"""Every family, by name."""


def kinds_of_layers(config: ModelConfig) -> list[int]:
    """The first layer of each kind, by window, rotary embeddings and experts."""
    first: dict[tuple[object, ...], int] = {}
    for layer in range(config.n_layers):
        rotary = config.rotary[layer] if config.rotary else None
        first.setdefault((config.window(layer), rotary, layer in config.moe_layers), layer)
    return sorted(first.values())
