"""A tiny voicebank made of tones and noise, with the truth about its boundaries."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 44_100
BEAT_SECONDS = 0.5
FIRST_ONSET_SECONDS = 0.8
F0_HZ = 220.0
FORMANTS_HZ = {"a": (800, 1250, 2700), "i": (300, 2300, 3000), "ɯ": (350, 1200, 2300), "ɴ": (250,), "n": (250,)}
LENGTH_SECONDS = {"s": 0.13, "k": 0.09, "n": 0.08}


def tone(phone: str, seconds: float) -> NDArray[np.float64]:
    """Harmonics of F0 under the formants of a vowel or nasal, shape (n,)."""
    times = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    frequencies = F0_HZ * np.arange(1, 20)
    gains = sum(np.exp(-(((frequencies - formant) / 200.0) ** 2)) for formant in FORMANTS_HZ[phone]) + 3e-3
    if phone in "ɴn":
        gains = gains * 0.4
    return 0.2 * np.sin(2 * np.pi * np.outer(times, frequencies)) @ gains


def consonant(phone: str, seed: int) -> NDArray[np.float64]:
    """High noise for s, closure and burst for k, a murmur for n, shape (n,)."""
    samples = round(LENGTH_SECONDS[phone] * RATE_HZ)
    if phone == "n":
        return tone("n", LENGTH_SECONDS[phone])[:samples]
    noise = np.diff(np.random.default_rng(seed).normal(size=samples + 2), n=2) * 0.03
    if phone == "k":
        noise[: samples - round(0.02 * RATE_HZ)] = 0.0
    return noise


def sing(moras: Sequence[tuple[str, ...]], breath: bool = False) -> tuple[NDArray[np.float32], list[float]]:
    """Samples of the moras (phones each) at a constant tempo, and the times of their nuclei in seconds."""
    onsets = [FIRST_ONSET_SECONDS + BEAT_SECONDS * index for index in range(len(moras))]
    end = round((onsets[-1] + BEAT_SECONDS) * RATE_HZ)
    samples = np.random.default_rng(7).normal(size=end + RATE_HZ) * 1e-5
    for index, (phones, onset) in enumerate(zip(moras, onsets, strict=True)):
        following = moras[index + 1] if index + 1 < len(moras) else ("",)
        borrowed = LENGTH_SECONDS[following[0]] if len(following) > 1 else 0.0
        start = round(onset * RATE_HZ)
        sung = tone(phones[-1], BEAT_SECONDS - borrowed)
        samples[start : start + len(sung)] += sung
        if len(phones) > 1:
            noise = consonant(phones[0], index)
            samples[start - len(noise) : start] += noise
    if breath:
        begin, length = round(0.05 * RATE_HZ), round(0.4 * RATE_HZ)
        samples[begin : begin + length] += np.random.default_rng(3).normal(size=length) * 0.01
    return samples.astype(np.float32), onsets


def write_string(folder: Path, stem: str, moras: Sequence[tuple[str, ...]], *, breath: bool = False) -> list[float]:
    """Sing `moras` into a FLAC file; returns the times of the nuclei in seconds."""
    import soundfile

    samples, onsets = sing(moras, breath)
    folder.mkdir(parents=True, exist_ok=True)
    soundfile.write(folder / f"{stem}.flac", samples, RATE_HZ)
    return onsets


def oto_line(stem: str, alias: str, onset_seconds: float) -> str:
    """A line of oto.ini that names a WAV file, as the banks do, although the file is a FLAC."""
    return f"{stem}.wav={alias},{onset_seconds * 1000 - 300:.3f},450.0,-700.0,300.0,100.0"
