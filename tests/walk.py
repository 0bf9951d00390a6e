"""Walking a derivation: from one number through all the numbers it is computed from."""

from collections.abc import Iterator
from typing import Any

from attention_core.computation.derivation import Address, Term
from attention_core.explain import open_term


def open_all(trace: Any, start: Address) -> Iterator[tuple[Address, Term]]:
    """Every address reached and its derivation, one for each quantity and layer."""
    queue, visited = [start], set()
    while queue:
        address = queue.pop()
        key = address.quantity, address.indices[0]
        if key in visited:
            continue
        visited.add(key)
        term = open_term(trace, address)
        yield address, term
        stack = list(term.parts)
        while stack:
            part = stack.pop()
            stack += part.parts
            if part.at:
                queue.append(part.at)
