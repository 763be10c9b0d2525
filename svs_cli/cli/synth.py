"""`svs synth`: a score, or a `.ds` document, becomes audio files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from svs_cli.cli.completion import complete_part
from svs_cli.cli.console import Console
from svs_cli.cli.options import (
    AcousticOption,
    ChordOption,
    DeviceOption,
    ExpressionOption,
    HumaniseOption,
    JsonOption,
    KeyOption,
    LanguageOption,
    PitchModelOption,
    QuietOption,
    RubatoOption,
    SeedOption,
    SingOption,
    StepsOption,
    StyleOption,
    SwingOption,
    TempoOption,
    TimingOption,
    VerseOption,
    VocoderOption,
    VoiceOption,
)
from svs_cli.cli.sound import AudioFormat


def synth_command(
    score: Annotated[str, typer.Argument(help="MusicXML, MXL, MIDI, KAR, UST, USTX or .ds; - is a piped .ds.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="File or folder; by default the score's name, here. - is standard output."),
    ] = None,
    voice: VoiceOption = None,
    language: LanguageOption = None,
    part: Annotated[
        str | None,
        typer.Option(
            "--part",
            help="The part's name or number, or all: a file each. Default: first with lyrics.",
            autocompletion=complete_part,
        ),
    ] = None,
    verse: VerseOption = None,
    chord: ChordOption = "top",
    key: KeyOption = 0.0,
    tempo: TempoOption = 1.0,
    expression: ExpressionOption = 1.0,
    sing: SingOption = None,
    seed: SeedOption = 0,
    steps: StepsOption = None,
    device: DeviceOption = "auto",
    format: AudioFormat = None,
    acoustic: AcousticOption = None,
    vocoder: VocoderOption = None,
    timing: TimingOption = None,
    pitch_model: PitchModelOption = None,
    style: StyleOption = None,
    swing: SwingOption = 0.0,
    rubato: RubatoOption = 0.0,
    humanise: HumaniseOption = 0.0,
    save_stages: Annotated[
        Path | None, typer.Option("--save-stages", help="Folder for the .ds and .mel.npz of every stage.")
    ] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Sing a score: notes and lyrics become audio. Prints the path of each file written."""
    from svs_cli.cli.job import Job, synth

    job = Job(
        source=score, output=output, voice=voice, language=language, part=part, verse=verse, chord=chord,
        key_semitones=key, tempo_factor=tempo, expression=expression, sing=sing, seed=seed, steps=steps,
        device=device, format=format, acoustic=acoustic, vocoder=vocoder,
        timing=timing, pitch_model=pitch_model, style=style, swing=swing, rubato=rubato, humanise_ms=humanise,
        stages_folder=save_stages,
    )  # fmt: skip
    console = Console(quiet)
    for result in synth(job, console):
        console.warn(result.warnings)
        if as_json:
            print(json.dumps(result.as_dict(), ensure_ascii=False), flush=True)
        elif not result.piped:
            print(result.output, flush=True)
