"""Technique curves in feature shards: of new recordings, and added to shards that lack them.

A shard whose recordings all have curves is left as it is, so a run over many shards goes on where it was ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from svs_cli.analysis.technique import technique
from svs_cli.corpus.crew import each_in_processes
from svs_cli.corpus.shards import CURVES, INT16_SCALE, Features, Shard, write_shard


def technique_curves(samples: NDArray[np.float32], f0_hz: NDArray[np.float32]) -> dict[str, NDArray[np.float16]]:
    """The curves of a recording as a shard stores them, (n,) and (frames,) -> (frames,) each."""
    measured = technique(samples, f0_hz)
    return {name: getattr(measured, name).astype(np.float16) for name in CURVES}


def with_curves(features: Features) -> Features:
    """A recording with its curves; those that it has are kept. Raises UsageError for one without samples."""
    if set(features.curves) == set(CURVES):
        return features
    heard = features.require_samples().astype(np.float32) / np.float32(INT16_SCALE)
    return replace(features, curves=technique_curves(heard, features.f0_hz))


def add_curves(
    paths: Iterable[Path], jobs: int | None = None, progress: Callable[[str, float], None] = lambda stage, share: None
) -> list[Path]:
    """Measure the recordings of shards and write the curves into them; returns the shards that lacked some.

    Raises CorpusError for a file that is no shard, UsageError for a compact one.
    """
    lacking = []
    for path in paths:
        shard = Shard(path)
        if all(set(features.curves) == set(CURVES) for features in shard):
            continue
        write_shard(path, measured(shard, jobs, progress))
        lacking.append(path)
    return lacking


def measured(shard: Shard, jobs: int | None, progress: Callable[[str, float], None]) -> Iterator[Features]:
    """The recordings of a shard with their curves."""
    places = [(shard.path, index) for index in range(len(shard))]
    for index, curves in enumerate(each_in_processes(curves_at, places, jobs)):
        progress(shard.path.stem, (index + 1) / len(shard))
        yield replace(shard[index], curves=curves)


def curves_at(place: tuple[Path, int]) -> dict[str, NDArray[np.float16]]:
    """The curves of one recording of a shard. Raises CorpusError or UsageError."""
    path, index = place
    return with_curves(Shard(path)[index]).curves
