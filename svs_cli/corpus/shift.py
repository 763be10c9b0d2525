"""Copies of recordings on other pitches, formants kept: banks are sung on few pitches, songs are not.

WORLD (see `corpus.world`) takes a recording apart and puts it together again with another F0: shifted, with vibrato and
a slow drift, so that a model hears every pitch between the bank's and pitches that move. Some copies have more or less
breath and another tilt as well. Only the sung part is kept, with a little of what stands around it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from svs_cli.analysis.mel import log_mel
from svs_cli.corpus.copies import COPIED
from svs_cli.corpus.shards import INT16_SCALE, Features
from svs_cli.corpus.utau.words import BREATH, SILENCE
from svs_cli.corpus.world import HOP_SAMPLES, Parts, put_together, recoloured, slow_curve, taken_apart
from svs_cli.units import GRID

MARGIN_SECONDS = 0.25


@dataclass(frozen=True)
class ShiftConfig:
    """How far copies go: drawn evenly for each recording; shares say how many get vibrato, and another technique."""

    semitones: float = 3.2
    vibrato_share: float = 0.5
    vibrato_low_cents: float = 15.0
    vibrato_high_cents: float = 60.0
    vibrato_low_hz: float = 4.8
    vibrato_high_hz: float = 6.6
    drift_cents: float = 25.0
    technique_share: float = 0.4
    breath_db: float = 12.0
    tilt_db_per_octave: float = 2.5


def shifted_copy(features: Features, random: np.random.Generator, config: ShiftConfig) -> Features:
    """The sung part of a recording on another pitch; see `shifted`."""
    return shifted(sung_part(features), config, random)


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
    heard = features.require_samples().astype(np.float64) / INT16_SCALE
    parts = taken_apart(heard, features.f0_hz)
    times = np.arange(len(parts.f0_hz)) * HOP_SAMPLES / GRID.sample_rate_hz
    moved = replace(parts, f0_hz=parts.f0_hz * np.interp(times, GRID.seconds_of(np.arange(frames)), ratio))
    samples = put_together(with_technique(moved, config, random), len(heard))
    info = {**features.info, COPIED: round(semitones, 3)}
    info.pop("key", None)  # a copy is never taken for its original
    info["notes"] = [{**note, "midi": note["midi"] + semitones} for note in info.get("notes", ())]
    return Features(
        samples=np.round(samples * INT16_SCALE).astype(np.int16),
        mel=log_mel(samples)[:frames].astype(np.float16),
        f0_hz=features.f0_hz * ratio,
        info=info,
    )


def with_technique(parts: Parts, config: ShiftConfig, random: np.random.Generator) -> Parts:
    """Perhaps with breath and tilt that wander, so that a model hears more of both than the singer recorded."""
    if random.random() >= config.technique_share:
        return parts
    frames = len(parts.f0_hz)
    breath_db = slow_curve(frames, config.breath_db, random)
    return recoloured(parts, breath_db, slow_curve(frames, config.tilt_db_per_octave, random))


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
