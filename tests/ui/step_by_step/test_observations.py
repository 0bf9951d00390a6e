"""The observations at each step, computed for a sentence."""

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
from ui.step_by_step.focus import Focus, share_text, two_decimals
from ui.step_by_step.observations import (
    observe_mask,
    observe_products,
    observe_scale,
    observe_split_words,
    observe_text,
    observe_weighted_sum,
    observe_weights,
)


@pytest.mark.parametrize(
    ("text", "observation"),
    [
        ("The animal didn't cross.", "A word is split here: “didn” and “'” have no space between them."),
        ("unbelievably", "A word is split here: “un” and “##bel” have no space between them."),
        ("It rains.", "No word is split."),
        ("'It' rains, he said.", "No word is split."),
    ],
)
def test_the_first_split_word_is_named(text, observation):
    described = re.sub("<[^>]*>", "", observe_split_words(ac.load("minilm").trace(text)))
    assert html.unescape(described).endswith(observation)


@pytest.mark.parametrize(
    ("text", "count"),
    [("a", "1 character in 1 word. "), ("It rains — “now”.", "17 characters in 3 words. "),
     ("…", "1 character in 0 words. ")],
)
def test_the_characters_and_the_words_are_counted(minilm, text, count):
    attention = attention_views(minilm.trace(text))[None]
    assert observe_text(Focus(attention, 0, 0, 0, 0)).startswith(count)


@pytest.mark.parametrize(
    ("text", "observation"),
    [
        ("x cat", "4 tokens, 1 of them special. No word is split."),
        ("a  b", "6 tokens, 1 of them special. No word is split."),
        ("((", "4 tokens, 1 of them special. No word is split."),
        ("猫", "A character is split here: “猫(1/3)” and “猫(2/3)” hold bytes of the same character."),
        ("zq", "4 tokens, 1 of them special. A word is split here: “z” and “q” have no space between them."),
    ],
)
def test_a_space_before_a_word_is_not_a_part_of_a_character(text, observation, tmp_path):
    trace = ac.load(CASES["gemma2"].write(tmp_path)).trace(text)
    assert plain(observe_split_words(trace)).endswith(observation)


@pytest.fixture(scope="module")
def causal(tmp_path_factory):
    """The attention of a causal model."""
    return attention_views(ac.load(CASES["gpt2"].write(tmp_path_factory.mktemp("family"))).trace(TEXT))[None]


def plain(sentence):
    return html.unescape(re.sub("<[^>]*>", "", sentence))


def test_only_unmasked_tokens_are_counted_and_compared(causal):
    focus = Focus(causal, 1, 1, 1, 10)
    row, products = causal.pattern(1)[1, 1], causal.array("product", 1)[1, 1]
    assert products.argmax() > 1  # the best of all is masked
    more = int((row > 0.5).sum())
    expected = f"With uniform attention, each of the 2 tokens that it may attend to would get 0.50; {more} of them"
    assert expected in plain(observe_weights(focus))
    observation = plain(observe_products(focus))
    key = "its own key" if products[:2].argmax() else "the key of “The”"
    assert observation.startswith("Of the 2 tokens that the first “cat” may attend to, its query has the largest dot "
                                  f"product with {key}: {two_decimals(products[:2].max())}.")  # fmt: skip
    last = f"With the key of the second “cat” it is {two_decimals(products[10])}, which is masked."
    assert observation.endswith(last)


def test_a_token_that_may_attend_only_to_itself(causal):
    focus = Focus(causal, 1, 1, 0, 0)
    assert plain(observe_weights(focus)) == "“The” attends only to itself (1.00): all other tokens are masked."
    product = two_decimals(causal.array("product", 1)[1, 0, 0])
    assert plain(observe_products(focus)) == (
        f"“The” may attend only to itself: the dot product of its query and its key is {product}."
    )
    assert plain(observe_mask(focus)).startswith("“The” may attend to 1 token; ")
    assert "By length, “The” itself contributes 100%" in plain(observe_weighted_sum(focus))
    last = len(causal.keys) - 2
    assert plain(observe_mask(Focus(causal, 1, 1, last, 0))).endswith("; 1 is masked.")


def test_a_number_of_all_heads_together_is_said_to_be_an_average(causal, minilm):
    """The matrices beside it show the heads, so no cell shows this number."""
    attention = attention_views(minilm.trace("The cat sat."))[None]
    start, weights = "On average over the heads, ", attention.pattern(3)[:, 2].mean(axis=0)
    for observe in (observe_products, observe_scale, observe_weights, observe_weighted_sum):
        assert plain(observe(Focus(attention, 3, None, 2, 1))).startswith(start)
        assert start.lower() not in plain(observe(Focus(attention, 3, 1, 2, 1))).lower()
    assert f"({weights.max():.2f})" in observe_weights(Focus(attention, 3, None, 2, 1))
    assert plain(observe_products(Focus(causal, 1, None, 1, 0))).startswith(f"{start}of the 2 tokens that ")
    product = two_decimals(causal.array("product", 1)[:, 0, 0].mean())
    assert plain(observe_products(Focus(causal, 1, None, 0, 0))) == (
        "“The” may attend only to itself: on average over the heads, the dot product of its query and its key is "
        f"{product}."
    )


def test_a_small_share_does_not_read_as_zero(minilm):
    assert [share_text(each) for each in (0.5, 0.01, 1 / 507, 0.00987, 0.0)] == [
        "0.50", "0.01", "0.002", "0.0099", "0.00",
    ]  # fmt: skip
    attention = attention_views(minilm.trace("the cat sat on a " * 60))[None]
    assert "each token would get 0.0033;" in observe_weights(Focus(attention, 3, 1, 5, 1))  # 1 ÷ 302


def test_the_mask_of_a_single_token(tmp_path):
    trace = ac.load(CASES["gpt2"].write(tmp_path)).trace("a")
    assert len(trace.tokens) == 1
    text = plain(observe_mask(Focus(attention_views(trace)[None], 1, 1, 0, 0)))
    assert text == "“a” may attend to the only token: nothing is masked for it."


def test_numbers_have_a_true_minus_sign_and_no_negative_zero():
    assert [two_decimals(each) for each in (-0.084, -0.001, np.float32(0.5))] == ["−0.08", "0.00", "0.50"]


@pytest.mark.parametrize("head", [0, 5, None])
def test_shared_values_are_counted_for_each_head(head):
    trace = small(ROTATED).trace(ids=IDS)
    heads = range(6) if head is None else [head]
    lengths = sum((trace.pattern(1)[each, 4] ** 2 * (trace.v(1)[each // 3] ** 2).sum(1)) ** 0.5 for each in heads)
    best = int(lengths.argmax())
    observation = observe_weighted_sum(Focus(attention_views(trace)[None], 1, head, 4, 2))
    assert trace.tokens[best] in observation
    assert f"{lengths[best] / lengths.sum():.0%}" in observation
