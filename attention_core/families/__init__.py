"""The families of models, one small table each, and the registry that finds the table for a configuration."""
