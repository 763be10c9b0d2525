"""`svs report`: a performance and its recording as one page to look at and listen to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from svs_cli.cli.console import Console
from svs_cli.cli.options import (
    ChordOption,
    KeyOption,
    LanguageOption,
    PartOption,
    QuietOption,
    SeedOption,
    TempoOption,
    VerseOption,
)
from svs_cli.cli.plot import ScoreOptions, read_performance, stem_of
from svs_cli.cli.streams import PIPE, check_output, write_output


def report_command(
    source: Annotated[str, typer.Argument(help="What was asked: a .ds document or the score; - is a piped .ds.")],
    audio: Annotated[Path, typer.Argument(help="What was sung: WAV, FLAC or Ogg.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The .html page; by default the recording's name, here.")
    ] = None,
    language: LanguageOption = None,
    part: PartOption = None,
    verse: VerseOption = None,
    chord: ChordOption = "top",
    key: KeyOption = 0.0,
    tempo: TempoOption = 1.0,
    seed: SeedOption = 0,
    quiet: QuietOption = False,
) -> None:
    """Write one self-contained page: score, curves, sound and measures. Prints its path; open it in a browser."""
    target = output or Path(f"{audio.stem}.html")
    check_output(target, "a page", source, audio)
    from svs_cli.evaluation.extract import read_audio
    from svs_cli.plots.findings import findings_of
    from svs_cli.plots.page import page_of
    from svs_cli.plots.scene import scene_of
    from svs_cli.plots.sound import heard_in

    console = Console(quiet)
    samples = read_audio(audio)
    options = ScoreOptions(language, part, verse, chord, key, tempo, seed)
    performance = read_performance(source, options, console)
    console.stage("listening")
    heard = heard_in(samples)
    scene = scene_of(performance, heard, audio.stem if source == PIPE else stem_of(source))
    findings = findings_of(performance, samples, heard)
    console.stage("writing")
    write_output(page_of(scene, findings, samples).encode("utf-8"), target)
    console.finish()
    if str(target) != PIPE:
        print(target)
