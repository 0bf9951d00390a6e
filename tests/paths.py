"""Paths of the application and the stored models."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
APP = ROOT / "app.py"
REFERENCE = ROOT / "tests" / "reference"
BERT = REFERENCE / "bert"
