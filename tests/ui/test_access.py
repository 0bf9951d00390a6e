"""From where the server can be used: its names, the origins of requests, and the frames of its pages."""

import socket
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import InvalidStatus

from tests.live import serving
from tests.visitor import Visitor, upload
from ui import access, command

NAME, LMS = "lab.school.example", "https://lms.school.example"
PATHS = ["/", "/step_by_step", "/_stcore/health", "/_stcore/host-config", "/media/x.png", "/static/x.js",
         "/_stcore/upload_file/a/b"]  # fmt: skip


@pytest.fixture(scope="module")
def school(tmp_path_factory):
    """A server that is started for a name, and whose pages may be framed by a learning platform."""
    environment = {access.HOSTS_VARIABLE: f"{NAME}, bad host", access.EMBED_VARIABLE: f"{LMS}/, lms; script-src *"}
    yield from serving(tmp_path_factory.mktemp("school") / "log", environment)


def ask(url, path="/_stcore/health", **headers):
    """A response's status, headers and body."""
    with closing(HTTPConnection(urlsplit(url).netloc)) as connection:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response.status, response.headers, response.read().decode(errors="replace")


def opens(url, **named):
    """Whether a websocket opens."""
    try:
        with Visitor(url, **named):
            return True
    except InvalidStatus as refused:
        return refused.response.status_code != 403


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "a b", "x@localhost"]
)
def test_a_request_to_another_name_is_refused(live, path, host):
    status, _, body = ask(live, path, Host=host)
    assert status in (400, 403)
    assert "Attention Lab" not in body


@pytest.mark.parametrize("path", ["/", "/_stcore/health"])
@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8501", "127.0.0.1:1", "[::1]:8501", "192.0.2.7", socket.gethostname()]
)
def test_its_addresses_and_the_names_of_the_machine_are_its_own(live, path, host):
    assert ask(live, path, Host=host)[0] == 200


def test_the_refusal_says_how_the_name_is_allowed(live):
    status, _, body = ask(live, Host=f"{NAME}:8501")
    assert status == 403
    assert f"attention-lab --host {NAME}" in body
    assert f"{access.HOSTS_VARIABLE}={NAME}" in body


def test_a_server_can_be_started_for_a_name(school):
    assert ask(school, "/", Host=NAME)[0] == 200
    assert opens(school, host=NAME, origin=f"https://{NAME}")
    assert ask(school, "/", Host=f"www.{NAME}")[0] == 403
    assert ask(school, "/", Host="localhost")[0] == 200


@pytest.mark.parametrize(
    "origin",
    ["http://localhost:9", "http://127.0.0.1:9", "http://0.0.0.0", "https://evil.example", "null", "file://", " "],
)
def test_a_page_of_another_origin_cannot_open_the_websocket(live, origin):
    assert not opens(live, origin=origin)


def test_its_own_pages_can(live):
    host = urlsplit(live).netloc
    assert opens(live)
    assert opens(live, origin=f"https://{host}")  # behind a proxy that adds TLS
    assert not opens(live, host="evil.example", origin="http://evil.example")


def test_a_page_of_another_origin_cannot_upload(live):
    with Visitor(live) as visitor:
        assert upload(live, visitor.session_id, "a", b"{}", Origin="http://localhost:9") == 403
        assert upload(live, visitor.session_id, "a", b"{}", Host="evil.example") == 403
        assert upload(live, visitor.session_id, "a", b"{}") == 204


@pytest.mark.parametrize("path", PATHS[:4])
def test_only_its_own_pages_may_frame_a_page(live, path):
    assert ask(live, path)[1]["Content-Security-Policy"] == "frame-ancestors 'self'"


def test_a_school_can_let_its_learning_platform_frame_the_pages(school):
    assert ask(school)[1]["Content-Security-Policy"] == f"frame-ancestors 'self' {LMS}"
    with Visitor(school) as visitor:  # no cookie of this server reaches it inside a frame of another site
        assert upload(school, visitor.session_id, "a", b"{}", Cookie="") == 204


def test_entries_that_are_not_valid_are_ignored(monkeypatch):
    monkeypatch.setenv(access.HOSTS_VARIABLE, "Lab.School.example., bad host,x:y,,https://x")
    monkeypatch.setenv(access.EMBED_VARIABLE, f"{LMS}:8443/,lms.school.example,https://a b,https://x/path,https://a;b,*")
    assert access.listed_hosts() == {NAME}
    assert access.embedding_origins() == [f"{LMS}:8443"]
    assert [entry for _, entry in access.ignored_access()] == [
        "bad host", "x:y", "https://x", "lms.school.example", "https://a b", "https://x/path", "https://a;b", "*",
    ]  # fmt: skip


def test_the_command_has_the_same_variables():
    assert (command.HOSTS_VARIABLE, command.EMBED_VARIABLE) == (access.HOSTS_VARIABLE, access.EMBED_VARIABLE)
