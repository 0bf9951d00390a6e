"""What becomes of a token in a layer, read as a person reads it: each kind of layer's rows, and its sentences."""

import pytest

import attention_core as ac
from attention_core.attention_view import attention_views
from attention_core.explain import open_term
from tests.every_family import CASES
from tests.small_tokenizers import TEXT
from ui.arithmetic.attention_weight import stream_step
from ui.arithmetic.stream import joined, rows

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


def test_what_is_added_is_what_stands_before_it(sides):
    for attention in sides:
        for layer in range(attention.config.n_layers):
            stream, pending = None, []
            for said, made in rows(attention, layer, POSITION, M):
                words, shown, at = said.text, made.text, made.at
                operation = type(attention.trace.stage(at.quantity, layer).operation).__name__
                assert open_term(attention.trace, at).value == pytest.approx(number(shown), abs=6e-5)
                assert ("normed" in words) == (operation in NORMED) or at.quantity == "embedding", words
                if words.endswith(" finds it"):
                    stream = number(shown)
                elif "joined" in words or "made of" in words:
                    pending.append(number(shown))
                elif words == "that normed":
                    pending[-1] = number(shown)
                elif "added to the stream" in words:
                    assert number(shown) == pytest.approx(stream + sum(pending), abs=3e-4), (layer, words)
                    assert words.startswith("both") == (len(pending) == 2)
                    stream, pending = number(shown), []
                elif words.startswith("the sum normed"):
                    stream = number(shown)
            assert not pending


def test_the_line_and_its_sentence_hold_the_same_numbers_as_the_rows(sides):
    for attention in sides:
        step = stream_step(attention, 1, POSITION, M)
        (table,) = step.folds[0].tables
        shown = {made.at: made.text for _, made in table.rows}
        line = [piece for piece in step.lines[0].pieces if piece.at]
        assert all(number(shown[piece.at]) == pytest.approx(number(piece.text), abs=6e-5) for piece in line)
        said, config = joined(attention, M), attention.config
        assert (", normed, and added" in said) == (config.norm_position in ("branch", "both"))
        assert ("then normed" in said) == (config.norm_position == "post" and config.parallel_block == "no")
        assert ("together with what the MLP" in said) == (config.parallel_block != "no") == (len(line) == 4)
        assert ("W_cross_O" in said) == attention.crosses
