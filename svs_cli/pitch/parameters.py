"""Gestures as vectors of numbers of about unit size, as a network predicts them; and back.

Conventions
-----------
- A column stands for one parameter in the units of `SCALES`: value = scale * number, or for lengths
  value = scale * exp(number), so that they stay positive.
- "vibrato" is the log odds of having one. Its rate and phase are no columns: they depend on nothing that the score
  says, so that a rate in Hz stays what it is when the tempo changes.
- Not every parameter says something of every note: `valid` tells which.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svs_cli.pitch.context import NOTE_FEATURES
from svs_cli.pitch.gesture import Gesture, Vibrato

Array = NDArray[np.float64]
LINEAR = {
    "move_start": 0.1, "overshoot": 50.0, "preparation": 50.0, "dip": 50.0, "scoop": 50.0, "fall": 50.0,
    "centre": 20.0, "vibrato_onset": 0.1,
}  # fmt: skip
LENGTHS = {"move": 0.08, "scoop_length": 0.08, "fall_length": 0.12, "vibrato_depth": 100.0, "vibrato_fade": 0.12}
SCALES = {**LINEAR, **LENGTHS}
VIBRATO = "vibrato"
PARAMETERS = (*SCALES, VIBRATO)
COLUMN = {name: i for i, name in enumerate(PARAMETERS)}
FEATURE = {name: i for i, name in enumerate(NOTE_FEATURES)}
NARROWEST_DIP_SECONDS, WIDEST_DIP_SECONDS = 0.03, 0.07
LARGEST_CENTRE_CENTS = 6.0  # a note may be meant a little off, and must be heard within 10
SHORTEST_SECONDS = 1e-3
# what is drawn is kept within what singers do
LIMITS = {
    "move_start": (-0.25, 0.1), "move": (0.02, 0.3), "overshoot": (0.0, 250.0), "preparation": (0.0, 150.0),
    "dip": (-120.0, 350.0), "scoop": (-150.0, 300.0), "scoop_length": (0.03, 0.3), "fall": (-150.0, 250.0),
    "fall_length": (0.04, 0.3), "centre": (-LARGEST_CENTRE_CENTS, LARGEST_CENTRE_CENTS),
    "vibrato_depth": (10.0, 220.0), "vibrato_onset": (0.0, 1.5), "vibrato_fade": (0.03, 1.0),
}  # fmt: skip


@dataclass(frozen=True)
class Swing:
    """Rate and phase of vibratos, whatever the notes are: normal and von Mises distributions; phases in turns.

    `rate_shared` is the share of the rates' variance that lies between phrases: within one they stay nearly the same.
    `depth_gain` is how much deeper a vibrato is drawn, so that the depths found in it are as the singer's: what fades
    in late or lies in a short note is found less deep than it was drawn.
    """

    rate_hz: float = 5.6
    rate_spread_hz: float = 0.4
    rate_shared: float = 0.85
    phase: float = 0.0
    concentration: float = 0.0
    depth_gain: float = 1.0

    def drawn(self, phrase_rate_hz: float, rng: np.random.Generator) -> tuple[float, float]:
        """A note's rate in Hz and its phase in turns, in a phrase of that rate."""
        rate_hz = phrase_rate_hz + self._off_hz(1.0 - self.rate_shared, rng)
        return rate_hz, float(rng.vonmises(2 * np.pi * self.phase, self.concentration) / (2 * np.pi)) % 1.0

    def drawn_rate_hz(self, rng: np.random.Generator) -> float:
        """The rate of a phrase."""
        return self.rate_hz + self._off_hz(self.rate_shared, rng)

    def _off_hz(self, share: float, rng: np.random.Generator) -> float:
        return self.rate_spread_hz * float(np.sqrt(share) * np.clip(rng.standard_normal(), -2.5, 2.5))


def valid(features: Array, vibratos: Sequence[bool] | NDArray[np.bool_] | None = None) -> NDArray[np.bool_]:
    """Which parameters say something of which note, (notes, features) -> (notes, parameters).

    Without `vibratos` (whether each note has one) its parameters count as valid everywhere.
    """
    touching = features[:, FEATURE["touching"]] > 0
    moves = touching & (features[:, FEATURE["same"]] == 0)
    falls = features[:, FEATURE["touching_after"]] == 0
    whole = np.ones(len(features), bool)
    swings = whole if vibratos is None else np.array(vibratos, bool)
    masks = {
        "move_start": moves, "move": moves, "overshoot": moves, "preparation": moves, "dip": touching,
        "scoop": ~touching, "scoop_length": ~touching, "fall": falls, "fall_length": falls, "centre": whole,
        "vibrato_depth": swings, "vibrato_onset": swings, "vibrato_fade": swings, VIBRATO: whole,
    }  # fmt: skip
    return np.stack([masks[name] for name in PARAMETERS], axis=1)


def vector_of(gesture: Gesture) -> Array:
    """A gesture's numbers, shape (parameters,); "vibrato" is 1 or 0."""
    vibrato = gesture.vibrato or Vibrato(1.0, LENGTHS["vibrato_depth"], 0.0, LENGTHS["vibrato_fade"])
    values = {
        "move_start": gesture.move_start_seconds, "overshoot": gesture.overshoot_cents,
        "preparation": gesture.preparation_cents, "dip": gesture.dip_cents, "scoop": gesture.scoop_cents,
        "fall": gesture.fall_cents, "centre": gesture.centre_cents, "vibrato_onset": vibrato.onset_seconds,
        "move": gesture.move_seconds, "scoop_length": gesture.scoop_seconds, "fall_length": gesture.fall_seconds,
        "vibrato_depth": vibrato.depth_cents, "vibrato_fade": vibrato.fade_seconds,
    }  # fmt: skip
    numbers = [values[name] / scale for name, scale in LINEAR.items()]
    numbers += [float(np.log(max(values[name], SHORTEST_SECONDS) / scale)) for name, scale in LENGTHS.items()]
    return np.array([*numbers, float(gesture.vibrato is not None)], np.float64)


def gesture_of(numbers: Array, consonants_seconds: float, vibrato: bool, rate_hz: float, phase: float) -> Gesture:
    """The gesture of a vector of numbers, within `LIMITS`; rate and phase are those of its vibrato, if it has one."""
    values = {}
    for name, scale in SCALES.items():
        number = float(numbers[COLUMN[name]])
        value = scale * float(np.exp(np.clip(number, -6.0, 6.0))) if name in LENGTHS else scale * number
        values[name] = float(np.clip(value, *LIMITS[name]))
    swing = Vibrato(rate_hz, values["vibrato_depth"], values["vibrato_onset"], values["vibrato_fade"], phase)
    return Gesture(
        move_start_seconds=values["move_start"], move_seconds=values["move"], overshoot_cents=values["overshoot"],
        preparation_cents=values["preparation"], scoop_cents=values["scoop"], scoop_seconds=values["scoop_length"],
        dip_cents=values["dip"], dip_seconds=dip_seconds(consonants_seconds), fall_cents=values["fall"],
        fall_seconds=values["fall_length"], centre_cents=values["centre"], vibrato=swing if vibrato else None,
    )  # fmt: skip


def dip_seconds(consonants_seconds: float) -> float:
    """Standard deviation in time of the dip around a note's onset: as wide as its consonants, within reason."""
    return float(np.clip(0.5 * consonants_seconds, NARROWEST_DIP_SECONDS, WIDEST_DIP_SECONDS))
