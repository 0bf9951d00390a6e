"""What can go wrong, in words a person can act on: what was expected, what was found, what to do."""

import re

LONG_WORD = re.compile(r"\S{201,}")
LONGEST = 1200  # characters of a message, whatever a model's files say


class AttentionLabError(Exception):
    """Base of every error that this library raises on purpose; what is long in its message is shortened."""

    def __init__(self, message: str) -> None:
        super().__init__(shortened(LONG_WORD.sub(lambda found: shortened(found[0], 60), message), LONGEST))


def shortened(text: str, most: int) -> str:
    """A text without its middle, where it has more characters than `most`."""
    return text if len(text) <= most else f"{text[: 2 * most // 3]} … {text[-most // 3 :]}"


class UnknownModelError(AttentionLabError):
    """The name is neither in the catalogue, nor a folder, nor an id or a revision that the hub knows."""


class ModelNotFoundError(AttentionLabError):
    """The model is known, but stands nowhere on this machine and could not be downloaded."""


class OfflineError(ModelNotFoundError):
    """The model is not on this machine, and the hub cannot be reached or may not be asked."""


class AccessError(ModelNotFoundError):
    """The hub does not give the model to this person: it is gated or private, or the token is not accepted."""


class DownloadError(ModelNotFoundError):
    """A download broke off, or the hub answered with an error; what has arrived is kept."""


class DownloadCancelled(ModelNotFoundError):
    """Whoever asked for a download stopped it; what has arrived is kept."""


class NotTheHubError(DownloadError):
    """What answered in the place of the hub is not the hub."""


class DiskError(ModelNotFoundError):
    """The hub's cache cannot be written to: its disk is full, or it is read-only."""


class DigestError(AttentionLabError):
    """A file's digest is not the one that the catalogue or the hub records."""


class CheckpointError(AttentionLabError):
    """A model folder lacks a file or a tensor, has one too many, or one of the wrong shape."""


class PickleError(CheckpointError):
    """The weights are there as pickles alone, which can run any code when they are read."""


class HeaderError(CheckpointError):
    """A safetensors file's header, or an index of shards, does not say what such a file must say."""


class TruncatedError(CheckpointError):
    """A safetensors file ends before the numbers do that its header announces."""


class MissingShardError(CheckpointError):
    """A file is missing that the index of a sharded checkpoint names."""


class DtypeError(CheckpointError):
    """A tensor's numbers are of a type that is not read here."""


class ShapeError(CheckpointError):
    """A tensor's shape is not the one that the configuration implies."""


class UnsupportedConfigError(AttentionLabError):
    """The configuration asks for something that would not be computed exactly."""


class InputError(AttentionLabError):
    """What is given cannot be run: no tokens, too many, ids out of the vocabulary, an image of another kind."""


class NonFiniteError(InputError):
    """A run over what is given makes numbers that are infinite or not a number."""


class SettingError(AttentionLabError):
    """An environment variable of this library says something that it cannot mean."""
