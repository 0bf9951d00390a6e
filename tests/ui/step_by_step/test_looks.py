"""What there is to look for at a step, worked out for the sentence at hand."""

import html
import re

import numpy as np
import pytest

import attention_core as ac
from attention_core.attention_view import attention_views
from tests.attention_core.families.small import small
from tests.attention_core.families.test_decoders import IDS, ROTATED
from tests.every_family import CASES
from tests.small_tokenizers import TEXT
from ui.step_by_step.look import Look, signed
from ui.step_by_step.looks import cut, look_at_mask, look_at_mix, look_at_products, look_at_weights


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


@pytest.fixture(scope="module")
def causal(tmp_path_factory):
    """The attention of a model that reads from left to right."""
    return attention_views(ac.load(CASES["gpt2"].write(tmp_path_factory.mktemp("family"))).trace(TEXT))[None]


def plain(told):
    return html.unescape(re.sub("<[^>]*>", "", told))


def test_only_what_may_be_seen_is_counted_and_compared(causal):
    look = Look(causal, 1, 1, 1, 10)
    row, products = causal.pattern(1)[1, 1], causal.array("product", 1)[1, 1]
    assert products.argmax() > 1  # the best of all is masked
    more = int((row > 0.5).sum())
    assert f"Spread evenly, each of the 2 tokens that it may look at would get 0.50; {more} of them" in plain(
        look_at_weights(look)
    )
    told = plain(look_at_products(look))
    own = "its own" if products[:2].argmax() else "that of “The”"
    assert told.startswith(f"Of the 2 tokens that the first “cat” may look at, the key that matches its query best is "
                           f"{own}: {signed(products[:2].max())}.")  # fmt: skip
    assert told.endswith(f"The second “cat” has {signed(products[10])}; it is masked.")


def test_a_token_that_may_look_at_itself_alone(causal):
    look = Look(causal, 1, 1, 0, 0)
    assert plain(look_at_weights(look)) == "“The” gives 1.00 to itself: it may look at nothing else."
    made = signed(causal.array("product", 1)[1, 0, 0])
    assert plain(look_at_products(look)) == f"“The” may look at itself alone: its query and its own key make {made}."
    assert plain(look_at_mask(look)).startswith("“The” may look at 1 token; ")
    assert "By length, “The” itself brings 100%" in plain(look_at_mix(look))
    last = len(causal.keys) - 2
    assert plain(look_at_mask(Look(causal, 1, 1, last, 0))).endswith("; 1 is masked.")


def test_numbers_have_a_true_minus_sign_and_no_negative_zero():
    assert [signed(each) for each in (-0.084, -0.001, np.float32(0.5))] == ["−0.08", "0.00", "0.50"]


@pytest.mark.parametrize("head", [0, 5, None])
def test_values_that_heads_share_are_mixed_by_each_of_them(head):
    trace = small(ROTATED).trace(ids=IDS)
    heads = range(6) if head is None else [head]
    lengths = sum((trace.pattern(1)[each, 4] ** 2 * (trace.v(1)[each // 3] ** 2).sum(1)) ** 0.5 for each in heads)
    best = int(lengths.argmax())
    told = look_at_mix(Look(attention_views(trace)[None], 1, head, 4, 2))
    assert trace.tokens[best] in told
    assert f"{lengths[best] / lengths.sum():.0%}" in told
