"""Download a model from the hub into its local cache: what it takes, how far it is, going on after a break.

huggingface_hub keeps no partial file, so the bytes are fetched here, under the name that they will have in its
cache, and it is then asked to link them. It is imported when needed: that takes a while, and most loads need no hub.
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
from attention_core.hub.errors import disk_errors, hub_errors, no_hub
from attention_core.hub.progress import Meter, Report, amount
from attention_core.text.tokenizer import lacking
from attention_core.weights.tensors import INDEX, WEIGHTS, refuse_without_weights, shard_map, shard_names

if TYPE_CHECKING:
    from huggingface_hub.hf_api import RepoSibling

COMMIT, DIGEST = re.compile("[0-9a-f]{40}"), re.compile("[0-9a-f]{40}|[0-9a-f]{64}")
ATTEMPTS = 4  # that bring nothing new, one after another
PAUSE = 1.0  # seconds before the next attempt
WAIT = 0.2  # seconds after which it is asked whether to wait on for a file that another download fetches


@dataclass(frozen=True)
class RemoteFile:
    """A file on the hub. digest: SHA-256 of a large file, git's SHA-1 of a small one; also its name in the cache."""

    name: str
    size: int
    digest: str


@dataclass(frozen=True)
class DownloadPlan:
    """What a model's download takes: its files at one commit, and where the cache keeps their contents."""

    hub_id: str
    revision: str
    commit: str
    blobs: Path
    files: tuple[RemoteFile, ...]

    @property
    def size(self) -> int:
        """All files, in bytes."""
        return sum(file.size for file in self.files)

    @property
    def arrived(self) -> int:
        """The bytes that are here already, those of broken downloads included."""
        return sum(file.size if self.is_whole(file) else length(self.partial(file)) for file in self.files)

    @property
    def missing(self) -> int:
        """The bytes that are still to come."""
        return self.size - self.arrived

    def whole(self, file: RemoteFile) -> Path:
        """Where the cache keeps a file's content."""
        return self.blobs / file.digest

    def is_whole(self, file: RemoteFile) -> bool:
        """Whether all of a file is in the cache."""
        return self.whole(file).is_file() and length(self.whole(file)) == file.size

    def partial(self, file: RemoteFile) -> Path:
        """Where the beginning of a file stands while the rest is on its way."""
        return self.blobs / f"{file.digest}.incomplete"

    def lock(self, file: RemoteFile) -> Path:
        """The lock that huggingface_hub, too, takes while it fetches a file."""
        repo = self.blobs.parent
        return repo.parent / ".locks" / repo.name / f"{file.digest}.lock"

    def only(self, *names: str) -> "DownloadPlan":
        """The same plan for some of its files."""
        return replace(self, files=tuple(file for file in self.files if file.name in names))


def length(path: Path) -> int:
    """A file's size in bytes; 0 when there is none."""
    return path.stat().st_size if path.is_file() else 0


def plan_download(hub_id: str, revision: str, others: Sequence[str], either: Sequence[str]) -> DownloadPlan:
    """Ask the hub what a model consists of: the files `others`, at least one of `either`, and its weights.

    Raises what hub_errors names; PickleError or CheckpointError when the hub lacks a file that is needed.
    """
    from huggingface_hub import constants
    from huggingface_hub.file_download import repo_folder_name

    blobs = Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=hub_id, repo_type="model") / "blobs"
    with disk_errors(blobs):
        commit, there = ask(hub_id, revision)
    others = [*others, *([name for name in either if name in there] or either[:1])]
    plan = DownloadPlan(hub_id, revision, commit, blobs, tuple(remote(there, name) for name in others))
    if WEIGHTS in there:
        weights = [WEIGHTS]
    elif INDEX in there:
        folder = fetch(replace(plan, files=(remote(there, INDEX),)))
        weights = [INDEX, *shard_names(shard_map((folder / INDEX).read_bytes()))]
    else:
        refuse_without_weights(set(there))
    return replace(plan, files=(*plan.files, *(remote(there, name) for name in weights)))


def ask(hub_id: str, revision: str) -> "tuple[str, dict[str, RepoSibling]]":
    """The commit that a revision stands for and what the hub says of its files; NotTheHubError when that is nothing."""
    from huggingface_hub import HfApi, constants
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    with hub_errors(hub_id, revision):
        try:
            info = HfApi().model_info(
                hub_id, revision=revision, files_metadata=True, timeout=constants.HF_HUB_ETAG_TIMEOUT
            )
            if COMMIT.fullmatch(info.sha or ""):
                return str(info.sha), {sibling.rfilename: sibling for sibling in info.siblings or ()}
        except (HFValidationError, HfHubHTTPError):  # which hub_errors knows
            raise
        except (AttributeError, LookupError, TypeError, ValueError) as problem:
            raise no_hub() from problem
    raise no_hub()


def remote(there: "Mapping[str, RepoSibling]", name: str) -> RemoteFile:
    """What the hub says of a file; CheckpointError when it does not have it."""
    if (found := there.get(name)) is None:
        raise CheckpointError(f"The model has no {name} on the hub.{lacking(name, there)}")
    size, digest = (found.lfs.size, found.lfs.sha256) if found.lfs else (found.size, found.blob_id)
    if size is None or not is_integer(size, 0) or not isinstance(digest, str) or not DIGEST.fullmatch(digest):
        raise DownloadError(f"The hub does not tell the size and digest of {name}.")
    return RemoteFile(name, size, digest)


def fetch(plan: DownloadPlan, report: Report | None = None) -> Path:
    """Bring all files of a plan into the cache, going on where an earlier download broke off; the folder they are in.

    Raises what hub_errors and disk_errors name, DigestError, and DownloadCancelled when `report` returns False.
    """
    meter = Meter(plan.size, report)
    with disk_errors(plan.blobs, lambda: plan.missing):
        for file in plan.files:
            for folder in (plan.blobs, plan.lock(file).parent):
                folder.mkdir(parents=True, exist_ok=True)
            with locked(plan, file, meter):
                if not plan.is_whole(file):
                    bring(plan, file, meter)
                    check(plan.partial(file), file)
                    plan.partial(file).replace(plan.whole(file))
            meter.finish(file.name, file.size)
        places = [link(plan, file, plan.commit) for file in plan.files]
    return places[0].parent


def remember(plan: DownloadPlan) -> None:
    """Let the cache know which commit the revision stands for; done once the whole model is there."""
    with disk_errors(plan.blobs):
        link(plan, plan.files[0], plan.revision)


def link(plan: DownloadPlan, file: RemoteFile, revision: str) -> Path:
    """Where a file whose content is in the cache stands among those of its model."""
    from huggingface_hub import hf_hub_download

    with hub_errors(plan.hub_id, plan.revision):
        return Path(hf_hub_download(plan.hub_id, file.name, revision=revision))


def locked(plan: DownloadPlan, file: RemoteFile, meter: Meter) -> ExitStack:
    """The lock of a file, held until the block ends; until it is free, what another download brings is told."""
    from filelock import Timeout
    from huggingface_hub.utils import WeakFileLock  # type: ignore[attr-defined]

    while True:
        with suppress(Timeout), ExitStack() as held:
            held.enter_context(WeakFileLock(plan.lock(file), timeout=WAIT))
            return held.pop_all()
        meter.tell(file.name, length(plan.partial(file)))


def bring(plan: DownloadPlan, file: RemoteFile, meter: Meter) -> None:
    """Fetch what is missing of a file, trying again when the line breaks."""
    partial = plan.partial(file)
    if length(partial) > file.size:
        partial.unlink()
    failed = 0
    while (have := length(partial)) < file.size or not partial.exists():
        try:
            with hub_errors(plan.hub_id, plan.revision):
                append(plan, file, meter)
        except (DownloadError, OfflineError) as error:
            failed = 0 if length(partial) > have else failed + 1
            if failed == ATTEMPTS:
                raise DownloadError(
                    f"The download of {file.name} broke off after {amount(length(partial))} of "
                    f"{amount(file.size)}. Try again, and it goes on from there."
                ) from error
            meter.tell(file.name, length(partial))
            time.sleep(PAUSE)


def append(plan: DownloadPlan, file: RemoteFile, meter: Meter) -> None:
    """One request for the bytes of a file that are missing, written as they come."""
    from huggingface_hub import constants, get_session, hf_hub_url
    from huggingface_hub.utils import build_hf_headers, hf_raise_for_status  # type: ignore[attr-defined]

    partial = plan.partial(file)
    at = length(partial)
    headers = build_hf_headers() | {"Accept-Encoding": "identity"} | ({"Range": f"bytes={at}-"} if at else {})
    url = hf_hub_url(plan.hub_id, file.name, revision=plan.commit)
    with get_session().stream("GET", url, headers=headers, timeout=constants.HF_HUB_DOWNLOAD_TIMEOUT) as response:
        hf_raise_for_status(response)
        if response.status_code != 206:  # the whole file comes, whatever was asked for
            at = 0
        with partial.open("ab" if at else "wb") as out:
            for chunk in response.iter_raw():
                at += out.write(chunk[: file.size - at])
                meter.tell(file.name, at, len(chunk))
    if at < file.size:
        raise DownloadError(f"The hub sent {at} of {file.size} bytes of {file.name}.")


def check(path: Path, file: RemoteFile) -> None:
    """Compare what has arrived with the digest that the hub announced; what is wrong is removed."""
    if (found := digest(path, len(file.digest))) != file.digest:
        path.unlink()
        raise DigestError(
            f"{file.name} did not arrive as the hub announced it: its digest is {found}, not {file.digest}. It has "
            "been removed; try again."
        )


def digest(path: Path, digits: int) -> str:
    """What the hub calls a file's content by: SHA-256 in 64 digits, or git's SHA-1 in 40."""
    with path.open("rb") as content:
        if digits == 64:
            return hashlib.file_digest(content, "sha256").hexdigest()
        header = f"blob {length(path)}\0".encode()
        return hashlib.file_digest(content, lambda: hashlib.sha1(header, usedforsecurity=False)).hexdigest()


@contextmanager
def evict_corrupt_files(folder: Path) -> Iterator[None]:
    """What is read of a model; what proves to be broken in the hub's cache is removed, and that is told."""
    try:
        yield
    except (CheckpointError, DigestError) as problem:
        if not remove_broken(folder):
            raise
        raise type(problem)(
            f"{str(problem).removesuffix('.')}. It is not as the hub gave it, and has been removed from the cache: "
            "load the model again to fetch it anew."
        ) from problem


def remove_broken(folder: Path) -> bool:
    """Remove what does not have the digest that the hub's cache keeps it under; whether there was such a file."""
    found = False
    with suppress(OSError):
        blobs = folder.resolve().parent.parent / "blobs"
        for file in map(Path.resolve, folder.iterdir()):
            known = file.parent == blobs and DIGEST.fullmatch(file.name) and file.is_file()
            if known and digest(file, len(file.name)) != file.name:
                file.unlink()
                found = True
    return found
