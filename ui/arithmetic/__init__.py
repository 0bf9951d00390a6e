"""How a number is computed, step by step, as data for `components/arithmetic.py`."""
