"""What is heard in a recording: F0, mel and level on the frame grid, and the sound packed for a page.

Conventions
-----------
- `level_db` is the mean square of the 2,048 samples around each frame, in dB of full scale, at least -100.
- F0 is what `svs evaluate` hears by default, so that a picture shows what its figures are about; 0 where unvoiced.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svs_cli.analysis.mel import LOG_FLOOR, MEL, log_mel
from svs_cli.evaluation.extract import F0Extractor
from svs_cli.performance.spectrogram import Spectrogram
from svs_cli.units import GRID, amplitude_to_db

Samples = NDArray[np.float32]
LOWEST_DB = -100.0
LOSSLESS_SECONDS = 180.0  # a page holds up to 10 MB of FLAC; a longer song is packed as Ogg Vorbis
BLOCK_SAMPLES = 1 << 16


@dataclass(frozen=True)
class Heard:
    """Shapes: f0_hz and level_db (frames,), mel (frames, 128)."""

    f0_hz: NDArray[np.float32]
    mel: NDArray[np.float32]
    level_db: NDArray[np.float32]

    @property
    def duration_seconds(self) -> float:
        return len(self.f0_hz) * GRID.frame_seconds


def heard_in(samples: Samples) -> Heard:
    """Analyse a recording at 44.1 kHz, shape (n,)."""
    return Heard(F0Extractor().f0_hz(samples), log_mel(samples), level_of(samples))


def heard_in_spectrogram(spectrogram: Spectrogram) -> Heard:
    """What a vocoder would be given, without any F0 heard; the level is that of the mel bands."""
    magnitude = np.exp(spectrogram.mel) * (spectrogram.mel > LOG_FLOOR + 1e-3)
    level_db = amplitude_to_db(np.sqrt(np.mean(magnitude**2, axis=1)), LOWEST_DB)
    return Heard(np.zeros_like(spectrogram.f0_hz), spectrogram.mel, level_db.astype(np.float32))


def level_of(samples: Samples) -> NDArray[np.float32]:
    """Level of each frame in dB of full scale, (n,) -> (frames,).

    >>> level_of(np.full(4096, 0.1, np.float32)).round(3).tolist()[4]
    -20.0
    """
    frames = GRID.frames_of_samples(len(samples))
    sums = np.concatenate([[0.0], np.cumsum(np.square(samples, dtype=np.float64))])
    centres = np.arange(frames) * GRID.hop_samples
    starts = np.clip(centres - MEL.window_samples // 2, 0, len(samples))
    stops = np.clip(centres + MEL.window_samples // 2, 0, len(samples))
    power = np.maximum(sums[stops] - sums[starts], 0.0) / np.maximum(stops - starts, 1)
    return np.asarray(amplitude_to_db(np.sqrt(power), LOWEST_DB), np.float32)


def packed(samples: Samples) -> tuple[str, bytes]:
    """The sound as a small file for a page: its media type and its bytes."""
    import soundfile

    lossless = len(samples) <= LOSSLESS_SECONDS * GRID.sample_rate_hz
    format, subtype = ("FLAC", "PCM_16") if lossless else ("OGG", "VORBIS")
    buffer = io.BytesIO()
    gain = np.float32(1.0 / max(1.0, float(np.abs(samples).max(initial=0.0))))
    with soundfile.SoundFile(buffer, "w", GRID.sample_rate_hz, channels=1, subtype=subtype, format=format) as file:
        for start in range(0, len(samples), BLOCK_SAMPLES):  # one huge block overflows the Vorbis encoder's stack
            file.write(samples[start : start + BLOCK_SAMPLES] * gain)
    return f"audio/{format.lower()}", buffer.getvalue()
