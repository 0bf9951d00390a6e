"""A solved lesson as tables: a zip of CSV files, and an NPZ file."""

from __future__ import annotations

import io
import zipfile

import numpy as np

from attention_core.csv_table import csv_table
from attention_core.lessons.sheets import Sheet, sheets
from attention_core.lessons.solve import Solution


def csv_zip(solution: Solution) -> bytes:
    """A zip with one CSV file for each matrix."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for sheet in sheets(solution):
            archive.writestr(f"{sheet.name}.csv", csv_text(sheet))
    return file.getvalue()


def csv_text(sheet: Sheet) -> str:
    """A matrix with labels for its rows and columns, and all digits of its numbers."""
    numbers = ([repr(float(x)) for x in row] for row in sheet.numbers)
    return csv_table("", sheet.columns, zip(sheet.rows, numbers, strict=True))


def npz(solution: Solution) -> bytes:
    """All quantities by name, with a head axis where they have one, and the words."""
    file = io.BytesIO()
    arrays = {
        name: solution.array(name) if solution.array(name).dtype == bool else solution.array(name).astype(np.float64)
        for name in solution.stages
    }
    np.savez(file, words=np.array(solution.lesson.words), **arrays)  # type: ignore[arg-type]
    return file.getvalue()
