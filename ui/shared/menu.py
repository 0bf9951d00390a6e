"""The links to the pages, each with what is chosen in its address."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState


class Page(Enum):
    """The pages, in the order of the menu: what each is called, and its file, which calls `open_page` with it first."""

    INSPECT = "Inspect", "app.py"
    STEP_BY_STEP = "Step by step", "pages/step_by_step.py"
    WORKED_EXAMPLE = "Worked example", "pages/worked_example.py"

    def __init__(self, title: str, file: str) -> None:
        self.title = title
        self.file = file


Address = Callable[[Page], dict[str, str]]
"""What a page's address holds."""


class Link(NamedTuple):
    """A link on the page.

    drawn: its place
    holds: the query that it carries
    held:  what it carried before that
    """

    drawn: DeltaGenerator
    holds: dict[str, str]
    held: dict[str, str]


def menu(address: Address) -> None:
    """Draw the links where they stand from now on."""
    links = st.session_state.setdefault("_links", {})
    for page in Page:
        links[page] = draw(page, st.page_link, address(page), links.get(page))


def lead_to(address: Address) -> None:
    """Have the links that are drawn lead to what is chosen now."""
    links = st.session_state._links
    # A fragment, which this may be called from, would get a place of its own for the links, beside those of the page.
    with ThreadState.scoped(fragment_id=None):
        for page, link in links.items():
            if link.holds != (now := address(page)):
                links[page] = draw(page, link.drawn.page_link, now, link)


def draw(page: Page, page_link: Callable[..., DeltaGenerator], query: dict[str, str], before: Link | None) -> Link:
    """Draw one link.

    page_link: Streamlit's, or that of the place where it stands
    before:    the link as it was
    """
    drawn = page_link(page.file, label=page.title, width="content", query_params=query)
    if before is None:
        return Link(drawn, query, query)
    return Link(drawn, query, before.held if before.holds == query else before.holds)


def held(page: Page) -> dict[str, str] | None:
    """What the link to a page carried before it was drawn anew, which may be the one that was clicked."""
    links = st.session_state.get("_links", {})
    return links[page].held if page in links else None
