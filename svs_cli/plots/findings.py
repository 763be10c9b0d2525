"""What a report says in words and figures: the measures of `svs evaluate`, and what to look at, bar by bar.

Conventions
-----------
- Cents and milliseconds are heard minus asked: positive is sharp, or late.
- A note is worth a remark where its nucleus is out of tune or not heard, a syllable where its onset is heard more than
  60 ms away: the ear forgives less in a slow song, and the picture shows the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from statistics import median

import numpy as np
from numpy.typing import NDArray

from svs_cli.errors import PerformanceError
from svs_cli.evaluation.asked import asked_of
from svs_cli.evaluation.extract import F0Extractor
from svs_cli.evaluation.measure import Measures, measure
from svs_cli.evaluation.metrics import METRICS
from svs_cli.evaluation.onsets import HeardSyllable
from svs_cli.evaluation.pitch import IN_TUNE_CENTS, HeardNote
from svs_cli.evaluation.reference import Recording
from svs_cli.performance.document import Performance
from svs_cli.performance.ds_file import note_name
from svs_cli.plots.sound import Heard

LATE_MS = 60.0
BAR_IN_WARNING = re.compile(r"\bbars? (\w+)")


@dataclass(frozen=True)
class Figure:
    """One measure as it is shown; `convention` says how it is defined."""

    label: str
    value: str
    unit: str
    convention: str


@dataclass(frozen=True)
class BarFinding:
    """One bar as sung; `seconds` is where its first note starts. None where nothing could be measured."""

    bar: str
    seconds: float
    words: str
    error_cents: float | None  # median over its notes of |heard - written|
    onset_ms: float | None  # median over its syllables, with sign
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class Warned:
    """A warning, and the bar that it is about ("" for the whole piece)."""

    text: str
    bar: str


@dataclass(frozen=True)
class Findings:
    """All of it; `extractor` names how F0 was found."""

    figures: tuple[Figure, ...]
    bars: tuple[BarFinding, ...]
    warnings: tuple[Warned, ...]
    extractor: str


def findings_of(performance: Performance, samples: NDArray[np.float32], heard: Heard) -> Findings:
    """Measure a recording, shape (n,) at 44.1 kHz, against its performance.

    A document with phones that are not in the inventory is shown unmeasured, and a warning says so.
    """
    extractor = str(F0Extractor())
    try:
        asked = asked_of(performance)
    except PerformanceError as error:
        unmeasured = (*performance.warnings, f"nothing could be measured: {error.message}")
        return Findings((), (), tuple(map(warned, unmeasured)), extractor)
    measures = measure(Recording(samples, heard.f0_hz), asked)
    texts = dict.fromkeys((*performance.warnings, *measures.warnings))
    return Findings(figures_of(measures), tuple(bars_of(measures)), tuple(map(warned, texts)), extractor)


def warned(text: str) -> Warned:
    """A warning with the bar that it names, if it does.

    >>> warned("bar 12: 'la' is too short").bar, warned("the voice lacks 'ç'").bar
    ('12', '')
    """
    found = BAR_IN_WARNING.search(text)
    return Warned(text, found[1] if found else "")


def figures_of(measures: Measures) -> tuple[Figure, ...]:
    """The measures that have a value, in the order of `METRICS`."""
    return tuple(
        Figure(one.label, one.shown(measures.values[one.name]), one.unit, one.convention)
        for one in METRICS
        if one.group == "asked" and measures.values.get(one.name) is not None
    )


def bars_of(measures: Measures) -> Iterable[BarFinding]:
    """The bars in the order in which they are sung; a bar sung again stands there again."""
    for bar, group in groupby(measures.notes, key=lambda note: note.asked.bar):
        notes = list(group)
        start, end = notes[0].asked.start_seconds, notes[-1].asked.end_seconds
        syllables = [one for one in measures.syllables if start - 1e-6 <= one.asked.onset_seconds < end]
        errors = [abs(note.error_cents) for note in notes if note.error_cents is not None]
        onsets = [one.onset_error_ms for one in syllables if one.onset_error_ms is not None]
        yield BarFinding(
            bar=bar,
            seconds=start,
            words=" ".join(note.asked.lyric for note in notes if note.asked.lyric),
            error_cents=median(errors) if errors else None,
            onset_ms=median(onsets) if onsets else None,
            remarks=(*note_remarks(notes), *onset_remarks(syllables)),
        )


def note_remarks(notes: Iterable[HeardNote]) -> list[str]:
    """What is wrong with the pitch of notes."""
    remarks = []
    for note in notes:
        name = " ".join(filter(None, (note_name(note.asked.midi), quoted(note.asked.lyric))))
        if note.error_cents is None:
            remarks.append(f"{name}: no pitch heard")
        elif abs(note.error_cents) >= IN_TUNE_CENTS:
            remarks.append(f"{name}: {abs(note.error_cents):.0f} cents {'sharp' if note.error_cents > 0 else 'flat'}")
    return remarks


def onset_remarks(syllables: Iterable[HeardSyllable]) -> list[str]:
    """What is wrong with the timing of syllables."""
    return [
        f"{quoted(one.asked.lyric) or 'a syllable'} {abs(error):.0f} ms {'late' if error > 0 else 'early'}"
        for one in syllables
        if (error := one.onset_error_ms) is not None and abs(error) >= LATE_MS
    ]


def quoted(lyric: str) -> str:
    """A syllable in quotation marks, nothing for none."""
    return f"“{lyric}”" if lyric else ""
