"""The head of a page: what About says of a model."""

from attention_core.hub.catalogue import CATALOGUE
from ui.shared.page import about


def test_about_a_model_of_the_catalogue_is_its_purpose_and_where_to_look():
    text = about(CATALOGUE["minilm"], ())
    assert CATALOGUE["minilm"].look[:20] in text
    assert "Where to look." in text
    assert "Ignored keys" not in text
    assert about(None, ()) == ""


def test_about_names_the_ignored_keys():
    text = about(None, ("authors", "sentence_transformers"))
    assert text.endswith("change nothing that is computed: authors, sentence_transformers.</p>")


def test_a_key_is_shown_as_text_and_cut_short():
    text = about(None, ("<script>", "x" * 10**5, "a\ud800", "b\u202ec"))
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
    assert len(text) < 500
    text.encode()
    assert "\u202e" not in text


def test_of_many_keys_the_first_are_listed():
    text = about(None, [f"key{i:05}" for i in range(20_000)])
    assert "key00029 and 19970 more." in text
    assert "key00030" not in text
