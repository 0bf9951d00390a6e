"""Which experts every token goes to, as a table."""

from __future__ import annotations

from typing import Any

import streamlit as st

import attention_core as ac
from ui.components import visible


def expert_table(trace: ac.Trace, layer: int) -> None:
    """A table of all tokens: their experts, the strongest first, and by how much the output of each is multiplied."""
    experts, weights = trace.experts(layer), trace.expert_weights(layer)
    columns: dict[str, list[Any]] = {"position": list(range(len(trace.tokens))), "token": [*map(visible, trace.tokens)]}
    for choice in range(experts.shape[1]):
        columns[f"choice {choice}"] = [int(each) for each in experts[:, choice]]
        columns[f"weight {choice}"] = [float(each) for each in weights[:, choice]]
    st.caption("Experts are counted from 0. Choice 0 is the strongest; what it makes is multiplied by weight 0.")
    digits = {name: st.column_config.NumberColumn(format="%.4f") for name in columns if name.startswith("weight")}
    st.dataframe(columns, hide_index=True, height="content" if len(trace.tokens) < 20 else 420, column_config=digits)
