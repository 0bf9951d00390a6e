"""The reference: transformers, eager attention, float32, every intermediate of every layer."""

import math
from collections import defaultdict
from pathlib import Path

import numpy as np

TENSORS = (
    "resid_pre", "q", "k", "v", "scores", "pattern", "z", "attn_out", "resid_mid", "mlp_in", "mlp_act", "mlp_out",
    "resid_post",
)  # fmt: skip
"""In the order of the computation, so that the first one that differs shows where the error is."""


def reference_model(folder: Path):
    from transformers import AutoModel

    return AutoModel.from_pretrained(folder, attn_implementation="eager", dtype="float32").eval()


def reference_trace(model, ids):
    """name -> one array for each layer, with this library's axes; and "contextual"."""
    import torch

    tensors = defaultdict(list)
    config = model.config
    n_heads = config.num_attention_heads

    def heads(tensor):
        return tensor[0].view(len(ids), n_heads, -1).transpose(0, 1).numpy()

    def keep(name, shape=lambda tensor: tensor[0].numpy(), of="output"):
        def hook(module, inputs, output):
            value = inputs[0] if of == "input" else output[0] if isinstance(output, tuple) else output
            tensors[name].append(shape(value).copy())

        return hook

    hooks = []
    for layer in model.encoder.layer:
        attention, out = layer.attention.self, layer.attention.output
        hooks += [
            layer.register_forward_hook(keep("resid_pre", of="input")),
            attention.query.register_forward_hook(keep("q", heads)),
            attention.key.register_forward_hook(keep("k", heads)),
            attention.value.register_forward_hook(keep("v", heads)),
            out.dense.register_forward_hook(keep("z", heads, of="input")),
            out.dense.register_forward_hook(keep("attn_out")),
            out.LayerNorm.register_forward_hook(keep("resid_mid")),
            layer.intermediate.dense.register_forward_hook(keep("mlp_in")),
            layer.intermediate.register_forward_hook(keep("mlp_act")),
            layer.output.dense.register_forward_hook(keep("mlp_out")),
            layer.register_forward_hook(keep("resid_post", lambda t: (t[0] if t.dim() == 3 else t).numpy())),
        ]
    with torch.no_grad():
        result = model(input_ids=torch.tensor([list(ids)]), output_attentions=True)
    for hook in hooks:
        hook.remove()
    tensors["pattern"] = [pattern[0].numpy() for pattern in result.attentions]
    tensors["scores"] = [
        np.matmul(q, k.transpose(0, 2, 1)) / np.float32(math.sqrt(q.shape[-1]))
        for q, k in zip(tensors["q"], tensors["k"], strict=True)
    ]
    tensors["contextual"] = [result.last_hidden_state[0].numpy()]
    return dict(tensors)


def random_bert(folder: Path, seed: int, **options):
    """A small BERT of prime sizes with random norms and biases too, saved as safetensors."""
    import torch
    from transformers import BertConfig, BertModel

    sizes = {
        "vocab_size": 101, "hidden_size": 35, "num_hidden_layers": 3, "num_attention_heads": 5,
        "intermediate_size": 53, "max_position_embeddings": 43, "type_vocab_size": 2,
    } | options  # fmt: skip
    torch.manual_seed(seed)
    model = BertModel(BertConfig(**sizes, attn_implementation="eager"), add_pooling_layer=bool(seed % 2)).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() == 1:
                parameter.normal_(1.0 if name.endswith("LayerNorm.weight") else 0.0, 0.3)
            else:  # preserves the magnitude of its input, for which float32 is exact to five decimals
                parameter.normal_(0.0, 1.2 / math.sqrt(parameter.shape[1]))
    model.save_pretrained(folder, safe_serialization=True)
    return model


TRAINED = 2e-6
"""An additional tolerance for trained models, as a fraction of a tensor's largest number.

float32 numbers near 72, the magnitude of MiniLM's scores, are 7.6e-6 apart, and torch itself differs by 2.4e-5 from
float64 there; at the end of the MLP, with numbers up to 195, it differs by 1.4e-4.
"""


def tolerance(expected: np.ndarray, relative: float = 0.0) -> float:
    """1e-5, plus a fraction of the tensor's largest number where float32 is known not to be that exact."""
    return 1e-5 + relative * float(np.abs(expected).max())


def first_difference(trace, expected, relative=0.0):
    """The first tensor that exceeds the tolerance, as a sentence; None when there is none."""
    for layer in range(trace.model.config.n_layers):
        for name in TENSORS:
            ours, theirs = getattr(trace, name)(layer), expected[name][layer]
            if ours.shape != theirs.shape:
                return f"layer {layer}: {name} has shape {ours.shape}, expected {theirs.shape}"
            off = float(np.abs(ours - theirs).max())
            if not off <= tolerance(theirs, relative):
                return f"layer {layer}: {name} is off by {off:.3g}"
    theirs = expected["contextual"][0]
    off = float(np.abs(trace.contextual - theirs).max())
    return None if off <= tolerance(theirs, relative) else f"contextual is off by {off:.3g}"
