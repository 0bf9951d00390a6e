"""A model: its weights, and one forward pass that leaves a trace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from attention_core import attention, masks
from attention_core.arrays import Array, frozen
from attention_core.config import ModelConfig
from attention_core.errors import InputError
from attention_core.ops import ACTIVATIONS, layer_norm_
from attention_core.tokenizer import Token, Tokenizer
from attention_core.trace import Trace

SCORES_BLOCK = 1 << 19  # elements: the scores of so many heads at once stay in the cache


@dataclass(frozen=True)
class Embedding:
    """What turns ids into the first residual stream. W_E [d_vocab, d_model], W_pos [n_ctx, d_model]."""

    W_E: Array
    W_pos: Array
    W_seg: Array
    w_norm: Array
    b_norm: Array


@dataclass(frozen=True)
class Block:
    """The weights of one layer, laid out [in, out].

    W_QKV: [d_model, 3 * n_heads * d_head], the three matrices side by side, so that they are one product
    """

    W_QKV: Array
    b_QKV: Array
    W_O: Array
    b_O: Array
    w_mid: Array
    b_mid: Array
    W_in: Array
    b_in: Array
    W_out: Array
    b_out: Array
    w_post: Array
    b_post: Array


@dataclass(frozen=True)
class Model:
    """A model ready to run; immutable, so that many may share it.

    name:    what it was loaded as
    sources: canonical name, layer -> the tensor's name in the checkpoint
    """

    name: str
    config: ModelConfig
    embedding: Embedding
    blocks: tuple[Block, ...]
    tokenizer: Tokenizer
    sources: dict[tuple[str, int | None], str]

    def trace(self, text: str | None = None, *, ids: Sequence[int] | None = None) -> Trace:
        """Run the model over a text, or over token ids, and keep the residual stream.

        Raises InputError when there are no tokens, too many, or ids out of the vocabulary.
        """
        if (text is None) == (ids is None):
            raise InputError("Give either a text or ids.")
        if ids is not None:
            self._check(list(ids))
        tokens = self.tokenizer.encode(text) if text is not None else self._named(ids or ())
        self._check([token.id for token in tokens])
        return Trace(self, tokens, text or "", frozen(self._residuals(np.array([token.id for token in tokens]))))

    def W(self, kind: str, layer: int) -> Array:
        """The query, key or value matrix ("Q", "K", "V") of every head: [n_heads, d_model, d_head]."""
        config, place = self.config, "QKV".index(kind)
        parts = self.blocks[layer].W_QKV.reshape(config.d_model, 3, config.n_heads, config.d_head)
        return parts[:, place].transpose(1, 0, 2)

    def b(self, kind: str, layer: int) -> Array:
        """The query, key or value bias ("Q", "K", "V") of every head: [n_heads, d_head]."""
        config, place = self.config, "QKV".index(kind)
        return self.blocks[layer].b_QKV.reshape(3, config.n_heads, config.d_head)[place]

    def mask(self, n: int) -> masks.Mask | None:
        """Where a query may look: [query, key], or None when it may look everywhere."""
        return masks.causal(n, n) if self.config.causal else None

    def _named(self, ids: Sequence[int]) -> tuple[Token, ...]:
        special = self.tokenizer.special_ids
        return tuple(Token(int(i), self.tokenizer.piece(int(i)), 0, 0, int(i) in special, False) for i in ids)

    def _check(self, ids: list[int]) -> None:
        if not ids:
            raise InputError("There are no tokens to run the model over.")
        if len(ids) > self.config.n_ctx:
            raise InputError(f"{len(ids)} tokens are too many: this model reads at most {self.config.n_ctx}.")
        if wrong := [i for i in ids if not 0 <= i < self.config.d_vocab]:
            raise InputError(f"Id {wrong[0]} is not in the vocabulary of {self.config.d_vocab}.")

    def _residuals(self, ids: np.ndarray) -> Array:
        """The residual stream before the first layer and after each: [n_layers + 1, position, d_model]."""
        stream = np.empty((self.config.n_layers + 1, len(ids), self.config.d_model), np.float32)
        stream[0] = embed(self.embedding, ids, self.config.norm_eps)
        mask = self.mask(len(ids))
        for layer, block in enumerate(self.blocks):
            run_block(block, self.config, mask, stream[layer], out=stream[layer + 1])
        return stream


def embed(embedding: Embedding, ids: np.ndarray, eps: float) -> Array:
    """The first residual stream.

        resid_pre(0)[i] = norm(W_E[ids[i]] + W_pos[i] + W_seg[0])

    ids:     [position]
    returns: [position, d_model]
    """
    x = embedding.W_E[ids]
    x += embedding.W_pos[: len(ids)]
    x += embedding.W_seg[0]
    return layer_norm_(x, embedding.w_norm, embedding.b_norm, eps)


def run_block(block: Block, config: ModelConfig, mask: masks.Mask | None, x: Array, out: Array) -> None:
    """One layer, post-norm: what each half adds is normed together with what it was added to.

        mid = norm(x + attn_out);  out = norm(mid + act(mid · W_in + b_in) · W_out + b_out)

    x, out: [position, d_model]
    """
    mid = attention.merge(attend(block, config, mask, x), block.W_O, block.b_O)
    mid += x
    layer_norm_(mid, block.w_mid, block.b_mid, config.norm_eps)
    hidden = mid @ block.W_in
    hidden += block.b_in
    np.matmul(ACTIVATIONS[config.activation](hidden), block.W_out, out=out)
    out += block.b_out
    out += mid
    layer_norm_(out, block.w_post, block.b_post, config.norm_eps)


def attend(block: Block, config: ModelConfig, mask: masks.Mask | None, x: Array) -> Array:
    """Every head's mixed values z [head, query, d_head]; some heads at a time, so that scores stay in cache."""
    n = len(x)
    q, k, v = np.split(attention.project(x, block.W_QKV, block.b_QKV, 3 * config.n_heads), 3)
    z = np.empty((n, config.n_heads, config.d_head), np.float32).transpose(1, 0, 2)
    step = max(1, SCORES_BLOCK // (n * n))
    for start in range(0, config.n_heads, step):
        heads = slice(start, start + step)
        z[heads] = attention.mix(attention.pattern_(attention.scores(q[heads], k[heads]), mask), v[heads])
    return z
