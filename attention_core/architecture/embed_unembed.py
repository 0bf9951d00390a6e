"""The stages that belong to no layer: embeddings and positions before the first layer, logits after the last."""

from __future__ import annotations

from dataclasses import replace

from attention_core.architecture.declare import norm_stage, parameter_stages, stage
from attention_core.architecture.patches import label_stages, patch_stages
from attention_core.computation.stage import Operation, Stage
from attention_core.config.model_config import Activation, ModelConfig
from attention_core.config.positions import Alibi, Rotary
from attention_core.ops.activations import Activate
from attention_core.ops.basic import Identity, Input
from attention_core.ops.einsum import Einsum
from attention_core.ops.elementwise import Add, Bfloat16, Multiply, MultiplyByConstant, Scale, SoftCap
from attention_core.ops.positions import Sinusoid
from attention_core.ops.rotary import FREQUENCY_EQUATIONS, CosSin, Frequency

POSITION_NOTE = "The token's position ID."
SLOPE_NOTE = (
    "Fixed for each head: 2^(−8 (head + 1) ÷ n), where n is the largest power of 2 up to n_heads; "
    "the heads beyond n use every other slope of 2n heads."
)


def shared_stages(config: ModelConfig) -> list[Stage]:
    """All stages that belong to no layer."""
    first = patch_stages(config.image) if config.image else embedding_stages(config)
    stages = [*position_stages(config), *first, *unembedding_stages(config)]
    weights = [
        # A tied W_E is indexed by the token's ID for its embedding, and along the vocabulary for the logits.
        replace(each, axes=tuple("token" if axis == "vocab" and each.name == "W_E" else axis for axis in each.axes))
        for each in parameter_stages(stages)
    ]
    return [*weights, *stages]


def embedding_stages(config: ModelConfig) -> list[Stage]:
    """From the token's row of W_E to the input of the first layer."""
    width = "embed" if config.embed_projection != "none" else "model"
    current, steps = f"W_E[token, {width}]", []

    def then(step: Stage) -> str:
        steps.append(step)
        return f"{step.name}[{', '.join(step.axes)}]"

    if config.embed_scale != 1:
        scaled = MultiplyByConstant(config.embed_scale, "embed_scale")
        current = then(stage(f"scaled_embedding[position, {width}]", scaled, current,
                             title="Token embeddings, scaled", equation="W_E[id] × embed_scale"))  # fmt: skip
    if config.embed_projection == "before_sum":
        current = then(embed_projection_stage(config, current))
        width = "model"
    # The summands: as an input, in the equation, and in the title.
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
                             title=f"{', '.join(words[:-1])} and {words[-1]} embeddings added",
                             equation=" + ".join(parts)))  # fmt: skip
    if config.embed_norm:
        current = then(norm_stage(config, f"embed_normed[position, {width}]", current, "norm",
                                  over=(width,), weight_axes=width, title="Embeddings",
                                  equation=f"embedding = norm({' + '.join(words)})".lower()))  # fmt: skip
    if config.embed_projection == "after_norm":
        current = then(embed_projection_stage(config, current))
    if not steps:
        return [stage("embedding[position, model]", Identity(), current,
                      title="Embeddings", equation="embedding = W_E[id]")]  # fmt: skip
    steps[-1] = replace(steps[-1], name="embedding", inline=False, symbol="")
    return steps


def embed_projection_stage(config: ModelConfig, source: str) -> Stage:
    """The embeddings, projected from d_embed to d_model."""
    bias = ["b_embed[model]"] if "b_embed" in config.biases else []
    return stage("projected[position, model]", Einsum(), source, "W_embed[embed, model]", *bias,
                 title="Projected to d_model",
                 equation="x · W_embed" + (" + b_embed" if bias else ""))  # fmt: skip


def position_stages(config: ModelConfig) -> list[Stage]:
    """The rotation angles, position embeddings and position biases that all layers share."""
    stages = []
    if len(set(config.rotary)) == 1 and config.rotary[0] is not None:
        stages += rotation_stages(config.rotary[0])
    if config.alibi:
        stages += alibi_stages(config.alibi, config.d_head)
    if config.positions == "sinusoidal":
        stages += [
            stage("position_id[position]", Input(POSITION_NOTE), title="Positions"),
            stage("sinusoid[position, model]", Sinusoid(config.d_model), "position_id[position]",
                  title="Sinusoidal position embeddings",
                  equation="sin(position ÷ wavelength), then cos(position ÷ wavelength)"),
        ]  # fmt: skip
    if config.relative:
        stages.append(stage("position_bias[head, query, key]", Identity(), "W_rel[bucket, head]",
                            title="Relative position bias",
                            equation="W_rel[bucket of key − query, head]"))  # fmt: skip
    return stages


def alibi_stages(alibi: Alibi, d_head: int) -> list[Stage]:
    """The position bias that ALiBi adds to the scores."""
    slope, position_id = "slope", "position_id"
    stages = [
        stage("slope[head]", Input(SLOPE_NOTE), title="Slopes"),
        stage("position_id[position]", Input(POSITION_NOTE), title="Positions"),
    ]
    if alibi.coarse:
        slope, position_id = "coarse_slope", "coarse_position_id"
        stages += [
            stage("coarse_slope[head]", Bfloat16(), "slope[head]", title="Slopes, rounded to bfloat16"),
            stage("coarse_position_id[position]", Bfloat16(), "position_id[position]",
                  title="Positions, rounded to bfloat16"),
        ]  # fmt: skip

    def step(name: str, operation: Operation, *inputs: str, title: str, equation: str) -> None:
        stages.append(stage(f"{name}[head, key]", operation, *inputs, inline=True, title=title, equation=equation))

    step("ramp", Multiply(), f"{slope}[head]", f"{position_id}[key]",
         title="ALiBi: a bias that favors nearer keys", equation="slope × position of the key")  # fmt: skip
    if alibi.coarse:
        step("coarse_ramp", Bfloat16(), "ramp[head, key]",
             title="ALiBi: the bias, rounded to bfloat16", equation="bfloat16(ramp)")  # fmt: skip
    if alibi.scaled:
        step("scaled_ramp", Scale(float(d_head)), f"{stages[-1].name}[head, key]",
             title="ALiBi: the bias, scaled like the scores", equation=f"{stages[-1].name} ÷ √d_head")  # fmt: skip
    stages[-1] = replace(stages[-1], name="position_bias", symbol="ALiBi")
    return stages


def rotation_stages(rotary: Rotary) -> list[Stage]:
    """The angles that queries and keys are rotated by, with their cosines and sines."""
    return [
        stage("position_id[position]", Input(POSITION_NOTE), title="Positions"),
        stage("frequency[pair]", Frequency("Fixed by the configuration.", rotary=rotary), title="Frequencies",
              equation=FREQUENCY_EQUATIONS[rotary.scaling]),
        stage("angle[position, pair]", Multiply(), "position_id[position]", "frequency[pair]",
              title="Angles", equation="angle = position × frequency"),
        stage("cos[position, pair]", CosSin("cos", rotary.amplitude), "angle[position, pair]", title="Cosines"),
        stage("sin[position, pair]", CosSin("sin", rotary.amplitude), "angle[position, pair]", title="Sines"),
    ]  # fmt: skip


def unembedding_stages(config: ModelConfig) -> list[Stage]:
    """The contextual embeddings, and the logits if the model has a head."""
    last = f"resid_post[position, model]@{config.n_layers - 1}"
    stages = [
        norm_stage(config, "contextual[position, model]", last, "final",
                   title="Contextual embeddings", equation="contextual = norm(resid_post)")
        if config.final_norm else
        stage("contextual[position, model]", Identity(), last, title="Contextual embeddings", equation="resid_post")
    ]  # fmt: skip
    if config.cross:
        stages.insert(0, stage("memory[source, model]", Input("The encoder's output."), title="Encoder output"))
    if config.head == "none":
        return stages
    if config.image:
        return [*stages, *label_stages(config)]
    source = "contextual"
    if config.logit_scale != 1:
        source = "logit_input"
        stages.append(stage("logit_input[position, model]", MultiplyByConstant(config.logit_scale, "logit_scale"),
                            "contextual[position, model]", title="Contextual embeddings, scaled",
                            equation="contextual × logit_scale"))  # fmt: skip
    if config.head_activation != "none":
        stages += prediction_head_stages(config, config.head_activation, source)
        source = stages[-1].name
    matrix = "W_E[vocab, model]" if config.head == "tied" else "W_U[vocab, model]"
    if config.embed_projection == "before_sum":
        stages.append(stage("logit_embed[position, embed]", Einsum(), f"{source}[position, model]",
                            "W_unembed[model, embed]", title="Projected to d_embed"))  # fmt: skip
        source, matrix = "logit_embed", matrix.replace("model", "embed")
    bias = ["b_U[vocab]"] if "b_U" in config.biases else []
    width = matrix[:-1].split(", ")[1]
    name = "uncapped" if config.final_soft_cap else "logits"
    stages.append(stage(f"{name}[position, vocab]", Einsum(), f"{source}[position, {width}]", matrix, *bias,
                        title="Logits",
                        equation=f"logits = {source} · {matrix[:3]}" + (" + b_U" if bias else "")))  # fmt: skip
    if config.final_soft_cap:
        stages.append(stage("logits[position, vocab]", SoftCap(config.final_soft_cap), "uncapped[position, vocab]",
                            title="Capped logits", equation="cap × tanh(logits ÷ cap)"))  # fmt: skip
    return stages


def prediction_head_stages(config: ModelConfig, act: Activation, source: str) -> list[Stage]:
    """The layers of a masked-language-model head before the logits."""
    bias = ["b_head[model]"] if "b_head" in config.biases else []
    return [
        stage("head_in[position, model]", Einsum(), f"{source}[position, hidden]", "W_head[hidden, model]", *bias,
              title="Hidden layer of the head",
              equation=f"head_in = {source} · W_head" + (" + b_head" if bias else "")),
        stage("head_act[position, model]", Activate(act), "head_in[position, model]",
              title="After the activation function", equation=f"head_act = {act}(head_in)"),
        norm_stage(config, "head_normed[position, model]", "head_act[position, model]", "head_norm",
                   title="Normalized", equation="head_normed = norm(head_act)"),
    ]  # fmt: skip
