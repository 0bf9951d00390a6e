"""The attentions of a run: one where there is one side; of an encoder–decoder the encoder's, the decoder's, and the
decoder's to the encoder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from attention_core.arrays import Array
from attention_core.computation.derivation import Address
from attention_core.computation.stage import Stage
from attention_core.config.masks import Mask
from attention_core.config.model_config import ModelConfig
from attention_core.encoder_decoder import PairTrace
from attention_core.ops.elementwise import ApplyMask
from attention_core.text.tokenizer import Token
from attention_core.trace import KeepingTrace, Trace

Side = Literal["encoder", "decoder", "cross"]
Kind = Literal["q", "k", "v"]


@dataclass(frozen=True)
class AttentionView:
    """One of a run's attentions: who asks, who answers, and under which names its quantities stand.

    side:   which one it is; None where a model has no other
    trace:  the run whose tokens ask, in whose layers it stands
    source: the run whose tokens answer: the same, or the encoder's
    prefix: what the names of its quantities begin with: "cross_", or nothing
    """

    side: Side | None
    trace: Trace
    source: Trace
    prefix: str = ""

    @property
    def config(self) -> ModelConfig:
        """The sizes and traits of the model that asks."""
        return self.trace.model.config

    @property
    def crosses(self) -> bool:
        """Whether other tokens answer than ask."""
        return self.source is not self.trace

    @property
    def causal(self) -> bool:
        """Whether a query may not look at later keys."""
        return self.config.causal and not self.crosses

    @property
    def has_sink(self) -> bool:
        """Whether each head has a trained score, beside those of the keys, that takes its part of every row."""
        return self.config.attn_sink and not self.crosses

    def window(self, layer: int) -> int | None:
        """How many keys a query sees in a layer; None for all."""
        return None if self.crosses else self.config.window(layer)

    @property
    def queries(self) -> tuple[Token, ...]:
        """The tokens that ask: [query]."""
        return self.trace.pieces

    @property
    def keys(self) -> tuple[Token, ...]:
        """The tokens that answer: [key]."""
        return self.source.pieces

    @property
    def query_names(self) -> list[str]:
        """The tokens that ask, as they read: [query]."""
        return self.trace.tokens

    @property
    def key_names(self) -> list[str]:
        """The tokens that answer, as they read: [key]."""
        return self.source.tokens

    @property
    def finds(self) -> str:
        """The stream as this attention finds it."""
        return "resid_mid" if self.crosses else "resid_pre"

    @property
    def leaves(self) -> str:
        """The stream as this attention leaves it; together with what the MLP adds, where the two stand side by side."""
        if self.crosses:
            return "resid_cross"
        return "resid_mid" if self.trace.has("resid_mid", 0) else "resid_post"

    @property
    def sums(self) -> tuple[str, ...]:
        """Where what it has found is added to the stream, and normed where a norm follows."""
        place = self.leaves.removeprefix("resid_")
        return tuple(name for name in (f"{place}_sum", self.leaves) if self.trace.has(name, 0))

    def name(self, quantity: str) -> str:
        """What a quantity of self-attention is called here: "q" is "cross_q" in cross-attention."""
        return self.prefix + quantity

    def has(self, quantity: str, layer: int) -> bool:
        """Whether there is a quantity of this name in a layer."""
        return self.trace.has(self.name(quantity), layer)

    def array(self, quantity: str, layer: int) -> Array:
        """All numbers of a quantity, read-only."""
        return self.trace.array(self.name(quantity), layer)

    def address(self, quantity: str, *indices: int) -> Address:
        """The address of a number: the quantity's name as in self-attention, the layer, and what else it takes."""
        return Address(self.name(quantity), indices)

    def pattern(self, layer: int) -> Array:
        """Attention weights: [head, query, key]; each row sums to 1, or to less where a sink takes its part."""
        return self.array("weight", layer)

    def mask(self, layer: int) -> Mask | None:
        """True where a query may look in a layer: [query, key], or None when it may look everywhere."""
        if not self.crosses:
            return self.trace.mask(layer)
        seen: Mask = self.trace.array("cross_mask", layer)  # type: ignore[assignment]
        return None if seen.all() else np.broadcast_to(seen, (len(self.queries), len(self.keys)))

    def scoring(self, layer: int) -> list[Stage]:
        """What is done to q · k before the mask: scaled, capped, given the position's term; nothing where it is not."""
        made: list[Stage] = []
        stage = self.trace.stage(self.name("weight"), layer)
        while (stage := self.trace.stage(stage.inputs[0].name, layer)).name != self.name("product"):
            if not isinstance(stage.operation, ApplyMask):
                made.insert(0, stage)
        return made

    def entering(self, kind: Kind, layer: int) -> list[Stage]:
        """Queries, keys or values as they are projected, and what is done to them before they enter the attention."""
        user, place = {"q": ("product", 0), "k": ("product", 1), "v": ("z", 1)}[kind]
        made = [self.trace.stage(self.trace.stage(self.name(user), layer).inputs[place].name, layer)]
        while made[0].name != self.name(kind):
            made.insert(0, self.trace.stage(made[0].inputs[0].name, layer))
        return made

    def keeping(self) -> AttentionView:
        """The same, keeping what is computed: for the drawing of one page."""
        trace = KeepingTrace.of(self.trace)
        return replace(self, trace=trace, source=self.source if self.crosses else trace)


def attention_views(run: Trace | PairTrace) -> Mapping[Side | None, AttentionView]:
    """The attentions of a run, by side."""
    if isinstance(run, Trace):
        return {None: AttentionView(None, run, run)}
    encoder, decoder = run.encoder, run.decoder
    made = (
        AttentionView("encoder", encoder, encoder),
        AttentionView("decoder", decoder, decoder),
        AttentionView("cross", decoder, encoder, "cross_"),
    )
    return {each.side: each for each in made}
