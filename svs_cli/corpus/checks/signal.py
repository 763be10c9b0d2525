"""Faults of the sound itself: length, level, clipping, noise, offset, gaps, bandwidth.

Every function takes a `Finder` and what was heard, notes problems, and returns the figure that it measured, if any.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from svs_cli.corpus.checks.finder import Finder, Span
from svs_cli.corpus.checks.listen import BAND_HZ, LEVEL_SECONDS, Heard
from svs_cli.corpus.checks.runs import clipping_runs
from svs_cli.frontend.inventory import SILENCE

PAUSE_MARGIN_SECONDS = 0.05
FEWEST_PAUSE_FRAMES = 10
QUIETEST_SHARE = 0.1
CLIFF_DB = 28.0
BREATH_ALLOWANCE_DB = 15.0  # a breath may be that much softer than a voice before it counts as silence
CLIFF_BANDS = 3
CONVERTER_BANDS = 7
LOWEST_CLIFF_HZ = 2_500.0
FEWEST_SPECTRA = 8
FEWEST_NOISY = 4
NOISY_FLOOR_DB, VOICED_FLOOR_DB = 48.0, 60.0


def check_length(find: Finder, heard: Heard) -> None:
    """Too short, too long, shorter than promised, or of a low rate."""
    find.judge("too_short", heard.seconds, f"{heard.seconds:.2f} s")
    find.judge("too_long", heard.seconds, f"{heard.seconds / 60:.0f} minutes")
    missing_seconds = heard.promised_seconds - heard.seconds
    find.judge("truncated", missing_seconds, f"{missing_seconds:.2f} s of {heard.promised_seconds:.2f} s are missing")
    find.judge("sample_rate", float(heard.sample_rate_hz), f"{heard.sample_rate_hz} Hz")


def check_numbers(find: Finder, heard: Heard) -> None:
    """NaN or infinity, and float samples beyond full scale."""
    if heard.not_finite:
        find.judge("not_finite", detail=f"{heard.not_finite} of them")
    if heard.peak > 1.001:
        find.judge("over_full_scale", heard.peak, f"peak {heard.peak:.2f}")


def check_clipping(find: Finder, heard: Heard) -> float:
    """Flat tops; returns the share of samples that lie on one."""
    runs = clipping_runs(heard.clipped, heard.peak)
    share = sum(run.samples for run in runs) / max(1.0, heard.seconds * heard.sample_rate_hz)
    longest = sorted(runs, key=lambda run: -run.samples)
    spans = [(run.start_seconds, run.end_seconds) for run in longest]
    find.judge("clipping", share, f"{len(runs)} flat tops", spans=spans)
    return share


def check_gaps(find: Finder, heard: Heard) -> None:
    """Digital silence that breaks sound off."""
    spans = [(gap.start_seconds, gap.end_seconds) for gap in heard.gaps]
    find.judge("dropout", float(len(spans)), f"{len(spans)}", spans=spans)


def check_level(find: Finder, heard: Heard) -> float:
    """Silence and low level; returns the share of silence."""
    loudest_db = float(heard.level_db.max(initial=-120.0))
    allowance_db = BREATH_ALLOWANCE_DB if find.only_breath else 0.0
    if find.judge("silent", loudest_db + allowance_db, f"loudest 10 ms at {loudest_db:.0f} dB"):
        return 1.0
    if not find.only_breath:
        find.judge("quiet", heard.active_db, f"{heard.active_db:.0f} dB")
    share = 1.0 - float(heard.active.mean()) if len(heard.level_db) else 1.0
    find.judge("silence_share", share, f"{share:.0%} of {heard.seconds:.1f} s", spans=spans_of(~heard.active, 0.5))
    return share


def check_noise(find: Finder, heard: Heard) -> float | None:
    """Returns the level of the pauses in dB of full scale, None where there are none."""
    pauses = pause_frames(find, heard)
    if pauses.sum() < FEWEST_PAUSE_FRAMES:
        return None
    noise_db = float(np.median(heard.level_db[pauses]))
    snr_db = heard.active_db - noise_db
    if not find.only_breath:
        find.judge("snr", snr_db, f"{snr_db:.0f} dB above a floor of {noise_db:.0f} dB", spans=spans_of(pauses, 0.1))
    return noise_db


def pause_frames(find: Finder, heard: Heard) -> NDArray[np.bool_]:
    """Which level frames are pauses: those labelled so, else the quietest tenth of what has no pitch."""
    recording = find.recording
    pauses = np.zeros(len(heard.level_db), bool)
    if recording.phone_ends_seconds:
        starts, ends = recording.phone_starts_seconds, recording.phone_ends_seconds
        for phone, start, end in zip(recording.phones, starts, ends, strict=True):
            if phone == SILENCE:
                pauses[level_slice(start + PAUSE_MARGIN_SECONDS, end - PAUSE_MARGIN_SECONDS)] = True
        if pauses.sum() < FEWEST_PAUSE_FRAMES:
            return pauses
        level_db = np.where(pauses, heard.level_db, np.inf)
        return pauses & (heard.level_db <= np.median(level_db[pauses]))
    unvoiced = heard.f0_at_levels() == 0
    if unvoiced.sum() < FEWEST_PAUSE_FRAMES:
        return pauses
    limit = np.sort(heard.level_db)[int(QUIETEST_SHARE * len(heard.level_db))]
    return unvoiced & (heard.level_db <= limit)


def check_offset(find: Finder, heard: Heard) -> None:
    """A DC offset."""
    find.judge("dc_offset", abs(heard.dc), f"{heard.dc:+.3f} of full scale")


def check_bandwidth(find: Finder, heard: Heard) -> float:
    """Returns the effective bandwidth in Hz: where the spectrum breaks off, else half of the sample rate."""
    unvoiced = heard.f0_at(heard.band_seconds) == 0
    bandwidth_hz = bandwidth_of(heard.bands_db, unvoiced, heard.sample_rate_hz)
    if bandwidth_hz < heard.sample_rate_hz / 2:  # a low rate has a rule of its own
        find.judge("bandwidth", bandwidth_hz, f"{bandwidth_hz / 1000:.1f} of {heard.sample_rate_hz / 2000:.1f} kHz")
    return bandwidth_hz


def bandwidth_of(bands_db: NDArray[np.float32], unvoiced: NDArray[np.bool_], sample_rate_hz: int) -> float:
    """Where the spectrum of the sounding parts falls off a cliff, in Hz; half of the rate if nowhere.

    Shapes: bands_db (spectra, bands), unvoiced (spectra,). Noise of voice and microphone falls slowly, filters fall by
    `CLIFF_DB` within a kilohertz, and what is above stays below. Vowels and nasals have cliffs of their own above the
    fourth formant, so a file without fricatives is only believed if next to nothing is above.
    """
    nyquist_hz = sample_rate_hz / 2
    if len(bands_db) < FEWEST_SPECTRA:
        return nyquist_hz
    level_db = 10 * np.log10(np.mean(10 ** (bands_db / 10), axis=1))
    sounding = level_db > np.percentile(level_db, 95) - 30.0
    noisy = sounding & unvoiced
    has_noise = noisy.sum() >= FEWEST_NOISY
    envelope_db = np.percentile(bands_db[noisy if has_noise else sounding], 95, axis=0)
    edge, drop_db = cliff_of(envelope_db)
    if drop_db < CLIFF_DB:
        return nyquist_hz
    whole_db = np.percentile(bands_db[sounding], 95, axis=0)
    depth_db = float(whole_db.max() - level_above(whole_db, edge + CLIFF_BANDS))
    return edge * BAND_HZ if depth_db > (NOISY_FLOOR_DB if has_noise else VOICED_FLOOR_DB) else nyquist_hz


def cliff_of(envelope_db: NDArray[np.float32]) -> tuple[int, float]:
    """The band from which on a spectrum stays low, and by how much it falls there; (bands,) in dB.

    The last kilohertz and a half under half of the rate belongs to converters.
    """
    best = (len(envelope_db), 0.0)
    for edge in range(int(LOWEST_CLIFF_HZ / BAND_HZ), len(envelope_db) - CONVERTER_BANDS):
        below_db = float(np.max(envelope_db[edge - CLIFF_BANDS : edge]))
        above_db = level_above(envelope_db, edge + CLIFF_BANDS)
        if below_db - above_db > best[1]:
            slope = envelope_db[edge : edge + CLIFF_BANDS] > (below_db + above_db) / 2.0
            best = (edge + int(np.cumprod(slope).sum()), below_db - above_db)
    return best


def level_above(envelope_db: NDArray[np.float32], band: int) -> float:
    """The level that a spectrum hardly exceeds from a band on, single lines left out; (bands,) in dB."""
    above = envelope_db[band:]
    return max(float(np.sort(above)[int(0.9 * len(above))]), float(np.max(above[: 2 * CLIFF_BANDS])))


def level_slice(start_seconds: float, end_seconds: float) -> slice:
    """The level frames between two times."""
    first = max(0, round(start_seconds / LEVEL_SECONDS))
    return slice(first, max(first, round(end_seconds / LEVEL_SECONDS)))


def spans_of(frames: NDArray[np.bool_], shortest_seconds: float) -> list[Span]:
    """Stretches of level frames that are True, as seconds, the longest first."""
    turns = np.flatnonzero(np.diff(np.concatenate([[0], frames.astype(np.int8), [0]])))
    edges = turns.reshape(-1, 2) * LEVEL_SECONDS
    spans = [(float(start), float(end)) for start, end in edges]
    long_enough = [span for span in spans if span[1] - span[0] >= shortest_seconds]
    return sorted(long_enough, key=lambda span: span[0] - span[1])
