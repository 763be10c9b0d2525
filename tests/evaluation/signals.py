"""Sounds whose pitch, onsets and lengths are known to the sample, and the document that asks for them.

A syllable is a steady vowel of harmonics with a formant-like tilt; before it comes a consonant: a gap of silence ("k"),
hiss above 4 kHz ("s"), or the same harmonics behind a closed mouth, 500 Hz low-passed ("n").
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svs_cli.performance.document import Performance, SampledCurve, Segment
from svs_cli.units import GRID, midi_to_hz

RATE_HZ = GRID.sample_rate_hz
CONSONANT_SECONDS = 0.08
LEAD_SECONDS = 0.5
EDGE_SECONDS = 0.004


@dataclass(frozen=True)
class Tune:
    """Notes one after the other, each with its consonant; a rest before and after."""

    midis: tuple[float, ...] = (60, 64, 67, 65, 62, 60)
    consonants: tuple[str, ...] = ("k", "s", "n", "k", "n", "s")
    note_seconds: float = 0.4

    @property
    def onsets_seconds(self) -> NDArray[np.float64]:
        return LEAD_SECONDS + self.note_seconds * np.arange(len(self.midis))

    @property
    def seconds(self) -> float:
        return LEAD_SECONDS + self.note_seconds * len(self.midis) + LEAD_SECONDS

    def document(self) -> Performance:
        """The `.ds` document that asks for exactly this."""
        phones, durations = ["SP", self.consonants[0]], [LEAD_SECONDS - CONSONANT_SECONDS, CONSONANT_SECONDS]
        counts = [2]
        for following in (*self.consonants[1:], ""):
            phones += ["a", following] if following else ["a"]
            vowel = self.note_seconds - (CONSONANT_SECONDS if following else 0)
            durations += [vowel, CONSONANT_SECONDS] if following else [vowel]
            counts.append(2 if following else 1)
        notes = (None, *self.midis, None)
        note_seconds = (LEAD_SECONDS, *(self.note_seconds,) * len(self.midis), LEAD_SECONDS)
        frames = GRID.frame_of(self.seconds)
        f0_hz = self.f0_at(np.asarray(GRID.seconds_of(np.arange(frames))))
        segment = Segment(
            offset_seconds=0.0, phones=(*phones, "SP"), phone_counts=(*counts, 1), notes=notes,
            note_durations_seconds=note_seconds, note_slurs=(0,) * len(notes),
            phone_durations_seconds=(*durations, LEAD_SECONDS),
            f0=SampledCurve(f0_hz.astype(np.float32), GRID.frame_seconds),
        )  # fmt: skip
        return Performance((segment,), self.seconds, language="ja")

    def f0_at(self, times_seconds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Each note's pitch from its onset on, reached in a straight glide through its consonant."""
        knots = np.stack([self.onsets_seconds - CONSONANT_SECONDS, self.onsets_seconds], axis=1).ravel()
        midis = np.repeat(np.array(self.midis), 2)[:-1]
        return np.asarray(midi_to_hz(np.interp(times_seconds, knots[1:], midis)))

    def sound(self, *, detuned_cents: float = 0.0, delay_seconds: float = 0.0) -> NDArray[np.float32]:
        """The samples, shape (n,)."""
        times = np.arange(round(self.seconds * RATE_HZ)) / RATE_HZ - delay_seconds
        phase = np.cumsum(self.f0_at(times) * 2 ** (detuned_cents / 1200)) * 2 * np.pi / RATE_HZ
        vowel = sum(np.sin(k * phase) / k for k in range(1, 16))
        closed = np.sin(phase) * 0.8
        hiss = np.random.default_rng(1).normal(0, 0.5, len(times))
        hiss -= np.convolve(hiss, np.hanning(13) / np.hanning(13).sum(), "same")
        out = np.zeros(len(times))
        for number, (onset, consonant) in enumerate(zip(self.onsets_seconds, self.consonants, strict=True)):
            last = number + 1 == len(self.midis)
            end = onset + self.note_seconds - (0 if last else CONSONANT_SECONDS)
            out += vowel * gate(times, onset, end)
            source = {"s": hiss, "n": closed}.get(consonant)
            if source is not None:
                out += source * gate(times, onset - CONSONANT_SECONDS, onset)
        return (0.1 * out).astype(np.float32)


def gate(times: NDArray[np.float64], start: float, end: float) -> NDArray[np.float64]:
    """1 inside, 0 outside; the edges rise within 4 ms and pass half power at the time named."""
    power = np.clip((times - start) / EDGE_SECONDS + 0.5, 0, 1) * np.clip((end - times) / EDGE_SECONDS + 0.5, 0, 1)
    return np.sqrt(power)
