"""Where the application and the stored models are."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
APP = ROOT / "app.py"
REFERENCE = ROOT / "tests" / "reference"
BERT = REFERENCE / "bert"
