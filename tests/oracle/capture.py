"""Every intermediate of a reference model, recorded by hooks and by a spy around its attention function.

If a model does not look up its attention function by name, torch's functions are patched instead.
"""

import math
import sys
from collections import defaultdict
from contextlib import AbstractContextManager, nullcontext
from unittest.mock import patch

import numpy as np
import torch
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from tests.reference.oracle import tolerance

ORDER = ("resid_pre", "q", "k", "v", "q_used", "k_used", "scores", "masked", "pattern", "z", "attn_out",
         "cross_q", "cross_k", "cross_v", "cross_scores", "cross_pattern", "cross_z",
         "router_logits", "expert", "expert_weight", "resid_mid", "mlp_gate", "mlp_in", "mlp_out",
         "resid_post")  # fmt: skip
"""In order of computation, so the first tensor that differs is the cause."""
MASKED = -1e30  # the reference's masked scores are below this: the lowest float32 value or -inf

recorded = defaultdict(list)


def spy(module, query, key, value, attention_mask, scaling=None, **kwargs):
    """The model's own eager attention, with its inputs and outputs recorded."""
    eager = sys.modules[type(module).__module__].eager_attention_forward
    out, pattern = eager(module, query, key, value, attention_mask, scaling=scaling, **kwargs)
    scaling = query.shape[-1] ** -0.5 if scaling is None else scaling
    shared = query.shape[1] // key.shape[1]
    scores = query @ key.repeat_interleave(shared, 1).transpose(2, 3) * scaling
    cap = kwargs.get("softcap")
    scores = torch.tanh(scores / cap) * cap if cap else scores
    bias = kwargs.get("position_bias")
    scores = scores if bias is None else scores + bias
    prefix = "cross_" if getattr(module, "is_cross", False) else ""
    z = out.transpose(1, 2)
    tensors = {"q_used": query, "k_used": key, "v": value, "scores": scores, "pattern": pattern, "z": z}
    for name, tensor in tensors.items():
        record(prefix, name, tensor)
    return out, pattern


def record(prefix, name, tensor):
    name = {"cross_q_used": "cross_q", "cross_k_used": "cross_k"}.get(prefix + name, prefix + name)
    recorded[name].append(tensor[0].detach().numpy().copy())


SOFTMAX, SDPA = torch.nn.functional.softmax, torch.nn.functional.scaled_dot_product_attention


def softmax(scores, **kwargs):
    """Torch's softmax, with the masked scores and the weights recorded."""
    pattern = SOFTMAX(scores, **kwargs)
    record("", "masked", scores)
    record("", "pattern", pattern)
    return pattern


def sdpa(query, key, value, attn_mask=None, **kwargs):
    """Torch's attention, with its inputs and outputs recorded."""
    z = SDPA(query, key, value, attn_mask=attn_mask, **kwargs)
    scores = query @ key.transpose(2, 3) / math.sqrt(query.shape[3])
    scores = scores.masked_fill(~attn_mask, -torch.inf) if attn_mask.dtype == torch.bool else scores + attn_mask
    for name, tensor in {"q_used": query, "k_used": key, "masked": scores, "z": z}.items():
        record("", name, tensor)
    return z


def recording(attention) -> AbstractContextManager:
    """Records through torch's functions while a model runs that does not look up its attention function by name."""
    patches = {"eager": {"softmax": softmax}, "sdpa": {"scaled_dot_product_attention": sdpa}}.get(attention)
    return patch.multiple(torch.nn.functional, **patches) if patches else nullcontext()


ALL_ATTENTION_FUNCTIONS.register("spy", spy)
ALL_MASK_ATTENTION_FUNCTIONS.register("spy", ALL_MASK_ATTENTION_FUNCTIONS["eager"])


def recorder(name, of="output", shape=lambda tensor: tensor[0]):
    """A hook that records the input or output of a module."""

    def hook(module, args, kwargs, output):
        if isinstance(of, int):
            recorded[name].append(output[of].detach().numpy().copy())
            return
        value = output if of == "output" else args[0] if args else kwargs["hidden_states"]
        value = value[0] if isinstance(value, tuple) else value
        recorded[name].append(shape(value).detach().numpy().copy())

    return hook


def heads(width):
    """[position, head * width] as [head, position, width]."""
    return lambda tensor: tensor[0].view(tensor.shape[1], -1, width).transpose(0, 1)


def capture(model, reference, ids, attention_mask=None, target=None, target_attention_mask=None):
    """name -> one array per layer; "contextual" and "logits" once; of the decoder if there is a target.

    ids: token IDs, or an image's pixel values [1, 3, height, width]
    """
    recorded.clear()
    for path, module in model.named_modules():
        module.is_cross = path.endswith(("encoder_attn", "EncDecAttention"))
    body = getattr(model, model.base_model_prefix, None)
    path = reference.decoder if target else reference.layers
    layers = model.get_submodule(path if body is not None else path.removeprefix(f"{model.base_model_prefix}."))
    hooks = []
    for layer in layers:
        hooks += [
            layer.register_forward_hook(recorder("resid_pre", "input"), with_kwargs=True),
            layer.register_forward_hook(recorder("resid_post"), with_kwargs=True),
        ]
        for name, (path, of, *cut) in reference.hooks.items():
            at = path[1] if target and isinstance(path, tuple) else path[0] if isinstance(path, tuple) else path
            if at is None:
                continue
            if "." in at and not hasattr(layer.get_submodule(at.rpartition(".")[0]), at.rpartition(".")[2]):
                hooks.append(layer.register_forward_hook(lambda *_, name=name: recorded[name].append(None)))
                continue
            shape = heads(reference.width(model.config)) if name in ("q", "k", "v", "z") else lambda tensor: tensor[0]
            shape = cut[0](model.config) if cut else shape
            hooks.append(layer.get_submodule(at).register_forward_hook(recorder(name, of, shape), with_kwargs=True))
    is_image = isinstance(ids, torch.Tensor)
    inputs = {"pixel_values": ids} if is_image else {"input_ids": torch.tensor([list(ids)])}
    if attention_mask is not None:
        inputs["attention_mask"] = torch.tensor([list(map(int, attention_mask))])
    with torch.no_grad(), recording(reference.attention):
        if target:
            encoder = getattr(model, "encoder", None) or model.model.encoder
            memory = encoder(**inputs)
            recorded.clear()
            mask = None if target_attention_mask is None else torch.tensor([list(map(int, target_attention_mask))])
            result = model(encoder_outputs=memory, decoder_input_ids=torch.tensor([list(target)]),
                           decoder_attention_mask=mask, attention_mask=inputs.get("attention_mask"),
                           output_hidden_states=True)  # fmt: skip
            last = result.decoder_hidden_states[-1]
        elif reference.decoder:
            encoder = getattr(model, "encoder", None) or model.model.encoder
            result = encoder(**inputs)
            last = result.last_hidden_state
        else:
            result = model(**inputs, output_hidden_states=True)
            last = result.hidden_states[-1]
            if is_image:  # its last hidden state is before the final norm
                last = (body or model).layernorm(last)
    for hook in hooks:
        hook.remove()
    recorded["contextual"] = [last[0].numpy()]
    captured = {name: tensors for name, tensors in recorded.items() if name not in reference.hidden}
    if hasattr(result, "logits"):
        captured["logits"] = [result.logits[0].numpy()]
    return captured


def first_difference(trace, expected, attention_mask=None, relative=0.0):
    """A sentence about the first tensor that differs by more than the tolerance; None if there is none.

    Rows of padding tokens are not compared.
    """
    rows = slice(None) if attention_mask is None else np.array(attention_mask, bool)
    for layer in range(trace.model.config.n_layers):
        message = layer_difference(trace, expected, layer, rows, relative)
        if message:
            return message
    if "contextual" in expected:
        message = difference(trace.contextual, expected["contextual"][0], rows, "contextual", relative)
        if message:
            return f"contextual {message}"
    if "logits" in expected:
        ours, theirs = trace.logits(), expected["logits"][0]
        ours, theirs = (ours, theirs) if ours.ndim == 1 else (ours[rows], theirs[rows])
        off = float(np.abs(ours - theirs).max())
        if not off <= 1e-4 * float(np.abs(theirs).max()):
            return f"logits are off by {off:.3g}"
    return None


def layer_difference(trace, expected, layer, rows=slice(None), relative=0.0):
    """A sentence about the first tensor of a layer that differs by more than the tolerance; None if there is none."""
    for name in ORDER:
        if name not in expected or expected[name][layer] is None:
            continue
        # Without a mask, the masked scores are the scores.
        method = getattr(trace, "scores" if name == "masked" and not trace.has(name, layer) else name, None)
        ours = method(layer) if method else trace.array(name, layer)
        message = difference(ours, expected[name][layer], rows, name, relative)
        if message:
            return f"layer {layer}: {name} {message}"
    return None


def difference(ours, theirs, rows, name, relative=0.0):
    if ours.shape != theirs.shape:
        return f"has shape {ours.shape}, expected {theirs.shape}"
    if name.startswith("cross_") and name[6:] in ("k", "v"):
        rows = slice(None)
    at = (slice(None), rows) if ours.ndim == 3 else (rows,)
    ours, theirs = ours[at], theirs[at]
    if name in ("scores", "masked", "pattern"):
        ours, theirs = ours[..., rows], theirs[..., rows]
    if name == "masked":
        if ((ours == -np.inf) != (theirs < MASKED)).any():
            return "is masked elsewhere"
        ours, theirs = (np.where(each < MASKED, 0, each) for each in (ours, theirs))
    if not np.isfinite(ours).all():
        return "is not finite"
    off = float(np.abs(ours - theirs).max())
    largest = float(np.abs(theirs).max())
    return None if off <= tolerance(theirs, relative) else f"is off by {off:.3g}, its largest number is {largest:.3g}"
