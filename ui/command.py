"""The command `attention-lab`: opens the application from where it is installed, whatever the current folder is.

Until the server has put the application's folder on its path, `ui` cannot be imported, and until it has settled how
NumPy's threads wait, NumPy must not be: only the standard library is imported here, and Streamlit to start it.
"""

from __future__ import annotations

import argparse
import errno
import os
import socket
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

APP = Path(__file__).parents[1] / "app.py"
MODELS = "ATTENTION_LAB_MODELS"
EXTRA = {"streamlit": "streamlit", "plotly": "plotly", "PIL": "pillow"}
"""What the extra `app` installs: what is imported -> the distribution that has it."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Open the application as the command line asks, and serve it until it is stopped.

    Raises SystemExit with a message where that cannot be done.
    """
    asked = parser().parse_args(arguments)
    if asked.version:
        from attention_core import __version__

        print(f"attention-lab {__version__}")
        return
    if missing := [distribution for name, distribution in EXTRA.items() if find_spec(name) is None]:
        stop(f'the application needs {", ".join(missing)}: pip install "attention-lab[app]"')
    if reason := why_not(asked.address, asked.port):
        stop(reason)
    if asked.models is not None:
        os.environ[MODELS] = asked.models
    serve([*server_options(asked), str(APP)])


def parser() -> argparse.ArgumentParser:
    """What the command takes."""
    made = argparse.ArgumentParser(
        prog="attention-lab", allow_abbrev=False,
        description="Open Attention Lab: see how self-attention treats a sentence in a real, trained model.",
    )  # fmt: skip
    made.add_argument("--port", type=port, help="port to listen on (default: 8501, or the next one that is free)")
    made.add_argument(
        "--address", default="localhost",
        help="address to listen on (default: localhost, for this machine alone; 0.0.0.0 lets others in)",
    )  # fmt: skip
    made.add_argument(
        "--models",
        help=f"models to offer beside the catalogue: hub ids, folders, or title=folder, separated by commas (default: "
        f"what the environment variable {MODELS} lists)",
    )
    made.add_argument("--no-browser", action="store_true", help="only serve, without opening a browser")
    made.add_argument("--version", action="store_true", help="show the version and exit")
    return made


def port(text: str) -> int:
    """A port that can be asked for: 1 to 65535."""
    if text.isdecimal() and 1 <= int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a port, which is a number from 1 to 65535")


def why_not(address: str, port: int | None) -> str:
    """Why no server can listen at an address and, where one is asked for, a port; empty where it can."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as tried:
        if os.name != "nt":  # there it would allow a port that is taken
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((address, port or 0))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return f"port {port} is already in use; choose another one with --port"
            return f"cannot listen on {address}{f', port {port}' if port else ''}: {error.strerror}"
    return ""


def server_options(asked: argparse.Namespace) -> list[str]:
    """The options that Streamlit is started with; the others are in .streamlit/config.toml beside app.py."""
    headless = str(asked.no_browser).lower()
    options = [f"--server.address={asked.address}", f"--server.headless={headless}"]
    return options if asked.port is None else [*options, f"--server.port={asked.port}"]


def serve(options: Sequence[str]) -> None:
    """Run Streamlit's server in this process."""
    from streamlit.web.cli import main as streamlit

    streamlit(["run", *options], prog_name="streamlit")


def stop(reason: str) -> None:
    """End with a reason on standard error."""
    sys.exit(f"attention-lab: {reason}")
