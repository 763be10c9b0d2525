"""`svs vocode`: a spectrogram becomes sound."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from svs_cli.cli.console import Console
from svs_cli.cli.options import DeviceOption, QuietOption, SeedOption, VocoderOption, VoiceOption
from svs_cli.cli.sound import AudioFormat, output_format, tags_for, write_sound
from svs_cli.cli.streams import PIPE, check_output, read_spectrogram


def vocode_command(
    output: Annotated[Path, typer.Option("--output", "-o", help="The audio file; - is standard output.")],
    source: Annotated[str, typer.Argument(metavar="FILE", help="A .mel.npz; - is standard input.")] = PIPE,
    voice: VoiceOption = None,
    vocoder: VocoderOption = None,
    format: AudioFormat = None,
    seed: SeedOption = 0,
    device: DeviceOption = "auto",
    quiet: QuietOption = False,
) -> None:
    """Turn a .mel.npz spectrogram into audio."""
    check_output(output, "audio", source)
    kind = output_format(output, format)
    from svs_cli.pipeline import vocode
    from svs_cli.voices.card import WORLD_VOCODER
    from svs_cli.voices.library import load_voice
    from svs_cli.voices.singer import Take, load_vocoder_model, model_name

    console = Console(quiet)
    song = read_spectrogram(source)
    card = load_voice(voice).card
    model = load_vocoder_model(model_name(vocoder, card.vocoder, WORLD_VOCODER), device)
    samples = vocode(song, model, Take(seed, None, console.stage))
    console.finish()
    title = "" if source == PIPE else Path(source).name.removesuffix(".npz").removesuffix(".mel")
    console.warn(write_sound(output, samples, kind, tags_for(card, title)))
    if str(output) != PIPE:
        print(output)
