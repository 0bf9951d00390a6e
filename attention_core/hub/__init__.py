"""The catalogue of models, downloads from the hub into its local cache, and their progress."""
