"""Quantities of a computation as matrices that `components/grid.py` draws: what part is shown, what a cell opens."""
