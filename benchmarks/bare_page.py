"""The least that a page like Inspect needs, run by Streamlit: a sentence, a heatmap, a scatter plot and a text."""

import zlib

import numpy as np
import plotly.graph_objects as go
import streamlit as st

HEADS = 12

st.set_page_config(layout="wide")
sentence = st.text_input("Sentence", "The animal didn't cross the street because it was too tired.", key="sentence")


@st.fragment
def views(sentence: str) -> None:
    """Random weights of one head: all of them, those of one query, and one number."""
    tokens = ["[CLS]", *sentence.split(), "[SEP]"]
    head = st.selectbox("Head", range(HEADS), key="head")
    points = st.session_state.scatter.selection.points if "scatter" in st.session_state else []
    query = min(points[0]["point_index"], len(tokens) - 1) if points else 0
    rng = np.random.default_rng([zlib.crc32(sentence.encode()), head])
    weights = rng.dirichlet(np.ones(len(tokens)), len(tokens)).astype(np.float32)
    st.plotly_chart(go.Figure(go.Heatmap(z=weights, zmin=0, zmax=1)), key="heatmap")
    scatter = go.Figure(go.Scatter(x=list(range(len(tokens))), y=weights[query], text=tokens, mode="markers"))
    st.plotly_chart(scatter, key="scatter", on_select="rerun", selection_mode="points")
    st.text(f"{tokens[query]}: {weights[query].max():.4f}")


views(sentence)
