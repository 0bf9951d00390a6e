"""Walking a derivation: from one number on, through everything that it is made from."""

from collections.abc import Iterator
from typing import Any

from attention_core.computation.derivation import Address, Term
from attention_core.explain import open_term


def opened(trace: Any, start: Address) -> Iterator[tuple[Address, Term]]:
    """Every address that is met on the way and what it opens into, one of each quantity and layer."""
    queue, seen = [start], set()
    while queue:
        address = queue.pop()
        place = address.quantity, address.indices[0]
        if place in seen:
            continue
        seen.add(place)
        term = open_term(trace, address)
        yield address, term
        stack = list(term.parts)
        while stack:
            part = stack.pop()
            stack += part.parts
            if part.at:
                queue.append(part.at)
