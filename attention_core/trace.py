"""The trace of a run: the residual stream, from which everything else is computed on demand."""

from __future__ import annotations

import weakref
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from attention_core.arrays import Array, ArrayCache, frozen
from attention_core.computation.stage import Stage, compute
from attention_core.display import count_phrase, display_name, layers_and_heads, trace_html
from attention_core.errors import InputError
from attention_core.network import Network
from attention_core.ops.basic import Input
from attention_core.runtime.forward import Forward
from attention_core.runtime.run import Inputs, ModelRun
from attention_core.text.tokenizer import Token, TokenizerProtocol
from attention_core.validate import check_index

ACCESSORS = {
    "q(layer)": "q", "k(layer)": "k", "v(layer)": "v", "scores(layer)": "weight", "mask(layer)": "mask",
    "pattern(layer)": "weight", "z(layer)": "z", "attn_out(layer)": "attn_out",
    "cross_scores(layer)": "cross_weight", "cross_pattern(layer)": "cross_weight",
    "resid_pre(layer)": "resid_pre", "resid_mid(layer)": "resid_mid", "resid_post(layer)": "resid_post",
    "mlp_in(layer)": "mlp_in", "mlp_act(layer)": "mlp_act", "mlp_out(layer)": "mlp_out",
    "router_logits(layer)": "router_logits", "router_probs(layer)": "router_probs", "experts(layer)": "expert",
    "expert_weights(layer)": "expert_weight", "contextual": "contextual", "logits()": "logits",
}  # fmt: skip
"""Each method of a trace -> the quantity that its model needs for it."""


@dataclass(frozen=True, eq=False)
class Trace(ModelRun):
    """One run of a model over one text; immutable. Its arrays are computed on demand and are read-only.

        scores = q · k / √d_head,  pattern = softmax(scores + mask),  z = pattern · v

    tokens:  the texts of the tokens: [position]; ids: their ids
    resid:   [n_layers + 1, position, d_model], the residual stream before the first layer and after each layer.
             Memory grows linearly with the number of tokens, since no n × n array is kept.
    encoder: for a decoder, the trace of the encoder whose output it attends to

    Layers, heads and positions count from 0; a layer that does not exist raises InputError.

    Source: Vaswani et al. 2017, section 3.2.1, https://arxiv.org/abs/1706.03762
    """

    model: Network
    tokenizer: TokenizerProtocol
    pieces: tuple[Token, ...]
    text: str
    resid: Array
    inputs: Inputs
    encoder: Trace | None = None

    def __repr__(self) -> str:
        return f"<Trace of {display_name(self.model.name)}: {self.sizes}>"

    def _repr_html_(self) -> str:
        """The tokens and the methods of this trace, for a notebook."""
        layers = range(self.model.config.n_layers)
        calls = [(call, getattr(Trace, call.partition("(")[0]).__doc__.partition("\n")[0])
                 for call, quantity in ACCESSORS.items() if any(self.has(quantity, layer) for layer in layers)]
        return trace_html(repr(self), self.pieces, self.tokens, calls)

    @property
    def sizes(self) -> str:
        """The numbers of tokens, layers and heads, in words."""
        return f"{count_phrase(len(self.pieces), 'token')}, {layers_and_heads(self.model.config)}"

    @cached_property
    def tokens(self) -> list[str]:
        """The texts of the tokens, with bytes of the vocabulary decoded: [position]."""
        return self.tokenizer.readable_pieces([token.piece for token in self.pieces])

    @property
    def ids(self) -> list[int]:
        """The token ids: [position]."""
        return [token.id for token in self.pieces]

    def q(self, layer: int) -> Array:
        """Queries: [head, position, d_head]."""
        return self.array("q", layer)

    def k(self, layer: int) -> Array:
        """Keys: [kv_head, position, d_head]."""
        return self.array("k", layer)

    def v(self, layer: int) -> Array:
        """Values: [kv_head, position, d_head]."""
        return self.array("v", layer)

    def q_used(self, layer: int) -> Array:
        """Queries as used in the scores, normalized and rotated if the model does so: [head, position, d_head]."""
        return self.array(self.stage("product", layer).inputs[0].name, layer)

    def k_used(self, layer: int) -> Array:
        """Keys as used in the scores: [kv_head, position, d_head]."""
        return self.array(self.stage("product", layer).inputs[1].name, layer)

    def scores(self, layer: int) -> Array:
        """Scores before the mask, scaled, capped and with a position bias if the model has them: [head, query, key]."""
        return self.array(self.before_mask("", layer), layer)

    def before_mask(self, prefix: str, layer: int) -> str:
        """The name of the scores before the mask."""
        last = self.stage(f"{prefix}weight", layer).inputs[0].name
        return self.stage(last, layer).inputs[0].name if last == f"{prefix}masked" else last

    def mask(self, layer: int = 0) -> np.ndarray | None:
        """True where a query may attend to a key in a layer: [query, key]; None if it may attend to all."""
        check_index("layer", layer, self.model.config.n_layers)
        return self.array("mask", layer) if self.has("mask", layer) else None

    def pattern(self, layer: int) -> Array:
        """Attention weights: [head, query, key]; each row sums to 1, or less with an attention sink."""
        return self.array("weight", layer)

    def z(self, layer: int) -> Array:
        """Weighted sums of values: [head, query, d_head]."""
        return self.array("z", layer)

    def attn_out(self, layer: int) -> Array:
        """The attention output, which is added to the residual stream: [query, d_model]."""
        return self.array("attn_out", layer)

    def resid_pre(self, layer: int) -> Array:
        """The residual stream before the layer: [position, d_model]."""
        return self.array("resid_pre", layer)

    def resid_mid(self, layer: int) -> Array:
        """The residual stream between attention and MLP, normalized in a post-norm model: [position, d_model]."""
        return self.array("resid_mid", layer)

    def resid_post(self, layer: int) -> Array:
        """The residual stream after the layer: [position, d_model]."""
        return self.array("resid_post", layer)

    def mlp_in(self, layer: int) -> Array:
        """The MLP's hidden units before the activation: [position, d_mlp]."""
        return self.array("mlp_in", layer)

    def mlp_act(self, layer: int) -> Array:
        """The MLP's hidden units after the activation: [position, d_mlp]."""
        return self.array("mlp_act", layer)

    def mlp_out(self, layer: int) -> Array:
        """The MLP output, which is added to the residual stream: [position, d_model]."""
        return self.array("mlp_out", layer)

    def router_logits(self, layer: int) -> Array:
        """The router's logits for all experts: [position, expert]; InputError for a layer without experts."""
        return self._of_experts("router_logits", layer)

    def router_probs(self, layer: int) -> Array:
        """The router's probabilities for all experts: [position, expert]; each row sums to 1."""
        return self._of_experts("router_probs", layer)

    def experts(self, layer: int) -> Array:
        """The experts that each token is routed to, the largest weight first: [position, choice], counted from 0."""
        return self._of_experts("expert", layer)

    def expert_weights(self, layer: int) -> Array:
        """The weights of the outputs of these experts: [position, choice]."""
        return self._of_experts("expert_weight", layer)

    def _of_experts(self, name: str, layer: int) -> Array:
        check_index("layer", layer, self.model.config.n_layers)
        if layer not in self.model.config.moe_layers:
            raise InputError(f"Layer {layer} of {self.model.name} has an MLP and no experts.")
        return self.array(name, layer)

    @property
    def contextual(self) -> Array:
        """The contextual embeddings: the residual stream after the last layer, normalized: [position, d_model]."""
        return self.array("contextual", None)

    def logits(self) -> Array:
        """The logits of the next token, [position, d_vocab], or of the labels of an image, [d_vocab].

        Raises InputError for a model without a language-model head or classifier.
        """
        if not self.has("logits", None):
            raise InputError(f"{self.model.name} has no language-model head or classifier, so it gives no logits.")
        return self.array("logits", None)

    def next_logits(self, position: int) -> Array:
        """The logits of the token after one position, -1 for the last: [d_vocab]; computed for this position only."""
        if not self.has("logits", None):
            raise InputError(f"{self.model.name} has no language-model head, so it gives no logits.")
        if position != -1:
            check_index("position", position, len(self.pieces))
        return frozen(Forward(self.model, self.inputs).logits(self.resid[-1, position]))

    def cross_scores(self, layer: int) -> Array:
        """Scores of the encoder's tokens, before the mask: [head, query, key]."""
        self._check_cross()
        return self.array(self.before_mask("cross_", layer), layer)

    def cross_pattern(self, layer: int) -> Array:
        """Attention weights on the encoder's tokens: [head, query, key]; each row sums to 1."""
        self._check_cross()
        return self.array("cross_weight", layer)

    def _check_cross(self) -> None:
        if not self.model.config.cross:
            raise InputError("This trace has no cross-attention: only the decoder of an encoder–decoder has it.")

    def array(self, name: str, layer: int | None) -> Array:
        """A declared quantity as a read-only array."""
        stage = self.stage(name, layer)
        if name in ("resid_pre", "resid_post") and layer is not None:
            return self.resid[layer + (name == "resid_post")]
        return self.input_array(stage) if isinstance(stage.operation, Input) else self._computed(stage)

    def _computed(self, stage: Stage) -> Array:
        return frozen(compute(self, stage))


@dataclass(frozen=True, eq=False, repr=False)
class CachingTrace(Trace):
    """A trace that caches every array it computes; for drawing one page, then discarded.

    original: the trace itself
    shared:   what other drawings have computed of any trace, and may use; None to share nothing
    """

    original: Trace | None = None
    shared: ArrayCache | None = None
    kept: dict[tuple[str, int | None], Array] = field(default_factory=dict)

    @classmethod
    def of(cls, trace: Trace, shared: ArrayCache | None = None) -> CachingTrace:
        """The same trace with a cache."""
        return cls(trace.model, trace.tokenizer, trace.pieces, trace.text, trace.resid, trace.inputs, trace.encoder,
                   trace, shared)  # fmt: skip

    def array(self, name: str, layer: int | None) -> Array:
        """A declared quantity as a read-only array, computed once."""
        if (name, layer) not in self.kept:
            self.kept[name, layer] = super().array(name, layer)
        return self.kept[name, layer]

    def _computed(self, stage: Stage) -> Array:
        if self.shared is None:
            return super()._computed(stage)
        key = (weakref.ref(self.original or self), stage.name, stage.layer)  # a cache must not keep the runs, too
        return self.shared.get(key, lambda: super(CachingTrace, self)._computed(stage))
