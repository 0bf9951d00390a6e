"""Worked example: a small attention layer whose every number can be changed, and followed."""

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
from ui.arithmetic.opened import show_making
from ui.components.grid import Refused, grid
from ui.matrices.grids import grids
from ui.matrices.matrix import View
from ui.shared.controls import input_and_model, pickers, side_row
from ui.shared.markdown import escape_markdown
from ui.shared.menu import Page
from ui.shared.models import show_problem
from ui.shared.offer import offered_models, title_of
from ui.shared.page import open_page
from ui.shared.selection import bound, chosen, put, settle, write_address
from ui.shared.shown import chosen_attention, clamp_selection
from ui.shared.trail import Trail
from ui.worked_example import lesson as state
from ui.worked_example.files import files_menu
from ui.worked_example.settings import digits_box, history_buttons, preset_box, scores_box, shape_box
from ui.worked_example.truth import truth_table
from ui.worked_example.words import asking, changes, headline, where

MOST_TERMS = 12  # no sum of a lesson has more, but for those over several heads
# A given quantity of the computation -> the matrix of the lesson.
NAMES = {made.partition("[")[0]: name for name, (made, _, _) in INPUTS.items()}


def cell_edited(head: int, name: str, row: int, column: int, text: str) -> None:
    """What was typed into a cell, read as it was meant, or refused beside it."""
    lesson = state.current()  # of a fast typist, the last edit may not be on screen yet
    if name == "mask":
        state.edit(edits.with_flip(lesson, row, column))
        return
    matrix = NAMES[name]
    place = lesson_place(lesson, matrix, head, row, column)
    st.session_state.last_cell = (matrix, *place)
    try:
        state.edit(edits.with_number(lesson, matrix, *place, read_number(text)))
    except CellError as error:
        state.refuse(Refused(name, row, column, text, str(error)))


def lesson_place(lesson: Lesson, matrix: str, head: int, row: int, column: int) -> tuple[int, int]:
    """Where a cell that is shown stands in the lesson's matrix: of all but X and W_O, one head is shown."""
    return (row, column) if matrix in ("X", "W_O") else (row, head * lesson.d_head + column)


def result_names(solution: Solution) -> list[str]:
    """The quantities that are worked out, in order."""
    made = [name for name, each in solution.stages.items() if not isinstance(each.operation, Input)]
    return [*(["mask"] if "masked" not in made and chosen()["maskgrid"] else []), *made]


def first_cell(solution: Solution, head: int) -> Trail:
    """The largest weight of the token to look at first."""
    query = asking(solution, head)
    row = np.nan_to_num(solution.array("weight")[head, query].astype(float))
    return Trail((Address("weight", (head, query, int(row.argmax()))),))


def stands() -> tuple[str, bool]:
    """What the page says above and below the example depends on: its preset, and whether its numbers are still that."""
    return state.setting().preset, state.renumbered()


@contextmanager
def or_back(place: str) -> Iterator[None]:
    """What keeps a part of the page from being shown stands in its place, and the way back to what always can be.

    place: a name for it, that no other part of the page has
    """
    try:
        yield
    except AttentionLabError as problem:
        show_problem(problem, place)
        st.button("Back to the textbook’s example", key=f"back_{place}", on_click=state.start, args=("textbook",))


@st.fragment
@or_back("example")
def example(said_of: tuple[str, bool]) -> None:
    """The settings, the numbers, and how they come about.

    said_of: what the rest of the page was drawn for
    """
    if stands() != said_of:
        st.rerun()
    above, said, below = st.container(), st.container(), st.container()
    lesson = state.current()
    solution, previous = solve(lesson), state.before()
    old = solve(previous) if previous else None
    head = min(chosen()["part"], lesson.n_heads - 1)
    # The numbers are sent first: what an edit changes should not wait for the controls to be drawn again.
    with below:
        matrices(solution, old, head)
    with said:
        if chosen()["part"] > head:
            settle(part=head)
            st.info(f"This example has heads 0 to {head}." if head else "This example has one head alone.")
        if lesson.n_heads > 1:
            bound(st.segmented_control, "Head", "part", options=list(range(lesson.n_heads)), required=True,
                  format_func="Head {}".format, label_visibility="collapsed")  # fmt: skip
        st.html(headline(solution, head) + changes(solution, old, head))
    with below:
        st.html('<h2 class="block">How this number is made</h2>')
        show_making(
            "cell", make=solution.term, where=lambda address: where(solution, address),
            first=first_cell(solution, head), decimals=lesson.decimals, count=MOST_TERMS,
        )  # fmt: skip
    with above:
        settings(solution, head)
    write_address()


def settings(solution: Solution, head: int) -> None:
    """Where the example starts from, its shape, what is done to the scores, its digits, and the way back."""
    lesson = solution.lesson
    with st.container(horizontal=True, vertical_alignment="bottom"):
        preset_box()
        shape_box(lesson)
        history_buttons()
        files_menu(solution, asking(solution, head))
    with st.container(horizontal=True, vertical_alignment="center"):
        scores_box(lesson)
        bound(st.toggle, "Mask by click", "maskgrid")
        digits_box(lesson)
    if note := st.session_state.pop("lesson_note", None):
        st.warning(escape_markdown(note))


def matrices(solution: Solution, old: Solution | None, head: int) -> None:
    """Every matrix of the computation; those that were put in can be changed."""
    lesson = solution.lesson
    view = View(
        solution, None, (head,), list(lesson.words), decimals=lesson.decimals, windowed=False,
        editable=frozenset([*NAMES, "mask"]), before=old,
    )  # fmt: skip
    made = grids(view, result_names(solution))

    def pick(name: str, row: int, column: int) -> None:
        put(cell=Trail((made.address[name](row, column),)))

    def edited(name: str, row: int, column: int, text: str) -> None:
        cell_edited(head, name, row, column, text)

    grid(made.matrices, made.sources, made.products, key="grid", on_pick=pick, on_edit=edited,
         refused=state.refused())  # fmt: skip


def origin() -> str:
    """Where the numbers on this page come from."""
    preset, changed = stands()
    if preset != state.SENTENCE:
        drawn = PRESETS[preset].seeded and not changed
        return f"illustrative: numbers {'drawn at random' if drawn else 'chosen by hand'}, not trained"
    name = chosen()["model"]
    known = name in offered_models() and offered_models()[name].entry
    trained = ", which is trained" if known else ""
    return f"projected from a head of {title_of(name)}{trained}" + ("; then changed by hand" if changed else "")


def sentence_preset(changed: bool) -> None:
    """For the preset that is made from the model: which sentence, layer and head it is made from, and what it keeps."""
    input_and_model()
    run = state.sentence_run()
    side_row(run)
    attention = chosen_attention(run)
    notes = [clamp_selection(attention)]
    if chosen()["head"] == "mean":
        settle(head="0")
        notes.append("One head is projected, not the average of all: head 0.")
    with st.container():
        if note := " ".join(filter(None, notes)):
            st.info(note)
    with st.container(horizontal=True):
        pickers(attention, every=None)
    lesson, projected, words = state.from_sentence()
    some = f" The {lesson.n_tokens} of {len(words)} tokens that matter most to the query."
    st.caption(
        f"A real head in {state.DIMENSIONS} dimensions (by SVD): this keeps {projected.kept_scores:.0%} of its squared "
        f"scores and {projected.kept_values:.0%} of its squared values.{some if len(words) > lesson.n_tokens else ''}"
        + (" The words or numbers below have been changed since." if changed else "")
    )


def purpose(preset: str, changed: bool) -> str:
    """What a preset is for, as long as its numbers are on screen."""
    chosen_one = PRESETS[preset]
    if changed:
        return f"The words or numbers of “{chosen_one.title}” have been changed; Reset brings them back."
    return chosen_one.purpose


open_page(Page.WORKED_EXAMPLE, origin)
with or_back("page"):
    preset, changed = said_of = stands()
    with st.container():  # a place of its own, so that what stands below keeps its own whatever the preset asks for
        if preset == state.SENTENCE:
            sentence_preset(changed)
        else:
            st.caption(purpose(preset, changed))
    example(said_of)
    if preset == "textbook":
        truth_table()
