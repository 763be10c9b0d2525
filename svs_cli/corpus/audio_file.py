"""Audio files as the corpus tools read them: one channel, honestly chosen, at any rate.

Conventions
-----------
- Samples are float32 in -1..1, shape (n,). Several channels become one: silent ones are left out, channels that carry
  the same sound are averaged, and of channels that disagree (two microphones, one out of phase) the loudest counts.
- A file longer than `LONGEST_FILE_SECONDS` is refused before it is decoded: it would not fit into memory.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from svs_cli.errors import CorpusError
from svs_cli.units import GRID, amplitude_to_db

LONGEST_FILE_SECONDS = 1800.0
SILENT_CHANNEL_DB = 20.0  # below the loudest channel
SAME_SOUND_CORRELATION = 0.9


def read_audio(path: Path) -> tuple[NDArray[np.float32], int]:
    """Mono samples, shape (n,), and the rate in Hz. Raises CorpusError if the file cannot be read or is too long."""
    import soundfile

    try:
        with soundfile.SoundFile(path) as file:
            rate_hz = int(file.samplerate)
            refuse_length(path, file.frames / rate_hz)
            samples = file.read(dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError, MemoryError) as error:
        raise CorpusError(f"{path}: cannot be read as audio ({error})", fix="fetch or export the file again") from error
    if not len(samples):
        raise CorpusError(f"{path}: holds no samples", fix="fetch or export the file again")
    if not np.isfinite(samples).all():
        raise CorpusError(f"{path}: holds samples that are not finite", fix="export it again, as 16- or 24-bit")
    return one_channel(samples), rate_hz


def refuse_length(path: Path, seconds: float) -> None:
    """Raise CorpusError for a file that is too long to be held in memory."""
    if seconds > LONGEST_FILE_SECONDS:
        raise CorpusError(
            f"{path}: lasts {seconds / 60:.0f} minutes, at most {LONGEST_FILE_SECONDS / 60:.0f} are read at once",
            fix="cut it into songs or takes",
        )


def read_at(path: Path, sample_rate_hz: int = GRID.sample_rate_hz) -> tuple[NDArray[np.float32], int]:
    """Mono samples at the asked rate without DC, and the rate of the file itself. Raises CorpusError."""
    mono, source_rate_hz = read_audio(path)
    if source_rate_hz != sample_rate_hz:
        import librosa

        mono = librosa.resample(mono, orig_sr=source_rate_hz, target_sr=sample_rate_hz)
    return (mono - mono.mean(dtype=np.float64)).astype(np.float32), source_rate_hz


def one_channel(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Channels to one, (n, channels) -> (n,); see the module's conventions.

    >>> one_channel(np.array([[0.5, 0.0], [-0.5, 0.0]], np.float32)).tolist()
    [0.5, -0.5]
    """
    if samples.shape[1] == 1:
        return samples[:, 0]
    levels_db = amplitude_to_db(samples.std(axis=0))
    loudest = int(np.argmax(levels_db))
    reference = samples[:, loudest]
    chosen = [
        channel
        for channel in range(samples.shape[1])
        if levels_db[channel] > levels_db[loudest] - SILENT_CHANNEL_DB
        and correlation(samples[:, channel], reference) > SAME_SOUND_CORRELATION
    ]
    if len(chosen) <= 1:
        return np.ascontiguousarray(reference)
    return samples[:, chosen].mean(axis=1, dtype=np.float32)


def correlation(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    """Pearson's correlation of two channels, 0 if one is constant."""
    a, b = first - first.mean(), second - second.mean()
    norm = float(np.sqrt(np.dot(a, a) * np.dot(b, b)))
    return float(np.dot(a, b)) / norm if norm > 0 else 0.0
