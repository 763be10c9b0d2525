"""Notation formats that music21 reads (ABC, Humdrum, MEI, NoteWorthy text), by way of MusicXML in memory.

Conventions
-----------
- music21 only translates: its MusicXML goes through the same reader as any other, so all conventions hold. The lyrics
  of ABC, which it leaves out, are put back by `abc_lyrics`.
- The file's text is handed over as data, so music21 fetches nothing and writes no cache beside it.
- Warnings that music21 prints for itself are silenced; what it cannot parse is a ScoreError.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from svs_cli.errors import ScoreError
from svs_cli.score.abc_lyrics import split_abc
from svs_cli.score.container import parse_musicxml, parse_xml
from svs_cli.score.line import ChordChoice
from svs_cli.score.model import Score
from svs_cli.score.musicxml import score_of_xml

if TYPE_CHECKING:
    from music21.stream import Stream

MUSIC21_FORMATS = {".abc": "abc", ".krn": "humdrum", ".mei": "mei", ".nwctxt": "noteworthytext"}
LARGEST_TEXT_BYTES = 8 * 1024 * 1024


def read_with_music21(path: Path, *, verse: int | None = None, chord: ChordChoice = "top") -> Score:
    """The score in a file of one of MUSIC21_FORMATS; `verse` and `chord` as for `read_musicxml`.

    Raises ScoreError if music21 cannot read the file.
    """
    format_name = MUSIC21_FORMATS.get(path.suffix.lower())
    if format_name is None:
        known = ", ".join(MUSIC21_FORMATS)
        raise ScoreError(
            f"{path.name} is of no known score format", fix=f"convert it to MusicXML, or to one of {known}"
        )
    return score_of_xml(
        parse_musicxml(_as_musicxml(path, format_name), path.name), source=path.name, verse=verse, chord=chord
    )


def _as_musicxml(path: Path, format_name: str) -> bytes:
    from music21 import converter
    from music21.musicxml.m21ToXml import GeneralObjectExporter

    text = _text(path)
    if format_name == "mei":
        parse_xml(text.encode(), path.name)  # music21's XML parser would expand entity bombs
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            stream = _with_abc_lyrics(text) if format_name == "abc" else converter.parseData(text, format=format_name)
            exported: bytes = GeneralObjectExporter(stream).parse()
    # music21 raises whatever its parsers meet: IndexError, KeyError, its own exceptions.
    except Exception as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise ScoreError(
            f"{path.name} cannot be read as {format_name}: {reason}", fix="convert it to MusicXML"
        ) from None
    return exported


def _with_abc_lyrics(text: str) -> Stream:
    """An ABC tune as music21 reads it, with the lyrics that it leaves out."""
    from music21 import converter, harmony, note

    tune, syllables = split_abc(text)
    stream = converter.parseData(tune, format="abc")
    notes = [
        element
        for element in stream.recurse().notes
        if not element.duration.isGrace and not isinstance(element, harmony.Harmony)
    ]
    if len(stream.recurse().getElementsByClass("Part")) != 1:
        return stream  # the lyrics of several voices cannot be told apart
    for syllable in syllables:
        if syllable.note < len(notes):
            lyric = note.Lyric(syllable.text, syllable.verse, applyRaw=True, syllabic=syllable.position)
            notes[syllable.note].lyrics.append(lyric)
    return stream


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()[: LARGEST_TEXT_BYTES + 1]
    except OSError as error:
        raise ScoreError(f"{path} cannot be read: {error.strerror or error}", fix="check the path") from None
    if len(data) > LARGEST_TEXT_BYTES:
        raise ScoreError(f"{path.name} is larger than {LARGEST_TEXT_BYTES >> 20} MiB, too large for a score")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")
