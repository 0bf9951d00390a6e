"""What is built, and what it is worth where it is installed and the checkout is out of sight."""

import re
import tarfile
import zipfile

import pytest
from packaging.metadata import Metadata

import attention_core as ac
from tests.installed import PROGRAMS, fresh, run, succeed
from tests.paths import APP, ROOT

pytestmark = pytest.mark.package

INFO = f"attention_lab-{ac.__version__}.dist-info"
README = (ROOT / "README.md").read_text(encoding="utf-8")


def files_of(*folders):
    """The files of folders of the repository, by their paths from its root."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file())
    return {path.relative_to(ROOT).as_posix() for path in found if "__pycache__" not in path.parts}


def test_the_wheel_has_the_library_and_one_package_with_the_application(installed):
    application = {"__init__.py", "app.py", ".streamlit/config.toml"} | files_of("pages", "ui")
    about = {f"{INFO}/{name}" for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt")}
    with zipfile.ZipFile(installed.wheel) as wheel:
        names = wheel.namelist()
    expected = files_of("attention_core") | {f"attention_lab/{name}" for name in application} | about
    assert sorted(names) == sorted(expected)


def test_the_wheel_says_what_it_is(installed):
    with zipfile.ZipFile(installed.wheel) as wheel:
        said = Metadata.from_email(wheel.read(f"{INFO}/METADATA"), validate=True)
        assert "attention_core/py.typed" in wheel.namelist()
    assert (said.name, str(said.version)) == ("attention-lab", ac.__version__)
    assert said.description_content_type == "text/markdown"
    assert said.description.rstrip() == README.rstrip()


def test_the_source_distribution_has_the_tests(installed):
    with tarfile.open(installed.sdist) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    kept = files_of("attention_core", "pages", "ui", "tests", "benchmarks", "docs")
    assert kept | {"app.py", "Makefile", "pyproject.toml", "hatch_build.py", "requirements-dev.txt",
                   "requirements-axe.txt"} <= names
    assert not [name for name in names if re.search(r"\.venv|__pycache__|\.git/", name)]


def test_no_common_name_is_taken(installed):
    code = "from importlib.util import find_spec\nprint(*map(find_spec, ['app', 'pages', 'ui', 'tests']))"
    assert installed.run("python", "-c", code).stdout.split() == ["None"] * 4


def test_without_its_extra_the_command_says_what_is_missing(installed):
    done = installed.without_extra
    assert done.returncode == 1
    missing = "the application needs streamlit, plotly, pillow, threadpoolctl"
    assert done.stderr == f'attention-lab: {missing}: pip install "attention-lab[app]"\n'


def test_the_command_says_its_version(installed):
    done = installed.run("attention-lab", "--version")
    assert (done.returncode, done.stdout) == (0, f"attention-lab {ac.__version__}\n"), done.stderr


def test_the_readmes_lines_do_what_they_say(installed):
    blocks = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    assert len(blocks) == README.count("```python")
    done = installed.run("python", "-W", "error", "-c", "\n".join(blocks))
    assert not done.returncode, done.stderr
    first, second, third, *_ = done.stdout.splitlines()
    assert (first, round(float(second), 3), third) == ("it animal", 0.677, "(12, 16, 32) (16, 384)")
    assert "<html>" in (installed.elsewhere / "animal.html").read_text(encoding="utf-8")


def test_an_editable_install_opens_the_checkout(installed, tmp_path):
    environment = tmp_path / "environment"
    succeed(*fresh(environment), "install", "--no-deps", "--editable", ROOT, cwd=tmp_path)
    code = "from attention_lab.ui import command\nprint(command.APP)"
    assert run(environment / PROGRAMS / "python", "-c", code, cwd=tmp_path).stdout == f"{APP}\n"
    succeed(environment / PROGRAMS / "attention-lab", "--help", cwd=tmp_path)
