"""What a run leaves: the residual stream. Everything else is computed from it when asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from attention_core.arrays import Array, frozen
from attention_core.computation.stage import compute
from attention_core.display import counted, layers_and_heads, shown_name, trace_html
from attention_core.errors import InputError
from attention_core.network import Network
from attention_core.ops.basic import Input
from attention_core.runtime.forward import Forward
from attention_core.runtime.run import Inputs, ModelRun
from attention_core.text.tokenizer import Token, TokenizerProtocol
from attention_core.validate import check_index

ASKED = {
    "q(layer)": "q", "k(layer)": "k", "v(layer)": "v", "scores(layer)": "weight", "mask(layer)": "mask",
    "pattern(layer)": "weight", "z(layer)": "z", "attn_out(layer)": "attn_out",
    "cross_scores(layer)": "cross_weight", "cross_pattern(layer)": "cross_weight",
    "resid_pre(layer)": "resid_pre", "resid_mid(layer)": "resid_mid", "resid_post(layer)": "resid_post",
    "mlp_in(layer)": "mlp_in", "mlp_act(layer)": "mlp_act", "mlp_out(layer)": "mlp_out",
    "router_logits(layer)": "router_logits", "router_probs(layer)": "router_probs", "experts(layer)": "expert",
    "expert_weights(layer)": "expert_weight", "contextual": "contextual", "logits()": "logits",
}  # fmt: skip
"""What a trace can be asked -> the quantity that its model needs for that."""


@dataclass(frozen=True)
class Trace(ModelRun):
    """One run of a model over one text; immutable. Whatever is asked of it is computed then, and read-only.

        scores = q · k / √d_head,  pattern = softmax(scores + mask),  z = pattern · v

    tokens:  what the text is cut into, as it reads: [position]; ids: their ids
    resid:   [n_layers + 1, position, d_model], the stream before the first layer and after each.
             It grows with the number of tokens, not with its square: what is n × n is never kept.
    encoder: of a decoder's run, the trace of the encoder whose output it attends to

    Layers, heads and positions count from 0; a layer that is not there raises InputError.

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
        return f"<Trace of {shown_name(self.model.name)}: {self.sizes}>"

    def _repr_html_(self) -> str:
        """The tokens, and what can be asked of this run, for a notebook."""
        layers = range(self.model.config.n_layers)
        asked = [(call, getattr(Trace, call.partition("(")[0]).__doc__.partition("\n")[0])
                 for call, quantity in ASKED.items() if any(self.has(quantity, each) for each in layers)]  # fmt: skip
        return trace_html(repr(self), self.pieces, self.tokens, asked)

    @property
    def sizes(self) -> str:
        """How many tokens, layers and heads there are, in words."""
        return f"{counted(len(self.pieces), 'token')}, {layers_and_heads(self.model.config)}"

    @cached_property
    def tokens(self) -> list[str]:
        """The pieces, each as the text that it stands for where the vocabulary names its bytes: [position]."""
        return self.tokenizer.readable_pieces([token.piece for token in self.pieces])

    @property
    def ids(self) -> list[int]:
        """The pieces' ids: [position]."""
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
        """Queries as they enter the scores, normed and rotated where the model does: [head, position, d_head]."""
        return self.array(self.stage("product", layer).inputs[0].name, layer)

    def k_used(self, layer: int) -> Array:
        """Keys as they enter the scores: [kv_head, position, d_head]."""
        return self.array(self.stage("product", layer).inputs[1].name, layer)

    def scores(self, layer: int) -> Array:
        """Dot products, scaled, capped and with the position's term where there is one, before the mask."""
        return self.array(self.before_mask("", layer), layer)

    def before_mask(self, prefix: str, layer: int) -> str:
        """The name of the scores as they are before the mask."""
        last = self.stage(f"{prefix}weight", layer).inputs[0].name
        return self.stage(last, layer).inputs[0].name if last == f"{prefix}masked" else last

    def mask(self, layer: int = 0) -> np.ndarray | None:
        """True where a query may look in a layer: [query, key], or None when it may look everywhere."""
        check_index("layer", layer, self.model.config.n_layers)
        return self.array("mask", layer) if self.has("mask", layer) else None

    def pattern(self, layer: int) -> Array:
        """Attention weights: [head, query, key]; each row sums to 1, or to less where a sink takes its part."""
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
        """The stream between attention and MLP, normed where the model is post-norm: [position, d_model]."""
        return self.array("resid_mid", layer)

    def resid_post(self, layer: int) -> Array:
        """The stream as the layer leaves it: [position, d_model]."""
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

    def router_logits(self, layer: int) -> Array:
        """A router's scores of all experts: [position, expert]; InputError for a layer that has none."""
        return self._of_experts("router_logits", layer)

    def router_probs(self, layer: int) -> Array:
        """A router's weights of all experts: [position, expert]; each row sums to 1."""
        return self._of_experts("router_probs", layer)

    def experts(self, layer: int) -> Array:
        """Which experts each token went to, the strongest first: [position, choice], counted from 0."""
        return self._of_experts("expert", layer)

    def expert_weights(self, layer: int) -> Array:
        """By how much the output of each of these experts is multiplied: [position, choice]."""
        return self._of_experts("expert_weight", layer)

    def _of_experts(self, name: str, layer: int) -> Array:
        check_index("layer", layer, self.model.config.n_layers)
        if layer not in self.model.config.moe_layers:
            raise InputError(f"Layer {layer} of {self.model.name} has an MLP and no experts.")
        return self.array(name, layer)

    @property
    def contextual(self) -> Array:
        """The contextual embeddings, the stream after the last layer, with the last norm: [position, d_model]."""
        return self.array("contextual", None)

    def logits(self) -> Array:
        """Scores of every next token, [position, d_vocab], or of every label of an image, [d_vocab].

        InputError for a model without such a head.
        """
        if not self.has("logits", None):
            raise InputError(f"{self.model.name} has no language-model head or classifier, so it gives no logits.")
        return self.array("logits", None)

    def next_logits(self, position: int) -> Array:
        """Scores of every token that may follow a position, -1 for the last: [d_vocab]; no others are worked out."""
        if not self.has("logits", None):
            raise InputError(f"{self.model.name} has no language-model head, so it gives no logits.")
        if position != -1:
            check_index("position", position, len(self.pieces))
        return frozen(Forward(self.model, self.inputs).logits(self.resid[-1, position]))

    def cross_scores(self, layer: int) -> Array:
        """Scaled dot products with the encoder's tokens, before the mask: [head, query, key]."""
        self._check_cross()
        return self.array(self.before_mask("cross_", layer), layer)

    def cross_pattern(self, layer: int) -> Array:
        """Attention weights on the encoder's tokens: [head, query, key]; each row sums to 1."""
        self._check_cross()
        return self.array("cross_weight", layer)

    def _check_cross(self) -> None:
        if not self.model.config.cross:
            raise InputError("There is no cross-attention here: only the decoder of an encoder–decoder has it.")

    def array(self, name: str, layer: int | None) -> Array:
        """All numbers of a declared quantity, read-only."""
        stage = self.stage(name, layer)
        if name in ("resid_pre", "resid_post") and layer is not None:
            return self.resid[layer + (name == "resid_post")]
        return self.input_array(stage) if isinstance(stage.operation, Input) else frozen(compute(self, stage))


@dataclass(frozen=True, repr=False)
class KeepingTrace(Trace):
    """A trace that keeps what it has computed: for the drawing of one page, then to be dropped."""

    kept: dict[tuple[str, int | None], Array] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, trace: Trace) -> KeepingTrace:
        """The same trace, keeping."""
        return cls(trace.model, trace.tokenizer, trace.pieces, trace.text, trace.resid, trace.inputs, trace.encoder)

    def array(self, name: str, layer: int | None) -> Array:
        """All numbers of a declared quantity, read-only; computed once."""
        if (name, layer) not in self.kept:
            self.kept[name, layer] = super().array(name, layer)
        return self.kept[name, layer]
