"""Encoder–decoders: two models, of which the second also attends to what the first made of its text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, NoReturn

from attention_core.config.model_config import ModelConfig
from attention_core.display import layers_and_heads, shown_name
from attention_core.errors import InputError, SideError
from attention_core.generate import write
from attention_core.model import Model
from attention_core.sampling import greedy
from attention_core.text.tokenizer import Token, TokenizerProtocol
from attention_core.trace import Trace
from attention_core.validate import check_text

LONGEST_WRITTEN = 32  # tokens


def missing(both: object, name: str, side: type[Model | Trace]) -> AttributeError:
    """The error for an attribute that an encoder–decoder has not, but perhaps each of its sides."""
    if not name.startswith("_") and (hasattr(side, name) or name in {each.name for each in fields(side)}):
        return SideError(f"An encoder–decoder has two sides: say .encoder.{name} or .decoder.{name}.")
    return AttributeError(f"{type(both).__name__!r} object has no attribute {name!r}", name=name, obj=both)


@dataclass(frozen=True)
class EncoderDecoderTrace:
    """What a run of an encoder–decoder leaves: a trace of each side.

    encoder: the trace of the text
    decoder: the trace of the target, which also has `cross_pattern(layer)`: [head, query, key], the decoder's tokens
             asking and the encoder's answering
    ended: of what the model has written itself, whether it came to its end; None for a target that it was given
    """

    encoder: Trace
    decoder: Trace
    ended: bool | None = None

    def __repr__(self) -> str:
        sides = (f"{name} {side.sizes}" for name, side in (("encoder", self.encoder), ("decoder", self.decoder)))
        return f"<EncoderDecoderTrace of {shown_name(self.decoder.model.name)}: {'; '.join(sides)}>"

    def _repr_html_(self) -> str:
        """Both sides, for a notebook."""
        sides = (("trace.encoder", self.encoder), ("trace.decoder", self.decoder))
        return "".join(f"<p><b>{name}</b></p>{side._repr_html_()}" for name, side in sides)

    if not TYPE_CHECKING:  # else every name would pass the type checker

        def __getattr__(self, name: str) -> NoReturn:
            raise missing(self, name, Trace)


@dataclass(frozen=True)
class EncoderDecoder:
    """An encoder and a decoder that were trained together; each is a Model, run by `trace` over a text and its target.

    Source: Vaswani et al. 2017, section 3.1, https://arxiv.org/abs/1706.03762
    """

    name: str
    encoder: Model
    decoder: Model

    def __repr__(self) -> str:
        sides = f"encoder {layers_and_heads(self.encoder.config)}, decoder {layers_and_heads(self.config)}"
        sizes = f"d_model {self.config.d_model}, d_vocab {self.config.d_vocab}"
        return f"<EncoderDecoder {shown_name(self.name)}: {sides}, {sizes}, reads {self.encoder.config.n_ctx} tokens>"

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> NoReturn:
            raise missing(self, name, Model)

    @property
    def config(self) -> ModelConfig:
        """The decoder's sizes and traits."""
        return self.decoder.config

    @property
    def tokenizer(self) -> TokenizerProtocol:
        """What both sides read with."""
        return self.decoder.tokenizer

    def trace(
        self, text: str | None = None, *, ids: Sequence[int] | None = None, target: str | None = None,
        target_ids: Sequence[int] | None = None, attention_mask: Sequence[bool] | None = None,
        target_attention_mask: Sequence[bool] | None = None,
    ) -> EncoderDecoderTrace:  # fmt: skip
        """Run the encoder over a text and the decoder over what it has written so far.

        target:     what the decoder has written; its start token comes before it, and the end's token is left out
        target_ids: what the decoder reads, its start token included
        With neither, the decoder reads its start token alone. Raises InputError as Model.trace does.
        """
        if target is not None and target_ids is not None:
            raise InputError("Give either a target or target_ids.")
        read = self.encoder.tokens(text, ids)
        encoder = self.encoder.run(text or "", read, attention_mask)
        if target_ids is None:
            if target is not None:
                check_text(target)
            written = self.decoder.tokens(target, None) if target else ()
            while written and written[-1].special:
                written = written[:-1]
            tokens = (self._start(), *written)
        else:
            tokens = self.decoder.tokens(None, target_ids)
        return EncoderDecoderTrace(encoder, self._decode(encoder, target or "", tokens, target_attention_mask))

    def write(self, text: str, most: int = LONGEST_WRITTEN) -> EncoderDecoderTrace:
        """Run the encoder over a text, and let the decoder write its own, always the likeliest next token.

        most: how many tokens it writes at most; fewer where it reads no more
        Raises InputError as `trace` does, and for a model without a language-model head.
        """
        encoder, start = self.encoder.run(text, self.encoder.tokens(text, None)), self._start()
        ids = list(write(self.decoder, [start.id], greedy, most, encoder))
        ended = bool(ids) and ids[-1] in self.config.end_ids
        said, tokens = self.tokenizer.decode(ids[: len(ids) - ended])
        return EncoderDecoderTrace(encoder, self._decode(encoder, said, (start, *tokens)), ended)

    def _start(self) -> Token:
        """The token that the decoder begins with."""
        if self.config.start_id is None:
            raise InputError(
                "The configuration names no token for the decoder to begin with: this model runs over target_ids alone."
            )
        (token,) = self.decoder.tokens(None, [self.config.start_id])
        return replace(token, special=True)

    def _decode(
        self, encoder: Trace, target: str, tokens: tuple[Token, ...], attention_mask: Sequence[bool] | None = None
    ) -> Trace:
        """Run the decoder over tokens and what the encoder has made of its own."""
        made = self.decoder.run(target, tokens, attention_mask, encoder.contextual, encoder.inputs.attention_mask)
        return replace(made, encoder=encoder)
