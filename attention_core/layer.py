"""The computation of a model, declared: the embedding, and every stage of a layer."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from attention_core.config import ModelConfig
from attention_core.operations import Activate, Add, Contract, Given, LayerNorm, Mask, Passed, Scale, Softmax
from attention_core.stages import Operation, Stage, Weighing, ref

EMBEDDED = {
    "W_E": "token, model",
    "W_pos": "place, model",
    "W_seg": "segment, model",
    "w_norm": "model",
    "b_norm": "model",
}
TRAINED = {
    **{f"W_{kind}": "head, model, dim" for kind in "QKV"},
    **{f"b_{kind}": "head, dim" for kind in "QKV"},
    "W_O": "head, dim, model",
    "b_O": "model",
    "W_in": "model, mlp",
    "b_in": "mlp",
    "W_out": "mlp, model",
    "b_out": "model",
    **dict.fromkeys(("w_mid", "b_mid", "w_post", "b_post"), "model"),
}


def stage(made: str, operation: Operation, *inputs: str, **said: object) -> Stage:
    """A stage as it is written in a declaration: its own name and axes, the operation, and its inputs."""
    own = ref(made)
    return Stage(own.name, own.axes, operation, tuple(map(ref, inputs)), **said)  # type: ignore[arg-type]


def embedding_stages(config: ModelConfig) -> list[Stage]:
    """What comes before the first layer."""
    return [
        *(stage(f"{name}[{axes}]", Given()) for name, axes in EMBEDDED.items()),
        stage(
            "embed_sum[position, model]", Add(), "W_E[token, model]", "W_pos[place, model]", "W_seg[segment, model]",
            inline=True, title="Token, place and segment added", equation="W_E[id] + W_pos[place] + W_seg[0]",
        ),
        stage(
            "embedding[position, model]", LayerNorm(config.norm_eps),
            "embed_sum[position, model]", "w_norm[model]", "b_norm[model]",
            title="Embeddings", equation="x = norm(token + place + segment)",
        ),
    ]  # fmt: skip


def layer_stages(config: ModelConfig, layer: int) -> list[Stage]:
    """What a layer does, in the order in which it is done."""
    before = "earlier resid_post[position, model]" if layer else "embedding[position, model]"
    return [
        *(stage(f"{name}[{axes}]", Given()) for name, axes in TRAINED.items()),
        stage("resid_pre[position, model]", Passed(), before, title="As the layer finds it", equation="x"),
        *projection_stages("resid_pre", biased=True),
        *attention_stages(Scale(float(config.d_head)), config.causal, Softmax()),
        stage("attn_out[query, model]", Contract(), "z[head, query, dim]", "W_O[head, dim, model]", "b_O[model]",
              title="Heads joined, times W_O", equation="attn_out = z · W_O + b_O"),
        *residual_stages(config, "mid", "resid_pre", "attn_out"),
        stage("mlp_in[position, mlp]", Contract(), "resid_mid[position, model]", "W_in[model, mlp]", "b_in[mlp]",
              title="Into the MLP", equation="mlp_in = resid_mid · W_in + b_in"),
        stage("mlp_act[position, mlp]", Activate(config.activation), "mlp_in[position, mlp]",
              title="Activated", equation=f"mlp_act = {config.activation}(mlp_in)"),
        stage("mlp_out[position, model]", Contract(), "mlp_act[position, mlp]", "W_out[mlp, model]", "b_out[model]",
              title="Out of the MLP", equation="mlp_out = mlp_act · W_out + b_out"),
        *residual_stages(config, "post", "resid_mid", "mlp_out"),
    ]  # fmt: skip


def projection_stages(source: str, biased: bool) -> list[Stage]:
    """Queries, keys and values of every head, from the stream."""
    return [
        stage(
            f"{kind}[head, {place}, dim]", Contract(), f"{source}[{place}, model]",
            f"W_{kind.upper()}[head, model, dim]", *([f"b_{kind.upper()}[head, dim]"] if biased else []),
            role=role, title=title,
            equation=f"{kind} = x · W_{kind.upper()}" + (f" + b_{kind.upper()}" if biased else ""),
        )
        for kind, place, role, title in
        (("q", "query", "query", "Queries"), ("k", "key", "key", "Keys"), ("v", "key", "value", "Values"))
    ]  # fmt: skip


def attention_stages(scale: Scale | None, masked: bool, weigh: Weighing) -> list[Stage]:
    """From queries, keys and values to the mixed values z of every head."""
    scores = "score" if scale else "product"
    weighed = "masked" if masked else scores
    return [
        stage("product[head, query, key]", Contract(), "q[head, query, dim]", "k[head, key, dim]", symbol="q·k",
              inline=True, title="Every query with every key", equation="q·k = sum over dimensions of q × k"),
        *([stage("score[head, query, key]", scale, "product[head, query, key]", inline=True,
                 title="Scores", equation=f"score = {scale.equation}")] if scale else []),
        *(mask_stages(scores) if masked else []),
        stage("weight[head, query, key]", weigh, f"{weighed}[head, query, key]",
              title="Attention weights", equation=f"weight = {weigh.equation}"),
        stage("z[head, query, dim]", Contract(), "weight[head, query, key]", "v[head, key, dim]",
              title="Mixed values", equation="z = sum over keys of weight × v"),
    ]  # fmt: skip


def mask_stages(scores: str) -> list[Stage]:
    """The scores of what a query may not look at, taken out."""
    return [
        stage("mask[query, key]", Given(), title="Mask", equation="1 where the query may look, 0 elsewhere"),
        stage("masked[head, query, key]", Mask(), f"{scores}[head, query, key]", "mask[query, key]", symbol="score",
              inline=True, title="Masked scores", equation="score where the query may look, −∞ elsewhere"),
    ]  # fmt: skip


def residual_stages(config: ModelConfig, place: str, stream: str, update: str) -> list[Stage]:
    """The stream and what a half of the layer adds to it, summed and normed."""
    return [
        stage(f"{place}_sum[position, model]", Add(), f"{stream}[position, model]", f"{update}[position, model]",
              inline=True, title="Added to the stream", equation=f"{stream} + {update}"),
        stage(f"resid_{place}[position, model]", LayerNorm(config.norm_eps), f"{place}_sum[position, model]",
              f"w_{place}[model]", f"b_{place}[model]",
              title="Added and normed", equation=f"resid_{place} = norm({stream} + {update})"),
    ]  # fmt: skip


@cache
def declaration(config: ModelConfig, layer: int | None) -> dict[str, Stage]:
    """The stages of a layer, or those that belong to none, by name."""
    if layer is None:
        return {each.name: each for each in embedding_stages(config)}
    return {each.name: replace(each, layer=layer) for each in layer_stages(config, layer)}
