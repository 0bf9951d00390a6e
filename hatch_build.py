"""Adds the package `attention_lab`, which contains the application, to the wheel."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

INIT = '"""Attention Lab\'s application, which the command `attention-lab` opens."""\n'


class ApplicationPackage(BuildHookInterface):
    """Writes attention_lab/__init__.py; in an editable install it points to the checkout with app.py and ui/."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        editable = version == "editable"
        self.folder = TemporaryDirectory()
        init = Path(self.folder.name, "__init__.py")
        init.write_text(INIT + (f"\n__path__ = [{self.root!r}]\n" if editable else ""), encoding="utf-8")
        build_data["force_include_editable" if editable else "force_include"][str(init)] = "attention_lab/__init__.py"

    def finalize(self, *_: object) -> None:
        self.folder.cleanup()
