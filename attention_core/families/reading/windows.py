"""Rules for windows: layers in which a query attends only to keys less than a window away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attention_core.config.model_config import is_integer
from attention_core.errors import UnsupportedConfigError
from attention_core.families.reading.schema import Rule, Values

SLIDING, FULL = "sliding_attention", "full_attention"


def one_window(key: str = "sliding_window", n_layers: str = "num_hidden_layers") -> Rule:
    """The same window in every layer, or none where the key is null."""

    def read(values: Values) -> dict[str, Any]:
        width = values.get(key)
        if width is not None and not is_integer(width, 1):
            raise UnsupportedConfigError(f"{key} must be a whole number of at least 1, got {width!r}.")
        return {"windows": () if width is None else (width,) * layer_count(values, n_layers)}

    return Rule((key, n_layers), read)


def windows_by_layer(
    usual: Callable[[Values, int], bool], *more: str, key: str = "sliding_window", n_layers: str = "num_hidden_layers",
    switch: str | None = None,
) -> Rule:  # fmt: skip
    """Windows in the layers that `layer_types` marks as sliding, or, without it, in those that `usual` selects.

    switch: a key that must be true for any layer to have a window
    """

    def read(values: Values) -> dict[str, Any]:
        n = layer_count(values, n_layers)
        width = values.get(key) if switch is None or values.get(switch) is True else None
        kinds = values.get("layer_types")
        if kinds is None:
            kinds = [SLIDING if width is not None and usual(values, layer) else FULL for layer in range(n)]
        if not isinstance(kinds, list) or len(kinds) != n or not set(kinds) <= {SLIDING, FULL}:
            raise UnsupportedConfigError(f"layer_types must list {SLIDING} or {FULL} for each of {n} layers.")
        if SLIDING not in kinds:
            return {"windows": ()}
        if not is_integer(width, 1):
            raise UnsupportedConfigError(f"{key} must be a whole number for sliding layers, got {width!r}.")
        return {"windows": tuple(width if kind == SLIDING else None for kind in kinds)}

    return Rule((key, "layer_types", n_layers, *([switch] if switch else []), *more), read)


def layer_count(values: Values, n_layers: str) -> int:
    """The number of layers; 0 for an invalid number, which is refused elsewhere."""
    return values[n_layers] if is_integer(values[n_layers], 1) else 0
