"""The families of models: one small table each, and the registry that finds the table of a configuration."""
