"""`svs acoustic`: a `.ds` document with durations and F0 becomes a spectrogram."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from svs_cli.cli.console import Console
from svs_cli.cli.options import (
    AcousticOption,
    DeviceOption,
    DocumentArgument,
    QuietOption,
    SeedOption,
    StepsOption,
    VoiceOption,
)
from svs_cli.cli.streams import PIPE, check_output, read_document, write_output

SpectrogramOutput = Annotated[
    Path, typer.Option("--output", "-o", help="Where the .mel.npz goes; - is standard output.")
]


def acoustic_command(
    source: DocumentArgument = PIPE,
    output: SpectrogramOutput = Path(PIPE),
    voice: VoiceOption = None,
    acoustic: AcousticOption = None,
    seed: SeedOption = 0,
    steps: StepsOption = None,
    device: DeviceOption = "auto",
    quiet: QuietOption = False,
) -> None:
    """Sing a .ds document with durations and F0 to a spectrogram, .mel.npz, for 'svs vocode'."""
    check_output(output, "a spectrogram", source)
    from svs_cli.editing.layers import overlaid
    from svs_cli.performance.completion import singable, with_energy, with_phones_of
    from svs_cli.performance.energy import rule_energy
    from svs_cli.pipeline import sing
    from svs_cli.voices.library import load_voice
    from svs_cli.voices.singer import Take, advised, load_speaker

    console = Console(quiet)
    document = singable(read_document(source))
    chosen = load_voice(voice)
    model, speaker = load_speaker(chosen, device=device, acoustic=acoustic)
    document = with_energy(with_phones_of(document, model.phones()), rule_energy)
    console.warn(advised(document, chosen.card).warnings)
    take = Take(seed, steps, console.stage)
    song = overlaid(document, lambda layer: sing(layer, model, speaker, take))
    console.finish()
    write_output(song.to_bytes(), output)
