"""The attentions of a run: one for most models; three for an encoder–decoder: the self-attention of each side, and
cross-attention."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from attention_core.arrays import Array, ArrayCache
from attention_core.computation.derivation import Address
from attention_core.computation.stage import Stage
from attention_core.config.masks import Mask
from attention_core.config.model_config import ModelConfig
from attention_core.encoder_decoder import EncoderDecoderTrace
from attention_core.ops.elementwise import ApplyMask
from attention_core.text.tokenizer import Token
from attention_core.trace import CachingTrace, Trace

Side = Literal["encoder", "decoder", "cross"]
Kind = Literal["q", "k", "v"]


@dataclass(frozen=True)
class AttentionView:
    """One attention of a run: its queries, its keys, and the names of its quantities.

    side:   which attention; None if the model has only one
    trace:  the run whose tokens are the queries, and whose layers compute this attention
    source: the run whose tokens are the keys: the same run, or the encoder's
    prefix: the prefix of its quantities' names: "cross_" or empty
    """

    side: Side | None
    trace: Trace
    source: Trace
    prefix: str = ""

    @property
    def config(self) -> ModelConfig:
        """The sizes and traits of the queries' model."""
        return self.trace.model.config

    @property
    def is_cross(self) -> bool:
        """Whether this is cross-attention: the keys are other tokens than the queries."""
        return self.source is not self.trace

    @property
    def causal(self) -> bool:
        """Whether a query may attend only to itself and earlier keys."""
        return self.config.causal and not self.is_cross

    @property
    def has_sink(self) -> bool:
        """Whether each head has a trained score beside those of the keys, which takes part of every row's weight."""
        return self.config.attn_sink and not self.is_cross

    def window(self, layer: int) -> int | None:
        """How many keys a query may attend to in a layer; None for all."""
        return None if self.is_cross else self.config.window(layer)

    @property
    def queries(self) -> tuple[Token, ...]:
        """The query tokens: [query]."""
        return self.trace.pieces

    @property
    def keys(self) -> tuple[Token, ...]:
        """The key tokens: [key]."""
        return self.source.pieces

    @property
    def query_tokens(self) -> list[str]:
        """The texts of the query tokens: [query]."""
        return self.trace.tokens

    @property
    def key_tokens(self) -> list[str]:
        """The texts of the key tokens: [key]."""
        return self.source.tokens

    @property
    def resid_in(self) -> str:
        """The name of the residual stream before this attention."""
        return "resid_mid" if self.is_cross else "resid_pre"

    @property
    def resid_out(self) -> str:
        """The name of the residual stream after this attention; after the MLP too, in a parallel block."""
        if self.is_cross:
            return "resid_cross"
        return "resid_mid" if self.trace.has("resid_mid", 0) else "resid_post"

    @property
    def resid_updates(self) -> tuple[str, ...]:
        """The names of the residual stream with the attention output added, and normalized where a norm follows."""
        position = self.resid_out.removeprefix("resid_")
        return tuple(name for name in (f"{position}_sum", self.resid_out) if self.trace.has(name, 0))

    def name(self, quantity: str) -> str:
        """The name of a self-attention quantity in this attention: "q" is "cross_q" in cross-attention."""
        return self.prefix + quantity

    def has(self, quantity: str, layer: int) -> bool:
        """Whether a layer has this quantity."""
        return self.trace.has(self.name(quantity), layer)

    def array(self, quantity: str, layer: int) -> Array:
        """A quantity as a read-only array."""
        return self.trace.array(self.name(quantity), layer)

    def address(self, quantity: str, *indices: int) -> Address:
        """The address of a number. quantity: its name in self-attention; indices: the layer comes first."""
        return Address(self.name(quantity), indices)

    def pattern(self, layer: int) -> Array:
        """Attention weights: [head, query, key]; each row sums to 1, or less with an attention sink."""
        return self.array("weight", layer)

    def mask(self, layer: int) -> Mask | None:
        """True where a query may attend to a key in a layer: [query, key]; None if it may attend to all."""
        if not self.is_cross:
            return self.trace.mask(layer)
        allowed: Mask = self.trace.array("cross_mask", layer)  # type: ignore[assignment]
        return None if allowed.all() else np.broadcast_to(allowed, (len(self.queries), len(self.keys)))

    def score_stages(self, layer: int) -> list[Stage]:
        """The stages between q · k and the mask: scaling, soft cap, position bias; empty if there are none."""
        stages: list[Stage] = []
        stage = self.trace.stage(self.name("weight"), layer)
        while (stage := self.trace.stage(stage.inputs[0].name, layer)).name != self.name("product"):
            if not isinstance(stage.operation, ApplyMask):
                stages.insert(0, stage)
        return stages

    def projection_stages(self, kind: Kind, layer: int) -> list[Stage]:
        """The stages that project queries, keys or values, normalize them and rotate them, in order."""
        user, position = {"q": ("product", 0), "k": ("product", 1), "v": ("z", 1)}[kind]
        stages = [self.trace.stage(self.trace.stage(self.name(user), layer).inputs[position].name, layer)]
        while stages[0].name != self.name(kind):
            stages.insert(0, self.trace.stage(stages[0].inputs[0].name, layer))
        return stages

    def caching(self, shared: ArrayCache | None = None) -> AttentionView:
        """The same attention, which caches all it computes, for drawing one page.

        shared: what other drawings have computed, and may use
        """
        trace = CachingTrace.of(self.trace, shared)
        return replace(self, trace=trace, source=self.source if self.is_cross else trace)


def attention_views(run: Trace | EncoderDecoderTrace) -> Mapping[Side | None, AttentionView]:
    """The attentions of a run, by side."""
    if isinstance(run, Trace):
        return {None: AttentionView(None, run, run)}
    encoder, decoder = run.encoder, run.decoder
    views = (
        AttentionView("encoder", encoder, encoder),
        AttentionView("decoder", decoder, decoder),
        AttentionView("cross", decoder, encoder, "cross_"),
    )
    return {view.side: view for view in views}
