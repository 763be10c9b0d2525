"""UTAU scores (`.ust`): an INI-like list of notes.

Conventions
-----------
- Lengths are ticks, 480 to a quarter note. There are no bars: they are counted as 4/4.
- Only lyric, pitch, length and tempo are read: flags, envelopes and pre-utterances belong to a voicebank.
- Text is Shift-JIS unless the file declares another `Charset` or is valid UTF-8.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from svs_cli.errors import ScoreError
from svs_cli.score.encodings import guess_encoding
from svs_cli.score.line import ChordChoice, LooseNote, Meter, build_part
from svs_cli.score.model import Lyric, Quarters, Score, TempoMap
from svs_cli.score.utau_lyrics import sung_of

TICKS_PER_QUARTER = 480
LONGEST_NOTE_TICKS = 480 * 4 * 1000
CHARSETS = {"utf-8": "utf-8-sig", "utf8": "utf-8-sig", "shift-jis": "cp932", "shift_jis": "cp932", "sjis": "cp932"}
NO_NOTES = frozenset({"VERSION", "SETTING", "TRACKEND", "PREV", "NEXT", "DELETE"})
Section = tuple[str, dict[str, str]]


def read_ust(path: Path, *, chord: ChordChoice = "top") -> Score:
    """The score in a UST file. Raises ScoreError, with the bar, for anything that cannot be sung."""
    sections = list(sections_of(decode_ust(path.read_bytes())))
    settings = {key: value for name, fields in sections if name == "SETTING" for key, value in fields.items()}
    title = (settings.get("ProjectName") or settings.get("Project") or "").strip() or path.stem
    tempos: dict[Quarters, float] = {Fraction(0): tempo_of(settings.get("Tempo", "120"), "[#SETTING]")}
    notes: list[LooseNote] = []
    now = Fraction(0)
    for name, fields in sections:
        if name in NO_NOTES:
            continue
        bar = str(1 + int(now // 4))
        if fields.get("Tempo", "").strip():
            tempos[now] = tempo_of(fields["Tempo"], f"note [#{name}]", bar)
        duration = length_of(fields, name, bar)
        note, breath = note_of(fields, name, bar, now, duration)
        if breath and notes:
            notes[-1] = replace(notes[-1], breath_after=True)
        if note is not None:
            notes.append(note)
        now += duration
    if not notes:
        raise ScoreError(f"{path.name} has no notes to sing", fix="check that it was saved with its notes")
    part, warnings = build_part(notes, id="P1", name=title, meter=Meter(), chord=chord)
    return Score(
        title=title,
        parts=(part,),
        tempo=TempoMap(tuple(sorted(tempos.items()))),
        end_quarters=now,
        source=path.name,
        warnings=tuple(warnings),
    )


def decode_ust(data: bytes) -> str:
    """Text of a UST file; the declared charset is believed only if the bytes agree."""
    for line in data[:2000].splitlines():
        key, _, value = line.partition(b"=")
        codec = CHARSETS.get(value.decode("ascii", "replace").strip().lower())
        if key.strip().lower() == b"charset" and codec:
            try:
                return data.decode(codec)
            except UnicodeDecodeError:
                break
    return data.decode(guess_encoding(data)).removeprefix("\ufeff")


def sections_of(text: str) -> Iterator[Section]:
    """(name, fields) of every `[#name]` section, in order. Lines before the first section are skipped."""
    name, fields = "", dict[str, str]()
    for line in text.splitlines():
        if line.startswith("[#"):
            if name:
                yield name, fields
            name, fields = line[2:].strip().rstrip("]"), {}
        elif name:
            key, equals, value = line.partition("=")
            if equals:
                fields[key.strip()] = value
    if name:
        yield name, fields


def tempo_of(value: str, where: str, bar: str | None = None) -> float:
    """Quarters per minute; a comma may be the decimal point. Raises ScoreError."""
    try:
        tempo = float(value.strip().replace(",", "."))
    except ValueError:
        tempo = math.nan
    if not 1 <= tempo <= 2000:
        raise ScoreError(f"{where}: Tempo={value.strip()!r} is no tempo (1 to 2000)", bar=bar)
    return tempo


def length_of(fields: dict[str, str], name: str, bar: str) -> Quarters:
    """Length of a note in quarters. Raises ScoreError unless it is positive."""
    value = fields.get("Length", "").strip()
    try:
        ticks = float(value.replace(",", "."))
    except ValueError:
        ticks = math.nan
    if not 0 < ticks <= LONGEST_NOTE_TICKS:
        raise ScoreError(f"note [#{name}]: Length={value!r} is no positive number of ticks (480 a quarter)", bar=bar)
    return Fraction(ticks) / TICKS_PER_QUARTER


def note_of(
    fields: dict[str, str], name: str, bar: str, onset: Quarters, duration: Quarters
) -> tuple[LooseNote | None, bool]:
    """The note, or None for a rest; and whether the note before takes a breath. Raises ScoreError."""
    sung = sung_of(fields.get("Lyric", "R"))
    if sung.kind in ("rest", "breath"):
        return None, sung.kind == "breath"
    value = fields.get("NoteNum", "").strip()
    try:
        midi = int(value)
    except ValueError:
        raise ScoreError(f"note [#{name}]: NoteNum={value!r} is no MIDI number", bar=bar) from None
    if abs(midi) > 1000:
        raise ScoreError(f"note [#{name}]: NoteNum={value[:20]!r} is no MIDI number", bar=bar)
    continues = sung.kind == "continue"
    return LooseNote(onset, duration, float(midi), None if continues else Lyric(sung.text), continues), False
