"""Encoder–decoders: two models; the decoder also attends to the encoder's output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, NoReturn

from attention_core.config.model_config import ModelConfig
from attention_core.display import display_name, layers_and_heads
from attention_core.errors import InputError, SideError
from attention_core.generate import write
from attention_core.model import Model
from attention_core.sampling import greedy
from attention_core.text.tokenizer import Token, TokenizerProtocol
from attention_core.trace import Trace
from attention_core.validate import check_text

MAX_NEW_TOKENS = 32  # tokens


def missing_attribute(both: object, name: str, side: type[Model | Trace]) -> AttributeError:
    """The error for an attribute that an encoder–decoder does not have; it names the sides if they have it."""
    if not name.startswith("_") and (hasattr(side, name) or name in {each.name for each in fields(side)}):
        return SideError(f"An encoder–decoder has two sides: use .encoder.{name} or .decoder.{name}.")
    return AttributeError(f"{type(both).__name__!r} object has no attribute {name!r}", name=name, obj=both)


@dataclass(frozen=True)
class EncoderDecoderTrace:
    """One run of an encoder–decoder: a trace of each side.

    encoder: the trace of the text
    decoder: the trace of the target, which also has `cross_pattern(layer)`: [head, query, key], with queries from the
             decoder's tokens and keys from the encoder's
    ended:   whether a generated target reached its end token; None for a given target
    """

    encoder: Trace
    decoder: Trace
    ended: bool | None = None

    def __repr__(self) -> str:
        sides = (f"{name} {side.sizes}" for name, side in (("encoder", self.encoder), ("decoder", self.decoder)))
        return f"<EncoderDecoderTrace of {display_name(self.decoder.model.name)}: {'; '.join(sides)}>"

    def _repr_html_(self) -> str:
        """Both sides, for a notebook."""
        sides = (("trace.encoder", self.encoder), ("trace.decoder", self.decoder))
        return "".join(f"<p><b>{name}</b></p>{side._repr_html_()}" for name, side in sides)

    if not TYPE_CHECKING:  # else every name would pass the type checker

        def __getattr__(self, name: str) -> NoReturn:
            raise missing_attribute(self, name, Trace)


@dataclass(frozen=True)
class EncoderDecoder:
    """An encoder and a decoder that were trained together, run by `trace` over a text and its target; each is a Model.

    Source: Vaswani et al. 2017, section 3.1, https://arxiv.org/abs/1706.03762
    """

    name: str
    encoder: Model
    decoder: Model

    def __repr__(self) -> str:
        sides = f"encoder {layers_and_heads(self.encoder.config)}, decoder {layers_and_heads(self.config)}"
        sizes = f"d_model {self.config.d_model}, d_vocab {self.config.d_vocab}"
        return f"<EncoderDecoder {display_name(self.name)}: {sides}, {sizes}, reads {self.encoder.config.n_ctx} tokens>"

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> NoReturn:
            raise missing_attribute(self, name, Model)

    @property
    def config(self) -> ModelConfig:
        """The decoder's sizes and traits."""
        return self.decoder.config

    @property
    def ignored_keys(self) -> tuple[str, ...]:
        """The keys of the configuration that change nothing that is computed."""
        return self.decoder.ignored_keys

    @property
    def tokenizer(self) -> TokenizerProtocol:
        """The tokenizer of both sides."""
        return self.decoder.tokenizer

    def trace(
        self, text: str | None = None, *, ids: Sequence[int] | None = None, target: str | None = None,
        target_ids: Sequence[int] | None = None, attention_mask: Sequence[bool] | None = None,
        target_attention_mask: Sequence[bool] | None = None,
    ) -> EncoderDecoderTrace:  # fmt: skip
        """Run the encoder over a text and the decoder over a target.

        target:     the decoder's text; the start token is added before it, and the end token is removed
        target_ids: the decoder's token ids, including the start token
        With neither, the decoder runs over its start token alone. Raises InputError as Model.trace does.
        """
        if target is not None and target_ids is not None:
            raise InputError("Give either a target or target_ids.")
        source = self.encoder.tokens(text, ids)
        encoder = self.encoder.run(text or "", source, attention_mask)
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

    def write(self, text: str, most: int = MAX_NEW_TOKENS) -> EncoderDecoderTrace:
        """Run the encoder over a text, and generate the target by greedy decoding.

        most: the maximum number of new tokens; the model's context length limits it too
        Raises InputError as `trace` does, and for a model without a language-model head.
        """
        encoder, start = self.encoder.run(text, self.encoder.tokens(text, None)), self._start()
        ids = list(write(self.decoder, [start.id], greedy, most, encoder))
        ended = bool(ids) and ids[-1] in self.config.end_ids
        target, tokens = self.tokenizer.decode(ids[: len(ids) - ended])
        return EncoderDecoderTrace(encoder, self._decode(encoder, target, (start, *tokens)), ended)

    def _start(self) -> Token:
        """The decoder's start token."""
        if self.config.start_id is None:
            raise InputError(
                "The configuration has no start token for the decoder: give target_ids."
            )
        (token,) = self.decoder.tokens(None, [self.config.start_id])
        return replace(token, special=True)

    def _decode(
        self, encoder: Trace, target: str, tokens: tuple[Token, ...], attention_mask: Sequence[bool] | None = None
    ) -> Trace:
        """Run the decoder over tokens and the encoder's output."""
        trace = self.decoder.run(target, tokens, attention_mask, encoder.contextual, encoder.inputs.attention_mask)
        return replace(trace, encoder=encoder)
