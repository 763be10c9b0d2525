"""Samples, mel and F0 of one recording, once its gain and its range of F0 are known.

Conventions
-----------
- A job's `key` is a hash of all that its features depend on: the audio, the stretches, the gain, the range, the notes.
  Features that exist under a key are never computed again.
- The mel is that of the samples as the shard holds them, 16-bit, so that the two belong together.
- `info` of extracted features says only how many frames of F0 were mended; the rest is filled in by `prepare`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from svs_cli.corpus.audio_file import read_at
from svs_cli.corpus.manifest import Recording
from svs_cli.corpus.preparing.f0_repair import expected_midi, repaired, without_spikes
from svs_cli.corpus.preparing.measure import key_of, label_parts
from svs_cli.corpus.preparing.pieces import Stretch, label_within
from svs_cli.corpus.preparing.technique import technique_curves
from svs_cli.corpus.shards import INT16_SCALE, Features, write_shard
from svs_cli.errors import CorpusError
from svs_cli.units import db_to_amplitude

VERSION = 2  # of everything that features depend on


@dataclass(frozen=True)
class Job:
    """One recording to extract; F0 is looked for between `low_hz` and `high_hz`."""

    recording: Recording
    content: str
    stretches: tuple[Stretch, ...]
    gain_db: float
    low_hz: float
    high_hz: float

    @property
    def key(self) -> str:
        """See the module's conventions."""
        numbers = [round(self.gain_db, 2), round(self.low_hz, 2), round(self.high_hz, 2)]
        return key_of([VERSION, self.content, self.stretches, *numbers, *label_parts(self.recording)[2:]])

    @property
    def labels(self) -> list[Recording]:
        """The recording's labels in each stretch."""
        divided = len(self.stretches) > 1
        return [label_within(self.recording, stretch, divided=divided) for stretch in self.stretches]


def extract_into(work: tuple[Job, Path]) -> str:
    """Write the features of a job to a file; returns why that is impossible, "" if it is done."""
    from parselmouth import PraatError

    job, path = work
    try:
        write_shard(path, extracted(job))
    except (CorpusError, PraatError) as error:
        return str(error)
    return ""


def extracted(job: Job) -> list[Features]:
    """Features of every stretch. Raises CorpusError if the audio cannot be read any more."""
    samples, _ = read_at(job.recording.audio)
    samples *= np.float32(db_to_amplitude(job.gain_db))
    return [
        features_of(samples[first:last], label, job.low_hz, job.high_hz)
        for (first, last), label in zip(job.stretches, job.labels, strict=True)
    ]


def features_of(samples: NDArray[np.float32], label: Recording, low_hz: float, high_hz: float) -> Features:
    """Features of a stretch, (n,), on one thread: sums must not depend on the number of cores."""
    import torch  # noqa: F401  # single_threaded limits what is loaded

    from svs_cli.analysis.f0 import praat_f0
    from svs_cli.analysis.mel import log_mel
    from svs_cli.parallel import single_threaded

    stored = np.round(np.clip(samples, -1, 1) * INT16_SCALE).astype(np.int16)
    heard = stored.astype(np.float32) / np.float32(INT16_SCALE)
    with single_threaded():
        mel = log_mel(heard)
        f0_hz, spikes = without_spikes(praat_f0(samples, low_hz=low_hz, high_hz=high_hz))
        f0_hz, mended = repaired(f0_hz, expected_midi(label, len(f0_hz)))
    return Features(
        samples=stored,
        mel=mel.astype(np.float16),
        f0_hz=f0_hz.astype(np.float32),
        info={"f0_mended_frames": mended + spikes},
        curves=technique_curves(heard, f0_hz.astype(np.float32)),
    )
