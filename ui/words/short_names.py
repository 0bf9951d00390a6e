"""Short names for a trail of opened numbers, such as "weight it → animal" and then "query[25] of it"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import attention_core as ac
from attention_core import explain
from attention_core.computation.derivation import Address
from attention_core.computation.stage import Stage
from attention_core.config.image import COLOURS
from attention_core.errors import InputError
from ui.words.sentences import Mention, ordinal_prefix, token_text

NOUNS = {
    "pixel": "pixel", "mean": "mean", "std": "standard deviation", "normalized": "normalized pixel",
    "patch_embedding": "patch embedding", "class": "class token", "joined": "embedding without position",
    "sinusoid": "position embedding", "position_id": "position", "scaled_embedding": "scaled embedding",
    "embed_sum": "sum of embeddings", "embed_normed": "normalized embedding", "projected": "projected embedding",
    "embedding": "embedding", "x": "embedding", "memory": "encoder output", "contextual": "contextual embedding",
    "cosine": "cosine to the embedding", "resid_pre": "layer {layer} input", "resid_post": "layer {layer} output",
    "resid_mid": "residual stream after attention", "resid_cross": "residual stream after cross-attention",
    "mid_sum": "sum after attention", "post_sum": "sum after the MLP", "attn_normed": "attention input",
    "mlp_normed": "MLP input", "q": "query", "k": "key", "v": "value", "q_normed": "normalized query",
    "k_normed": "normalized key", "q_rotated": "rotated query", "k_rotated": "rotated key", "angle": "angle",
    "frequency": "frequency", "cos": "cosine", "sin": "sine", "product": "dot product", "score": "score",
    "capped": "capped score", "biased": "score with bias", "position_bias": "position bias", "ramp": "ALiBi bias",
    "slope": "ALiBi slope", "coarse_ramp": "rounded ALiBi bias", "coarse_slope": "rounded ALiBi slope",
    "coarse_position_id": "rounded position", "mask": "mask", "masked": "masked score", "weight": "weight", "z": "z",
    "attn_out": "attention output", "out": "attention output", "attn_update": "normalized attention output",
    "cross_normed": "cross-attention input", "cross_sum": "sum after cross-attention",
    "cross_attn_out": "cross-attention output", "cross_attn_update": "normalized cross-attention output",
    "mlp_in": "MLP hidden unit", "mlp_gate": "MLP gate", "mlp_act": "MLP activation", "mlp_gated": "gated MLP unit",
    "mlp_out": "MLP output", "mlp_update": "normalized MLP output", "router_logits": "router logit",
    "router_probs": "router probability", "expert": "expert", "expert_prob": "expert probability",
    "expert_weight": "expert weight", "expert_in": "expert hidden unit", "expert_in_clamped": "clamped hidden unit",
    "expert_gate": "expert gate", "expert_gate_clamped": "clamped expert gate", "expert_act": "expert activation",
    "expert_gated": "gated expert unit", "expert_out": "expert output", "logit_input": "scaled contextual embedding",
    "logit_embed": "projected contextual embedding", "uncapped": "uncapped logit", "logits": "logit",
}  # fmt: skip
"""A quantity -> one of its numbers in words; a parameter, such as W_Q, keeps its name."""

SCOPE = {"layer": "layer", "head": "head", "kv_head": "key-value head"}
"""The axes that a name states only where they change along a trail -> their names."""


@dataclass(frozen=True)
class Number:
    """A number to be named.

    noun:    its quantity in words, with the layer where that is a part of them
    index:   its index along each axis, the layer first
    tokens:  the tokens along an axis, for axes that have any
    entries: what an index along an axis stands for, such as an entry of the vocabulary
    encoder: whether it belongs to the encoder of a decoder's trace
    """

    noun: str
    index: Mapping[str, int]
    tokens: Mapping[str, list[str]]
    entries: Mapping[str, str]
    encoder: bool = False

    def name(self, scope: Mapping[tuple[bool, str], int]) -> str:
        """Its name. scope: the layer and the heads that are known, each for the encoder or not."""
        changed = [f"{SCOPE[axis]} {at}" for axis, at in self.index.items()
                   if axis in SCOPE and scope.get((self.encoder, axis)) != at
                   and f"{{{axis}}}" not in self.noun]  # fmt: skip
        found = [Mention(self.tokens[axis], at) for axis, at in self.index.items() if axis in self.tokens]
        ends = [ordinal_prefix(each, found) + plain_or_quoted(each.text) for each in found]
        if len(found) == 2 and found[0].names is found[1].names and found[0].position == found[1].position:
            ends[1] = "itself"
        free = [self.entries.get(axis, str(at)) for axis, at in self.index.items()
                if axis not in SCOPE and axis not in self.tokens]  # fmt: skip
        prefix = ", ".join([*["encoder"] * self.encoder, *changed])
        name = self.noun.format_map(self.index) + (f"[{', '.join(free)}]" if free else "")
        end = f" {' → '.join(ends)}" if len(ends) == 2 else f" of {ends[0]}" if ends else ""
        return f"{prefix}: {name}{end}" if prefix else f"{name}{end}"


def plain_or_quoted(word: str) -> str:
    """A word as it is; with quotation marks where it is not only letters and digits."""
    return word if word.isalnum() else f"“{word}”"


def name_numbers(numbers: Iterable[Number], **scope: int) -> list[str]:
    """The names of numbers that are opened one from another. scope: the layer and the head on screen."""
    known = {(False, axis): at for axis, at in scope.items()}
    names = []
    for number in numbers:
        names.append(number.name(known))
        known |= {(number.encoder, axis): at for axis, at in number.index.items() if axis in SCOPE}
    return names


def make_number(stage: Stage, indices: Sequence[int], tokens: Mapping[str, list[str]], **entries: str) -> Number:
    """A number of a stage. tokens: along each axis that has them; those of other axes are left out."""
    axes = stage.axes if stage.layer is None else ("layer", *stage.axes)
    return Number(noun_of(stage.name), dict(zip(axes, indices, strict=True)),
                  {axis: names for axis, names in tokens.items() if axis in axes}, entries)  # fmt: skip


def noun_of(quantity: str) -> str:
    """A number of a quantity in words."""
    if quantity not in NOUNS and quantity.startswith("cross_"):
        return f"cross-attention {noun_of(quantity.removeprefix('cross_'))}"
    return NOUNS.get(quantity, quantity)


def name_trail(trace: ac.Trace, trail: Iterable[Address], **scope: int) -> list[str]:
    """The names of the numbers of a trail of a run. scope: the layer and the head on screen."""
    return name_numbers((find_number(trace, address) for address in trail), **scope)


def find_number(trace: ac.Trace, address: Address) -> Number:
    """The number at an address; one that the run does not have is named by its address."""
    if trace.encoder and address.quantity.startswith(explain.ENCODER_PREFIX):
        return replace(find_number(trace.encoder, explain.encoder_address(address)), encoder=True)
    try:
        if address.quantity == "cosine":
            position = explain.find_cell(trace, Address("contextual", (*address.indices, 0))).index["position"]
            return Number(noun_of("cosine"), {"position": position}, {"position": trace.tokens}, {})
        cell = explain.find_cell(trace, address)
    except InputError:
        return unnamed(address)
    return make_number(cell.stage, address.indices, axis_tokens(trace, address.quantity),
                       **axis_entries(trace, cell.index))  # fmt: skip


def unnamed(address: Address) -> Number:
    """A number that the computation does not have, named by its address."""
    return Number(str(address), {}, {}, {})


def axis_tokens(trace: ac.Trace, quantity: str) -> dict[str, list[str]]:
    """The tokens along each axis of a quantity that has them."""
    tokens = trace.tokens
    source = trace.encoder.tokens if trace.encoder else tokens
    image = trace.model.config.image
    patches = {"patch": [image.token_name(patch + 1) for patch in range(image.n_patches)]} if image else {}
    keys = source if quantity.startswith("cross_") else tokens
    return {"position": tokens, "query": tokens, "key": keys, "source": source, **patches}


def axis_entries(trace: ac.Trace, index: Mapping[str, int]) -> dict[str, str]:
    """What a number's index along some axes stands for: an entry of the vocabulary, or a colour."""
    if trace.model.config.image:
        return {"colour": COLOURS[index["colour"]]} if "colour" in index else {}
    pieces = {axis: trace.tokenizer.piece(index[axis]) for axis in ("token", "vocab") if axis in index}
    return {axis: plain_or_quoted(token_text(*trace.tokenizer.readable_pieces([piece])))
            for axis, piece in pieces.items()}  # fmt: skip
