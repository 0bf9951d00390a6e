"""The steps of one weight, whatever the model does with its scores; in words, which number an address is."""

import re
from dataclasses import replace
from functools import cache

import pytest

import attention_core as ac
from attention_core.attention_view import attentions
from attention_core.computation.derivation import Address
from tests.attention_core.families.small import small
from tests.attention_core.families.test_decoders import BLOOM, GPT_NEO, IDS, ROTATED
from tests.evaluate import evaluate
from tests.every_family import CASES
from tests.random_model import GPT_OSS, write_model
from tests.small_tokenizers import TEXT
from ui.arithmetic.attention_weight import view
from ui.shared.trail import EMPTY
from ui.step_by_step.looks import Look, look_at_mix, look_at_weights
from ui.words.traits import scored, weighed
from ui.words.where import where


def test_a_number_of_the_encoder_is_said_with_the_encoders_token(bert):
    decoder = replace(bert.trace(ids=[9]), encoder=bert.trace(ids=[5, 11]))
    assert where(decoder, Address("encoder_k", (2, 1, 1, 4))) == (
        "In the encoder. Layer 2, head 1: dimension 4 of the key of “w7”."
    )
    assert where(decoder, Address("encoder_W_Q", (2, 1, 3, 4))) == "In the encoder."
    assert where(decoder, Address("resid_pre", (0, 0, 4))) == "Layer 0: dimension 4 of “w5”."
    assert where(decoder, Address("weight", (0, 1, 0, 0))) == "Layer 0, head 1: from “w5” to itself."
    assert where(decoder, Address("no_such", (0, 1))) == ""
    assert where(decoder, Address("k", (0, 1, 0, 4))) == "Layer 0, head 1: dimension 4 of the key of “w5”."


@pytest.fixture(scope="module")
def traced(tmp_path_factory):
    """A run of a family's model, its encoder's where it has two sides."""

    @cache
    def run(family, part="encoder"):
        model = ac.load(CASES[family].write(tmp_path_factory.mktemp("family")))
        if isinstance(model, ac.Model):
            return model.trace(TEXT)
        return getattr(model.trace(TEXT, target="the cat saw the cat"), part)

    return run


@pytest.mark.parametrize(
    ("family", "number", "said"),
    [
        ("bloom", "position_bias.1.3", "Head 1: for the key “␣”."),
        ("falcon-alibi", "coarse_ramp.1.10", "Head 1: for the key “cat”."),
        ("gpt_neox", "angle.10.1", "Pair 1 of “cat”."),
        ("gpt_neox", "cos.3.0", "Pair 0 of “␣”."),
        ("gpt_neox", "mlp_in.1.10.2", "Layer 1: hidden number 2 of “cat”."),
        ("gpt_neox", "embedding.10.4", "Dimension 4 of “cat”."),
        ("gpt_neox", "weight.1.0.10.1", "Layer 1, head 0: from the second “cat” to the first “cat”."),
        ("gpt_neox", "logits.10.71", "The logit of “g” at “cat”."),
        ("falcon-alibi", "k.1.2.10.4", "Layer 1, key-value head 2: dimension 4 of the key of “cat”."),
        ("mpnet", "position_bias.0.2.1", "Head 0: from “cat” to “the”, 1 place before."),
        ("mixtral", "expert_weight.1.2.0", None),
    ],
)
def test_which_number_it_is(traced, family, number, said):
    trace = traced(family)
    told = where(trace, Address.parse(number))
    assert told == said if said else "“cat”" in told


def test_a_term_for_the_distance_says_which_distances_have_it(traced):
    for part in ("encoder", "decoder"):
        trace = traced("t5", part)
        n, buckets = len(trace.tokens), trace.follows("bucket")[1]
        for key in range(n):
            told = where(trace, Address("position_bias", (0, 2, key)))
            share = [j - 2 for j in range(n) if buckets[2, j] == buckets[2, key]]
            near, far = min(map(abs, share)), max(map(abs, share))
            words = told.removesuffix(".").rpartition(", ")[2]
            if key <= 2 or part == "encoder":
                assert ("before" in words, "after" in words and "or after" not in words) == (key < 2, key > 2)
                numbers = [int(each) for each in re.findall(r"\d+", words)] or [0]
                assert numbers[0] <= near
                assert "or more" in words or numbers[-1] >= far or "or after" in words
        assert where(trace, Address("W_rel", (1, 0))).startswith("Head 0: for a key that stands 1 place before")


def score_words(raw, query, key):
    """What is said between q·k and the softmax."""
    drawn = view(attentions(small(raw).trace(ids=IDS))[None], 1, "4", query, key, None, EMPTY, []).steps
    said = [step.words[0] for step in drawn]
    return said[1 : next(at for at, words in enumerate(said) if words.startswith("Softmax"))]


def test_each_divisor_has_its_reason(traced):
    attention = attentions(traced("gpt2"))[None]
    assert scored(attention.scoring(2)[0], attention.config) == (
        "divided by √7, so that it does not grow with the width, and by 3, which is this layer’s own"
    )
    assert scored(attention.scoring(0)[0], attention.config) == "divided by √7, so that it does not grow with the width"


def test_a_term_in_the_score_has_its_step():
    assert score_words(BLOOM, 5, 3) == [
        "The score: q·k divided by √7, so that it does not grow with the width.",
        "ALiBi: a nearer key's score is higher, by slope.",
        "Scores with the position's term; 1 later token is masked and gets no weight.",
    ]


def test_unscaled_scores_are_said_to_be_so_and_a_window_masks_what_is_far():
    assert score_words(GPT_NEO, 5, 4) == [
        "This model divides by nothing: q·k is the score; 4 tokens are masked and get no weight."
    ]


def test_a_sink_stands_in_the_softmax_and_in_its_words(tmp_path):
    attention = attentions(ac.load(write_model(tmp_path, GPT_OSS, spread=0.15)).trace(ids=IDS))[None]
    softmax = next(
        step for step in view(attention, 1, "4", 5, 4, None, EMPTY, []).steps
        if step.words[0].startswith("Softmax over 6 tokens and the head’s sink")
    )  # fmt: skip
    names, weights = zip(*((row[0].text, float(row[3].text)) for row in softmax.folds[0].tables[0].rows), strict=True)
    assert names[-1] == "the sink"
    assert sum(weights) == pytest.approx(1, abs=1e-3)
    row = attention.pattern(1)[4, 5]
    assert weights[-1] == pytest.approx(1 - row.sum(), abs=1e-4)
    look = Look(attention, 1, 4, 5, 4)
    assert f"The sink takes {1 - row.sum():.2f}." in look_at_weights(look)
    assert "sum to less than 1" in weighed(attention)


@pytest.mark.parametrize("head", [0, 5, None])
def test_values_that_heads_share_are_mixed_by_each_of_them(head):
    trace = small(ROTATED).trace(ids=IDS)
    heads = range(6) if head is None else [head]
    lengths = sum((trace.pattern(1)[each, 4] ** 2 * (trace.v(1)[each // 3] ** 2).sum(1)) ** 0.5 for each in heads)
    best = int(lengths.argmax())
    told = look_at_mix(Look(attentions(trace)[None], 1, head, 4, 2))
    assert trace.tokens[best] in told
    assert f"{lengths[best] / lengths.sum():.0%}" in told


@pytest.mark.parametrize("family", ["mixtral", "qwen3", "bert"])
def test_wherever_rounding_shows_it_is_said(tmp_path, family):
    attention = attentions(ac.load(CASES[family].write(tmp_path)).trace(TEXT))[None]
    steps = [
        step
        for layer, head in ((0, "0"), (1, "1"), (1, "mean"))
        for query in (2, 5)
        for step in view(attention, layer, head, query, 1, [1, 2, 3], EMPTY, []).steps
    ]
    shown = 0
    for part in (*steps, *(fold for step in steps for fold in step.folds)):
        lines = ["".join(piece.text for piece in line.pieces) for line in part.lines]
        worked = [evaluate(line)[:3] for line in lines if " = " in line]
        off = sum(f"{left:.{decimals}f}" != f"{right:.{decimals}f}" for left, right, decimals in worked)
        assert " ".join(part.words).count("Rounding shows") == off, lines
        shown += off
    assert shown
