"""The sizes and traits of a model, validated on construction."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Literal, get_args

from attention_core.config.image import COLOURS, ImageInput
from attention_core.config.positions import Alibi, Relative, Rotary
from attention_core.config.readable import config_text
from attention_core.errors import UnsupportedConfigError

Activation = Literal["gelu", "gelu_tanh", "quick_gelu", "relu", "silu", "tanh"]
Norm = Literal["layer", "rms"]
NormPosition = Literal["post", "pre", "branch", "both"]
Parallel = Literal["no", "one", "two"]
Positions = Literal["learned", "sinusoidal", "rotary", "alibi", "none"]
PositionSource = Literal["index", "mask", "ids"]
QKNorm = Literal["none", "head", "own_weights", "all_heads"]
Projection = Literal["none", "after_norm", "before_sum"]
Head = Literal["tied", "untied", "none"]
HeadActivation = Literal["none", Activation]

MAX_SIZE = 1 << 31
SIZE_LIMITS = {
    "n_layers": 1 << 10, "n_heads": 1 << 12, "d_model": MAX_SIZE, "d_head": MAX_SIZE, "d_mlp": MAX_SIZE,
    "d_vocab": MAX_SIZE, "n_ctx": MAX_SIZE,
}  # fmt: skip
OPTIONAL_SIZE_LIMITS = {
    "n_kv_heads": MAX_SIZE, "n_segments": MAX_SIZE, "d_embed": MAX_SIZE, "position_offset": MAX_SIZE,
    "n_experts": 1 << 12, "d_expert": MAX_SIZE, "experts_per_token": MAX_SIZE,
}  # fmt: skip
"""Sizes that must be at least 1, and sizes that may be 0, with upper limits far above any real model."""

CHOICES: dict[str, Any] = {
    "activation": Activation, "norm": Norm, "norm_position": NormPosition, "parallel_block": Parallel,
    "positions": Positions, "position_from": PositionSource, "qk_norm": QKNorm, "embed_projection": Projection,
    "head": Head, "head_activation": HeadActivation,
}  # fmt: skip
BOOLEAN_TRAITS = (
    "causal", "cross", "attn_sink", "gated_mlp", "norm_bias", "final_norm", "embed_norm", "norm_topk_prob",
)  # fmt: skip
POSITIVE_TRAITS = ("attn_root", "attn_soft_cap", "final_soft_cap", "expert_clamp", "embed_scale", "logit_scale")
BIAS_NAMES = frozenset({
    *(f"b_{name}" for name in ("Q", "K", "V", "O", "in", "gate", "out", "U", "embed", "head")),
    *(f"b_cross_{name}" for name in "QKVO"), "b_q_norm", "b_k_norm",
    *(f"b_{name}" for name in ("router", "expert_gate", "expert_in", "expert_out")),
})  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """A model's sizes and traits: everything its declaration depends on, under this library's names.

    n_layers, n_heads, d_model, d_head, d_mlp, d_vocab: sizes, each at least 1
    n_ctx:       the context length: the maximum number of tokens
    n_kv_heads:  the number of key-value heads, each shared by n_heads / n_kv_heads query heads; by default n_heads
    n_segments:  the number of segment embeddings; every text here is segment 0
    d_embed:     the width of W_E if a projection maps it to d_model; by default d_model
    causal:      whether queries may not attend to later keys
    cross:       whether each layer has cross-attention to an encoder's output
    biases:      the names of the biases that the model has, b_Q to b_U; those of norms are `norm_bias`

    norm, norm_eps, norm_offset, norm_bias: the kind of norm; the offset is added to its weight (Gemma: 1)
    norm_position: where the norm of a sublayer (attention or MLP) is: "post": after its output is added to the
                 residual stream (BERT); "pre": on its input; "branch": on its output (OLMo 2); "both": on its input
                 and on its output (Gemma 2)
    shared_layers:   for each layer, the checkpoint layer whose weights it uses, if layers share weights (ALBERT)
    unnormed_layers: layers whose attention has no norm on its input (ModernBERT's first)
    final_norm:  whether the residual stream is normalized after the last layer
    parallel_block: whether attention and MLP have the same residual stream as input, through one norm or two
    activation, gated_mlp: act(x · W_in) · W_out, or (act(x · W_gate) * (x · W_in)) · W_out
    moe_layers:  layers with a router and experts, each a gated MLP, instead of one MLP (Mixtral)
    n_experts, d_expert, experts_per_token: the number of experts in such a layer, their hidden width, and how many
                 each token is routed to
    expert_clamp, expert_offset: the bound of an expert's gate and hidden layer, and the offset added to the hidden
                 layer after that (gpt-oss)
    norm_topk_prob: whether the weights of a token's selected experts are normalized to sum to 1

    positions:   the positional encoding: learned or sinusoidal embeddings, rotary embeddings, ALiBi, or none
    position_from, position_offset: how position IDs are counted: by index, by the preceding tokens in the attention
                 mask, or by those that are not `pad_id`; and the first position ID
    rotary:      the rotary embeddings of each layer, None for a layer without
    alibi:       how the ALiBi bias enters the scores
    relative:    the buckets of a learned relative position bias in the scores, in addition to `positions`
    windows:     the sliding window of each layer: how many keys a query attends to, itself included; None for all

    qk_norm:     norm of q and k: per head with shared weights ("head"), per head with each head's own weights
                 ("own_weights"), or over all heads together ("all_heads")
    attn_root:   the scores are divided by its square root; by default d_head; 1 for unscaled scores
    attn_divisors: an additional divisor of the scores in each layer
    attn_soft_cap, final_soft_cap: cap * tanh(x / cap) of scores and logits
    attn_sink:   whether each head has a trained attention sink, an extra score in the softmax (gpt-oss)

    embed_scale, embed_norm, embed_projection: operations on the embeddings before the first layer
    head, logit_scale: whether logits use W_E, their own matrix W_U, or the model has none; and the factor of the
                 residual stream before that
    head_activation: act in norm(act(x · W_head)), the input of the logits in some heads (ModernBERT)
    image:       the image input of a model whose tokens are image patches; d_vocab is then the number of labels
    pad_id, start_id: the padding token, and the first token of a decoder
    end_ids:     the tokens that end a text

    Raises UnsupportedConfigError that names the invalid setting.
    """

    n_layers: int
    n_heads: int
    d_model: int
    d_head: int
    d_mlp: int
    d_vocab: int
    n_ctx: int
    causal: bool
    norm_eps: float
    activation: Activation
    n_kv_heads: int = 0
    n_segments: int = 0
    d_embed: int = 0
    cross: bool = False
    biases: frozenset[str] = frozenset()
    norm: Norm = "layer"
    norm_offset: float = 0.0
    norm_bias: bool = True
    norm_position: NormPosition = "post"
    shared_layers: tuple[int, ...] = ()
    unnormed_layers: tuple[int, ...] = ()
    final_norm: bool = False
    parallel_block: Parallel = "no"
    gated_mlp: bool = False
    moe_layers: tuple[int, ...] = ()
    n_experts: int = 0
    d_expert: int = 0
    experts_per_token: int = 0
    expert_clamp: float | None = None
    expert_offset: float = 0.0
    norm_topk_prob: bool = False
    positions: Positions = "learned"
    position_from: PositionSource = "index"
    position_offset: int = 0
    rotary: tuple[Rotary | None, ...] = ()
    alibi: Alibi | None = None
    relative: Relative | None = None
    windows: tuple[int | None, ...] = ()
    qk_norm: QKNorm = "none"
    attn_root: float | None = None
    attn_divisors: tuple[float, ...] = ()
    attn_soft_cap: float | None = None
    attn_sink: bool = False
    final_soft_cap: float | None = None
    embed_scale: float = 1.0
    embed_norm: bool = False
    embed_projection: Projection = "none"
    head: Head = "none"
    head_activation: HeadActivation = "none"
    logit_scale: float = 1.0
    image: ImageInput | None = None
    pad_id: int | None = None
    start_id: int | None = None
    end_ids: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for size in (*SIZE_LIMITS, *OPTIONAL_SIZE_LIMITS):
            check_model_size(size, getattr(self, size))
        object.__setattr__(self, "n_kv_heads", self.n_kv_heads or self.n_heads)
        object.__setattr__(self, "d_embed", self.d_embed or self.d_model)
        if self.n_heads % self.n_kv_heads:
            raise UnsupportedConfigError(
                f"{self.n_heads} heads cannot be divided equally among {self.n_kv_heads} key-value heads."
            )
        eps = self.norm_eps
        _need(is_finite_number(eps) and 0 < eps < 1, "norm_eps", "a number between 0 and 1", eps)
        for name, kind in CHOICES.items():
            _need(getattr(self, name) in get_args(kind), name, allowed_values(get_args(kind)), getattr(self, name))
        for name in BOOLEAN_TRAITS:
            _need(isinstance(getattr(self, name), bool), name, "true or false", getattr(self, name))
        for name in POSITIVE_TRAITS:
            value = getattr(self, name)
            _need(value is None or (is_finite_number(value) and 0 < value < 1e30), name, "a number above 0", value)
        for name in ("pad_id", "start_id"):
            value = getattr(self, name)
            _need(value is None or is_integer(value, 0), name, "an id or nothing", value)
        self._check_layers()
        _need(self.biases <= BIAS_NAMES, "biases", allowed_values(sorted(BIAS_NAMES)), sorted(self.biases - BIAS_NAMES))

    def _check_layers(self) -> None:
        """Check that per-layer traits have a value for each layer, and that traits fit together."""
        for name in ("shared_layers", "rotary", "windows", "attn_divisors"):
            count = len(getattr(self, name))
            _need(count in (0, self.n_layers), name, f"given for each of {self.n_layers} layers", count)
        for rotary in self.rotary:
            if rotary is not None and rotary.dim > self.d_head:
                raise UnsupportedConfigError(f"{rotary.dim} dimensions cannot be rotated: a head has {self.d_head}.")
        for window in self.windows:
            _need(window is None or is_integer(window, 1), "windows", "a whole number of at least 1", window)
        for over in self.attn_divisors:
            _need(is_finite_number(over) and over > 0, "attn_divisors", "a number above 0", over)
        if self.moe_layers:
            per, count = self.experts_per_token, self.n_experts
            _need(1 <= per <= count, "experts_per_token", f"between 1 and the {count} experts", per)
            _need(self.d_expert > 0, "d_expert", "a whole number of at least 1", self.d_expert)
        is_rotary, is_alibi = self.positions == "rotary", self.positions == "alibi"
        _need(bool(self.rotary) == is_rotary, "rotary", "given exactly when positions are rotary", self.rotary)
        if self.relative is not None and is_alibi:
            raise UnsupportedConfigError("Two position biases, relative and alibi, are not supported.")
        _need((self.alibi is not None) == is_alibi, "alibi", "given exactly when positions are alibi", self.alibi)
        _need(self.position_from != "ids" or self.pad_id is not None, "pad_id", "an id", self.pad_id)
        if self.embed_projection == "none" and self.d_embed != self.d_model:
            raise UnsupportedConfigError(
                f"d_embed {self.d_embed} differs from d_model {self.d_model}, and there is no projection."
            )

    def __repr__(self) -> str:
        return config_text(self)

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        # Computed once: declarations are cached by configuration and looked up many times in a run.
        return hash(tuple(getattr(self, each.name) for each in fields(self)))

    @property
    def axes(self) -> dict[str, int]:
        """The length of each axis of the parameters, by name."""
        relative = self.relative.n_buckets if self.relative else 0
        return {
            "token": self.d_vocab, "vocab": self.d_vocab, "position_id": self.n_ctx + self.position_offset,
            "segment": self.n_segments, "model": self.d_model, "embed": self.d_embed, "head": self.n_heads,
            "kv_head": self.n_kv_heads, "group": self.n_heads // self.n_kv_heads, "dim": self.d_head,
            "mlp": self.d_mlp, "bucket": relative, "hidden": self.d_model, "expert": self.n_experts,
            "expert_mlp": self.d_expert,
            **({"value": self.image.n_values, "colour": len(COLOURS), "patch_row": self.image.patch_height,
                "patch_column": self.image.patch_width} if self.image else {}),
        }  # fmt: skip

    @property
    def kv_head_axis(self) -> str:
        """The head axis of keys and values: "head", or "kv_head" if several query heads share one."""
        return "head" if self.n_kv_heads == self.n_heads else "kv_head"

    def window(self, layer: int) -> int | None:
        """How many keys a query attends to in a layer; None for all."""
        return self.windows[layer] if self.windows else None


def check_model_size(name: str, value: Any) -> None:
    """Raise UnsupportedConfigError for a size that is not an integer within its limits."""
    least, most = (1, SIZE_LIMITS[name]) if name in SIZE_LIMITS else (0, OPTIONAL_SIZE_LIMITS[name])
    _need(is_integer(value, least) and value <= most, name, f"a whole number from {least} to {most}", value)


def is_integer(value: object, least: int) -> bool:
    """Whether a value is an integer of at least `least` that a float represents exactly."""
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= 1 << 53


def is_finite_number(value: object) -> bool:
    """Whether a value is a number within float32's range."""
    return isinstance(value, float | int) and not isinstance(value, bool) and -3e38 < value < 3e38


def allowed_values(names: Iterable[str]) -> str:
    """Allowed values, as listed in an error message."""
    return "one of " + ", ".join(names)


def _need(valid: bool, name: str, expected: str, found: object) -> None:
    if not valid:
        raise UnsupportedConfigError(f"{name} must be {expected}, got {found!r}.")
