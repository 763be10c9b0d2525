"""Takes of one song side by side: what is measured of each, and which is the best.

Conventions
-----------
- A take's place is the mean of its ranks in every figure (equal figures share the mean of their ranks), so no unit
  outweighs another; ties go to the earlier seed. Ranks say which of these takes to listen to first, not how good it is.
- `roughness_db` is the aperiodic part against the harmonic part of what is heard voiced, its median over frames (see
  `analysis/technique.py`): hoarse and buzzing takes have more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svs_cli.analysis.technique import technique
from svs_cli.evaluation.asked import asked_of
from svs_cli.evaluation.extract import F0Extractor
from svs_cli.evaluation.judges import Bench
from svs_cli.evaluation.measure import measure, recording
from svs_cli.performance.document import Performance

Samples = NDArray[np.float32]
# Figures that takes are ranked by, and whether more is better. Judges' figures join in where they were asked for.
FIGURES = {
    "f0_median_absolute_cents": False,
    "note_accuracy": True,
    "onset_median_absolute_ms": False,
    "onset_detected": True,
    "roughness_db": False,
    "naturalness_mos": True,
    "character_error_rate": False,
    "phone_error_rate": False,
}
Figures = dict[str, float | None]


@dataclass(frozen=True)
class Ranked:
    """One take: its place from 1, the mean of its ranks, and its number in the order in which it was sung."""

    number: int
    place: int
    mean_rank: float


def figures_of(performance: Performance, samples: Samples, bench: Bench = Bench()) -> Figures:
    """What is measured of one take, shape (n,) at 44.1 kHz, against its own document; None where nothing was heard."""
    sound = recording(samples, F0Extractor())
    values = measure(sound, asked_of(performance), bench=bench).values
    breath_db = technique(samples, sound.f0_hz).breathiness_db
    known = breath_db[np.isfinite(breath_db)]
    values["roughness_db"] = float(np.median(known)) if len(known) else None
    return {name: values.get(name) for name in FIGURES if name in values}


def ranked(takes: Sequence[Figures]) -> list[Ranked]:
    """The takes, the best first.

    >>> [one.number for one in ranked([{"roughness_db": 2.0}, {"roughness_db": 1.0}])]
    [1, 0]
    """
    names = [name for name in FIGURES if any(take.get(name) is not None for take in takes)]
    ranks = np.array([ranks_of([take.get(name) for take in takes], FIGURES[name]) for name in names])
    means = ranks.mean(axis=0) if names else np.ones(len(takes))
    order = sorted(range(len(takes)), key=lambda number: (round(float(means[number]), 9), number))
    return [Ranked(number, place, float(means[number])) for place, number in enumerate(order, 1)]


def ranks_of(values: Sequence[float | None], more_is_better: bool) -> list[float]:
    """Ranks from 1, the best; equal values share the mean of theirs; what could not be measured comes last.

    >>> ranks_of([0.9, None, 0.9, 0.5], more_is_better=True)
    [1.5, 4.0, 1.5, 3.0]
    """
    worst = float("inf")
    costs = [worst if value is None else -value if more_is_better else value for value in values]
    return [1 + sum(c < own for c in costs) + (sum(c == own for c in costs) - 1) / 2 for own in costs]
