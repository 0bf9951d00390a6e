"""The schema of the families' tables, and the functions that read configurations and tensors by them."""
