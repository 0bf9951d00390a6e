"""The links to the pages, each with the selection in its query."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState


class Page(Enum):
    """The pages, in the order of the menu: title and file; the file calls `open_page` with its page first."""

    INSPECT = "Inspect", "app.py"
    STEP_BY_STEP = "Step by step", "pages/step_by_step.py"
    WORKED_EXAMPLE = "Worked example", "pages/worked_example.py"

    def __init__(self, title: str, file: str) -> None:
        self.title = title
        self.file = file


PageQuery = Callable[[Page], dict[str, str]]
"""The query of a page's address."""


class Link(NamedTuple):
    """A link in the menu.

    element: its element on the page
    query:   the query of its address
    before:  the query it had before that
    """

    element: DeltaGenerator
    query: dict[str, str]
    before: dict[str, str]


def menu(page_query: PageQuery) -> None:
    """Draw the menu."""
    links = st.session_state.setdefault("_links", {})
    for page in Page:
        links[page] = draw_link(page, st.page_link, page_query(page), links.get(page))


def update_links(page_query: PageQuery) -> None:
    """Update the queries of the links to the current selection."""
    links = st.session_state._links
    # Called within a fragment, this would draw the links a second time, in the fragment.
    with ThreadState.scoped(fragment_id=None):
        for page, link in links.items():
            if link.query != (query := page_query(page)):
                # The first element is kept: each new one would refer to the one it replaces, and so to all before it.
                links[page] = draw_link(page, link.element.page_link, query, link)._replace(element=link.element)


def draw_link(page: Page, page_link: Callable[..., DeltaGenerator], query: dict[str, str], old: Link | None) -> Link:
    """Draw one link.

    page_link: Streamlit's function, or the method of the element to replace
    old:       the link as it was
    """
    element = page_link(page.file, label=page.title, width="content", query_params=query)
    if old is None:
        return Link(element, query, query)
    return Link(element, query, old.before if old.query == query else old.query)


def previous_query(page: Page) -> dict[str, str] | None:
    """The query that a page's link had before its last update; a click may still have used it."""
    links = st.session_state.get("_links", {})
    return links[page].before if page in links else None
