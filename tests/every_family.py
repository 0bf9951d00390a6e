"""One small random model of every family, its sizes those that it is held against the reference with."""

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
"""Which of a family's reference models shows most of what it can do; the first where nothing is said."""

TWICE = {"falcon-alibi": ("falcon", 4)}
"""Families that have two layouts: a name for the second, and which of the reference models it is."""

TOKENIZERS = {
    **dict.fromkeys(("albert", "camembert", "gemma", "gemma2", "gemma3", "gemma3_text", "marian", "mbart", "mistral",
                     "mixtral", "pegasus", "phi3", "t5", "xlm-roberta"), "spaces"),
    **dict.fromkeys(("bert", "distilbert", "electra", "mpnet"), "parts"),
}  # fmt: skip
"""Which kind of tokenizer a family comes with; bytes where nothing is said."""


@dataclass(frozen=True)
class Case:
    """A model to be walked: the name it is offered by, its family, and which of the reference models it is."""

    name: str
    family: str
    variant: int

    @property
    def tokenizer(self) -> str:
        """The kind of its tokenizer."""
        return TOKENIZERS.get(self.family, "bytes")

    def raw(self) -> dict[str, Any]:
        """Its configuration as it stands in a file, with a word for each of the tokenizer's."""
        row = REFERENCES[self.family]
        made = {"model_type": self.family, **row.sizes, **row.variants[self.variant]}
        words = {"vocab_size": KINDS[self.tokenizer]().get_vocab_size()}
        if "text_config" in made:
            return made | {"text_config": made["text_config"] | words}
        return made | words

    def write(self, folder: Path) -> Path:
        """The model, in a folder."""
        spread = REFERENCES[self.family].spread
        return write_model(folder, self.raw(), tokenizer=KINDS[self.tokenizer]().to_str(), spread=spread)


CASES = {
    name: Case(name, family, variant)
    for name, (family, variant) in {**{each: (each, VARIANTS.get(each, 0)) for each in REFERENCES}, **TWICE}.items()
}
"""Every family, by what it is offered as."""


def kinds_of_layers(config: ModelConfig) -> list[int]:
    """The first layer of every kind that there is: with or without a window, a rotation, experts."""
    found: dict[tuple[object, ...], int] = {}
    for layer in range(config.n_layers):
        rotary = config.rotary[layer] if config.rotary else None
        found.setdefault((config.window(layer), rotary, layer in config.routed), layer)
    return sorted(found.values())
