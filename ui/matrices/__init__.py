"""Quantities of a computation as matrices for `components/grid.py`: the part that is shown, and what a cell opens."""
