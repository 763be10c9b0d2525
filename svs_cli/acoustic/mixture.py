"""Who sings: one speaker, or a mixture of several, for a whole piece or frame by frame.

Conventions
-----------
- In words, as `--voice` and a voice's `speaker` have it: "kumi", "kumi/strong" with a style, "kumi:0.7,yuki:0.3" with
  shares. Shares are relative: they are divided by their sum.
- In a document, `spk_mix` (DiffSinger's key) maps names, with or without a style, to numbers, or to lists of numbers at
  `spk_mix_timestep`; it wins over what the voice says.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svs_cli.errors import PerformanceError, UsageError, VoiceMissingError
from svs_cli.performance.document import SampledCurve, Segment

TIMESTEP_KEY = "spk_mix_timestep"


@dataclass(frozen=True)
class Part:
    """One speaker of a mixture; `style` is "" for the model's usual one. Shares of a mixture sum to 1."""

    speaker: str
    style: str = ""
    share: float = 1.0


def parse_mixture(text: str) -> tuple[Part, ...]:
    """The speakers that "kumi/strong:0.7,yuki:0.3" names. Raises UsageError.

    >>> [(part.speaker, part.style, part.share) for part in parse_mixture("kumi/strong:3,yuki:1")]
    [('kumi', 'strong', 0.75), ('yuki', '', 0.25)]
    """
    fix = "write names with shares, e.g. kumi:0.7,yuki:0.3"
    found: list[Part] = []
    for item in text.split(","):
        name, colon, number = item.strip().rpartition(":")
        if not colon:
            name, number = number, "1"
        try:
            share = float(number)
        except ValueError:
            share = math.nan
        speaker, _, style = name.strip().partition("/")
        if not speaker or not (share >= 0 and math.isfinite(share)):
            raise UsageError(f"{item.strip()!r} in the voice {text!r} is no name with a share", fix=fix)
        found.append(Part(speaker, style, share))
    total = sum(part.share for part in found)
    if total <= 0:
        raise UsageError(f"the shares of the voice {text!r} sum to nothing", fix=fix)
    return tuple(Part(part.speaker, part.style, part.share / total) for part in found)


def place_of(name: str, known: Sequence[str], model: str, what: str = "speaker") -> int:
    """The index of a speaker or style in a model's list. Raises VoiceMissingError."""
    if name not in known:
        there = ", ".join(known) or "none"
        raise VoiceMissingError(f"the model {model} has no {what} {name!r}", fix=f"it has {there}")
    return tuple(known).index(name)


def mixture_of(segment: Segment, asked: str) -> list[tuple[Part, NDArray[np.float32]]]:
    """Who sings a segment: each part with its share of every frame, (segment.frames,) in 0..1, summing to 1.

    Raises UsageError for a mixture in words, PerformanceError for a `spk_mix` that is none.
    """
    frames = segment.frames
    if not segment.speaker_mix:
        return [(part, np.full(frames, part.share, np.float32)) for part in parse_mixture(asked)]
    step_seconds = timestep_of(segment.other)
    curves = [share_curve(name, share, step_seconds, frames) for name, share in segment.speaker_mix.items()]
    total = np.sum(curves, axis=0)
    if not (total > 0).all():
        raise PerformanceError("the shares of spk_mix sum to nothing", fix="give at least one speaker a share")
    names = [name.partition("/") for name in segment.speaker_mix]
    return [(Part(name, style), curve / total) for (name, _, style), curve in zip(names, curves, strict=True)]


def share_curve(name: str, share: object, step_seconds: float | None, frames: int) -> NDArray[np.float32]:
    """The share of one speaker in each frame, (frames,). Raises PerformanceError."""
    values = share.split() if isinstance(share, str) else share if isinstance(share, Iterable) else [share]
    try:
        numbers = np.array([float(str(value)) for value in values], np.float32)
    except (TypeError, ValueError):
        numbers = np.zeros(0, np.float32)
    if not len(numbers) or not (numbers >= 0).all() or not np.isfinite(numbers).all():
        raise PerformanceError(f"the share of {name!r} in spk_mix must be a number from 0 on, or several")
    if len(numbers) == 1:
        return np.full(frames, numbers[0], np.float32)
    if step_seconds is None:
        raise PerformanceError(f"the share of {name!r} in spk_mix is a curve: {TIMESTEP_KEY} must give its seconds")
    return SampledCurve(numbers, step_seconds).at_frames(frames)


def timestep_of(other: Mapping[str, object]) -> float | None:
    """The seconds between the values of shares that are curves, None if the document gives none that is usable."""
    try:
        step_seconds = float(str(other[TIMESTEP_KEY]))
    except (KeyError, ValueError):
        return None
    return step_seconds if 0 < step_seconds < 10 else None
