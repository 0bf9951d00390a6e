"""Pieces of a vocabulary as the text that they stand for, where the vocabulary spells them in an alphabet of its own.

Two such alphabets are in use. One names each byte by a character (Radford and others, 2019, GPT-2): "Ġ" is a space,
and "çĮ«" the three bytes of "猫". The other (Kudo and Richardson, 2018, SentencePiece) writes "▁" for a space, and a
byte of what it has no piece for as "<0xE7>". In both a piece may hold a part of a character.
"""

import codecs
import re
from collections.abc import Sequence
from typing import Literal

Alphabet = Literal["bytes", "spaces", "none"]

SPACE = "▁"
BYTE = re.compile("<0x([0-9A-F]{2})>")
PRINTED = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
OTHERS = [byte for byte in range(256) if byte not in PRINTED]
OF_CHARACTER = {chr(byte): byte for byte in PRINTED} | {chr(256 + i): byte for i, byte in enumerate(OTHERS)}
"""Which byte a character of the first alphabet names: itself where it is printed, else the next one from U+0100 on."""


def alphabet_of(decoder: object) -> Alphabet:
    """Which alphabet a tokenizer's decoder reads; it tells what it is made of in its representation alone."""
    told = repr(decoder)
    if "ByteLevel" in told:
        return "bytes"
    return "spaces" if "ByteFallback" in told or SPACE in told else "none"


def spelled(pieces: Sequence[str], alphabet: Alphabet, names: frozenset[str] = frozenset()) -> list[str]:
    """Pieces that follow one another as text; of "猫" in two pieces the first reads "猫(1/2)".

    names: pieces that are names of special tokens, which stay as they are
    """
    if alphabet == "none":
        return list(pieces)
    spans: list[bytes | None] = [None if piece in names else read(piece, alphabet) for piece in pieces]
    told: list[str] = []
    while len(told) < len(pieces):
        first = len(told)
        if (span := spans[first]) is None:
            told.append(pieces[first])
            continue
        last = first + 1
        while whole(span) is None and begins(span) and last < len(pieces) and (more := spans[last]) is not None:
            span, last = span + more, last + 1
        text = whole(span)
        if last == first + 1 and text is not None:
            told.append(text)
        elif text is not None:
            told += shared([spans[i] or b"" for i in range(first, last)], text)
        else:
            told.append(in_hex(spans[first] or b""))
    return told


def read(piece: str, alphabet: Alphabet) -> bytes | None:
    """The bytes that a piece stands for; None where it is not written in the alphabet."""
    if alphabet == "bytes":
        known = [OF_CHARACTER.get(character) for character in piece]
        return None if None in known else bytes(byte for byte in known if byte is not None)
    if found := BYTE.fullmatch(piece):
        return bytes.fromhex(found[1])
    return piece.replace(SPACE, " ").encode()


def whole(span: bytes) -> str | None:
    """Bytes as text; None where they end or begin within a character."""
    try:
        return span.decode()
    except UnicodeDecodeError:
        return None


def begins(span: bytes) -> bool:
    """Whether more bytes could make a text of these."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(span)
    except UnicodeDecodeError:
        return False
    return True


def shared(spans: Sequence[bytes], text: str) -> list[str]:
    """Of a text in several pieces, what each holds: whole characters, and its part of those that it shares."""
    ends = [0]
    for character in text:
        ends.append(ends[-1] + len(character.encode()))
    pieces, at = [(0, 0)], 0
    for span in spans:
        pieces.append((at, at := at + len(span)))
    told = []
    for start, stop in pieces[1:]:
        words = ""
        for character, first, last in zip(text, ends, ends[1:], strict=False):
            if start <= first and last <= stop:
                words += character
            elif first < stop and start < last:
                among = [each for each in pieces[1:] if each[0] < last and first < each[1]]
                words += f"{character}({among.index((start, stop)) + 1}/{len(among)})"
        told.append(words)
    return told


def in_hex(span: bytes) -> str:
    """Bytes that are no text: what can be read of them, and "<E7>" for each that cannot."""
    return "".join(f"<{ord(c) - 0xDC00:02X}>" if "\udc80" <= c <= "\udcff" else c
                   for c in span.decode(errors="surrogateescape"))  # fmt: skip
