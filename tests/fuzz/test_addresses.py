"""Addresses with any content: each page is drawn, with a message at most."""

import base64
import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from attention_core.lessons.lesson_file import to_address, to_json
from attention_core.lessons.presets import PRESETS, preset
from tests.fuzz.bounded import NUMBERS, TEXTS, bounded, examples
from tests.paths import APP
from ui.shared.fields import SELECTION_FIELDS
from ui.shared.selection import clean

CONTENT = json.loads(to_json(preset("textbook")))
CONTENT["words"][0] = "\ud800"
WITH_SURROGATES = base64.urlsafe_b64encode(zlib.compress(json.dumps(CONTENT).encode())).rstrip(b"=").decode()
"""A lesson with a lone surrogate, which JSON can have."""

WORDS = st.sampled_from([
    "mean", "all", "one", "1", "0", "True", "random", "sentence", "textbook", "upload", "gpt2", "../x", "a/b", "mask",
    "q.3.1.10.7", "weight.3.1.10.2~q.3.1.10.7~W_Q.3.1.5.7", "weight.0.5.7", "z.1.1.1~", "dim:8,model:16", "0,1,2",
    "4:5.6", WITH_SURROGATES, *(to_address(preset(name)) for name in PRESETS),
])  # fmt: skip
VALUES = TEXTS | WORDS | NUMBERS.map(str) | st.builds(str.__add__, WORDS, TEXTS)
ADDRESSES = st.dictionaries(st.sampled_from(list(SELECTION_FIELDS)) | TEXTS, VALUES, max_size=5)
PAGES = ["app.py", "pages/step_by_step.py", "pages/worked_example.py"]


@examples(100, 3000)
@given(raw=ADDRESSES | st.dictionaries(st.sampled_from(list(SELECTION_FIELDS)), NUMBERS | VALUES, max_size=4))
def test_a_selection(raw):
    with bounded(seconds=1):
        selection, refused = clean(raw)
        assert selection.keys() == SELECTION_FIELDS.keys()
        assert refused.keys() <= raw.keys()
        assert clean({key: str(value) for key, value in selection.items() if value is not None}) == (selection, {})


def draw_page(page, address):
    """A page at an address; of which a browser and a server make text without lone surrogates."""
    app = AppTest.from_file(APP, default_timeout=60)
    if page != PAGES[0]:
        app.switch_page(page)
    for key, value in address.items():
        app.query_params[key.encode(errors="replace").decode()] = value.encode(errors="replace").decode()
    app.run()
    assert not app.exception


@pytest.mark.parametrize("page", PAGES)
def test_a_page_with_a_lesson_that_has_a_lone_surrogate(page):
    draw_page(page, {"lesson": WITH_SURROGATES})


@pytest.mark.parametrize("page", PAGES)
@examples(5, 150)
@given(address=ADDRESSES)
def test_a_page(page, address):
    with bounded(seconds=20, megabytes=500):
        draw_page(page, address)
