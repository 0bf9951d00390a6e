"""Models and traces in a session and in a notebook: one line, and tokens as escaped text."""

from html.parser import HTMLParser

import numpy as np
import pytest

import attention_core as ac
from attention_core.display import MAX_NAME, MAX_TOKENS, count_phrase, trace_html
from attention_core.text.tokenizer import Token
from tests.images import write_vit
from tests.random_model import GPT_OSS, T5, write_model, write_pair

from .plot.conftest import HOSTILE


class Reader(HTMLParser):
    """The text of a page, and the tags in it."""

    def __init__(self, text):
        super().__init__()
        self.text, self.tags = "", set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)

    def handle_data(self, data):
        self.text += data


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    return ac.load(write_pair(tmp_path_factory.mktemp("pair") / "t5", T5))


def test_a_count_of_one_is_singular():
    assert [count_phrase(n, "layer") for n in (0, 1, 2)] == ["0 layers", "1 layer", "2 layers"]


def test_a_model_and_its_trace_are_one_line(minilm):
    assert repr(minilm) == "<Model minilm: 6 layers of 12 heads, d_model 384, d_vocab 30522, reads 512 tokens>"
    assert repr(minilm.trace("It was.")) == "<Trace of minilm: 5 tokens, 6 layers of 12 heads>"


def test_an_image_model_says_what_it_reads(tmp_path):
    model = ac.load(write_vit(tmp_path))
    assert repr(model).startswith("<ImageModel ")
    assert repr(model).endswith(": 2 layers of 5 heads, d_model 35, d_vocab 3, reads images of 40 × 56>")
    assert repr(model.trace(np.zeros((40, 56, 3), np.uint8))).endswith(": 29 tokens, 2 layers of 5 heads>")


def test_an_encoder_decoder_names_both_sides(pair):
    sides = "encoder 3 layers of 5 heads, decoder 2 layers of 5 heads"
    assert repr(pair).endswith(f"t5: {sides}, d_model 37, d_vocab 101, reads 16384 tokens>")
    trace = pair.trace("w1 w2", target="w3")
    sides = "encoder 3 tokens, 3 layers of 5 heads; decoder 2 tokens, 2 layers of 5 heads"
    assert repr(trace).endswith(f"t5: {sides}>")
    assert len(repr(trace)) < 100 + MAX_NAME
    text = Reader(trace._repr_html_()).text
    assert text.index("trace.encoder") < text.index("w2") < text.index("trace.decoder") < text.index("w3")
    assert text.count("trace.cross_pattern(layer)") == 1


def test_a_notebook_lists_exactly_the_available_calls(minilm, tmp_path):
    text = Reader(minilm.trace("It was.")._repr_html_()).text
    assert "trace.pattern(layer)Attention weights: [head, query, key]" in text
    assert not [each for each in ("cross_", "logits", "expert", "mask(") if each in text]
    text = Reader(ac.load(write_model(tmp_path, GPT_OSS)).trace(ids=[5, 7])._repr_html_()).text
    for name in ("experts(layer)", "router_probs(layer)", "mask(layer)", "logits()"):
        assert f"trace.{name}" in text


@pytest.mark.parametrize("name", ["q(layer)", "contextual", "pattern(layer)", "mlp_out(layer)"])
def test_every_listed_call_works(minilm, name):
    trace = minilm.trace("It was.")
    asked = getattr(trace, name.partition("(")[0])
    assert f"trace.{name}" in trace._repr_html_()
    assert isinstance(asked if name == "contextual" else asked(0), np.ndarray)


def test_tokens_are_escaped():
    pieces = [Token(i, token, 0, 0, False, False) for i, token in enumerate(HOSTILE)]
    read = Reader(trace_html("<title>", pieces, HOSTILE, [("<call>", "<gives>")]))
    assert read.tags == {"div", "p", "span", "bdi", "details", "summary", "table", "tr", "td", "code"}
    for text in ("<title>", "<b>x</b>", "<script>alert(1)</script>", "&amp;", "U+202Eright", "<call>", "<gives>"):
        assert text in read.text


def test_a_long_text_is_cut(bert):
    count = MAX_TOKENS + 7
    pieces = [Token(i, f"w{i}", 0, 0, False, False) for i in range(count)]
    text = Reader(trace_html("", pieces, [piece.piece for piece in pieces], [])).text
    assert f"w{MAX_TOKENS - 1} … 7 more" in text
    assert f"w{MAX_TOKENS}" not in text
