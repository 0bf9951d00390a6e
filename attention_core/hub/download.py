"""Download a model from the hub into its local cache: plan, progress, resuming after an interruption.

huggingface_hub does not keep partial files, so the bytes are downloaded here, under the name they have in its cache,
and it then links them. It is imported only when needed: the import is slow, and most loads need no hub.
"""

import hashlib
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from attention_core.config.model_config import is_integer
from attention_core.errors import CheckpointError, DigestError, DownloadError, OfflineError
from attention_core.hub.errors import disk_errors, hub_errors, not_the_hub
from attention_core.hub.progress import Meter, Report, format_size
from attention_core.weights.tensors import INDEX, WEIGHTS, refuse_without_weights, shard_map, shard_names

if TYPE_CHECKING:
    from huggingface_hub.hf_api import RepoSibling

COMMIT, DIGEST = re.compile("[0-9a-f]{40}"), re.compile("[0-9a-f]{40}|[0-9a-f]{64}")
MAX_ATTEMPTS = 4  # in a row that download nothing
RETRY_PAUSE = 1.0  # seconds before the next attempt
LOCK_TIMEOUT = 0.2  # seconds to wait for a file that another download holds before progress is reported again


@dataclass(frozen=True)
class RemoteFile:
    """A file on the hub; its digest, SHA-256 for a large file and git's SHA-1 for a small one, names it in the cache.
    """

    name: str
    size: int
    digest: str


@dataclass(frozen=True)
class DownloadPlan:
    """A model's files at one commit, and the folder of the cache that holds their contents.

    absent: the files that it may have, and the hub has not
    """

    hub_id: str
    revision: str
    commit: str
    blobs: Path
    files: tuple[RemoteFile, ...]
    absent: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """The bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def downloaded(self) -> int:
        """The bytes already in the cache, those of interrupted downloads included."""
        return sum(file.size if self.is_complete(file) else file_size(self.partial(file)) for file in self.files)

    @property
    def remaining(self) -> int:
        """The bytes still to download."""
        return self.size - self.downloaded

    def blob(self, file: RemoteFile) -> Path:
        """The path of a file's content in the cache."""
        return self.blobs / file.digest

    def is_complete(self, file: RemoteFile) -> bool:
        """Whether all of a file is in the cache."""
        return self.blob(file).is_file() and file_size(self.blob(file)) == file.size

    def partial(self, file: RemoteFile) -> Path:
        """The path of a partly downloaded file."""
        return self.blobs / f"{file.digest}.incomplete"

    def lock(self, file: RemoteFile) -> Path:
        """The lock that huggingface_hub also takes while it downloads a file."""
        repo = self.blobs.parent
        return repo.parent / ".locks" / repo.name / f"{file.digest}.lock"

    def subset(self, *names: str) -> "DownloadPlan":
        """The plan for some of its files only."""
        return replace(self, files=tuple(file for file in self.files if file.name in names))


def file_size(path: Path) -> int:
    """A file's size in bytes; 0 when it does not exist."""
    return path.stat().st_size if path.is_file() else 0


def plan_download(hub_id: str, revision: str, required: Sequence[str], optional: Sequence[str]) -> DownloadPlan:
    """Ask the hub for a model's files: all of `required`, those of `optional` that exist, and the weights.

    Raises the errors of hub_errors; PickleError or CheckpointError when a file is not on the hub.
    """
    from huggingface_hub import constants
    from huggingface_hub.file_download import repo_folder_name

    blobs = Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=hub_id, repo_type="model") / "blobs"
    with disk_errors(blobs):
        commit, siblings = ask_hub(hub_id, revision)
    names = [*required, *(name for name in optional if name in siblings)]
    absent = tuple(name for name in optional if name not in siblings)
    plan = DownloadPlan(hub_id, revision, commit, blobs, tuple(remote_file(siblings, name) for name in names), absent)
    if WEIGHTS in siblings:
        weights = [WEIGHTS]
    elif INDEX in siblings:
        folder = fetch(replace(plan, files=(remote_file(siblings, INDEX),)))
        weights = [INDEX, *shard_names(shard_map((folder / INDEX).read_bytes()))]
    else:
        refuse_without_weights(set(siblings))
    return replace(plan, files=(*plan.files, *(remote_file(siblings, name) for name in weights)))


def ask_hub(hub_id: str, revision: str) -> "tuple[str, dict[str, RepoSibling]]":
    """The commit of a revision, and the hub's entry for each of its files; NotTheHubError for any other answer."""
    from huggingface_hub import HfApi, constants
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    with hub_errors(hub_id, revision):
        try:
            info = HfApi().model_info(
                hub_id, revision=revision, files_metadata=True, timeout=constants.HF_HUB_ETAG_TIMEOUT
            )
            if COMMIT.fullmatch(info.sha or ""):
                return str(info.sha), {sibling.rfilename: sibling for sibling in info.siblings or ()}
        except (HFValidationError, HfHubHTTPError):  # hub_errors handles these
            raise
        except (AttributeError, LookupError, TypeError, ValueError) as problem:
            raise not_the_hub() from problem
    raise not_the_hub()


def remote_file(siblings: "Mapping[str, RepoSibling]", name: str) -> RemoteFile:
    """A file's name, size and digest on the hub; CheckpointError when the hub does not have it."""
    if (entry := siblings.get(name)) is None:
        raise CheckpointError(f"The model has no {name} on the hub.")
    size, digest = (entry.lfs.size, entry.lfs.sha256) if entry.lfs else (entry.size, entry.blob_id)
    if size is None or not is_integer(size, 0) or not isinstance(digest, str) or not DIGEST.fullmatch(digest):
        raise DownloadError(f"The hub gives no size and digest for {name}. Try again later.")
    return RemoteFile(name, size, digest)


def fetch(plan: DownloadPlan, report: Report | None = None) -> Path:
    """Download a plan's files into the cache, resuming interrupted downloads; returns the model's folder.

    Raises the errors of hub_errors and disk_errors, DigestError, and DownloadCancelled when `report` returns False.
    """
    meter = Meter(plan.size, report)
    with disk_errors(plan.blobs, lambda: plan.remaining):
        for file in plan.files:
            for folder in (plan.blobs, plan.lock(file).parent):
                folder.mkdir(parents=True, exist_ok=True)
            with lock_file(plan, file, meter):
                if not plan.is_complete(file):
                    download_file(plan, file, meter)
                    verify(plan.partial(file), file)
                    plan.partial(file).replace(plan.blob(file))
            meter.finish(file.name, file.size)
        paths = [link_file(plan, file, plan.commit) for file in plan.files]
    return paths[0].parent


def record_revision(plan: DownloadPlan) -> None:
    """Record in the cache which commit the revision stands for, and which files the hub does not have.

    Called once the model is complete.
    """
    with disk_errors(plan.blobs):
        absent = absent_folder(plan.blobs.parent, plan.commit)
        absent.mkdir(parents=True, exist_ok=True)
        for name in plan.absent:
            (absent / name).touch()
        link_file(plan, plan.files[0], plan.revision)


def absent_folder(repo: Path, commit: str) -> Path:
    """Where huggingface_hub's cache has an empty file for each file that the hub does not have."""
    return repo / ".no_exist" / commit


def is_known_absent(folder: Path, file: str) -> bool:
    """Whether the cache records that the hub does not have a file of a model's folder."""
    return (absent_folder(folder.parent.parent, folder.name) / file).is_file()


def link_file(plan: DownloadPlan, file: RemoteFile, revision: str) -> Path:
    """Link a file whose content is in the cache into its model's folder; returns its path there."""
    from huggingface_hub import hf_hub_download

    with hub_errors(plan.hub_id, plan.revision):
        return Path(hf_hub_download(plan.hub_id, file.name, revision=revision))


def lock_file(plan: DownloadPlan, file: RemoteFile, meter: Meter) -> ExitStack:
    """The lock of a file, held until the block ends; while another download holds it, its progress is reported."""
    from filelock import Timeout
    from huggingface_hub.utils import WeakFileLock  # type: ignore[attr-defined]

    while True:
        with suppress(Timeout), ExitStack() as held:
            held.enter_context(WeakFileLock(plan.lock(file), timeout=LOCK_TIMEOUT))
            return held.pop_all()
        meter.update(file.name, file_size(plan.partial(file)))


def download_file(plan: DownloadPlan, file: RemoteFile, meter: Meter) -> None:
    """Download the rest of a file, retrying when the connection breaks; DownloadError after MAX_ATTEMPTS."""
    partial = plan.partial(file)
    if file_size(partial) > file.size:
        partial.unlink()
    failed = 0
    while (size_before := file_size(partial)) < file.size or not partial.exists():
        try:
            with hub_errors(plan.hub_id, plan.revision):
                append_missing(plan, file, meter)
        except (DownloadError, OfflineError) as error:
            failed = 0 if file_size(partial) > size_before else failed + 1
            if failed == MAX_ATTEMPTS:
                raise DownloadError(
                    f"The download of {file.name} was interrupted after {format_size(file_size(partial))} of "
                    f"{format_size(file.size)}. Try again: it continues from there."
                ) from error
            meter.update(file.name, file_size(partial))
            time.sleep(RETRY_PAUSE)


def append_missing(plan: DownloadPlan, file: RemoteFile, meter: Meter) -> None:
    """Request the missing bytes of a file once, and write them as they arrive."""
    from huggingface_hub import constants, get_session, hf_hub_url
    from huggingface_hub.utils import build_hf_headers, hf_raise_for_status  # type: ignore[attr-defined]

    partial = plan.partial(file)
    at = file_size(partial)
    headers = build_hf_headers() | {"Accept-Encoding": "identity"} | ({"Range": f"bytes={at}-"} if at else {})
    url = hf_hub_url(plan.hub_id, file.name, revision=plan.commit)
    with get_session().stream("GET", url, headers=headers, timeout=constants.HF_HUB_DOWNLOAD_TIMEOUT) as response:
        hf_raise_for_status(response)
        if response.status_code != 206:  # the server ignored the range and sends the whole file
            at = 0
        with partial.open("ab" if at else "wb") as out:
            for chunk in response.iter_raw():
                at += out.write(chunk[: file.size - at])
                meter.update(file.name, at, len(chunk))
    if at < file.size:
        raise DownloadError(f"The hub sent {at} of {file.size} bytes of {file.name}. Try again.")


def verify(path: Path, file: RemoteFile) -> None:
    """Compare a downloaded file with the hub's digest; removes it and raises DigestError when they differ."""
    if (actual := file_digest(path, len(file.digest))) != file.digest:
        path.unlink()
        raise DigestError(
            f"{file.name} was corrupted on the way: its digest is {actual}, not {file.digest} as on the hub. It has "
            "been removed; try again."
        )


def file_digest(path: Path, digits: int) -> str:
    """The hub's digest of a file's content: SHA-256 for 64 digits, git's SHA-1 for 40."""
    with path.open("rb") as content:
        if digits == 64:
            return hashlib.file_digest(content, "sha256").hexdigest()
        header = f"blob {file_size(path)}\0".encode()
        return hashlib.file_digest(content, lambda: hashlib.sha1(header, usedforsecurity=False)).hexdigest()


@contextmanager
def evict_corrupt_files(folder: Path) -> Iterator[None]:
    """While a model is read: when that fails, files corrupted in the hub's cache are removed, and the error says so."""
    try:
        yield
    except (CheckpointError, DigestError) as problem:
        if not remove_broken(folder):
            raise
        raise type(problem)(
            f"{str(problem).removesuffix('.')}. The file was corrupted in the hub's cache and has been removed: load "
            "the model again to download it anew."
        ) from problem


def remove_broken(folder: Path) -> bool:
    """Remove the files whose digest differs from their name in the hub's cache; returns whether there were any."""
    removed = False
    with suppress(OSError):
        blobs = folder.resolve().parent.parent / "blobs"
        for file in map(Path.resolve, folder.iterdir()):
            is_blob = file.parent == blobs and DIGEST.fullmatch(file.name) and file.is_file()
            if is_blob and file_digest(file, len(file.name)) != file.name:
                file.unlink()
                removed = True
    return removed
