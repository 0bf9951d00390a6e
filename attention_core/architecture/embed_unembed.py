"""What belongs to no layer, declared: embeddings and positions before the first, logits after the last."""

from __future__ import annotations

from dataclasses import replace

from attention_core.architecture.declare import norm, stage, trained
from attention_core.architecture.patches import label_stages, patch_stages
from attention_core.computation.stage import Operation, Stage
from attention_core.config.model_config import Activation, ModelConfig
from attention_core.config.positions import Alibi, Rotary
from attention_core.ops.activations import Activate
from attention_core.ops.basic import Identity, Input
from attention_core.ops.einsum import Einsum
from attention_core.ops.elementwise import Add, Bfloat16, Cap, Multiply, MultiplyBy, Scale
from attention_core.ops.positions import Sinusoid
from attention_core.ops.rotary import EQUATIONS, CosSin, Frequency

POSITION_ID = "The token's position, as the model counts."
SLOPE = (
    "Fixed for each head: 2^(−8 (head + 1) ÷ n), n the largest power of 2 that is not above n_heads; "
    "for the heads beyond n, every other slope of 2n heads."
)


def before_stages(config: ModelConfig) -> list[Stage]:
    """All stages that belong to no layer."""
    first = patch_stages(config.image) if config.image else embedding_stages(config)
    made = [*position_stages(config), *first, *after_stages(config)]
    weights = [
        # W_E is read both ways: by the token's row, and by its columns where logits are read off.
        replace(each, axes=tuple("token" if axis == "vocab" and each.name == "W_E" else axis for axis in each.axes))
        for each in trained(made)
    ]
    return [*weights, *made]


def embedding_stages(config: ModelConfig) -> list[Stage]:
    """From the token's row of W_E to the stream as the first layer finds it."""
    width = "embed" if config.embed_projection != "none" else "model"
    current, steps = f"W_E[token, {width}]", []

    def then(made: Stage) -> str:
        steps.append(made)
        return f"{made.name}[{', '.join(made.axes)}]"

    if config.embed_scale != 1:
        scaled = MultiplyBy(config.embed_scale, "embed_scale")
        current = then(stage(f"scaled_embedding[position, {width}]", scaled, current,
                             title="Token's row, scaled", equation="W_E[id] × embed_scale"))  # fmt: skip
    if config.embed_projection == "before_sum":
        current = then(project(config, current))
        width = "model"
    # What is summed: as an input, in the equation, and in the title.
    summands = [(current, "W_E[id]" if current.startswith("W_E") else current.partition("[")[0], "Token")]
    if config.positions == "learned":
        summands.append((f"W_pos[position_id, {width}]", "W_pos[position]", "position"))
    if config.positions == "sinusoidal":
        summands.append(("sinusoid[position, model]", "sinusoid", "position"))
    if config.n_segments:
        summands.append((f"W_seg[segment, {width}]", "W_seg[0]", "segment"))
    inputs, parts, words = zip(*summands, strict=True)
    if len(summands) > 1:
        current = then(stage(f"embed_sum[position, {width}]", Add(), *inputs, inline=True,
                             title=f"{', '.join(words[:-1])} and {words[-1]} added",
                             equation=" + ".join(parts)))  # fmt: skip
    if config.embed_norm:
        current = then(norm(config, f"embed_normed[position, {width}]", current, "norm", own=width, over=(width,),
                            title="Embeddings", equation=f"x = norm({' + '.join(words)})".lower()))  # fmt: skip
    if config.embed_projection == "after_norm":
        current = then(project(config, current))
    if not steps:
        return [stage("embedding[position, model]", Identity(), current, title="Embeddings", equation="x = W_E[id]")]
    steps[-1] = replace(steps[-1], name="embedding", inline=False, symbol="")
    return steps


def project(config: ModelConfig, source: str) -> Stage:
    """Embeddings brought to the width of the stream."""
    bias = ["b_embed[model]"] if "b_embed" in config.biases else []
    return stage("projected[position, model]", Einsum(), source, "W_embed[embed, model]", *bias,
                 title="Brought to the stream's width",
                 equation="x · W_embed" + (" + b_embed" if bias else ""))  # fmt: skip


def position_stages(config: ModelConfig) -> list[Stage]:
    """Angles and score terms that all layers share."""
    made = []
    if len(set(config.rotary)) == 1 and config.rotary[0] is not None:
        made += rotation_stages(config.rotary[0])
    if config.alibi:
        made += alibi_stages(config.alibi, config.d_head)
    if config.positions == "sinusoidal":
        made += [
            stage("position_id[position]", Input(POSITION_ID), title="Positions"),
            stage("sinusoid[position, model]", Sinusoid(config.d_model), "position_id[position]",
                  title="Sines and cosines of the position", equation="sin(position ÷ wavelength), cos of the same"),
        ]  # fmt: skip
    if config.relative:
        made.append(stage("position_bias[head, query, key]", Identity(), "W_rel[bucket, head]",
                          title="Relative positions", equation="W_rel[bucket of key − query, head]"))  # fmt: skip
    return made


def alibi_stages(alibi: Alibi, d_head: int) -> list[Stage]:
    """The term that ALiBi adds to the scores."""
    slope, position_id = "slope", "position_id"
    made = [
        stage("slope[head]", Input(SLOPE), title="Slopes"),
        stage("position_id[position]", Input(POSITION_ID), title="Positions"),
    ]
    if alibi.coarse:
        slope, position_id = "coarse_slope", "coarse_position_id"
        made += [
            stage("coarse_slope[head]", Bfloat16(), "slope[head]", title="Slopes as bfloat16 keeps them"),
            stage("coarse_position_id[position]", Bfloat16(), "position_id[position]",
                  title="Positions as bfloat16 keeps them"),
        ]  # fmt: skip

    def step(name: str, operation: Operation, *inputs: str, title: str, equation: str) -> None:
        made.append(stage(f"{name}[head, key]", operation, *inputs, inline=True, title=title, equation=equation))

    step("ramp", Multiply(), f"{slope}[head]", f"{position_id}[key]",
         title="ALiBi: a nearer key's score is higher, by slope", equation="slope × position of the key")  # fmt: skip
    if alibi.coarse:
        step("coarse_ramp", Bfloat16(), "ramp[head, key]",
             title="ALiBi: the term as bfloat16 keeps it", equation="bfloat16(ramp)")  # fmt: skip
    if alibi.scaled:
        step("scaled_ramp", Scale(float(d_head)), f"{made[-1].name}[head, key]",
             title="ALiBi: the term divided as the scores are", equation=f"{made[-1].name} ÷ √d_head")  # fmt: skip
    made[-1] = replace(made[-1], name="position_bias", symbol="ALiBi")
    return made


def rotation_stages(rotary: Rotary) -> list[Stage]:
    """The angles by which queries and keys are rotated, with their cosines and sines."""
    return [
        stage("position_id[position]", Input(POSITION_ID), title="Positions"),
        stage("frequency[pair]", Frequency("Fixed by the configuration.", rotary=rotary), title="Frequencies",
              equation=EQUATIONS[rotary.scaling]),
        stage("angle[position, pair]", Multiply(), "position_id[position]", "frequency[pair]",
              title="Angles", equation="angle = position × frequency"),
        stage("cos[position, pair]", CosSin("cos", rotary.amplitude), "angle[position, pair]", title="Cosines"),
        stage("sin[position, pair]", CosSin("sin", rotary.amplitude), "angle[position, pair]", title="Sines"),
    ]  # fmt: skip


def after_stages(config: ModelConfig) -> list[Stage]:
    """The contextual embeddings, and the logits where the model has a head for them."""
    last = f"resid_post[position, model]@{config.n_layers - 1}"
    stages = [
        norm(config, "contextual[position, model]", last, "final",
             title="Contextual embeddings", equation="contextual = norm(resid_post)")
        if config.final_norm else
        stage("contextual[position, model]", Identity(), last, title="Contextual embeddings", equation="resid_post")
    ]  # fmt: skip
    if config.cross:
        stages.insert(0, stage("memory[source, model]", Input("What the encoder made of its text."), title="Memory"))
    if config.head == "none":
        return stages
    if config.image:
        return [*stages, *label_stages(config)]
    read = "contextual"
    if config.logit_scale != 1:
        read = "logit_input"
        stages.append(stage("logit_input[position, model]", MultiplyBy(config.logit_scale, "logit_scale"),
                            "contextual[position, model]", title="Scaled",
                            equation="contextual × logit_scale"))  # fmt: skip
    if config.head_activation != "none":
        stages += head_stages(config, config.head_activation, read)
        read = stages[-1].name
    matrix = "W_E[vocab, model]" if config.head == "tied" else "W_U[vocab, model]"
    if config.embed_projection == "before_sum":
        stages.append(stage("logit_embed[position, embed]", Einsum(), f"{read}[position, model]",
                            "W_unembed[model, embed]", title="Brought to the embeddings' width"))  # fmt: skip
        read, matrix = "logit_embed", matrix.replace("model", "embed")
    bias = ["b_U[vocab]"] if "b_U" in config.biases else []
    width = matrix[:-1].split(", ")[1]
    name = "uncapped" if config.final_soft_cap else "logits"
    stages.append(stage(f"{name}[position, vocab]", Einsum(), f"{read}[position, {width}]", matrix, *bias,
                        title="Logits",
                        equation=f"logits = {read} · {matrix[:3]}" + (" + b_U" if bias else "")))  # fmt: skip
    if config.final_soft_cap:
        stages.append(stage("logits[position, vocab]", Cap(config.final_soft_cap), "uncapped[position, vocab]",
                            title="Capped logits", equation="cap × tanh(logits ÷ cap)"))  # fmt: skip
    return stages


def head_stages(config: ModelConfig, act: Activation, source: str) -> list[Stage]:
    """What is done to the stream before logits are read off it, in a head that was trained to fill in masked tokens."""
    bias = ["b_head[model]"] if "b_head" in config.biases else []
    return [
        stage("head_in[position, model]", Einsum(), f"{source}[position, hidden]", "W_head[hidden, model]", *bias,
              title="Into the head", equation=f"head_in = {source} · W_head" + (" + b_head" if bias else "")),
        stage("head_act[position, model]", Activate(act), "head_in[position, model]",
              title="Activated", equation=f"head_act = {act}(head_in)"),
        norm(config, "head_normed[position, model]", "head_act[position, model]", "head_norm",
             title="Normed", equation="head_normed = norm(head_act)"),
    ]  # fmt: skip
