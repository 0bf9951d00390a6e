"""Everything that can be chosen and that an address can hold: one row each."""

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
from ui.shared.pictures import DRAWN_PICTURES
from ui.shared.readers import MAX_INDEX, one_of
from ui.shared.trail import EMPTY
from ui.words.examples import EXAMPLE_SENTENCES

SIDES = get_args(Side)
UPLOAD = "upload"  # the uploaded image, which an address cannot contain


@dataclass(frozen=True)
class Field:
    """One entry of the selection.

    default: the value where none is given; an address leaves it out
    read:    parses a raw value; ValueError or AttentionLabError where it is not valid
    range:   minimum and maximum of a number, in the address and in its widget; passed to `read` too
    page:    the one page that uses it, None for all: other pages' addresses leave it out, but the session keeps it
    resets:  the entries that return to their defaults when the user changes this one
    """

    default: Any
    read: Callable[..., Any]
    range: tuple[int, int] | tuple[float, float] | None = None
    page: Page | None = None
    resets: tuple[str, ...] = ()

    def clean(self, value: Any) -> Any:
        """The parsed value; ValueError or AttentionLabError where the raw one is not valid."""
        return self.read(value, *(self.range or ()))


# A new sentence, or a model that may tokenize it differently, starts with nothing chosen or opened.
RESET_BY_INPUT = ("q", "k", "open", "logit", "written")
ANY_INDEX = (0, MAX_INDEX)

SELECTION_FIELDS: dict[str, Field] = {
    "text": Field(EXAMPLE_SENTENCES[0].text, readers.text, resets=RESET_BY_INPUT),
    "image": Field(next(iter(DRAWN_PICTURES)), one_of(*DRAWN_PICTURES, UPLOAD), resets=RESET_BY_INPUT),
    "target": Field("", readers.text, resets=RESET_BY_INPUT),
    "written": Field("", readers.continuation),
    "model": Field("minilm", readers.model, resets=RESET_BY_INPUT),
    "side": Field(SIDES[0], one_of(*SIDES), resets=RESET_BY_INPUT),
    "layer": Field(EXAMPLE_SENTENCES[0].layer, readers.integer, ANY_INDEX, resets=("open",)),
    "head": Field(str(EXAMPLE_SENTENCES[0].head), readers.head_or_mean, ANY_INDEX, resets=("open",)),
    "q": Field(None, readers.integer, ANY_INDEX, resets=("open",)),
    "k": Field(None, readers.integer, ANY_INDEX, resets=("open",)),
    "graph": Field("one", one_of("one", "all"), page=Page.INSPECT),
    "least": Field(0.02, readers.hundredths, (0.0, 1.0), page=Page.INSPECT),
    "most": Field(2, readers.integer, (1, 20), page=Page.INSPECT),
    "hide": Field(False, readers.boolean, resets=("open",)),
    "renorm": Field(False, readers.boolean, resets=("open",)),
    "open": Field(EMPTY, readers.trail),
    "dims": Field("", readers.dims, page=Page.INSPECT),
    "step": Field(1, readers.integer, (1, len(STEP_TITLES)), page=Page.STEP_BY_STEP, resets=("open",)),
    "kind": Field("q", one_of("q", "k", "v"), page=Page.STEP_BY_STEP),
    "drawing": Field("one", one_of("one", "heads"), page=Page.STEP_BY_STEP),
    "at": Field("", readers.axis_windows, page=Page.STEP_BY_STEP),
    "preset": Field("textbook", one_of(*PRESETS, "sentence", "file"), page=Page.WORKED_EXAMPLE),
    "seed": Field(0, readers.integer, (SEEDS[0], SEEDS[-1]), page=Page.WORKED_EXAMPLE),
    "lesson": Field("", readers.lesson, page=Page.WORKED_EXAMPLE),
    "of": Field(0, readers.checksum, page=Page.WORKED_EXAMPLE),
    "file": Field("", readers.lesson, page=Page.WORKED_EXAMPLE),
    "part": Field(0, readers.integer, (0, HEADS[-1] - 1), page=Page.WORKED_EXAMPLE),
    "cell": Field(EMPTY, readers.trail, page=Page.WORKED_EXAMPLE),
    "maskgrid": Field(False, readers.boolean, page=Page.WORKED_EXAMPLE),
    "temperature": Field(1.0, readers.hundredths, (0.1, 2.0), page=Page.INSPECT),
    "topk": Field(0, readers.integer, (0, 1000), page=Page.INSPECT),
    "topp": Field(1.0, readers.hundredths, (0.05, 1.0), page=Page.INSPECT),
    "way": Field("likeliest", one_of("likeliest", "drawn"), page=Page.INSPECT),
    "tokens": Field(20, readers.integer, (1, 64), page=Page.INSPECT),
    "draw": Field(1, readers.integer, ANY_INDEX, page=Page.INSPECT),
    "logit": Field(EMPTY, readers.trail, page=Page.INSPECT),
}
"""An entry's name in the address -> its definition."""

DEFAULT_SELECTION = {name: field.default for name, field in SELECTION_FIELDS.items()}
"""The selection of an empty address."""
