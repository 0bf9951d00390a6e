"""The steps of one weight, for every operation on the scores."""

import pytest

import attention_core as ac
from attention_core.attention_view import attention_views
from attention_core.computation.derivation import Term, combine
from tests.attention_core.families.small import small
from tests.attention_core.families.test_decoders import BLOOM, GPT_NEO, IDS
from tests.evaluate import evaluate
from tests.every_family import CASES
from tests.random_model import GPT_OSS, write_model
from tests.small_tokenizers import TEXT
from ui.arithmetic.attention_weight import weight_arithmetic
from ui.arithmetic.equations import MOST_ROWS, products_table
from ui.shared.trail import EMPTY
from ui.step_by_step.focus import Focus
from ui.step_by_step.observations import observe_weights
from ui.words.traits import softmax_text


def score_words(raw, query, key):
    """The sentences of the steps between q·k and the softmax."""
    attention = attention_views(small(raw).trace(ids=IDS))[None]
    sentences = [step.words[0] for step in weight_arithmetic(attention, 1, "4", query, key, None, EMPTY, []).steps]
    return sentences[1 : next(i for i, words in enumerate(sentences) if words.startswith("Softmax"))]


def test_a_position_bias_has_its_own_step():
    assert score_words(BLOOM, 5, 3) == [
        "The score: q·k divided by √7, so it does not grow with the head dimension.",
        "ALiBi: a bias that favors nearer keys.",
        "Scores with position bias; 1 later token is masked and gets no weight.",
    ]


def test_unscaled_scores_are_stated_and_a_window_masks_far_tokens():
    assert score_words(GPT_NEO, 5, 4) == [
        "This model does not scale the dot products: q·k is the score; 4 tokens are masked and get no weight."
    ]


def test_the_weight_of_all_heads_is_their_mean():
    attention = attention_views(small(BLOOM).trace(ids=IDS))[None]
    for shown in (None, [0, 3]):
        mean = weight_arithmetic(attention, 1, "mean", 5, 3, shown, EMPTY, [])
        assert mean.weight == pytest.approx(float(attention.pattern(1)[:, 5, 3].mean()))


def test_a_sum_of_many_products_lists_the_largest_and_one_row_for_the_rest():
    terms = [combine("product", (Term(float(i)), Term(-1.0))) for i in range(MOST_ROWS + 3)]
    rows = products_table(combine("sum", terms), ["", "a", "b", "product"]).rows
    assert [row[0].text for row in rows] == [*(str(i) for i in range(MOST_ROWS + 2, 2, -1)), "3 more"]
    assert rows[-1][-1].text == "−3.0000"


def test_a_sink_is_listed_in_the_softmax_and_in_its_sentences(tmp_path):
    attention = attention_views(ac.load(write_model(tmp_path, GPT_OSS, std=0.15)).trace(ids=IDS))[None]
    softmax = next(
        step for step in weight_arithmetic(attention, 1, "4", 5, 4, None, EMPTY, []).steps
        if step.words[0].startswith("Softmax over 6 tokens and the head’s sink")
    )  # fmt: skip
    names, weights = zip(*((row[0].text, float(row[3].text)) for row in softmax.folds[0].tables[0].rows), strict=True)
    assert names[-1] == "the sink"
    assert softmax.folds[0].tables[0].chosen == 4  # its key, whose number is that of the head
    assert sum(weights) == pytest.approx(1, abs=1e-3)
    row = attention.pattern(1)[4, 5]
    assert weights[-1] == pytest.approx(1 - row.sum(), abs=1e-4)
    focus = Focus(attention, 1, 4, 5, 4)
    assert f"The sink takes {1 - row.sum():.2f}." in observe_weights(focus)
    assert "sum to less than 1" in softmax_text(attention)


def test_what_is_sorted_or_chosen_by_magnitude_says_so(minilm):
    attention = attention_views(minilm.trace("The animal didn't cross the street because it was too tired."))[None]
    steps = weight_arithmetic(attention, 3, "1", 10, 4, None, EMPTY, []).steps
    fold = steps[0].folds[0]
    assert fold.label == "all 32 products, largest in magnitude first"
    products = [float(row[3].text.replace("−", "-")) for row in fold.tables[0].rows]
    assert products != sorted(products, reverse=True)
    assert [*map(abs, products)] == sorted(map(abs, products), reverse=True)
    z = attention.array("z", 3)[1, 10]
    dim = abs(z).argmax()
    assert z[dim] < z.max()
    summed = next(step for step in steps if step.words[0].startswith("The weighted sum"))
    assert f"Shown: dimension {dim}, the largest in magnitude." in summed.words[0]


def test_an_average_is_divided_by_a_whole_number_of_heads(minilm):
    attention = attention_views(minilm.trace("a cat"))[None]
    (step,) = weight_arithmetic(attention, 3, "mean", 1, 2, None, EMPTY, []).steps
    text = "".join(piece.text for piece in step.lines[0].pieces)
    assert ") ÷ 12 = " in text
    assert text.endswith(f"{attention.pattern(3)[:, 1, 2].mean():.4f}")


@pytest.mark.parametrize("family", ["mixtral", "qwen3", "bert"])
def test_visible_rounding_is_always_stated(tmp_path, family):
    attention = attention_views(ac.load(CASES[family].write(tmp_path)).trace(TEXT))[None]
    steps = [
        step
        for layer, head in ((0, "0"), (1, "1"), (1, "mean"))
        for query in (2, 5)
        for step in weight_arithmetic(attention, layer, head, query, 1, [1, 2, 3], EMPTY, []).steps
    ]
    shown = 0
    for part in (*steps, *(fold for step in steps for fold in step.folds)):
        lines = ["".join(piece.text for piece in line.pieces) for line in part.lines]
        worked = [evaluate(line)[:3] for line in lines if " = " in line]
        off = sum(f"{left:.{decimals}f}" != f"{right:.{decimals}f}" for left, right, decimals in worked)
        assert " ".join(part.words).count("Rounding: ") == off, lines
        shown += off
    assert shown
