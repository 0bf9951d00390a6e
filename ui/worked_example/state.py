"""The state of the worked example: its preset, the edited lesson, and its history."""

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

SENTENCE = "sentence"  # the preset that is projected from a head of the model
MOST_WORDS = 12
DIMENSIONS = 3
SOURCE_FIELDS = ("model", "text", "target", "image", "side", "layer", "head", "q", "k")  # that SENTENCE depends on


class Setting(NamedTuple):
    """The entries of the address for a worked example.

    lesson: the edited lesson; "" if nothing was edited
    of:     the `source_hash` of the sentence whose numbers were edited; 0 if there is none or it is unknown
    """

    preset: str
    seed: int
    lesson: str
    of: int


def setting() -> Setting:
    """The current setting."""
    selection = chosen()
    return Setting(*(selection[name] for name in Setting._fields))


def source_hash() -> int:
    """A hash of the sentence, the head and everything else that the preset from the sentence depends on; not 0."""
    written = [chosen()["written"]] if chosen()["written"] else []
    return zlib.crc32(repr([*(chosen()[name] for name in SOURCE_FIELDS), *written]).encode()) or 1


def history() -> History[Setting]:
    """The history of settings; a change of the address is a step too."""
    stored: History[Setting] = st.session_state.get("lesson_history") or History(setting())
    return stored.push(setting())


def preset_lesson() -> Lesson:
    """The lesson of the current preset, unedited."""
    now = setting()
    return from_sentence()[0] if now.preset == SENTENCE else preset(now.preset, now.seed)


def current_lesson() -> Lesson:
    """The lesson on screen."""
    return lesson_of(setting())


def previous_lesson() -> Lesson | None:
    """The lesson before the last edit; None if the last step was another preset or seed."""
    past = history().past
    now = setting()
    return lesson_of(past[-1]) if past and past[-1][:2] == now[:2] else None


def lesson_of(saved: Setting) -> Lesson:
    """The lesson of a setting; if another sentence or head was chosen since, only its options are kept."""
    if not saved.lesson:
        return preset_lesson()
    lesson = parse_lesson(saved.lesson)
    if saved.preset != SENTENCE or saved.of in (0, source_hash()):
        return lesson
    return replace(preset_lesson(), scaled=lesson.scaled, temperature=lesson.temperature, weigh=lesson.weigh,
                   decimals=lesson.decimals, form=lesson.form)  # fmt: skip


def differs_from_preset() -> bool:
    """Whether words or numbers differ from the preset; False if the preset cannot be computed."""
    if not setting().lesson:
        return False
    try:
        lesson, preset = current_lesson(), preset_lesson()
    except AttentionLabError:
        return False
    return (lesson.words, lesson.numbers) != (preset.words, preset.numbers)


@lru_cache(maxsize=256)
def parse_lesson(address: str) -> Lesson:
    """The lesson in an address; LessonError if it is not one."""
    return from_address(address)


def edit(lesson: Lesson) -> None:
    """Show an edited lesson; the edit can be undone."""
    now = setting()
    if lesson == preset_lesson():
        choose_setting(now._replace(lesson="", of=0))
    else:
        choose_setting(now._replace(lesson=to_address(lesson), of=source_hash() if now.preset == SENTENCE else 0))


def start_preset(name: str, seed: int = 0) -> None:
    """Start from a preset."""
    choose_setting(Setting(name, seed, "", 0))


def choose_setting(new: Setting) -> None:
    """Choose a setting; the choice can be undone."""
    show_present(history().push(new))


def undo() -> None:
    """Undo one step."""
    show_present(history().undo())


def redo() -> None:
    """Redo one step."""
    show_present(history().redo())


def show_present(steps: History[Setting]) -> None:
    """Store a history, and show its present setting."""
    st.session_state.lesson_history = steps
    st.session_state.pop("refused_cell", None)
    put(**steps.present._asdict())


def refuse_cell(cell: Refused) -> None:
    """Keep a cell whose text could not be read, with the reason."""
    st.session_state.refused_cell = cell


def refused_cell() -> Refused | None:
    """The cell whose text could not be read, if there is one."""
    return st.session_state.get("refused_cell")


def sentence_run() -> Trace | EncoderDecoderTrace:
    """The trace of the chosen sentence or image."""
    return current_run(get_model(chosen()["model"]))


def from_sentence() -> tuple[Lesson, ProjectedHead, list[str]]:
    """The chosen head on the chosen sentence in few dimensions; and all its tokens, including those left out.

    Raises InputError for cross-attention: a lesson has one list of words for queries and keys.
    """
    attention, selection = chosen_attention(sentence_run()), chosen()
    if attention.is_cross:
        raise InputError("A worked example has one text for queries and keys: choose the encoder or the decoder.")
    config, trace = attention.config, attention.trace
    layer = min(selection["layer"], config.n_layers - 1)
    head = 0 if selection["head"] == "mean" else min(int(selection["head"]), config.n_heads - 1)
    positions = strongest_positions(attention, layer, head)
    kv_head = int(trace.gather_indices("kv_head")[1][head])
    last = [stage.name for stage in attention.score_stages(layer)] or ["product"]
    scores, mask = trace.array(last[-1], layer)[head][np.ix_(positions, positions)], attention.mask(layer)
    projected = project_head(scores, trace.v(layer)[kv_head][positions], DIMENSIONS)
    allowed = None if mask is None else mask[np.ix_(positions, positions)]
    return head_lesson(tuple(trace.tokens[i] for i in positions), projected, allowed), projected, trace.tokens


def strongest_positions(attention: AttentionView, layer: int, head: int) -> list[int]:
    """The positions with the largest weights for the chosen query, in the order of the text; at most MOST_WORDS."""
    pieces = attention.queries
    positions = list(range(len(pieces)))
    pattern = attention.pattern(layer)[head]
    query, key = chosen_pair(attention, pattern, positions, positions)
    order = sorted(positions, key=lambda i: (i not in (query, key), pieces[i].special, -float(pattern[query, i])))
    return sorted(np.array(order[:MOST_WORDS]).tolist())
