"""The cell of an attention that a step's observation is about, and the quantities that it is computed from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from attention_core.attention_view import AttentionView
from attention_core.computation.render import format_number as printed
from ui.words.sentences import ON_AVERAGE, Mention, quoted, quoted_distinctly


@dataclass(frozen=True)
class Focus:
    """The chosen layer, head, query and key of an attention; `head` is None for all heads."""

    attention: AttentionView
    layer: int
    head: int | None
    query: int
    key: int

    @property
    def heads(self) -> list[int]:
        """The chosen head, or all heads."""
        return [self.head] if self.head is not None else list(range(self.attention.config.n_heads))

    def quoted_query(self, position: int, role: str = "") -> str:
        """The query token at a position, in quotation marks, as HTML."""
        return quoted(self.attention.query_tokens[position], role)

    def quoted_key(self, position: int) -> str:
        """The key token at a position, in quotation marks, as HTML."""
        return quoted(self.attention.key_tokens[position], "k")

    @property
    def on_average(self) -> str:
        """The start of a sentence on a number of all heads together; empty for a single head."""
        return ON_AVERAGE if self.head is None else ""

    @property
    def query_token(self) -> str:
        """The chosen query token, quoted."""
        return self.quoted_query(self.query, "q")

    @property
    def key_token(self) -> str:
        """The chosen key token, quoted."""
        return self.quoted_key(self.key)

    def quoted(self, *keys: int) -> list[str]:
        """The query token and some key tokens, quoted, as HTML; tokens that read the same are numbered."""
        return quoted_distinctly(Mention(self.attention.query_tokens, self.query, "q"),
                     *(Mention(self.attention.key_tokens, key, "k") for key in keys))  # fmt: skip

    def is_query(self, key: int) -> bool:
        """Whether a key token is the query token itself."""
        return key == self.query and not self.attention.is_cross

    @property
    def allowed(self) -> np.ndarray:
        """The keys that the query may attend to: [key], boolean."""
        mask = self.attention.mask(self.layer)
        return np.ones(len(self.attention.keys), bool) if mask is None else mask[self.query]

    @property
    def only_itself(self) -> bool:
        """Whether the query token may attend only to itself."""
        return not self.attention.is_cross and int(self.allowed.sum()) == 1 and bool(self.allowed[self.query])

    def row(self, quantity: str) -> np.ndarray:
        """The query's row of a quantity [head, query, key], averaged over the chosen heads."""
        return self.averaged(self.attention.name(quantity))

    def averaged(self, name: str) -> np.ndarray:
        """As `row`, for a quantity under its full name, such as "cross_product"."""
        row: np.ndarray = self.attention.trace.array(name, self.layer)[self.heads, self.query].mean(axis=0)
        return row


def most_similar(x: np.ndarray, position: int) -> tuple[int, float] | None:
    """The other row with the largest cosine similarity to a row, and that cosine; None for a single row.

    x: [position, d_model]
    """
    if len(x) < 2:
        return None
    unit = x / np.linalg.norm(x, axis=-1, keepdims=True)
    cosines = unit @ unit[position]
    cosines[position] = -2
    best = int(cosines.argmax())
    return best, float(cosines[best])


def cosine_similarity(a: np.ndarray, b: np.ndarray) -> float:
    """a · b / (|a| |b|), from -1 to 1."""
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))


def two_decimals(number: float) -> str:
    """A number to two decimals with a true minus sign."""
    return printed(float(number), 2)


def share_text(share: float) -> str:
    """A share of attention to two decimals, or to two digits where two decimals would show none of them."""
    return f"{share:.2f}" if share >= 0.01 or share == 0 else np.format_float_positional(share, 2, fractional=False)
