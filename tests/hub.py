"""A local model hub that implements the hub's protocol, and can be made to fail."""

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from tests.paths import BERT

FILES = ("config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors")
COMMIT = "0123456789abcdef0123456789abcdef01234567"
LARGE_FILE = 50_000  # bytes: the hub redirects requests for files of this size and more to its store


def tiny_files() -> dict[str, bytes]:
    """The stored random BERT, file name -> content."""
    return {name: (BERT / name).read_bytes() for name in FILES}


class Request(NamedTuple):
    """A request to one of the two servers. host: "hub" or "store"."""

    host: str
    method: str
    path: str
    range: str | None
    token: str | None


@dataclass
class Hub:
    """The hub's contents, its faults, and the requests it received.

    repos:   hub id -> its files
    refused: hub id -> the status and error code, or message, of every answer about it
    portal:  the status and body of every answer about a model, in place of the hub's
    breaks:  file -> the numbers of bytes after which its next answers break off
    altered: file -> the bytes sent in place of its content
    rate:    bytes per second; None for unlimited
    whole:   whether every answer is the complete file, whatever range is requested
    """

    repos: dict[str, dict[str, bytes]] = field(default_factory=dict)
    refused: dict[str, tuple[int, str]] = field(default_factory=dict)
    portal: tuple[int, bytes] | None = None
    breaks: dict[str, list[int]] = field(default_factory=dict)
    altered: dict[str, bytes] = field(default_factory=dict)
    rate: float | None = None
    whole: bool = False
    asked: list[Request] = field(default_factory=list)
    url: str = ""
    store: str = ""

    def gets(self, file: str) -> list[str | None]:
        """The ranges in which a file's content was requested."""
        return [request.range for request in self.asked
                if request.method == "GET" and unquote(request.path).endswith(f"/{file}")
                and (request.host == "store" or len(self.content(request.path)) < LARGE_FILE)]  # fmt: skip

    def content(self, path: str) -> bytes:
        """The content at a path of either server."""
        parts = unquote(path).strip("/").split("/")
        return self.repos["/".join(parts[:2])][parts[-1]]

    @contextmanager
    def running(self) -> Iterator["Hub"]:
        """Serve on two ports, as the hub does, the second for large files, until the block ends."""
        servers = [Server(("127.0.0.1", 0), handler_class(self, host)) for host in ("hub", "store")]
        self.url, self.store = (f"http://127.0.0.1:{server.server_port}" for server in servers)
        threads = [threading.Thread(target=server.serve_forever, args=(0.02,)) for server in servers]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self.rate = None
            for server, thread in zip(servers, threads, strict=True):
                server.shutdown()
                thread.join()
                server.server_close()

    def use(self, monkeypatch, cache: Path) -> None:
        """Make huggingface_hub, in this process, use this hub and the folder `cache`."""
        from huggingface_hub import constants

        monkeypatch.setattr(constants, "ENDPOINT", self.url)
        template = f"{self.url}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(constants, "AGENT_HARNESSES_PATH", str(cache / "harnesses"))
        monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(cache / "no-token"))
        monkeypatch.setattr("attention_core.hub.download.RETRY_PAUSE", 0)
        for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
            monkeypatch.delenv(name, raising=False)


def environment(hub: Hub, home: Path) -> dict[str, str]:
    """The environment variables that make another process use this hub."""
    return {"HF_ENDPOINT": hub.url, "HF_HOME": str(home), "HF_HUB_OFFLINE": "", "HF_TOKEN": ""}


def digest(content: bytes) -> str:
    """The hub's digest of a file: SHA-256 of a large one, git's SHA-1 of a small one."""
    if len(content) >= LARGE_FILE:
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def sibling(name: str, content: bytes) -> dict:
    """The hub's description of a file."""
    entry = {"rfilename": name, "size": len(content), "blobId": digest(content)}
    if len(content) >= LARGE_FILE:
        entry |= {"blobId": "f" * 40, "lfs": {"size": len(content), "sha256": digest(content), "pointerSize": 134}}
    return entry


class Server(ThreadingHTTPServer):
    """A server that ignores clients that disconnect."""

    def handle_error(self, *_: object) -> None:
        """Log nothing."""


def handler_class(hub: Hub, host: str) -> type[BaseHTTPRequestHandler]:
    """The request handler of one of the two servers."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Log nothing."""

        def do_HEAD(self) -> None:
            self.answer()

        def do_GET(self) -> None:
            self.answer()

        def answer(self) -> None:
            path, headers = unquote(urlsplit(self.path).path), self.headers
            hub.asked.append(Request(host, self.command, path, headers["Range"], headers["Authorization"]))
            api = path.startswith("/api/models/")
            parts = path.removeprefix("/api/models").strip("/").split("/")
            hub_id = "/".join(parts[:2])
            revision = parts[3] if len(parts) > 3 else "main"
            if api and hub.portal:
                self.whole(hub.portal[1], hub.portal[0])
            elif hub_id in hub.refused:
                self.refuse(*hub.refused[hub_id])
            elif hub_id not in hub.repos:
                self.refuse(404, "RepoNotFound")
            elif revision not in ("main", "v1", COMMIT):
                self.refuse(404, "RevisionNotFound")
            elif api:
                siblings = [sibling(*item) for item in hub.repos[hub_id].items()]
                self.whole(json.dumps({"id": hub_id, "sha": COMMIT, "siblings": siblings}).encode())
            elif parts[-1] not in hub.repos[hub_id]:
                self.refuse(404, "EntryNotFound")
            else:
                self.file(path, parts[-1], hub.repos[hub_id][parts[-1]])

        def refuse(self, status: int, code: str) -> None:
            self.send_response(status)
            self.send_header("X-Error-Code", code)
            self.send_header("X-Error-Message", code)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def whole(self, body: bytes, status: int = 200) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def file(self, path: str, name: str, content: bytes) -> None:
            if host == "hub" and len(content) >= LARGE_FILE:
                self.send_response(302)
                self.send_header("Location", hub.store + path)
                self.send_header("X-Repo-Commit", COMMIT)
                self.send_header("X-Linked-Etag", f'"{digest(content)}"')
                self.send_header("X-Linked-Size", str(len(content)))
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            ranged, size = self.headers["Range"], len(content)
            start = int(ranged.removeprefix("bytes=").removesuffix("-")) if ranged and not hub.whole else 0
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
            self.send_header("Content-Length", str(size - start))
            self.send_header("ETag", f'"{digest(content)}"')
            self.send_header("X-Repo-Commit", COMMIT)
            self.end_headers()
            if self.command == "GET":
                self.send(name, hub.altered.get(name, content)[start:])

        def send(self, name: str, body: bytes) -> None:
            cuts = hub.breaks.get(name)
            cut = cuts.pop(0) if cuts else len(body)
            self.close_connection = cut < len(body)
            step = 4096
            try:
                for at in range(0, cut, step):
                    self.wfile.write(body[at : min(at + step, cut)])
                    if hub.rate:
                        time.sleep(step / hub.rate)
            except OSError:  # the client has disconnected
                self.close_connection = True

    return Handler
