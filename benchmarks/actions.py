"""What a visitor does on a page, on each page of the application and on the bare page, with a check of each answer."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from random import Random
from typing import NamedTuple

from benchmarks.visitor import VisitError, Visitor
from ui.words.examples import EXAMPLE_SENTENCES

WORDS = ["the", "cat", "sat", "on", "a", "mat", "and", "saw", "two", "old", "men", "talk", "of", "rain", "at", "home"]
N_STEPS = 11

Action = Callable[[Visitor, Random], Awaitable[float]]
"""Does something at random; returns the milliseconds that the answer took; VisitError for a wrong answer."""


class PageActions(NamedTuple):
    """A page's script, its name in an address, and the actions on it by kind."""

    script: Path
    name: str
    actions: Mapping[str, Action]


def require(condition: bool, what: str) -> None:
    """VisitError unless the answer is right."""
    if not condition:
        raise VisitError(f"the page does not show {what}")


def sentence(random: Random) -> str:
    """A sentence: half of the time one of the examples, which others look at too, else one of the visitor's own."""
    if random.random() < 0.5:
        return random.choice(EXAMPLE_SENTENCES).text
    return " ".join(random.choices(WORDS, k=random.randint(8, 14))) + "."


async def pick_cell(visitor: Visitor, random: Random, component: str) -> float:
    """Choose a query and a key in a component."""
    n = len(visitor.data("strip")["labels"])
    cell = {"query": random.randrange(n), "key": random.randrange(n)}
    took = await visitor.trigger_event(component, "pick", cell)
    require(cell.items() <= visitor.data("strip").items(), f"the cell {cell}")
    return took


async def inspect_cell(visitor: Visitor, random: Random) -> float:
    """Choose a cell of the heatmap."""
    return await pick_cell(visitor, random, "heatmap")


async def inspect_head(visitor: Visitor, random: Random) -> float:
    """Choose a head."""
    head = random.randrange(12)
    took = await visitor.trigger_event("heatmap", "head", head)
    require(visitor.data("strip")["head"] == head, f"head {head}")
    return took


async def inspect_sentence(visitor: Visitor, random: Random) -> float:
    """Type a sentence."""
    text = sentence(random)
    took = await visitor.set_widget("_text", string_value=text)
    shown = "".join(visitor.data("strip")["labels"][1:-1])
    require(shown == text.replace(" ", ""), f"the sentence {text!r}")
    return took


async def step(visitor: Visitor, random: Random) -> float:
    """Go to a step."""
    number = random.randint(1, N_STEPS)
    took = await visitor.trigger_event("flow", "step", number)
    require(visitor.data("flow")["step"] == number, f"step {number}")
    return took


async def step_token(visitor: Visitor, random: Random) -> float:
    """Choose a query and a key."""
    return await pick_cell(visitor, random, "strip")


async def open_number(visitor: Visitor, random: Random) -> float:
    """Open a number of a matrix that is shown."""
    if "grid" not in visitor.elements:
        await visitor.trigger_event("flow", "step", N_STEPS - 1)
    matrix = random.choice(visitor.data("grid")["matrices"])
    row, column = (random.randrange(len(matrix["values"])), random.randrange(len(matrix["values"][0])))
    took = await visitor.trigger_event("grid", "pick", {"name": matrix["name"], "row": row, "column": column})
    require(bool(visitor.data("arithmetic")["opened"]), "how the number is computed")
    return took


async def edit_number(visitor: Visitor, random: Random) -> float:
    """Change the first number of the worked example."""
    name = next(each["name"] for each in visitor.data("grid")["matrices"] if each["edits"] == "type")
    text = f"{random.randint(1, 99) / 4}"
    edit = {"id": visitor.sent, "name": name, "row": 0, "column": 0, "text": text}
    took = await visitor.trigger_event("grid", "edit", [edit])
    values = {each["name"]: each["values"] for each in visitor.data("grid")["matrices"]}
    require(values[name][0][0] == float(text), f"the number {text}")
    return took


async def bare_cell(visitor: Visitor, random: Random) -> float:
    """Choose a point of the scatter plot."""
    point = {"curve_number": 0, "point_index": random.randrange(8), "x": 0, "y": 0}
    selection = {"points": [point], "point_indices": [point["point_index"]], "box": [], "lasso": []}
    return await visitor.set_widget("scatter", string_value=json.dumps({"selection": selection}))


async def bare_head(visitor: Visitor, random: Random) -> float:
    """Choose a head."""
    return await visitor.set_widget("head", string_value=str(random.randrange(12)))


async def bare_sentence(visitor: Visitor, random: Random) -> float:
    """Type a sentence."""
    return await visitor.set_widget("sentence", string_value=sentence(random))


BARE = PageActions(
    Path("benchmarks/bare_page.py"), "", {"cell": bare_cell, "head": bare_head, "sentence": bare_sentence}
)
INSPECT = PageActions(
    Path("app.py"), "", {"cell": inspect_cell, "head": inspect_head, "sentence": inspect_sentence}
)
STEP_BY_STEP = PageActions(
    Path("app.py"), "step_by_step", {"step": step, "token": step_token, "number": open_number}
)
WORKED_EXAMPLE = PageActions(Path("app.py"), "worked_example", {"edit": edit_number, "number": open_number})
