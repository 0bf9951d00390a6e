"""Encoder–decoders: two models, of which the second also attends to what the first made of its text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from attention_core.config.model_config import ModelConfig
from attention_core.errors import InputError
from attention_core.generate import write
from attention_core.model import Model
from attention_core.sampling import greedy
from attention_core.text.tokenizer import Token, TokenizerProtocol
from attention_core.trace import Trace

LONGEST_WRITTEN = 32  # tokens


@dataclass(frozen=True)
class PairTrace:
    """What a run of an encoder–decoder leaves: a trace of each side.

    ended: of what the model has written itself, whether it came to its end; None for a target that it was given
    """

    encoder: Trace
    decoder: Trace
    ended: bool | None = None


@dataclass(frozen=True)
class EncoderDecoder:
    """An encoder and a decoder that were trained together."""

    name: str
    encoder: Model
    decoder: Model

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
    ) -> PairTrace:  # fmt: skip
        """Run the encoder over a text and the decoder over what it has written so far.

        target:     what the decoder has written; its start token comes before it, and the end's token is left out
        target_ids: what the decoder reads, its start token included
        With neither, the decoder reads its start token alone. Raises InputError as Model.trace does.
        """
        if target is not None and target_ids is not None:
            raise InputError("Give either a target or target_ids.")
        encoder = self.encoder.run(text or "", self.encoder.tokens(text, ids), attention_mask)
        if target_ids is None:
            written = self.decoder.tokens(target, None) if target else ()
            while written and written[-1].special:
                written = written[:-1]
            tokens = (self._start(), *written)
        else:
            tokens = self.decoder.tokens(None, target_ids)
        return PairTrace(encoder, self._decode(encoder, target or "", tokens, target_attention_mask))

    def write(self, text: str, most: int = LONGEST_WRITTEN) -> PairTrace:
        """Run the encoder over a text, and let the decoder write its own, always the likeliest next token.

        most: how many tokens it writes at most; fewer where it reads no more
        Raises InputError as `trace` does, and for a model without a language-model head.
        """
        encoder, start = self.encoder.run(text, self.encoder.tokens(text, None)), self._start()
        ids = list(write(self.decoder, [start.id], greedy, most, encoder))
        ended = bool(ids) and ids[-1] in self.config.end_ids
        said, tokens = self.tokenizer.decode(ids[: len(ids) - ended])
        return PairTrace(encoder, self._decode(encoder, said, (start, *tokens)), ended)

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
