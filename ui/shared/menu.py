"""The links to the pages, each with what is chosen in its address."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState

PAGES = {"Inspect": "app.py", "Step by step": "pages/step_by_step.py", "Worked example": "pages/worked_example.py"}
"""What a page is called -> its file."""

Address = Callable[[str], dict[str, str]]
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
    for title in PAGES:
        links[title] = draw(title, st.page_link, address(title), links.get(title))


def lead_to(address: Address) -> None:
    """Have the links that are drawn lead to what is chosen now."""
    links = st.session_state._links
    # A fragment, which this may be called from, would get a place of its own for the links, beside those of the page.
    with ThreadState.scoped(fragment_id=None):
        for title, link in links.items():
            if link.holds != (now := address(title)):
                links[title] = draw(title, link.drawn.page_link, now, link)


def draw(title: str, page_link: Callable[..., DeltaGenerator], query: dict[str, str], before: Link | None) -> Link:
    """Draw one link.

    page_link: Streamlit's, or that of the place where it stands
    before:    the link as it was
    """
    drawn = page_link(PAGES[title], label=title, width="content", query_params=query)
    if before is None:
        return Link(drawn, query, query)
    return Link(drawn, query, before.held if before.holds == query else before.holds)


def held(title: str) -> dict[str, str] | None:
    """What the link to a page carried before it was drawn anew, which may be the one that was clicked."""
    links = st.session_state.get("_links", {})
    return links[title].held if title in links else None
