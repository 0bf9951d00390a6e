"""A small attention layer whose every number is set by a person."""
