"""What a run leaves: the residual stream. Everything else is computed from it when asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from attention_core.arrays import Array, frozen
from attention_core.errors import InputError
from attention_core.layer import declaration
from attention_core.operations import Given
from attention_core.stages import Stage, compute
from attention_core.tokenizer import Token

if TYPE_CHECKING:
    from attention_core.model import Model


@dataclass(frozen=True)
class Trace:
    """One run of a model over one text; immutable.

    resid: [n_layers + 1, position, d_model], the stream before the first layer and after each.
    It grows with the number of tokens, not with its square: what is n × n is never kept.
    """

    model: Model
    pieces: tuple[Token, ...]
    text: str
    resid: Array

    @property
    def tokens(self) -> list[str]:
        """The pieces' names in the vocabulary: [position]."""
        return [token.piece for token in self.pieces]

    @property
    def ids(self) -> list[int]:
        """The pieces' ids: [position]."""
        return [token.id for token in self.pieces]

    def q(self, layer: int) -> Array:
        """Queries: [head, position, d_head]."""
        return self.array("q", layer)

    def k(self, layer: int) -> Array:
        """Keys: [head, position, d_head]."""
        return self.array("k", layer)

    def v(self, layer: int) -> Array:
        """Values: [head, position, d_head]."""
        return self.array("v", layer)

    def scores(self, layer: int) -> Array:
        """Scaled dot products before the mask: [head, query, key]."""
        return self.array("score", layer)

    def mask(self) -> np.ndarray | None:
        """True where a query may look: [query, key], or None when it may look everywhere."""
        return self.model.mask(len(self.pieces))

    def pattern(self, layer: int) -> Array:
        """Attention weights: [head, query, key]; each row sums to 1."""
        return self.array("weight", layer)

    def z(self, layer: int) -> Array:
        """Values mixed by the attention weights: [head, query, d_head]."""
        return self.array("z", layer)

    def attn_out(self, layer: int) -> Array:
        """What attention adds to the stream: [query, d_model]."""
        return self.array("attn_out", layer)

    def resid_pre(self, layer: int) -> Array:
        """The stream as the layer finds it: [position, d_model]."""
        return self.array("resid_pre", layer)

    def resid_mid(self, layer: int) -> Array:
        """The stream between the attention and the MLP: norm(resid_pre + attn_out), [position, d_model]."""
        return self.array("resid_mid", layer)

    def resid_post(self, layer: int) -> Array:
        """The stream as the layer leaves it: norm(resid_mid + mlp_out), [position, d_model]."""
        return self.array("resid_post", layer)

    def mlp_in(self, layer: int) -> Array:
        """The MLP's hidden numbers before the activation: [position, d_mlp]."""
        return self.array("mlp_in", layer)

    def mlp_act(self, layer: int) -> Array:
        """The MLP's hidden numbers after the activation: [position, d_mlp]."""
        return self.array("mlp_act", layer)

    def mlp_out(self, layer: int) -> Array:
        """What the MLP adds to the stream: [position, d_model]."""
        return self.array("mlp_out", layer)

    @property
    def contextual(self) -> Array:
        """The contextual embeddings, the stream after the last layer: [position, d_model]."""
        return self.resid[-1]

    def logits(self) -> Array:
        """Scores of every next token: [position, d_vocab]; InputError for a model without such a head."""
        raise InputError(f"{self.model.name} has no language-model head, so it gives no logits.")

    def stage(self, name: str, layer: int | None) -> Stage:
        """The declared quantity of a name, in a layer or in none; InputError when there is none."""
        config = self.model.config
        if layer is not None and not 0 <= layer < config.n_layers:
            raise InputError(f"Layer {layer} is not there: layers are 0 to {config.n_layers - 1}.")
        for place in (layer, None):
            if name in declaration(config, place):
                return declaration(config, place)[name]
        raise InputError(f"There is no quantity named {name!r}.")

    def has(self, name: str, layer: int | None) -> bool:
        """Whether a layer, or what belongs to none, declares a quantity of this name."""
        return any(name in declaration(self.model.config, place) for place in (layer, None))

    def array(self, name: str, layer: int | None) -> Array:
        """All numbers of a declared quantity, read-only."""
        stage = self.stage(name, layer)
        if name in ("resid_pre", "resid_post") and layer is not None:
            return self.resid[layer + (name == "resid_post")]
        if isinstance(stage.operation, Given):
            mask = self.mask()
            return mask if name == "mask" and mask is not None else parameter(self.model, name, stage.layer)
        return frozen(compute(self, stage))

    def follows(self, axis: str) -> tuple[str, np.ndarray]:
        """What an axis follows, and its index at each place there."""
        n = len(self.pieces)
        places = {"token": np.array(self.ids), "place": np.arange(n), "segment": np.zeros(n, int)}
        return "position", places[axis]

    def origin(self, name: str, layer: int | None) -> str:
        """Where a given number comes from, in words."""
        if name == "mask":
            return "1: the query may look at this key. 0: it may not."
        return f"A trained number, from {self.model.sources[name, layer]}."


def parameter(model: Model, name: str, layer: int | None) -> Array:
    """A trained tensor with its declared axes."""
    config = model.config
    if layer is None:
        return getattr(model.embedding, name)  # type: ignore[no-any-return]
    if name[2:] in ("Q", "K", "V"):
        return model.W(name[2:], layer) if name[0] == "W" else model.b(name[2:], layer)
    tensor: Array = getattr(model.blocks[layer], name)
    return tensor.reshape(config.n_heads, config.d_head, config.d_model) if name == "W_O" else tensor


@dataclass(frozen=True)
class KeepingTrace(Trace):
    """A trace that keeps what it has computed: for the drawing of one page, then to be dropped."""

    kept: dict[tuple[str, int | None], Array] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, trace: Trace) -> KeepingTrace:
        """The same trace, keeping."""
        return cls(trace.model, trace.pieces, trace.text, trace.resid)

    def array(self, name: str, layer: int | None) -> Array:
        """All numbers of a declared quantity, read-only; computed once."""
        if (name, layer) not in self.kept:
            self.kept[name, layer] = super().array(name, layer)
        return self.kept[name, layer]
