"""A worked example as a readable JSON file, and as a short text for a page's address."""

import base64
import binascii
import json
import re
import zlib
from dataclasses import MISSING, fields
from typing import Any

from attention_core.files import parse_int
from attention_core.lessons.lesson import Lesson, LessonError

FORMAT = "attention-lesson/1"
LARGEST_FILE = 2**20  # bytes; the largest lesson has about 10,000
LARGEST_UNPACKED = 200_000  # bytes of the lesson in an address
LARGEST_ADDRESS = 20_000  # characters

LESSON_FIELDS = {field.name: field.default for field in fields(Lesson)}


def to_json(lesson: Lesson) -> str:
    """The lesson as a JSON file, with each row of numbers on one line."""
    plain = _plain(lesson)
    matrices = plain.pop("numbers").items()
    numbers = ",\n".join(f"    {_json(name)}: [\n{_json_rows(rows)}\n    ]" for name, rows in matrices)
    settings = "".join(f"  {_json(name)}: {_json(value)},\n" for name, value in plain.items())
    return f'{{\n{settings}  "numbers": {{\n{numbers}\n  }}\n}}\n'


def from_json(text: str | bytes) -> Lesson:
    """The lesson in a file; missing fields have their defaults.

    Raises LessonError, which says where the file is malformed.
    """
    if len(text) > LARGEST_FILE:
        raise LessonError(f"The file is too large for a lesson: {len(text):,} bytes; the limit is {LARGEST_FILE:,}.")
    try:
        decoded = text.decode() if isinstance(text, bytes) else text
        content = json.loads(decoded.removeprefix("\ufeff"), object_pairs_hook=_unique_keys, parse_int=parse_int)
    except UnicodeDecodeError as error:
        raise LessonError(f"The file is not UTF-8 text: byte {error.start} cannot be decoded.") from None
    except json.JSONDecodeError as error:
        raise LessonError(f"Line {error.lineno}, column {error.colno} is not valid JSON: {error.msg}.") from None
    except (ValueError, RecursionError):
        raise LessonError("The file is not a lesson: a number is too long, or lists are nested too deeply.") from None
    return _lesson(content)


def to_address(lesson: Lesson) -> str:
    """The lesson as letters, digits, "-" and "_": base64url of compressed JSON without default values."""
    omitted = {name for name, default in LESSON_FIELDS.items() if getattr(lesson, name) == default}
    plain = {name: value for name, value in _plain(lesson).items() if name not in omitted}
    packed = zlib.compress(json.dumps(plain, separators=(",", ":")).encode(), 9)
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def from_address(text: str) -> Lesson:
    """The lesson in the text of an address; LessonError, which says what is wrong, for an invalid text."""
    if len(text) > LARGEST_ADDRESS:
        raise LessonError(
            f"The address is too long for a lesson: {len(text):,} characters; the limit is {LARGEST_ADDRESS:,}."
        )
    if invalid := re.search("[^A-Za-z0-9_-]", text):
        raise LessonError(
            f"Character {invalid.start() + 1} of the lesson in the address, “{invalid[0]}”, is not allowed there."
        )
    unpack = zlib.decompressobj()
    try:
        packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        plain = unpack.decompress(packed, LARGEST_UNPACKED + 1)
    except (binascii.Error, zlib.error):
        raise LessonError(
            "The lesson in the address is corrupted: some characters were changed or lost. Copy the full address again."
        ) from None
    if len(plain) > LARGEST_UNPACKED:
        raise LessonError(f"The lesson in the address is too large: the limit is {LARGEST_UNPACKED:,} bytes.")
    if not unpack.eof or unpack.unused_data:
        raise LessonError(
            "The lesson in the address is cut off, or something was added to it. Copy the full address again."
        )
    return from_json(plain)


def _plain(lesson: Lesson) -> dict[str, Any]:
    """The lesson as JSON values, by field name."""
    plain: dict[str, Any] = {"format": FORMAT, **{name: getattr(lesson, name) for name in LESSON_FIELDS}}
    numbers = {name: [[_short(x) for x in row] for row in rows] for name, rows in lesson.numbers.items()}
    flipped = sorted(map(list, lesson.flipped))
    return {**plain, "words": list(lesson.words), "numbers": numbers, "flipped": flipped}


def _lesson(content: Any) -> Lesson:
    if not isinstance(content, dict) or "format" not in content:
        raise LessonError(f'This is not a lesson: a lesson is a JSON object with "format": "{FORMAT}".')
    if content["format"] != FORMAT:
        raise LessonError(f'The format is {_json(content["format"])[:40]}; only "{FORMAT}" is supported.')
    if unknown := [name for name in content if name not in {"format", *LESSON_FIELDS}]:
        raise LessonError(f"A lesson has no field “{unknown[0][:40]}”, only {', '.join(LESSON_FIELDS)}.")
    if missing := [name for name, default in LESSON_FIELDS.items() if default is MISSING and name not in content]:
        raise LessonError(f"The lesson lacks {', '.join(missing)}.")
    return Lesson(**{name: value for name, value in content.items() if name != "format"})


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise LessonError(f"“{twice[:40]}” appears twice. Remove one of them.")
    return content


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _json_rows(rows: list[list[float]]) -> str:
    return ",\n".join(f"      {_json(row)}" for row in rows)


def _short(value: float) -> float:
    """3 for 3.0, which is the same number in JSON."""
    return int(value) if value.is_integer() else value
