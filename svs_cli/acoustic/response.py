"""What to tell a network for a change of technique that is asked in dB.

A network follows its technique curves by less than they say (what it learned from was measured with noise), and one
moves the others a little. `Response` is what a dB told of each does to all three in the sound, as `svs evaluate
--controls` measures it; its inverse says what to tell.

Conventions
-----------
- Techniques are in the order of `conditions.TECHNIQUES`: energy, breathiness, tension. Of a matrix, rows are what is
  heard, columns what is told.
- What is not drawn is not told, so nothing can make up for what others do to it.
- Beyond `TECHNIQUE_LIMIT_DB` nothing was learned: no more than that is told. Energy beyond what was heard is a gain.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svs_cli.acoustic.conditions import TECHNIQUE_LIMIT_DB, TECHNIQUES

Curve = NDArray[np.float32]
Drawn = tuple[Curve | None, Curve | None, Curve | None]
# Recordings vary by about this much around a singer's normal level; what is asked beyond is a plain gain.
HEARD_ENERGY_DB = 6.0
LEAST_RESPONSE = 0.1  # dB for a dB: what follows less cannot be steered
ENERGY = 0


@dataclass(frozen=True)
class Response:
    """A row for each technique that is heard, (energy, breathiness, tension) told; by default they do what they say.

    Raises ValueError for a matrix that cannot be turned round.
    """

    energy: tuple[float, float, float] = (1.0, 0.0, 0.0)
    breathiness: tuple[float, float, float] = (0.0, 1.0, 0.0)
    tension: tuple[float, float, float] = (0.0, 0.0, 1.0)

    def __post_init__(self) -> None:
        own = np.diag(self.matrix)
        others = np.abs(self.matrix).sum(axis=0) - np.abs(own)
        if not np.isfinite(self.matrix).all() or (own < LEAST_RESPONSE).any() or (others >= own).any():
            raise ValueError("each technique must move itself, and more than it moves the others together")

    @property
    def matrix(self) -> NDArray[np.float64]:
        """Heard by told, (3, 3)."""
        return np.array([getattr(self, name) for name in TECHNIQUES], np.float64)

    def reach_db(self, technique: str) -> float:
        """How far a technique can be moved either way: what is told has a limit, and only energy goes on as a gain."""
        own = TECHNIQUES.index(technique)
        return float("inf") if own == ENERGY else TECHNIQUE_LIMIT_DB * float(self.matrix[own, own])

    def told(self, asked: Drawn) -> tuple[Drawn, Curve | None]:
        """What to tell the network for curves (frames,) of dB, NaN where unknown, and the gain in dB that is left."""
        drawn = [curve for curve in asked if curve is not None]
        if not drawn:
            return asked, None
        wishes = np.stack([np.full(len(drawn[0]), np.nan) if curve is None else curve for curve in asked])
        known = np.isfinite(wishes)
        found = np.full(wishes.shape, np.nan)
        for pattern in np.unique(known, axis=1).T:
            at, there = (known == pattern[:, None]).all(axis=0), np.flatnonzero(pattern)
            if len(there):
                found[np.ix_(there, at)] = self._turned_round(wishes[np.ix_(there, at)], there)
        limit = np.array([HEARD_ENERGY_DB, TECHNIQUE_LIMIT_DB, TECHNIQUE_LIMIT_DB])[:, None]
        told = np.clip(found, -limit, limit)
        gain = None if asked[ENERGY] is None else self._left(wishes[ENERGY], told)
        curves = [None if curve is None else told[i].astype(np.float32) for i, curve in enumerate(asked)]
        return (curves[0], curves[1], curves[2]), gain

    def _turned_round(self, wishes: NDArray[np.float64], there: NDArray[np.intp]) -> NDArray[np.float64]:
        return np.asarray(np.linalg.solve(self.matrix[np.ix_(there, there)], wishes))

    def _left(self, energy_db: NDArray[np.float64], told: NDArray[np.float64]) -> Curve:
        """Energy that what is told does not bring, (frames,)."""
        brought = self.matrix[ENERGY] @ np.nan_to_num(told)
        return np.nan_to_num(energy_db - brought).astype(np.float32)
