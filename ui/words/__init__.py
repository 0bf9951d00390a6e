"""The sentences of the pages, computed from what is shown."""
