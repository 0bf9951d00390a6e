"""Which models a page may load: the server's choice, never the page's."""

import itertools
import os
from collections.abc import Collection
from dataclasses import dataclass, replace
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
    found = {name: Offer(entry.title, name, entry) for name, entry in CATALOGUE.items()}
    for word in filter(None, map(str.strip, os.environ.get(VARIABLE, "").split(","))):
        offer = read_listed(word)
        if offer.title not in found or found[offer.title].source != offer.source:
            name = free_name(offer.title, found)
            found[name] = replace(offer, title=name)
    return found


def free_name(title: str, taken: Collection[str]) -> str:
    """A name that no other model has, so that a folder neither takes the place of another one nor is lost."""
    names = (title if count == 1 else f"{title} ({count})" for count in itertools.count(1))
    return next(name for name in names if name not in taken)


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
