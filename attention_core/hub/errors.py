"""What the hub, the network and the disk answer, as this library's errors."""

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from attention_core.errors import (
    AccessError,
    AttentionLabError,
    CheckpointError,
    DiskError,
    DownloadError,
    NotTheHubError,
    OfflineError,
    UnknownModelError,
)
from attention_core.hub.progress import amount

FULL = {errno.ENOSPC, errno.EDQUOT}


@contextmanager
def hub_errors(hub_id: str, revision: str) -> Iterator[None]:
    """Turns whatever a request to the hub raises into one of this library's errors."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OfflineModeIsEnabled

    try:
        yield
    except OfflineModeIsEnabled as error:
        raise OfflineError(
            f"{hub_id} is not on this machine, and HF_HUB_OFFLINE forbids to ask the model hub for it."
        ) from error
    except HFValidationError as error:
        raise UnknownModelError(f"{hub_id!r} cannot be the id of a model on the hub.") from error
    except HfHubHTTPError as error:
        raise answered(error, hub_id, revision) from error
    except (httpx2.ConnectError, httpx2.ConnectTimeout, LocalEntryNotFoundError) as error:
        raise OfflineError(
            f"{hub_id} is not on this machine, and the model hub cannot be reached. Connect to the internet and try "
            "again; what has arrived already is kept."
        ) from error
    except httpx2.HTTPError as error:
        raise DownloadError(
            f"The connection to the model hub broke off while {hub_id} was asked for. Try again; what has arrived "
            "already is kept."
        ) from error


def answered(error: Exception, hub_id: str, revision: str) -> AttentionLabError:
    """The error that an answer of the hub stands for, by its status and its own code."""
    from huggingface_hub import constants, get_token
    from huggingface_hub.errors import (
        DisabledRepoError,
        EntryNotFoundError,
        GatedRepoError,
        HfHubHTTPError,
        RevisionNotFoundError,
    )

    assert isinstance(error, HfHubHTTPError)
    status = error.response.status_code
    if isinstance(error, GatedRepoError):
        return AccessError(
            f"{hub_id} is gated: agree to its terms at {constants.ENDPOINT}/{hub_id}, and put a token of the account "
            "that agreed into the environment variable HF_TOKEN."
        )
    if isinstance(error, DisabledRepoError):
        return AccessError(f"The hub has disabled {hub_id}: it gives it to nobody.")
    if isinstance(error, RevisionNotFoundError):
        return UnknownModelError(f"{hub_id} has no revision {revision!r} on the hub.")
    if isinstance(error, EntryNotFoundError):
        return CheckpointError(f"A file of {hub_id} is not on the hub any more. Try again.")
    if status in (401, 403):
        if get_token():
            return AccessError(
                f"The hub does not give {hub_id} to the account of the token in use: the environment variable "
                "HF_TOKEN needs one that may read it."
            )
        return AccessError(
            f"The hub knows no public model {hub_id}. Check its spelling; if it is private, put a token that may read "
            "it into the environment variable HF_TOKEN."
        )
    if status == 404:
        return UnknownModelError(f"The hub has no model {hub_id}. Check its spelling.")
    if status == 429:
        return DownloadError("The model hub was asked too often and wants a pause. Try again in some minutes.")
    return DownloadError(f"The model hub answered with error {status} when {hub_id} was asked for. Try again later.")


def no_hub() -> NotTheHubError:
    """The error for an answer that describes no model."""
    return NotTheHubError(
        "What answered in the place of the model hub is not the hub: a page to log in to a network first, or a proxy? "
        "Open the hub in a browser, and try again."
    )


@contextmanager
def disk_errors(folder: Path, missing: Callable[[], int] = lambda: 0) -> Iterator[None]:
    """DiskError when the bytes that are missing do not fit on a folder's disk, before or while they are written."""
    try:
        if free(folder) < missing():
            raise full(missing(), free(folder))
        yield
    except OSError as error:
        if error.errno in FULL:
            raise full(missing(), free(folder)) from error
        raise DiskError(
            f"The hub's cache cannot be used: {error.strerror or error}. Set the environment variable HF_HOME to a "
            "folder that can be written to."
        ) from error


def free(folder: Path) -> int:
    """The bytes that are free on the disk of a folder, which need not be there yet."""
    return shutil.disk_usage(next(place for place in (folder, *folder.parents) if os.path.exists(place))).free


def full(needed: int, free: int) -> DiskError:
    """The error for a disk without room: for the bytes that are needed, or for any file, as when a quota is reached."""
    room = f"{amount(free)} are free"
    lack = f"{amount(needed)} are needed, {room}" if free < needed else f"it takes nothing more, though {room}"
    return DiskError(
        f"The disk of the hub's cache is full: {lack}. Free some, or set the environment variable HF_HOME to a folder "
        "on another disk; what has arrived is kept."
    )
