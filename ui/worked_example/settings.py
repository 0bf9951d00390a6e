"""The controls of a worked example: its preset, shape, score options and digits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st

from attention_core.errors import AttentionLabError
from attention_core.lessons import edits
from attention_core.lessons.lesson import DECIMALS, DIMENSIONS, HEADS, LONGEST_WORD, TEMPERATURES, TOKENS, Lesson
from attention_core.lessons.presets import PRESETS, SEEDS
from ui.worked_example import state

Edit = Callable[[Lesson, Any], Lesson]

ENTRIES = {"qkv": "Q, K, V", "x": "X and weights"}
MASKS = {"none": "no mask", "causal": "causal", "padding": "padding", "window": "window"}
CUSTOM = "custom"  # a mask with flipped cells; to choose another, or the one it started from, flips them back
WEIGHS = {"softmax": "softmax", "share": "divide by the sum", "hardmax": "argmax"}
FORMS = {"decimal": "decimals", "fraction": "fractions", "paper": "round each step"}


def control(widget: Callable[..., Any], label: str, name: str, value: Any, change: Edit, **options: Any) -> None:
    """A widget that shows a value of the lesson and edits it; the edit can be undone."""
    key = widget_key(name, value)
    st.session_state[key] = value

    def apply() -> None:
        try:
            state.edit(change(state.current_lesson(), st.session_state[key]))
        except AttentionLabError as error:
            st.session_state.lesson_note = str(error)

    widget(label, key=key, on_change=apply, **options)


def widget_key(name: str, value: Any) -> str:
    """The key of a widget: a new one each time the value has changed without the widget.

    In a closed popover the browser would keep the old value and send it as if it were an edit.
    """
    changes = st.session_state.setdefault("_lesson_keys", {})
    key = f"_lesson_{name}_{changes.get(name, 0)}"
    if st.session_state.get(key, value) == value:
        return key
    changes[name] = changes.get(name, 0) + 1
    return f"_lesson_{name}_{changes[name]}"


def preset_box() -> None:
    """The preset, and the seed of a random one."""
    now = state.setting()
    titles = {name: each.title for name, each in PRESETS.items()} | {state.SENTENCE: "From the sentence above"}
    if now.preset == state.FILE:
        titles |= {state.FILE: "A lesson file"}
    st.session_state._lesson_preset = now.preset
    st.selectbox("Start from", list(titles), key="_lesson_preset", format_func=titles.__getitem__, width=230,
                 on_change=lambda: state.start_preset(st.session_state._lesson_preset))  # fmt: skip
    if now.preset in PRESETS and PRESETS[now.preset].seeded:
        st.session_state._lesson_seed = now.seed
        st.number_input(
            "Seed", SEEDS[0], SEEDS[-1], key="_lesson_seed", width=130,
            on_change=lambda: state.start_preset(now.preset, int(st.session_state._lesson_seed)),
        )  # fmt: skip


def history_buttons() -> None:
    """Undo, redo, and reset to the preset."""
    history = state.history()
    st.button("Undo", icon=":material/undo:", disabled=not history.past, on_click=state.undo)
    st.button("Redo", icon=":material/redo:", disabled=not history.future, on_click=state.redo)
    with st.popover("Reset", disabled=not state.setting().lesson):
        lesson, start = state.current_lesson(), state.preset_lesson()
        if last := st.session_state.get("last_cell"):
            reset_last(lesson, start, *last)
        st.button("Everything", on_click=state.edit, args=(edits.reset_all(lesson, start),), width="stretch")
        if lesson.entry == start.entry:
            for name in lesson.numbers:
                again = edits.reset_matrix(lesson, start, name)
                st.button(f"Matrix {name}", disabled=again == lesson, on_click=state.edit, args=(again,),
                          width="stretch")  # fmt: skip


def reset_last(lesson: Lesson, start: Lesson, name: str, row: int, column: int) -> None:
    """A button that resets the number that was edited last."""
    if name not in lesson.numbers or name not in start.numbers:
        return
    try:
        again = edits.reset_number(lesson, start, name, row, column)
    except AttentionLabError:  # the matrix has shrunk since
        return
    st.button(f"Only {name}[{row}, {column}]", disabled=again == lesson, on_click=state.edit, args=(again,),
              width="stretch")  # fmt: skip


def shape_box(lesson: Lesson) -> None:
    """The number of words, dimensions and heads, the given matrices, and the words."""
    with st.popover("Shape and words"):
        control(st.segmented_control, "Given", "entry", lesson.entry, edits.with_entry, options=list(ENTRIES),
                format_func=ENTRIES.__getitem__, required=True)  # fmt: skip
        if lesson.entry == "qkv":
            st.caption(
                "X cannot be computed from Q, K and V. Choosing “X and weights” starts from the preset “Two heads”."
            )
        left, middle, right = st.columns(3)
        with left:
            control(st.number_input, "Words", "n", lesson.n_tokens, edits.with_tokens, min_value=TOKENS[0],
                    max_value=TOKENS[-1])  # fmt: skip
        with middle:
            control(st.number_input, "Dimensions", "d", lesson.d, edits.with_dimensions, min_value=DIMENSIONS[0],
                    max_value=DIMENSIONS[-1])  # fmt: skip
        with right:
            fit = [n for n in HEADS if lesson.d % n == 0]
            control(st.selectbox, "Heads", "heads", lesson.n_heads, edits.with_heads, options=fit)
        half = (lesson.n_tokens + 1) // 2  # column by column, as Tab moves
        for column, part in zip(st.columns(2), (range(half), range(half, lesson.n_tokens)), strict=True):
            for i in part:
                with column:
                    control(st.text_input, f"Word {i}", f"word_{i}", lesson.words[i], word_edit(i),
                            max_chars=LONGEST_WORD)  # fmt: skip


def word_edit(i: int) -> Edit:
    """The edit of one word."""
    return lambda lesson, word: edits.with_word(lesson, i, word)


def scores_box(lesson: Lesson) -> None:
    """The scaling, the mask, the function that gives the weights, and its temperature."""
    control(st.toggle, "÷ √d_head", "scaled", lesson.scaled, lambda old, on: replace(old, scaled=on))
    masks = MASKS | ({CUSTOM: CUSTOM} if lesson.flipped else {})
    control(st.selectbox, "Mask", "mask", CUSTOM if lesson.flipped else lesson.mask,
            lambda old, to: edits.with_mask(old, to, old.mask_size),
            options=list(masks), format_func=masks.__getitem__, width=120, label_visibility="collapsed")  # fmt: skip
    if lesson.mask in ("padding", "window"):
        control(st.number_input, "Padding words" if lesson.mask == "padding" else "Words on each side", "size",
                lesson.mask_size, lambda old, to: edits.with_mask(old, old.mask, to), min_value=0,
                max_value=lesson.n_tokens, width=130)  # fmt: skip
    control(st.selectbox, "Weights by", "weigh", lesson.weigh, lambda old, to: replace(old, weigh=to),
            options=list(WEIGHS), format_func=WEIGHS.__getitem__, width=175, label_visibility="collapsed")  # fmt: skip
    control(st.slider, "Temperature", "temperature", lesson.temperature, lambda old, to: replace(old, temperature=to),
            min_value=TEMPERATURES[0], max_value=5.0 if lesson.temperature <= 5 else TEMPERATURES[1], step=0.05,
            width=170, format="temperature %.2f", label_visibility="collapsed")  # fmt: skip


def digits_box(lesson: Lesson) -> None:
    """The form of the digits, and how many decimals are shown."""
    control(st.segmented_control, "Digits", "form", lesson.form, lambda old, to: replace(old, form=to),
            options=list(FORMS), format_func=FORMS.__getitem__, required=True,
            label_visibility="collapsed")  # fmt: skip
    control(st.number_input, "Decimals", "decimals", lesson.decimals, lambda old, to: replace(old, decimals=int(to)),
            min_value=DECIMALS[0], max_value=DECIMALS[-1], width=110)  # fmt: skip
