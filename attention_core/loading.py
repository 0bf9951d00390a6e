"""Find, check and read a model: its configuration, what it reads with, and safetensors, from a folder."""

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

from attention_core.config.model_config import ModelConfig
from attention_core.encoder_decoder import EncoderDecoder
from attention_core.errors import CheckpointError, DigestError, HeaderError, UnknownModelError
from attention_core.families.reading.configuration import read_config
from attention_core.families.reading.convert import as_stored, convert
from attention_core.families.reading.preprocessor import prepared
from attention_core.families.reading.schema import Family
from attention_core.families.registry import family_of
from attention_core.files import file_errors, read_object
from attention_core.hub.catalogue import CATALOGUE, Entry
from attention_core.hub.download import DownloadPlan, digest, evict_corrupt_files, fetch, plan_download, remember
from attention_core.hub.errors import disk_errors, hub_errors
from attention_core.hub.progress import Report, in_terminal
from attention_core.image_model import ImageModel, Patches
from attention_core.model import Model
from attention_core.text.tokenizer import TOKENIZER, Reader, Tokenizer, lacking
from attention_core.weights.model_weights import Weights
from attention_core.weights.tensors import INDEX, WEIGHTS, Tensors, shard_map, shard_names

CONFIG, PREPROCESSOR = "config.json", "preprocessor_config.json"
READERS = (TOKENIZER, PREPROCESSOR)
"""What a model of texts reads with, and a model of images."""

MAIN = "main"
PART = r"[A-Za-z0-9](?:[\w-]|\.(?!\.))*"
HUB_ID = re.compile(rf"({PART}/{PART})(?:@({PART}(?:/{PART})*))?", re.ASCII)
PATH = re.compile(r"[/~\\]|\.\.?(?:[/\\]|$)|[A-Za-z]:[/\\]")
"""How a name begins that can only be that of a folder."""


def load(name: str | Path, *, progress: Report | None = None) -> Model | EncoderDecoder:
    """A model by its name in the catalogue, its hub id with an optional `@revision`, or its folder.

    `progress` is told how far a download is, and stops it by returning False. Raises an AttentionLabError that says
    what is wrong: UnknownModelError, ModelNotFoundError, DigestError, CheckpointError or UnsupportedConfigError.
    """
    folder = locate(name) or download(plan(name), progress or in_terminal())
    with evict_corrupt_files(folder), file_errors():
        for file, digest in digests(name).items():
            check_digest(folder / file, digest)
        return read_model(folder, str(name))


@file_errors()
def locate(name: str | Path) -> Path | None:
    """The folder of a model on this machine, without asking the hub; None when it has to be downloaded first."""
    if entry := CATALOGUE.get(str(name)):
        return find(entry)
    return Path(name) if os.path.isdir(name) else from_cache(*hub_place(name))


def find(entry: Entry) -> Path | None:
    """The folder of a catalogue's model on this machine: the installed distribution, else the hub's cache."""
    return from_distribution(entry.distribution) or from_cache(entry.hub_id, MAIN)


def plan(name: str | Path) -> DownloadPlan:
    """What the download of a model takes; it asks the hub."""
    return plan_download(*hub_place(name), (CONFIG,), READERS)


def download(wanted: DownloadPlan, progress: Report | None = None) -> Path:
    """Download a model into the hub's cache; its configuration first, so that what cannot be run is not fetched."""
    with evict_corrupt_files(folder := fetch(wanted.only(CONFIG))):
        family_and_config(folder)
    folder = fetch(wanted, progress)
    remember(wanted)
    return folder


def hub_place(name: str | Path) -> tuple[str, str]:
    """The hub id and revision that a name stands for; UnknownModelError when it is not shaped like one."""
    if entry := CATALOGUE.get(str(name)):
        return entry.hub_id, MAIN
    if isinstance(name, Path) or PATH.match(name):
        raise UnknownModelError(f"There is no folder {str(name)!r}.")
    if found := HUB_ID.fullmatch(name):
        return found[1], found[2] or MAIN
    raise UnknownModelError(
        f"{name!r} is neither a folder, nor a hub id (owner/name), nor one of: {', '.join(CATALOGUE)}."
    )


def digests(name: str | Path) -> Mapping[str, str]:
    """The digests that a model's files must have: file -> SHA-256."""
    entry = CATALOGUE.get(str(name))
    return entry.digests if entry else {}


def from_distribution(name: str | None) -> Path | None:
    """The folder that an installed distribution carries its model in, by its metadata; its code stays unread."""
    try:
        files = metadata.files(name) or [] if name else []
    except metadata.PackageNotFoundError:
        return None
    places = [Path(str(file.locate())) for file in files if file.name == WEIGHTS]
    return next((place.parent for place in places if place.is_file()), None)


def from_cache(hub_id: str, revision: str) -> Path | None:
    """The folder of a model in the hub's local cache, when all of it is there."""
    from huggingface_hub import constants, try_to_load_from_cache

    with disk_errors(Path(constants.HF_HUB_CACHE)), hub_errors(hub_id, revision):
        found = try_to_load_from_cache(hub_id, CONFIG, revision=revision)
    return Path(found).parent if isinstance(found, str) and is_whole(Path(found).parent) else None


def is_whole(folder: Path) -> bool:
    """Whether a folder holds every file of a model, as far as its index can tell."""
    weights = [WEIGHTS]
    if not (folder / WEIGHTS).is_file() and (folder / INDEX).is_file():
        try:
            weights = shard_names(shard_map((folder / INDEX).read_bytes()))
        except HeaderError:
            return False
    reads = any((folder / file).is_file() for file in READERS)
    return reads and all((folder / file).is_file() for file in (CONFIG, *weights))


def check_digest(path: Path, expected: str) -> None:
    """Compare a file's SHA-256 with the one recorded; DigestError names both."""
    if not path.is_file():
        raise CheckpointError(f"The model's folder has no {path.name}.")
    if (found := digest(path, 64)) != expected:
        raise DigestError(f"{path.name} is not the file expected: its SHA-256 is {found}, not {expected}.")


def read_model(folder: Path, name: str) -> Model | EncoderDecoder:
    """Read a model from a folder: its configuration, what it reads texts or images with, and its safetensors."""
    need(folder, CONFIG)
    family, config = family_and_config(folder)
    if config.image is not None:
        need(folder, PREPROCESSOR)
        image = prepared(config.image, read_json(folder / PREPROCESSOR))
        return build(family, replace(config, image=image), Tensors(folder), Patches(image), name, ImageModel)
    need(folder, TOKENIZER)
    tensors, tokenizer = Tensors(folder), Tokenizer(folder / TOKENIZER)
    model = build(family, config, tensors, tokenizer, name)
    if family.encoder is None:
        return model
    encoder = read_config(family.encoder, read_json(folder / CONFIG))
    return EncoderDecoder(name, build(family.encoder, encoder, tensors, tokenizer, name), model)


def need(folder: Path, file: str) -> None:
    """CheckpointError when a folder lacks a file."""
    if not (folder / file).is_file():
        there = {each.name for each in folder.iterdir()}
        raise CheckpointError(f"The model's folder has no {file}.{lacking(file, there)}")


def build(
    family: Family, config: ModelConfig, tensors: Tensors, tokenizer: Reader, name: str, kind: type[Model] = Model
) -> Model:
    """A model from the tensors of a folder, each checked."""
    config = as_stored(family, config, tensors)
    layouts = convert(family, config, {each: tensors.shape(each) for each in tensors})
    sources = {key: layout.source for key, layout in layouts.items()}
    return kind(name, config, Weights(config, layouts, tensors), sources, tokenizer)


def read_json(path: Path) -> dict[str, Any]:
    """A configuration file; CheckpointError when it is not a JSON object."""
    return read_object(path.read_bytes(), path.name)


def family_and_config(folder: Path) -> tuple[Family, ModelConfig]:
    """What a folder's configuration says; UnsupportedConfigError when it would not be computed exactly."""
    raw = read_json(folder / CONFIG)
    family = family_of(raw)
    return family, read_config(family, raw)
