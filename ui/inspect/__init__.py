"""The Inspect page: the attention weights in a text, how each is computed, and the next token."""
