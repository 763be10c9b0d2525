"""Text files that strangers made: metadata, labels, oto.ini, read with a cap and in whatever encoding they have.

Conventions
-----------
- A byte-order mark decides; then UTF-8; then the encoding, East Asian or of Western Windows, whose reading looks most
  like words.
- Half-width katakana and rare Han characters are what a wrong guess looks like, so they count little; so do Han
  characters right behind a Latin letter ("für" read as "f黵"), and hangul among Han ("我爱你" read as "乖갖콱").
- What is wrong raises CorpusError with the file's name.
"""

from __future__ import annotations

import codecs
import re
from itertools import pairwise
from pathlib import Path

from svs_cli.errors import CorpusError

MEBIBYTE = 2**20
LARGEST_BYTES = 64 * MEBIBYTE
GUESSED_ENCODINGS = ("utf-8", "cp932", "gb18030", "euc_kr", "cp1252")
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# How likely a character outside ASCII is in a label; the first range that holds it counts.
LIKELY_RANGES = (
    ("ぁ", "ヿ", 1.0),  # kana
    ("가", "힣", 1.0),  # hangul
    ("一", "龥", 0.7),  # Han
    ("\u00c0", "\u024f", 0.7),  # Latin with accents
    ("！", "～", 0.5),  # full-width forms
    ("｡", "ﾟ", 0.2),  # half-width katakana
)
HAN, HANGUL = re.compile("[一-龥]"), re.compile("[가-힣]")
HAN_BEHIND_A_LETTER, HANGUL_AMONG_HAN = 0.4, 0.6  # times their likelihood elsewhere


def read_text(path: Path, encoding: str | None = None, *, largest_bytes: int = LARGEST_BYTES) -> str:
    """The text of a file, with line feeds as line ends. Raises CorpusError if it is too large, binary or not there."""
    try:
        size_bytes = path.stat().st_size
        if size_bytes > largest_bytes:
            raise CorpusError(
                f"{path} has {size_bytes // MEBIBYTE} MiB; text of more than {largest_bytes // MEBIBYTE} MiB is not "
                "read",
                fix="check that it is the right file, or split it",
            )
        raw = path.read_bytes()
    except OSError as error:
        raise CorpusError(f"{path} cannot be read: {error.strerror or error}") from error
    return decode(raw, encoding, path).replace("\r\n", "\n").replace("\r", "\n")


def decode(raw: bytes, encoding: str | None, where: Path) -> str:
    """Text of a file's bytes in `encoding`, or in the encoding that fits best. Raises CorpusError."""
    marked = next((name for mark, name in BYTE_ORDER_MARKS if raw.startswith(mark)), None)
    if b"\0" in raw[:65_536] and not marked and not (encoding or "").lower().startswith("utf"):
        raise CorpusError(f"{where}: binary data, not text", fix="check that it is the file that its name says")
    if encoding or marked:
        return decode_as(raw, encoding or str(marked), where).removeprefix("\ufeff")
    readings = {}
    for candidate in GUESSED_ENCODINGS:
        try:
            readings[candidate] = raw.decode(candidate)
        except UnicodeDecodeError:
            continue
        if candidate == "utf-8":
            return readings[candidate]  # other encodings hardly ever are valid UTF-8 by chance
    if not readings:
        raise CorpusError(
            f"{where}: not text in {' or '.join(GUESSED_ENCODINGS)}", fix="name its encoding with --encoding"
        )
    return max(readings.values(), key=likelihood)


def decode_as(raw: bytes, encoding: str, where: Path) -> str:
    """Text in a given encoding. Raises CorpusError that says which byte does not fit."""
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise CorpusError(
            f"{where}: not text in {encoding} (byte {error.start})",
            fix="name its encoding with --encoding, for UTAU often cp932",
        ) from error
    except LookupError as error:
        raise CorpusError(f"{where}: unknown encoding {encoding!r}", fix="use cp932 or utf-8") from error


def likelihood(text: str) -> float:
    """Mean likelihood (0..1) of the characters outside ASCII; 1 for plain ASCII.

    >>> likelihood("かき") > likelihood("かき".encode("cp932").decode("gb18030"))
    True
    """
    text, weights = text[:200_000], []
    mixed = bool(HAN.search(text))
    for before, character in pairwise(f" {text}"):
        if character > "\x7f":
            weight = next((weight for low, high, weight in LIKELY_RANGES if low <= character <= high), 0.0)
            if HAN.match(character) and before.isascii() and before.isalpha():
                weight *= HAN_BEHIND_A_LETTER
            elif mixed and HANGUL.match(character):
                weight *= HANGUL_AMONG_HAN
            weights.append(weight)
    return sum(weights) / len(weights) if weights else 1.0
