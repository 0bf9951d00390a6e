"""The Inspect page without a browser: its arithmetic, and its messages for unusual addresses."""


import pytest
from streamlit.testing.v1 import AppTest

from tests.mounted import mounted
from tests.paths import APP


def run(**address):
    page = AppTest.from_file(APP, default_timeout=30)
    for key, value in address.items():
        page.query_params[key] = value
    page.run()
    assert not page.exception
    return page


def arithmetic(page):
    return next(data for data in mounted(page) if "steps" in data)


def text(runs):
    return "".join(run[0] for run in runs)


def test_the_default_case():
    data = arithmetic(run())
    assert float(data["weight"]) == pytest.approx(0.676848, abs=1e-5)
    assert text(data["steps"][2]["lines"][0]).endswith(" = 0.6768")
    assert data["opened"] is None


@pytest.mark.parametrize(
    "address",
    [
        {"layer": "9999999999999"},
        {"head": "mean", "layer": "0"},
        {"q": "500", "k": "-3"},
        {"open": "W_E.101.3~nonsense"},
        {"open": "q.9.9.9.9"},
        {"open": "product.3.1.10.2"},
        {"text": "a", "hide": "1", "renorm": "1"},
        {"text": "😀"},
        {"text": "\u202eabc\x07"},
        {"graph": "all", "least": "0", "most": "20"},
        {"text": "word " * 510},
    ],
)
def test_every_address_gives_a_page(address):
    assert arithmetic(run(**address))["steps"]


def test_an_opened_number_is_shown():
    opened = arithmetic(run(open="q.3.1.10.7~W_Q.3.1.5.7"))["opened"]
    assert opened["trail"] == ["q.3.1.10.7", "W_Q.3.1.5.7"]
    assert "trained parameter" in " ".join(opened["words"])


def test_a_text_that_is_cut_is_noted():
    page = run(text="Hello")
    assert not [each for each in page.caption if "are used" in each.value]
    page.text_area[0].set_value("x" * 20_001).run()
    assert "Only the first 20,000 characters are used." in [each.value for each in page.caption]


@pytest.mark.parametrize(("typed", "message"), [("   ", "Type a sentence"), ("word " * 511, "513 tokens are too many")])
def test_a_text_that_cannot_be_shown_gets_a_message(typed, message):
    page = run(text=typed)
    assert any(message in shown.value for shown in [*page.info, *page.warning])
    assert page.text_area[0].value == typed


def test_a_text_of_special_tokens_only_can_hide_them():
    page = run(text="[CLS]", hide="1")
    assert not page.exception
