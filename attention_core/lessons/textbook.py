"""The textbook's worked example, and the numbers that its text claims to follow from the vectors."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from attention_core.computation.derivation import Term, combine
from attention_core.lessons.lesson import Lesson


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A number printed in the text, and the quantity it belongs to.

    step:     the step of the text that prints it
    quantity: "score": query · key, unscaled; "weight": of a key; "total": the sum of the step's weights;
              "output": a dimension of the weighted sum
    word:     the key; "" for a total or an output
    key:      the index of the word in the lesson; None for a word without Q and K
    dim:      the dimension of an output
    value:    the printed number
    implied:  the number that follows from those printed before; None where they imply none
    """

    step: str
    quantity: Literal["score", "weight", "total", "output"]
    query: int
    word: str = ""
    key: int | None = None
    dim: int | None = None
    value: float
    implied: float | None = None


def textbook() -> Lesson:
    """The eight words that have Q, K and V; unscaled, since the text omits the scaling."""
    data = _read()
    values = [data["V"][word] for word in data["words"]]
    numbers = {"Q": data["Q"], "K": data["K"], "V": values}
    return Lesson(words=tuple(data["words"]), entry="qkv", n_heads=1, numbers=numbers, scaled=False)


def source() -> str:
    """Where the vectors, the printed numbers and the sentence are from."""
    return str(_read()["source"])


def claims() -> tuple[Claim, ...]:
    """All numbers that the text claims, in its order."""
    return tuple(_claims(_read()))


def _claims(data: dict[str, Any]) -> Iterator[Claim]:
    claimed, words = data["claimed"], data["words"]
    query = words.index(claimed["query"])
    index = {word: words.index(word) for word in words}
    first, second = claimed["softmax"], claimed["weighted_sum_weights"]

    for word, value in claimed["dot_products"].items():
        yield Claim(step="Dot products", quantity="score", query=query, word=word, key=index[word], value=value)
    for step, weights, before in (("Softmax", first, {}), ("Weighted sum", second, first)):
        for word, value in weights.items():
            yield Claim(
                step=step,
                quantity="weight",
                query=query,
                word=word,
                key=index.get(word),
                value=value,
                implied=before.get(word),
            )
        # The text prints no total, but attention weights sum to 1.
        yield Claim(step=step, quantity="total", query=query, value=1.0, implied=math.fsum(weights.values()))
    for dim, value in enumerate(claimed["weighted_sum"]):
        implied = math.fsum(weight * data["V"][word][dim] for word, weight in second.items())
        yield Claim(step="Weighted sum", quantity="output", query=query, dim=dim, value=value, implied=implied)


def printed_sums(step: str) -> list[Term]:
    """The sums of the numbers that the text prints in a step, each with its terms."""
    claimed, values = _read()["claimed"], _read()["V"]
    weights = {"Softmax": claimed["softmax"], "Weighted sum": claimed["weighted_sum_weights"]}.get(step)
    if weights is None:
        return []
    printed = {word: Term(weight, f"weight of {word}") for word, weight in weights.items()}
    total = combine("sum", printed.values()).named("sum of weights")
    if step == "Softmax":
        return [total]
    outputs = [
        combine("sum", (combine("product", (each, Term(values[word][dim], f"V[{word}, {dim}]", role="value")))
                     for word, each in printed.items())).named(f"dimension {dim}")
        for dim in range(len(claimed["weighted_sum"]))
    ]  # fmt: skip
    return [total, *outputs]


@cache
def _read() -> dict[str, Any]:
    return json.loads(Path(__file__).with_name("textbook.json").read_text(encoding="utf-8"))
