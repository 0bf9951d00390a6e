"""The model families that are computed exactly, each a table."""
