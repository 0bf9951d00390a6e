"""The command `attention-lab`: opens the installed application from any folder.

It imports only the standard library, and Streamlit to start it: `ui` cannot be imported before the server has put the
application's folder on its path, and NumPy must not be imported before the server has set how its threads wait.
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
MODELS_VARIABLE, HOSTS_VARIABLE, EMBED_VARIABLE = (
    "ATTENTION_LAB_MODELS", "ATTENTION_LAB_HOSTS", "ATTENTION_LAB_EMBED_IN",
)  # fmt: skip
EXTRA = {"streamlit": "streamlit", "plotly": "plotly", "PIL": "pillow", "threadpoolctl": "threadpoolctl"}
"""What the extra `app` installs: imported module -> its distribution."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Open the application with the given arguments, and serve it until it is stopped.

    Raises SystemExit with a message where that fails.
    """
    options = parser().parse_args(arguments)
    if options.version:
        from attention_core import __version__

        print(f"attention-lab {__version__}")
        return
    if missing := [distribution for name, distribution in EXTRA.items() if find_spec(name) is None]:
        exit_with(f'the application needs {", ".join(missing)}: pip install "attention-lab[app]"')
    if reason := listen_error(options.address, options.port):
        exit_with(reason)
    values = {MODELS_VARIABLE: options.models, HOSTS_VARIABLE: options.host, EMBED_VARIABLE: options.embed_in}
    os.environ.update({variable: value for variable, value in values.items() if value is not None})
    serve([*server_options(options), str(APP)])


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = argparse.ArgumentParser(
        prog="attention-lab", allow_abbrev=False,
        description="Open Attention Lab: see how self-attention treats a sentence in a real, trained model.",
    )  # fmt: skip
    parser.add_argument(
        "--port", type=port_number, help="port to listen on (default: 8501, or the next one that is free)"
    )
    parser.add_argument(
        "--address", default="localhost",
        help="address to listen on (default: localhost, for this machine only; 0.0.0.0 for other machines too)",
    )  # fmt: skip
    parser.add_argument(
        "--models",
        help=f"models to offer in addition to the catalogue: hub ids, folders, or title=folder, separated by commas "
        f"(default: the environment variable {MODELS_VARIABLE})",
    )
    parser.add_argument(
        "--host",
        help="names under which other machines reach this server, separated by commas, such as lab.school.example; "
        f"its addresses and this machine's own names need none (default: the environment variable {HOSTS_VARIABLE})",
    )
    parser.add_argument(
        "--embed-in",
        help="origins of the sites whose pages may show this application in a frame, separated by commas, such as "
        f"https://lms.school.example (default: the environment variable {EMBED_VARIABLE})",
    )
    parser.add_argument("--no-browser", action="store_true", help="only serve, without opening a browser")
    parser.add_argument("--version", action="store_true", help="show the version and exit")
    return parser


def port_number(text: str) -> int:
    """A port number, 1 to 65535; ArgumentTypeError for anything else."""
    if text.isdecimal() and 1 <= int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a port number from 1 to 65535")


def listen_error(address: str, port: int | None) -> str:
    """Why a server cannot listen on an address and port, None for any port; empty where it can."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as sock:
        if os.name != "nt":  # on Windows the option would allow a port that is in use
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((address, port or 0))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return f"port {port} is already in use; choose another one with --port"
            return f"cannot listen on {address}{f', port {port}' if port else ''}: {error.strerror}"
    return ""


def server_options(options: argparse.Namespace) -> list[str]:
    """Streamlit's options from the command line; the others are in .streamlit/config.toml beside app.py."""
    headless = str(options.no_browser).lower()
    port = [] if options.port is None else [f"--server.port={options.port}"]
    return [f"--server.address={options.address}", f"--server.headless={headless}", *port]


def serve(options: Sequence[str]) -> None:
    """Run Streamlit's server in this process."""
    from streamlit.web.cli import main as streamlit

    streamlit(["run", *options], prog_name="streamlit")


def exit_with(reason: str) -> None:
    """Exit with a message on standard error."""
    sys.exit(f"attention-lab: {reason}")
