"""A sentence spoken or sung, with the time of every phone.

Conventions
-----------
- Each phrase is rendered on its own. Outside its first and last phone there is exact silence, after a fade of 20 ms.
- Samples are 24 kHz mono; `ends_seconds[i]` is the end of `phones[i]`, contiguous from 0 to the end of the samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svs_cli.corpus.teacher.lag import nominal_ends, sounding_ends
from svs_cli.corpus.teacher.plan import plan_f0, plan_frames
from svs_cli.corpus.teacher.speaker import SAMPLE_RATE_HZ, Curves, Network
from svs_cli.corpus.teacher.symbols import script_of
from svs_cli.corpus.teacher.voices import TeacherVoice
from svs_cli.frontend.inventory import SILENCE, load_inventory
from svs_cli.units import db_to_amplitude

FADE_SAMPLES = 480  # 20 ms
LEAST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.15, 0.6
LEVEL_DB, LEVEL_SPREAD_DB = -21.0, 3.0
LARGEST_PEAK = 0.95

Words = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Speech:
    """Samples of shape (n,), and phones with their ends."""

    samples: NDArray[np.float32]
    phones: tuple[str, ...]
    ends_seconds: tuple[float, ...]


def speak(
    phrases: Sequence[Words],
    language: str,
    voice: TeacherVoice,
    manner: str,
    network: Network,
    generator: np.random.Generator,
) -> Speech:
    """Phrases of words of phones in a manner of `plan.MANNERS`, with pauses before, between and after them."""
    spoken = [speak_phrase(words, language, voice, manner, network, generator) for words in phrases]
    pauses = generator.uniform(LEAST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, len(spoken) + 1)
    phones: list[str] = [SILENCE]
    lengths: list[float] = [pauses[0]]
    pieces: list[NDArray[np.float32]] = []
    for phrase, pause in zip(spoken, pauses[1:], strict=True):
        phones += [*phrase.phones, SILENCE]
        lengths += [*np.diff(phrase.ends_seconds, prepend=0.0), float(pause)]
    ends = np.cumsum(lengths)
    samples = np.zeros(round(ends[-1] * SAMPLE_RATE_HZ), np.float32)
    place = 0
    for phrase in spoken:
        place += 1  # the pause
        start = round(ends[place - 1] * SAMPLE_RATE_HZ) - FADE_SAMPLES
        samples[start : start + len(phrase.samples)] += phrase.samples
        pieces.append(phrase.samples[FADE_SAMPLES:-FADE_SAMPLES])
        place += len(phrase.phones)
    samples *= level_gain(np.concatenate(pieces), samples, generator)
    ends[-1] = len(samples) / SAMPLE_RATE_HZ
    return Speech(samples, tuple(phones), tuple(float(end) for end in ends))


def speak_phrase(
    words: Words,
    language: str,
    voice: TeacherVoice,
    manner: str,
    network: Network,
    generator: np.random.Generator,
) -> Speech:
    """One phrase without silence around it, but with a fade of `FADE_SAMPLES` before and after it; ends from its start."""
    script = script_of(words, language)
    frames = plan_frames(script, network.durations(script.symbols, voice), manner, generator)
    natural = network.curves(script.symbols, voice, frames)
    ends = nominal_ends(script, frames)
    nuclei = [
        (float(ends[index - 1]), float(ends[index]))
        for index, phone in enumerate(script.phones)
        if phone in load_inventory().nuclei
    ]
    curves = Curves(plan_f0(natural.f0_hz, nuclei, manner, generator), natural.energy)
    samples = network.render(script.symbols, voice, frames, curves)
    ends = sounding_ends(script.phones, ends, samples)
    first, last = round(ends[0] * SAMPLE_RATE_HZ), round(ends[-2] * SAMPLE_RATE_HZ)
    kept = samples[first - FADE_SAMPLES : last + FADE_SAMPLES].copy()
    ramp = np.sin(np.linspace(0, np.pi / 2, FADE_SAMPLES, dtype=np.float32)) ** 2
    kept[:FADE_SAMPLES] *= ramp
    kept[-FADE_SAMPLES:] *= ramp[::-1]
    return Speech(kept, script.phones[1:-1], tuple(float(end - ends[0]) for end in ends[1:-1]))


def level_gain(
    voice: NDArray[np.float32], samples: NDArray[np.float32], generator: np.random.Generator
) -> np.float32:
    """The factor that brings the voice to a level about `LEVEL_DB`, without clipping."""
    level = float(np.sqrt(np.mean(np.square(voice, dtype=np.float64)))) + 1e-9
    wanted = float(db_to_amplitude(LEVEL_DB + generator.uniform(-LEVEL_SPREAD_DB, LEVEL_SPREAD_DB)))
    return np.float32(min(wanted / level, LARGEST_PEAK / (float(np.abs(samples).max(initial=0.0)) + 1e-9)))
