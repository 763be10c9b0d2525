"""How long each phone is to sound, and at which pitch: drawn at random, between plain speech and singing.

Conventions
-----------
- A *manner* is one of `MANNERS`: spoken (the network's own times at a tempo), slow (drawn out) and sung (vowels of 0.2 to
  1.5 s on the steps of a scale, long ones with vibrato).
- Times are frames of the network (25 ms), F0 curves have two steps a frame; F0 under `UNVOICED_HZ` is no voice, and
  stays as the network has it.
- Everything is drawn from the generator that is passed in, so a seed and a sentence give the same plan.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from svs_cli.corpus.teacher.symbols import END, NOBODY, SPACE, START, STRESS, Script
from svs_cli.frontend.inventory import load_inventory
from svs_cli.units import hz_to_midi, midi_to_hz

MANNERS = ("spoken", "slow", "sung")
MANNER_SHARES = (0.4, 0.2, 0.4)
FRAME_SECONDS = 0.025
STEP_SECONDS = FRAME_SECONDS / 2
LEAD_FRAMES, TAIL_FRAMES = 14, 20  # the network wants so much silence before the first phone, and after the last
LAST_PHONE_FRAMES = 8.0  # the network's own last phone holds the silence after it
SHORTEST_SUNG_FRAMES, LONGEST_SUNG_FRAMES = 8, 30
HELD_SHARE, LONGEST_HELD_FRAMES = 0.08, 60
UNVOICED_HZ = 40.0
SCALE_SEMITONES = (-5, -3, -1, 0, 2, 4, 5, 7)
GLIDE_SECONDS = 0.05
VIBRATO_FROM_SECONDS = 0.35


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
    wanted[last] = min(wanted[last], LAST_PHONE_FRAMES)
    natural = wanted.copy()
    wanted *= np.exp(generator.uniform(*tempo_range(manner))) * generator.uniform(0.85, 1.15, len(wanted))
    if manner == "sung":
        nuclei = [index for index, phone in enumerate(script.phones) if phone in load_inventory().nuclei]
        wanted[nuclei] = sung_frames(len(nuclei), generator)
    share *= np.where(owners >= 0, (wanted / np.maximum(natural, 1e-6))[owners], 0.0)
    return round_to_sum(share, script)


def tempo_range(manner: str) -> tuple[float, float]:
    """Logarithms of the least and greatest factor on the network's own durations."""
    return {"spoken": (-0.25, 0.3), "slow": (0.35, 0.75), "sung": (0.0, 0.45)}[manner]


def shared_out(script: Script, predicted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Predicted frames, in which those of stress marks have gone to the vowel, half of the spaces' to the phone before."""
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
    """Whole frames that keep step with `share`: at least one for every symbol with an owner, fixed ones for the marks."""
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


def plan_f0(
    f0_hz: NDArray[np.float32],
    nuclei_seconds: Sequence[tuple[float, float]],
    manner: str,
    generator: np.random.Generator,
) -> NDArray[np.float32]:
    """The F0 to speak or sing with, from the network's own; `nuclei_seconds` are starts and ends of syllable nuclei."""
    voiced = f0_hz > UNVOICED_HZ
    if not voiced.any():
        return f0_hz
    midi = hz_to_midi(np.maximum(f0_hz, UNVOICED_HZ).astype(np.float64))
    middle = float(np.median(midi[voiced]))
    if manner == "sung":
        planned = sung_midi(len(f0_hz), middle + generator.uniform(-3, 4), nuclei_seconds, generator)
        planned += 0.15 * (midi - middle)
    else:
        planned = middle + generator.uniform(-3, 4) + generator.uniform(0.15, 1.4) * (midi - middle)
    planned = np.clip(planned, middle - 9, middle + 10)
    return np.where(voiced, midi_to_hz(planned), f0_hz).astype(np.float32)


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
