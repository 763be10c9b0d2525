"""Technique curves as the acoustic model is told them: offsets from how a speaker usually sings a phone.

Conventions
-----------
- A curve's offset in a vowel is its value less the median of the same phone by the same speaker in the same style, and
  less what F0 explains (a line over log F0): what a player of dynamics or breath means, free of the phone and the note.
- Medians and lines come from recordings; copies on other pitches, whose technique may have been changed, only if
  there is nothing else.
- Between vowels the offsets are bridged, then smoothed over `SMOOTHING_FRAMES`. Recordings that nobody measured have
  NaN, but for energy, which the mel tells.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from svs_cli.corpus.shards import CURVES, Features
from svs_cli.units import amplitude_to_db

SMOOTHING_FRAMES = 15
MARGIN_FRAMES = 1  # of a vowel's ends, which belong to its neighbours; more would leave no spoken ones
LEAST_FRAMES = 50  # below which a median means nothing
Curve = NDArray[np.float32]


def loudness_db(mel: NDArray[np.float16]) -> Curve:
    """Mean mel magnitude of each frame in dB, (T, 128) -> (T,)."""
    return amplitude_to_db(np.exp(mel.astype(np.float32)).mean(axis=1)).astype(np.float32)


def vowel_frames(
    phone_ids: NDArray[np.int64], phone_frames: NDArray[np.int64], vowels: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Phone id of frames inside vowels (away from their ends), -1 elsewhere, (T,)."""
    ids = np.repeat(np.where(vowels[phone_ids], phone_ids, -1), phone_frames)
    width = 2 * MARGIN_FRAMES + 1
    inside = np.convolve((ids >= 0).astype(int), np.ones(width, int), mode="same")[: len(ids)] == width
    return np.where(inside, ids, -1) if len(ids) >= width else np.full(len(ids), -1)


def raw_curves(features: Features, loudness: Curve, gain_db: float) -> Curve:
    """Loudness with the gain, and the shard's breathiness and tension, (3, T); NaN where nobody measured."""
    unknown = np.full(len(loudness), np.nan, np.float32)
    measured = [features.curves[name].astype(np.float32) if name in features.curves else unknown for name in CURVES[1:]]
    return np.stack([loudness + np.float32(gain_db), *measured])


def with_techniques(
    raw: Sequence[Curve],
    inside: Sequence[NDArray[np.int64]],
    f0_hz: Sequence[Curve],
    speakers: Sequence[str],
    copied: Sequence[bool],
) -> list[Curve]:
    """Offsets of each recording, (3, T), from raw curves (3, T), vowel ids (T,) and F0 (T,); see the conventions."""
    found: list[list[Curve]] = [[] for _ in raw]
    for row in range(len(CURVES)):
        usual = {name: Usual(row, row > 0) for name in set(speakers)}
        for name, normal in usual.items():
            own = [i for i, speaker in enumerate(speakers) if speaker == name]
            original = [i for i in own if not copied[i]] or own
            normal.learn([(raw[i][row], inside[i], f0_hz[i]) for i in original])
        for i, name in enumerate(speakers):
            found[i].append(usual[name].offsets(raw[i][row], inside[i], f0_hz[i]))
    return [np.stack(rows) for rows in found]


class Usual:
    """How one speaker usually sings: one curve's median for each vowel, and its line over log F0 if `by_pitch`."""

    def __init__(self, row: int, by_pitch: bool) -> None:
        self.name, self.by_pitch = CURVES[row], by_pitch
        self.medians: dict[int, float] = {}
        self.otherwise = 0.0
        self.slope, self.centre = 0.0, 0.0
        self.span = (0.0, 0.0)

    def learn(self, recordings: Sequence[tuple[Curve, NDArray[np.int64], Curve]]) -> None:
        """From curves, vowel ids and F0, (T,) each."""
        pools: dict[int, list[Curve]] = defaultdict(list)
        pitches: dict[int, list[Curve]] = defaultdict(list)
        for values, ids, f0_hz in recordings:
            known = (ids >= 0) & np.isfinite(values)
            for phone in np.unique(ids[known]):
                there = known & (ids == phone)
                pools[int(phone)].append(values[there])
                pitches[int(phone)].append(np.log(f0_hz[there]))
        if not pools:
            return
        joined = {phone: np.concatenate(pool) for phone, pool in pools.items()}
        self.otherwise = float(np.median(np.concatenate(list(joined.values()))))
        self.medians = {phone: float(np.median(v)) for phone, v in joined.items() if len(v) >= LEAST_FRAMES}
        rests = [values - self.medians.get(phone, self.otherwise) for phone, values in joined.items()]
        log_f0 = np.concatenate([np.concatenate(pitches[phone]) for phone in joined])
        if self.by_pitch and float(np.ptp(log_f0)) > 0.1:
            low, high = np.percentile(log_f0, [2, 98])
            self.span, self.centre = (float(low), float(high)), float(np.median(log_f0))
            self.slope = float(np.polyfit(log_f0 - self.centre, np.concatenate(rests), 1)[0])

    def offsets(self, values: Curve, ids: NDArray[np.int64], f0_hz: Curve) -> Curve:
        """The curve's offsets from the usual, bridged and smoothed, (T,); NaN if no vowel of it is known."""
        known = (ids >= 0) & np.isfinite(values)
        if not known.any():
            return np.full(len(values), np.nan, np.float32)
        usual = np.full(len(values), self.otherwise)
        for phone in np.unique(ids[known]):
            usual[ids == phone] = self.medians.get(int(phone), self.otherwise)
        if self.slope:
            usual += self.slope * (np.clip(np.log(f0_hz), *self.span) - self.centre)
        return bridged(np.where(known, values, 0.0) - usual, known)


def bridged(values: NDArray[np.float64], known: NDArray[np.bool_]) -> Curve:
    """Values where known, straight lines between, smoothed over `SMOOTHING_FRAMES`, (T,) -> (T,)."""
    at = np.arange(len(values))
    line = np.interp(at, at[known], values[known])
    window = np.hanning(SMOOTHING_FRAMES + 2)[1:-1]
    padded = np.pad(line, SMOOTHING_FRAMES // 2, mode="edge")
    return np.convolve(padded, window / window.sum(), "valid").astype(np.float32)
