"""Find, verify and load a model: its configuration, its tokenizer or image preprocessor, and its weights."""

import json
import os
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

from attention_core.config.model_config import ModelConfig
from attention_core.encoder_decoder import EncoderDecoder
from attention_core.errors import CheckpointError, DigestError, HeaderError, UnknownModelError
from attention_core.families.reading.configuration import read_config
from attention_core.families.reading.ignored import ignored_keys
from attention_core.families.reading.layouts import adapt_to_checkpoint, plan_layouts
from attention_core.families.reading.preprocessor import ignored_preprocessor_keys, read_preprocessor
from attention_core.families.reading.schema import Family
from attention_core.families.registry import family_of
from attention_core.files import file_errors, read_object
from attention_core.hub.catalogue import CATALOGUE, CatalogueEntry
from attention_core.hub.download import (
    DownloadPlan,
    evict_corrupt_files,
    fetch,
    file_digest,
    is_known_absent,
    plan_download,
    record_revision,
)
from attention_core.hub.errors import disk_errors, hub_errors
from attention_core.hub.progress import Report, terminal_bar
from attention_core.image_model import ImageModel, Patches
from attention_core.model import Model
from attention_core.text.auto_tokenizer import (
    SETTINGS,
    TOKENIZER_FILES,
    VOCABULARIES,
    read_tokenizer,
    target_tokenizer,
)
from attention_core.text.tokenizer import TOKENIZER, TokenizerProtocol, build_tokenizer, read_tokenizer_json
from attention_core.validate import summarize
from attention_core.weights.model_weights import Weights
from attention_core.weights.tensors import INDEX, WEIGHTS, Tensors, first_match, shard_map, shard_names

CONFIG, PREPROCESSOR = "config.json", "preprocessor_config.json"
GGUF = ".gguf"
INPUT_FILES = (*TOKENIZER_FILES, PREPROCESSOR)
"""Those of the tokenizer of a text model, and the preprocessor of an image model."""

MAIN = "main"
ID_PART = r"[A-Za-z0-9](?:[\w-]|\.(?!\.))*"
HUB_ID = re.compile(rf"({ID_PART}/{ID_PART})(?:@({ID_PART}(?:/{ID_PART})*))?", re.ASCII)
PATH = re.compile(r"[/~\\]|\.\.?(?:[/\\]|$)|[A-Za-z]:[/\\]")
"""The start of a name that can only be a path."""


def load(
    name: str | Path, *, progress: Report | None = None, reading: Callable[[float], object] | None = None
) -> Model | EncoderDecoder:
    """Load a model by its name in the catalogue, its hub id with an optional `@revision`, its folder or GGUF file.

    progress: called during a download, which it stops by returning False
    reading:  called with the share of the weights that is read, from 0 to 1

    Raises UnknownModelError, ModelNotFoundError, DigestError, CheckpointError or UnsupportedConfigError.
    """
    if not isinstance(name, str | Path):
        raise UnknownModelError(f"A model is loaded by its name, its hub id or its folder, got {summarize(name)}.")
    folder = local_folder(name) or download(download_plan(name), progress or terminal_bar())
    with evict_corrupt_files(folder), file_errors():
        digests = expected_digests(name, folder)
        for path, digest in digests.items():
            check_digest(path, digest)
        if not folder.is_dir():
            return read_gguf(folder, str(name), reading)
        return read_model(folder, str(name), reading, known_tokenizer=folder / TOKENIZER in digests)


@file_errors()
def local_folder(name: str | Path) -> Path | None:
    """The folder or GGUF file of a model on this machine, without asking the hub; None when it must be downloaded."""
    if entry := CATALOGUE.get(str(name)):
        return local_entry_folder(entry)
    return Path(name) if os.path.isdir(name) or is_gguf_file(name) else from_cache(*hub_location(name))


def is_gguf_file(name: str | Path) -> bool:
    """Whether a name is the path of a GGUF file."""
    return Path(name).suffix == GGUF and os.path.isfile(name)


def local_entry_folder(entry: CatalogueEntry) -> Path | None:
    """The folder or GGUF file of a catalogue entry: in the installed distribution, else in the hub's cache."""
    return from_distribution(entry.distribution) or from_cache(entry.hub_id, MAIN)


def download_plan(name: str | Path) -> DownloadPlan:
    """The plan for downloading a model; asks the hub."""
    return plan_download(*hub_location(name), (CONFIG,), INPUT_FILES)


def download(plan: DownloadPlan, progress: Report | None = None) -> Path:
    """Download a model into the hub's cache; its configuration first, which refuses an unsupported model early."""
    with evict_corrupt_files(folder := fetch(plan.subset(CONFIG))):
        family_and_config(folder)
    folder = fetch(plan, progress)
    record_revision(plan)
    return folder


def hub_location(name: str | Path) -> tuple[str, str]:
    """The hub id and revision of a name; UnknownModelError if it is neither a catalogue name nor a hub id."""
    if entry := CATALOGUE.get(str(name)):
        return entry.hub_id, MAIN
    if Path(name).suffix == GGUF:
        raise UnknownModelError(f"There is no file {str(name)!r}. Check the path.")
    if isinstance(name, Path) or PATH.match(name):
        raise UnknownModelError(f"There is no folder {str(name)!r}. Check the path.")
    if match := HUB_ID.fullmatch(name):
        return match[1], match[2] or MAIN
    raise UnknownModelError(
        f"{name!r} is not a folder or a {GGUF} file, not a hub id (owner/name), and not one of: {', '.join(CATALOGUE)}."
    )


def expected_digests(name: str | Path, folder: Path) -> Mapping[Path, str]:
    """The digests that the catalogue gives for the files of a model in a folder, or for its GGUF file: SHA-256."""
    entry = CATALOGUE.get(str(name))
    if entry is None:
        return {}
    if folder.is_dir():
        return {folder / file: digest for file, digest in entry.digests.items()}
    return {folder: entry.gguf_digest} if entry.gguf_digest else {}


def from_distribution(name: str | None) -> Path | None:
    """The model in an installed distribution, its folder or GGUF file, found by its metadata; no code is imported."""
    try:
        files = metadata.files(name) or [] if name else []
    except metadata.PackageNotFoundError:
        return None
    paths = [Path(str(file.locate())) for file in files if file.name == WEIGHTS or file.suffix == GGUF]
    return next((path if path.suffix == GGUF else path.parent for path in paths if path.is_file()), None)


def from_cache(hub_id: str, revision: str) -> Path | None:
    """The folder of a model in the hub's local cache; None unless it is complete."""
    from huggingface_hub import constants, try_to_load_from_cache

    with disk_errors(Path(constants.HF_HUB_CACHE)), hub_errors(hub_id, revision):
        config = try_to_load_from_cache(hub_id, CONFIG, revision=revision)
    return Path(config).parent if isinstance(config, str) and is_complete(Path(config).parent) else None


def is_complete(folder: Path) -> bool:
    """Whether a folder of the hub's cache has every file of a model, all shards of its index included.

    Which files the hub does not have, the cache records; without its settings a tokenizer gives other tokens.
    """
    weights = [WEIGHTS]
    if not (folder / WEIGHTS).is_file() and (folder / INDEX).is_file():
        try:
            weights = shard_names(shard_map((folder / INDEX).read_bytes()))
        except HeaderError:
            return False
    has_tokenizer = any((folder / file).is_file() for file in VOCABULARIES) or is_known_absent(folder, TOKENIZER)
    has_settings = (folder / SETTINGS).is_file() or is_known_absent(folder, SETTINGS)
    has_input = (folder / PREPROCESSOR).is_file() or (has_tokenizer and has_settings)
    return has_input and all((folder / file).is_file() for file in (CONFIG, *weights))


def check_digest(path: Path, expected: str) -> None:
    """Compare a file's SHA-256 with the expected one; DigestError names both."""
    if not path.is_file():
        raise CheckpointError(f"The model's folder has no {path.name}. Install or download the model again.")
    if (actual := file_digest(path, 64)) != expected:
        raise DigestError(
            f"{path.name} is not the expected file: its SHA-256 is {actual}, not {expected}. Install or download the "
            "model again."
        )


def read_model(
    folder: Path, name: str, reading: Callable[[float], object] | None = None, known_tokenizer: bool = False
) -> Model | EncoderDecoder:
    """Read a model from a folder: its configuration, its tokenizer or image preprocessor, and its safetensors.

    known_tokenizer: whether its tokenizer.json is one that gives the same tokens without the settings of other files
    """
    require_file(folder, CONFIG)
    family, config = family_and_config(folder)
    ignored = ignored_keys(family, read_json(folder / CONFIG))
    if config.image is not None:
        require_file(folder, PREPROCESSOR)
        preprocessor = read_json(folder / PREPROCESSOR)
        image = read_preprocessor(config.image, preprocessor)
        config = replace(config, image=image)
        model = build_model(family, config, Tensors(folder), Patches(image), name, reading, ImageModel)
        return replace(model, ignored_keys=(*ignored, *ignored_preprocessor_keys(preprocessor)))
    tensors = Tensors(folder)
    tokenizer = read_tokenizer_json(folder / TOKENIZER) if known_tokenizer else read_tokenizer(folder)
    model = replace(build_model(family, config, tensors, tokenizer, name, reading), ignored_keys=ignored)
    if family.encoder is None:
        return model
    config = read_config(family.encoder, read_json(folder / CONFIG))
    encoder = replace(build_model(family.encoder, config, tensors, tokenizer, name, reading), ignored_keys=ignored)
    return EncoderDecoder(name, encoder, replace(model, tokenizer=target_tokenizer(tokenizer)))


def read_gguf(path: Path, name: str, reading: Callable[[float], object] | None = None) -> Model:
    """Read a model from a GGUF file, which has its configuration and its tokenizer too."""
    from attention_core.gguf.configuration import gguf_config
    from attention_core.gguf.tensors import GGUFTensors
    from attention_core.gguf.tokenizer import tokenizer_content

    tensors = GGUFTensors(path)
    family, raw = gguf_config(tensors)
    config = read_config(family, raw)
    content = tokenizer_content(tensors.metadata)
    tokenizer = build_tokenizer(content, json.dumps(content).encode(), path.name)
    return build_model(family, config, tensors, tokenizer, name, reading)


def require_file(folder: Path, file: str) -> None:
    """CheckpointError when a folder has no such file."""
    if not (folder / file).is_file():
        hint = other_format_hint(file, {path.name for path in folder.iterdir()})
        raise CheckpointError(f"The model's folder has no {file}.{hint}")


def other_format_hint(file: str, files: Collection[str]) -> str:
    """A hint for the error about a missing configuration, where the folder has a GGUF file."""
    gguf = first_match(files, (f"*{GGUF}",)) if file == CONFIG else None
    return f" To load {gguf}, give the path of that file." if gguf else ""


def build_model(
    family: Family, config: ModelConfig, tensors: Tensors, tokenizer: TokenizerProtocol, name: str,
    reading: Callable[[float], object] | None = None, kind: type[Model] = Model,
) -> Model:  # fmt: skip
    """A model from the tensors of a folder, their names and shapes checked."""
    config = adapt_to_checkpoint(family, config, tensors)
    layouts = plan_layouts(family, config, {tensor: tensors.shape(tensor) for tensor in tensors})
    sources = {key: layout.source for key, layout in layouts.items()}
    return kind(name, config, Weights(config, layouts, tensors, reading), sources, tokenizer)


def read_json(path: Path) -> dict[str, Any]:
    """A configuration file; CheckpointError when it is not a JSON object."""
    return read_object(path.read_bytes(), path.name)


def family_and_config(folder: Path) -> tuple[Family, ModelConfig]:
    """The family and configuration of a folder; UnsupportedConfigError when it would not be computed exactly."""
    raw = read_json(folder / CONFIG)
    family = family_of(raw)
    return family, read_config(family, raw)
