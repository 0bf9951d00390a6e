"""Which models a page may load: the server's choice, never the page's."""

import itertools
import os
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

import streamlit as st

from attention_core.hub.catalogue import CATALOGUE, CatalogueEntry
from attention_core.loading import HUB_ID
from ui.components import visible

VARIABLE = "ATTENTION_LAB_MODELS"
"""Names of models beside the catalogue's, set apart by commas: hub ids, folders, or title=folder."""

LOOPBACK = {"127.0.0.1", "localhost", "::1"}

LONGEST_NAME = 48
"""Characters of a name that a page shows."""


@dataclass(frozen=True)
class Offer:
    """A model that the server offers.

    source: what is loaded: a name of the catalogue, a hub id, or a folder
    entry:  what the catalogue says of it, where it does
    """

    title: str
    source: str | Path
    entry: CatalogueEntry | None = None


def offered() -> dict[str, Offer]:
    """The models to choose from, by what an address calls them: the catalogue's, then what the server lists."""
    found = {name: Offer(entry.title, name, entry) for name, entry in CATALOGUE.items()}
    for offer in filter(None, map(read_listed, listed())):
        if offer.title not in found or found[offer.title].source != offer.source:
            name = free_name(offer.title, found)
            found[name] = replace(offer, title=name)
    return found


def listed() -> list[str]:
    """The words of the server's list."""
    return list(filter(None, map(str.strip, os.environ.get(VARIABLE, "").split(","))))


def left_out() -> list[str]:
    """The words of the server's list that offer nothing."""
    return [word for word in listed() if read_listed(word) is None]


def free_name(title: str, taken: Collection[str]) -> str:
    """A name that no other model has, so that a folder neither takes the place of another one nor is lost."""
    names = (title if count == 1 else f"{title} ({count})" for count in itertools.count(1))
    return next(name for name in names if name not in taken)


def read_listed(word: str) -> Offer | None:
    """What one word of the server's list offers, None where it names nothing.

    A folder without a title is called by its own name alone, a link to one by the link's.
    """
    title, place = (part.strip() for part in word.rpartition("=")[::2])
    if place.startswith(("/", ".", "~")) or os.path.isdir(place):
        try:
            folder = Path(os.path.abspath(Path(place).expanduser()))
        except RuntimeError:  # there is no such user
            return None
        title = title or folder.name
        return Offer(title, folder) if title else None
    known = place in CATALOGUE or HUB_ID.fullmatch(place)
    return Offer(title or place, place, CATALOGUE.get(place)) if known else None


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
    return short(offered()[name].title if name in offered() else name)


def short(name: str) -> str:
    """A name without its middle, where it is too long for a page."""
    half = LONGEST_NAME // 2
    return name if len(name) <= LONGEST_NAME else f"{name[:half]}…{name[-half:]}"


def refusal(name: str) -> str:
    """Why a page may not load a model, and what it may."""
    called, meant = f"“{visible(short(name))}”", meant_by(name)
    choose = f"Choose {meant.title} from the list" if meant else ""
    if not loopback_alone():
        return f"This server does not offer {called}.{choose and f' {choose}.'}"
    hub = "a model of the hub is named owner/name, or owner/name@revision."
    return f"{called} is not the name of a model here. {f'{choose}; {hub}' if choose else hub[:1].upper() + hub[1:]}"


def meant_by(name: str) -> CatalogueEntry | None:
    """The one model of the catalogue with this name, title, or hub id without its owner, in small or large letters."""
    known = [
        entry for key, entry in CATALOGUE.items()
        if name.casefold() in map(str.casefold, (key, entry.title, entry.hub_id.rpartition("/")[2]))
    ]  # fmt: skip
    return known[0] if len(known) == 1 else None
