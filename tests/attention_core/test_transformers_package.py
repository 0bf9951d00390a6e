"""Importing transformers: without a word, and with the environment left as it was."""

import subprocess
import sys

import pytest

from attention_core.transformers_package import QUIET, transformers_package
from tests.paths import ROOT


def test_the_package_has_the_configuration_classes():
    assert transformers_package().CONFIG_MAPPING["bert"].__name__ == "BertConfig"


@pytest.mark.parametrize("before", [None, "0"])
def test_nothing_is_printed_without_torch_and_the_environment_is_kept(before):
    code = (
        "import os, sys\n"
        "sys.modules['torch'] = None\n"
        "from attention_core.transformers_package import transformers_package\n"
        "transformers_package()\n"
        f"print(os.environ.get('{QUIET}'))\n"
    )
    environment = {"PATH": "", **({} if before is None else {QUIET: before})}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, timeout=100, capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{before}\n", "")
