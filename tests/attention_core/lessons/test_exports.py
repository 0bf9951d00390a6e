"""The exports of a worked example have the same numbers as the page."""

import csv
import html.parser
import io
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from attention_core.computation.derivation import latex
from attention_core.lessons.export_latex import escape_latex, latex_document
from attention_core.lessons.export_page import PAGE_STYLE, html_page
from attention_core.lessons.export_script import script
from attention_core.lessons.export_tables import csv_zip, npz
from attention_core.lessons.presets import PRESETS, preset
from attention_core.lessons.sheets import outputs, sheets
from attention_core.lessons.solve import solve
from attention_core.plot.theme import DARK, LIGHT
from tests.attention_core.lessons.strategies import lessons, small

FEW = settings(max_examples=6, suppress_health_check=list(HealthCheck))


def run(source, tmp_path):
    """The variable `result` of a script, and its output."""
    path = tmp_path / "attention.py"
    path.write_text(f"{source}\nnp.savez({str(tmp_path / 'kept.npz')!r}, **result)\n", encoding="utf-8")
    done = subprocess.run([sys.executable, path], capture_output=True, timeout=60, check=True)
    return np.load(tmp_path / "kept.npz"), done.stdout.decode()


@pytest.mark.parametrize("name", PRESETS)
def test_the_script_prints_the_same_numbers(name, tmp_path):
    solution = solve(preset(name))
    result, printed = run(script(solution.lesson), tmp_path)
    for quantity in ("q", "product", "weight", "z", *(["out"] if "out" in solution.stages else [])):
        np.testing.assert_allclose(result[quantity], solution.array(quantity), atol=1e-12)
    assert "weight" in printed


@FEW
@given(lesson=small())
def test_the_script_of_any_lesson_computes_its_numbers(lesson, tmp_path):
    solution = solve(lesson)
    result, _ = run(script(lesson), tmp_path)
    for quantity in ("product", "weight", "z"):
        np.testing.assert_allclose(result[quantity], solution.array(quantity), rtol=1e-9, atol=1e-9)


@given(lesson=lessons())
@settings(max_examples=25)
def test_braces_and_environments_in_latex_are_balanced(lesson):
    text = latex_document(solve(lesson), 0)
    plain = re.sub(r"\\[\\{}$&#%_]", "", text)
    depth = 0
    for character in plain:
        depth += {"{": 1, "}": -1}.get(character, 0)
        assert depth >= 0
    assert depth == 0
    opened = []
    for kind, name in re.findall(r"\\(begin|end)\{(\w+\*?)\}", text):
        if kind == "begin":
            opened.append(name)
        else:
            assert opened.pop() == name
    assert not opened
    assert text.isascii() or all(c <= "ÿ" for c in text)


@pytest.mark.parametrize("form", ["decimal", "fraction", "paper"])
@pytest.mark.skipif(not shutil.which("pdflatex"), reason="pdflatex is not installed: the LaTeX was not compiled")
def test_latex_compiles(form, tmp_path):
    lesson = replace(preset("heads"), form=form, mask="causal")
    lesson = replace(lesson, words=("the_%", "ÄÖ $x^2$", "\\input{x} 猫", "\u202etired"))
    (tmp_path / "solution.tex").write_text(latex_document(solve(lesson), 2), encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "solution.tex"],
        cwd=tmp_path, capture_output=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-1500:]


def test_words_in_latex_are_escaped():
    assert escape_latex(r"\input{x}$%") == r"\textbackslash{}input\{x\}\$\%"
    assert escape_latex("猫é") == r"\texttt{U+732B}é"


@pytest.mark.parametrize("name", PRESETS)
def test_tables_contain_the_numbers(name):
    solution = solve(replace(preset(name), mask="causal"))
    archive = zipfile.ZipFile(io.BytesIO(csv_zip(solution)))
    assert archive.namelist() == [f"{each.name}.csv" for each in sheets(solution)]
    for each in sheets(solution):
        rows = list(csv.reader(io.StringIO(archive.read(f"{each.name}.csv").decode())))
        assert rows[0][1:] == each.columns
        np.testing.assert_array_equal(np.array([row[1:] for row in rows[1:]], float), each.numbers.astype(float))
    held = np.load(io.BytesIO(npz(solution)), allow_pickle=False)
    assert list(held["words"]) == list(solution.lesson.words)
    for quantity in solution.stages:
        np.testing.assert_array_equal(held[quantity], solution.array(quantity))


def test_words_are_never_spreadsheet_formulas():
    lesson = replace(preset("paper"), words=("=1+1", "@x", "ok"))
    text = zipfile.ZipFile(io.BytesIO(csv_zip(solve(lesson)))).read("weight.csv").decode()
    assert text.splitlines()[0] == ",'=1+1,'@x,ok"


class Reader(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.cells, self.links, self.inside = [], [], [], False

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("src", "href")]
        self.inside = tag == "td"

    def handle_data(self, data):
        if self.inside:
            self.cells.append(data)
            self.inside = False


@given(lesson=lessons())
@settings(max_examples=15)
def test_the_page_has_every_number_and_loads_nothing(lesson):
    solution = solve(lesson)
    text = html_page(solution, lesson.n_tokens - 1)
    reader = Reader()
    reader.feed(text)
    assert reader.cells == [digits for each in sheets(solution) for row in each.texts for digits in row]
    assert reader.links == []
    assert "script" not in reader.tags
    assert "http" not in text


@given(lesson=lessons())
@settings(max_examples=15)
def test_every_weight_and_output_of_a_token_is_derived(lesson):
    solution = solve(lesson)
    terms = outputs(solution, 0)
    assert len(terms) == lesson.n_tokens * lesson.n_heads + lesson.d + (lesson.d if "out" in solution.stages else 0)
    for (_, term), text in zip(terms, (latex(term) for _, term in terms), strict=True):
        assert text.count(r"\begin{align*}") == 1
        assert term.at is not None


def test_a_saved_page_has_the_colours_of_the_pages():
    light, dark = ([each.ink, each.query, each.key, each.line, each.background] for each in (LIGHT, DARK))
    assert re.findall(r"#[0-9a-f]+\b", PAGE_STYLE.replace("#fff;", "#ffffff;"), re.IGNORECASE) == [*light, *dark]
