"""What has to be known of every recording before any of them can be prepared: how loud, how high, how long, how wide.

Conventions
-----------
- A group's gain and a speaker's range of F0 come from all recordings, so they are measured first.
- A recording that cannot be used has a `reason`, and nothing else counts.
- Measures are kept in a journal by the hash of audio and labels, so a run that was ended goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from svs_cli.corpus.audio_file import read_at
from svs_cli.corpus.crew import each_in_processes, usable_cores
from svs_cli.corpus.manifest import Recording
from svs_cli.corpus.preparing.band import FULL_BAND_HZ, band_limit_hz
from svs_cli.corpus.preparing.f0_repair import expected_midi, histogram, label_octave_semitones, label_range
from svs_cli.corpus.preparing.levels import block_loudness
from svs_cli.corpus.preparing.pieces import Stretch, check_label, label_within, stretches_of
from svs_cli.errors import CorpusError, UsageError
from svs_cli.units import GRID, amplitude_to_db

VERSION = 2  # of everything that measures depend on
Progress = Callable[[float], None]


@dataclass(frozen=True)
class Measures:
    """Of one recording: stretches in samples, loudness of blocks in LUFS, peak in dB, voiced frames by semitone."""

    content: str = ""
    reason: str = ""
    stretches: tuple[Stretch, ...] = ()
    blocks_lufs: tuple[float, ...] = ()
    peak_db: float = -120.0
    band_hz: float = FULL_BAND_HZ
    histogram: tuple[int, ...] = ()
    octave_semitones: float = 0.0

    @property
    def seconds(self) -> float:
        return sum(last - first for first, last in self.stretches) / GRID.sample_rate_hz


def measure(recording: Recording) -> Measures:
    """Read and measure one recording; a recording that cannot be used comes back with the reason."""
    from parselmouth import PraatError

    try:
        return measured(recording)
    except (CorpusError, PraatError) as error:
        return Measures(reason=str(error))


def measured(recording: Recording) -> Measures:
    """Measures of a usable recording. Raises CorpusError."""
    from svs_cli.analysis.f0 import HIGHEST_F0_HZ, LOWEST_F0_HZ, praat_f0

    samples, source_rate_hz = read_at(recording.audio)
    check_label(recording, len(samples) / GRID.sample_rate_hz)
    stretches = stretches_of(recording, samples)
    kept = [samples[first:last] for first, last in stretches]
    certain = None if recording.notes else label_range(recording)  # notes may be written an octave off
    low_hz, high_hz = certain or (LOWEST_F0_HZ, HIGHEST_F0_HZ)
    tracks = [praat_f0(piece, low_hz=low_hz, high_hz=high_hz) for piece in kept]
    labels = [label_within(recording, stretch) for stretch in stretches]
    wanted = [expected_midi(label, len(track)) for label, track in zip(labels, tracks, strict=True)]
    f0_hz, wanted_midi = np.concatenate(tracks), np.concatenate(wanted)
    blocks = np.concatenate([block_loudness(piece) for piece in kept])
    return Measures(
        stretches=tuple(stretches),
        blocks_lufs=tuple(round(float(block), 1) for block in blocks),
        peak_db=round(float(amplitude_to_db(max(np.abs(piece).max() for piece in kept))) + 0.005, 2),
        band_hz=band_limit_hz(np.concatenate(kept), f0_hz, source_rate_hz),
        histogram=() if certain else tuple(int(count) for count in histogram(f0_hz)),
        octave_semitones=label_octave_semitones(f0_hz, wanted_midi) if recording.notes else 0.0,
    )


def content_of(path: Path) -> str:
    """Hash of a file's bytes; empty if it cannot be read, which `measure` will explain."""
    digest = hashlib.blake2b(digest_size=16)
    try:
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    except OSError:
        return ""
    return digest.hexdigest()


def key_of(parts: Sequence[object]) -> str:
    """A name for whatever depends on `parts` alone."""
    return hashlib.blake2b(json.dumps(parts, ensure_ascii=False).encode(), digest_size=16).hexdigest()


def label_parts(recording: Recording) -> list[object]:
    """Of the label, what measures and features depend on."""
    notes = [(note.start_seconds, note.end_seconds, note.midi) for note in recording.notes]
    return [recording.phones, recording.phone_ends_seconds, notes, recording.pitch_midi]


def measure_all(
    recordings: Sequence[Recording], journal: Path, jobs: int | None, progress: Progress = lambda share: None
) -> list[Measures]:
    """Measures of each recording, in order; those in the journal are not taken again, new ones are added to it."""
    with ThreadPoolExecutor(usable_cores()) as pool:
        contents = list(pool.map(content_of, [recording.audio for recording in recordings]))
    keys = [key_of([VERSION, c, *label_parts(r)]) for c, r in zip(contents, recordings, strict=True)]
    known = read_journal(journal)
    missing = [index for index, key in enumerate(keys) if key not in known]
    try:
        with journal.open("a", encoding="utf-8") as lines:
            lines.write("\n" if lines.tell() else "")  # the last line may have been cut short
            found = each_in_processes(measure, [recordings[index] for index in missing], jobs)
            for number, (index, measures) in enumerate(zip(missing, found, strict=True), 1):
                known[keys[index]] = measures
                # a file that cannot be read today may be readable tomorrow: reasons are found anew
                if not measures.reason:
                    lines.write(json.dumps({"key": keys[index], **asdict(measures)}) + "\n")
                    lines.flush()
                progress(number / len(missing))
    except OSError as error:
        raise UsageError(f"{journal} cannot be written: {error.strerror or error}", fix="make room") from error
    return [replace(known[k], content=c) for k, c in zip(keys, contents, strict=True)]


def read_journal(journal: Path) -> dict[str, Measures]:
    """What earlier runs measured; a line that a kill cut short is left out."""
    known: dict[str, Measures] = {}
    if not journal.is_file():
        return known
    for line in journal.read_text(encoding="utf-8", errors="replace").splitlines():
        if not line:
            continue
        try:
            item = json.loads(line)
            key = item.pop("key")
            item["stretches"] = [(int(first), int(last)) for first, last in item["stretches"]]
            values: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in item.items()}
            known[key] = Measures(**values)
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
    return known
