"""A solved lesson as one HTML page that works offline."""

from __future__ import annotations

from html import escape

import numpy as np

from attention_core.computation.derivation import Term, lines
from attention_core.computation.render import format_number
from attention_core.lessons.sheets import Sheet, outputs, sheets
from attention_core.lessons.solve import Solution

PAGE_STYLE = """
:root { color-scheme: light dark; --ink: #1b2430; --plus: #0072B2; --minus: #C2410C; --line: #e3e8ee; --page: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #eef2f6; --plus: #56B4E9; --minus: #F08A4B; --line: #2a323c;
  --page: #0f1419; } }
body { margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: var(--ink); background: var(--page);
  font: 16px/1.5 system-ui, sans-serif; }
main > div { max-width: 100%; overflow-x: auto; }
main { display: flex; flex-wrap: wrap; gap: 1.5rem 2.5rem; align-items: flex-start; }
table { border-collapse: separate; border-spacing: 1px; font: 13px/1.5 ui-monospace, monospace;
  font-variant-numeric: tabular-nums; }
caption { text-align: left; font: 14px/1.4 system-ui, sans-serif; padding-bottom: .3rem; }
th { font-weight: 400; opacity: .75; text-align: right; padding: 0 .4em; }
td { text-align: right; padding: 0 .5em; border-radius: 3px;
  background: color-mix(in srgb, var(--plus) calc(var(--shade) * .5), transparent); }
td.minus { background: color-mix(in srgb, var(--minus) calc(var(--shade) * .5), transparent); }
pre { white-space: pre-wrap; font: 13px/1.6 ui-monospace, monospace; }
"""


def html_page(solution: Solution, query: int) -> str:
    """Every matrix as a table with its equation, and the derivation of each number of one token's output."""
    lesson = solution.lesson
    derivations = "".join(derivation_details(name, term, lesson.decimals) for name, term in outputs(solution, query))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A worked example of self-attention</title>'
        f'<meta name="viewport" content="width=device-width"><style>{PAGE_STYLE}</style></head><body>'
        f"<h1>A worked example of self-attention</h1><main>{''.join(map(matrix_table, sheets(solution)))}</main>"
        f"<h2>How “{escape(lesson.words[query])}” is computed</h2>{derivations}</body></html>"
    )


def derivation_details(name: str, term: Term, decimals: int) -> str:
    """The derivation of one number, collapsed."""
    result = format_number(term.value, decimals)
    derivation = "\n".join(line.text for line in lines(term, decimals)) or term.note
    return f"<details><summary>{escape(name)} = {escape(result)}</summary><pre>{escape(derivation)}</pre></details>"


def matrix_table(sheet: Sheet) -> str:
    """A matrix as a table, its cells shaded by their numbers."""
    values = np.where(np.isfinite(sheet.numbers.astype(float)), sheet.numbers.astype(float), 0)
    most = float(np.abs(values).max(initial=0)) or 1.0
    head = "".join(f'<th scope="col">{escape(word)}</th>' for word in sheet.columns)
    body = "".join(
        f'<tr><th scope="row">{escape(word)}</th>'
        + "".join(
            f'<td{" class=minus" if value < 0 else ""} style="--shade:{abs(value) / most:.0%}">{escape(text)}</td>'
            for value, text in zip(row, texts, strict=True)
        )
        + "</tr>"
        for word, row, texts in zip(sheet.rows, values, sheet.texts, strict=True)
    )
    equation = f"<br>{escape(sheet.equation)}" if sheet.equation else ""
    return (
        f"<div><table><caption><b>{escape(sheet.title)}</b>{equation}</caption>"
        f"<thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
