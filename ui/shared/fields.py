"""What a person may choose, and an address hold: one row each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_args

from attention_core.attention_view import Side
from attention_core.lessons.lesson import HEADS
from attention_core.lessons.presets import PRESETS, SEEDS
from attention_core.plot.flow import STEP_TITLES
from ui.shared import readers
from ui.shared.menu import Page
from ui.shared.pictures import DRAWN
from ui.shared.readers import FARTHEST, one_of
from ui.shared.trail import EMPTY
from ui.words.examples import EXAMPLES

SIDES = get_args(Side)
UPLOAD = "upload"  # the image that a person has uploaded, which no address can hold


@dataclass(frozen=True)
class Field:
    """One entry of the selection.

    default: what stands where nothing is said; no address holds it
    read:    cleans a raw value; ValueError or AttentionLabError when it makes no sense
    range:   the least and the most of a number, in the address and in its widget; `read` is given them too
    page:    the one page on which it makes sense, None for all: no other page's address holds it, but the session
             keeps it for the way back
    resets:  the entries that go back to their defaults when a person chooses this one
    """

    default: Any
    read: Callable[..., Any]
    range: tuple[int, int] | tuple[float, float] | None = None
    page: Page | None = None
    resets: tuple[str, ...] = ()

    def clean(self, value: Any) -> Any:
        """The value that a raw one stands for; ValueError or AttentionLabError when it stands for none."""
        return self.read(value, *(self.range or ()))


# Another sentence, or a model that may split it otherwise, starts with nothing chosen or opened in it.
FRESH = ("q", "k", "open", "logit", "written")
ANY = (0, FARTHEST)

FIELDS: dict[str, Field] = {
    "text": Field(EXAMPLES[0].text, readers.text, resets=FRESH),
    "image": Field(next(iter(DRAWN)), one_of(*DRAWN, UPLOAD), resets=FRESH),
    "target": Field("", readers.text, resets=FRESH),
    "written": Field("", readers.written),
    "model": Field("minilm", readers.model, resets=FRESH),
    "side": Field(SIDES[0], one_of(*SIDES), resets=FRESH),
    "layer": Field(EXAMPLES[0].layer, readers.whole, ANY, resets=("open",)),
    "head": Field(str(EXAMPLES[0].head), readers.head, ANY, resets=("open",)),
    "q": Field(None, readers.whole, ANY, resets=("open",)),
    "k": Field(None, readers.whole, ANY, resets=("open",)),
    "graph": Field("one", one_of("one", "all"), page=Page.INSPECT),
    "least": Field(0.02, readers.hundredths, (0.0, 1.0), page=Page.INSPECT),
    "most": Field(2, readers.whole, (1, 20), page=Page.INSPECT),
    "hide": Field(False, readers.switch, resets=("open",)),
    "renorm": Field(False, readers.switch, resets=("open",)),
    "open": Field(EMPTY, readers.trail),
    "dims": Field("", readers.dims, page=Page.INSPECT),
    "step": Field(1, readers.whole, (1, len(STEP_TITLES)), page=Page.STEP_BY_STEP, resets=("open",)),
    "kind": Field("q", one_of("q", "k", "v"), page=Page.STEP_BY_STEP),
    "drawing": Field("one", one_of("one", "heads"), page=Page.STEP_BY_STEP),
    "at": Field("", readers.starts, page=Page.STEP_BY_STEP),
    "preset": Field("textbook", one_of(*PRESETS, "sentence"), page=Page.WORKED_EXAMPLE),
    "seed": Field(0, readers.whole, (SEEDS[0], SEEDS[-1]), page=Page.WORKED_EXAMPLE),
    "lesson": Field("", readers.lesson, page=Page.WORKED_EXAMPLE),
    "of": Field(0, readers.checksum, page=Page.WORKED_EXAMPLE),
    "part": Field(0, readers.whole, (0, HEADS[-1] - 1), page=Page.WORKED_EXAMPLE),
    "cell": Field(EMPTY, readers.trail, page=Page.WORKED_EXAMPLE),
    "maskgrid": Field(False, readers.switch, page=Page.WORKED_EXAMPLE),
    "temperature": Field(1.0, readers.hundredths, (0.1, 2.0), page=Page.INSPECT),
    "topk": Field(0, readers.whole, (0, 1000), page=Page.INSPECT),
    "topp": Field(1.0, readers.hundredths, (0.05, 1.0), page=Page.INSPECT),
    "way": Field("likeliest", one_of("likeliest", "drawn"), page=Page.INSPECT),
    "tokens": Field(20, readers.whole, (1, 64), page=Page.INSPECT),
    "draw": Field(1, readers.whole, ANY, page=Page.INSPECT),
    "logit": Field(EMPTY, readers.trail, page=Page.INSPECT),
}
"""What an address calls an entry -> all there is to say of it."""

DEFAULTS = {name: field.default for name, field in FIELDS.items()}
"""The selection where nothing is said."""
