"""Quantities of a computation as matrices: which part is shown, and what each cell opens."""
