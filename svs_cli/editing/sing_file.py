"""`song.sing.toml`: wishes about single notes, words, bars or all of a piece, in a file beside the score.

Conventions
-----------
- `[all]` holds for every note, `[[bars]]` for a range of bars, `[[note]]` for notes addressed by bar and beat or by
  word. The narrower wins, key by key; of two alike the later one.
- An address without `part` looks in all parts; without `nth` a word is meant wherever it is sung, without `repeat` a
  bar each time that it is.
- `bar` is the printed number (a string where it is none: "12a"), `beat` counts from 1 in the time signature's unit.
- Every address must find something: an error says what is near. All mistakes of the file are ScoreErrors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from svs_cli.config import build, read_toml
from svs_cli.editing.addresses import notes_at_beat, notes_in_bars, notes_of_word, parts_named
from svs_cli.errors import ScoreError, UsageError
from svs_cli.performance.overrides import NoteOverrides
from svs_cli.score.dynamics import LEVELS
from svs_cli.score.model import Note, Part, Score

SUFFIX = ".sing.toml"
TABLES = ("all", "bars", "note")
BAR_RANGE = re.compile(r"\s*(\w+)\s*(?:-\s*(\w+))?\s*")
Wishes = dict[tuple[int, int], NoteOverrides]  # by number of part and of note
Entry = TypeVar("Entry", bound=NoteOverrides)


@dataclass(frozen=True, repr=False)
class EveryNote(NoteOverrides):
    """`[all]`: the whole piece, or one part of it."""

    part: str | int | None = None


@dataclass(frozen=True, repr=False)
class BarRange(NoteOverrides):
    """`[[bars]]`: from the beginning of one bar to the end of another."""

    part: str | int | None = None
    bars: str | int | None = None  # "5-8", or one bar
    repeat: int | None = None  # only the second time, say


@dataclass(frozen=True, repr=False)
class NoteAddress(NoteOverrides):
    """`[[note]]`: by bar and beat, or by word."""

    part: str | int | None = None
    bar: str | int | None = None
    beat: float | None = None  # None: all notes of the bar
    repeat: int | None = None
    word: str | None = None
    nth: int | None = None  # which of the places where the word is sung
    syllable: int | None = None  # of the word, from 1

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.word is None) == (self.bar is None):
            raise ValueError("a note is addressed by 'bar' (and 'beat'), or by 'word'")
        wrong = ("nth", "syllable") if self.word is None else ("beat", "repeat")
        for name in wrong:
            if getattr(self, name) is not None:
                raise ValueError(f"{name!r} needs {'word' if self.word is None else 'bar'!r}")


def beside(score_path: Path) -> Path | None:
    """The file that belongs to a score, if there is one: `song.sing.toml` beside `song.musicxml`."""
    path = score_path.with_name(score_path.stem + SUFFIX)
    return path if path.is_file() else None


def directed(score: Score, score_path: Path, sing_file: Path | None = None) -> Score:
    """The score with the wishes of `sing_file`, or of the file beside the score. Raises ScoreError."""
    path = sing_file or beside(score_path)
    return score if path is None else with_wishes(score, path)


def with_wishes(score: Score, path: Path) -> Score:
    """The score with each note's wishes from a file. Raises ScoreError that names file, table and what is wrong."""
    try:
        raw = read_toml(path)
    except UsageError as error:
        raise ScoreError(error.message, fix=error.fix) from error
    unknown = [table for table in raw if table not in TABLES]
    if unknown:
        raise ScoreError(f"{path}: unknown table {unknown[0]!r}", fix="use [all], [[bars]] and [[note]]")
    wishes: Wishes = {}
    if "all" in raw:
        everywhere = entry_of(EveryNote, raw["all"], f"{path}, [all]")
        add(wishes, everywhere, all_notes(score, everywhere, f"{path}, [all]"))
    for where, table in tables(raw, "bars", path):
        span = entry_of(BarRange, table, where)
        add(wishes, span, in_bars(score, span, where))
    for where, table in tables(raw, "note", path):
        address = entry_of(NoteAddress, table, where)
        add(wishes, address, addressed(score, address, where))
    return replace(score, parts=tuple(with_wishes_of(part, i, wishes, path) for i, part in enumerate(score.parts)))


def tables(raw: dict[str, Any], name: str, path: Path) -> Iterator[tuple[str, Any]]:
    """What messages call each `[[name]]`, and its keys."""
    found = raw.get(name, [])
    if not isinstance(found, list):
        raise ScoreError(f"{path}: [{name}] stands for many", fix=f"write [[{name}]] above each")
    for number, table in enumerate(found, 1):
        yield f"{path}, [[{name}]] {number}", table


def entry_of(kind: type[Entry], raw: object, where: str) -> Entry:
    """One table, checked. Raises ScoreError."""
    if isinstance(raw, dict):
        raw = {key: in_full(key, value, where) for key, value in raw.items()}
    try:
        return build(kind, raw, where)
    except UsageError as error:
        raise ScoreError(error.message, fix=error.fix) from error


def in_full(key: str, value: Any, where: str) -> Any:
    """What a person may write shorter: dynamics by name or as one number, phones and character as text."""
    if key == "phones" and isinstance(value, str):
        return value.split()
    if key == "character" and isinstance(value, str):
        return [value]
    if key == "dynamic":
        values = value if isinstance(value, list) else [value, value]
        for level in values:
            if isinstance(level, str) and level not in LEVELS:
                raise ScoreError(f"{where}: {level!r} is no dynamic", fix="write ppp to fff, or a number from 0 to 1")
        return [LEVELS[level] if isinstance(level, str) else level for level in values]
    return value


def overrides_of(entry: NoteOverrides) -> NoteOverrides:
    """The wishes of a table without its address."""
    return NoteOverrides(**{field.name: getattr(entry, field.name) for field in fields(NoteOverrides)})


def add(wishes: Wishes, entry: NoteOverrides, places: Sequence[tuple[int, int]]) -> None:
    """Put an entry's wishes over those that its notes have already."""
    own = overrides_of(entry)
    for place in places:
        wishes[place] = own.over(wishes.get(place))


def all_notes(score: Score, entry: EveryNote, where: str) -> list[tuple[int, int]]:
    """Every note of the parts that are meant."""
    refuse_spelling(entry, where)
    return [(i, n) for i in parts_named(score, entry.part, where) for n in range(len(score.parts[i].notes))]


def in_bars(score: Score, entry: BarRange, where: str) -> list[tuple[int, int]]:
    """The notes of a range of bars. Raises ScoreError if there are none."""
    refuse_spelling(entry, where)
    match = BAR_RANGE.fullmatch(str(entry.bars))
    if entry.bars is None or match is None:
        raise ScoreError(f"{where}: which bars?", fix='write bars = "5-8"')
    first, last = match[1], match[2] or match[1]
    return notes_in_bars(score, parts_named(score, entry.part, where), first, last, entry.repeat, where)


def addressed(score: Score, entry: NoteAddress, where: str) -> list[tuple[int, int]]:
    """The notes of one `[[note]]`. Raises ScoreError if there are none."""
    parts = parts_named(score, entry.part, where)
    if entry.word is None:
        return notes_at_beat(score, parts, str(entry.bar), entry.beat, entry.repeat, where)
    found = notes_of_word(score, parts, entry.word, entry.nth, entry.syllable, where)
    if entry.phones is not None and any(len({s for s, _ in syllables}) > 1 for syllables in found):
        raise ScoreError(f"{where}: {entry.word!r} has several syllables", fix="say which one with syllable = 1")
    return [place for syllables in found for _, place in syllables]


def refuse_spelling(entry: NoteOverrides, where: str) -> None:
    """Raise ScoreError for phones that would be sung on many notes alike."""
    if entry.phones is not None or entry.phone_lengths_seconds is not None:
        raise ScoreError(f"{where}: phones and their lengths belong to one note", fix="give them under a [[note]]")


def with_wishes_of(part: Part, number: int, wishes: Wishes, path: Path) -> Part:
    """The part with its notes' wishes; a language goes to the lyric, as if the score said it."""
    notes = list(part.notes)
    for index, note in enumerate(notes):
        asked = wishes.get((number, index))
        if asked:
            notes[index] = with_asked(note, asked, f"{path}: bar {note.bar}, beat {note.beat:g}")
    return replace(part, notes=tuple(notes))


def with_asked(note: Note, asked: NoteOverrides, where: str) -> Note:
    """One note with its wishes. Raises ScoreError for a language that is not sung."""
    from svs_cli.frontend.languages import language_code

    lyric = note.lyric
    if asked.language is not None and lyric is not None:
        try:
            lyric = replace(lyric, language=language_code(asked.language))
        except UsageError as error:
            raise ScoreError(f"{where}: {error.message}", fix=error.fix) from error
    if asked.phones is not None and lyric is None:
        raise ScoreError(f"{where}: the note continues a syllable", fix="give the phones to the syllable's first note")
    return replace(note, lyric=lyric, overrides=asked)
