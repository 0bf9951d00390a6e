"""The sizes and traits of a model, checked once, when it is made."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Literal, get_args

from attention_core.config.image import COLOURS, ImageInput
from attention_core.config.positions import Alibi, Relative, Rotary
from attention_core.errors import UnsupportedConfigError

Activation = Literal["gelu", "gelu_tanh", "quick_gelu", "relu", "silu", "tanh"]
Norm = Literal["layer", "rms"]
NormPosition = Literal["post", "pre", "branch", "both"]
Parallel = Literal["no", "one", "two"]
Positions = Literal["learned", "sinusoidal", "rotary", "alibi", "none"]
PositionSource = Literal["index", "mask", "ids"]
QKNorm = Literal["none", "head", "each", "whole"]
Projection = Literal["none", "after_norm", "before_sum"]
Head = Literal["tied", "own", "none"]
HeadActivation = Literal["none", Activation]

MOST = 1 << 31
SIZES = {
    "n_layers": 1 << 10, "n_heads": 1 << 12, "d_model": MOST, "d_head": MOST, "d_mlp": MOST, "d_vocab": MOST,
    "n_ctx": MOST,
}  # fmt: skip
COUNTS = {
    "n_kv_heads": MOST, "n_segments": MOST, "d_embed": MOST, "position_offset": MOST, "n_experts": 1 << 12,
    "d_expert": MOST, "experts_per_token": MOST,
}  # fmt: skip
"""The sizes that are at least 1, and those that may be 0, each with its most, which is far above that of any model."""

CHOICES: dict[str, Any] = {
    "activation": Activation, "norm": Norm, "norm_position": NormPosition, "parallel_block": Parallel,
    "positions": Positions, "position_from": PositionSource, "qk_norm": QKNorm, "embed_projection": Projection,
    "head": Head, "head_activation": HeadActivation,
}  # fmt: skip
FLAGS = ("causal", "cross", "attn_sink", "gated_mlp", "norm_bias", "final_norm", "embed_norm", "router_shares")
POSITIVE = ("attn_root", "attn_soft_cap", "final_soft_cap", "expert_clamp", "embed_scale", "logit_scale")
BIASES = frozenset({
    *(f"b_{name}" for name in ("Q", "K", "V", "O", "in", "gate", "out", "U", "embed", "head")),
    *(f"b_cross_{name}" for name in "QKVO"), "b_q_norm", "b_k_norm",
    *(f"b_{name}" for name in ("router", "expert_gate", "expert_in", "expert_out")),
})  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """Everything that the declaration of a model depends on, under this library's own names.

    n_layers, n_heads, d_model, d_head, d_mlp, d_vocab: sizes, each at least 1
    n_ctx:       how many tokens it reads at most
    n_kv_heads:  heads of keys and values, each shared by as many query heads as any other; n_heads when not given
    n_segments:  how many segment embeddings there are; every text here is segment 0
    d_embed:     the width of W_E where a projection brings it to d_model, which it is when not given
    causal:      whether a query may not look at later keys
    cross:       whether each layer also attends to the output of an encoder
    biases:      the names of the biases that there are, b_Q to b_U; those of norms are `norm_bias`

    norm, norm_eps, norm_offset, norm_bias: the kind of norm; what is added to its weight (Gemma: 1)
    norm_position: "post": the sum of the stream and what a half adds (BERT); "pre": what a half reads;
                 "branch": what a half adds (OLMo 2); "both": what it reads and what it adds (Gemma 2)
    shared:      for each layer the layer of the checkpoint whose weights it has, where several have the same (ALBERT)
    unnormed:    layers whose attention reads the stream without a norm (ModernBERT's first)
    final_norm:  whether the stream is normed once more after the last layer
    parallel_block: whether attention and MLP read the same stream, through one norm or two
    activation, gated_mlp: act(x · W_in) · W_out, or (act(x · W_gate) * (x · W_in)) · W_out
    routed:      layers that have a router and experts, each a gated MLP, in place of one MLP (Mixtral)
    n_experts, d_expert, experts_per_token: how many there are in such a layer, how wide, to how many a token goes
    expert_clamp, expert_offset: what bounds the gate and the input of an expert, and what is added to the input after
                 that (gpt-oss)
    router_shares: whether the weights of the experts that a token goes to are made to sum to 1

    positions:   how the model knows the order: learned or sinusoidal embeddings, rotated queries and keys,
                 or a term in the score that grows with the key's place
    position_from, position_offset: where a token's place is counted from: its index, or the tokens before it that the
                 mask leaves, or those that are not `pad_id`; and what the first place is
    rotary:      the rotation of each layer, None where it has none
    alibi:       how the term that grows with the key's place enters the scores
    relative:    the buckets of distances whose trained term is added to the score, beside `positions`
    windows:     how many keys a query sees in each layer, itself included; None for all

    qk_norm:     norm of q and k per head with one weight for all ("head") or one for each, or over all heads at once
    attn_root:   what the square root under the scores is taken of; d_head when not given, 1 for unscaled scores
    attn_over:   what the scores of each layer are divided by beside that
    attn_soft_cap, final_soft_cap: cap * tanh(x / cap) of scores and logits
    attn_sink:   whether each head has a trained score that no key has, and that takes its part of every row (gpt-oss)

    embed_scale, embed_norm, embed_projection: what is done to embeddings before the first layer
    head, logit_scale: whether logits are read off by W_E, by a matrix of their own, or there are none; what the
                 stream is multiplied by before it
    head_activation: act in norm(act(x · W_head)), which logits are read off where a model has it (ModernBERT)
    image:       of a model whose tokens are the patches of an image, what it reads of one; d_vocab is then how many
                 labels there are
    pad_id, start_id: the token that fills up a text, and the one that a decoder begins with
    end_ids:     the tokens that end a text

    Raises UnsupportedConfigError that names what does not fit.
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
    shared: tuple[int, ...] = ()
    unnormed: tuple[int, ...] = ()
    final_norm: bool = False
    parallel_block: Parallel = "no"
    gated_mlp: bool = False
    routed: tuple[int, ...] = ()
    n_experts: int = 0
    d_expert: int = 0
    experts_per_token: int = 0
    expert_clamp: float | None = None
    expert_offset: float = 0.0
    router_shares: bool = False
    positions: Positions = "learned"
    position_from: PositionSource = "index"
    position_offset: int = 0
    rotary: tuple[Rotary | None, ...] = ()
    alibi: Alibi | None = None
    relative: Relative | None = None
    windows: tuple[int | None, ...] = ()
    qk_norm: QKNorm = "none"
    attn_root: float | None = None
    attn_over: tuple[float, ...] = ()
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
        for size in (*SIZES, *COUNTS):
            check_size(size, getattr(self, size))
        object.__setattr__(self, "n_kv_heads", self.n_kv_heads or self.n_heads)
        object.__setattr__(self, "d_embed", self.d_embed or self.d_model)
        if self.n_heads % self.n_kv_heads:
            raise UnsupportedConfigError(
                f"{self.n_heads} heads cannot be shared equally among {self.n_kv_heads} key-value heads."
            )
        _need(is_number(self.norm_eps) and 0 < self.norm_eps < 1, "norm_eps", "a number between 0 and 1", self.norm_eps)
        for name, kind in CHOICES.items():
            _need(getattr(self, name) in get_args(kind), name, listed(get_args(kind)), getattr(self, name))
        for name in FLAGS:
            _need(isinstance(getattr(self, name), bool), name, "true or false", getattr(self, name))
        for name in POSITIVE:
            value = getattr(self, name)
            _need(value is None or (is_number(value) and 0 < value < 1e30), name, "a number above 0", value)
        for name in ("pad_id", "start_id"):
            value = getattr(self, name)
            _need(value is None or is_whole(value, 0), name, "an id or nothing", value)
        self._check_layers()
        _need(self.biases <= BIASES, "biases", listed(sorted(BIASES)), sorted(self.biases - BIASES))

    def _check_layers(self) -> None:
        """Traits that differ by layer have one value for each; what a trait needs is there."""
        for name in ("shared", "rotary", "windows", "attn_over"):
            count = len(getattr(self, name))
            _need(count in (0, self.n_layers), name, f"given for each of {self.n_layers} layers", count)
        for rotary in self.rotary:
            if rotary is not None and rotary.dim > self.d_head:
                raise UnsupportedConfigError(f"{rotary.dim} dimensions cannot be rotated: a head has {self.d_head}.")
        for window in self.windows:
            _need(window is None or is_whole(window, 1), "windows", "a whole number of at least 1", window)
        for over in self.attn_over:
            _need(is_number(over) and over > 0, "attn_over", "a number above 0", over)
        if self.routed:
            per, count = self.experts_per_token, self.n_experts
            _need(1 <= per <= count, "experts_per_token", f"between 1 and the {count} experts", per)
            _need(self.d_expert > 0, "d_expert", "a whole number of at least 1", self.d_expert)
        rotates = self.positions == "rotary"
        _need(bool(self.rotary) == rotates, "rotary", "given where positions are rotary", self.rotary)
        if self.relative is not None and self.positions == "alibi":
            raise UnsupportedConfigError("Two terms in the score, relative and alibi, are not supported.")
        sloped = self.positions == "alibi"
        _need((self.alibi is not None) == sloped, "alibi", "given where positions are alibi", self.alibi)
        _need(self.position_from != "ids" or self.pad_id is not None, "pad_id", "an id", self.pad_id)
        if self.embed_projection == "none" and self.d_embed != self.d_model:
            raise UnsupportedConfigError(
                f"d_embed {self.d_embed} is not d_model {self.d_model}, and nothing projects it."
            )

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        # Worked out once: every declaration is found under its configuration, many times in a run.
        return hash(tuple(getattr(self, each.name) for each in fields(self)))

    @property
    def axes(self) -> dict[str, int]:
        """The length of every axis of a trained tensor, by its name."""
        relative = self.relative.buckets if self.relative else 0
        return {
            "token": self.d_vocab, "vocab": self.d_vocab, "position_id": self.n_ctx + self.position_offset,
            "segment": self.n_segments, "model": self.d_model, "embed": self.d_embed, "head": self.n_heads,
            "kv_head": self.n_kv_heads, "group": self.n_heads // self.n_kv_heads, "dim": self.d_head,
            "mlp": self.d_mlp, "bucket": relative, "hidden": self.d_model, "expert": self.n_experts,
            "expert_mlp": self.d_expert,
            **({"value": self.image.values, "colour": len(COLOURS), "patch_row": self.image.patch_height,
                "patch_column": self.image.patch_width} if self.image else {}),
        }  # fmt: skip

    @property
    def kv(self) -> str:
        """The axis of keys' and values' heads: that of the queries', unless several of those share one."""
        return "head" if self.n_kv_heads == self.n_heads else "kv_head"

    def window(self, layer: int) -> int | None:
        """How many keys a query sees in a layer; None for all."""
        return self.windows[layer] if self.windows else None


def check_size(name: str, value: Any) -> None:
    """UnsupportedConfigError for a size that is no whole number, too small or too large."""
    least, most = (1, SIZES[name]) if name in SIZES else (0, COUNTS[name])
    _need(is_whole(value, least) and value <= most, name, f"a whole number from {least} to {most}", value)


def is_whole(value: object, least: int) -> bool:
    """Whether a value is a whole number, not below another, and one that a float holds exactly."""
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= 1 << 53


def is_number(value: object) -> bool:
    """Whether a value is a number, and one that float32 holds."""
    return isinstance(value, float | int) and not isinstance(value, bool) and -3e38 < value < 3e38


def listed(names: Iterable[str]) -> str:
    """Names as they stand in a message."""
    return "one of " + ", ".join(names)


def _need(fits: bool, name: str, expected: str, found: object) -> None:
    if not fits:
        raise UnsupportedConfigError(f"{name} must be {expected}, got {found!r}.")
