"""A text that is written on beside the pages: how far it is, stopping, what became of it."""

import threading

import numpy as np
import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

import attention_core as ac
from attention_core.sampling import greedy
from attention_core.text.tokenizer import Token
from tests.random_model import GPT2, write_model
from ui.inspect.next_token import generation_summary
from ui.shared.continuation import (
    Continuation,
    Generation,
    can_have_generated,
    prompt_tokens,
    split_continuation,
    tokens_with_continuation,
)
from ui.shared.shown import strip_tokens

END = 17


@pytest.fixture(scope="module")
def gpt2(tmp_path_factory):
    return ac.load(write_model(tmp_path_factory.mktemp("gpt2"), GPT2 | {"eos_token_id": END}))


@pytest.fixture(scope="module")
def bytewise(tmp_path_factory):
    """Words are bytes, so that most of what it writes is no text."""
    alphabet = {letter: i for i, letter in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    backend = Tokenizer(models.BPE(alphabet, []))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    return ac.load(
        write_model(tmp_path_factory.mktemp("bytes"), GPT2 | {"vocab_size": 256}, tokenizer=backend.to_str())
    )


def writing_of(model, text, total=5):
    return Generation(model, text, own_ids(model, text), total, "by the test")


def own_ids(model, text):
    return [token.id for token in prompt_tokens(model.tokenizer.encode(text))]


def chooser(*ids):
    """A choice of these tokens, one after the other."""
    left = iter(ids)
    return lambda logits: next(left)


def finished(writing, choose):
    writing.start(choose)
    writing._thread.join(10)
    assert not writing.running
    return writing


def test_the_whole_text_begins_as_it_was_typed(gpt2):
    writing = finished(writing_of(gpt2, "w5  w7 "), greedy)
    assert len(writing.new_ids) == 5
    assert writing.full_text.startswith("w5  w7 ")
    assert writing.full_text.split()[2:] == [gpt2.tokenizer.piece(id) for id in writing.new_ids]
    assert writing.tokenizes_the_same
    assert generation_summary(writing) == ["5 tokens written, by the test."]


def test_it_stops_after_the_token_that_is_on_its_way(gpt2):
    asked, go_on = threading.Semaphore(0), threading.Semaphore(0)

    def choose(logits):
        asked.release()
        assert go_on.acquire(timeout=10)
        return 9

    writing = writing_of(gpt2, "w5", total=20)
    writing.start(choose)
    go_on.release(2)
    for _ in range(3):
        asked.acquire(timeout=10)
    assert (writing.running, writing.new_ids) == (True, [9, 9])
    writing.stop()
    assert (writing.running, writing.stopping) == (True, True)
    go_on.release()
    writing._thread.join(10)
    assert writing.new_ids == [9, 9, 9]


def test_the_token_that_ends_a_text_is_not_in_it(gpt2):
    writing = finished(writing_of(gpt2, "w5"), chooser(9, END, 9))
    assert (writing.new_ids, writing.kept_ids, writing.full_text) == ([9, END], [9], "w5 w5")
    assert generation_summary(writing)[1:] == ["Here the model ended the text."]
    assert generation_summary(finished(writing_of(gpt2, "w5"), chooser(END)))[0] == "Nothing was written."


def test_it_says_where_the_model_can_read_no_more(gpt2):
    writing = finished(writing_of(gpt2, "w5 " * 40, total=20), chooser(9, 9, 9))
    assert generation_summary(writing) == ["3 tokens written, by the test.", "The model reads no more than 43 tokens."]


def test_a_text_that_is_read_otherwise_than_it_was_written_says_so(bytewise):
    """A byte that begins a character of two, without the second, is no text."""
    first, second = (bytewise.tokenizer.encode("é")[i].id for i in (0, 1))
    whole = finished(writing_of(bytewise, "caf", total=2), chooser(first, second))
    assert (whole.full_text, whole.tokenizes_the_same) == ("café", True)
    half = finished(writing_of(bytewise, "caf", total=1), chooser(first))
    assert (half.full_text, half.tokenizes_the_same) == ("caf\ufffd", False)
    assert "would split into others" in generation_summary(half)[-1]


def test_written_tokens_are_shown_as_they_are_however_they_would_be_read_again(bytewise):
    """Half characters, whole ones, and the first half of one that a later writing ends."""
    first, second = own_ids(bytewise, "é")
    (x,) = own_ids(bytewise, "x")
    half = finished(writing_of(bytewise, "caf", total=4), chooser(second, x, x, first))
    model, own = bytewise, own_ids(bytewise, "caf")
    assert half.full_text == "caf\ufffdxx\ufffd"
    again = finished(Generation(model, "caf", own, 2, "by the test", half.kept_ids), chooser(second, first))
    assert (again.initial_text, again.full_text) == (half.full_text, "caf\ufffdxxé\ufffd")
    written = Continuation.parse(again.address_value)
    assert written == Continuation(3, (second, x, x, first, second, first))
    assert can_have_generated(model, again.full_text, written)
    trace = model.run(again.full_text, tokens_with_continuation(model, again.full_text, written))
    assert trace.ids == [*own, *written.ids]
    assert split_continuation(trace, again.address_value) == ("caf", own, list(written.ids))
    assert trace.tokens[3:] == ["<A9>", "x", "x", "é(1/2)", "é(2/2)", "<C3>"]
    strip = strip_tokens(trace, list(range(len(trace.pieces))))
    assert [token.text for token in strip[3:]] == trace.tokens[3:]
    assert [trace.text[piece.start : piece.end] for piece in trace.pieces[3:8]] == ["\ufffd", "x", "x", "é", "é"]
    np.testing.assert_array_equal(trace.pattern(0), model.trace(ids=trace.ids).pattern(0))


@pytest.mark.parametrize("held", ["3:1.999", "3:1.-1", "9:1", "3:" + ".".join(["1"] * 41)])
def test_what_cannot_have_been_written_is_not_taken_for_it(bytewise, held):
    try:
        written = Continuation.parse(held)
    except ValueError:
        return
    assert not can_have_generated(bytewise, "caf!", written)


@pytest.mark.parametrize("held", ["", ":", "3", "3:", "3:a", "-1:3", "1:2:3", "3:1..2"])
def test_junk_is_no_written_text(held):
    with pytest.raises(ValueError, match=r".*"):
        Continuation.parse(held)


def test_a_model_that_does_not_write_has_written_nothing():
    assert not can_have_generated(ac.load("minilm"), "it was", Continuation(3, (2001,)))


def test_what_breaks_is_told(gpt2, caplog):
    writing = finished(writing_of(gpt2, "w5"), chooser(9))
    assert (writing.kept_ids, generation_summary(writing)[1]) == ([9], "Writing broke off; the server's log says why.")
    assert "Writing on" in caplog.text


def test_special_tokens_after_a_texts_end_are_not_read():
    def token(id, special):
        return Token(id, "t", 0, 0 if special else 1, special, False)

    def ids(*tokens):
        return [token.id for token in prompt_tokens(tokens)]

    assert ids(token(1, True), token(2, False), token(3, True)) == [1, 2]
    assert ids(token(1, True), token(3, True)) == [1, 3]
