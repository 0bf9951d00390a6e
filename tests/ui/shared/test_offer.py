"""The models that a page may load: chosen by the server, and never a path."""


import pytest
from hypothesis import given
from hypothesis import strategies as st

from attention_core.hub.catalogue import CATALOGUE
from tests.paths import BERT
from ui.shared import offer
from ui.shared.offer import (
    MAX_NAME_LENGTH,
    MODELS_VARIABLE,
    Offer,
    ignored_entries,
    may_load,
    offered_models,
    refusal_message,
    short_name,
    source_of,
    title_of,
)


@pytest.fixture
def listens(monkeypatch):
    """Sets the address that the server listens to."""
    monkeypatch.delenv(MODELS_VARIABLE, raising=False)
    return lambda address: monkeypatch.setattr(offer.st, "get_option", {"server.address": address}.__getitem__)


def test_the_catalogue_is_offered(monkeypatch):
    monkeypatch.delenv(MODELS_VARIABLE, raising=False)
    assert list(offered_models()) == list(CATALOGUE)
    assert offered_models()["minilm"] == Offer("all-MiniLM-L6-v2", "minilm", CATALOGUE["minilm"])


def test_the_server_lists_more_models(monkeypatch, tmp_path):
    (folder := tmp_path / "folder").mkdir()
    monkeypatch.setenv(MODELS_VARIABLE, f" minilm, owner/name@v2 ,{folder}, My model = {BERT},Short=owner/other,,")
    assert list(offered_models()) == [*CATALOGUE, "owner/name@v2", "folder", "My model", "Short"]
    assert offered_models()["minilm"].entry is CATALOGUE["minilm"]
    assert [source_of(name) for name in offered_models() if name not in CATALOGUE] == [
        "owner/name@v2", folder, BERT, "owner/other",
    ]  # fmt: skip
    assert title_of("My model") == "My model"
    assert title_of("somebody/else") == source_of("somebody/else") == "somebody/else"


def test_models_with_the_same_title_are_numbered(monkeypatch, tmp_path):
    (other := tmp_path / "bert").mkdir()
    monkeypatch.setenv(MODELS_VARIABLE, f"minilm={BERT},{BERT},{other},mine={other},mine={other},Default=minilm")
    assert source_of("minilm") == "minilm"
    listed = {name: source_of(name) for name in offered_models() if name not in CATALOGUE}
    assert listed == {
        "minilm (2)": BERT, "bert (2)": BERT, "bert (3)": other, "mine": other, "Default": "minilm",
    }  # fmt: skip
    assert title_of("minilm (2)") == "minilm (2)"


def test_entries_that_name_no_model_are_ignored(monkeypatch, tmp_path):
    odd = ["~nosuchuser/x", "/", "=", "a=", "not a model", "file:///etc", "a=b"]
    monkeypatch.setenv(MODELS_VARIABLE, ",".join([*odd, str(tmp_path / "later"), "owner/name"]))
    assert [name for name in offered_models() if name not in CATALOGUE] == ["later", "owner/name"]
    assert ignored_entries() == odd


def test_a_symbolic_link_keeps_its_own_name_and_may_be_broken(monkeypatch, tmp_path):
    (link := tmp_path / "link").symlink_to(BERT)
    (loop := tmp_path / "loop").symlink_to(loop)
    monkeypatch.setenv(MODELS_VARIABLE, f"{link},{loop}")
    assert {name: source_of(name) for name in offered_models() if name not in CATALOGUE} == {"link": link, "loop": loop}


def test_a_relative_folder_takes_its_folders_name(monkeypatch, tmp_path):
    (folder := tmp_path / "mine").mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv(MODELS_VARIABLE, ".,../mine,./gone")
    assert {name: source_of(name) for name in offered_models() if name not in CATALOGUE} == {
        "mine": folder, "gone": folder / "gone",
    }  # fmt: skip


def test_a_gguf_file_takes_its_name(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (file := tmp_path / "My.Q4_K.gguf").touch()
    monkeypatch.setenv(MODELS_VARIABLE, f"{file},Small=My.Q4_K.gguf")
    assert {name: source_of(name) for name in offered_models() if name not in CATALOGUE} == {
        "My.Q4_K": file, "Small": file,
    }  # fmt: skip


def test_a_long_name_is_shown_without_its_middle():
    assert short_name("x" * MAX_NAME_LENGTH) == "x" * MAX_NAME_LENGTH
    shown = title_of(f"owner/{'y' * 300}")
    assert shown.startswith("owner/y")
    assert (len(shown), shown.count("…")) == (MAX_NAME_LENGTH + 1, 1)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("/etc", "“/etc” is not a known model. Models on the hub are named owner/name or"),
        ("a/b@@c", "“a/b@@c” is not a known model. Models on the hub are named owner/name or"),
        ("bert-base-uncased", "model. Choose BERT base from the list. Models on the hub are named owner/name or"),
        ("GPT-2", "model. Choose GPT-2 from the list. Models on the hub are named owner/name or"),
        ("MiniLM", "model. Choose all-MiniLM-L6-v2 from the list."),
        ("\u202ea\x07", "“U+202EaU+0007” is not"),
    ],
)
def test_on_this_machine_a_refusal_says_how_models_are_named(listens, name, text):
    listens("127.0.0.1")
    assert text in refusal_message(name)


def test_on_a_network_a_refusal_names_the_model(listens):
    listens("0.0.0.0")
    assert refusal_message("org/name") == "This server does not offer “org/name”."
    assert refusal_message("bert-base-uncased").endswith("“bert-base-uncased”. Choose BERT base from the list.")
    assert len(refusal_message("x" * 3000)) < 100


@pytest.mark.parametrize(
    ("address", "allowed"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), (None, False), ("0.0.0.0", False), ("10.0.0.7", False)],
)
def test_any_hub_id_may_be_loaded_only_on_this_machine(listens, address, allowed):
    listens(address)
    assert may_load("minilm")
    assert may_load("somebody/model") is allowed
    assert may_load("somebody/model@v1") is allowed
    assert not may_load("")


PATHS = ["/etc/passwd", "../secrets", "./model", "~/model", "a/../b", "a/b/c", "C:\\model", "a\\b", "..", "a/b@../../c",
         str(BERT)]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_a_page_never_takes_a_path(listens, path):
    listens("127.0.0.1")
    assert not may_load(path)


def test_a_folder_that_looks_like_a_hub_id_is_refused(listens, monkeypatch, tmp_path):
    listens("127.0.0.1")
    monkeypatch.chdir(tmp_path)
    assert may_load("owner/name")
    (tmp_path / "owner" / "name").mkdir(parents=True)
    assert not may_load("owner/name")


@given(st.text(max_size=30))
def test_only_offered_models_and_hub_ids_may_be_loaded(name):
    if may_load(name):
        assert name in CATALOGUE
