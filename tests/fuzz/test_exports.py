"""Exports of a lesson with any words: text that can be written, and in which no word becomes code."""

import ast
import html.parser
import io
import json
import re
import zipfile

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from attention_core.lessons.export_latex import latex_document
from attention_core.lessons.export_page import html_page
from attention_core.lessons.export_script import script
from attention_core.lessons.export_tables import csv_zip, npz
from attention_core.lessons.lesson_file import from_json, to_json
from attention_core.lessons.presets import PRESETS, preset
from attention_core.lessons.solve import solve
from attention_core.plot.svg import heatmap_svg
from tests.attention_core.test_csv_table import is_formula, spreadsheet_cells
from tests.fuzz.bounded import SURROGATES, bounded, examples

SIGNS = st.sampled_from([*"=+-@;,|\t\r\n\"'<>&{}\\$%#_^~ \u2028\x00", "</script>", "<svg onload=1>", "\\input{x}"])
WORDS = st.lists(SIGNS | st.characters() | SURROGATES, max_size=6).map("".join).map(lambda word: word[:24])


class Tags(html.parser.HTMLParser):
    """The tags of a page, and the names of their attributes."""

    def __init__(self):
        super().__init__()
        self.found = set()

    def handle_starttag(self, tag, attrs):
        self.found |= {tag, *(f"{tag} {name}" for name, _ in attrs)}


def tags(text):
    reader = Tags()
    reader.feed(text)
    return reader.found


@st.composite
def solutions(draw):
    """A preset with other words, solved."""
    content = json.loads(to_json(preset(draw(st.sampled_from(list(PRESETS))))))
    count = len(content["words"])
    return solve(from_json(json.dumps(content | {"words": draw(st.lists(WORDS, min_size=count, max_size=count))})))


PLAIN = solve(preset("heads"))
TAGS = set().union(*(tags(html_page(solve(preset(name)), 0)) for name in PRESETS))


@examples(30, 500)
@given(solution=solutions())
def test_tables(solution):
    with bounded():
        archive = zipfile.ZipFile(io.BytesIO(csv_zip(solution)))
        for name in archive.namelist():
            text = archive.read(name).decode()
            for separator in ",;\t|":
                assert not list(filter(is_formula, spreadsheet_cells(text, separator)))
        held = np.load(io.BytesIO(npz(solution)), allow_pickle=False)
        assert len(held["words"]) == len(solution.lesson.words)


@examples(20, 300)
@given(solution=solutions())
def test_a_script(solution):
    with bounded():
        tree = ast.parse(script(solution.lesson))
        (words,) = (each.value for each in tree.body if isinstance(each, ast.Assign)
                    and ast.unparse(each.targets[0]) == "words")  # fmt: skip
        assert ast.literal_eval(words) == list(solution.lesson.words)
        assert {type(each) for each in tree.body} <= {type(each) for each in ast.parse(script(PLAIN.lesson)).body}


@examples(20, 300)
@given(solution=solutions())
def test_a_page(solution):
    with bounded():
        text = html_page(solution, 0)
        assert text.encode()
        assert tags(text) <= TAGS


@examples(20, 300)
@given(solution=solutions())
def test_a_latex_document(solution):
    with bounded():
        text = latex_document(solution, 0)
        assert text.encode()
        commands = set(re.findall(r"\\(?:input|include|write|openin|csname|def|catcode)\b", text))
        assert not commands
        plain = re.sub(r"\\[\\{}$&#%_]", "", text)
        assert plain.count("{") == plain.count("}")


@examples(20, 300)
@given(words=st.lists(WORDS, min_size=3, max_size=3))
def test_a_picture(words):
    with bounded():
        given = [word.encode(errors="replace").decode() for word in words]  # tokens have no lone surrogates
        text = heatmap_svg(np.eye(3), given, title=given[0])
        assert text.encode()
        assert tags(text) <= tags(heatmap_svg(np.eye(3), ["a", "b", "c"], title="a"))
