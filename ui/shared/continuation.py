"""A text that a model writes on, beside the pages, so that they can be looked at meanwhile and it can be stopped."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import NamedTuple

import attention_core as ac
from attention_core.generate import write, writes
from attention_core.sampling import Choice
from attention_core.text.tokenizer import Token
from ui.shared.background import Beside

# of the time that a token takes: a thread that waits for Python's lock is passed over when it is free for less than
# a wake takes, and while products are small it is never free for longer
PAUSE = 0.05


class Written(NamedTuple):
    """What a model has written after a text, as an address holds it: "12:345.67".

    typed: how many characters of the text were typed
    ids:   the tokens that follow them
    """

    typed: int
    ids: tuple[int, ...]

    @classmethod
    def read(cls, held: str) -> Written:
        """What an address holds; ValueError when it is nothing of the kind."""
        typed, ids = held.split(":")
        made = cls(int(typed), tuple(map(int, ids.split("."))))
        if min(made.typed, *made.ids) < 0:
            raise ValueError(held)
        return made

    def __str__(self) -> str:
        return f"{self.typed}:{'.'.join(map(str, self.ids))}"


def read_on_from(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """What a text is written on from: all but the special tokens that a tokenizer puts after its end."""
    last = max((i for i, token in enumerate(tokens) if not (token.special and token.start == token.end)), default=-1)
    return tokens[: last + 1] or tokens


def makes(model: ac.Model, text: str, written: Written) -> bool:
    """Whether a model can have written these tokens at the end of this text."""
    own = [token.id for token in read_on_from(model.tokenizer.encode(text[: written.typed]))]
    return (
        writes(model.config)
        and not model.config.cross
        and len(own) + len(written.ids) <= model.config.n_ctx
        and max(written.ids) < model.config.d_vocab
        and model.tokenizer.extended_text(text[: written.typed], own, written.ids) == text
    )


def tokens_with(model: ac.Model, text: str, written: Written) -> tuple[Token, ...]:
    """The tokens of a text of which a model has written the end."""
    typed = text[: written.typed]
    own = read_on_from(model.tokenizer.encode(typed))
    return *own, *model.tokenizer.extension_tokens(typed, [token.id for token in own], written.ids)


def parted(trace: ac.Trace, held: str) -> tuple[str, list[int], list[int]]:
    """Of a run, what was typed, the tokens that it is read on from, and those that the model has written after them.

    held: what the address holds of the latter
    """
    if not held:
        return trace.text, [token.id for token in read_on_from(trace.pieces)], []
    written = Written.read(held)
    return trace.text[: written.typed], trace.ids[: -len(written.ids)], list(written.ids)


@dataclass
class Writing(Beside):
    """One text on its way; told to stop, it ends after the token that is being worked out.

    text, ids: what was typed, and as it is read on from
    total:     how many tokens are asked for
    how:       how they are chosen, in words
    before:    the ids that were written after it already
    written:   the ids so far
    problem:   why it broke off
    """

    model: ac.Model
    text: str
    ids: list[int]
    total: int
    how: str
    before: list[int] = field(default_factory=list)
    written: list[int] = field(default_factory=list)
    problem: str = ""

    @property
    def ended(self) -> bool:
        """Whether the model wrote the token that ends a text."""
        return bool(self.written) and self.written[-1] in self.model.config.end_ids

    @property
    def began(self) -> str:
        """The text that was there when this began."""
        return self.model.tokenizer.extended_text(self.text, self.ids, self.before)

    @property
    def whole(self) -> str:
        """The text as it was typed, and all that was written so far."""
        return self.model.tokenizer.extended_text(self.text, self.ids, [*self.before, *self.kept])

    @property
    def held(self) -> str:
        """What an address holds of it."""
        return str(Written(len(self.text), (*self.before, *self.kept)))

    @property
    def kept(self) -> list[int]:
        """What is written so far, without the token that ends a text."""
        return self.written[: len(self.written) - self.ended]

    @property
    def reads_the_same(self) -> bool:
        """Whether the whole text, read again, splits into the tokens that were written."""
        read = read_on_from(self.model.tokenizer.encode(self.whole))
        return [token.id for token in read] == [*self.ids, *self.before, *self.kept]

    def start(self, choose: Choice) -> None:
        """Begin."""
        self.run(lambda: self._work(choose))

    def _work(self, choose: Choice) -> None:
        try:
            began = time.monotonic()
            for id in write(self.model, [*self.ids, *self.before], choose, self.total):
                self.written.append(id)
                if self.stopping:
                    return
                time.sleep(PAUSE * (time.monotonic() - began))
                began = time.monotonic()
        except ac.AttentionLabError as problem:
            self.problem = str(problem)
        except Exception:
            logging.exception("Writing on with %s", self.model.name)
            self.problem = "Writing broke off; the server's log says why."
