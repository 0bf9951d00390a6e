"""What can go wrong, in words a person can act on: what was expected, what was found, what to do."""


class AttentionLabError(Exception):
    """Base of every error that this library raises on purpose."""


class UnknownModelError(AttentionLabError):
    """The name is neither in the catalogue, nor a folder, nor shaped like a hub id."""


class ModelNotFoundError(AttentionLabError):
    """The model is known, but stands nowhere on this machine and could not be downloaded."""


class DigestError(AttentionLabError):
    """A file's SHA-256 is not the one that the catalogue records."""


class CheckpointError(AttentionLabError):
    """A model folder lacks a file or a tensor, has one too many, or one of the wrong shape."""


class UnsupportedConfigError(AttentionLabError):
    """The configuration asks for something that would not be computed exactly."""


class InputError(AttentionLabError):
    """The ids or the text given cannot be run: none, too many, or out of the vocabulary."""
