"""A running application, for tests that need its server."""

import os
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.paths import ROOT
from tests.ports import own_port


def from_checkout(port):
    """The command that serves the application of the checkout."""
    return [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}", "--server.address=127.0.0.1"]


@contextmanager
def started(place, environment, command=from_checkout, cwd=ROOT):
    """Starts the application with a log file; yields its address and its process, then stops it and checks the log.

    It makes products by as many threads as it does for a person.
    """
    port = own_port()
    outer = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    url = f"http://127.0.0.1:{port}"
    with place.open("w+") as log:
        server = subprocess.Popen(
            command(port), cwd=cwd, stdout=log, stderr=subprocess.STDOUT, env=outer | environment,
        )  # fmt: skip
        try:
            for _ in range(600):
                try:
                    with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1):
                        break
                except OSError:
                    time.sleep(0.1)
            else:
                log.seek(0)
                pytest.fail(f"The application did not start: {log.read()[-2000:]}")
            yield url, server
            log.seek(0)
            assert "Traceback" not in log.read(), "the server raised an error"
        finally:
            server.terminate()
            server.wait(10)


def serving(*arguments, **options):
    """The address of an application that is started as by `started`, for a fixture."""
    with started(*arguments, **options) as (url, _):
        yield url


def resident_memory(server):
    """The bytes of memory that a process takes."""
    return int(Path(f"/proc/{server.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
