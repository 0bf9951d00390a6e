"""The application as the command `attention-lab` opens it from an installed package, outside the checkout."""

import re

import pytest

from tests.browser.conftest import serving, settle

pytestmark = pytest.mark.package


@pytest.fixture(scope="module")
def address(installed, tmp_path_factory):
    """The installed application, started in a folder with files of the same names; it leaves no file behind."""
    folder, before = tmp_path_factory.mktemp("server"), installed.files()
    (folder / ".streamlit").mkdir()
    (folder / ".streamlit" / "config.toml").write_text("client.showSidebarNavigation = true\n")
    for name in ("app.py", "ui.py", "pages.py"):
        (folder / name).write_text("raise SystemExit('not the application')\n")
    home, program = {"HOME": str(folder / "home"), "HF_HUB_OFFLINE": "1"}, installed.program("attention-lab")
    yield from serving(
        folder / "log", home, lambda port: [program, f"--port={port}", "--address=127.0.0.1", "--no-browser"],
        cwd=folder,
    )
    assert installed.files() == before


def test_the_first_page_opens(open_page):
    page = open_page("/")
    assert page.title() == "Inspect · Attention Lab"
    page.locator(".badge", has_text="all-MiniLM-L6-v2").wait_for()
    assert re.search(r"“it” gives 0\.68 of its attention to “animal”", page.locator("body").inner_text())


def test_it_has_the_packages_own_options(open_page):
    page = open_page("/")
    assert page.get_by_test_id("stSidebar").count() == 0
    assert page.get_by_role("button", name="Deploy").count() == 0


@pytest.mark.parametrize("name", ["Step by step", "Worked example"])
def test_every_page_of_the_menu_is_there(open_page, name):
    page = open_page("/")
    page.get_by_role("link", name=name).click()
    page.wait_for_function("title => document.title === title", arg=f"{name} · Attention Lab")
    settle(page)
    assert page.get_by_role("alert").count() == 0
