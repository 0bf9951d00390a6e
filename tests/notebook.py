"""A notebook carried out without Jupyter: each cell's source, and what its last line shows, as Jupyter stores it.

`python -m tests.notebook` writes what the cells of docs/library.ipynb show into it.
"""

import ast
import contextlib
import io
import json
from typing import Any

from tests.paths import ROOT

LIBRARY = ROOT / "docs" / "library.ipynb"
STORED = {"text/plain": "__repr__", "text/html": "_repr_html_", "text/latex": "_repr_latex_"}


def read() -> dict[str, Any]:
    """The notebook that is stored."""
    return json.loads(LIBRARY.read_text(encoding="utf-8"))


def source(cell: dict[str, Any]) -> str:
    """A cell's text."""
    return "".join(cell["source"])


def displayed(value: object) -> dict[str, list[str]]:
    """What a value shows, by type; a figure, which would bring a drawing program along, nothing that is stored."""
    if value is None or type(value).__module__.startswith("plotly."):
        return {}
    made = {kind: getattr(value, method)() for kind, method in STORED.items() if hasattr(value, method)}
    return {kind: text.splitlines(keepends=True) for kind, text in made.items() if text is not None}


def run_cell(code: str, names: dict[str, Any]) -> tuple[str, Any]:
    """What a cell prints, and the value of its last line."""
    tree, value = ast.parse(code), None
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(tree, "cell", "exec"), names)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
    return printed.getvalue(), value


def outputs(printed: str, value: object, count: int) -> list[dict[str, Any]]:
    """The outputs of a cell as the file has them."""
    made: list[dict[str, Any]] = []
    if printed:
        made.append({"name": "stdout", "output_type": "stream", "text": printed.splitlines(keepends=True)})
    if data := displayed(value):
        made.append({"data": data, "execution_count": count, "metadata": {}, "output_type": "execute_result"})
    return made


def write() -> None:
    """Carry the notebook out, and store what it shows."""
    notebook, names, count = read(), {"__name__": "__main__"}, 0
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            count += 1
            cell |= {"outputs": outputs(*run_cell(source(cell), names), count), "execution_count": count}
    LIBRARY.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
