"""How a number is computed, step by step, as the values that `components/arithmetic.py` draws."""
