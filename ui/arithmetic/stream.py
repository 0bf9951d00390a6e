"""What becomes of a token in a layer: what its two halves add to the stream, and where it is normed, in words."""

from __future__ import annotations

from attention_core.attention_view import AttentionView
from attention_core.computation.derivation import Piece
from attention_core.config.model_config import ModelConfig
from attention_core.explain import number_at
from ui.arithmetic.equations import value
from ui.words import experts

STREAM = (
    ("embedding", "the token’s embedding"),
    ("resid_pre", "as layer {layer} finds it"),
    ("attn_normed", "the stream normed, for {readers}"),
    ("attn_out", "{heads} heads joined, times W_O{b_O}"),
    ("attn_update", "that normed"),
    ("mid_sum", "added to the stream"),
    ("resid_mid", "{added}"),
    ("cross_normed", "the stream normed, for cross-attention"),
    ("cross_attn_out", "cross-attention’s heads joined, times W_cross_O{b_cross_O}"),
    ("cross_attn_update", "that normed"),
    ("cross_sum", "added to the stream"),
    ("resid_cross", "{added}"),
    ("mlp_normed", "the stream normed, for {mlp}"),
    ("mlp_out", "what {mlp} made of the stream"),
    ("mlp_update", "that normed"),
    ("post_sum", "added to the stream"),
    ("resid_post", "{added}: as layer {layer} leaves it"),
    ("contextual", "after the last layer{normed}: the contextual embedding"),
)
"""The quantities that a token goes through, those that a model has, each in words."""


def rows(attention: AttentionView, layer: int, position: int, m: int) -> list[list[Piece]]:
    """Every number that dimension m of a token's embedding goes through in a layer, as rows of a table."""
    trace, config, made = attention.trace, attention.config, []
    mlp = "the experts" if experts.has_experts(trace, layer) else "the MLP"
    words = {
        "layer": layer,
        "mlp": mlp,
        "readers": f"attention and {mlp}" if config.parallel_block == "one" else "attention",
        "heads": "self-attention’s" if config.cross else "the",
        "added": added(config),
        "normed": ", normed" if config.final_norm else "",
        **{bias: f", plus {bias}" if bias in config.biases else "" for bias in ("b_O", "b_cross_O")},
    }
    for quantity, said in STREAM:
        if trace.has(quantity, layer):
            at = trace.stage(quantity, layer).address({"position": position, "query": position, "model": m})
            made.append([Piece(said.format_map(words)), value(number_at(trace, at))])
    return made


def added(config: ModelConfig) -> str:
    """How the stream is made where a half of the layer ends."""
    if config.parallel_block != "no":
        return "both added to the stream"
    return "the sum normed" if config.norm_position == "post" else "added to the stream"


def joined(attention: AttentionView, m: int) -> str:
    """What is done with the heads' results, of which dimension m is shown."""
    config, shown = attention.config, f"(shown: dimension {m})"
    begun = f"The heads are joined, brought through W_{attention.prefix}O"
    if config.parallel_block != "no":
        return f"{begun} and added to the stream, together with what the MLP makes of the same stream {shown}."
    match config.norm_position:
        case "branch" | "both":
            return f"{begun}, normed, and added to the stream {shown}."
        case "post":
            return f"{begun} and added to the stream {shown}; the sum is then normed."
        case "pre":
            return f"{begun} and added to the stream {shown}."
