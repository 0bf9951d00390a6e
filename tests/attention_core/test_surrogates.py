"""Lone surrogates are replaced, and nothing else."""

from hypothesis import given
from hypothesis import strategies as st

from attention_core.surrogates import without_surrogates


@given(st.text(st.characters() | st.characters(categories=["Cs"])))
def test_any_text_can_be_written_afterwards(text):
    read = without_surrogates(text)
    assert read.encode().decode() == read
    assert len(read) == len(text)
    assert all(a == b or (b == "\ufffd" and "\ud800" <= a <= "\udfff") for a, b in zip(text, read, strict=True))
