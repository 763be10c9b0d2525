"""A score as a guide to a recording: when the singer should begin each vowel, once the singer's clock is known.

Conventions
-----------
- Nothing is known of when a recording begins to follow its score, nor how fast. A first alignment by the sound alone
  tells: a straight line through asked and found nuclei that a few wrong ones cannot move (Theil 1950, Sen 1968).
- A score that the singer does not keep to is no guide: the middle half of what is left over must lie within
  `LARGEST_SPREAD_SECONDS`, and there must be `LEAST_NUCLEI` at least.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from svs_cli.alignment.aligner import Aligner, Alignment
from svs_cli.frontend.inventory import load_inventory

LEAST_NUCLEI = 8
MOST_NUCLEI_COMPARED = 400  # pairs grow with the square
LARGEST_SPREAD_SECONDS = 0.12
SLOWEST, FASTEST = 0.5, 2.0


def aligned_by_score(
    aligner: Aligner, samples: NDArray[np.float32], words: list[list[str]], asked_seconds: Sequence[float | None]
) -> Alignment:
    """Align samples (n,) at 44.1 kHz by the sound, and again by the score's nuclei where the singer keeps to them.

    Raises as `Aligner.align` does.
    """
    heard = aligner.hear(samples)
    found = aligner.align(heard, words)
    known = on_singers_clock(asked_seconds, found)
    return aligner.align(heard, words, known) if known else found


def on_singers_clock(asked_seconds: Sequence[float | None], found: Alignment) -> list[float | None]:
    """The score's nuclei on the recording's clock; [] if they are not the recording's, or not on any clock of hers."""
    nuclei = load_inventory().nuclei
    starts = (0.0, *found.ends_seconds[:-1])
    sung = [start for phone, start in zip(found.phones, starts, strict=True) if phone in nuclei]
    if len(sung) != len(asked_seconds):
        return []
    pairs = [(asked, start) for asked, start in zip(asked_seconds, sung, strict=True) if asked is not None]
    if len(pairs) < LEAST_NUCLEI:
        return []
    from scipy.stats import theilslopes

    spaced = np.array(pairs)[:: -(-len(pairs) // MOST_NUCLEI_COMPARED)]
    slope, offset = theilslopes(spaced[:, 1], spaced[:, 0], method="joint")[:2]
    low, high = np.percentile(spaced[:, 1] - slope * spaced[:, 0] - offset, [25, 75])
    if not (SLOWEST <= slope <= FASTEST and high - low <= LARGEST_SPREAD_SECONDS):
        return []
    return [None if asked is None else float(slope * asked + offset) for asked in asked_seconds]
