"""A table of numbers as CSV, none of whose labels a spreadsheet reads as a formula."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

# A spreadsheet may split lines at a comma, a semicolon, a tab or a bar, whatever this file's separator is. A cell with
# one of these signs first, also after spaces and quotation marks, is a formula, in some of them with wide signs too.
FORMULA = re.compile(r"(?:^|(?<=[,;\t|\r\n\v\f\x85\u2028\u2029]))(?=[\s\"]*[=+\-@\t\r＝＋－＠])")


def csv_table(corner: str, columns: Iterable[str], rows: Iterable[tuple[str, Sequence[str]]]) -> str:
    """A table with labels for its rows and columns.

    corner: the label of the labels
    rows:   the label of each row, and its numbers as text
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([corner, *map(without_formula, columns)])
    for label, numbers in rows:
        writer.writerow([without_formula(label), *numbers])
    return out.getvalue()


def without_formula(label: str) -> str:
    """A label that a spreadsheet reads as text, with an apostrophe before each part that would be a formula."""
    return FORMULA.sub("'", label)
