"""What there is to look for at a step, worked out for the sentence at hand."""

import html
import re

import pytest

import attention_core as ac
from ui.looks import cut


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("The animal didn't cross.", "Look where a word was cut: “didn” and “'” stand without a space."),
        ("unbelievably", "Look where a word was cut: “un” and “##bel” stand without a space."),
        ("It rains.", "No word was cut into pieces."),
        ("'It' rains, he said.", "No word was cut into pieces."),
    ],
)
def test_where_a_word_was_cut(text, said):
    told = re.sub("<[^>]*>", "", cut(ac.load("minilm").trace(text)))
    assert html.unescape(told).endswith(said)
