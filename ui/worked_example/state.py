"""The state of the worked example: its preset, the edited lesson, and its history."""

from __future__ import annotations

import zlib
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import streamlit as st

from attention_core.errors import AttentionLabError
from attention_core.lessons.lesson import Lesson
from attention_core.lessons.lesson_file import from_address, to_address
from attention_core.lessons.presets import preset
from ui.components.grid import Refused
from ui.shared.fields import DEFAULT_SELECTION
from ui.shared.selection import chosen, put
from ui.worked_example.history import History
from ui.worked_example.sentence import from_sentence

SENTENCE = "sentence"  # the preset that is projected from a head of the model
FILE = "file"  # the preset that is a lesson from a file
SOURCE_FIELDS = ("model", "text", "target", "image", "side", "layer", "head", "q", "k")  # that SENTENCE depends on


class Setting(NamedTuple):
    """The entries of the address for a worked example.

    lesson: the edited lesson; "" if nothing was edited
    of:     the `source_hash` of the sentence whose numbers were edited; 0 if there is none or it is unknown
    file:   the lesson of FILE as it was opened; "" for other presets
    """

    preset: str
    seed: int
    lesson: str = ""
    of: int = 0
    file: str = ""

    @property
    def start(self) -> tuple[str, int, str]:
        """What the lesson started from: a preset with its seed, or a file."""
        return self.preset, self.seed, self.file


def setting() -> Setting:
    """The current setting; the default preset in place of a file that the address lacks."""
    now = Setting(*(chosen()[name] for name in Setting._fields))
    return now._replace(preset=DEFAULT_SELECTION["preset"]) if now.preset == FILE and not now.file else now


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
    if now.preset == SENTENCE:
        return from_sentence().lesson
    return parse_lesson(now.file) if now.preset == FILE else preset(now.preset, now.seed)


def current_lesson() -> Lesson:
    """The lesson on screen."""
    return lesson_of(setting())


def previous_lesson() -> Lesson | None:
    """The lesson before the last edit, displayed as the current one; None if the last step edited nothing of it.

    Another preset is no edit of this one, and digits displayed in another form are the same numbers.
    """
    past, lesson = history().past, current_lesson()
    if not past or past[-1].start != setting().start:
        return None
    previous = replace(lesson_of(past[-1]), form=lesson.form, decimals=lesson.decimals)
    return None if previous == lesson else previous


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


def shows_preset() -> bool:
    """Whether the lesson is the preset's, whatever form its digits are shown in."""
    lesson = current_lesson()
    return lesson == replace(preset_lesson(), form=lesson.form, decimals=lesson.decimals)


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
    """Start from a preset; from FILE again, the lesson as it was opened."""
    choose_setting(Setting(name, seed, file=setting().file if name == FILE else ""))


def start_file(lesson: Lesson) -> None:
    """Start from a lesson that was opened."""
    choose_setting(Setting(FILE, 0, file=to_address(lesson)))


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
