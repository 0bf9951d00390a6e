"""A text that a model writes on, beside the pages, so that they can be looked at meanwhile and it can be stopped."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field

import attention_core as ac
from attention_core.sampling import Choice
from attention_core.tokenizer import Token
from attention_core.writing import write
from ui.beside import Beside

# of the time that a token takes: a thread that waits for Python's lock is passed over when it is free for less than
# a wake takes, and while products are small it is never free for longer
PAUSE = 0.05


def read_on_from(tokens: tuple[Token, ...]) -> list[int]:
    """The ids that a text is written on from: all but the special tokens that a tokenizer puts after its end."""
    last = max((i for i, token in enumerate(tokens) if not (token.special and token.start == token.end)), default=-1)
    return [token.id for token in tokens[: last + 1]] or [token.id for token in tokens]


@dataclass
class Writing(Beside):
    """One text on its way; told to stop, it ends after the token that is being worked out.

    text, ids: what was there before, as it was typed and as it is read on from
    total:     how many tokens are asked for
    how:       how they are chosen, in words
    written:   the ids so far
    problem:   why it broke off
    """

    model: ac.Model
    text: str
    ids: list[int]
    total: int
    how: str
    written: list[int] = field(default_factory=list)
    problem: str = ""

    @property
    def ended(self) -> bool:
        """Whether the model wrote the token that ends a text."""
        return bool(self.written) and self.written[-1] in self.model.config.end_ids

    @property
    def whole(self) -> str:
        """The text as it was typed, and what was written so far."""
        return self.model.tokenizer.followed(self.text, self.ids, self.kept)

    @property
    def kept(self) -> list[int]:
        """What is written so far, without the token that ends a text."""
        return self.written[: len(self.written) - self.ended]

    @property
    def reads_the_same(self) -> bool:
        """Whether the whole text, read again, splits into the tokens that were written."""
        return read_on_from(self.model.tokenizer.encode(self.whole)) == [*self.ids, *self.kept]

    def start(self, choose: Choice) -> None:
        """Begin."""
        self.run(lambda: self._work(choose))

    def _work(self, choose: Choice) -> None:
        try:
            began = time.monotonic()
            for id in write(self.model, self.ids, choose, self.total):
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
