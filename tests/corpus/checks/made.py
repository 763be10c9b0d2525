"""Made recordings: a voice with pauses and a little noise that passes every check, to which a test adds one fault."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from svs_cli.corpus.checks.examine import Examined, examine
from svs_cli.corpus.checks.rules import RULES
from svs_cli.corpus.manifest import Recording, Terms

RATE_HZ = 44_100
Samples = NDArray[np.float32]
TERMS = Terms(licence="CC0-1.0", credit="nobody")
PHONES = ("SP", "s", "a", "SP", "n", "o", "SP")
ENDS = (0.3, 0.42, 1.1, 1.4, 1.5, 2.2, 2.5)


def tone(f0_hz: float, seconds: float, *, rate_hz: int = RATE_HZ, odd: float = 1.0) -> Samples:
    """Harmonics that fall by 9 dB an octave up to half of the rate; `odd` scales the odd ones."""
    times = np.arange(round(seconds * rate_hz)) / rate_hz
    sound = np.zeros(len(times))
    for harmonic in range(1, int(0.45 * rate_hz / f0_hz)):
        level = (odd if harmonic % 2 else 1.0) / harmonic**1.5
        sound += level * np.sin(2 * np.pi * f0_hz * harmonic * times + harmonic**2)
    return (0.2 * sound).astype(np.float32)


def noise(seconds: float, level: float, *, rate_hz: int = RATE_HZ, seed: int = 0) -> Samples:
    """White noise of this RMS."""
    return (level * np.random.default_rng(seed).standard_normal(round(seconds * rate_hz))).astype(np.float32)


def voice(f0_hz: float = 220.0, *, rate_hz: int = RATE_HZ, seed: int = 0, odd: float = 1.0) -> Samples:
    """"sa no" of 2.5 s as `PHONES` and `ENDS` label it, with a floor of -75 dB."""
    sound = noise(2.5, 2e-4, rate_hz=rate_hz, seed=seed + 1)
    put(sound, noise(0.12, 0.03, rate_hz=rate_hz, seed=seed + 2), 0.3, rate_hz)
    put(sound, tone(f0_hz, 0.68, rate_hz=rate_hz, odd=odd), 0.42, rate_hz)
    put(sound, tone(f0_hz, 0.8, rate_hz=rate_hz, odd=odd), 1.4, rate_hz)
    return sound


def put(sound: Samples, piece: Samples, start_seconds: float, rate_hz: int = RATE_HZ) -> None:
    """Add a piece in place, its ends softened."""
    ramp = np.minimum(1.0, np.minimum(np.arange(len(piece)), np.arange(len(piece))[::-1]) / (0.01 * rate_hz))
    start = round(start_seconds * rate_hz)
    sound[start : start + len(piece)] += (piece * ramp).astype(np.float32)


def write(path: Path, samples: NDArray[np.floating], rate_hz: int = RATE_HZ, subtype: str = "PCM_16") -> Path:
    soundfile.write(path, samples, rate_hz, subtype=subtype)
    return path


def recording(audio: Path, **changes: object) -> Recording:
    """What is known of `voice()`."""
    known = Recording(
        audio, "ann", language="ja", phones=PHONES, phone_ends_seconds=ENDS, pitch_midi=57.0, terms=TERMS
    )
    return replace(known, **changes)  # type: ignore[arg-type]


def examined(folder: Path, samples: NDArray[np.floating], *, rate_hz: int = RATE_HZ, subtype: str = "PCM_16",
             **changes: object) -> Examined:  # fmt: skip
    """Write samples and examine them."""
    return examine(recording(write(folder / "made.wav", samples, rate_hz, subtype), **changes), RULES)


def faults(item: Examined) -> dict[str, str]:
    """Severity by rule."""
    return {problem.code: problem.severity for problem in item.problems}
