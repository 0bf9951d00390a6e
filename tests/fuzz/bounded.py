"""How the property tests of this folder run: a number of inputs, and bounds on time and memory.

`make test` tries a few hundred inputs, the same each time; `make fuzz` some 10,000, other ones each time.
"""

import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from attention_core.errors import MAX_MESSAGE, AttentionLabError

FUZZ = "fuzz"
"""The profile of `make fuzz`; tests/conftest.py registers it."""

SURROGATES = st.characters(categories=["Cs"])
TEXTS = st.text(st.characters() | SURROGATES, max_size=8)
NUMBERS = (
    st.integers(-3, 70) | st.integers() | st.floats() | st.integers(1, 4200).map(lambda digits: 10**digits)
    | st.sampled_from([0, -1, 1 << 31, 1 << 62, 1 << 63, 1 << 64, 1e308])
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


def examples(few: int, many: int) -> Callable[[Any], Any]:
    """The number of inputs of a property in `make test`, and in `make fuzz`."""
    fuzzing = settings.get_current_profile_name() == FUZZ
    return settings(max_examples=many if fuzzing else few, suppress_health_check=list(HealthCheck))


@contextmanager
def bounded(seconds: float = 5, megabytes: int = 300) -> Iterator[None]:
    """Let only errors of this library pass, with messages that can be shown, within these bounds.

    seconds:   of this thread's processor time
    megabytes: by which the process's peak memory may grow
    """
    start, before = time.thread_time(), peak_memory()
    try:
        yield
    except AttentionLabError as error:
        message = str(error)
        assert message
        assert len(message.encode()) <= 4 * (MAX_MESSAGE + 3)
    assert time.thread_time() - start < seconds
    assert peak_memory() - before < megabytes * 1_000_000


def peak_memory() -> int:
    """The most memory that this process has had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def mutated(draw: Callable[[Any], Any], content: Any, values: Any = JSON) -> Any:
    """Some JSON value with a few of its parts replaced, repeated or removed."""
    holder = [content]
    for _ in range(draw(st.integers(1, 4))):
        parent, key = holder, 0
        while isinstance(parent[key], dict | list) and parent[key] and draw(st.integers(0, 3)):
            parent = parent[key]
            key = draw(st.sampled_from(sorted(parent) if isinstance(parent, dict) else range(len(parent))))
        match draw(st.sampled_from(["replace", "replace", "remove", "repeat", "add"])):
            case "remove" if parent is not holder:
                del parent[key]
            case "repeat" if isinstance(parent, list) and parent is not holder:
                parent[key:key] = [parent[key]] * draw(st.sampled_from([1, 2, 10, 60]))
            case "add" if isinstance(parent, dict):
                parent[draw(TEXTS)] = draw(values)
            case _:
                parent[key] = draw(values)
    return holder[0]
