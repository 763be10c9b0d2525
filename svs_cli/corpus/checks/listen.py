"""One pass over an audio file, in blocks: everything that the checks want to know of its sound.

Conventions
-----------
- `band_seconds` are the centres of the spectra in `bands_db`.
- Levels are of the mean of the channels, in 10 ms frames, in dB of full scale, the DC offset taken off.
- `mono` is at 16 kHz, `f0_hz` in 20 ms frames, 0 where unvoiced: enough for pitch and for fingerprints.
- Memory is bounded: of a file that is longer than `KEPT_SECONDS`, the rest is counted and hashed but not kept.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import gcd
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from svs_cli.analysis.f0 import praat_f0
from svs_cli.corpus.checks.runs import Run, runs_of
from svs_cli.errors import CorpusError
from svs_cli.units import FrameGrid, amplitude_to_db

Samples = NDArray[np.float32]
LEVEL_SECONDS = 0.01
BLOCK_LEVELS = 1000
KEPT_SECONDS = 900.0
MONO_RATE_HZ = 16_000
F0_GRID = FrameGrid(MONO_RATE_HZ, 320)
F0_PIECE_SAMPLES = 3000 * F0_GRID.hop_samples
F0_LOW_HZ, F0_HIGH_HZ = 55.0, 1200.0
SPECTRUM_SAMPLES = 2048
BAND_HZ = 250.0
LOWEST_DB = -120.0
SHORTEST_F0_SECONDS = 0.05


@dataclass(frozen=True)
class Channels:
    """Figures of each channel, shape (channels,), and how the first two compare."""

    powers: NDArray[np.float64]
    correlation: float = 1.0
    difference_power: float = 0.0
    delay_seconds: float = 0.0
    delayed_correlation: float = 1.0


@dataclass(frozen=True)
class Heard:
    """What one pass gave.

    Shapes: level_db (n,), bands_db (spectra, bands), band_seconds (spectra,), mono (m,), f0_hz (k,).
    """

    seconds: float
    promised_seconds: float
    sample_rate_hz: int
    channels: Channels
    peak: float
    dc: float
    not_finite: int
    level_db: NDArray[np.float32]
    bands_db: NDArray[np.float32]
    band_seconds: NDArray[np.float64]
    mono: Samples
    f0_hz: NDArray[np.float32]
    clipped: tuple[Run, ...]
    gaps: tuple[Run, ...]
    digest: str

    @property
    def active_db(self) -> float:
        """Mean level of what is within 30 dB of the loud parts, which pauses don't lower."""
        if not len(self.level_db):
            return LOWEST_DB
        loud = self.level_db[self.active]
        return float(10 * np.log10(np.mean(10 ** (loud / 10)))) if len(loud) else LOWEST_DB

    @property
    def active(self) -> NDArray[np.bool_]:
        """Which level frames sound, shape (n,)."""
        if not len(self.level_db):
            return np.zeros(0, bool)
        return self.level_db > max(float(np.percentile(self.level_db, 95)) - 30.0, -90.0)

    def f0_at_levels(self) -> NDArray[np.float32]:
        """F0 of each level frame, shape (n,)."""
        return self.f0_at((np.arange(len(self.level_db)) + 0.5) * LEVEL_SECONDS)

    def f0_at(self, seconds: NDArray[np.floating]) -> NDArray[np.float32]:
        """F0 at some times, 0 where unvoiced; same shape."""
        if not len(self.f0_hz):
            return np.zeros(len(seconds), np.float32)
        return self.f0_hz[np.clip(F0_GRID.frames_of(seconds), 0, len(self.f0_hz) - 1)]


def listen(path: Path) -> Heard:
    """Decode a file once and measure it. Raises CorpusError if it cannot be decoded."""
    import soundfile

    try:
        with soundfile.SoundFile(path) as file:
            listener = Listener(file.samplerate, file.channels)
            for block in blocks_of(file, listener.block_samples):
                listener.take(block)
            promised = file.frames / max(1, file.samplerate)
    except (soundfile.LibsndfileError, OSError, RuntimeError, ValueError) as error:
        raise CorpusError(f"{path} cannot be read as audio: {error}", fix="fetch or export it again") from error
    return listener.finish(promised)


def blocks_of(file: object, block_samples: int) -> Iterator[NDArray[np.float32]]:
    """Blocks of shape (samples, channels) until the file gives no more, whatever its header says."""
    while True:
        block: NDArray[np.float32] = file.read(block_samples, dtype="float32", always_2d=True)  # type: ignore[attr-defined]
        if not len(block):
            return
        yield block


@dataclass
class Listener:
    """Takes blocks and keeps sums; `block_samples` is a whole number of level frames."""

    sample_rate_hz: int
    channel_count: int
    samples: int = 0
    not_finite: int = 0
    sums: NDArray[np.float64] = field(init=False)
    squares: NDArray[np.float64] = field(init=False)
    peaks: NDArray[np.float64] = field(init=False)
    products: float = 0.0
    differences: float = 0.0
    loudest: NDArray[np.float32] | None = None
    loudest_power: float = -1.0

    def __post_init__(self) -> None:
        self.frame_samples = max(1, round(self.sample_rate_hz * LEVEL_SECONDS))
        self.block_samples = self.frame_samples * BLOCK_LEVELS
        self.sums, self.squares, self.peaks = (np.zeros(self.channel_count) for _ in range(3))
        self.digest = hashlib.blake2b(digest_size=16)
        self.levels: list[NDArray[np.float64]] = []  # rows: mean, mean square
        self.bands: list[NDArray[np.float32]] = []
        self.band_seconds: list[NDArray[np.float64]] = []
        self.mono: list[Samples] = []
        self.runs: list[list[Run]] = [[] for _ in range(self.channel_count)]

    def take(self, block: NDArray[np.float32]) -> None:
        """One more block, shape (samples, channels)."""
        finite = np.isfinite(block)
        if not finite.all():
            self.not_finite += int((~finite).sum())
            block = np.where(finite, block, np.float32(0.0))
        self._sum(block)
        mono = block.mean(axis=1)
        self.digest.update(np.round(np.clip(mono, -4, 4) * 32_767).astype("<i4").tobytes())
        if self.samples < KEPT_SECONDS * self.sample_rate_hz:
            self._keep(block, mono)
        self.samples += len(block)

    def _sum(self, block: NDArray[np.float32]) -> None:
        wide = block.astype(np.float64)
        self.sums += wide.sum(axis=0)
        self.squares += (wide**2).sum(axis=0)
        self.peaks = np.maximum(self.peaks, np.abs(wide).max(axis=0))
        if self.channel_count > 1:
            self.products += float(wide[:, 0] @ wide[:, 1])
            self.differences += float(np.square(wide[:, 0] - wide[:, 1]).sum())
            power = float(np.square(wide[:, :2]).sum())
            if power > self.loudest_power:
                self.loudest, self.loudest_power = block[:, :2].copy(), power

    def _keep(self, block: NDArray[np.float32], mono: Samples) -> None:
        offset_seconds = self.samples / self.sample_rate_hz
        for runs, channel in zip(self.runs, block.T, strict=True):
            runs += runs_of(np.ascontiguousarray(channel), self.sample_rate_hz, offset_seconds)
        whole = len(mono) // self.frame_samples * self.frame_samples
        framed = mono[:whole].reshape(-1, self.frame_samples).astype(np.float64)
        self.levels.append(np.stack([framed.mean(axis=1), np.square(framed).mean(axis=1)]))
        self.bands.append(band_levels(mono, self.sample_rate_hz))
        centres = (np.arange(len(self.bands[-1])) + 0.5) * SPECTRUM_SAMPLES / self.sample_rate_hz
        self.band_seconds.append(offset_seconds + centres)
        self.mono.append(resampled(mono, self.sample_rate_hz))

    def finish(self, promised_seconds: float) -> Heard:
        """What was heard."""
        count = max(1, self.samples)
        means = self.sums / count
        dc = float(means.mean())
        mono = np.concatenate(self.mono) if self.mono else np.zeros(0, np.float32)
        mean, square = np.concatenate(self.levels, axis=1) if self.levels else np.zeros((2, 0))
        power = np.maximum(square - 2 * dc * mean + dc**2, 0.0)
        bands = np.concatenate(self.bands) if self.bands else np.zeros((0, 1), np.float32)
        runs = [run for found in self.runs for run in found]
        return Heard(
            seconds=self.samples / self.sample_rate_hz,
            promised_seconds=promised_seconds,
            sample_rate_hz=self.sample_rate_hz,
            channels=self._channels(means, count),
            peak=float(self.peaks.max(initial=0.0)),
            dc=float(means[np.abs(means).argmax()]),
            not_finite=self.not_finite,
            level_db=amplitude_to_db(np.sqrt(power), LOWEST_DB).astype(np.float32),
            bands_db=bands,
            band_seconds=np.concatenate(self.band_seconds) if self.band_seconds else np.zeros(0),
            mono=mono - np.float32(dc),
            f0_hz=f0_of(mono - np.float32(dc)),
            clipped=tuple(run for run in runs if run.level),
            gaps=tuple(run for run in runs if not run.level),
            digest=self.digest.hexdigest(),
        )

    def _channels(self, means: NDArray[np.float64], count: int) -> Channels:
        powers = np.maximum(self.squares / count - means**2, 0.0)
        if self.channel_count < 2 or self.loudest is None:
            return Channels(powers)
        scale = float(np.sqrt(powers[0] * powers[1]))
        correlation = (self.products / count - means[0] * means[1]) / scale if scale > 1e-12 else 0.0
        difference = self.differences / count
        delay_seconds, delayed = 0.0, correlation
        if scale > 1e-12 and correlation < 0.98:
            delay_seconds, delayed = delay_of(self.loudest, self.sample_rate_hz)
        return Channels(powers, float(correlation), difference, delay_seconds, delayed)


def band_levels(mono: Samples, sample_rate_hz: int) -> NDArray[np.float32]:
    """Levels of bands of `BAND_HZ` in spectra that follow each other, (n,) -> (spectra, bands) in dB."""
    count = len(mono) // SPECTRUM_SAMPLES
    if not count:
        return np.zeros((0, int(sample_rate_hz / 2 / BAND_HZ)), np.float32)
    framed = mono[: count * SPECTRUM_SAMPLES].reshape(count, SPECTRUM_SAMPLES)
    window = np.hanning(SPECTRUM_SAMPLES).astype(np.float32) * np.float32(2 / SPECTRUM_SAMPLES)
    power = np.square(np.abs(np.fft.rfft(framed * window, axis=1)))
    edges = (np.arange(int(sample_rate_hz / 2 / BAND_HZ)) * BAND_HZ * SPECTRUM_SAMPLES / sample_rate_hz).astype(int)
    widths = np.diff([*edges, power.shape[1]])
    return (10 * np.log10(np.add.reduceat(power, edges, axis=1) / widths + 1e-16)).astype(np.float32)


def resampled(mono: Samples, sample_rate_hz: int) -> Samples:
    """The samples at 16 kHz."""
    if sample_rate_hz == MONO_RATE_HZ:
        return mono
    from scipy.signal import resample_poly

    shared = gcd(sample_rate_hz, MONO_RATE_HZ)
    return np.asarray(resample_poly(mono, MONO_RATE_HZ // shared, sample_rate_hz // shared), np.float32)


def f0_of(mono: Samples) -> NDArray[np.float32]:
    """F0 of samples at 16 kHz in 20 ms frames, 0 where unvoiced; a minute at a time, because Praat's memory grows."""
    pieces = [mono[start : start + F0_PIECE_SAMPLES] for start in range(0, len(mono), F0_PIECE_SAMPLES)]
    return np.concatenate([f0_of_piece(piece) for piece in pieces] or [np.zeros(0, np.float32)])


def f0_of_piece(mono: Samples) -> NDArray[np.float32]:
    """F0 of a short stretch, on the same frames."""
    if len(mono) < SHORTEST_F0_SECONDS * MONO_RATE_HZ or not np.any(mono):
        return np.zeros(F0_GRID.frames_of_samples(len(mono)), np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return praat_f0(mono, MONO_RATE_HZ, low_hz=F0_LOW_HZ, high_hz=F0_HIGH_HZ, grid=F0_GRID)


def delay_of(pair: NDArray[np.float32], sample_rate_hz: int) -> tuple[float, float]:
    """Seconds by which the second channel follows the first, within 50 ms, and their correlation then.

    Shape: pair (samples, 2).
    """
    first, second = (pair[: 1 << 18, index] - pair[: 1 << 18, index].mean() for index in (0, 1))
    size = 1 << int(2 * len(first) - 1).bit_length()
    spectrum = np.fft.rfft(second, size) * np.conj(np.fft.rfft(first, size))
    correlation = np.fft.irfft(spectrum, size)
    reach = min(int(0.05 * sample_rate_hz), len(first) - 1)
    lags = np.arange(-reach, reach + 1)
    found = correlation[lags]
    best = int(np.abs(found).argmax())
    scale = float(np.sqrt(np.square(first).sum(dtype=np.float64) * np.square(second).sum(dtype=np.float64)))
    return float(lags[best]) / sample_rate_hz, float(found[best]) / max(scale, 1e-12)
