"""Copies of recordings on other pitches, formants kept: banks are sung on few pitches, songs are not.

WORLD (Morise et al. 2016; D4C, Morise 2016) takes a recording apart into F0, envelope and aperiodicity and puts it
together again with another F0: shifted, with vibrato and a slow drift, so that a model hears every pitch between the
bank's and pitches that move. Only the sung part is kept, with a little of what stands around it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from svs_cli.analysis.f0 import filled
from svs_cli.analysis.mel import log_mel
from svs_cli.corpus.shards import INT16_SCALE, Features, read_shard, write_shard
from svs_cli.corpus.utau.words import BREATH, SILENCE
from svs_cli.units import GRID

ANALYSIS_HOP_SAMPLES = GRID.hop_samples // 2
MARGIN_SECONDS = 0.25


@dataclass(frozen=True)
class ShiftConfig:
    """How far copies go: drawn evenly for each recording; `vibrato_share` of them get vibrato."""

    semitones: float = 3.2
    vibrato_share: float = 0.5
    vibrato_low_cents: float = 15.0
    vibrato_high_cents: float = 60.0
    vibrato_low_hz: float = 4.8
    vibrato_high_hz: float = 6.6
    drift_cents: float = 25.0


def shift_shard(
    source: Path,
    target: Path,
    config: ShiftConfig,
    seed: int,
    keep: Callable[[Features], bool] = lambda features: True,
    progress: Callable[[float], None] = lambda share: None,
) -> int:
    """Write one shifted copy of each labelled recording that `keep` accepts; returns their number."""
    recordings = [f for f in read_shard(source) if is_sung(f) and keep(f)]

    def copies() -> Iterator[Features]:
        for index, features in enumerate(recordings):
            yield shifted(sung_part(features), config, np.random.default_rng((seed, index)))
            progress((index + 1) / len(recordings))

    return write_shard(target, copies())


def is_sung(features: Features) -> bool:
    """Whether a recording has phones with times, and a pitch."""
    info = features.info
    return bool(info.get("phones") and info.get("ends_seconds")) and bool((features.f0_hz > 0).any())


def sung_part(features: Features) -> Features:
    """The recording from shortly before its first sung phone to shortly after the last, labels moved along."""
    phones, ends = features.info["phones"], np.array(features.info["ends_seconds"])
    starts = np.concatenate([[0.0], ends[:-1]])
    sung = [i for i, phone in enumerate(phones) if phone not in (SILENCE, BREATH)]
    if not sung:
        return features
    first = GRID.frame_of(max(0.0, starts[sung[0]] - MARGIN_SECONDS))
    last = min(len(features.mel), GRID.frame_of(ends[sung[-1]] + MARGIN_SECONDS))
    begin, stop = float(GRID.seconds_of(first)), float(GRID.seconds_of(last))
    kept = [i for i in range(len(phones)) if ends[i] > begin + 1e-6 and starts[i] < stop - 1e-6]
    confidences = features.info.get("phone_confidences") or []
    info = {
        **features.info,
        "phones": [phones[i] for i in kept],
        "ends_seconds": [float(min(ends[i], stop) - begin) for i in kept],
        "phone_confidences": [confidences[i] for i in kept] if confidences else [],
        "nuclei_seconds": [t - begin for t in features.info.get("nuclei_seconds", ()) if begin <= t < stop],
        "notes": [moved_note(note, begin, stop) for note in features.info.get("notes", ())],
    }
    info["notes"] = [note for note in info["notes"] if note["end_seconds"] > note["start_seconds"]]
    samples = features.require_samples()[first * GRID.hop_samples : last * GRID.hop_samples]
    return Features(samples, features.mel[first:last], features.f0_hz[first:last], info)


def moved_note(note: dict[str, Any], begin: float, stop: float) -> dict[str, Any]:
    """A note in the time of the part from `begin` to `stop`, cut at its ends."""
    start, end = (min(max(note[key], begin), stop) - begin for key in ("start_seconds", "end_seconds"))
    return {**note, "start_seconds": start, "end_seconds": end}


def shifted(features: Features, config: ShiftConfig, random: np.random.Generator) -> Features:
    """One copy on another pitch; its info says by how much under "shift_semitones"."""
    semitones = float(random.uniform(-config.semitones, config.semitones))
    frames = len(features.f0_hz)
    curve = semitones + drawn_cents(frames, config, random) / 100.0
    ratio = (2.0 ** (curve / 12.0)).astype(np.float32)
    samples = resung(features.require_samples().astype(np.float64) / INT16_SCALE, features.f0_hz, ratio)
    info = {**features.info, "shift_semitones": round(semitones, 3)}
    info.pop("key", None)  # a copy is never taken for its original
    info["notes"] = [{**note, "midi": note["midi"] + semitones} for note in info.get("notes", ())]
    return replace(
        features,
        samples=np.round(samples * INT16_SCALE).astype(np.int16),
        mel=log_mel(samples)[:frames].astype(np.float16),
        f0_hz=features.f0_hz * ratio,
        info=info,
    )


def drawn_cents(frames: int, config: ShiftConfig, random: np.random.Generator) -> NDArray[np.float64]:
    """A slow drift and perhaps vibrato that grows and fades, (frames,)."""
    seconds = GRID.seconds_of(np.arange(frames))
    knots = random.normal(0.0, config.drift_cents, int(seconds[-1] / 0.6) + 3)
    drift = np.interp(seconds, np.arange(len(knots)) * 0.6, knots)
    if random.random() >= config.vibrato_share:
        return drift
    rate_hz = random.uniform(config.vibrato_low_hz, config.vibrato_high_hz)
    depth_cents = random.uniform(config.vibrato_low_cents, config.vibrato_high_cents)
    swell = 0.5 - 0.5 * np.cos(2 * np.pi * seconds / random.uniform(1.0, 2.5) + random.uniform(0, 6.28))
    return drift + depth_cents * swell * np.sin(2 * np.pi * rate_hz * seconds + random.uniform(0, 6.28))


def resung(samples: NDArray[np.float64], f0_hz: NDArray[np.float32], ratio: NDArray[np.float32]) -> NDArray[np.float32]:
    """WORLD analysis, F0 times ratio, synthesis: (n,), (frames,), (frames,) -> (n,), peaks within full scale."""
    with warnings.catch_warnings():  # pyworld 0.3.5 imports pkg_resources, which announces its own end
        warnings.simplefilter("ignore", UserWarning)
        import pyworld

    rate_hz = GRID.sample_rate_hz
    times = np.arange(0, len(samples), ANALYSIS_HOP_SAMPLES) / rate_hz
    own = GRID.seconds_of(np.arange(len(f0_hz)))
    nearest = np.minimum(np.round(times / GRID.frame_seconds).astype(int), len(f0_hz) - 1)
    bridged = np.interp(times, own, filled(f0_hz).astype(np.float64))
    f0 = np.where(f0_hz[nearest] > 0, bridged, 0.0)
    envelope = pyworld.cheaptrick(samples, f0, times, rate_hz)
    aperiodicity = pyworld.d4c(samples, f0, times, rate_hz)
    period_ms = 1000.0 * ANALYSIS_HOP_SAMPLES / rate_hz
    made = pyworld.synthesize(f0 * np.interp(times, own, ratio), envelope, aperiodicity, rate_hz, period_ms)
    made = np.pad(made, (0, max(0, len(samples) - len(made))))[: len(samples)]
    return (made / max(1.0, float(np.abs(made).max()))).astype(np.float32)
