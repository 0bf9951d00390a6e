"""Worked example: a small attention layer in which every number can be changed and traced."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import streamlit as st

from attention_core.computation.derivation import Address
from attention_core.errors import AttentionLabError
from attention_core.lessons import edits
from attention_core.lessons.cells import CellError, read_number
from attention_core.lessons.lesson import Lesson
from attention_core.lessons.presets import PRESETS
from attention_core.lessons.solve import INPUTS, Solution, solve
from attention_core.ops.basic import Input
from ui.arithmetic.derivation import show_derivation
from ui.components.grid import Refused, grid
from ui.matrices.grids import build_grids
from ui.matrices.matrix import View
from ui.shared.controls import input_and_model, pickers, side_row
from ui.shared.markdown import escape_markdown
from ui.shared.menu import Page
from ui.shared.models import is_loaded, show_problem
from ui.shared.offer import offered_models, title_of
from ui.shared.page import open_page
from ui.shared.selection import bound, chosen, put, settle, write_address
from ui.shared.shown import chosen_attention, clamp_selection
from ui.shared.trail import Trail
from ui.worked_example import state
from ui.worked_example.files import files_menu
from ui.worked_example.sentence import DIMENSIONS, from_sentence, sentence_run
from ui.worked_example.settings import digits_box, history_buttons, preset_box, scores_box, shape_box
from ui.worked_example.textbook_check import textbook_check
from ui.worked_example.words import (
    attention_headline,
    change_summary,
    describe_entry,
    first_query,
    model_weight,
    name_entries,
)

MOST_TERMS = 12  # only sums over several heads have more
# A given quantity of the computation -> its matrix in the lesson.
LESSON_MATRICES = {stage.partition("[")[0]: name for name, (stage, _, _) in INPUTS.items()}


def cell_edited(head: int, name: str, row: int, column: int, text: str) -> None:
    """Apply the number that was typed into a cell, or show beside it why it was refused."""
    lesson = state.current_lesson()  # a fast typist's last edit may not be on screen yet
    if name == "mask":
        state.edit(edits.with_flip(lesson, row, column))
        return
    matrix = LESSON_MATRICES[name]
    index = lesson_index(lesson, matrix, head, row, column)
    st.session_state.last_cell = (matrix, *index)
    try:
        state.edit(edits.with_number(lesson, matrix, *index, read_number(text)))
    except CellError as error:
        state.refuse_cell(Refused(name, row, column, text, str(error)))


def lesson_index(lesson: Lesson, matrix: str, head: int, row: int, column: int) -> tuple[int, int]:
    """The index in the lesson's matrix of a shown cell: only one head is shown of all but X and W_O."""
    return (row, column) if matrix in ("X", "W_O") else (row, head * lesson.d_head + column)


def computed_quantities(solution: Solution) -> list[str]:
    """The quantities that are computed, in order."""
    names = [name for name, each in solution.stages.items() if not isinstance(each.operation, Input)]
    return [*(["mask"] if "masked" not in names and chosen()["maskgrid"] else []), *names]


def first_cell(solution: Solution, head: int) -> Trail:
    """The largest weight of the first query."""
    query = first_query(solution, head)
    row = np.nan_to_num(solution.array("weight")[head, query].astype(float))
    return Trail((Address("weight", (head, query, int(row.argmax()))),))


def preset_state() -> tuple[str, bool]:
    """The preset, and whether its words or numbers were changed: the rest of the page depends on these."""
    return state.setting().preset, state.differs_from_preset()


@contextmanager
def textbook_on_error(part: str) -> Iterator[None]:
    """In place of a part of the page that raises an error, show the error and a button back to the first preset.

    part: a unique name for the part
    """
    try:
        yield
    except AttentionLabError as problem:
        show_problem(problem, part)
        first = "textbook"
        st.button(f"Back to “{PRESETS[first].title}”", key=f"back_{part}", on_click=state.start_preset, args=(first,))


@st.fragment
@textbook_on_error("example")
def example(drawn_for: tuple[str, bool]) -> None:
    """The settings, the matrices, and how one number is computed.

    drawn_for: the `preset_state` that the rest of the page was drawn for
    """
    if preset_state() != drawn_for:
        st.rerun()
    above, sentences, below = st.container(), st.container(), st.container()
    lesson = state.current_lesson()
    solution, previous = solve(lesson), state.previous_lesson()
    old = solve(previous) if previous else None
    head = min(chosen()["part"], lesson.n_heads - 1)
    # The matrices are sent first: an edit should show at once, before the controls are drawn again.
    with below:
        lesson_matrices(solution, old, head)
    with sentences:
        if chosen()["part"] > head:
            settle(part=head)
            st.info(f"This example has heads 0 to {head}." if head else "This example has only one head.")
        if lesson.n_heads > 1:
            bound(st.segmented_control, "Head", "part", options=list(range(lesson.n_heads)), required=True,
                  format_func="Head {}".format, label_visibility="collapsed")  # fmt: skip
        unchanged = drawn_for[0] == state.SENTENCE and state.shows_preset()
        real = model_weight(solution, from_sentence()) if unchanged else ""
        st.html(attention_headline(solution, head) + real + change_summary(solution, old))
    with below:
        st.html('<h2 class="block">How this number is computed</h2>')
        show_derivation(
            "cell", make=solution.term, where=lambda address: describe_entry(solution, address),
            names=lambda addresses: name_entries(solution, addresses, head),
            first=first_cell(solution, head), decimals=lesson.decimals, count=MOST_TERMS,
        )  # fmt: skip
    with above:
        settings(solution, head)
    write_address()


def settings(solution: Solution, head: int) -> None:
    """The preset, the shape, the score options, the digits, undo and reset, and files."""
    lesson = solution.lesson
    with st.container(key="settings"):
        with st.container(key="start", horizontal=True, vertical_alignment="bottom"):
            preset_box()
            shape_box(lesson)
            history_buttons()
            files_menu(solution, first_query(solution, head))
        st.html('<details class="fold"><summary>All settings</summary></details>')  # on a phone, see page.css
        with st.container(key="options", horizontal=True, vertical_alignment="center"):
            scores_box(lesson)
            bound(st.toggle, "Edit mask", "maskgrid")
            digits_box(lesson)
    if note := st.session_state.pop("lesson_note", None):
        st.warning(escape_markdown(note))


def lesson_matrices(solution: Solution, old: Solution | None, head: int) -> None:
    """Every matrix of the computation; the given ones can be edited."""
    lesson = solution.lesson
    view = View(
        solution, None, (head,), list(lesson.words), decimals=lesson.decimals, windowed=False,
        editable=frozenset([name for name, matrix in LESSON_MATRICES.items() if matrix in lesson.numbers] + ["mask"]),
        previous=old,
    )  # fmt: skip
    grids = build_grids(view, computed_quantities(solution))

    def pick(name: str, row: int, column: int) -> None:
        put(cell=Trail((grids.address[name](row, column),)))

    def edited(name: str, row: int, column: int, text: str) -> None:
        cell_edited(head, name, row, column, text)

    grid(grids.matrices, grids.sources, grids.products, key="grid", on_pick=pick, on_edit=edited,
         refused=state.refused_cell())  # fmt: skip


def numbers_origin() -> str:
    """Where the numbers on this page come from, for the badge."""
    preset, changed = preset_state()
    if preset == state.FILE:
        return "illustrative: numbers from a lesson file" + (", then changed by hand" if changed else "")
    if preset != state.SENTENCE:
        random = PRESETS[preset].seeded and not changed
        return f"illustrative: numbers {'drawn at random' if random else 'chosen by hand'}, not trained"
    name = chosen()["model"]
    known = name in offered_models() and offered_models()[name].entry
    if not is_loaded(name):
        return f"to be projected from a head of {title_of(name)}, which is not loaded"
    trained = ", which is trained" if known else ""
    return f"projected from a head of {title_of(name)}{trained}" + ("; then changed by hand" if changed else "")


def sentence_preset(changed: bool) -> None:
    """For the preset from the model: its sentence, layer and head, and how much of the head it keeps."""
    input_and_model()
    run = sentence_run()
    side_row(run)
    attention = chosen_attention(run)
    notes = [clamp_selection(attention)]
    if chosen()["head"] == "mean":
        settle(head="0")
        notes.append("Only one head can be projected, not the average of all. This is head 0.")
    with st.container():
        if note := " ".join(filter(None, notes)):
            st.info(note)
    with st.container(horizontal=True):
        pickers(attention, every=None)
    head = from_sentence()
    n_tokens, kept = head.lesson.n_tokens, head.projected
    selected = f" Shown are the {n_tokens} of {len(head.tokens)} tokens that matter most to the query."
    st.caption(
        f"A real head in {DIMENSIONS} dimensions, reduced by SVD. This keeps {kept.kept_scores:.0%} of its "
        f"squared scores and {kept.kept_values:.0%} of its squared values."
        + (selected if len(head.tokens) > n_tokens else "")
        + (" The words or numbers below have been changed since." if changed else "")
    )


def preset_caption(preset: str, changed: bool) -> str:
    """The purpose of a preset, or that its words or numbers were changed."""
    if preset == state.FILE:
        return "The lesson file, changed since. Reset restores it." if changed else "A lesson opened from a file."
    entry = PRESETS[preset]
    if changed:
        return f"The words or numbers of “{entry.title}” have been changed. Reset restores them."
    return entry.purpose


open_page(Page.WORKED_EXAMPLE, numbers_origin)
with textbook_on_error("page"):
    preset, changed = drawn_for = preset_state()
    with st.container():  # its own container, so that the widgets below keep their identity whatever the preset shows
        if preset == state.SENTENCE:
            sentence_preset(changed)
        else:
            st.caption(preset_caption(preset, changed))
    example(drawn_for)
    if preset == "textbook":
        textbook_check()
