"""The sizes and traits of a model, checked once, when it is made."""

from dataclasses import dataclass, fields
from typing import Literal

from attention_core.errors import UnsupportedConfigError

Activation = Literal["gelu", "relu"]

SIZES = ("n_layers", "n_heads", "d_model", "d_head", "d_mlp", "d_vocab", "n_ctx", "n_segments")


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """Everything the forward pass needs to know about a model, under this library's own names.

    n_layers, n_heads, d_model, d_head, d_mlp, d_vocab, n_ctx: sizes, each at least 1
    n_segments:  how many segment embeddings there are; every text here is segment 0
    norm_eps:    added to the variance inside every layer norm, between 0 and 1
    activation:  the function between the two products of the MLP
    causal:      whether a query may look at later keys (False) or not (True)

    Raises UnsupportedConfigError when a size is not positive or heads do not fit the width.
    """

    n_layers: int
    n_heads: int
    d_model: int
    d_head: int
    d_mlp: int
    d_vocab: int
    n_ctx: int
    n_segments: int
    norm_eps: float
    activation: Activation
    causal: bool

    def __post_init__(self) -> None:
        for size in SIZES:
            value = getattr(self, size)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise UnsupportedConfigError(f"{size} must be a whole number of at least 1, got {value!r}.")
        if self.n_heads * self.d_head != self.d_model:
            raise UnsupportedConfigError(
                f"n_heads × d_head must be d_model: {self.n_heads} × {self.d_head} is not {self.d_model}."
            )
        if not isinstance(self.norm_eps, float | int) or not 0 < self.norm_eps < 1:
            raise UnsupportedConfigError(f"norm_eps must be a number between 0 and 1, got {self.norm_eps!r}.")

    @property
    def sizes(self) -> dict[str, int]:
        """The sizes by name, for shapes that are written in names."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name in SIZES}
