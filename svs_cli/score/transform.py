"""A score in another key or tempo, and the choice of the part to sing.

Conventions
-----------
- Semitones are positive upwards and may be fractional; a tempo factor above 1 is faster.
"""

from __future__ import annotations

import math
from dataclasses import replace

from svs_cli.errors import ScoreError, UsageError
from svs_cli.score.compass import HIGHEST_MIDI, LOWEST_MIDI
from svs_cli.score.model import Part, Score, TempoMap

SLOWEST_FACTOR, FASTEST_FACTOR = 0.1, 10.0


def transpose(score: Score, semitones: float) -> Score:
    """The score with every note moved by `semitones`. Raises UsageError if a note would leave MIDI 24 to 96."""
    notes = [note.midi for part in score.parts for note in part.notes]
    if not math.isfinite(semitones):
        raise UsageError(f"cannot transpose by {semitones} semitones")
    if notes:
        low, high = LOWEST_MIDI - min(notes), HIGHEST_MIDI - max(notes)
        if not low <= semitones <= high:
            raise UsageError(
                f"transposing by {semitones:+g} semitones leaves what is sung (MIDI {LOWEST_MIDI} to {HIGHEST_MIDI})",
                fix=f"choose a key change from {low:+g} to {high:+g}",
            )
    parts = tuple(
        replace(part, notes=tuple(replace(note, midi=note.midi + semitones) for note in part.notes))
        for part in score.parts
    )
    return replace(score, parts=parts)


def scale_tempo(score: Score, factor: float) -> Score:
    """The score `factor` times as fast: every duration in seconds is divided by it. Raises UsageError."""
    if not SLOWEST_FACTOR <= factor <= FASTEST_FACTOR:
        raise UsageError(f"a tempo factor of {factor:g} is outside {SLOWEST_FACTOR:g} to {FASTEST_FACTOR:g}")
    return replace(score, tempo=TempoMap(tuple((at, bpm * factor) for at, bpm in score.tempo.changes)))


def select_part(score: Score, choice: str | None) -> Part:
    """The part that `choice` names: its id, its name, its number from 1, or a beginning that only it has.

    None chooses the first part with lyrics, or else the first with notes. Raises UsageError with the list of parts if
    nothing or several parts match, ScoreError if there is nothing to sing.
    """
    if choice is None:
        singing = [part for part in score.parts if part.has_lyrics] or [part for part in score.parts if part.notes]
        if not singing:
            raise ScoreError(f"{score.title!r} has no part with notes to sing")
        return singing[0]
    wanted = choice.strip().casefold()
    found = [part for part in score.parts if part.id.casefold() == wanted]
    found = found or [part for part in score.parts if part.name.casefold() == wanted]
    if not found and wanted.isdecimal() and 1 <= int(wanted) <= len(score.parts):
        found = [score.parts[int(wanted) - 1]]
    if not found and wanted:
        found = [part for part in score.parts if part.name.casefold().startswith(wanted)]
    if len(found) == 1:
        return found[0]
    problem = f"{len(found)} parts are called {choice!r}" if found else f"there is no part {choice!r}"
    listed = "; ".join(f"{number}: {part.name} (id {part.id})" for number, part in enumerate(score.parts, 1))
    raise UsageError(f"{problem} in {score.title!r}" if score.title else problem, fix=f"choose one of: {listed}")
