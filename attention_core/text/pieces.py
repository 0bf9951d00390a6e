"""Pieces of a vocabulary as readable text, for vocabularies that write their pieces in a special alphabet.

Two such alphabets are in use. One stands for each byte with a character (Radford et al., 2019, GPT-2): "Ġ" is a space,
and "çĮ«" the three bytes of "猫". The other (Kudo and Richardson, 2018, SentencePiece) writes "▁" for a space, and a
byte of a character without a piece as "<0xE7>". In both, a piece may contain only a part of a character.
"""

import codecs
import re
from collections.abc import Sequence
from typing import Literal

Alphabet = Literal["bytes", "spaces", "none"]

SPACE = "▁"
BYTE = re.compile("<0x([0-9A-F]{2})>")
PRINTED = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
UNPRINTED = [byte for byte in range(256) if byte not in PRINTED]
BYTE_OF_CHARACTER = {chr(byte): byte for byte in PRINTED} | {chr(256 + i): byte for i, byte in enumerate(UNPRINTED)}
"""The byte of each character of the first alphabet: a printable byte is its own character, the others follow U+0100."""


def alphabet_of(decoder: object) -> Alphabet:
    """The alphabet that a tokenizer's decoder reads; its parts are visible only in its `repr`."""
    representation = repr(decoder)
    if "ByteLevel" in representation:
        return "bytes"
    return "spaces" if "ByteFallback" in representation or SPACE in representation else "none"


def readable_pieces(pieces: Sequence[str], alphabet: Alphabet, names: frozenset[str] = frozenset()) -> list[str]:
    """Consecutive pieces as readable text; of "猫" in two pieces, the first becomes "猫(1/2)".

    names: the names of special tokens, which are left as they are
    """
    if alphabet == "none":
        return list(pieces)
    spans: list[bytes | None] = [None if piece in names else piece_bytes(piece, alphabet) for piece in pieces]
    texts: list[str] = []
    while len(texts) < len(pieces):
        first = len(texts)
        if (span := spans[first]) is None:
            texts.append(pieces[first])
            continue
        last = first + 1
        while decode_utf8(span) is None and is_utf8_prefix(span) and last < len(pieces):
            if (more := spans[last]) is None:
                break
            span, last = span + more, last + 1
        text = decode_utf8(span)
        if last == first + 1 and text is not None:
            texts.append(text)
        elif text is not None:
            texts += split_characters([spans[i] or b"" for i in range(first, last)], text)
        else:
            texts.append(escape_bytes(spans[first] or b""))
    return texts


def piece_bytes(piece: str, alphabet: Alphabet) -> bytes | None:
    """The bytes that a piece stands for; None when it is not in the alphabet."""
    if alphabet == "bytes":
        known = [BYTE_OF_CHARACTER.get(character) for character in piece]
        return None if None in known else bytes(byte for byte in known if byte is not None)
    if match := BYTE.fullmatch(piece):
        return bytes.fromhex(match[1])
    return piece.replace(SPACE, " ").encode()


def decode_utf8(span: bytes) -> str | None:
    """Bytes as text; None when they are not valid UTF-8."""
    try:
        return span.decode()
    except UnicodeDecodeError:
        return None


def is_utf8_prefix(span: bytes) -> bool:
    """Whether the bytes are valid UTF-8, or would be with more bytes after them."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(span)
    except UnicodeDecodeError:
        return False
    return True


def split_characters(spans: Sequence[bytes], text: str) -> list[str]:
    """The characters of each of several pieces of a text; of one split among pieces, "猫(1/2)".

    spans: the bytes of each piece; together those of `text`
    """
    ends = [0]
    for character in text:
        ends.append(ends[-1] + len(character.encode()))
    pieces, at = [(0, 0)], 0
    for span in spans:
        pieces.append((at, at := at + len(span)))
    texts = []
    for start, stop in pieces[1:]:
        characters = ""
        for character, first, last in zip(text, ends, ends[1:], strict=False):
            if start <= first and last <= stop:
                characters += character
            elif first < stop and start < last:
                among = [piece for piece in pieces[1:] if piece[0] < last and first < piece[1]]
                characters += f"{character}({among.index((start, stop)) + 1}/{len(among)})"
        texts.append(characters)
    return texts


def escape_bytes(span: bytes) -> str:
    """Bytes that are not valid UTF-8 as text, with "<E7>" for each byte that cannot be decoded."""
    return "".join(f"<{ord(c) - 0xDC00:02X}>" if "\udc80" <= c <= "\udcff" else c
                   for c in span.decode(errors="surrogateescape"))  # fmt: skip
