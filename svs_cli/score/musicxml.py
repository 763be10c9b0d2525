"""MusicXML (`.musicxml`, `.xml`, `.mxl`) to a Score.

The way through this folder: container (bytes to XML) -> bar_reader, note_reader, directions, lyric_text (XML to bars)
-> voices (bars to lines) -> unroll, timeline (bars to singing order) -> tempo, dynamics -> verses, grace, melody
(a line's notes). This module puts them in order.

Conventions
-----------
- MusicXML is read directly, not through music21: bar numbers survive for messages, and what music21 drops (extender
  lines, verse numbers, elisions, `sound` jumps) is kept. Other notation formats come in through music21
  (`music21_formats`), which turns them into MusicXML first.
- A damaged or impossible score raises ScoreError with part and bar; what could be mended is in `Score.warnings`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.etree.ElementTree import Element

from svs_cli.errors import ScoreError, UsageError
from svs_cli.score.bar_reader import read_parts
from svs_cli.score.bars import RawPart
from svs_cli.score.container import open_musicxml
from svs_cli.score.dynamics import dynamic_marks
from svs_cli.score.line import ChordChoice
from svs_cli.score.lyric_text import verse_order
from svs_cli.score.melody import Melody, sing_line
from svs_cli.score.model import Part, Score
from svs_cli.score.tempo import make_tempo_map
from svs_cli.score.timeline import Timeline, make_timeline
from svs_cli.score.verse_loans import lend_verses
from svs_cli.score.verses import VerseReader
from svs_cli.score.voices import Line, singing_lines


def read_musicxml(path: Path, *, verse: int | None = None, chord: ChordChoice = "top") -> Score:
    """The score in a MusicXML file or `.mxl` archive.

    `verse`: sing this verse on every pass; None sings verse n on the n-th pass. `chord`: which note of a chord is sung,
    "top", "bottom" or a number counted from the top (1 is the top; the lowest if there are fewer).
    Raises ScoreError for what cannot be sung, UsageError for a verse that no part has.
    """
    return score_of_xml(open_musicxml(path), source=path.name, verse=verse, chord=chord)


def score_of_xml(root: Element, *, source: str, verse: int | None = None, chord: ChordChoice = "top") -> Score:
    """The score in a parsed MusicXML document; see `read_musicxml`."""
    if isinstance(chord, int) and chord < 1:
        raise UsageError(f"there is no chord note {chord}", fix="count from the top: 1 is the highest note")
    parts = read_parts(root)
    lines = [line for line in singing_lines(parts, chord) if any(line.bars)]
    if not lines:
        only_drums = any(part.has_unpitched for part in parts)
        why = "it has only unpitched notes" if only_drums else "it has only rests"
        raise ScoreError(f"{source} holds nothing to sing: {why}", fix="give a score with a melody")
    _check_verse(verse, lines)
    lend_verses(lines)
    sung_parts = [part for part in parts if any(line.part is part for line in lines)]
    timeline = make_timeline(parts, sung_parts)
    tempo = make_tempo_map(timeline, sung_parts)
    warnings = [f"part {part.label!r}: {warning}" for part in parts for warning in part.warnings]
    sung: list[Part] = []
    for line in lines:
        reader = VerseReader(line.verses, verse)
        melody = sing_line(line, timeline, tempo, reader)
        told = [*line.warnings, *_verse_warnings(line, reader, lines), *melody.warnings]
        warnings += [f"part {line.name!r}: {warning}" for warning in told]
        if melody.notes:
            sung.append(_part(line, melody, timeline, sung_parts))
    if not sung:
        raise ScoreError(f"{source} holds nothing to sing: it has only grace notes", fix="give a score with a melody")
    return Score(
        title=_title(root),
        parts=tuple(sung),
        tempo=tempo,
        end_quarters=timeline.end_quarters,
        source=source,
        warnings=tuple(warnings),
    )


def _part(line: Line, melody: Melody, timeline: Timeline, sung_parts: Sequence[RawPart]) -> Part:
    languages = {note.lyric.language for note in melody.notes if note.lyric is not None}
    return Part(
        id=line.id,
        name=line.name,
        notes=tuple(melody.notes),
        dynamics=dynamic_marks(timeline, line.part, line.key[0], sung_parts),
        language=languages.pop() if len(languages) == 1 else None,
        verses=line.verses,
    )


def _check_verse(verse: int | None, lines: Sequence[Line]) -> None:
    known = sorted({name for line in lines for name in line.verses}, key=verse_order)
    if verse is not None and str(verse) not in known and known:
        raise UsageError(f"the score has no verse {verse}", fix=f"choose one of: {', '.join(known)}")


def _verse_warnings(line: Line, reader: VerseReader, lines: Sequence[Line]) -> list[str]:
    """What is to be said of verses that were asked of the line, and that only others print."""
    asked = sorted(reader.asked & {name for other in lines for name in other.verses}, key=verse_order)
    told: dict[str, list[str]] = {}
    for name in asked:
        if name in line.lent:
            told.setdefault(f"sings those of {line.lent[name]!r}", []).append(name)
        elif line.verses and name not in line.verses:
            told.setdefault(f"sings verse {reader.first} instead", []).append(name)
    return [f"it has no words of verse {', '.join(names)} and {how}" for how, names in told.items()]


def _title(root: Element) -> str:
    for place in ("movement-title", "work/work-title", "credit/credit-words"):
        if title := " ".join((root.findtext(place) or "").split()):
            return title
    return ""
