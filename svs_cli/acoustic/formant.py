"""The acoustic stage by rule: formants, murmurs and noises drawn straight into a mel spectrogram. Needs no weights.

Conventions
-----------
- A frame's mel is the sum of powers of a voiced part (vocal-tract resonances and murmur under the harmonics of F0)
  and a noise part. All is computed at the centres of the mel bands; magnitudes are those of the shared spectrogram.
- Each phone sets targets on its frames (stops and affricates have a closure and a release); formants glide through
  about 60 ms between targets, levels through about 40 ms, as long as the analysis window.
- 0 dB is a mezzo-forte vowel of -22 dB full scale (root mean square). The curve "energy" moves it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from svs_cli.acoustic.formant_tables import BREATHINESS, SILENT_DB, SPEAKERS, FormantSpeaker, Noise, Sound, sound_of
from svs_cli.analysis.comb import comb
from svs_cli.analysis.mel import MEL, hz_to_slaney_mel, mel_filterbank, slaney_mel_to_hz
from svs_cli.errors import PerformanceError, VoiceMissingError
from svs_cli.frontend.inventory import load_inventory
from svs_cli.performance.document import Segment
from svs_cli.units import db_to_amplitude

Array = NDArray[np.float64]
VOWEL_RMS_DB = -22.0
NEUTRAL = (500.0, 1500.0, 2500.0)
FORMANT_GLIDE_FRAMES = 5
LEVEL_GLIDE_FRAMES = 3
TAP_DIP_DB = -14.0
ENERGY_TO_TILT = 0.12  # dB an octave for each dB: a louder voice is brighter
NOISE_BLOCK_FRAMES = 1024


@dataclass
class Targets:
    """Per frame of a segment: formants (frames, 3) in Hz, levels (frames,) as amplitudes, noise (frames, bands)."""

    formants_hz: Array
    voice: Array
    murmur: Array
    aspiration: Array
    noise: Array


class FormantAcoustic:
    """Mel frames from formant rules, as "man" or "woman"."""

    name = "formant"

    def phones(self) -> frozenset[str]:
        """Every phone of the inventory."""
        return frozenset(load_inventory())

    def speakers(self) -> tuple[str, ...]:
        """The bodies it can sing with."""
        return tuple(SPEAKERS)

    def render(self, segment: Segment, *, speaker: str, seed: int = 0, steps: int | None = None) -> NDArray[np.float32]:
        """Log-mel of the segment, shape (segment.frames, 128); `steps` has no meaning here.

        Raises VoiceMissingError for an unknown speaker, PerformanceError without durations or F0.
        """
        del steps
        if speaker not in SPEAKERS:
            raise VoiceMissingError(f"the formant voice has no speaker {speaker!r}", fix=f"use {' or '.join(SPEAKERS)}")
        if segment.f0 is None:
            raise PerformanceError("the document has no F0 yet", fix="run it through 'svs pitch' first")
        frames = segment.frames
        f0_hz = np.maximum(segment.f0.at_frames(frames), 1.0)
        energy_db = segment.curves["energy"].at_frames(frames) if "energy" in segment.curves else np.zeros(frames)
        targets = self._targets(segment)
        body = SPEAKERS[speaker]
        tract = self._tract(targets.formants_hz, f0_hz.astype(np.float64), energy_db.astype(np.float64), body)
        voiced = targets.voice[:, None] * tract + targets.murmur[:, None] * self._murmur
        voiced *= np.exp(comb(f0_hz.astype(np.float32)))
        breath = db_to_amplitude(body.breathiness_db) * targets.voice[:, None] * self._noise_spectrum(BREATHINESS)
        noisy = targets.aspiration[:, None] * tract * self._aspiration_tilt + targets.noise + breath
        noisy *= self._roughness(frames, seed)
        loudness = db_to_amplitude(VOWEL_RMS_DB + energy_db)[:, None]
        magnitude = loudness * np.sqrt(voiced**2 + noisy**2) * self._bin_gain
        return np.log(np.maximum(magnitude, MEL.floor)).astype(np.float32)

    @cached_property
    def _centres_hz(self) -> Array:
        edges = hz_to_slaney_mel(np.array([MEL.low_hz, MEL.high_hz]))
        return slaney_mel_to_hz(np.linspace(edges[0], edges[1], MEL.bands + 2))[1:-1]

    @cached_property
    def _band_hz(self) -> Array:
        return np.gradient(self._centres_hz)

    @cached_property
    def _bin_gain(self) -> Array:
        """Mel magnitude of a signal of unit power in a flat band, per band."""
        window_power = 0.375 * MEL.window_samples
        return np.asarray(mel_filterbank().sum(axis=1) * np.sqrt(window_power), dtype=np.float64)

    @cached_property
    def _aspiration_tilt(self) -> Array:
        return np.sqrt(self._centres_hz / 1500.0)  # turbulence lacks the fall of the glottal spectrum

    @cached_property
    def _murmur(self) -> Array:
        """Closed-mouth hum: one resonance at 250 Hz, hardly anything above 800 Hz."""
        return self._unit_power(resonance(self._centres_hz, 250.0, 120.0) / (1.0 + (self._centres_hz / 900.0) ** 2))

    def _unit_power(self, magnitude: Array) -> Array:
        """The spectrum scaled to a power of 1 over the whole band, shape (..., bands)."""
        nyquist = MEL.sample_rate_hz / 2
        power = np.sum(magnitude**2 * self._band_hz, axis=-1, keepdims=True) / nyquist
        return np.asarray(magnitude / np.sqrt(power))

    def _noise_spectrum(self, noise: Noise) -> Array:
        octaves = np.log2(self._centres_hz / noise.centre_hz) / noise.width_octaves
        bump = np.exp(-0.5 * octaves**2) + 0.02
        return self._unit_power(bump) * db_to_amplitude(noise.level_db)

    def _tract(self, formants_hz: Array, f0_hz: Array, energy_db: Array, body: FormantSpeaker) -> Array:
        """Source tilt and resonances, every frame scaled to unit power, shape (frames, bands)."""
        hz = self._centres_hz
        scaled = formants_hz * body.formant_scale
        first = np.maximum(scaled[:, 0], 1.03 * f0_hz)  # high voices open the mouth: F1 follows F0
        second = np.maximum(scaled[:, 1], first + 150.0)
        moving = (first, second, np.maximum(scaled[:, 2], second + 250.0))
        level = np.ones((len(f0_hz), len(hz)))
        for centre, width in zip(moving, (70.0, 95.0, 140.0), strict=True):
            level *= resonance(hz, centre[:, None], width * body.formant_scale)
        upper = body.fourth_formant_hz
        while upper < 1.2 * MEL.high_hz:
            level *= resonance(hz, upper, 0.06 * upper)
            upper += 1000.0 * body.formant_scale
        octaves = np.log2(np.maximum(hz / 1000.0, 0.25))
        tilt_db = (body.tilt_db_per_octave + ENERGY_TO_TILT * energy_db)[:, None] * octaves
        source = 1.0 / np.sqrt(1.0 + (hz / 250.0) ** 2)
        return self._unit_power(level * source * db_to_amplitude(tilt_db))

    def _targets(self, segment: Segment) -> Targets:
        """What the phones ask for, smoothed over time."""
        inventory = load_inventory()
        sounds = [sound_of(p, inventory[p].phone_class, inventory[p].voiced) for p in segment.phones]
        spans = segment.phone_frames()
        frames = int(spans.sum())
        silent = np.zeros(frames)
        targets = Targets(
            np.full((frames, 3), np.nan), silent, silent.copy(), silent.copy(), np.zeros((frames, MEL.bands))
        )
        start = 0
        for sound, length in zip(sounds, spans, strict=True):
            if length:
                self._place(targets, sound, slice(start, start + int(length)))
            start += int(length)
        targets.formants_hz = smooth(bridged(targets.formants_hz), FORMANT_GLIDE_FRAMES)
        for name in ("voice", "murmur", "aspiration", "noise"):
            setattr(targets, name, smooth(getattr(targets, name), LEVEL_GLIDE_FRAMES))
        return targets

    def _place(self, targets: Targets, sound: Sound, where: slice) -> None:
        """Write one phone's targets on its frames."""
        length = where.stop - where.start
        release = slice(where.start + closure_frames(sound.shape, length, sound.murmur_db > SILENT_DB), where.stop)
        open_part = release if sound.shape in ("stop", "affricate") else where
        if sound.formants is not None:
            targets.formants_hz[where] = sound.formants
        targets.murmur[where] = db_to_amplitude(sound.murmur_db)
        targets.voice[open_part] = db_to_amplitude(sound.voice_db)
        targets.aspiration[open_part] = db_to_amplitude(sound.aspiration_db)
        if sound.noise is not None:
            burst = slice(release.start, release.start + 1) if sound.shape == "stop" else open_part
            targets.noise[burst] = self._noise_spectrum(sound.noise)
        progress = (np.arange(length) + 0.5) / length
        if sound.shape == "tap":
            targets.voice[where] *= db_to_amplitude(TAP_DIP_DB * np.sin(np.pi * progress))
        elif sound.shape == "trill":
            targets.voice[where] *= db_to_amplitude(TAP_DIP_DB * (np.arange(length) // 2 % 2))
        elif sound.shape == "breath":
            targets.noise[where] *= np.sin(np.pi * progress**1.5)[:, None]

    def _roughness(self, frames: int, seed: int) -> Array:
        """What chance makes of a flat noise in mel bands: means of Rayleigh magnitudes, shape (frames, bands)."""
        rng = np.random.default_rng(seed % 2**32)
        bank = mel_filterbank()
        flat = bank.sum(axis=1)
        blocks = []
        for start in range(0, frames, NOISE_BLOCK_FRAMES):
            shape = (min(NOISE_BLOCK_FRAMES, frames - start), bank.shape[1])
            magnitude = np.sqrt(rng.standard_exponential(shape, dtype=np.float32))
            blocks.append(magnitude @ bank.T / flat)
        return np.concatenate(blocks).astype(np.float64) if blocks else np.zeros((0, MEL.bands))


def resonance(hz: Array, centre_hz: Array | float, width_hz: float) -> Array:
    """Gain of a second-order resonance, 1 at 0 Hz; shapes broadcast."""
    squared = np.asarray(centre_hz, dtype=np.float64) ** 2
    return np.asarray(squared / np.hypot(squared - hz**2, width_hz * hz))


def closure_frames(shape: str, length: int, voiced: bool) -> int:
    """Frames of a stop or affricate before its release; at least one frame is left for the release."""
    if shape == "stop":
        share = 0.8 if voiced else 0.65
    elif shape == "affricate":
        share = 0.4
    else:
        return 0
    return min(length - 1, round(share * length))


def bridged(formants_hz: Array) -> Array:
    """Formants with gaps (NaN) filled from both sides, shape (frames, 3) -> (frames, 3)."""
    known = np.flatnonzero(~np.isnan(formants_hz[:, 0]))
    if not len(known):
        return np.tile(NEUTRAL, (len(formants_hz), 1))
    index = np.arange(len(formants_hz))
    return np.stack([np.interp(index, known, formants_hz[known, i]) for i in range(3)], axis=1)


def smooth(values: Array, half_frames: int) -> Array:
    """Hann-weighted moving average along frames, ends held, shape kept."""
    window = np.hanning(2 * half_frames + 1)[1:-1]
    window /= window.sum()
    half = half_frames - 1
    padded = np.pad(values, [(half, half)] + [(0, 0)] * (values.ndim - 1), mode="edge")
    return np.asarray(sum(weight * padded[i : i + len(values)] for i, weight in enumerate(window)))
