"""The command `attention-lab`: the server it starts, and its error messages."""

import os
import socket
import subprocess
import sys

import pytest

from tests.paths import APP, ROOT
from ui import access, command
from ui.shared import offer


@pytest.fixture
def served(monkeypatch):
    """The options that the server would be started with."""
    options = []
    monkeypatch.setattr(command, "serve", options.extend)
    monkeypatch.setenv(offer.MODELS_VARIABLE, "from/before")
    for variable in (access.HOSTS_VARIABLE, access.EMBED_VARIABLE):
        monkeypatch.setenv(variable, "")
    return options


@pytest.fixture
def port_in_use():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_by_default_it_serves_this_machine_and_opens_a_browser(served):
    command.main([])
    assert served == ["--server.address=localhost", "--server.headless=false", str(APP)]
    assert os.environ[offer.MODELS_VARIABLE] == "from/before"


def test_options_are_passed_on(served):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command.main([f"--port={port}", "--address=127.0.0.1", "--models", "a/b,c=./d", "--no-browser"])
    assert served == ["--server.address=127.0.0.1", "--server.headless=true", f"--server.port={port}", str(APP)]
    assert os.environ[offer.MODELS_VARIABLE] == "a/b,c=./d"


def test_a_school_names_its_server_and_its_learning_platform(served):
    command.main(["--host=lab.school.example", "--embed-in", "https://lms.school.example,https://b.example"])
    assert access.listed_hosts() == {"lab.school.example"}
    assert access.embedding_origins() == ["https://lms.school.example", "https://b.example"]
    command.main(["--host=", "--embed-in="])
    assert (access.listed_hosts(), access.embedding_origins()) == (set(), [])


def test_the_list_of_models_can_be_emptied(served):
    command.main(["--models="])
    assert offer.server_entries() == []


@pytest.mark.parametrize("port", ["0", "65536", "99999", "-5", "8501.0", "http", "", "٨٥٠١x"])
def test_an_invalid_port_is_refused(served, capsys, port):
    with pytest.raises(SystemExit) as ended:
        command.main([f"--port={port}"])
    assert ended.value.code == 2
    assert f"argument --port: {port!r} is not a port number from 1 to 65535" in capsys.readouterr().err
    assert not served


@pytest.mark.parametrize("port", ["1", "65535"])
def test_the_first_and_the_last_port_are_valid(port):
    assert command.port_number(port) == int(port)


@pytest.mark.parametrize("address", ["127.0.0.1", "localhost"])
def test_a_port_in_use_is_reported(served, port_in_use, address):
    with pytest.raises(SystemExit) as ended:
        command.main([f"--port={port_in_use}", f"--address={address}"])
    assert ended.value.code == f"attention-lab: port {port_in_use} is already in use; choose another one with --port"
    assert not served


@pytest.mark.parametrize("address", ["192.0.2.1", "nowhere.invalid"])
def test_an_address_of_another_machine_is_reported(served, address):
    with pytest.raises(SystemExit) as ended:
        command.main([f"--address={address}"])
    assert ended.value.code.startswith(f"attention-lab: cannot listen on {address}: ")
    assert not served


def test_missing_packages_of_the_extra_are_named(served, monkeypatch):
    monkeypatch.setattr(command, "find_spec", lambda name: None if name == "PIL" else object())
    with pytest.raises(SystemExit) as ended:
        command.main([])
    assert ended.value.code == 'attention-lab: the application needs pillow: pip install "attention-lab[app]"'
    assert not served


def test_help_lists_every_option(capsys):
    with pytest.raises(SystemExit) as ended:
        command.main(["--help"])
    assert ended.value.code == 0
    help_text = capsys.readouterr().out
    options = ("--port", "--address", "--models", "--no-browser", "--version")
    assert [name for name in (*options, command.MODELS_VARIABLE) if name not in help_text] == []


def test_it_names_the_variable_that_the_application_reads():
    assert command.MODELS_VARIABLE == offer.MODELS_VARIABLE


def test_nothing_is_imported_before_the_server_starts():
    code = (
        "import sys\n"
        "from ui import command\n"
        "command.serve = print\n"
        "command.main([])\n"
        "assert not {'numpy', 'streamlit', 'attention_core', 'ui.server'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, timeout=60)
