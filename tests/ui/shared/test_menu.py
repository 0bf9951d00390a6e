"""A page is one file and one line of the menu."""

import re

from tests.paths import ROOT
from ui.shared.menu import Page


def test_every_page_is_in_the_menu_and_opens_with_its_own_name():
    files = {page.file: page for page in Page}
    assert {f"pages/{path.name}" for path in (ROOT / "pages").glob("*.py")} | {"app.py"} == set(files)
    for file, page in files.items():
        held = ROOT / ("ui/inspect/page.py" if file == "app.py" else file)
        assert re.findall(r"open_page\(Page\.(\w+)", held.read_text(encoding="utf-8")) == [page.name]
