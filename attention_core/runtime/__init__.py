"""A run: the declaration of a model carried out over its inputs, stage by stage, in order and in blocks."""
