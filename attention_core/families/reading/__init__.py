"""What reads the families' tables: the language they are written in, and the checks of configurations and tensors."""
