"""Pitch learned from singers: a network chooses each note's gesture, and adds what gestures cannot say.

Conventions
-----------
- The network gives distributions; a take draws from them, each note from a random stream of its own. `variety` scales
  the spread of everything but vibrato, which is drawn as singers vary it.
- The network is told no absolute pitch, and rate and phase of vibrato depend on no note (see `parameters.Swing`).
- A note's centre is kept near the score by `stage.py`, whatever was drawn.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray

from svs_cli.duration.rule import shipped_table
from svs_cli.duration.times import PhoneTable
from svs_cli.performance.document import Performance
from svs_cli.pitch.context import frame_features, note_features, onset_sounds, phone_kinds
from svs_cli.pitch.fluctuation import Wander
from svs_cli.pitch.gesture import Gesture
from svs_cli.pitch.manner import MODERATE
from svs_cli.pitch.network import PitchNetwork
from svs_cli.pitch.parameters import COLUMN, PARAMETERS, VIBRATO, Swing, gesture_of
from svs_cli.pitch.stage import Phrase, PitchStage
from svs_cli.pitch.steps import HeldNote

Array = NDArray[np.float64]
LARGEST_DEVIATIONS = 2.5


@dataclass(frozen=True)
class NeuralPitch:
    """The learned pitch stage; `table` defaults to the shipped phone inventory."""

    network: PitchNetwork
    name: str
    swing: Swing = field(default_factory=Swing)
    wander: Wander = field(default_factory=Wander)
    variety: float = 0.35
    style: str = MODERATE
    table: PhoneTable | None = None
    heard: tuple[str, ...] = ()  # songs that it learned from

    def predict(self, performance: Performance, seed: int = 0) -> Performance:
        """Fill `f0` of every segment, one value a frame, positive everywhere. A segment's own seed goes first."""
        stage = PitchStage(self.name, self.gestures, self.wander, self.residual_cents, self.style)
        return stage.predict(performance, self._table, seed)

    @property
    def _table(self) -> PhoneTable:
        return self.table if self.table is not None else shipped_table()

    def gestures(self, phrase: Phrase) -> list[Gesture]:
        """One drawn gesture a note."""
        mean, spread, _ = self._predicted(phrase)
        rate_hz = self.swing.drawn_rate_hz(phrase.shared)
        return [
            self._drawn(note, mean[i], spread[i], rate_hz, phrase.streams[i]) for i, note in enumerate(phrase.notes)
        ]

    def _drawn(
        self, note: HeldNote, mean: Array, spread: Array, phrase_rate_hz: float, rng: np.random.Generator
    ) -> Gesture:
        """One note's gesture from its distributions, in a phrase whose vibrato has that rate."""
        rate_hz, phase = self.swing.drawn(phrase_rate_hz, rng)
        chance = rng.random()
        noise = np.clip(rng.standard_normal(len(PARAMETERS)), -LARGEST_DEVIATIONS, LARGEST_DEVIATIONS)
        varieties = [1.0 if name.startswith(VIBRATO) else self.variety for name in PARAMETERS]
        mean = mean + np.log(self.swing.depth_gain) * (np.arange(len(PARAMETERS)) == COLUMN["vibrato_depth"])
        numbers = mean + np.array(varieties) * spread * noise
        has_vibrato = bool(chance < 1.0 / (1.0 + np.exp(-mean[COLUMN[VIBRATO]])))
        gesture, usual = (
            gesture_of(which, note.consonants_seconds, has_vibrato, rate_hz, phase) for which in (numbers, mean)
        )
        return replace(gesture, usual=usual)

    def residual_cents(self, phrase: Phrase, curve: Array) -> Array:
        """What gestures cannot say, (frames,) -> (frames,)."""
        kinds = phone_kinds(phrase.segment, self._table)
        frames, owner = frame_features(phrase.notes, kinds, phrase.segment, phrase.times, curve)
        _, _, state = self._predicted(phrase)
        with torch.inference_mode():
            cents = self.network.residual(
                state, torch.from_numpy(owner)[None], torch.from_numpy(frames).float()[None]
            )
        return cents[0].double().numpy()

    def _predicted(self, phrase: Phrase) -> tuple[Array, Array, torch.Tensor]:
        """Means and spreads of the parameters, (notes, parameters), and the notes' states, (1, notes, width)."""
        kinds = phone_kinds(phrase.segment, self._table)
        features = note_features(phrase.notes, onset_sounds(phrase.segment, phrase.notes, kinds))
        with torch.inference_mode():
            mean, log_spread, state = self.network.notes(
                torch.from_numpy(features).float()[None], torch.ones(1, len(features), dtype=torch.bool)
            )
        return mean[0].double().numpy(), log_spread[0].exp().double().numpy(), state
