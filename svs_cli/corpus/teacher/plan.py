"""How long each phone is to sound, and at which pitch: drawn at random, between plain speech and singing.

Conventions
-----------
- A *manner* is one of `MANNERS`: spoken (the network's own times at a tempo), slow (drawn out) and sung (vowels of
  0.2 to 1.5 s on the steps of a scale, long ones with vibrato).
- Times are frames of the network (25 ms), F0 curves have two steps a frame; F0 under `UNVOICED_HZ` is no voice, and
  stays as the network has it.
- Everything is drawn from the generator that is passed in, so a seed and a sentence give the same plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svs_cli.corpus.teacher.speaker import STEP_SECONDS
from svs_cli.corpus.teacher.symbols import END, NOBODY, SPACE, START, STRESS, Script
from svs_cli.frontend.inventory import load_inventory
from svs_cli.units import hz_to_midi, midi_to_hz

MANNERS = ("spoken", "slow", "sung")
MANNER_SHARES = (0.5, 0.15, 0.35)
LEAD_FRAMES, TAIL_FRAMES = 12, 8  # the network wants some silence before the first phone, and after the last
# The last phone's predicted frames hold the silence after it as well, so that they are no guide.
LAST_VOWEL_FRAMES, LAST_CONSONANT_FRAMES, LAST_STOP_FRAMES = 8.0, 5.0, 3.5
SHORTEST_SUNG_FRAMES, LONGEST_SUNG_FRAMES = 8, 22
HELD_SHARE, LONGEST_HELD_FRAMES = 0.06, 60
UNVOICED_HZ = 40.0
SCALE_SEMITONES = (-5, -3, -1, 0, 2, 4, 5, 7)
GLIDE_SECONDS = 0.05
VIBRATO_FROM_SECONDS = 0.35
EDGE_SECONDS = 0.04
HELD_FROM_SECONDS = 0.15
FAINTEST = 1.5  # in the network's measure of energy, of which speech spans about 18

Curve = NDArray[np.float32]


@dataclass(frozen=True)
class PhoneTimes:
    """Start and end in seconds of one phone, as the network would usually have them and as planned."""

    usual_start: float
    usual_end: float
    start: float
    end: float
    is_nucleus: bool


def draw_manner(generator: np.random.Generator) -> str:
    """One of MANNERS."""
    return str(generator.choice(MANNERS, p=MANNER_SHARES))


def plan_frames(
    script: Script, predicted: NDArray[np.float64], manner: str, generator: np.random.Generator
) -> NDArray[np.int64]:
    """Frames of every symbol, shape (symbols,), from those that the network predicts. Marks of stress get none."""
    share = shared_out(script, predicted)
    owners = np.array(script.owners)
    last = len(script.phones) - 2
    wanted = np.bincount(owners[owners >= 0], weights=share[owners >= 0], minlength=len(script.phones))
    wanted[last] = min(wanted[last], longest_last(script))
    natural = wanted.copy()
    wanted *= np.exp(generator.uniform(*tempo_range(manner))) * generator.uniform(0.85, 1.15, len(wanted))
    if script.phones[last] not in load_inventory().nuclei:
        wanted[last] = min(wanted[last], longest_last(script))
    if manner == "sung":
        nuclei = [index for index, phone in enumerate(script.phones) if phone in load_inventory().nuclei]
        wanted[nuclei] = sung_frames(len(nuclei), generator)
    share *= np.where(owners >= 0, (wanted / np.maximum(natural, 1e-6))[owners], 0.0)
    return round_to_sum(share, script)


def tempo_range(manner: str) -> tuple[float, float]:
    """Logarithms of the least and greatest factor on the network's own durations."""
    return {"spoken": (-0.25, 0.3), "slow": (0.35, 0.75), "sung": (0.0, 0.45)}[manner]


def shared_out(script: Script, predicted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Predicted frames; those of stress marks go to the vowel, half of those of spaces to the phone before."""
    share = predicted.astype(np.float64).copy()
    for index, symbol in enumerate(script.symbols):
        if symbol == STRESS:
            share[index + 1] += share[index]
        elif symbol == SPACE:
            share[index - 1] += 0.5 * share[index]
    share[np.array(script.owners) == NOBODY] = 0.0
    return share


def sung_frames(count: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """Frames of so many sung vowels, most of them under a second, a few held."""
    usual = np.exp(generator.uniform(np.log(SHORTEST_SUNG_FRAMES), np.log(LONGEST_SUNG_FRAMES), count))
    held = generator.uniform(LONGEST_SUNG_FRAMES, LONGEST_HELD_FRAMES, count)
    return np.where(generator.random(count) < HELD_SHARE, held, usual)


def round_to_sum(share: NDArray[np.float64], script: Script) -> NDArray[np.int64]:
    """Whole frames that keep step with `share`: at least one for a symbol with an owner, fixed ones for the marks."""
    frames = np.zeros(len(share), np.int64)
    debt = 0.0
    for index, owner in enumerate(script.owners):
        if owner == NOBODY:
            continue
        if owner in (0, len(script.phones) - 1):
            frames[index] = {START: LEAD_FRAMES, END: TAIL_FRAMES}.get(script.symbols[index], 1)
            continue
        debt += float(share[index])
        frames[index] = max(1, round(debt))
        debt = float(np.clip(debt - frames[index], -1.0, 1.0))
    return frames


def natural_frames(script: Script, predicted: NDArray[np.float64]) -> NDArray[np.int64]:
    """Frames at the network's own tempo: those that its F0 and energy are at home with, shape (symbols,)."""
    share = shared_out(script, predicted)
    last = np.array(script.owners) == len(script.phones) - 2
    share[last] *= min(1.0, longest_last(script) / max(float(share[last].sum()), 1e-6))
    return round_to_sum(share, script)


def longest_last(script: Script) -> float:
    """Frames that the last phone gets at most, before tempo."""
    last = load_inventory()[script.phones[-2]]
    if last.phone_class in ("stop", "affricate"):
        return LAST_STOP_FRAMES
    return LAST_VOWEL_FRAMES if last.nucleus else LAST_CONSONANT_FRAMES


def warp(curves: Sequence[Curve], times: Sequence[PhoneTimes], energy: Curve) -> list[Curve]:
    """Curves in steps of 12.5 ms, stretched phone by phone from the usual times to the planned ones.

    A long vowel holds what it has where the energy is greatest, so that the way into it and out of it stay short.
    """
    usual: list[float] = [0.0]
    planned: list[float] = [0.0]
    for phone in times:
        if phone.is_nucleus and phone.end - phone.start > HELD_FROM_SECONDS:
            edge = EDGE_SECONDS
            first, last = round(phone.usual_start / STEP_SECONDS), round(phone.usual_end / STEP_SECONDS) + 1
            peak = (first + int(np.argmax(energy[first:last]))) * STEP_SECONDS
            usual += [peak, peak]
            planned += [phone.start + edge, phone.end - edge]
        usual.append(phone.usual_end)
        planned.append(phone.end)
    steps = round(planned[-1] / STEP_SECONDS)
    places = np.interp(np.arange(steps) * STEP_SECONDS, planned, np.maximum.accumulate(usual))
    old = np.arange(len(energy)) * STEP_SECONDS
    return [np.interp(places, old, curve).astype(np.float32) for curve in curves]


def plan_f0(f0_hz: Curve, times: Sequence[PhoneTimes], manner: str, generator: np.random.Generator) -> Curve:
    """The F0 to speak or sing with, from the network's own that has been warped to the planned times."""
    voiced = f0_hz > UNVOICED_HZ
    if not voiced.any():
        return f0_hz
    midi = np.asarray(hz_to_midi(np.maximum(f0_hz, UNVOICED_HZ)), dtype=np.float64)
    middle = float(np.median(midi[voiced]))
    nuclei = [(phone.start, phone.end) for phone in times if phone.is_nucleus]
    held = inside(len(f0_hz), [(start, end) for start, end in nuclei if end - start > HELD_FROM_SECONDS])
    midi = np.where(held & ~voiced, middle, midi)
    voiced |= held
    if manner == "sung":
        planned = sung_midi(len(f0_hz), middle + generator.uniform(-3, 4), nuclei, generator)
        planned += 0.15 * np.clip(midi - middle, -4, 4)
    else:
        planned = middle + generator.uniform(-3, 4) + generator.uniform(0.15, 1.4) * (midi - middle)
    planned = np.clip(planned, middle - 9, middle + 10)
    return np.where(voiced, midi_to_hz(planned), f0_hz).astype(np.float32)


def hold_energy(energy: Curve, times: Sequence[PhoneTimes]) -> Curve:
    """The energy, in which no held vowel is fainter than `FAINTEST` under the median of the vowels' peaks.

    The network's energy is late or early by a few steps at times; a vowel that is stretched there would fall silent.
    """
    nuclei = [(phone.start, phone.end) for phone in times if phone.is_nucleus]
    peaks = [energy[inside(len(energy), [span], 0.0)].max(initial=-np.inf) for span in nuclei]
    if not peaks:
        return energy
    held = inside(len(energy), [(start, end) for start, end in nuclei if end - start > HELD_FROM_SECONDS])
    least = float(np.median(peaks)) - FAINTEST
    return np.where(held, np.maximum(energy, least), energy).astype(np.float32)


def inside(
    steps: int, spans_seconds: Sequence[tuple[float, float]], edge_seconds: float = EDGE_SECONDS
) -> NDArray[np.bool_]:
    """Whether each step lies inside one of the spans, by so much."""
    found = np.zeros(steps, bool)
    time = np.arange(steps) * STEP_SECONDS
    for start, end in spans_seconds:
        found |= (time > start + edge_seconds) & (time < end - edge_seconds)
    return found


def sung_midi(
    steps: int, middle: float, nuclei_seconds: Sequence[tuple[float, float]], generator: np.random.Generator
) -> NDArray[np.float64]:
    """Notes of a scale, one a nucleus, with short glides between and vibrato on long ones, shape (steps,)."""
    midi = np.full(steps, middle)
    time = np.arange(steps) * STEP_SECONDS
    place = int(generator.integers(2, 6))
    vibrato = np.zeros(steps)
    for start, end in nuclei_seconds:
        midi[time >= start - GLIDE_SECONDS / 2] = middle + SCALE_SEMITONES[place]
        place = int(np.clip(place + generator.integers(-2, 3), 0, len(SCALE_SEMITONES) - 1))
        depth, rate = generator.uniform(0.15, 0.6), generator.uniform(4.8, 6.2)
        if end - start > VIBRATO_FROM_SECONDS:
            inside = (time > start + 0.2) & (time < end)
            fade = np.clip((time - start - 0.2) / 0.2, 0, 1)
            vibrato += np.where(inside, depth * fade * np.sin(2 * np.pi * rate * (time - start)), 0.0)
    width = 2 * round(GLIDE_SECONDS / STEP_SECONDS / 2) + 1
    padded = np.pad(midi, width // 2, mode="edge")
    return np.convolve(padded, np.full(width, 1 / width), mode="valid") + vibrato
