"""The flow component: a drawing whose steps and heads are buttons; the arrow keys go from step to step."""

from collections.abc import Callable

import streamlit as st

from ui.components import is_index, read_assets

CSS = """
.frame { overflow-x: auto; }
svg { display: block; min-width: 860px; width: 100%; height: auto; forced-color-adjust: none; }
[role=button] { cursor: pointer; outline: none; }
[role=button]:hover > .hit { stroke: var(--st-border-color); }
[role=button]:focus-visible { outline: 3px dashed var(--st-text-color); outline-offset: -5px; border-radius: 6px; }
"""

_mount = st.components.v2.component("attention_lab_flow", css=CSS, js=read_assets("flow.js"))


def flow(
    svg: str, *, key: str, step: int, steps: int, heads: int,
    on_step: Callable[[int], None], on_head: Callable[[int], None],
) -> None:  # fmt: skip
    """Mount a drawing.

    svg:     from `attention_core.plot.flow`
    step:    the current step, 1 to `steps`
    on_step: called with a chosen step; on_head: with a chosen head
    """

    def stepped() -> None:
        wanted = st.session_state[key].step
        if is_index(wanted, steps + 1) and wanted >= 1:
            on_step(wanted)

    def headed() -> None:
        wanted = st.session_state[key].head
        if is_index(wanted, heads):
            on_head(wanted)

    _mount(key=key, data=[{"svg": svg, "step": step, "steps": steps}], on_step_change=stepped, on_head_change=headed)
