"""What visitors may send: uploads and messages are bounded by what the pages need."""

import sys
import tomllib
import uuid

import pytest
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.state.common import WidgetMetadata
from streamlit.runtime.state.session_state import WStates
from streamlit.runtime.uploaded_file_manager import UploadedFileRec
from websockets.exceptions import ConnectionClosed

from tests.live import resident_memory, started
from tests.paths import ROOT
from tests.visitor import Visitor, address, upload
from ui import bounds
from ui.shared.pictures import MAX_MEGABYTES
from ui.shared.readers import MAX_TEXT_LENGTH

SERVER = tomllib.loads((ROOT / ".streamlit/config.toml").read_text())["server"]


def test_the_limits_are_what_the_pages_read():
    assert SERVER["maxUploadSize"] == MAX_MEGABYTES
    assert SERVER["maxWidgetStateSize"] * 1_000_000 >= 10 * 4 * MAX_TEXT_LENGTH  # of four bytes a character at most


def file(name, size):
    return UploadedFileRec(name, name, "text/plain", bytes(size))


def test_a_session_keeps_its_latest_files():
    manager = MemoryUploadedFileManager("/upload")
    bounds.bound_uploads(manager)
    for name in "abcd":
        manager.add_file("mine", file(name, 5))
        manager.add_file("another", file(name, 5))
    assert [rec.file_id for rec in manager.get_files("mine", list("abcd"))] == ["c", "d"]
    manager.add_file("mine", file("d", 7))
    assert [len(rec.data) for rec in manager.get_files("mine", list("abcd"))] == [5, 7]


def test_all_sessions_together_are_bounded(monkeypatch):
    monkeypatch.setattr(bounds, "MOST_BYTES", 100)
    manager = MemoryUploadedFileManager("/upload")
    bounds.bound_uploads(manager)
    for i in range(50):
        manager.add_file(f"session {i}", file("a", 30))
        assert bounds.total_bytes(manager) <= 100
    assert manager.get_files("session 49", ["a"])
    assert manager.get_files("session 48", ["a"])
    manager.add_file("large", file("a", 200))
    assert manager.get_files("large", ["a"])


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_uploads_that_no_box_asked_for_do_not_fill_the_memory(tmp_path):
    with started(tmp_path / "log", {}) as (url, server), Visitor(url) as visitor:
        before = resident_memory(server)
        assert upload(url, visitor.session_id, "large", bytes(170_000_000)) == 413
        for _ in range(20):
            assert upload(url, visitor.session_id, str(uuid.uuid4()), bytes(10_000_000)) == 204
        assert resident_memory(server) - before < 60_000_000
        assert upload(url, "nobody", "a", b"{}") == 400


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_message_that_is_too_long_ends_the_connection_while_it_arrives(tmp_path):
    with started(tmp_path / "log", {}) as (url, server), Visitor(url) as other:
        before = resident_memory(server)
        for size in (2_000_000, 30_000_000):
            assert ends(url, size)
            assert resident_memory(server) - before < 60_000_000
        other.choose_cell(2, 3)


def ends(url, size):
    """Whether a text of this size ends the connection."""
    with Visitor(url) as visitor:
        try:
            visitor.send(visitor.typed("x" * size))
            visitor.receive()
        except ConnectionClosed:
            return True
    return False


def widget(id, fragment_id=None):
    return WidgetMetadata(id, str, str, "string_value", fragment_id=fragment_id)


def test_streamlit_forgets_the_callbacks_of_replaced_widgets(monkeypatch):
    monkeypatch.setattr(WStates, "remove_stale_widgets", WStates.remove_stale_widgets)
    bounds.bound_widgets()
    states, kept = WStates(), bounds.MOST_REPLACED
    stays = [widget("$$ID-a-other", "another"), widget("$$STREAMLIT_INTERNAL_KEY_$$ID-b-heatmap__events", "mine")]
    charts = [widget(f"$$ID-{i}-graph", "mine") for i in range(kept + 30)]
    for each in [*stays, *charts]:
        states.set_widget_metadata(each)
    states.remove_stale_widgets(frozenset({charts[0].id, charts[-1].id}), ["mine"])
    expected = [*stays, charts[0], *charts[-kept - 1:]]
    assert list(states.widget_metadata) == [each.id for each in expected]
    states.remove_stale_widgets(frozenset(), None)  # the whole page, on which no widget is left
    assert len(states.widget_metadata) == kept + 1


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_click_leaves_nothing_in_the_memory(tmp_path):
    """Each one kept its chart's pattern, 17 kB of this sentence and 3 MB of this text."""
    with started(tmp_path / "log", {}) as (url, server), Visitor(url, query=address("cat " * 250)) as visitor:
        for i in range(10):
            visitor.choose_cell(i, 5)
        before = resident_memory(server)
        for i in range(20):
            visitor.choose_cell(40 + i, 6)
        assert resident_memory(server) - before < 20_000_000
