"""A sound's fingerprint, and which sounds share one: the same take is found when it is re-encoded, cut or louder.

Conventions
-----------
- One 32-bit word each 32 ms: the signs of the differences between neighbouring bands and neighbouring frames (Haitsma
  and Kalker 2002), from overlapping windows of 256 ms, so that a shift by half a hop changes few bits.
- Two takes of the same words by the same singer differ in half of the bits by chance; copies differ in few.
- 0 stands for a frame that is too soft to say anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svs_cli.corpus.checks.listen import MONO_RATE_HZ

Words = NDArray[np.uint32]
WINDOW_SAMPLES = 4096
HOP_SAMPLES = 512
BANDS = 33
LOWEST_HZ, HIGHEST_HZ = 250.0, 5_000.0
SOFT_DB = 35.0
COMMON = 12  # a word in more files than this says nothing
FEWEST_VOTES = 4
VOTE_SHARE = 0.04
COPY_BIT_ERRORS = 0.24
FEWEST_COMPARED = 12
COMPARED_SHARE = 0.5  # of the shorter sound


@dataclass(frozen=True)
class Copy:
    """Sound `second` repeats sound `first` (indices), with this share of differing bits."""

    first: int
    second: int
    bit_errors: float


def fingerprint(mono: NDArray[np.float32]) -> Words:
    """Words of samples at 16 kHz, (n,) -> (frames,); empty for sounds under a window."""
    if len(mono) < WINDOW_SAMPLES + HOP_SAMPLES:
        return np.zeros(0, np.uint32)
    framed = np.lib.stride_tricks.sliding_window_view(mono, WINDOW_SAMPLES)[::HOP_SAMPLES]
    edges = np.geomspace(LOWEST_HZ, HIGHEST_HZ, BANDS + 1) * WINDOW_SAMPLES / MONO_RATE_HZ
    bins = edges.astype(int)
    window = np.hanning(WINDOW_SAMPLES).astype(np.float32)
    energy = np.empty((len(framed), BANDS))
    for start in range(0, len(framed), 256):
        power = np.square(np.abs(np.fft.rfft(framed[start : start + 256] * window, axis=1)))
        energy[start : start + 256] = np.add.reduceat(power[:, : bins[-1]], bins[:-1], axis=1)
    level = np.log(energy + 1e-12)
    difference = np.diff(level, axis=1)
    bits = (difference[1:] - difference[:-1]) > 0
    words = (bits.astype(np.uint32) << np.arange(BANDS - 1, dtype=np.uint32)).sum(axis=1, dtype=np.uint32)
    loud_db = 10 * np.log10(energy.sum(axis=1) + 1e-12)
    soft = loud_db[1:] < loud_db.max() - SOFT_DB
    return np.where(soft, np.uint32(0), words)


def copies(prints: Sequence[Words]) -> list[Copy]:
    """Pairs of sounds that are the same take, each pair once, in order."""
    if not sum(map(len, prints)):
        return []
    files = np.repeat(np.arange(len(prints)), [len(words) for words in prints])
    frames = np.concatenate([np.arange(len(words)) for words in prints])
    words = np.concatenate(list(prints))
    spoken = np.flatnonzero(words)
    order = spoken[np.argsort(words[spoken], kind="stable")]
    edges = np.flatnonzero(np.diff(words[order].astype(np.int64), prepend=-1, append=-1))
    votes: Counter[tuple[int, int, int]] = Counter()
    for start, stop in zip(edges[:-1], edges[1:], strict=True):
        if 1 < stop - start <= COMMON:
            group = order[start:stop]
            for i, one in enumerate(group):
                for other in group[i + 1 :]:
                    if files[one] != files[other]:
                        votes[int(files[one]), int(files[other]), int(frames[other] - frames[one])] += 1
    return verified(prints, votes)


def verified(prints: Sequence[Words], votes: Counter[tuple[int, int, int]]) -> list[Copy]:
    """The candidates whose bits agree at the voted shift."""
    best: dict[tuple[int, int], Copy] = {}
    for (first, second, shift), _ in candidates(prints, votes):
        errors = min(bit_errors(prints[first], prints[second], shift + near) for near in (-1, 0, 1))
        known = best.get((first, second))
        if errors <= COPY_BIT_ERRORS and (known is None or errors < known.bit_errors):
            best[first, second] = Copy(first, second, errors)
    return [best[pair] for pair in sorted(best)]


def candidates(
    prints: Sequence[Words], votes: Counter[tuple[int, int, int]]
) -> list[tuple[tuple[int, int, int], int]]:
    """Shifts with enough common words; neighbouring shifts vote together."""
    found = []
    for (first, second, shift), count in votes.items():
        together = count + votes.get((first, second, shift - 1), 0) + votes.get((first, second, shift + 1), 0)
        shorter = min(len(prints[first]), len(prints[second]))
        if together >= max(FEWEST_VOTES, VOTE_SHARE * shorter):
            found.append(((first, second, shift), together))
    return found


def bit_errors(first: Words, second: Words, shift: int) -> float:
    """Share of bits that differ where frame i of `first` meets frame i + shift of `second`; 1.0 if they hardly meet."""
    start, stop = max(0, -shift), min(len(first), len(second) - shift)
    if stop - start < max(FEWEST_COMPARED, COMPARED_SHARE * min(len(first), len(second))):
        return 1.0
    one, other = first[start:stop], second[start + shift : stop + shift]
    both = (one != 0) & (other != 0)
    if both.sum() < FEWEST_COMPARED:
        return 1.0
    return float(np.unpackbits((one[both] ^ other[both]).view(np.uint8)).mean())
