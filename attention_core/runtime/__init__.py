"""A run: the declaration of a model carried out over its inputs."""
