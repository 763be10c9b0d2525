"""Pitch models against a singer: the same notes at the singer's own times, compared frame by frame.

Conventions
-----------
- Errors are in cents over the frames that the singer voices; nothing is taken off for tuning.
- A *take* is one draw; figures of takes are means over several seeds. The *expected* curve is the mean of the takes:
  two vibratos with free phases differ even when both are right, and in the mean of takes they cancel.
- The deviation is a curve against the written notes; a consonant before an onset belongs to the note that follows.
- The *melody* is the deviation under a Hann window of `MELODY_SECONDS` over voiced frames: two cycles of a usual
  vibrato, and so without it. It is what a take can be right about without hitting the phase of anybody's vibrato.
- Vibrato is found by `pitch/detect.py` in the singer's curve and in every take alike. The row `TURNED` is the singer's
  own curve with each vibrato a quarter of a cycle later, which errs as a free phase does on average: about the least
  RMSE of a take whose vibratos are as deep as hers. Who has none is spared this.
- A centre is the median deviation of a note's vowel where at least a cycle of vibrato is voiced; `off_centre_cents` is
  what 95 % of the centres lie within.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from svs_cli.corpus.sung import SungSong
from svs_cli.duration.rule import shipped_table
from svs_cli.performance.document import Performance
from svs_cli.pitch.detect import find_vibrato
from svs_cli.pitch.gesture import Vibrato
from svs_cli.pitch.steps import HeldNote, frame_times, held_notes
from svs_cli.units import hz_to_midi

Array = NDArray[np.float64]
Draw = Callable[[Performance, int], Performance]  # a document and a seed: the document with F0
SINGER, TURNED, SCORE = "singer", "singer, turned", "score"
FEWEST_FRAMES, FEWEST_CENTRE_SECONDS = 6, 0.18
MELODY_SECONDS = 0.36
CENTRE_PERCENTILE = 95.0


@dataclass(frozen=True)
class Tune:
    """A song made ready for comparison; curves are cents above its first note, (frames,)."""

    song: SungSong
    notes: tuple[HeldNote, ...]
    times: Array
    written: Array
    sung: Array  # NaN where unvoiced

    @staticmethod
    def of(song: SungSong) -> Tune:
        """The notes of a song and its curves."""
        notes = tuple(held_notes(song.segment, shipped_table(), song.name))
        times = frame_times(song.segment)
        begins = np.array([note.start_seconds - note.consonants_seconds for note in notes])
        owner = np.maximum(np.searchsorted(begins, times, side="right") - 1, 0)
        written = 100.0 * (np.array([note.midi for note in notes]) - notes[0].midi)[owner]
        sung = np.full(len(times), np.nan)
        sung[song.voiced] = 100.0 * (hz_to_midi(song.f0_hz[song.voiced]) - notes[0].midi)
        return Tune(song, notes, times, written, sung)

    @property
    def frame_seconds(self) -> float:
        return float(self.times[1] - self.times[0])

    def melody_of(self, curve: Array) -> Array:
        """The written notes with the curve's deviation without vibrato, (frames,)."""
        return self.written + smoothed(curve - self.written, round(MELODY_SECONDS / self.frame_seconds))

    def smoothed(self) -> Tune:
        """The same with the singer's melody for her curve."""
        return replace(self, sung=self.melody_of(self.sung))

    def drawn(self, draw: Draw, seed: int) -> Array:
        """A model's curve, NaN where the singer is unvoiced."""
        f0 = draw(self.song.performance, seed).segments[0].f0
        if f0 is None:
            raise ValueError("the model drew no F0")
        curve = 100.0 * (hz_to_midi(f0.at_frames(len(self.times)).astype(np.float64)) - self.notes[0].midi)
        return np.where(np.isfinite(self.sung), curve, np.nan)

    def vowels(self, curve: Array) -> list[tuple[Array, Array, NDArray[np.intp]]]:
        """Deviation in cents, times after the onset, and numbers of the voiced frames of notes with enough of them."""
        found = []
        for note in self.notes:
            voiced = (self.times >= note.start_seconds) & (self.times < note.vowel_end_seconds) & np.isfinite(curve)
            inside = np.flatnonzero(voiced)
            if len(inside) >= FEWEST_FRAMES:
                cents = curve[inside] - 100.0 * (note.midi - self.notes[0].midi)
                found.append((cents, self.times[inside] - note.start_seconds, inside))
        return found

    def centres(self, curve: Array) -> list[float]:
        """Median deviation in cents of each note's vowel that is voiced for long enough to have one."""
        fewest = round(FEWEST_CENTRE_SECONDS / self.frame_seconds)
        return [float(np.median(cents)) for cents, _, _ in self.vowels(curve) if len(cents) >= fewest]

    def turned(self) -> Array:
        """The singer's curve with each vibrato a quarter of a cycle later, (frames,)."""
        curve = self.sung.copy()
        for cents, seconds, inside in self.vowels(self.sung):
            vibrato = find_vibrato(cents, seconds)
            if vibrato is not None:
                later = replace(vibrato, phase=vibrato.phase - 0.25)
                curve[inside] += swing_cents(later, seconds) - swing_cents(vibrato, seconds)
        return curve


@dataclass(frozen=True)
class Spread:
    """Median and interquartile range of some notes' vibrato."""

    median: float
    quartiles: float

    @staticmethod
    def of(values: Sequence[float]) -> Spread | None:
        """None of nothing."""
        if not values:
            return None
        low, middle, high = np.percentile(values, [25, 50, 75])
        return Spread(float(middle), float(high - low))


@dataclass(frozen=True)
class ContourRow:
    """One curve against the singer's; None where there is nothing to compare."""

    song: str
    curve: str
    rmse_cents: float | None = None
    correlation: float | None = None
    deviation_correlation: float | None = None
    melody_rmse_cents: float | None = None
    melody_correlation: float | None = None
    expected_rmse_cents: float | None = None
    expected_deviation_correlation: float | None = None
    off_centre_cents: float | None = None
    seeds_differ_cents: float | None = None
    vibrato_share: float | None = None
    rate_hz: Spread | None = None
    depth_cents: Spread | None = None


def compare(songs: Sequence[SungSong], models: Mapping[str, Draw], seeds: Sequence[int]) -> list[ContourRow]:
    """For each song the singer's two rows, the bare score's, and one a model."""
    rows = []
    for song in songs:
        tune = Tune.of(song)
        rows.append(row_of(tune, SINGER, []))
        rows.append(row_of(tune, TURNED, [tune.turned()]))
        rows.append(row_of(tune, SCORE, [np.where(np.isfinite(tune.sung), tune.written, np.nan)]))
        rows += [row_of(tune, name, [tune.drawn(draw, seed) for seed in seeds]) for name, draw in models.items()]
    return rows


def row_of(tune: Tune, name: str, takes: Sequence[Array]) -> ContourRow:
    """The figures of a model's takes; of the singer where there are none."""
    shown = takes or [tune.sung]
    vibratos = [found for curve in shown for found in vibratos_of(tune, curve)]
    there = [vibrato for vibrato in vibratos if vibrato is not None]
    centres = [abs(centre) for curve in shown for centre in tune.centres(curve)]
    row = ContourRow(
        song=tune.song.name, curve=name,
        off_centre_cents=float(np.percentile(centres, CENTRE_PERCENTILE)) if centres else None,
        vibrato_share=len(there) / len(vibratos) if vibratos else None,
        rate_hz=Spread.of([vibrato.rate_hz for vibrato in there]),
        depth_cents=Spread.of([vibrato.depth_cents for vibrato in there]),
    )  # fmt: skip
    if not takes:
        return row
    figures = np.array([against(tune, curve) for curve in takes])
    rmse, correlation, deviation = np.mean(figures, axis=0)
    melody_rmse, _, melody = np.mean([against(tune.smoothed(), tune.melody_of(curve)) for curve in takes], axis=0)
    expected = against(tune, np.mean(takes, axis=0))
    return ContourRow(**{
        **row.__dict__, "rmse_cents": float(rmse), "correlation": float(correlation),
        "deviation_correlation": float(deviation), "melody_rmse_cents": float(melody_rmse),
        "melody_correlation": float(melody), "expected_rmse_cents": expected[0],
        "expected_deviation_correlation": expected[2], "seeds_differ_cents": difference(tune, takes),
    })  # fmt: skip


def vibratos_of(tune: Tune, curve: Array) -> list[Vibrato | None]:
    """The vibrato of each note with enough voiced frames."""
    return [find_vibrato(cents, seconds) for cents, seconds, _ in tune.vowels(curve)]


def swing_cents(vibrato: Vibrato, seconds: Array) -> Array:
    """What a found vibrato adds at times after a note's onset, (frames,)."""
    after = seconds - vibrato.onset_seconds
    fade = 0.5 - 0.5 * np.cos(np.pi * np.clip(after / vibrato.fade_seconds, 0.0, 1.0))
    return vibrato.depth_cents * fade * np.sin(2.0 * np.pi * (vibrato.rate_hz * after + vibrato.phase))


def smoothed(values: Array, frames: int) -> Array:
    """Weighted means under a Hann window of so many frames over the values that are not NaN; (n,) -> (n,).

    >>> smoothed(np.array([1.0, 1.0, np.nan, 3.0, 3.0]), 3).round(2).tolist()
    [1.0, 1.0, nan, 3.0, 3.0]
    """
    there = np.isfinite(values)
    window = np.hanning(2 * (frames // 2) + 3)[1:-1]
    total = np.convolve(np.where(there, values, 0.0), window, "same")
    weight = np.convolve(there.astype(np.float64), window, "same")
    return np.where(there, total / np.maximum(weight, 1e-9), np.nan)


def against(tune: Tune, curve: Array) -> tuple[float, float, float]:
    """RMSE in cents, correlation, and correlation of the deviations from the score, of a curve with the singer's."""
    voiced = np.isfinite(tune.sung) & np.isfinite(curve)
    sung, own, written = tune.sung[voiced], curve[voiced], tune.written[voiced]
    rmse = float(np.sqrt(np.mean((sung - own) ** 2)))
    return rmse, correlation_of(sung, own), correlation_of(sung - written, own - written)


def correlation_of(one: Array, other: Array) -> float:
    """Pearson's correlation; 0 where one of them is constant."""
    if len(one) < 2 or np.std(one) < 1e-9 or np.std(other) < 1e-9:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


def difference(tune: Tune, takes: Sequence[Array]) -> float | None:
    """Least RMSE between any two takes over the frames inside vowels, in cents."""
    inside = np.zeros(len(tune.times), bool)
    for note in tune.notes:
        inside |= (tune.times >= note.start_seconds) & (tune.times < note.vowel_end_seconds)
    inside &= np.isfinite(tune.sung)
    pairs = [(a, b) for i, a in enumerate(takes) for b in takes[:i]]
    return min((float(np.sqrt(np.mean((a[inside] - b[inside]) ** 2))) for a, b in pairs), default=None)
