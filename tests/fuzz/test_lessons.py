"""Lessons with any content, as a file and in an address: solved and exported, or refused."""

import base64
import json
import zlib

from hypothesis import given
from hypothesis import strategies as st

from attention_core.lessons.lesson_file import from_address, from_json, to_address, to_json
from attention_core.lessons.presets import PRESETS, preset
from attention_core.lessons.sheets import sheets
from attention_core.lessons.solve import solve
from tests.fuzz.bounded import TEXTS, bounded, examples, mutated

LESSONS = [json.loads(to_json(preset(name))) for name in PRESETS]


def use(lesson):
    """Solve a lesson, and write it again."""
    assert from_json(to_json(lesson).encode()) == lesson == from_address(to_address(lesson))
    for sheet in sheets(solve(lesson)):
        assert "".join([*sheet.rows, *sheet.columns, *(text for row in sheet.texts for text in row)]).encode()


@examples(80, 1500)
@given(data=st.data(), content=st.sampled_from(LESSONS))
def test_a_file(data, content):
    changed = json.dumps(mutated(data.draw, json.loads(json.dumps(content))))
    with bounded():
        use(from_json(changed))
    with bounded():
        use(from_address(base64.urlsafe_b64encode(zlib.compress(changed.encode())).rstrip(b"=").decode()))


@examples(30, 500)
@given(words=st.lists(TEXTS, min_size=8, max_size=8), name=TEXTS)
def test_words_and_names_of_any_characters(words, name):
    content = json.loads(to_json(preset("textbook"))) | {"words": words}
    with bounded():
        use(from_json(json.dumps(content)))
    with bounded():
        from_json(json.dumps(content | {name: words}))


@examples(40, 500)
@given(data=st.data(), content=st.sampled_from(LESSONS))
def test_the_bytes_of_a_file_and_of_an_address(data, content):
    raw = bytearray(json.dumps(content).encode())
    for at in data.draw(st.lists(st.integers(0, len(raw) - 1), max_size=4)):
        raw[at] = data.draw(st.integers(0, 255))
    with bounded():
        use(from_json(bytes(raw)))
    address = to_address(preset("paper"))
    at = data.draw(st.integers(0, len(address) - 1))
    with bounded():
        use(from_address(address[:at] + data.draw(TEXTS) + address[at + data.draw(st.integers(0, 3)) :]))
