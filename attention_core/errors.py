"""The errors of this library; each message says what was expected, what was found, and what to do."""

import re

from attention_core.surrogates import without_surrogates

LONG_WORD = re.compile(r"\S{201,}")
MAX_MESSAGE = 1200  # characters, however long the names in a model's files are


class AttentionLabError(Exception):
    """Base of every error that this library raises on purpose.

    Long words and long messages are shortened; a lone surrogate, which no page can show, becomes U+FFFD.
    """

    def __init__(self, message: str) -> None:
        message = LONG_WORD.sub(lambda word: shorten_middle(word[0], 60), without_surrogates(message))
        super().__init__(shorten_middle(message, MAX_MESSAGE))


def shorten_middle(text: str, most: int) -> str:
    """The text, without its middle when it has more than `most` characters."""
    return text if len(text) <= most else f"{text[: 2 * most // 3]} … {text[-most // 3 :]}"


def is_panic(error: BaseException) -> bool:
    """Whether an error is a panic of a package's Rust code.

    A PanicException is not an Exception, so that it would end a page without a message; and no module has its class.
    """
    return not isinstance(error, Exception) and type(error).__name__ == "PanicException"


class UnknownModelError(AttentionLabError):
    """The name is not in the catalogue, not a folder, and not an id and revision known to the hub."""


class ModelNotFoundError(AttentionLabError):
    """The model is known, but is not on this machine and could not be downloaded."""


class OfflineError(ModelNotFoundError):
    """The model is not on this machine, and the hub cannot be reached or is switched off."""


class AccessError(ModelNotFoundError):
    """The hub denies access to the model: it is gated, private or disabled, or the token is not accepted."""


class DownloadError(ModelNotFoundError):
    """A download was interrupted, or the hub answered with an error; what was downloaded is kept."""


class DownloadCancelled(ModelNotFoundError):
    """The caller stopped a download; what was downloaded is kept."""


class NotTheHubError(DownloadError):
    """The answer did not come from the hub."""


class DiskError(ModelNotFoundError):
    """The hub's cache cannot be written: its disk is full, or it is read-only."""


class DigestError(AttentionLabError):
    """A file's digest differs from the one in the catalogue or on the hub."""


class CheckpointError(AttentionLabError):
    """A file or tensor of a model is missing, unexpected or malformed."""


class TokenizerError(CheckpointError):
    """A tokenizer is malformed or exceeds a limit, or its code fails on a text."""


class PickleError(CheckpointError):
    """The only weights are pickles, which can run any code when they are read."""


class HeaderError(CheckpointError):
    """The header of a safetensors file, or an index of shards, is malformed."""


class TruncatedError(CheckpointError):
    """A safetensors file is shorter than its header declares."""


class MissingShardError(CheckpointError):
    """A file listed in the index of a sharded checkpoint is missing."""


class DtypeError(CheckpointError):
    """A tensor has an unsupported type."""


class ShapeError(CheckpointError):
    """A tensor's shape differs from the one that the configuration implies."""


class UnsupportedConfigError(AttentionLabError):
    """The configuration requires something that would not be computed exactly; the message ends with what to do."""

    def __init__(self, problem: str, advice: str = "Use another model, or correct this if it is a mistake.") -> None:
        super().__init__(f"{problem} {advice}")


class InputError(AttentionLabError, ValueError):
    """The input cannot be run or found: no tokens, ids outside the vocabulary, a layer that does not exist."""


class SideError(InputError, AttributeError):
    """An attribute that the encoder and the decoder each have was read from an encoder–decoder."""


class NonFiniteError(InputError):
    """A run over the input computes numbers that are infinite or NaN."""


class MissingPackageError(AttentionLabError, ImportError):
    """This needs a package that is not installed."""


class SettingError(AttentionLabError):
    """An environment variable of this library has an invalid value."""
