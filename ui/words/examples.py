"""Example sentences, each with a token pair to inspect."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Example:
    """A sentence, and a head of the default model whose attention in it is easy to read.

    query, key, contrast: tokens of the sentence; the weight from query to key is compared with that to contrast
    swap: a word, and the word that replaces it
    """

    text: str
    layer: int
    head: int
    query: str
    key: str
    contrast: str = ""
    swap: tuple[str, str] | None = None


EXAMPLE_SENTENCES = (
    Example("The animal didn't cross the street because it was too tired.", 3, 1, "it", "animal", "street",
            ("tired", "wide")),
    Example("The animal didn't cross the street because it was too wide.", 3, 1, "it", "animal", "street",
            ("wide", "tired")),
    Example("The trophy did not fit in the suitcase because it was too big.", 3, 1, "it", "trophy", "suitcase",
            ("big", "small")),
    Example("The trophy did not fit in the suitcase because it was too small.", 3, 1, "it", "trophy", "suitcase",
            ("small", "big")),
    Example("She poured water from the bottle into the cup until it was full.", 3, 1, "it", "cup", "bottle",
            ("full", "empty")),
    Example("She poured water from the bottle into the cup until it was empty.", 3, 1, "it", "cup", "bottle",
            ("empty", "full")),
    Example("I sat on the bank of the river and watched the boats.", 2, 0, "bank", "river"),
    Example("Time flies like an arrow; fruit flies like a banana.", 2, 0, "flies", "fruit"),
)  # fmt: skip

BY_TEXT = {example.text: example for example in EXAMPLE_SENTENCES}
