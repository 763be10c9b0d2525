"""`svs retake`: some bars of a `.ds` document are sung anew, the rest stays as it is."""

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


def retake_command(
    source: DocumentArgument,
    bars: Annotated[str | None, typer.Option("--bars", help="Which bars, e.g. 5-8 or 12.")] = None,
    seconds: Annotated[str | None, typer.Option("--seconds", help="Or which stretch of time, e.g. 3:10.")] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another number is another take of these bars.")] = 1,
    pitch_model: PitchModelOption = None,
    style: StyleOption = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where the document goes; default: the file itself.")
    ] = None,
    quiet: QuietOption = False,
) -> None:
    """Draw the pitch of some bars anew and leave the rest of a .ds document as it is.

    The model and style that drew the document draw again, unless others are named. Timing stays as it is: lengths are
    edited in the document, or drawn anew for all of it by 'svs duration'. 'svs synth' of the new document gives the
    same samples as before outside those bars. The seeds of retaken bars, and what was there before, are kept.
    """
    from svs_cli.editing.retake import retake
    from svs_cli.voices.singer import pitch_model_of

    console = Console(quiet)
    document = read_document(source)
    start, end = stretch_of(document, bars, seconds)
    new = retake(document, start, end, seed, pitch_model_of(document, pitch_model, style).predict)
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
