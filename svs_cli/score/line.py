"""From loose notes to one singable line: the part of reading that MIDI, UST and USTX share.

Conventions
-----------
- A `LooseNote` is what a file says; notes may still form chords, overlap, leave gaps, or lack a lyric.
- Notes whose onsets differ by at most `CHORD_SPREAD` quarters and that sound together are a chord; one is chosen.
- An overlap of at most `LEGATO_OVERLAP` quarters is how people play legato: the earlier note is trimmed. A longer
  one, or a note inside another, is polyphony, which one singer cannot sing.
- Gaps that players and exporters leave by gate time are closed (at most `GATE_GAP` quarters, or a tenth of the note
  and a quarter of a quarter): they are no rests.
- Bars count from "1" at the start; these formats know no pickup bars.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from svs_cli.errors import ScoreError
from svs_cli.score.compass import HIGHEST_MIDI, LOWEST_MIDI
from svs_cli.score.model import Lyric, Note, Part, Quarters

ChordChoice = Literal["top", "bottom"] | int
DEFAULT_SYLLABLE = "la"
CHORD_SPREAD = Fraction(1, 32)
LEGATO_OVERLAP = Fraction(1, 8)
GATE_GAP = Fraction(1, 16)
LONGEST_GATE_GAP = Fraction(1, 4)
MELISMA_GAP = Fraction(1, 4)


@dataclass(frozen=True)
class LooseNote:
    """A note as the file has it. `continues`: the file says that it prolongs the syllable before."""

    onset_quarters: Quarters
    duration_quarters: Quarters
    midi: float
    lyric: Lyric | None = None
    continues: bool = False
    breath_after: bool = False

    @property
    def end_quarters(self) -> Quarters:
        return self.onset_quarters + self.duration_quarters


@dataclass(frozen=True)
class Meter:
    """Bar lines from time signatures; `spans` are (start in quarters, first bar number, beats, beat unit)."""

    spans: tuple[tuple[Quarters, int, int, int], ...] = ((Fraction(0), 1, 4, 4),)

    @classmethod
    def of(cls, signatures: Iterable[tuple[Quarters, int, int]]) -> Meter:
        """From (position in quarters, beats, beat unit); the last one at a position counts, 4/4 until the first.

        A change in the middle of a bar starts a new bar there.
        """
        at = {Fraction(0): (4, 4)} | {position: (beats, unit) for position, beats, unit in signatures}
        spans: list[tuple[Quarters, int, int, int]] = []
        for start, (beats, unit) in sorted(at.items()):
            number = 1
            if spans:
                before, first_bar, old_beats, old_unit = spans[-1]
                number = first_bar - int(-(start - before) // Fraction(4 * old_beats, old_unit))
            spans.append((start, number, beats, unit))
        return cls(tuple(spans))

    def place(self, quarters: Quarters) -> tuple[str, float]:
        """Bar number and beat (1.0 is the first, in units of the signature's denominator) of a position.

        >>> Meter.of([(Fraction(0), 3, 4)]).place(Fraction(7, 2))
        ('2', 1.5)
        """
        index = bisect_right(self.spans, quarters, key=lambda span: span[0]) - 1
        start, first_bar, beats, unit = self.spans[max(0, index)]
        bars, within = divmod(quarters - start, Fraction(4 * beats, unit))
        return str(first_bar + int(bars)), 1.0 + float(within * unit / 4)


def build_part(
    notes: Iterable[LooseNote],
    *,
    id: str,
    name: str,
    meter: Meter,
    chord: ChordChoice = "top",
    bare_notes_continue: bool = False,
    language: str | None = None,
) -> tuple[Part, list[str]]:
    """One part that keeps the model's promises, and the warnings that making it gave.

    `bare_notes_continue`: a note without a lyric right after another continues its syllable (the habit of MIDI);
    otherwise it gets the default syllable. Raises ScoreError for polyphony and for pitches out of range.
    """
    line, warnings = reduce_chords(sorted(notes, key=lambda n: (n.onset_quarters, -n.midi)), chord)
    line = close_gaps(trim_overlaps(line, name, meter))
    for note in line:
        _check_range(note, name, meter)
    line, more = settle_lyrics(line, meter, bare_notes_continue)
    sung = tuple(_as_sung(note, meter) for note in line)
    named = [f"part {name!r}: {warning}" for warning in warnings + more]
    return Part(id=id, name=name, notes=sung, language=language), named


def reduce_chords(notes: Sequence[LooseNote], chord: ChordChoice) -> tuple[list[LooseNote], list[str]]:
    """One note of every chord: "top", "bottom", or a number counted from the top (1 is the top; the lowest if there
    are fewer). The lyric of any chord note goes to the chosen one. `notes` are sorted by onset.
    """
    groups: list[list[LooseNote]] = []
    for note in notes:
        first = groups[-1][0] if groups else None
        if (
            first
            and note.onset_quarters - first.onset_quarters <= CHORD_SPREAD
            and (note.onset_quarters < first.end_quarters)
        ):
            groups[-1].append(note)
        else:
            groups.append([note])
    line = [_chosen(group, chord) for group in groups]
    chords = sum(len({note.midi for note in group}) > 1 for group in groups)
    which = f"note {chord} from the top" if isinstance(chord, int) else f"the {chord} note"
    return line, [f"{chords} chords: {which} of each is sung"] if chords else []


def _chosen(group: list[LooseNote], chord: ChordChoice) -> LooseNote:
    if len(group) == 1:
        return group[0]
    ordered = sorted(group, key=lambda n: (-n.midi, -n.duration_quarters))
    index = {"top": 0, "bottom": len(ordered) - 1}[chord] if isinstance(chord, str) else chord - 1
    note = ordered[min(max(index, 0), len(ordered) - 1)]
    lyric = note.lyric or next((other.lyric for other in ordered if other.lyric), None)
    return replace(note, lyric=lyric, continues=lyric is None and any(other.continues for other in ordered))


def trim_overlaps(notes: Sequence[LooseNote], part: str, meter: Meter) -> list[LooseNote]:
    """Legato overlaps cut at the next onset. Raises ScoreError where two notes really sound together."""
    line: list[LooseNote] = []
    for note in notes:
        if line and line[-1].end_quarters > note.onset_quarters:
            before = line[-1]
            overlap = before.end_quarters - note.onset_quarters
            if overlap > LEGATO_OVERLAP or before.end_quarters > note.end_quarters:
                raise ScoreError(
                    f"two notes sound together for {float(overlap):.3g} quarters (MIDI {before.midi:g} and "
                    f"{note.midi:g}); a part must have one voice",
                    part=part,
                    bar=meter.place(note.onset_quarters)[0],
                    fix="shorten the first note, or put the second voice on a track of its own",
                )
            line[-1] = replace(before, duration_quarters=note.onset_quarters - before.onset_quarters)
        line.append(note)
    return line


def close_gaps(notes: Sequence[LooseNote]) -> list[LooseNote]:
    """Notes prolonged over the tiny gaps of gate time, so that only real rests stay."""
    line = list(notes)
    for i, (note, after) in enumerate(zip(line, line[1:], strict=False)):
        gap = after.onset_quarters - note.end_quarters
        allowed = max(GATE_GAP, min(LONGEST_GATE_GAP, note.duration_quarters / 10))
        if 0 < gap <= allowed and not note.breath_after:
            line[i] = replace(note, duration_quarters=after.onset_quarters - note.onset_quarters)
    return line


def settle_lyrics(
    notes: Sequence[LooseNote], meter: Meter, bare_notes_continue: bool
) -> tuple[list[LooseNote], list[str]]:
    """Every note gets a syllable or continues the one before; a default syllable is warned of by bar."""
    line: list[LooseNote] = []
    defaulted: list[str] = []
    for note in notes:
        if note.lyric is None:
            before_end = line[-1].end_quarters if line else None
            gap = None if before_end is None else note.onset_quarters - before_end
            continues = gap is not None and (gap == 0 and note.continues or bare_notes_continue and gap <= MELISMA_GAP)
            if continues and gap:
                line[-1] = replace(line[-1], duration_quarters=note.onset_quarters - line[-1].onset_quarters)
            if not continues:
                defaulted.append(meter.place(note.onset_quarters)[0])
            note = replace(note, lyric=None if continues else Lyric(DEFAULT_SYLLABLE), continues=continues)
        line.append(note if note.lyric is None else replace(note, continues=False))
    if not defaulted:
        return line, []
    if len(defaulted) == len(line):
        return line, [f"it has no lyrics: every note sings {DEFAULT_SYLLABLE!r}"]
    bars = ", ".join(list(dict.fromkeys(defaulted))[:8])
    return line, [f"{len(defaulted)} notes without a lyric sing {DEFAULT_SYLLABLE!r} (bars {bars})"]


def _as_sung(note: LooseNote, meter: Meter) -> Note:
    bar, beat = meter.place(note.onset_quarters)
    return Note(
        onset_quarters=note.onset_quarters,
        duration_quarters=note.duration_quarters,
        midi=note.midi,
        lyric=note.lyric,
        continues=note.continues,
        bar=bar,
        beat=beat,
        slurred=note.continues,
        breath_after=note.breath_after,
    )


def _check_range(note: LooseNote, part: str, meter: Meter) -> None:
    if not LOWEST_MIDI <= note.midi <= HIGHEST_MIDI:
        raise ScoreError(
            f"MIDI note {note.midi:g} is outside what is sung ({LOWEST_MIDI} to {HIGHEST_MIDI})",
            part=part,
            bar=meter.place(note.onset_quarters)[0],
            fix="transpose the part by octaves into range, or choose another part",
        )
