"""Samples become a file: WAV, FLAC or Ogg Vorbis, tagged as synthetic singing.

Conventions
-----------
- Samples are mono float in -1..1. A peak above `LARGEST_PEAK` scales the whole file down: nothing clips, and the
  dynamics stay. WAV and FLAC hold 24-bit integers, Ogg Vorbis at quality 0.8 (about 130 kbit/s mono).
- Every file says in its tags which voice sings and that it is synthetic.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from svs_cli.atomic import writing
from svs_cli.errors import DataError, UsageError
from svs_cli.units import amplitude_to_db

LARGEST_PEAK = 0.99
FADE_SAMPLES = 220  # 5 ms at 44.1 kHz: no click where a phrase meets digital silence
BLOCK_SAMPLES = 1 << 16  # libsndfile's Vorbis encoder overflows its stack on one huge block
SUBTYPES = {"wav": "PCM_24", "flac": "PCM_24", "ogg": "VORBIS"}
VORBIS_COMPRESSION = 0.2  # libsndfile's scale: 0 best, 1 smallest


@dataclass(frozen=True)
class Tags:
    """What a music player shows; empty strings are left out."""

    title: str = ""
    artist: str = ""
    comment: str = ""
    copyright: str = ""
    software: str = "svs"


def format_of(path: Path, chosen: str | None = None) -> str:
    """"wav", "flac" or "ogg", from the choice or the file's suffix. Raises UsageError if they disagree.

    >>> format_of(Path("song.FLAC")), format_of(Path("song"), "ogg")
    ('flac', 'ogg')
    """
    suffix = path.suffix.lower().lstrip(".")
    known = ", ".join(SUBTYPES)
    if chosen is not None and chosen not in SUBTYPES:
        raise UsageError(f"svs writes no {chosen!r} files", fix=f"use one of: {known}")
    if suffix in SUBTYPES and chosen not in (None, suffix):
        raise UsageError(f"{path.name!r} is asked for as {chosen}", fix=f"name it {path.stem}.{chosen}")
    if chosen is None and suffix not in SUBTYPES:
        raise UsageError(f"svs cannot tell the format of {path.name!r}", fix=f"end its name with one of: {known}")
    return chosen or suffix


def write_audio(
    path: Path, samples: NDArray[np.float32], sample_rate_hz: int, format: str, tags: Tags | None = None
) -> tuple[str, ...]:
    """Write mono samples, shape (n,), atomically; returns warnings. Raises UsageError or DataError.

    Written in blocks, so that no second copy of a long song is made.
    """
    import soundfile

    gain, warnings = protecting_gain(samples)
    with (
        writing(path) as temporary,
        soundfile.SoundFile(
            temporary,
            "w",
            sample_rate_hz,
            channels=1,
            subtype=SUBTYPES[format],
            format=format.upper(),
            compression_level=VORBIS_COMPRESSION if format == "ogg" else None,
        ) as file,
    ):
        write_tags(file, tags or Tags())
        for start in range(0, len(samples), BLOCK_SAMPLES):
            file.write(samples[start : start + BLOCK_SAMPLES] * gain)
    return warnings


def write_tags(file: object, tags: Tags) -> None:
    """Set the string tags of an open `soundfile.SoundFile`; must come before the samples."""
    for name in ("title", "artist", "comment", "copyright", "software"):
        text = getattr(tags, name)
        if text:
            setattr(file, name, text)


def protecting_gain(samples: NDArray[np.float32]) -> tuple[np.float32, tuple[str, ...]]:
    """The factor that keeps the peak below full scale, and a warning if it is not 1."""
    peak = max(float(samples.max(initial=0.0)), -float(samples.min(initial=0.0)))
    if not np.isfinite(peak) or not np.isfinite(samples.sum(dtype=np.float64)):
        raise DataError("the rendered samples are not finite", fix="try another seed, or report the score")
    if peak <= LARGEST_PEAK:
        return np.float32(1.0), ()
    gain = LARGEST_PEAK / peak
    lowered_db = -float(amplitude_to_db(gain))
    return np.float32(gain), (f"the peaks were over full scale: the whole file is {lowered_db:.1f} dB softer",)


def fade_edges(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """A copy that starts and ends softly, shape (n,) -> (n,).

    >>> fade_edges(np.ones(4, np.float32)).tolist()
    [0.0, 1.0, 1.0, 0.0]
    """
    faded = samples.astype(np.float32, copy=True)
    ramp = np.linspace(0.0, 1.0, min(FADE_SAMPLES, len(samples) // 2), dtype=np.float32)
    faded[: len(ramp)] *= ramp
    faded[len(faded) - len(ramp) :] *= ramp[::-1]
    return faded
