"""The rotation of a GGUF file: its metadata, and its tensors of factors, as `rope_theta` and `rope_scaling`."""

from collections.abc import Callable, Collection
from typing import Any

from attention_core.arrays import Array
from attention_core.errors import UnsupportedConfigError
from attention_core.gguf.settings import Settings

FACTORS, SHORT, LONG = "rope_freqs.weight", "rope_factors_short.weight", "rope_factors_long.weight"
"""Tensors of the divisor of each frequency: for every text (Llama 3), or for short and for long ones (Phi-3)."""

ROPE_TENSORS = (FACTORS, SHORT, LONG)


def rope_config(
    settings: Settings, n_ctx: int | None, stored: Collection[str], read: Callable[[str], Array]
) -> dict[str, Any]:
    """The base and the scaling of the rotation, under the names of a configuration.

    n_ctx:  the context length
    stored: the names of the file's tensors
    read:   a function that reads one of them
    Raises UnsupportedConfigError.
    """
    config = {} if (base := settings.number("rope.freq_base")) is None else {"rope_theta": base}
    kind, factor = settings.take("rope.scaling.type", "none"), settings.number("rope.scaling.factor")
    original = settings.integer("rope.scaling.original_context_length")
    amplitude = settings.number("rope.scaling.attn_factor")
    betas = {name: settings.number(f"rope.scaling.yarn_{name}") for name in ("beta_fast", "beta_slow")}
    settings.take("rope.scaling.finetuned")
    if (linear := settings.number("rope.scale_linear", 1)) != 1:  # in the first files
        kind, factor = "linear", linear
    scaling: dict[str, Any] | None
    if FACTORS in stored and kind == "none":
        # Frequencies divided by given numbers are what longrope is, here by the same ones in every text.
        divisors = read(FACTORS).reshape(-1).tolist()
        scaling = {"rope_type": "longrope", "short_factor": divisors, "long_factor": divisors, "attention_factor": 1.0}
        original = n_ctx
    elif SHORT in stored and LONG in stored and kind in ("none", "longrope"):
        short, long = (read(name).reshape(-1).tolist() for name in (SHORT, LONG))
        scaling = {"rope_type": "longrope", "short_factor": short, "long_factor": long, "attention_factor": amplitude}
    elif kind == "yarn" and amplitude in (None, 1):
        scaling = {"rope_type": kind, "factor": factor, **betas}
    elif kind in ("none", "linear") and amplitude in (None, 1):
        scaling = {"rope_type": kind, "factor": factor} if kind == "linear" else None
    else:
        raise UnsupportedConfigError(
            f"{settings.architecture}.rope.scaling.type = {kind!r} with an attn_factor of {amplitude} is not supported."
        )
    if scaling is None:
        return config
    if scaling["rope_type"] != "linear":
        scaling["original_max_position_embeddings"] = original
    return config | {"rope_scaling": scaling}
