"""What a run leaves: the residual stream. Everything else is computed from it when asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from attention_core import attention
from attention_core.arrays import Array, frozen
from attention_core.errors import InputError
from attention_core.ops import ACTIVATIONS, layer_norm_
from attention_core.tokenizer import Token

if TYPE_CHECKING:
    from attention_core.model import Block, Model


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
        return self._projected("Q", layer)

    def k(self, layer: int) -> Array:
        """Keys: [head, position, d_head]."""
        return self._projected("K", layer)

    def v(self, layer: int) -> Array:
        """Values: [head, position, d_head]."""
        return self._projected("V", layer)

    def scores(self, layer: int) -> Array:
        """Scaled dot products before the mask: [head, query, key]."""
        return frozen(attention.scores(self.q(layer), self.k(layer)))

    def mask(self) -> np.ndarray | None:
        """True where a query may look: [query, key], or None when it may look everywhere."""
        return self.model.mask(len(self.pieces))

    def pattern(self, layer: int) -> Array:
        """Attention weights: [head, query, key]; each row sums to 1."""
        return frozen(attention.pattern_(attention.scores(self.q(layer), self.k(layer)), self.mask()))

    def z(self, layer: int) -> Array:
        """Values mixed by the attention weights: [head, query, d_head]."""
        return frozen(attention.mix(self.pattern(layer), self.v(layer)))

    def attn_out(self, layer: int) -> Array:
        """What attention adds to the stream: [query, d_model]."""
        block = self._block(layer)
        return frozen(attention.merge(self.z(layer), block.W_O, block.b_O))

    def resid_pre(self, layer: int) -> Array:
        """The stream as the layer finds it: [position, d_model]."""
        self._block(layer)
        return self.resid[layer]

    def resid_mid(self, layer: int) -> Array:
        """The stream between the attention and the MLP: norm(resid_pre + attn_out), [position, d_model]."""
        block = self._block(layer)
        x = self.resid_pre(layer) + self.attn_out(layer)
        return frozen(layer_norm_(x, block.w_mid, block.b_mid, self.model.config.norm_eps))

    def resid_post(self, layer: int) -> Array:
        """The stream as the layer leaves it: norm(resid_mid + mlp_out), [position, d_model]."""
        self._block(layer)
        return self.resid[layer + 1]

    def mlp_in(self, layer: int) -> Array:
        """The MLP's hidden numbers before the activation: [position, d_mlp]."""
        block = self._block(layer)
        return frozen(self.resid_mid(layer) @ block.W_in + block.b_in)

    def mlp_act(self, layer: int) -> Array:
        """The MLP's hidden numbers after the activation: [position, d_mlp]."""
        return frozen(ACTIVATIONS[self.model.config.activation](self.mlp_in(layer).copy()))

    def mlp_out(self, layer: int) -> Array:
        """What the MLP adds to the stream: [position, d_model]."""
        block = self._block(layer)
        return frozen(self.mlp_act(layer) @ block.W_out + block.b_out)

    @property
    def contextual(self) -> Array:
        """The contextual embeddings, the stream after the last layer: [position, d_model]."""
        return self.resid[-1]

    def logits(self) -> Array:
        """Scores of every next token: [position, d_vocab]; InputError for a model without such a head."""
        raise InputError(f"{self.model.name} has no language-model head, so it gives no logits.")

    def _projected(self, kind: str, layer: int) -> Array:
        x, model = self.resid_pre(layer), self.model
        W = model.W(kind, layer).transpose(1, 0, 2).reshape(model.config.d_model, -1)
        return frozen(attention.project(x, W, model.b(kind, layer).reshape(-1), model.config.n_heads))

    def _block(self, layer: int) -> Block:
        if not 0 <= layer < self.model.config.n_layers:
            raise InputError(f"Layer {layer} is not there: layers are 0 to {self.model.config.n_layers - 1}.")
        return self.model.blocks[layer]


@dataclass(frozen=True)
class KeepingTrace(Trace):
    """A trace that keeps what it has computed: for the drawing of one page, then to be dropped."""

    kept: dict[tuple[str, int], Array] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, trace: Trace) -> KeepingTrace:
        """The same trace, keeping."""
        return cls(trace.model, trace.pieces, trace.text, trace.resid)


def _keeping(name: str) -> Callable[[KeepingTrace, int], Array]:
    compute: Callable[[Trace, int], Array] = getattr(Trace, name)

    def method(self: KeepingTrace, layer: int) -> Array:
        if (name, layer) not in self.kept:
            self.kept[name, layer] = compute(self, layer)
        return self.kept[name, layer]

    method.__doc__ = compute.__doc__
    return method


for _name in ("q", "k", "v", "scores", "pattern", "z", "attn_out", "resid_mid", "mlp_in", "mlp_act", "mlp_out"):
    setattr(KeepingTrace, _name, _keeping(_name))
