"""Speech that sings: copies with held vowels on notes, so that a voice that only spoke is heard singing.

A note is drawn for each syllable, in steps like a melody's; vowels are stretched to its length from their middle,
consonants keep theirs. F0 follows the notes with portamento, drift and vibrato; envelope and breath are the speaker's
own, by WORLD. What WORLD makes has its sound: the acoustic model is told that these are copies.

Conventions
-----------
- Nothing is copied of a recording without labels. Phones keep their order and confidences; ends are moved.
- A copy's style is `SingConfig.style`; its `shift_semitones` is the distance of the medians.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from svs_cli.analysis.mel import log_mel
from svs_cli.corpus.copies import COPIED
from svs_cli.corpus.shards import INT16_SCALE, Features
from svs_cli.corpus.shift import ShiftConfig, drawn_cents, sung_part, with_technique
from svs_cli.corpus.world import HOP_SAMPLES, put_together, retold, taken_apart
from svs_cli.frontend.inventory import load_inventory
from svs_cli.units import GRID, hz_to_midi, midi_to_hz

Array = NDArray[np.float64]
EDGE_SECONDS = 0.04  # of a vowel, not stretched: its transitions
GLIDE_SECONDS = 0.1
STEPS_SEMITONES = (-7, -5, -4, -3, -2, -2, -1, 0, 1, 2, 2, 3, 4, 5, 7)


@dataclass(frozen=True)
class SingConfig:
    """What is drawn: notes between two MIDI numbers, vowels' lengths (log-normal) of a share of the syllables."""

    low_midi: float = 55.0
    high_midi: float = 77.0
    held_share: float = 0.6
    held_median_seconds: float = 0.35
    held_spread: float = 0.55  # standard deviation of the logarithm
    longest_seconds: float = 1.6
    style: str = "core"
    shift: ShiftConfig = field(default_factory=ShiftConfig)  # vibrato, drift and technique

    def __post_init__(self) -> None:
        if not 24 <= self.low_midi < self.high_midi <= 100:
            raise ValueError("the range must rise, within 24..100")


def sung_copy(features: Features, random: np.random.Generator, config: SingConfig) -> Features:
    """A recording with its words sung."""
    part = sung_part(features)
    phones, ends = part.info["phones"], np.array(part.info["ends_seconds"])
    nuclei = [phone in load_inventory().nuclei for phone in phones]
    old, new = stretched(np.concatenate([[0.0], ends]), nuclei, random, config)
    heard = part.require_samples().astype(np.float64) / INT16_SCALE
    parts = taken_apart(heard, part.f0_hz)
    count = int(new[-1] * GRID.sample_rate_hz / HOP_SAMPLES) + 1
    seconds = np.arange(count) * HOP_SAMPLES / GRID.sample_rate_hz
    read_at = np.interp(seconds, new, old) * GRID.sample_rate_hz / HOP_SAMPLES
    sung = retold(parts, read_at)
    new_ends = np.interp(ends, old, new)
    midi = melody(seconds, np.r_[0.0, new_ends[:-1]][np.array(nuclei, bool)], random, config)
    frames = GRID.frames_of_samples(len(seconds) * HOP_SAMPLES)
    cents = np.interp(seconds, GRID.seconds_of(np.arange(frames)), drawn_cents(frames, config.shift, random))
    f0_hz = np.where(sung.f0_hz > 0, np.asarray(midi_to_hz(midi + cents / 100.0)), 0.0)
    samples = put_together(with_technique(replace(sung, f0_hz=f0_hz), config.shift, random), frames * GRID.hop_samples)
    return told(part, samples, f0_hz[:: GRID.hop_samples // HOP_SAMPLES], new_ends, config)


def told(
    part: Features, samples: NDArray[np.float32], f0_hz: Array, ends_seconds: Array, config: SingConfig
) -> Features:
    """The copy as a recording, with what is known of it."""
    frames = GRID.frames_of_samples(len(samples))
    track = np.zeros(frames, np.float32)
    track[: len(f0_hz)] = f0_hz[:frames]
    before, after = (float(np.median(hz_to_midi(hz[hz > 0]))) for hz in (part.f0_hz, track))
    info = {
        **part.info,
        "style": config.style,
        "ends_seconds": [float(end) for end in ends_seconds],
        "nuclei_seconds": [],
        "notes": [],
        COPIED: round(after - before, 3),
    }
    info.pop("key", None)
    stored = np.round(samples * INT16_SCALE).astype(np.int16)
    return Features(stored, log_mel(samples)[:frames].astype(np.float16), track, info)


def stretched(
    bounds_seconds: Array, nuclei: list[bool], random: np.random.Generator, config: SingConfig
) -> tuple[Array, Array]:
    """Times before and after, rising together: (phones + 1,) bounds become two lists of the same length."""
    old, new = [0.0], [0.0]
    for start, end, nucleus in zip(bounds_seconds[:-1], bounds_seconds[1:], nuclei, strict=True):
        wanted = end - start
        if nucleus and random.random() < config.held_share:
            drawn = config.held_median_seconds * float(np.exp(config.held_spread * random.standard_normal()))
            wanted = max(wanted, min(drawn, config.longest_seconds))
        edge = min(EDGE_SECONDS, 0.3 * (end - start))
        after = new[-1]
        old += [start + edge, end - edge, end]
        new += [after + edge, after + wanted - edge, after + wanted]
    return np.array(old), np.array(new)


def melody(seconds: Array, onsets_seconds: Array, random: np.random.Generator, config: SingConfig) -> Array:
    """A note from each onset on, with glides between, as MIDI numbers at `seconds`."""
    midi = float(random.uniform(config.low_midi, config.high_midi))
    notes = []
    for _ in range(len(onsets_seconds) + 1):
        notes.append(midi)
        step = float(random.choice(STEPS_SEMITONES))
        midi += step if config.low_midi <= midi + step <= config.high_midi else -step
        midi = min(max(midi, config.low_midi), config.high_midi)
    line = np.array(notes)[np.searchsorted(onsets_seconds, seconds, side="right")]
    half = max(1, int(GLIDE_SECONDS * GRID.sample_rate_hz / HOP_SAMPLES / 2))
    window = np.hanning(2 * half + 3)[1:-1]
    return np.convolve(np.pad(line, half, mode="edge"), window / window.sum(), mode="valid")
