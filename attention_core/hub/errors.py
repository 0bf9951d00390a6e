"""Errors of the hub, the network and the disk, as this library's errors."""

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
    is_panic,
)
from attention_core.hub.progress import format_size

DISK_FULL = {errno.ENOSPC, errno.EDQUOT}


@contextmanager
def hub_errors(hub_id: str, revision: str) -> Iterator[None]:
    """Turn the errors of a request to the hub into this library's errors."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OfflineModeIsEnabled

    try:
        yield
    except OfflineModeIsEnabled as error:
        raise OfflineError(
            f"{hub_id} is not on this machine, and HF_HUB_OFFLINE forbids downloading it. Unset that environment "
            "variable to download it."
        ) from error
    except HFValidationError as error:
        raise UnknownModelError(f"{hub_id!r} is not a valid hub id. Check its spelling.") from error
    except HfHubHTTPError as error:
        raise response_error(error, hub_id, revision) from error
    except (httpx2.ConnectError, httpx2.ConnectTimeout, LocalEntryNotFoundError) as error:
        raise OfflineError(
            f"{hub_id} is not on this machine, and the model hub cannot be reached. Connect to the internet and try "
            "again; what was downloaded is kept."
        ) from error
    except httpx2.HTTPError as error:
        raise DownloadError(
            f"The connection to the model hub broke while requesting {hub_id}. Try again; what was downloaded is kept."
        ) from error
    except BaseException as error:
        if is_panic(error):  # of the hub client's own transfer
            raise DownloadError(f"The download of {hub_id} failed: {error}. Try again.") from error
        raise


def response_error(error: Exception, hub_id: str, revision: str) -> AttentionLabError:
    """The error for a response of the hub, by its status and error code."""
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
            f"{hub_id} is gated: accept its terms at {constants.ENDPOINT}/{hub_id}, and set the environment variable "
            "HF_TOKEN to a token of the account that accepted them."
        )
    if isinstance(error, DisabledRepoError):
        return AccessError(f"The hub has disabled {hub_id}: nobody can download it. Choose another model.")
    if isinstance(error, RevisionNotFoundError):
        return UnknownModelError(f"{hub_id} has no revision {revision!r} on the hub. Check its spelling.")
    if isinstance(error, EntryNotFoundError):
        return CheckpointError(f"A file of {hub_id} is no longer on the hub. Try again.")
    if status in (401, 403):
        if get_token():
            return AccessError(
                f"The token in use has no access to {hub_id}. Set the environment variable HF_TOKEN to one that can "
                "read it."
            )
        return AccessError(
            f"The hub has no public model {hub_id}. Check its spelling; if it is private, set the environment variable "
            "HF_TOKEN to a token that can read it."
        )
    if status == 404:
        return UnknownModelError(f"The hub has no model {hub_id}. Check its spelling.")
    if status == 429:
        return DownloadError("The model hub received too many requests. Try again in a few minutes.")
    return DownloadError(f"The model hub answered the request for {hub_id} with error {status}. Try again later.")


def not_the_hub() -> NotTheHubError:
    """The error for an answer that does not describe a model."""
    return NotTheHubError(
        "The answer did not come from the model hub, but perhaps from a network's login page or a proxy. Open the hub "
        "in a browser, then try again."
    )


@contextmanager
def disk_errors(folder: Path, missing: Callable[[], int] = lambda: 0) -> Iterator[None]:
    """DiskError when the `missing` bytes do not fit on a folder's disk, before or while they are written."""
    try:
        if free_space(folder) < missing():
            raise disk_full(missing(), free_space(folder))
        yield
    except OSError as error:
        if error.errno in DISK_FULL:
            raise disk_full(missing(), free_space(folder)) from error
        raise DiskError(
            f"The hub's cache cannot be used: {error.strerror or error}. Set the environment variable HF_HOME to a "
            "folder that you can write to."
        ) from error


def free_space(folder: Path) -> int:
    """The free bytes on the disk of a folder, which need not exist yet."""
    return shutil.disk_usage(next(path for path in (folder, *folder.parents) if os.path.exists(path))).free


def disk_full(needed: int, free: int) -> DiskError:
    """The error for a full disk: with too few free bytes, or with a quota that is reached."""
    room = f"{format_size(free)} are free"
    reason = f"{format_size(needed)} are needed, {room}" if free < needed else f"a quota may be reached, {room}"
    return DiskError(
        f"The disk of the hub's cache is full: {reason}. Free some space, or set the environment variable HF_HOME to a "
        "folder on another disk; what was downloaded is kept."
    )
