"""Reading a model's files: system errors and malformed JSON become this library's errors."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attention_core.errors import CheckpointError

MAX_DIGITS = 40
"""The digits of an integer in a file; more would take Python long to compute with, or to write into a message."""


@contextmanager
def file_errors() -> Iterator[None]:
    """Turn an OSError about a model's file into a CheckpointError that names the file, without its folder."""
    try:
        yield
    except OSError as problem:
        name = Path(str(problem.filename)).name if problem.filename else "A file of the model"
        raise CheckpointError(f"{name} cannot be read: {problem.strerror or problem}.") from problem


def read_object(raw: bytes, file: str, error: type[CheckpointError] = CheckpointError) -> dict[str, Any]:
    """A JSON object without duplicate keys; raises `error`, which names the file, for anything else."""

    def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        content = dict(pairs)
        if len(content) != len(pairs):
            raise ValueError("it has a duplicate key")
        return content

    try:
        parsed = json.loads(raw.decode("utf-8-sig"), object_pairs_hook=unique_keys, parse_int=parse_int)
    except (ValueError, RecursionError) as problem:
        raise error(f"{file} is not valid JSON: {problem}") from problem
    if not isinstance(parsed, dict):
        raise error(f"{file} must be a JSON object, got a {type(parsed).__name__}.")
    return parsed


def parse_int(digits: str) -> int:
    """An integer of a JSON file; ValueError when it has more than `MAX_DIGITS` digits."""
    if len(digits.removeprefix("-")) > MAX_DIGITS:
        raise ValueError(f"Exceeds the limit of {MAX_DIGITS} digits for a whole number: {len(digits)} digits")
    return int(digits)
