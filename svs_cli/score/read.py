"""Any score file becomes a `Score`: the format is found in the content, and checked against the file's name.

Conventions
-----------
- Content decides; a suffix that claims something else is an error that says what the file really is.
- Whatever the reader, what leaves here keeps the promises of `model.py` (checked), and is at most four hours long.
- A `.ds` document is a performance, not a score: `is_performance` tells, and `read_score` refuses it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from svs_cli.errors import DataError, ScoreError, UsageError
from svs_cli.score.compass import HIGHEST_MIDI, LOWEST_MIDI
from svs_cli.score.line import ChordChoice
from svs_cli.score.model import Part, Score

MEBIBYTE = 2**20
SIZE_CAPS_BYTES = {"midi": 8 * MEBIBYTE, "ust": 16 * MEBIBYTE, "ustx": 32 * MEBIBYTE}
SIZE_CAP_BYTES = 64 * MEBIBYTE
HEAD_BYTES = 64 * 1024
LONGEST_SECONDS = 4 * 3600.0

NAMES = {
    "musicxml": "MusicXML",
    "mxl": "compressed MusicXML",
    "midi": "a MIDI file",
    "ust": "a UTAU score",
    "ustx": "an OpenUtau project",
    "abc": "ABC notation",
    "krn": "a Humdrum score",
    "mei": "an MEI score",
    "ds": "a .ds performance",
}
SUFFIXES = {
    ".musicxml": ("musicxml",),
    ".xml": ("musicxml", "mei"),
    ".mxl": ("mxl",),
    ".mid": ("midi",),
    ".midi": ("midi",),
    ".kar": ("midi",),
    ".rmi": ("midi",),
    ".ust": ("ust",),
    ".ustx": ("ustx",),
    ".abc": ("abc",),
    ".krn": ("krn",),
    ".mei": ("mei",),
    ".ds": ("ds",),
}
# What people have beside scores, by how it starts, so that the message can say it.
STRANGERS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "a PDF; a picture of a score has to be recognised first, for instance with MuseScore or Audiveris"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"RIFF", "an audio file (WAV)"),
    (b"fLaC", "an audio file (FLAC)"),
    (b"OggS", "an audio file (Ogg)"),
    (b"ID3", "an audio file (MP3)"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"VPRZ", "a Vocaloid project"),
)
XML_ROOTS = {
    "score-partwise": "musicxml",
    "score-timewise": "musicxml",
    "mei": "mei",
    "museScore": "a MuseScore document",
    "vsq3": "a Vocaloid 3 project",
    "vsq4": "a Vocaloid 4 project",
    "opus": "a MusicXML opus, a list of scores",
    "html": "a web page",
    "svg": "a drawing (SVG)",
    "Scenario": "a CeVIO project",
}
EXPORT = "export the score as MusicXML, or as MIDI with lyrics"


def read_score(path: Path, *, verse: int | None = None, chord: ChordChoice = "top") -> Score:
    """The score in a MusicXML, MIDI, karaoke, UST, USTX, ABC, Humdrum or MEI file.

    `verse` counts from 1 (None: as the score's repeats ask). `chord` says which note of a chord is sung: "top",
    "bottom", or a number counted from the top. Raises DataError if there is no readable file, ScoreError if it
    cannot be sung, UsageError for a verse that it lacks.
    """
    head = _head(path)
    kind = kind_of(head)
    if kind == "ds":
        raise ScoreError(
            f"{path.name} is a .ds performance, not a score: its notes, phones and timing are decided",
            fix=f"go on from it with the stages: svs duration {path.name} | svs pitch | svs acoustic",
        )
    if kind not in NAMES:
        raise ScoreError(f"{path.name} is {kind}, not a score", fix=EXPORT)
    claimed = SUFFIXES.get(path.suffix.lower())
    if claimed and kind not in claimed:
        suffix = next(suffix for suffix, kinds in SUFFIXES.items() if kind in kinds)
        raise ScoreError(
            f"{path.name} is not what its name says: it is {NAMES[kind]}", fix=f"rename it to {path.stem}{suffix}"
        )
    cap_bytes = SIZE_CAPS_BYTES.get(kind, SIZE_CAP_BYTES)
    if path.stat().st_size > cap_bytes:
        raise ScoreError(f"{path.name} is larger than {cap_bytes // MEBIBYTE} MiB, which no score is")
    if verse not in (None, 1) and kind in ("midi", "ust", "ustx"):
        raise UsageError(f"{path.name} has no verse {verse}: {NAMES[kind]} holds one set of words")
    score = _reader(kind, verse, chord)(path)
    check_score(score)
    return score


def is_performance(path: Path) -> bool:
    """Whether a file is a `.ds` document: by its suffix, or else by its content."""
    if path.suffix.lower() in SUFFIXES:
        return path.suffix.lower() == ".ds"
    try:
        return kind_of(_head(path)) == "ds"
    except DataError:
        return False


def kind_of(head: bytes) -> str:
    """The format that the first bytes of a file show: a key of `NAMES`, or a description of something else."""
    if head.startswith(b"MThd") or head[:4] == b"RIFF" and head[8:12] == b"RMID":
        return "midi"
    if head.startswith(b"PK\x03\x04"):
        return _zip_kind(head)
    for magic, description in STRANGERS:
        if head.startswith(magic):
            return description
    text = _text(head).lstrip()
    if text.startswith("<"):
        return _xml_kind(text)
    if re.match(r"\[#(VERSION|SETTING|\d+)\]", text):
        return "ust"
    if re.search(r"^(ustx_version|voice_parts):", text, re.MULTILINE):
        return "ustx"
    if text[:1] in ("[", "{"):
        return "ds" if re.search(r'"(ph_seq|note_seq)"\s*:', text) else "a JSON file that is no .ds document"
    if re.match(r"(%[^\n]*\n\s*)*X:\s*\d+", text):
        return "abc"
    if re.match(r"(!|\*\*)", text):
        return "krn"
    return "a file of no format that is known here"


def check_score(score: Score) -> None:
    """Raises ScoreError unless the score keeps the promises of the model, so that no stage has to doubt them."""
    if not any(part.notes for part in score.parts):
        raise ScoreError(f"{score.title!r} has no notes to sing")
    for part in score.parts:
        _check_part(part)
    end = max(note.end_quarters for part in score.parts for note in part.notes)
    if end > score.end_quarters:
        raise ScoreError(f"{score.title!r}: a note sounds after the end of the piece")
    if score.duration_seconds > LONGEST_SECONDS:
        raise ScoreError(
            f"the piece would last {score.duration_seconds / 3600:.3g} hours; the longest that is sung is 4",
            fix="check its tempo and the lengths of its notes",
        )


def _check_part(part: Part) -> None:
    end = None
    for note in part.notes:
        problem = ""
        if note.onset_quarters < 0 or note.duration_quarters <= 0:
            problem = "a note has no positive length"
        elif not LOWEST_MIDI <= note.midi <= HIGHEST_MIDI:
            problem = f"MIDI note {note.midi:g} is outside what is sung ({LOWEST_MIDI} to {HIGHEST_MIDI})"
        elif end is not None and note.onset_quarters < end:
            problem = "two notes sound together in one voice"
        elif note.lyric is None and (not note.continues or end is None):
            problem = "a note has neither a lyric nor a syllable to continue"
        if problem:
            raise ScoreError(problem, part=part.name, bar=note.bar)
        end = note.end_quarters


def _head(path: Path) -> bytes:
    if path.is_dir():
        raise DataError(f"{path} is a folder, not a score", fix="name one file in it")
    if path.exists() and not path.is_file():
        raise DataError(f"{path} is no regular file", fix="save the score to a file first")
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except FileNotFoundError:
        raise DataError(f"there is no file {path}", fix="check the path") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(f"{path} cannot be read: {reason}", fix="check its permissions") from error
    if not head.strip():
        raise ScoreError(f"{path.name} is empty", fix=EXPORT)
    return head


def _text(head: bytes) -> str:
    codec = "utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return head.decode(codec, "replace")


def _zip_kind(head: bytes) -> str:
    if b".mscx" in head:
        return "a MuseScore document (.mscz)"
    if b"Project/sequence.json" in head:
        return "a Vocaloid 5 project (.vpr)"
    return "mxl"


def _xml_kind(text: str) -> str:
    without_prolog = re.sub(r"<!--.*?(-->|\Z)|<\?.*?\?>|<!DOCTYPE[^\[>]*(\[.*?\]\s*)?>", "", text, flags=re.DOTALL)
    root = re.search(r"<(?:[\w.-]+:)?([\w.-]+)", without_prolog)
    if not root:
        return "musicxml"  # too damaged to tell; the reader of MusicXML says where
    return XML_ROOTS.get(root.group(1), f"XML with the root <{root.group(1)[:40]}>")


def _reader(kind: str, verse: int | None, chord: ChordChoice) -> Callable[[Path], Score]:
    # Each reader is imported only when it is needed: music21 alone takes seconds.
    if kind == "midi":
        from svs_cli.score.midi import read_midi

        return lambda path: read_midi(path, chord=chord)
    if kind == "ust":
        from svs_cli.score.ust import read_ust

        return lambda path: read_ust(path, chord=chord)
    if kind == "ustx":
        from svs_cli.score.ustx import read_ustx

        return lambda path: read_ustx(path, chord=chord)
    if kind in ("musicxml", "mxl"):
        from svs_cli.score.musicxml import read_musicxml

        return lambda path: read_musicxml(path, verse=verse, chord=chord)
    from svs_cli.score.music21_formats import read_with_music21

    return lambda path: read_with_music21(path, verse=verse, chord=chord)
