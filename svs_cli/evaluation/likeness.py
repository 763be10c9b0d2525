"""How like its original a copy is: spectra, envelope, level, voicing, pitch.

Conventions
-----------
- Original and copy have the same samples and frames: nothing is shifted or warped. F0 is heard in the copy, asked of
  the vocoder.
- MCD is taken of WORLD's envelopes (CheapTrick), of both with the asked F0, so that it shows the envelope and not how
  F0 was found. There WORLD's own copy has the advantage; MCD of plain short-time spectra favours nobody.
- Where the recording holds nothing above its band limit, MCD and STFT distance count what lies below it.
- Voices are judged from 65 to 1,100 Hz: frames whose asked F0 lies outside count nowhere. F0 errors are of the frames
  that both call voiced.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from svs_cli.corpus.preparing.band import FULL_BAND_HZ
from svs_cli.evaluation.cepstral import FLOOR_POWER, SILENCE_DB, cepstra_of_power, distortion_db, envelope_power
from svs_cli.evaluation.made_vowels import HIGHEST_HZ, LOWEST_HZ
from svs_cli.evaluation.reference import level_db, power, stft_metrics_of_each
from svs_cli.evaluation.sources import Original
from svs_cli.units import GRID, amplitude_to_db, cents

Samples = NDArray[np.float32]
Frames = NDArray[np.float32]
WINDOW_SAMPLES = 2048
WITHIN_CENTS = 20.0
ROUNDING = 1e-4  # of the limits: F0 is kept in float32
DIGITAL_SILENCE_DB = -90.0
SILENCE_MARGIN_FRAMES = 4  # 47 ms: twice the window of levels


@dataclass(frozen=True)
class PitchErrors:
    """Heard against asked F0: `error_cents` of the frames that both call voiced, and of `frames` the wrongly voiced."""

    error_cents: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    wrong_voicing: int = 0
    frames: int = 0

    def __add__(self, other: PitchErrors) -> PitchErrors:
        errors = np.concatenate([self.error_cents, other.error_cents])
        return PitchErrors(errors, self.wrong_voicing + other.wrong_voicing, self.frames + other.frames)

    def values(self) -> dict[str, float | None]:
        """Figures by the names of `metrics.METRICS`."""
        away = np.abs(self.error_cents)
        some = len(away) > 0
        return {
            "voicing_error": self.wrong_voicing / self.frames if self.frames else None,
            "f0_median_absolute_cents": float(np.median(away)) if some else None,
            "f0_99th_absolute_cents": float(np.percentile(away, 99)) if some else None,
            "within_20_cents": float(np.mean(away < WITHIN_CENTS)) if some else None,
        }


def pitch_errors(heard_hz: Frames, asked_hz: Frames) -> PitchErrors:
    """Compare two F0 tracks of shape (frames,).

    >>> asked = np.array([220, 220, 0], np.float32)
    >>> pitch_errors(np.array([220, 0, 0], np.float32), asked).values()["voicing_error"]
    0.3333333333333333
    """
    within = (asked_hz >= LOWEST_HZ * (1 - ROUNDING)) & (asked_hz <= HIGHEST_HZ * (1 + ROUNDING))
    judged, voiced = within | (asked_hz == 0), within & (heard_hz > 0)
    errors = cents(asked_hz[voiced], heard_hz[voiced]).astype(np.float32)
    return PitchErrors(errors, int(np.sum((heard_hz > 0)[judged] != within[judged])), int(judged.sum()))


def likenesses(copies: Sequence[Samples], original: Original) -> list[dict[str, float | None]]:
    """The spectral and level figures of several copies, all of the original's length, by their metrics' names."""
    highest_hz = original.band_hz if original.band_hz < FULL_BAND_HZ else GRID.sample_rate_hz / 2
    distances = stft_metrics_of_each(copies, original.samples, highest_hz)
    levels = level_db(original.samples)
    distortions = distortions_db(copies, original, highest_hz, levels)
    silent = silent_frames(levels)
    return [
        {**distance, **distortion, **level_metrics(copy, original.samples, silent)}
        for copy, distance, distortion in zip(copies, distances, distortions, strict=True)
    ]


def distortions_db(
    copies: Sequence[Samples], original: Original, highest_hz: float, levels_db: NDArray[np.float64]
) -> list[dict[str, float | None]]:
    """Mean MCD of each copy over the frames where the original sounds, of both kinds; None for silence."""
    spectra: dict[str, Callable[[Samples], NDArray[np.float64]]] = {
        "mcd_db": lambda samples: envelope_power(samples, original.f0_hz),
        "mcd_stft_db": lambda samples: short_time_power(samples)[: len(original.f0_hz)],
    }
    found: list[dict[str, float | None]] = [dict.fromkeys(spectra) for _ in copies]
    sounding = levels_db > max(levels_db.max(initial=DIGITAL_SILENCE_DB) - SILENCE_DB, DIGITAL_SILENCE_DB)
    if not sounding.any():
        return found
    for name, spectrum in spectra.items():
        own = spectrum(original.samples)
        above = np.arange(own.shape[1]) > highest_hz / (GRID.sample_rate_hz / 2) * (own.shape[1] - 1)
        cepstra = cepstra_of_power(own[sounding])
        for index, copy in enumerate(copies):
            other = spectrum(copy)
            other[:, above] = own[:, above]
            found[index][name] = float(distortion_db(cepstra_of_power(other[sounding]), cepstra).mean())
    return found


def short_time_power(samples: Samples) -> NDArray[np.float64]:
    """Power spectra under a Hann window, floored 80 dB below the loudest bin, (n,) -> (frames, 1025)."""
    window = np.hanning(WINDOW_SAMPLES + 1)[:-1].astype(np.float32)
    spectra = power(samples, WINDOW_SAMPLES, GRID.hop_samples, window).astype(np.float64)
    return np.maximum(spectra, FLOOR_POWER * spectra.max())


def silent_frames(levels_db: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Frames with digital silence around them, shape (frames,) -> (frames,)."""
    padded = np.pad(levels_db, SILENCE_MARGIN_FRAMES, mode="edge")
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * SILENCE_MARGIN_FRAMES + 1)
    return np.asarray(around.max(axis=1) < DIGITAL_SILENCE_DB)


def level_metrics(
    copy: Samples, original: Samples, silent: NDArray[np.bool_]
) -> dict[str, float | None]:
    """Level against the original, what sounds in its silence, and DC."""
    both = [float(np.sqrt(np.mean(one.astype(np.float64) ** 2))) for one in (copy, original)]
    audible = original.any() and copy.any()
    return {
        "level_difference_db": float(amplitude_to_db(both[0]) - amplitude_to_db(both[1])) if audible else None,
        "silence_db": float(level_db(copy)[silent].max()) if silent.any() else None,
        "dc_db": float(amplitude_to_db(abs(copy.mean(dtype=np.float64)))),
    }
