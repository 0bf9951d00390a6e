"""A model: a network and its tokenizer, run over texts or token ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from attention_core.arrays import Array, frozen
from attention_core.config.masks import Mask
from attention_core.errors import InputError
from attention_core.network import Network
from attention_core.runtime.forward import Forward
from attention_core.runtime.run import Inputs, check_finite, position_ids
from attention_core.surrogates import without_surrogates
from attention_core.text.tokenizer import Token, Tokenizer, TokenizerProtocol
from attention_core.trace import Trace
from attention_core.validate import boolean_mask, check_text, integer_list


@dataclass(frozen=True, repr=False)
class Model(Network):
    """A model, ready to run: a network and its tokenizer; immutable, so it can be shared.

    config:       its sizes and traits
    ignored_keys: the keys of its configuration that change nothing that is computed
    `trace(text)` runs it, and `parameter(name, layer)` is a trained tensor: W_Q is [n_heads, d_model, d_head].
    """

    tokenizer: TokenizerProtocol
    ignored_keys: tuple[str, ...] = ()

    def trace(
        self, text: str | None = None, *, ids: Sequence[int] | None = None, attention_mask: Sequence[bool] | None = None
    ) -> Trace:
        """Run the model over a text, or over token ids, and keep the residual stream.

        ids:            [position], whole numbers below d_vocab
        attention_mask: [position], False for padding, on the left or on the right
        Raises InputError for no tokens, too many, or ids outside the vocabulary, and NonFiniteError if the residual
        stream is not finite.
        """
        tokens = self.tokens(text, ids)
        return self.run(text or "", tokens, attention_mask)

    def chat_text(self, messages: Sequence[Mapping[str, str]]) -> str:
        """A conversation as one text, in the chat template of the model's folder: `trace(chat_text(messages))` runs it.

        messages: each with its "role" and "content"; the text ends where the assistant answers
        Raises InputError for a model without a template, and for messages that its template refuses.
        """
        if not isinstance(self.tokenizer, Tokenizer):
            raise InputError("This model has no chat template.")
        return self.tokenizer.chat_text(messages)

    def run(
        self, text: str, tokens: tuple[Token, ...], attention_mask: Sequence[bool] | None = None,
        memory: Array | None = None, memory_mask: Mask | None = None, pixels: Array | None = None,
    ) -> Trace:  # fmt: skip
        """Run the model over tokens; a decoder also over an encoder's output, an image model over pixels."""
        if (memory is None) == self.config.cross:
            raise InputError("A decoder needs an encoder's output, and only a decoder takes one.")
        ids = np.array([token.id for token in tokens])
        kept = boolean_mask("attention_mask", attention_mask, len(ids)) if attention_mask is not None else []
        mask = None if all(kept) else np.array(kept)
        inputs = Inputs(ids, position_ids(self.config, ids, mask), mask, memory, memory_mask, pixels)
        stream = frozen(check_finite(Forward(self, inputs).stream()))
        return Trace(self, self.tokenizer, tokens, without_surrogates(text), stream, inputs)

    def tokens(self, text: str | None, ids: Sequence[int] | None) -> tuple[Token, ...]:
        """The tokens of a text or of ids; InputError if they cannot be run."""
        if (text is None) == (ids is None):
            raise InputError("Give either a text or ids.")
        if ids is not None:
            self.check(ids := integer_list("ids", ids))
            return self._named(ids)
        check_text(text)
        tokens = self.tokenizer.encode(text or "")
        self.check([token.id for token in tokens])
        return tokens

    def _named(self, ids: Sequence[int]) -> tuple[Token, ...]:
        special = self.tokenizer.special_ids
        return tuple(Token(i, self.tokenizer.piece(i), 0, 0, i in special, False) for i in ids)

    def check(self, ids: Sequence[int]) -> None:
        """InputError if these ids cannot be run: none, too many, or outside the vocabulary."""
        if not ids:
            raise InputError("There are no tokens to run the model over.")
        if len(ids) > self.config.n_ctx:
            raise InputError(f"{len(ids)} tokens are too many: this model reads at most {self.config.n_ctx}.")
        if wrong := [i for i in ids if not 0 <= i < self.config.d_vocab]:
            raise InputError(f"Id {wrong[0]} is not in the vocabulary of {self.config.d_vocab}.")
