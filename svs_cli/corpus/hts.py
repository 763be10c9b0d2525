"""Label files of HTK, HTS and NNSVS: "start end label" lines, with phones alone or with their full context.

Conventions
-----------
- Files hold times in units of 100 ns, or in seconds: no recording lasts a day, and none a hundredth of a second, so the
  value tells. Here all times are seconds. Files are written in 100 ns.
- A full-context label is `ll^l-C+r=rr...`: C is the phone.
- Labels of HMM states (`...[2]` to `...[6]`) are joined to phones.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from svs_cli.atomic import write_text
from svs_cli.corpus.text_files import MEBIBYTE, read_text
from svs_cli.errors import CorpusError

LARGEST_BYTES = 32 * MEBIBYTE
UNITS_PER_SECOND = 10_000_000
LONGEST_SECONDS = 86_400.0
FULL_CONTEXT = re.compile(r"^(?:[^-+^]*\^)?[^-+]*-([^+]+)\+[^=]*=|^[^-+=]*-([^-+=]+)\+[^-+=]*$")
STATE = re.compile(r"^(.+)\[([2-6])\]$")


@dataclass(frozen=True)
class LabelLine:
    """One labelled stretch of time."""

    start_seconds: float
    end_seconds: float
    label: str


def read_hts(path: Path, *, encoding: str | None = None) -> list[LabelLine]:
    """The labelled stretches of a file, in order.

    Raises CorpusError with the line's number if a line is no label, or runs backwards.
    """
    lines: list[LabelLine] = []
    text = read_text(path, encoding, largest_bytes=LARGEST_BYTES)
    for number, line in enumerate(text.split("\n"), 1):
        fields = line.split()
        if not fields or line.startswith("#") or fields == ["."]:
            continue
        where = f"{path}, line {number}"
        try:
            start, end, label = float(fields[0]), float(fields[1]), fields[2]
        except (ValueError, IndexError):
            raise CorpusError(
                f"{where}: {line[:60]!r} is not of the form 'start end label'",
                fix="give every label its start and end in 100 ns or seconds",
            ) from None
        if not (math.isfinite(end) and start <= end and start >= (lines[-1].start_seconds if lines else 0.0)):
            raise CorpusError(f"{where}: {label[:40]!r} runs from {fields[0]} to {fields[1]}", fix="sort the labels")
        lines.append(LabelLine(start, end, label))
    if not lines:
        raise CorpusError(f"{path} holds no labels")
    return joined_states(in_seconds(lines))


def in_seconds(lines: Sequence[LabelLine]) -> list[LabelLine]:
    """The lines with their times in seconds, whatever unit they were in."""
    unit = UNITS_PER_SECOND if max(line.end_seconds for line in lines) > LONGEST_SECONDS else 1
    return [LabelLine(line.start_seconds / unit, line.end_seconds / unit, line.label) for line in lines]


def joined_states(lines: Sequence[LabelLine]) -> list[LabelLine]:
    """One line a phone where the file had one line an HMM state."""
    if not all(STATE.match(line.label) for line in lines):
        return list(lines)
    joined: list[LabelLine] = []
    state_before = 9
    for line in lines:
        label, state = STATE.sub(r"\1", line.label), int(STATE.sub(r"\2", line.label))
        if joined and joined[-1].label == label and state > state_before:
            joined[-1] = LabelLine(joined[-1].start_seconds, line.end_seconds, label)
        else:
            joined.append(LabelLine(line.start_seconds, line.end_seconds, label))
        state_before = state
    return joined


def phone_of_full_context(label: str) -> str:
    """The phone that a label is for; a label that is a phone alone is returned as it stands.

    >>> phone_of_full_context("p@xx^xx-pau+p=o_xx%xx^00"), phone_of_full_context("sh")
    ('pau', 'sh')
    """
    match = FULL_CONTEXT.match(label)
    return (match[1] or match[2]) if match else label


def write_hts(path: Path, phones: Sequence[str], ends_seconds: Sequence[float]) -> None:
    """Write contiguous phones from 0 on, atomically, in units of 100 ns.

    Raises CorpusError unless there is one rising end a phone.
    """
    ends = [round(end * UNITS_PER_SECOND) for end in ends_seconds]
    starts = [0, *ends[:-1]]
    if len(phones) != len(ends) or any(end <= start for start, end in zip(starts, ends, strict=True)):
        raise CorpusError(f"{path}: {len(phones)} phones need as many rising ends, not {len(ends)}")
    lines = (f"{start} {end} {phone}" for start, end, phone in zip(starts, ends, phones, strict=True))
    write_text(path, "\n".join(lines) + "\n")
