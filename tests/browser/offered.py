"""The models that the shared server offers beside the catalogue; a test that only reads one adds it here."""

from tests.every_family import CASES
from tests.images import write_vit
from tests.random_model import GPT2, T5, write_model, write_pair

FAMILIES = ("llama", "gpt2", "gemma2", "bloom", "mixtral", "gpt_oss")

# So deep that a token takes a tenth of a second, and the text that is asked for many.
SLOW = GPT2 | {"n_layer": 397, "n_positions": 211}

WRITE = {
    **{f"tiny-{name}": CASES[name].write for name in FAMILIES},
    "small ViT": write_vit,
    "Pair": lambda folder: write_pair(folder, T5),
    "quick": lambda folder: write_model(folder, GPT2),
    "slow": lambda folder: write_model(folder, SLOW),
}
"""What a model is offered as, and what writes it into a folder."""
