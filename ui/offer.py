"""Which models a page may load: the server's choice, never the page's."""

import os
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from attention_core.catalogue import CATALOGUE, Entry
from attention_core.checkpoint import HUB_ID

VARIABLE = "ATTENTION_LAB_MODELS"
"""Names of models beside the catalogue's, set apart by commas: hub ids, folders, or title=folder."""

LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True)
class Offer:
    """A model that the server offers.

    source: what is loaded: a name of the catalogue, a hub id, or a folder
    entry:  what the catalogue says of it, where it does
    """

    title: str
    source: str | Path
    entry: Entry | None = None


def offered() -> dict[str, Offer]:
    """The models to choose from, by what an address calls them: the catalogue's, then what the server lists."""
    catalogue = {name: Offer(entry.title, name, entry) for name, entry in CATALOGUE.items()}
    listed = [read_listed(word.strip()) for word in os.environ.get(VARIABLE, "").split(",") if word.strip()]
    return catalogue | {offer.title: offer for offer in listed if offer.title not in catalogue}


def read_listed(word: str) -> Offer:
    """What one word of the server's list offers; a folder without a title is called by its own name alone."""
    title, place = (part.strip() for part in word.rpartition("=")[::2])
    if place.startswith(("/", ".", "~")) or os.path.isdir(place):
        folder = Path(place).expanduser()
        return Offer(title or folder.resolve().name, folder)
    return Offer(title or place, place, CATALOGUE.get(place))


def source_of(name: str) -> str | Path:
    """What is loaded for a name that may be loaded."""
    return offered()[name].source if name in offered() else name


def may_load(name: str) -> bool:
    """Whether a page may ask for a model: one that is offered, or any hub id while only this machine is served.

    A hub id that is also a folder's path is refused: a page never takes a path.
    """
    if name in offered():
        return True
    return loopback_alone() and HUB_ID.fullmatch(name) is not None and not os.path.exists(name)


def loopback_alone() -> bool:
    """Whether the server listens to this machine alone."""
    return st.get_option("server.address") in LOOPBACK


def title_of(name: str) -> str:
    """What a model is called on screen."""
    return offered()[name].title if name in offered() else name
