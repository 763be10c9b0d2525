"""`svs score`: a score becomes a `.ds` draft of notes with phones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from svs_cli.cli.console import Console
from svs_cli.cli.options import (
    ChordOption,
    DocumentOutput,
    ExpressionOption,
    KeyOption,
    LanguageOption,
    PartOption,
    QuietOption,
    SingOption,
    TempoOption,
    VerseOption,
    VoiceOption,
)
from svs_cli.cli.streams import PIPE, check_output, write_document
from svs_cli.errors import UsageError

if TYPE_CHECKING:
    from svs_cli.score.line import ChordChoice
    from svs_cli.score.model import Part, Score

ALL_PARTS = "all"


def score_command(
    score: Annotated[Path, typer.Argument(help="MusicXML, MXL, MIDI, KAR, UST or USTX.")],
    output: DocumentOutput = Path(PIPE),
    voice: VoiceOption = None,
    language: LanguageOption = None,
    part: PartOption = None,
    verse: VerseOption = None,
    chord: ChordOption = "top",
    key: KeyOption = 0.0,
    tempo: TempoOption = 1.0,
    expression: ExpressionOption = 1.0,
    sing: SingOption = None,
    quiet: QuietOption = False,
) -> None:
    """Turn a score into a .ds draft: notes and phones, to edit before 'svs duration'."""
    from svs_cli.frontend.draft import draft
    from svs_cli.voices.library import load_voice
    from svs_cli.voices.singer import load_acoustic_model

    if str(output) != PIPE:  # a document is text: a terminal may show it
        check_output(output, "the document", score)
    piece = prepare_score(score, verse=verse, chord=chord, key_semitones=key, tempo_factor=tempo, sing_file=sing)
    chosen = choose_part(piece, part)
    phones = load_acoustic_model(load_voice(voice).card.acoustic, "cpu").phones()
    document = draft(piece, chosen, language=language, available=phones, expression=expression)
    Console(quiet).warn(document.warnings)
    write_document(document, output)


def prepare_score(
    path: Path, *, verse: int | None = None, chord: str = "top", key_semitones: float = 0.0, tempo_factor: float = 1.0,
    sing_file: Path | None = None,
) -> Score:  # fmt: skip
    """Read a score with the wishes of its `.sing.toml`, transposed and at another speed.

    Raises ScoreError or UsageError.
    """
    from svs_cli.editing.sing_file import directed
    from svs_cli.score.read import read_score
    from svs_cli.score.transform import scale_tempo, transpose

    score = directed(read_score(path, verse=verse, chord=chord_choice(chord)), path, sing_file)
    if key_semitones:
        score = transpose(score, key_semitones)
    return scale_tempo(score, tempo_factor) if tempo_factor != 1.0 else score


def chord_choice(text: str) -> ChordChoice:
    """The reader's choice of a chord's note. Raises UsageError.

    >>> chord_choice("bottom"), chord_choice("2")
    ('bottom', 2)
    """
    if text.isdecimal() and int(text) >= 1:
        return int(text)
    if text in ("top", "bottom"):
        return cast(Literal["top", "bottom"], text)
    raise UsageError(f"--chord {text!r} is not a note of a chord", fix="use top, bottom, or a number from 1 (the top)")


def choose_part(score: Score, choice: str | None) -> Part:
    """The one part to sing. Raises UsageError if "all" are several."""
    first, *others = choose_parts(score, choice)
    if others:
        raise UsageError(f"{len(others) + 1} parts have lyrics, and one is sung here", fix="choose it with --part")
    return first


def choose_parts(score: Score, choice: str | None) -> list[Part]:
    """The parts to sing: one by name or number, the first with lyrics, or "all" that have lyrics."""
    from svs_cli.score.transform import select_part

    if choice != ALL_PARTS:
        return [select_part(score, choice)]
    texted = [part for part in score.parts if part.has_lyrics]
    return texted or list(score.parts)
