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

from svs_cli.corpus.teacher.lag import USUAL_LAG_SECONDS, nominal_ends, sounding_ends
from svs_cli.corpus.teacher.plan import PhoneTimes, hold_energy, natural_frames, plan_f0, plan_frames, warp
from svs_cli.corpus.teacher.speaker import SAMPLE_RATE_HZ, Curves, Network
from svs_cli.corpus.teacher.symbols import Script, script_of
from svs_cli.corpus.teacher.voices import TeacherVoice
from svs_cli.frontend.inventory import SILENCE, load_inventory
from svs_cli.units import amplitude_to_db, db_to_amplitude

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


def faintest_phone_db(speech: Speech) -> float:
    """Level of the middle of the faintest phone against the loudest sample: one of silence has a false label.

    Stops don't count: they are silent by nature, as are affricates in part.
    """
    loudest = float(np.abs(speech.samples).max(initial=0.0)) + 1e-9
    levels = [0.0]
    starts = (0.0, *speech.ends_seconds[:-1])
    for phone, start, end in zip(speech.phones, starts, speech.ends_seconds, strict=True):
        if load_inventory()[phone].phone_class not in ("silence", "breath", "stop", "affricate"):
            middle, quarter = (start + end) / 2, (end - start) / 4
            inner = speech.samples[
                round((middle - quarter) * SAMPLE_RATE_HZ) : round((middle + quarter) * SAMPLE_RATE_HZ)
            ]
            level = float(np.sqrt(np.mean(np.square(inner, dtype=np.float64)))) if len(inner) else 0.0
            levels.append(float(amplitude_to_db(level / loudest)))
    return min(levels)


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
    """One phrase, with no silence but a fade of `FADE_SAMPLES` before and after it; ends count from its start."""
    script = script_of(words, language)
    predicted = network.durations(script.symbols, voice)
    usual, frames = natural_frames(script, predicted), plan_frames(script, predicted, manner, generator)
    natural = network.curves(script.symbols, voice, usual)
    ends = nominal_ends(script, frames)
    times = phone_times(script, nominal_ends(script, usual), ends)
    f0_hz, energy = warp([natural.f0_hz, natural.energy], times, natural.energy)
    curves = Curves(plan_f0(f0_hz, times, manner, generator), hold_energy(energy, times))
    samples = network.render(script.symbols, voice, frames, curves)
    ends = sounding_ends(script.phones, ends, samples)
    first, last = round(ends[0] * SAMPLE_RATE_HZ), round(ends[-2] * SAMPLE_RATE_HZ)
    kept = samples[first - FADE_SAMPLES : last + FADE_SAMPLES].copy()
    ramp = np.sin(np.linspace(0, np.pi / 2, FADE_SAMPLES, dtype=np.float32)) ** 2
    kept[:FADE_SAMPLES] *= ramp
    kept[-FADE_SAMPLES:] *= ramp[::-1]
    return Speech(kept, script.phones[1:-1], tuple(float(end - ends[0]) for end in ends[1:-1]))


def phone_times(script: Script, usual: NDArray[np.float64], planned: NDArray[np.float64]) -> list[PhoneTimes]:
    """When each phone is about to be heard, from its nominal ends; the last silence ends with the samples."""
    lag = np.full(len(usual), USUAL_LAG_SECONDS)
    lag[-1] = 0.0
    usual, planned = usual - lag, planned - lag
    nuclei = load_inventory().nuclei
    return [
        PhoneTimes(
            float(usual[index - 1]) if index else 0.0,
            float(usual[index]),
            float(planned[index - 1]) if index else 0.0,
            float(planned[index]),
            phone in nuclei,
        )
        for index, phone in enumerate(script.phones)
    ]


def level_gain(voice: NDArray[np.float32], samples: NDArray[np.float32], generator: np.random.Generator) -> np.float32:
    """The factor that brings the voice to a level about `LEVEL_DB`, without clipping."""
    level = float(np.sqrt(np.mean(np.square(voice, dtype=np.float64)))) + 1e-9
    wanted = float(db_to_amplitude(LEVEL_DB + generator.uniform(-LEVEL_SPREAD_DB, LEVEL_SPREAD_DB)))
    return np.float32(min(wanted / level, LARGEST_PEAK / (float(np.abs(samples).max(initial=0.0)) + 1e-9)))
