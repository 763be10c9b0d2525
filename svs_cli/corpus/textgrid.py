"""Praat's TextGrid: read in its long and short forms, written in the long one.

Conventions
-----------
- Times are seconds. A tier is a list of intervals in order of time; an empty text is an unlabelled stretch.
- Point tiers hold no intervals and are left out. A name that occurs twice gets " (2)" after it.
- Like Praat, the reader looks only at free-standing numbers, quoted strings and `<exists>`; the rest is decoration.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from svs_cli.atomic import write_text
from svs_cli.corpus.text_files import MEBIBYTE, read_text
from svs_cli.errors import CorpusError

LARGEST_BYTES = 32 * MEBIBYTE
MOST_TIERS = 500
MOST_INTERVALS = 1_000_000
TOKEN = re.compile(
    r'"((?:[^"]|"")*)"'  # a string; a quote in it is doubled
    r"|(?<!\S)([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)(?!\S)"  # a number between spaces
    r"|(<exists>|<absent>)"
    r"|![^\n]*"  # a remark
)
SAVE_AGAIN = "open it in Praat and save it as a text file"


@dataclass(frozen=True)
class Interval:
    """A stretch of time and what its label says."""

    start_seconds: float
    end_seconds: float
    text: str


def read_textgrid(path: Path, *, encoding: str | None = None) -> dict[str, list[Interval]]:
    """The interval tiers of a TextGrid by name, in the order of the file.

    Raises CorpusError if it is no TextGrid, is cut short, or has absurdly many tiers or intervals.
    """
    text = read_text(path, encoding, largest_bytes=LARGEST_BYTES)
    if text.startswith("ooBinaryFile"):
        raise CorpusError(f"{path} is a binary TextGrid", fix=SAVE_AGAIN)
    if "TextGrid" not in text[:200]:
        raise CorpusError(f"{path} is no TextGrid: it does not begin like one", fix=SAVE_AGAIN)
    if "chronological" in text[:40]:
        raise CorpusError(f"{path} is a chronological TextGrid", fix=SAVE_AGAIN)
    reader = TokenReader(path, text)
    try:
        return tiers_of(reader)
    except StopIteration:
        raise CorpusError(f"{path} ends in the middle of a tier", fix=SAVE_AGAIN) from None


class TokenReader:
    """The numbers and strings of a TextGrid, one after the other."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.matches = (match for match in TOKEN.finditer(text) if match[0][0] != "!")

    def string(self) -> str:
        """The next token, which has to be a string. Raises CorpusError."""
        match = next(self.matches)
        if match[1] is None:
            raise CorpusError(f"{self.path}: {match[0]!r} stands where a text in quotes belongs", fix=SAVE_AGAIN)
        return match[1].replace('""', '"')

    def number(self) -> float:
        """The next token, which has to be a number. Raises CorpusError."""
        match = next(self.matches)
        if match[2] is None:
            raise CorpusError(f"{self.path}: {match[0][:40]!r} stands where a number belongs", fix=SAVE_AGAIN)
        return float(match[2])

    def count(self, what: str, most: int) -> int:
        """The next token as a number of things. Raises CorpusError if there are too many to be true."""
        value = self.number()
        if not (value == int(value) and 0 <= value <= most):
            raise CorpusError(f"{self.path} claims {value:.0f} {what}; at most {most} are read", fix=SAVE_AGAIN)
        return int(value)

    def flag(self) -> bool:
        """The next token, `<exists>` or `<absent>`."""
        return next(self.matches)[3] == "<exists>"


def tiers_of(reader: TokenReader) -> dict[str, list[Interval]]:
    """All interval tiers. Raises CorpusError, or StopIteration where the file ends too soon."""
    if reader.string() != "ooTextFile" or reader.string() != "TextGrid":
        raise CorpusError(f"{reader.path} is no TextGrid: it does not begin like one", fix=SAVE_AGAIN)
    reader.number(), reader.number()
    tiers: dict[str, list[Interval]] = {}
    if not reader.flag():
        return tiers
    for _ in range(reader.count("tiers", MOST_TIERS)):
        kind, name = reader.string(), reader.string()
        reader.number(), reader.number()
        count = reader.count("labels", MOST_INTERVALS)
        if kind == "IntervalTier":
            tiers[unused_name(name, tiers)] = list(intervals_of(reader, name, count))
        elif kind == "TextTier":
            for _ in range(count):
                reader.number(), reader.string()
        else:
            raise CorpusError(f"{reader.path}: {kind!r} is no kind of tier", fix=SAVE_AGAIN)
    return tiers


def intervals_of(reader: TokenReader, tier: str, count: int) -> Iterator[Interval]:
    """The intervals of one tier. Raises CorpusError where one ends before it starts or before the last one's end."""
    before = -math.inf
    for number in range(1, count + 1):
        try:
            interval = Interval(reader.number(), reader.number(), reader.string())
        except StopIteration:
            raise CorpusError(f"{reader.path} ends in the middle of the tier {tier!r}", fix=SAVE_AGAIN) from None
        if interval.end_seconds < interval.start_seconds or interval.start_seconds < before - 1e-3:
            raise CorpusError(f"{reader.path}: interval {number} of the tier {tier!r} is out of order", fix=SAVE_AGAIN)
        before = interval.end_seconds
        yield interval


def unused_name(name: str, taken: Mapping[str, object]) -> str:
    """The name, with a number if it is taken."""
    number, unused = 1, name
    while unused in taken:
        number += 1
        unused = f"{name} ({number})"
    return unused


def write_textgrid(path: Path, tiers: Mapping[str, Sequence[Interval]], duration_seconds: float) -> None:
    """Write tiers that cover 0 to `duration_seconds`, atomically; gaps become empty intervals, as Praat wants it.

    Raises CorpusError if an interval is empty, out of order, or lies outside.
    """
    lines = [
        'File type = "ooTextFile"',
        'Object class = "TextGrid"',
        "",
        "xmin = 0",
        f"xmax = {decimal(duration_seconds)}",
        "tiers? <exists>",
        f"size = {len(tiers)}",
        "item []:",
    ]
    for number, (name, intervals) in enumerate(tiers.items(), 1):
        whole = list(without_gaps(intervals, duration_seconds, f"{path}, tier {name!r}"))
        lines += [f"    item [{number}]:", '        class = "IntervalTier"', f"        name = {quoted(name)}"]
        lines += ["        xmin = 0", f"        xmax = {decimal(duration_seconds)}"]
        lines.append(f"        intervals: size = {len(whole)}")
        for index, interval in enumerate(whole, 1):
            lines += [
                f"        intervals [{index}]:",
                f"            xmin = {decimal(interval.start_seconds)}",
                f"            xmax = {decimal(interval.end_seconds)}",
                f"            text = {quoted(interval.text)}",
            ]
    write_text(path, "\n".join(lines) + "\n")


def without_gaps(intervals: Sequence[Interval], duration_seconds: float, where: str) -> Iterator[Interval]:
    """The intervals with empty ones between, before and after. Raises CorpusError where that is impossible."""
    position = 0.0
    for interval in intervals:
        start, end = round(interval.start_seconds, 6), round(interval.end_seconds, 6)
        if start < position - 1e-6 or end <= start or end > duration_seconds + 1e-6:
            raise CorpusError(f"{where}: {interval.text!r} from {start} to {end} s is out of order or outside")
        if start > position:
            yield Interval(position, start, "")
        yield Interval(max(start, position), end, interval.text)
        position = end
    if position < round(duration_seconds, 6):
        yield Interval(position, duration_seconds, "")


def decimal(seconds: float) -> str:
    """A time to the microsecond, without needless zeros.

    >>> decimal(1.5), decimal(2.0)
    ('1.5', '2')
    """
    return f"{seconds:.6f}".rstrip("0").rstrip(".")


def quoted(text: str) -> str:
    """A string as Praat writes it."""
    return '"' + text.replace('"', '""').replace("\n", " ") + '"'
