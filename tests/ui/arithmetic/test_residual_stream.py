"""A token's way through each kind of layer: the rows and the sentences add up."""

import pytest

import attention_core as ac
from attention_core.attention_view import attention_views
from attention_core.explain import open_term
from tests.every_family import CASES
from tests.small_tokenizers import TEXT
from ui.arithmetic.attention_weight import residual_step
from ui.arithmetic.residual_stream import describe_output, residual_rows

POSITION, M = 1, 2
NORMED = ("LayerNorm", "RMSNorm")


# Norms before, after, within and around; MLPs beside attention; two attention_views; experts; a layer without a norm.
FAMILIES = ("gpt2", "bert", "olmo2", "gemma2", "falcon", "gptj", "bart", "t5", "mixtral", "modernbert", "opt")


@pytest.fixture(scope="module", params=FAMILIES)
def sides(request, tmp_path_factory):
    """Every attention of a family's run."""
    model = ac.load(CASES[request.param].write(tmp_path_factory.mktemp("family")))
    run = model.trace(TEXT) if isinstance(model, ac.Model) else model.trace(TEXT, target="the cat")
    return attention_views(run).values()


def number(text):
    return float(text.replace("−", "-"))


def test_each_sum_is_the_sum_of_the_rows_before_it(sides):
    for attention in sides:
        for layer in range(attention.config.n_layers):
            stream, pending = None, []
            for label, value in residual_rows(attention, layer, POSITION, M):
                words, shown, at = label.text, value.text, value.at
                operation = type(attention.trace.stage(at.quantity, layer).operation).__name__
                assert open_term(attention.trace, at).value == pytest.approx(number(shown), abs=6e-5)
                assert ("normalized" in words) == (operation in NORMED) or at.quantity == "embedding", words
                if words.startswith("input to layer "):
                    stream = number(shown)
                elif "concatenated" in words or words.startswith("output of "):
                    pending.append(number(shown))
                elif words == "the same, normalized":
                    pending[-1] = number(shown)
                elif "added to the residual stream" in words:
                    assert number(shown) == pytest.approx(stream + sum(pending), abs=3e-4), (layer, words)
                    assert words.startswith("both") == (len(pending) == 2)
                    stream, pending = number(shown), []
                elif words.startswith("the sum normalized"):
                    stream = number(shown)
            assert not pending


def test_the_equation_and_the_sentence_agree_with_the_rows(sides):
    for attention in sides:
        step = residual_step(attention, 1, POSITION, M)
        (table,) = step.folds[0].tables
        shown = {value.at: value.text for _, value in table.rows}
        line = [piece for piece in step.lines[0].pieces if piece.at]
        assert all(number(shown[piece.at]) == pytest.approx(number(piece.text), abs=6e-5) for piece in line)
        sentence, config = describe_output(attention, M), attention.config
        assert (", normalized, and added" in sentence) == (config.norm_position in ("branch", "both"))
        assert ("then normalized" in sentence) == (config.norm_position == "post" and config.parallel_block == "no")
        with_mlp = "together with the output of the MLP" in sentence
        assert with_mlp == (config.parallel_block != "no") == (len(line) == 4)
        assert ("W_cross_O" in sentence) == attention.is_cross
