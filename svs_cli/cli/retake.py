"""`svs retake`: some bars of a `.ds` document are sung anew, in pitch and timing; the rest stays as it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from svs_cli.cli.console import Console
from svs_cli.cli.options import DocumentArgument, PitchModelOption, QuietOption, StyleOption
from svs_cli.cli.streams import read_document, write_document
from svs_cli.errors import UsageError

if TYPE_CHECKING:
    from svs_cli.performance.document import Performance


ONLY = (PITCH, TIMING) = ("pitch", "timing")


def complete_only(incomplete: str) -> list[str]:
    """For Tab."""
    return [name for name in ONLY if name.startswith(incomplete)]


def retake_command(
    source: DocumentArgument,
    bars: Annotated[str | None, typer.Option("--bars", help="Which bars, e.g. 5-8 or 12.")] = None,
    seconds: Annotated[str | None, typer.Option("--seconds", help="Or which stretch of time, e.g. 3:10.")] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another number is another take of these bars.")] = 1,
    only: Annotated[
        str | None,
        typer.Option("--only", help="Draw the pitch or the timing alone; default: both.", autocompletion=complete_only),
    ] = None,
    pitch_model: PitchModelOption = None,
    style: StyleOption = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where the document goes; default: the file itself.")
    ] = None,
    quiet: QuietOption = False,
) -> None:
    """Sing some bars anew, in pitch and timing, and leave the rest of a .ds document as it is.

    The model and style that drew the document's pitch draw again, unless others are named; consonants and vowels move
    as far as a singer's do who repeats herself. 'svs synth' of the new document gives the same samples as before
    outside those bars. The seeds of retaken bars, and what was there before, are kept.
    """
    from svs_cli.editing.retake import retake
    from svs_cli.voices.singer import pitch_model_of

    console = Console(quiet)
    if only is not None and only not in ONLY:
        raise UsageError(f"--only {only!r}: what is to be drawn anew?", fix=f"use {' or '.join(ONLY)}, or leave it out")
    document = read_document(source)
    start, end = stretch_of(document, bars, seconds)
    predict = None if only == TIMING else pitch_model_of(document, pitch_model, style).predict
    new = retake(document, start, end, seed, predict, timing=only != PITCH)
    write_document(new, Path(source) if output is None else output)
    console.note(f"sung anew from {start:.1f} to {end:.1f} s with seed {seed}")


def stretch_of(document: Performance, bars: str | None, seconds: str | None) -> tuple[float, float]:
    """From when to when, by the options' text. Raises UsageError."""
    from svs_cli.plots.bars import bar_lines, stretch_of_bars, stretch_of_seconds
    from svs_cli.plots.scene import onsets_of

    if (bars is None) == (seconds is None):
        raise UsageError("which bars are to be sung anew?", fix="name them, e.g. --bars 5-8, or use --seconds 3:10")
    if seconds is not None:
        stretch = stretch_of_seconds(seconds, document.duration_seconds)
    else:
        onsets = [onset for segment in document.segments for onset in onsets_of(segment)]
        stretch = stretch_of_bars(bars or "", bar_lines(onsets), document.duration_seconds)
    return stretch.start_seconds, stretch.end_seconds
