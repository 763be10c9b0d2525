"""Audio output that commands share: the format, the tags, a file or a pipe."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from svs_cli import __version__
from svs_cli.cli.completion import complete_format
from svs_cli.cli.streams import PIPE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from svs_cli.audio import Tags
    from svs_cli.voices.card import VoiceCard

AudioFormat = Annotated[
    str | None,
    typer.Option(
        "--format",
        help="wav, flac or ogg; by default what the file's name ends in.",
        autocompletion=complete_format,
    ),
]
DEFAULT_FORMAT = "wav"


def output_format(output: Path, chosen: str | None) -> str:
    """The format of an output, WAV for a pipe. Raises UsageError."""
    from svs_cli.audio import format_of

    if str(output) == PIPE:
        return format_of(Path(), chosen or DEFAULT_FORMAT)
    return format_of(output, chosen)


def tags_for(card: VoiceCard, title: str) -> Tags:
    """What the file says about itself: who sings, that it is synthetic, and the voice's terms."""
    from svs_cli.audio import Tags

    terms = [f"voice: {card.credit}" if card.credit else "", card.licence, card.terms, card.url]
    return Tags(
        title=title,
        artist=f"{card.title} (synthetic)",
        comment=f"Synthetic singing by svs {__version__}, voice {card.name}",
        copyright="; ".join(filter(None, terms)),
        software=f"svs {__version__}",
    )


def write_sound(output: Path, samples: NDArray[np.float32], format: str, tags: Tags) -> tuple[str, ...]:
    """Samples to a file, or to standard output when `output` is `-`; returns warnings."""
    from svs_cli.audio import write_audio
    from svs_cli.units import GRID

    if str(output) != PIPE:
        return write_audio(output, samples, GRID.sample_rate_hz, format, tags)
    with tempfile.TemporaryDirectory() as folder:  # headers hold lengths, so the encoder has to seek
        file = Path(folder) / f"out.{format}"
        warnings = write_audio(file, samples, GRID.sample_rate_hz, format, tags)
        with file.open("rb") as encoded:
            while block := encoded.read(1 << 16):
                sys.stdout.buffer.write(block)
        sys.stdout.buffer.flush()
    return warnings
