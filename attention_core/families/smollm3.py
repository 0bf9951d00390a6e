"""SmolLM3: Llama without rotary positions in some layers.

Source: Hugging Face 2025, https://huggingface.co/blog/smollm3
"""

from dataclasses import replace
from typing import Any

from attention_core.config.model_config import is_integer
from attention_core.errors import UnsupportedConfigError
from attention_core.families.llama import LLAMA
from attention_core.families.reading.rules import biases, either, flags_to_biases, head_width, rope
from attention_core.families.reading.schema import Rule, Values

ROPE = rope(d_head=None)


def rotary_traits(values: Values) -> dict[str, Any]:
    """The rotation of layers with 1 in `no_rope_layers`, or else of all but every `no_rope_layer_interval`th."""
    traits = ROPE.read(values)
    count, every = len(traits["rotary"]), values["no_rope_layer_interval"]
    marks = values.get("no_rope_layers")
    if marks is None:
        if not is_integer(every, 1):
            raise UnsupportedConfigError(f"no_rope_layer_interval must be a whole number, got {every!r}.")
        marks = [int((layer + 1) % every != 0) for layer in range(count)]
    if not isinstance(marks, list) or len(marks) != count or not all(mark in (0, 1) for mark in marks):
        raise UnsupportedConfigError(f"no_rope_layers must list 0 or 1 for each of {count} layers, got {marks!r}.")
    if not any(marks):
        raise UnsupportedConfigError("no_rope_layers without a rotary layer is not supported.")
    rotary = tuple(each if mark else None for each, mark in zip(traits["rotary"], marks, strict=True))
    return traits | {"rotary": rotary}


SMOLLM3 = replace(
    LLAMA,
    model_type="smollm3",
    defaults={
        **LLAMA.defaults,
        "vocab_size": 128256, "hidden_size": 2048, "num_hidden_layers": 36, "num_attention_heads": 16,
        "num_key_value_heads": 4, "max_position_embeddings": 32768, "rope_theta": 2000000.0,
        "no_rope_layer_interval": 4, "tie_word_embeddings": True, "eos_token_id": 128001,
    },
    rules=(
        head_width("num_attention_heads", "hidden_size"),
        either("n_kv_heads", "num_key_value_heads", lambda values: values["num_attention_heads"]),
        flags_to_biases(
            biases("attention_bias", "b_Q", "b_K", "b_V", "b_O"), biases("mlp_bias", "b_gate", "b_in", "b_out")
        ),
        Rule((*ROPE.keys, "no_rope_layers", "no_rope_layer_interval"), rotary_traits),
    ),
    required={**LLAMA.required, "use_sliding_window": (False,)},
    harmless=LLAMA.harmless | {"sliding_window", "layer_types", "max_window_layers"},
)  # fmt: skip
