"""A text that a model continues, in the background, with a way to stop it."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import NamedTuple

import attention_core as ac
from attention_core.generate import can_generate, write
from attention_core.sampling import Choice
from attention_core.text.tokenizer import Token
from ui.shared.background import BackgroundTask
from ui.shared.long_runs import LONG_RUNS, AbandonedError

# Pause after each token, as a share of its time: while products are small, Python's lock is never free for long enough
# for a waiting thread to wake and take it, so the pages would not be served.
PAUSE_RATIO = 0.05


class GeneratedTokens(NamedTuple):
    """The tokens that a model generated after a typed text, written in an address as "12:345.67".

    n_typed: how many characters of the text were typed
    ids:     the generated tokens
    """

    n_typed: int
    ids: tuple[int, ...]

    @classmethod
    def parse(cls, text: str) -> GeneratedTokens:
        """The continuation that an address holds; ValueError where the text is not one."""
        n_typed, ids = text.split(":")
        continuation = cls(int(n_typed), tuple(map(int, ids.split("."))))
        if min(continuation.n_typed, *continuation.ids) < 0:
            raise ValueError(text)
        return continuation

    def __str__(self) -> str:
        return f"{self.n_typed}:{'.'.join(map(str, self.ids))}"


def prompt_tokens(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """The tokens of a text that generation continues from: without the special tokens that a tokenizer appends."""
    last = max((i for i, token in enumerate(tokens) if not (token.special and token.start == token.end)), default=-1)
    return tokens[: last + 1] or tokens


def can_have_generated(model: ac.Model, text: str, continuation: GeneratedTokens) -> bool:
    """Whether a model can have generated these tokens at the end of this text."""
    prompt = [token.id for token in prompt_tokens(model.tokenizer.encode(text[: continuation.n_typed]))]
    return (
        can_generate(model.config)
        and not model.config.cross
        and len(prompt) + len(continuation.ids) <= model.config.n_ctx
        and max(continuation.ids) < model.config.d_vocab
        and model.tokenizer.extended_text(text[: continuation.n_typed], prompt, continuation.ids) == text
    )


def tokens_with_continuation(model: ac.Model, text: str, continuation: GeneratedTokens) -> tuple[Token, ...]:
    """The tokens of a text whose end a model generated."""
    typed = text[: continuation.n_typed]
    prompt = prompt_tokens(model.tokenizer.encode(typed))
    return *prompt, *model.tokenizer.extension_tokens(typed, [token.id for token in prompt], continuation.ids)


def split_continuation(trace: ac.Trace, address_value: str) -> tuple[str, list[int], list[int]]:
    """A run's typed text, the token ids of its prompt, and those that the model generated after it.

    address_value: the continuation in the address, empty for none
    """
    if not address_value:
        return trace.text, [token.id for token in prompt_tokens(trace.pieces)], []
    continuation = GeneratedTokens.parse(address_value)
    n_generated = len(continuation.ids)
    return trace.text[: continuation.n_typed], trace.ids[:-n_generated], list(continuation.ids)


@dataclass
class Generation(BackgroundTask):
    """The generation of a text's continuation; a stop takes effect after the token being computed.

    Each token is a run of its own in the queue of long runs, so several generations advance in turn.

    text, ids:   the typed text, and its tokens as a prompt
    total:       how many tokens to generate
    how:         how they are chosen, in words
    earlier_ids: the tokens already generated after the prompt
    new_ids:     the tokens generated so far
    problem:     why it failed
    """

    model: ac.Model
    text: str
    ids: list[int]
    total: int
    how: str
    earlier_ids: list[int] = field(default_factory=list)
    new_ids: list[int] = field(default_factory=list)
    problem: str = ""

    @property
    def ended(self) -> bool:
        """Whether the model generated an end-of-text token."""
        return bool(self.new_ids) and self.new_ids[-1] in self.model.config.end_ids

    @property
    def initial_text(self) -> str:
        """The text before this generation."""
        return self.model.tokenizer.extended_text(self.text, self.ids, self.earlier_ids)

    @property
    def full_text(self) -> str:
        """The typed text and all generated so far."""
        return self.model.tokenizer.extended_text(self.text, self.ids, [*self.earlier_ids, *self.kept_ids])

    @property
    def address_value(self) -> str:
        """The continuation as an address holds it."""
        return str(GeneratedTokens(len(self.text), (*self.earlier_ids, *self.kept_ids)))

    @property
    def kept_ids(self) -> list[int]:
        """The tokens generated so far, without an end-of-text token."""
        return self.new_ids[: len(self.new_ids) - self.ended]

    @property
    def tokenizes_the_same(self) -> bool:
        """Whether the tokenizer splits the full text into the generated tokens."""
        tokens = prompt_tokens(self.model.tokenizer.encode(self.full_text))
        return [token.id for token in tokens] == [*self.ids, *self.earlier_ids, *self.kept_ids]

    def start(self, choose: Choice) -> None:
        """Start generating."""
        self.run(lambda: self._work(choose))

    def _check(self, _: int) -> None:
        """AbandonedError when a stop is requested while other runs are computed."""
        if self.stopping:
            raise AbandonedError

    def _work(self, choose: Choice) -> None:
        try:
            tokens = write(self.model, [*self.ids, *self.earlier_ids], choose, self.total)
            name = f"generation {id(self)}"
            while not self.stopping:
                start = time.monotonic()
                step = LONG_RUNS.start(lambda: next(tokens, None), name)
                if (token_id := LONG_RUNS.wait(step, name, self._check)) is None:
                    return
                self.new_ids.append(token_id)
                time.sleep(PAUSE_RATIO * (time.monotonic() - start))
        except AbandonedError:
            return
        except ac.AttentionLabError as problem:
            self.problem = str(problem)
        except Exception:
            logging.exception("Generating with %s", self.model.name)
            self.problem = "Generation failed; the server's log says why."
