"""Run a notebook without Jupyter, and format its outputs as Jupyter stores them.

`python -m tests.notebook` runs docs/library.ipynb and stores the outputs.
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
    """The stored notebook."""
    return json.loads(LIBRARY.read_text(encoding="utf-8"))


def source(cell: dict[str, Any]) -> str:
    """A cell's source."""
    return "".join(cell["source"])


def displayed(value: object) -> dict[str, list[str]]:
    """A value's representations by MIME type; none for a Plotly figure, which would embed plotly.js."""
    if value is None or type(value).__module__.startswith("plotly."):
        return {}
    data = {kind: getattr(value, method)() for kind, method in STORED.items() if hasattr(value, method)}
    return {kind: text.splitlines(keepends=True) for kind, text in data.items() if text is not None}


def run_cell(code: str, names: dict[str, Any]) -> tuple[str, Any]:
    """The printed text of a cell, and the value of its last line."""
    tree, value = ast.parse(code), None
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(tree, "cell", "exec"), names)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
    return printed.getvalue(), value


def outputs(printed: str, value: object, count: int) -> list[dict[str, Any]]:
    """The outputs of a cell in the notebook format."""
    result: list[dict[str, Any]] = []
    if printed:
        result.append({"name": "stdout", "output_type": "stream", "text": printed.splitlines(keepends=True)})
    if data := displayed(value):
        result.append({"data": data, "execution_count": count, "metadata": {}, "output_type": "execute_result"})
    return result


def write() -> None:
    """Run the notebook, and store its outputs."""
    notebook, names, count = read(), {"__name__": "__main__"}, 0
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            count += 1
            cell |= {"outputs": outputs(*run_cell(source(cell), names), count), "execution_count": count}
    LIBRARY.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
