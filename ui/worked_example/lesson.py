"""The worked example on screen: what it started from, what was edited, and the way back."""

from __future__ import annotations

import zlib
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import streamlit as st

from attention_core.attention_view import AttentionView
from attention_core.encoder_decoder import EncoderDecoderTrace
from attention_core.errors import AttentionLabError, InputError
from attention_core.lessons.lesson import Lesson
from attention_core.lessons.lesson_file import from_address, to_address
from attention_core.lessons.presets import preset
from attention_core.lessons.projected import ProjectedHead, head_lesson, project_head
from attention_core.trace import Trace
from ui.components.grid import Refused
from ui.shared.controls import current_run
from ui.shared.models import get_model
from ui.shared.selection import chosen, put
from ui.shared.shown import chosen_attention, chosen_pair
from ui.worked_example.history import History

SENTENCE = "sentence"  # the preset that is made from the model's own head
MOST_WORDS = 12
DIMENSIONS = 3
SOURCE = ("model", "text", "target", "image", "side", "layer", "head", "q", "k")  # what that preset is made from


class Setting(NamedTuple):
    """What the address holds of a worked example.

    lesson: the edited lesson, or "" where nothing was edited
    of:     the `source` whose numbers were edited; 0 where they come from no sentence, or nobody knows
    """

    preset: str
    seed: int
    lesson: str
    of: int


def setting() -> Setting:
    """What is chosen now."""
    selection = chosen()
    return Setting(*(selection[name] for name in Setting._fields))


def source() -> int:
    """A number for the sentence, the head and all else that the preset from the sentence is made from."""
    written = [chosen()["written"]] if chosen()["written"] else []
    return zlib.crc32(repr([*(chosen()[name] for name in SOURCE), *written]).encode()) or 1


def history() -> History[Setting]:
    """What was chosen before, and what was undone; a change of the address is a step too."""
    held: History[Setting] = st.session_state.get("lesson_history") or History(setting())
    return held.push(setting())


def base() -> Lesson:
    """The lesson as its preset has it."""
    now = setting()
    return from_sentence()[0] if now.preset == SENTENCE else preset(now.preset, now.seed)


def current() -> Lesson:
    """The lesson on screen."""
    return shown_in(setting())


def before() -> Lesson | None:
    """The lesson before the last edit, where the last step was one."""
    past = history().past
    now = setting()
    return shown_in(past[-1]) if past and past[-1][:2] == now[:2] else None


def shown_in(held: Setting) -> Lesson:
    """The lesson of a setting. Of edits to another sentence's or head's numbers, only how results are made is left."""
    if not held.lesson:
        return base()
    lesson = read(held.lesson)
    if held.preset != SENTENCE or held.of in (0, source()):
        return lesson
    return replace(base(), scaled=lesson.scaled, temperature=lesson.temperature, weigh=lesson.weigh,
                   decimals=lesson.decimals, form=lesson.form)  # fmt: skip


def renumbered() -> bool:
    """Whether words or numbers are no longer those of the preset; not so where the preset itself cannot be had."""
    if not setting().lesson:
        return False
    try:
        lesson, start = current(), base()
    except AttentionLabError:
        return False
    return (lesson.words, lesson.numbers) != (start.words, start.numbers)


@lru_cache(maxsize=256)
def read(address: str) -> Lesson:
    """The lesson that an address holds; LessonError when it holds none."""
    return from_address(address)


def edit(lesson: Lesson) -> None:
    """Show another version of the lesson."""
    now = setting()
    if lesson == base():
        go(now._replace(lesson="", of=0))
    else:
        go(now._replace(lesson=to_address(lesson), of=source() if now.preset == SENTENCE else 0))


def start(name: str, seed: int = 0) -> None:
    """Start from a preset."""
    go(Setting(name, seed, "", 0))


def go(to: Setting) -> None:
    """Choose, so that it can be undone."""
    keep(history().push(to))


def undo() -> None:
    """One step back."""
    keep(history().undo())


def redo() -> None:
    """One step on."""
    keep(history().redo())


def keep(steps: History[Setting]) -> None:
    """Show the present of a history."""
    st.session_state.lesson_history = steps
    st.session_state.pop("refused_cell", None)
    put(**steps.present._asdict())


def refuse(cell: Refused) -> None:
    """Keep what was typed into a cell and could not be read, with the reason."""
    st.session_state.refused_cell = cell


def refused() -> Refused | None:
    """The cell whose text could not be read."""
    return st.session_state.get("refused_cell")


def sentence_run() -> Trace | EncoderDecoderTrace:
    """The model's run over the chosen sentence or image."""
    return current_run(get_model(chosen()["model"]))


def from_sentence() -> tuple[Lesson, ProjectedHead, list[str]]:
    """The model's chosen head on the chosen sentence in few dimensions; also all words, of which some were left out.

    Raises InputError where other tokens answer than ask: a lesson has one row of words.
    """
    attention, selection = chosen_attention(sentence_run()), chosen()
    if attention.crosses:
        raise InputError("In a worked example the same words ask and answer: choose the encoder or the decoder.")
    config, trace = attention.config, attention.trace
    layer = min(selection["layer"], config.n_layers - 1)
    head = 0 if selection["head"] == "mean" else min(int(selection["head"]), config.n_heads - 1)
    places = strongest_places(attention, layer, head)
    shared = int(trace.gather_indices("kv_head")[1][head])
    last = [stage.name for stage in attention.scoring(layer)] or ["product"]
    scores, mask = trace.array(last[-1], layer)[head][np.ix_(places, places)], attention.mask(layer)
    projected = project_head(scores, trace.v(layer)[shared][places], DIMENSIONS)
    seen = None if mask is None else mask[np.ix_(places, places)]
    return head_lesson(tuple(trace.tokens[i] for i in places), projected, seen), projected, trace.tokens


def strongest_places(attention: AttentionView, layer: int, head: int) -> list[int]:
    """The positions that matter most to the chosen query, in the order of the text, as many as a lesson holds."""
    pieces = attention.queries
    every = list(range(len(pieces)))
    pattern = attention.pattern(layer)[head]
    query, key = chosen_pair(attention, pattern, every, every)
    order = sorted(every, key=lambda i: (i not in (query, key), pieces[i].special, -float(pattern[query, i])))
    return sorted(np.array(order[:MOST_WORDS]).tolist())
