"""The flow drawing of the step by step page, built from the model's own sizes."""

from __future__ import annotations

import attention_core as ac


def flow_drawing(trace: ac.Trace, layer: int, head: int | None, step: int) -> None:
    """The whole computation with the current step lit."""
