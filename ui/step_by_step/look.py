"""Where to look in an attention, and what the sentences on it are worked out with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from attention_core.attention_view import AttentionView
from attention_core.computation.render import format_number as printed
from ui.words.sentences import Mention, quoted, quoted_distinctly


@dataclass(frozen=True)
class Look:
    """Where to look: an attention, and the layer, head, query and key that are chosen; `head` is None for all heads."""

    attention: AttentionView
    layer: int
    head: int | None
    query: int
    key: int

    @property
    def heads(self) -> list[int]:
        """The heads that are looked at."""
        return [self.head] if self.head is not None else list(range(self.attention.config.n_heads))

    def word(self, position: int, role: str = "") -> str:
        """An asking token in quotation marks, as HTML."""
        return quoted(self.attention.query_names[position], role)

    def key_word(self, position: int) -> str:
        """An answering token in quotation marks, as HTML."""
        return quoted(self.attention.key_names[position], "k")

    @property
    def asks(self) -> str:
        """The asking token."""
        return self.word(self.query, "q")

    @property
    def answers(self) -> str:
        """The answering token."""
        return self.key_word(self.key)

    def named(self, *keys: int) -> list[str]:
        """The asking token and answering ones, as HTML, told apart where they read the same."""
        return quoted_distinctly(Mention(self.attention.query_names, self.query, "q"),
                     *(Mention(self.attention.key_names, key, "k") for key in keys))  # fmt: skip

    def is_asking(self, key: int) -> bool:
        """Whether an answering token is the asking one."""
        return key == self.query and not self.attention.crosses

    @property
    def seen(self) -> np.ndarray:
        """Which tokens the asking one may look at: [key], boolean."""
        mask = self.attention.mask(self.layer)
        return np.ones(len(self.attention.keys), bool) if mask is None else mask[self.query]

    @property
    def alone(self) -> bool:
        """Whether the asking token may look at itself alone."""
        return not self.attention.crosses and int(self.seen.sum()) == 1 and bool(self.seen[self.query])

    def row(self, quantity: str) -> np.ndarray:
        """The chosen query's row of a quantity [head, query, key], averaged over the heads looked at."""
        return self.averaged(self.attention.name(quantity))

    def averaged(self, name: str) -> np.ndarray:
        """The same, by the quantity's own name."""
        row: np.ndarray = self.attention.trace.array(name, self.layer)[self.heads, self.query].mean(axis=0)
        return row


def nearest(x: np.ndarray, position: int) -> tuple[int, float] | None:
    """The other row that points most nearly the same way, and the cosine."""
    if len(x) < 2:
        return None
    unit = x / np.linalg.norm(x, axis=-1, keepdims=True)
    likeness = unit @ unit[position]
    likeness[position] = -2
    best = int(likeness.argmax())
    return best, float(likeness[best])


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    """How nearly two vectors point the same way, from -1 to 1."""
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))


def signed(number: float) -> str:
    """A number to two decimals with a true minus sign."""
    return printed(float(number), 2)
