"""Which runs wait for their turn, and what a page says meanwhile."""

import time
from concurrent.futures import ThreadPoolExecutor

from streamlit.proto.Markdown_pb2 import Markdown

from tests.visitor import Visitor, address
from ui.shared.runs import is_long, waiting_text


def test_a_run_is_long_by_its_tokens_and_its_model(minilm):
    assert not is_long(minilm, "word " * 126, "")
    assert is_long(minilm, "word " * 140, "")


def test_what_a_page_says_while_it_waits():
    assert [waiting_text(n) for n in (0, 1, 2)] == [
        "Running the model …", "Waiting for 1 other run …", "Waiting for 2 other runs …",
    ]  # fmt: skip


def captions(visitor):
    return [each.body for each in visitor.drawn if isinstance(each, Markdown)]


def long_text(i):
    """A text of some 450 tokens, another one for each i."""
    return "cat " * (450 + i)


def test_visitors_with_long_texts_wait_for_each_other_and_the_page_says_so(live):
    def visit(i):
        with Visitor(live, query=address(long_text(i))) as visitor:
            assert visitor.elements
            return [text for text in captions(visitor) if text.startswith(("Waiting", "Running"))]

    with ThreadPoolExecutor(8) as pool:
        said = [text for texts in pool.map(visit, range(8)) for text in texts]
    assert any(text.startswith("Waiting for ") for text in said), said


def test_a_visitor_with_many_long_texts_does_not_hold_up_another(live):
    """Texts that are typed over are not run; the last one is."""
    with Visitor(live) as eager, Visitor(live) as other:
        for i in range(12):
            eager.send(eager.typed(long_text(20 + i)))
        start = time.monotonic()
        other.act(other.typed("A short sentence."))
        took = time.monotonic() - start
        while address(long_text(31)) != eager.query.replace("+", "%20"):
            eager.receive()
    assert took < 5, f"{took:.1f} s"
