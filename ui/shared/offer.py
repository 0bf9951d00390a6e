"""The models that a page may load, chosen by the server, never by the page."""

import itertools
import os
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

import streamlit as st

from attention_core.hub.catalogue import CATALOGUE, CatalogueEntry
from attention_core.loading import HUB_ID, is_gguf_file
from attention_core.surrogates import without_surrogates
from ui.components import show_invisible

MODELS_VARIABLE = "ATTENTION_LAB_MODELS"
"""Environment variable with models to offer beside the catalogue, separated by commas: hub ids, folders, or
title=folder."""

LOOPBACK = {"127.0.0.1", "localhost", "::1"}

MAX_NAME_LENGTH = 48
"""In characters, on screen."""


@dataclass(frozen=True)
class Offer:
    """A model that the server offers.

    source: what `load` takes: a catalogue name, a hub id, a folder, or a GGUF file
    entry:  its catalogue entry, None where it has none
    """

    title: str
    source: str | Path
    entry: CatalogueEntry | None = None


def offered_models() -> dict[str, Offer]:
    """The models to choose from, by their name in an address: the catalogue, then the server's list."""
    found = {name: Offer(entry.title, name, entry) for name, entry in CATALOGUE.items()}
    for offer in filter(None, map(parse_entry, server_entries())):
        if offer.title not in found or found[offer.title].source != offer.source:
            name = free_name(offer.title, found)
            found[name] = replace(offer, title=name)
    return found


def server_entries() -> list[str]:
    """The entries of the server's list."""
    return list(filter(None, map(str.strip, os.environ.get(MODELS_VARIABLE, "").split(","))))


def ignored_entries() -> list[str]:
    """The entries of the server's list that name no model."""
    return [entry for entry in server_entries() if parse_entry(entry) is None]


def free_name(title: str, taken: Collection[str]) -> str:
    """A title that no other model has, with a number where needed, so no two models share a name."""
    names = (title if count == 1 else f"{title} ({count})" for count in itertools.count(1))
    return next(name for name in names if name not in taken)


def parse_entry(entry: str) -> Offer | None:
    """The model that an entry of the server's list offers, None where it names none.

    A folder or GGUF file without a title takes its name, a symbolic link the link's name.
    """
    title, source = (part.strip() for part in entry.rpartition("=")[::2])
    if source.startswith(("/", ".", "~")) or os.path.isdir(source) or is_gguf_file(source):
        try:
            folder = Path(os.path.abspath(Path(source).expanduser()))
        except RuntimeError:  # "~user" of no such user
            return None
        title = title or (folder.stem if is_gguf_file(folder) else folder.name)
        return Offer(without_surrogates(title), folder) if title else None
    known = source in CATALOGUE or HUB_ID.fullmatch(source)
    return Offer(without_surrogates(title or source), source, CATALOGUE.get(source)) if known else None


def source_of(name: str) -> str | Path:
    """What `load` takes for a name that may be loaded."""
    return offered_models()[name].source if name in offered_models() else name


def may_load(name: str) -> bool:
    """Whether a page may load a model: an offered one, or any hub id while the server listens only to this machine.

    A hub id that is also a folder's path is refused: a page never takes a path.
    """
    if name in offered_models():
        return True
    return is_local_only() and HUB_ID.fullmatch(name) is not None and not os.path.exists(name)


def is_local_only() -> bool:
    """Whether the server listens only to this machine."""
    return st.get_option("server.address") in LOOPBACK


def title_of(name: str) -> str:
    """A model's name on screen."""
    return short_name(offered_models()[name].title if name in offered_models() else name)


def short_name(name: str) -> str:
    """A name, without its middle where it is longer than `MAX_NAME_LENGTH`."""
    half = MAX_NAME_LENGTH // 2
    return name if len(name) <= MAX_NAME_LENGTH else f"{name[:half]}…{name[-half:]}"


def refusal_message(name: str) -> str:
    """Why a page may not load a model, and which models it may load."""
    shown, match = f"“{show_invisible(short_name(name))}”", catalogue_match(name)
    choose = f" Choose {match.title} from the list." if match else ""
    if not is_local_only():
        return f"This server does not offer {shown}.{choose}"
    return f"{shown} is not a known model.{choose} Models on the hub are named owner/name or owner/name@revision."


def catalogue_match(name: str) -> CatalogueEntry | None:
    """The one catalogue entry with this name, title, or hub id without owner, in any case; None for none or several."""
    matches = [
        entry for key, entry in CATALOGUE.items()
        if name.casefold() in map(str.casefold, (key, entry.title, entry.hub_id.rpartition("/")[2]))
    ]  # fmt: skip
    return matches[0] if len(matches) == 1 else None
