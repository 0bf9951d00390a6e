"""Read the files of a model: what the machine says of them, and what is no JSON, as this library's errors."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attention_core.errors import CheckpointError


@contextmanager
def file_errors() -> Iterator[None]:
    """Turns an OSError of a model's files into CheckpointError, which names the file and not where it stands."""
    try:
        yield
    except OSError as problem:
        name = Path(str(problem.filename)).name if problem.filename else "A file of the model"
        raise CheckpointError(f"{name} cannot be read: {problem.strerror or problem}.") from problem


def read_object(raw: bytes, file: str, error: type[CheckpointError] = CheckpointError) -> dict[str, Any]:
    """A JSON object whose keys are all different; the error names the file otherwise."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("a key stands there twice")
        return found

    try:
        parsed = json.loads(raw.decode("utf-8-sig"), object_pairs_hook=once)
    except (ValueError, RecursionError) as problem:
        raise error(f"{file} is not JSON: {problem}") from problem
    if not isinstance(parsed, dict):
        raise error(f"{file} holds a {type(parsed).__name__}, expected an object.")
    return parsed
