"""Label files of HTK, HTS and NNSVS: "start end label" lines, with phones alone or with their full context.

Conventions
-----------
- Files hold times in units of 100 ns, or in seconds: no recording lasts a day, and none a hundredth of a second, so the
  value tells. Here all times are seconds. Files are written in 100 ns.
- A full-context label is `ll^l-C+r=rr...`: C is the phone. The field /E: has its note: pitch, and length in 10 ms.
- Labels of HMM states (`...[2]` to `...[6]`) are joined to phones.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from svs_cli.atomic import write_text
from svs_cli.corpus.text_files import MEBIBYTE, read_text
from svs_cli.errors import CorpusError
from svs_cli.performance.ds_file import note_midi

LARGEST_BYTES = 32 * MEBIBYTE
UNITS_PER_SECOND = 10_000_000
LONGEST_SECONDS = 86_400.0
FULL_CONTEXT = re.compile(r"^(?:[^-+^]*\^)?[^-+]*-([^+]+)\+[^=]*=|^[^-+=]*-([^-+=]+)\+[^-+=]*$")
CONTEXT_NOTE = re.compile(r"/E:([A-G][b#]?-?\d|xx)\][^@]*@(\d+)#.*?/F:")
CONTEXT_UNITS_PER_SECOND = 100
STATE = re.compile(r"^(.+)\[([2-6])\]$")


@dataclass(frozen=True)
class LabelLine:
    """One labelled stretch of time."""

    start_seconds: float
    end_seconds: float
    label: str


@dataclass(frozen=True)
class AskedNote:
    """What the score asks for where a phone sounds; `midi` is None in a rest, `begins` true of a note's first phone."""

    start_seconds: float
    seconds: float
    midi: float | None
    begins: bool


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


def asked_notes(lines: Sequence[LabelLine]) -> list[AskedNote]:
    """The note or rest of each full-context label, on the score's clock; [] if a label does not say how long it is."""
    notes: list[AskedNote] = []
    position, current = 0.0, ""
    for line in lines:
        found = CONTEXT_NOTE.search(line.label)
        if found is None:
            return []
        midi = None if found[1] == "xx" else note_midi(found[1])
        begins = midi is None or found[0] != current
        if begins:
            length = int(found[2]) / CONTEXT_UNITS_PER_SECOND
            notes.append(AskedNote(position, length, midi, begins=True))
            position += length
        else:
            notes.append(replace(notes[-1], begins=False))
        current = found[0]
    return notes


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
