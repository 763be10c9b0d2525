"""What gestures are like, fitted to singers; and melodies to draw as many more as a network needs.

Conventions
-----------
- A parameter is normal given the features of its note: a mean that is linear in the standardised features, by ridge
  regression, and a spread. With so few notes the ridge is strong: most of what is known is the mean.
- "vibrato" is the probability of having one, linear as well, kept within `LEAST_CHANCE` and one minus it.
- Melodies are random walks on no scale: intervals, lengths, rests and consonants as songs have them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from svs_cli.pitch.context import NOTE_FEATURES, OnsetSounds, note_features
from svs_cli.pitch.fluctuation import Wander
from svs_cli.pitch.parameters import COLUMN, PARAMETERS, SCALES, VIBRATO, Swing
from svs_cli.pitch.steps import HeldNote
from svs_cli.training.pitch_fit import FittedSong

Array = NDArray[np.float64]
RIDGE = 30.0
LEAST_CHANCE = 0.02
LEAST_SPREAD = 0.05
QUARTILES_OF_NORMAL = 1.349  # interquartile range of a standard deviation
INTERVALS = (-12, -7, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 7, 12)
INTERVAL_WEIGHTS = (1, 2, 4, 4, 8, 18, 10, 12, 9, 16, 8, 5, 6, 3, 1)
TOLD_WEIGHT = 0.02  # smaller weights are left out of the description
SMOOTHED_FRAMES = 21  # a quarter of a second: slower is drift, faster fluctuation
LARGEST_WANDER_CENTS = 6.0
FEWEST_HELD_FRAMES = 30


@dataclass(frozen=True)
class Distributions:
    """Linear normal distributions; shapes: base, spread (parameters,), weights (parameters, features)."""

    feature_mean: Array
    feature_spread: Array
    base: Array
    weights: Array
    spread: Array

    def mean(self, features: Array) -> Array:
        """(notes, features) -> (notes, parameters)."""
        means: Array = self.base + (features - self.feature_mean) / self.feature_spread @ self.weights.T
        chance = means[:, COLUMN[VIBRATO]]
        means[:, COLUMN[VIBRATO]] = np.clip(chance, LEAST_CHANCE, 1.0 - LEAST_CHANCE)
        return means

    def drawn(self, features: Array, rng: np.random.Generator) -> Array:
        """Numbers of gestures, (notes, features) -> (notes, parameters); "vibrato" is 0 or 1."""
        means = self.mean(features)
        numbers: Array = means + self.spread * rng.standard_normal(means.shape)
        numbers[:, COLUMN[VIBRATO]] = rng.random(len(means)) < means[:, COLUMN[VIBRATO]]
        return numbers

    def described(self) -> dict[str, Any]:
        """A table a parameter for model.toml: mean and spread for the average note, and what changes the mean."""
        tables: dict[str, Any] = {}
        for i, name in enumerate(PARAMETERS):
            told = {
                feature: round(float(weight), 3)
                for feature, weight in zip(NOTE_FEATURES, self.weights[i], strict=True)
                if abs(weight) >= TOLD_WEIGHT
            }
            tables[name] = {
                "mean": round(float(self.base[i]), 3), "spread": round(float(self.spread[i]), 3),
                "scale": SCALES.get(name, 1.0), "weights": told,
            }  # fmt: skip
        return tables


def fit_distributions(features: Array, numbers: Array, valid: NDArray[np.bool_]) -> Distributions:
    """Ridge regression of each parameter over the notes where it is valid; (notes, ...) each."""
    mean, spread = features.mean(0), features.std(0) + 1e-3
    standard = (features - mean) / spread
    base, spreads = np.zeros(len(PARAMETERS)), np.zeros(len(PARAMETERS))
    weights = np.zeros((len(PARAMETERS), len(mean)))
    for i in range(len(PARAMETERS)):
        rows, values = standard[valid[:, i]], numbers[valid[:, i], i]
        if not len(values):
            spreads[i] = LEAST_SPREAD
            continue
        centre = rows.mean(0)
        gram = (rows - centre).T @ (rows - centre) + RIDGE * np.eye(rows.shape[1])
        weights[i] = np.linalg.solve(gram, (rows - centre).T @ (values - values.mean()))
        base[i] = values.mean() - centre @ weights[i]
        spreads[i] = max(LEAST_SPREAD, float(np.std(values - base[i] - rows @ weights[i])))
    return Distributions(mean, spread, base, weights, spreads)


def fit_swing(songs: Sequence[FittedSong]) -> Swing:
    """Rate and phase of all vibratos found, spread of rates within songs; defaults for fewer than three."""
    of_songs = [[g.vibrato for g in song.gestures if g.vibrato is not None] for song in songs]
    found = [vibrato for of_song in of_songs for vibrato in of_song]
    if len(found) < 3:
        return Swing()
    rates = [np.array([vibrato.rate_hz for vibrato in of_song]) for of_song in of_songs if of_song]
    quartiles = [float(np.subtract(*np.percentile(of_song, [75, 25]))) for of_song in rates]
    mean = np.mean(np.exp(2j * np.pi * np.array([vibrato.phase for vibrato in found])))
    length = min(float(abs(mean)), 0.95)
    return Swing(
        rate_hz=round(float(np.median(np.concatenate(rates))), 3),
        rate_spread_hz=round(float(np.mean(quartiles)) / QUARTILES_OF_NORMAL, 3),
        phase=round(float(np.angle(mean)) / (2 * np.pi) % 1.0, 3),
        concentration=round(length * (2 - length**2) / (1 - length**2), 3),  # Best and Fisher (1981)
    )


def fit_wander(songs: Sequence[FittedSong]) -> Wander:
    """Drift and fluctuation of held notes: what no gesture explains, by medians, within `LARGEST_WANDER_CENTS`."""
    slow, fast = [], []
    for song in songs:
        left = song.cents - song.fitted_cents
        for note in song.notes:
            inner = (song.times > note.start_seconds + 0.1) & (song.times < note.vowel_end_seconds - 0.1)
            values = left[inner]
            if len(values) < FEWEST_HELD_FRAMES or not np.isfinite(values).all():
                continue
            smooth = np.convolve(values, np.ones(SMOOTHED_FRAMES) / SMOOTHED_FRAMES, "valid")
            edge = SMOOTHED_FRAMES // 2
            slow.append(float(np.std(smooth)))
            fast.append(float(np.std(values[edge : edge + len(smooth)] - smooth)))
    if not slow:
        return Wander()
    drift, fluctuation = (min(LARGEST_WANDER_CENTS, float(np.median(values))) for values in (slow, fast))
    return Wander(fluctuation_cents=round(fluctuation, 2), drift_cents=round(drift, 2))


def random_melody(rng: np.random.Generator, count: int) -> Array:
    """`NOTE_FEATURES` of `count` notes of a melody that nobody wrote, (count, features)."""
    weights = np.array(INTERVAL_WEIGHTS, np.float64)
    tempo = float(np.exp(rng.uniform(np.log(0.6), np.log(1.6))))
    notes: list[HeldNote] = []
    sounds: list[OnsetSounds] = []
    now, midi = 0.0, 60.0
    for number in range(count):
        seconds = 0.5 * tempo * float(rng.choice([0.5, 1.0, 1.0, 1.5, 2.0, 3.0, 4.0])) * float(rng.uniform(0.9, 1.1))
        if number and rng.random() < 0.12:
            now += float(rng.uniform(0.1, 1.5))
        midi += float(rng.choice(INTERVALS, p=weights / weights.sum()))
        legato = bool(number and rng.random() < 0.1)
        sound = OnsetSounds() if legato else random_sound(rng)
        consonants = min(sum((sound.voiceless, sound.obstruent, sound.sonorant)), 0.5 * seconds)
        closing = float(rng.choice([0.0, 0.08])) * (rng.random() < 0.5)
        vowel_end = now + seconds - min(closing, 0.4 * seconds)
        notes.append(HeldNote(now, now + seconds, midi, legato, consonants, vowel_end))
        sounds.append(sound)
        now += seconds
    return note_features(notes, sounds)


def random_sound(rng: np.random.Generator) -> OnsetSounds:
    """Consonants before a syllable, or none."""
    kind = int(rng.integers(0, 4))
    length = float(rng.uniform(0.03, 0.15))
    return OnsetSounds(*(length if kind == number else 0.0 for number in range(3)))
