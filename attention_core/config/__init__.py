"""A model's configuration: its sizes and traits, positional encodings, masks and image input."""
