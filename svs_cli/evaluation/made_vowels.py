"""Made vowels from 65 to 1,100 Hz: sounds whose F0 is known exactly, for whatever has to keep the pitch.

Conventions
-----------
- A vowel is a sum of harmonics below 16 kHz whose levels follow a source of -6 dB an octave (glottis and radiation) and
  a cascade of four formants (Fant 1960), with breath noise 40 dB below it. Men's formants count below 200 Hz, a
  woman's above.
- F0 rises by one semitone through the vowel, so that it never stands on a bin of a spectrum. Silence lies before and
  after; F0 is 0 there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svs_cli.acoustic.formant_tables import SPEAKERS, VOWELS
from svs_cli.units import GRID

LOWEST_HZ, HIGHEST_HZ = 65.0, 1100.0
PITCHES = 13
PHONES = ("a", "i", "u")
RISE_SEMITONES = 1.0
VOWEL_SECONDS, SILENCE_SECONDS, FADE_SECONDS = 0.7, 0.15, 0.03
MEN_BELOW_HZ = 200.0
HIGHEST_HARMONIC_HZ = 16_000.0
LEVEL_DB, BREATH_DB = -20.0, -40.0
BANDWIDTHS_HZ = (80.0, 100.0, 140.0, 200.0)


@dataclass(frozen=True)
class MadeVowel:
    """A vowel that starts at `f0_hz`."""

    phone: str
    f0_hz: float

    @property
    def title(self) -> str:
        return f"{self.phone} {self.f0_hz:.0f} Hz"


MADE_VOWELS = tuple(
    MadeVowel(phone, float(f0_hz))
    for f0_hz in np.geomspace(LOWEST_HZ, HIGHEST_HZ / 2 ** (RISE_SEMITONES / 12), PITCHES)
    for phone in PHONES
)


def made_vowel(vowel: MadeVowel) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Samples at 44.1 kHz and F0 by frame, shapes (n,), (frames,).

    >>> samples, f0_hz = made_vowel(MadeVowel("a", 220.0))
    >>> len(f0_hz) == GRID.frames_of_samples(len(samples)), round(float(f0_hz[f0_hz > 0][0]))
    (True, 220)
    """
    times = np.arange(round(VOWEL_SECONDS * GRID.sample_rate_hz)) / GRID.sample_rate_hz
    f0_hz = vowel.f0_hz * 2 ** (RISE_SEMITONES / 12 * times / VOWEL_SECONDS)
    phase = 2 * np.pi * np.cumsum(f0_hz) / GRID.sample_rate_hz
    sound = np.zeros(len(times))
    for number in range(1, int(HIGHEST_HARMONIC_HZ / f0_hz[-1]) + 1):
        sound += formant_gain(vowel, number * f0_hz) / number * np.sin(number * phase)
    sound /= np.sqrt(np.mean(sound**2))
    sound += 10 ** (BREATH_DB / 20) * np.random.default_rng(0).standard_normal(len(times))
    edge = np.minimum(times, VOWEL_SECONDS - times) / FADE_SECONDS
    sound *= 10 ** (LEVEL_DB / 20) * np.clip(edge, 0, 1)
    margin = np.zeros(round(SILENCE_SECONDS * GRID.sample_rate_hz))
    samples = np.concatenate([margin, sound, margin]).astype(np.float32)
    frame_seconds = np.asarray(GRID.seconds_of(np.arange(GRID.frames_of_samples(len(samples))))) - SILENCE_SECONDS
    voiced = (frame_seconds >= 0) & (frame_seconds < VOWEL_SECONDS)
    return samples, np.where(voiced, np.interp(frame_seconds, times, f0_hz), 0.0).astype(np.float32)


def formant_gain(vowel: MadeVowel, hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """|H| of the formants at these frequencies, any shape; 1 at 0 Hz."""
    speaker = SPEAKERS["man" if vowel.f0_hz < MEN_BELOW_HZ else "woman"]
    formants_hz = [speaker.formant_scale * formant for formant in VOWELS[vowel.phone]] + [speaker.fourth_formant_hz]
    gain = np.ones_like(hz)
    for formant_hz, width_hz in zip(formants_hz, BANDWIDTHS_HZ, strict=True):
        gain *= formant_hz**2 / np.sqrt((formant_hz**2 - hz**2) ** 2 + (width_hz * hz) ** 2)
    return gain
