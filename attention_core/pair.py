"""Encoder–decoders: two models, of which the second also attends to what the first made of its text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from attention_core.config import ModelConfig
from attention_core.errors import InputError
from attention_core.model import Model
from attention_core.tokenizer import Tokenizer
from attention_core.trace import Trace


@dataclass(frozen=True)
class PairTrace:
    """What a run of an encoder–decoder leaves: a trace of each side."""

    encoder: Trace
    decoder: Trace


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
    def tokenizer(self) -> Tokenizer:
        """What both sides read with."""
        return self.decoder.tokenizer

    def trace(
        self, text: str | None = None, *, ids: Sequence[int] | None = None, target: str | None = None,
        target_ids: Sequence[int] | None = None, seen: Sequence[bool] | None = None,
        target_seen: Sequence[bool] | None = None,
    ) -> PairTrace:  # fmt: skip
        """Run the encoder over a text and the decoder over what it has written so far.

        target:     what the decoder has written; its start token comes before it, and the end's token is left out
        target_ids: what the decoder reads, its start token included
        With neither, the decoder reads its start token alone. Raises InputError as Model.trace does.
        """
        if target is not None and target_ids is not None:
            raise InputError("Give either a target or target_ids.")
        encoder = self.encoder.run(text or "", self.encoder.tokens(text, ids), seen)
        if target_ids is None:
            start = self.config.start_id
            if start is None:
                raise InputError("This model names no token for its decoder to begin with: give target_ids.")
            tokens = self.decoder.tokens(None, [start])
            written = self.decoder.tokens(target, None) if target else ()
            while written and written[-1].special:
                written = written[:-1]
            tokens += written
        else:
            tokens = self.decoder.tokens(None, target_ids)
        decoder = self.decoder.run(target or "", tokens, target_seen, encoder.contextual, encoder.inputs.seen)
        return PairTrace(encoder, replace(decoder, encoder=encoder))
