"""A token's way through a layer: what attention and the MLP add to the residual stream, and where it is normalized."""

from __future__ import annotations

from attention_core.attention_view import AttentionView
from attention_core.computation.derivation import Piece
from attention_core.config.model_config import ModelConfig
from attention_core.explain import number_at
from ui.arithmetic.equations import number_piece
from ui.words import experts

ROWS = (
    ("embedding", "the token’s embedding"),
    ("resid_pre", "input to layer {layer}"),
    ("attn_normed", "the residual stream normalized, for {readers}"),
    ("attn_out", "{heads} heads concatenated, times W_O{b_O}"),
    ("attn_update", "the same, normalized"),
    ("mid_sum", "added to the residual stream"),
    ("resid_mid", "{added}"),
    ("cross_normed", "the residual stream normalized, for cross-attention"),
    ("cross_attn_out", "cross-attention’s heads concatenated, times W_cross_O{b_cross_O}"),
    ("cross_attn_update", "the same, normalized"),
    ("cross_sum", "added to the residual stream"),
    ("resid_cross", "{added}"),
    ("mlp_normed", "the residual stream normalized, for {mlp}"),
    ("mlp_out", "output of {mlp}"),
    ("mlp_update", "the same, normalized"),
    ("post_sum", "added to the residual stream"),
    ("resid_post", "{added}: output of layer {layer}"),
    ("contextual", "after the last layer{normalized}: the contextual embedding"),
)
"""The quantities along a token's way, each in words; a model has some of them."""


def residual_rows(attention: AttentionView, layer: int, position: int, m: int) -> list[list[Piece]]:
    """Dimension m of a token at each point of a layer, as rows of a table."""
    trace, config, table = attention.trace, attention.config, []
    mlp = "the experts" if experts.has_experts(trace, layer) else "the MLP"
    words = {
        "layer": layer,
        "mlp": mlp,
        "readers": f"attention and {mlp}" if config.parallel_block == "one" else "attention",
        "heads": "self-attention’s" if config.cross else "the",
        "added": sum_label(config),
        "normalized": ", normalized" if config.final_norm else "",
        **{bias: f", plus {bias}" if bias in config.biases else "" for bias in ("b_O", "b_cross_O")},
    }
    for quantity, label in ROWS:
        if trace.has(quantity, layer):
            at = trace.stage(quantity, layer).address({"position": position, "query": position, "model": m})
            table.append([Piece(label.format_map(words)), number_piece(number_at(trace, at))])
    return table


def sum_label(config: ModelConfig) -> str:
    """The row for the residual stream after attention or the MLP."""
    if config.parallel_block != "no":
        return "both added to the residual stream"
    return "the sum normalized" if config.norm_position == "post" else "added to the residual stream"


def describe_output(attention: AttentionView, m: int) -> str:
    """What is done with the outputs of the heads, of which dimension m is shown."""
    config, shown = attention.config, f"(shown: dimension {m})"
    start = f"The heads are concatenated, multiplied by W_{attention.prefix}O"
    if config.parallel_block != "no":
        return f"{start} and added to the residual stream, together with the output of the MLP {shown}."
    match config.norm_position:
        case "branch" | "both":
            return f"{start}, normalized, and added to the residual stream {shown}."
        case "post":
            return f"{start} and added to the residual stream {shown}; the sum is then normalized."
        case "pre":
            return f"{start} and added to the residual stream {shown}."
