"""What to sing: the score as every reader delivers it and the frontend consumes it.

Conventions
-----------
- A `Part` is one monophonic line in *sounding order*: repeats, voltas and jumps are already expanded, ties
  already merged, chords already reduced to the chosen note. Positions are exact fractions of a quarter note
  from the start of the expanded piece; pickups start at 0.
- Rests are not listed: time not covered by a note is rest. Notes never overlap and have positive durations.
- Pitch is *sounding* pitch (transposition and octave clefs resolved) as fractional MIDI number: 60.5 is a
  quarter tone above middle C.
- A grace note has been given its time (stolen from its principal note or from the note before), so
  it is an ordinary short note with `grace=True`.
- A melisma is a run of notes of which the later ones have `lyric is None` and `continues=True`: they keep the
  nucleus of the syllable before. `lyric is None and not continues` cannot occur in what a reader returns: it
  puts the default syllable there and warns.
- `TempoMap` turns quarters into seconds; fermatas are already in it as slower stretches.
- `bar` is the printed bar number ("0" for a pickup, "12a" is possible), `bar_pass` counts how often it was sung.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from svs_cli.performance.overrides import NoteOverrides

Quarters = Fraction
SyllablePosition = Literal["single", "begin", "middle", "end"]


@dataclass(frozen=True)
class Lyric:
    """One syllable as printed, cleaned of verse numbers; punctuation is kept for phrasing.

    `position` is the place in its word. `elided` holds the further syllables sung on the same note
    ("ti‿a" gives text "ti", elided ("a",)). `language` is set only when the score itself says it (`xml:lang`).
    """

    text: str
    position: SyllablePosition = "single"
    elided: tuple[str, ...] = ()
    language: str | None = None


@dataclass(frozen=True)
class Note:
    """One sung note; see the module's conventions."""

    onset_quarters: Quarters
    duration_quarters: Quarters
    midi: float
    lyric: Lyric | None
    continues: bool = False
    bar: str = ""
    bar_pass: int = 1
    beat: float = 1.0
    grace: bool = False
    slurred: bool = False  # under a slur together with the note before
    fermata: bool = False
    breath_after: bool = False
    articulations: frozenset[str] = frozenset()  # MusicXML names: "accent", "staccato", "tenuto", "strong-accent"...
    character: tuple[str, ...] = ()  # words in force, as `performance/character.py` names them: ("molto dolce",)
    overrides: NoteOverrides | None = None  # what a `song.sing.toml` beside the score asks of it

    @property
    def end_quarters(self) -> Quarters:
        return self.onset_quarters + self.duration_quarters


@dataclass(frozen=True)
class DynamicMark:
    """A dynamic level or the end points of a hairpin, in quarters of the expanded piece.

    `level` is 0 (niente) to 1 (ffff), mf = 0.55; between a mark with `hairpin=True` and the next mark the level moves
    linearly, otherwise it jumps at the next mark.
    """

    onset_quarters: Quarters
    level: float
    hairpin: bool = False
    text: str = ""


@dataclass(frozen=True)
class TempoMap:
    """Piecewise constant tempo: `changes` are (quarters, quarter notes per minute), first at 0, strictly rising."""

    changes: tuple[tuple[Quarters, float], ...] = ((Fraction(0), 120.0),)

    def __post_init__(self) -> None:
        positions = [position for position, _ in self.changes]
        if not self.changes or positions[0] != 0 or any(b <= a for a, b in zip(positions, positions[1:], strict=False)):
            raise ValueError("tempo changes must start at 0 and rise strictly")
        if any(not 0 < bpm < 100_000 for _, bpm in self.changes):
            raise ValueError("tempos must be positive")
        seconds = [0.0]
        for (start, bpm), (end, _) in zip(self.changes, self.changes[1:], strict=False):
            seconds.append(seconds[-1] + float(end - start) * 60.0 / bpm)
        object.__setattr__(self, "_positions", positions)
        object.__setattr__(self, "_seconds", seconds)

    def seconds_at(self, quarters: Quarters) -> float:
        """Time of a position in seconds; strictly rising, 0 at 0.

        >>> TempoMap(((Fraction(0), 60.0), (Fraction(2), 120.0))).seconds_at(Fraction(3))
        2.5
        """
        positions: Sequence[Quarters] = self._positions  # type: ignore[attr-defined]
        index = max(0, bisect_right(positions, quarters) - 1)
        start, bpm = self.changes[index]
        return self._seconds[index] + float(quarters - start) * 60.0 / bpm  # type: ignore[attr-defined]

    def quarters_per_minute_at(self, quarters: Quarters) -> float:
        """Tempo in force at a position."""
        positions: Sequence[Quarters] = self._positions  # type: ignore[attr-defined]
        return self.changes[max(0, bisect_right(positions, quarters) - 1)][1]


@dataclass(frozen=True)
class Part:
    """One singing line. `id` is unique in the score; `name` is what the page prints."""

    id: str
    name: str
    notes: tuple[Note, ...]
    dynamics: tuple[DynamicMark, ...] = ()
    language: str | None = None
    verses: tuple[str, ...] = ()  # verse numbers that the part offers

    @property
    def has_lyrics(self) -> bool:
        return any(note.lyric is not None for note in self.notes)


@dataclass(frozen=True)
class Score:
    """A piece: its singing parts over one tempo map. `end_quarters` includes rests after the last note."""

    title: str
    parts: tuple[Part, ...]
    tempo: TempoMap
    end_quarters: Quarters
    source: str = ""
    warnings: tuple[str, ...] = field(default=())

    @property
    def duration_seconds(self) -> float:
        return self.tempo.seconds_at(self.end_quarters)

    def warnings_for(self, part: Part) -> tuple[str, ...]:
        """The warnings that matter to who sings a part: all but those of other parts."""
        others = tuple(f"part {other.name!r}: " for other in self.parts if other.name != part.name)
        return tuple(warning for warning in self.warnings if not warning.startswith(others))
