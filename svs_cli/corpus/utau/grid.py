"""When each mora of a VCV string starts, from the entries of its oto.ini and the constant tempo of the recording.

Conventions
-----------
- A time is that of the nucleus' start, in seconds of the file. A string has `n` moras at about t0 + i * T.
- T is first found for the folder (a guide track keeps the tempo), then for the recording within a few per cent.
- An entry says *that* a mora starts somewhere, not which: its place on the grid decides, its alias only votes when
  the whole string could be shifted by a mora.
- A mora without an entry takes the time between its neighbours', or one T beyond them: those are `known=False`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svs_cli.corpus.utau.mora import NUCLEI, Mora, alias_phones
from svs_cli.corpus.utau.words import SILENCE, LabelError

SAME_PLACE_SECONDS = 0.03
TEMPO_RANGE_SECONDS = (0.25, 1.5)
TEMPO_TOLERANCE = 0.12
INLIER_FRACTION_OF_BEAT = 0.2
LEAST_INLIER_SHARE = 0.6


@dataclass(frozen=True)
class SungEntry:
    """The place that an oto.ini entry points to, and its alias."""

    onset_seconds: float
    alias: str


@dataclass(frozen=True)
class MoraTime:
    """Start of a mora's nucleus; `known` when an entry says so, not only the grid."""

    onset_seconds: float
    known: bool


@dataclass(frozen=True)
class Place:
    """All entries within a few milliseconds of each other: one start of a nucleus."""

    onset_seconds: float
    phones: frozenset[tuple[str, ...]]


def places_of(entries: Sequence[SungEntry]) -> list[Place]:
    """Distinct places of the entries that name a mora, in order of time."""
    named = [(entry.onset_seconds, phones) for entry in entries if (phones := alias_phones(entry.alias)) is not None]
    named.sort(key=lambda pair: pair[0])
    groups: list[list[tuple[float, tuple[str, ...]]]] = []
    for pair in named:
        if groups and pair[0] - groups[-1][-1][0] < SAME_PLACE_SECONDS:
            groups[-1].append(pair)
        else:
            groups.append([pair])
    return [Place(float(np.median([t for t, _ in group])), frozenset(p for _, p in group)) for group in groups]


def tempo_of_folder(strings: Iterable[tuple[list[SungEntry], int]]) -> float | None:
    """Median seconds a mora, from strings that have a place for nearly every mora; None if there is no such string."""
    tempos = []
    for entries, moras in strings:
        steps = np.diff([place.onset_seconds for place in places_of(entries)])
        if moras >= 3 and len(steps) >= max(2, moras - 2):
            tempos.append(float(np.median(steps)))
    if not tempos:
        return None
    tempo_seconds = float(np.median(tempos))
    return tempo_seconds if TEMPO_RANGE_SECONDS[0] <= tempo_seconds <= TEMPO_RANGE_SECONDS[1] else None


def fit_mora_times(moras: Sequence[Mora], entries: Sequence[SungEntry], tempo_seconds: float) -> list[MoraTime]:
    """One time a mora, rising. Raises LabelError when the entries do not fit one tempo."""
    rests = any(mora.nucleus == SILENCE for mora in moras)
    places = [place for place in places_of(entries) if rests or place.phones != {(SILENCE,)}]
    count = len(moras)
    if count <= 3 and places and sum(mora.nucleus in NUCLEI for mora in moras) < 3:
        return short_string_times(moras, places, tempo_seconds)
    if len(places) < 2:
        raise LabelError(f"{len(places)} oto.ini entries for {count} moras")
    onsets = np.array([place.onset_seconds for place in places])
    phase_seconds, beat_seconds = fit_grid(onsets, tempo_seconds)
    steps = np.round((onsets - phase_seconds) / beat_seconds).astype(int)
    residuals = np.abs(onsets - phase_seconds - steps * beat_seconds)
    inlier = residuals < INLIER_FRACTION_OF_BEAT * beat_seconds
    if inlier.sum() < 2 or inlier.mean() < LEAST_INLIER_SHARE:
        raise LabelError(f"only {inlier.sum()} of {len(places)} entries keep a tempo of {beat_seconds:.2f} s a mora")
    shift = best_shift(moras, places, steps, inlier)
    known: dict[int, tuple[float, float]] = {}
    for index, onset, residual, keep in zip(steps + shift, onsets, residuals, inlier, strict=True):
        if keep and 0 <= index < count and residual < known.get(index, (np.inf, 0.0))[0]:
            known[int(index)] = (float(residual), float(onset))
    if len(known) < max(2, count // 3):
        raise LabelError(f"{len(known)} of {count} moras have an oto.ini entry that fits")
    return filled({index: onset for index, (_, onset) in known.items()}, count, beat_seconds)


def fit_grid(onsets: NDArray[np.float64], tempo_seconds: float) -> tuple[float, float]:
    """Phase and beat in seconds that leave the smallest sum of clipped distances of the onsets, shape (k,)."""
    best = (np.inf, 0.0, tempo_seconds)
    for beat in tempo_seconds * np.linspace(1 - TEMPO_TOLERANCE, 1 + TEMPO_TOLERANCE, 49):
        for anchor in onsets:
            distances = (onsets - anchor + beat / 2) % beat - beat / 2
            cost = float(np.minimum(np.abs(distances), INLIER_FRACTION_OF_BEAT * beat).sum() / beat)
            if cost < best[0]:
                near = np.abs(distances) < INLIER_FRACTION_OF_BEAT * beat
                best = (cost, float(anchor + np.median(distances[near])), float(beat))
    return best[1], best[2]


def best_shift(
    moras: Sequence[Mora], places: Sequence[Place], steps: NDArray[np.int_], inlier: NDArray[np.bool_]
) -> int:
    """What to add to the grid's steps so that they become mora indices: inside the string, then most alias votes."""
    used = [(int(step), place) for step, place, keep in zip(steps, places, inlier, strict=True) if keep]
    first, last = used[0][0], used[-1][0]
    candidates = range(-first, len(moras) - last) if last - first < len(moras) else range(-first - 1, -first + 2)

    def votes(shift: int) -> tuple[int, int]:
        inside = [(step + shift, place) for step, place in used if 0 <= step + shift < len(moras)]
        return sum(moras[index].phones in place.phones for index, place in inside), len(inside)

    return max(candidates, key=votes)


def filled(known: dict[int, float], count: int, beat_seconds: float) -> list[MoraTime]:
    """Times for all moras: known ones kept, gaps interpolated, ends extended by the beat."""
    indices = sorted(known)
    onsets = [known[index] for index in indices]
    times = []
    for index in range(count):
        if index < indices[0]:
            onset = onsets[0] - (indices[0] - index) * beat_seconds
        elif index > indices[-1]:
            onset = onsets[-1] + (index - indices[-1]) * beat_seconds
        else:
            onset = float(np.interp(index, indices, onsets))
        times.append(MoraTime(onset, index in known))
    return times


def short_string_times(moras: Sequence[Mora], places: Sequence[Place], tempo_seconds: float) -> list[MoraTime]:
    """Two or three moras and marks sung once ("んん"): places in order when they are as many as the moras."""
    if len(places) == len(moras):
        return [MoraTime(place.onset_seconds, True) for place in places]
    if len(places) > len(moras):
        raise LabelError(f"{len(places)} oto.ini entries for {len(moras)} moras")
    return filled({len(moras) - 1: places[-1].onset_seconds}, len(moras), tempo_seconds)
