"""What drawing a technique curve does to the sound: to what it names, to the others, and to the pitch.

Conventions
-----------
- A document is sung once as it is (curves that it lacks are drawn at 0, "as usual") and once for each curve and offset:
  that curve is then so many dB higher everywhere. Seed, timing, F0 and the other curves stay.
- All techniques are measured from the sound, with the asked F0 (`analysis/technique.py`). A change is the mean of the
  differences to the first rendering over the frames that are to be voiced and sound there, in dB.
- Pitch is what is heard in a rendering against what is heard in the first one.
- What follows by another number than was asked is mended by the model's `[response]` (`acoustic/response.py`): what
  it should be comes from the measured slopes, times the one that was in force.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svs_cli.acoustic.conditions import TECHNIQUES
from svs_cli.acoustic.response import Response
from svs_cli.analysis.technique import Technique, technique
from svs_cli.errors import UsageError
from svs_cli.evaluation.asked import asked_of
from svs_cli.evaluation.cepstral import SILENCE_DB
from svs_cli.evaluation.extract import F0Extractor, fitted
from svs_cli.evaluation.likeness import PitchErrors, pitch_errors
from svs_cli.evaluation.rows import Cast, Material
from svs_cli.performance.document import Performance, SampledCurve, Segment
from svs_cli.units import GRID
from svs_cli.voices.library import Voice

Frames = NDArray[np.float32]
LARGEST_OFFSET_DB = 24.0


@dataclass(frozen=True)
class Heard:
    """One rendering: its techniques, and the F0 heard in it, shape (frames,)."""

    measured: Technique
    f0_hz: Frames


@dataclass(frozen=True)
class Change:
    """What became of a sound when `curve` was moved by `asked_db`: dB of each technique, None if nothing was voiced."""

    voice: str
    title: str
    curve: str
    asked_db: float
    changes_db: dict[str, float | None]
    pitch: PitchErrors
    model: str = ""  # the acoustic model, and its response
    response: Response | None = None  # None: it knows none


def checked_offsets(offsets_db: Sequence[float]) -> tuple[float, ...]:
    """The offsets. Raises UsageError for one that changes nothing or is beyond all singing."""
    for offset in offsets_db:
        if not 0 < abs(offset) <= LARGEST_OFFSET_DB:
            raise UsageError(
                f"an offset of {offset:g} dB tells nothing",
                fix=f"use up to {LARGEST_OFFSET_DB:.0f} dB up or down, e.g. --controls -6,6",
            )
    return tuple(offsets_db)


def control_changes(
    cast: Cast, voice: Voice, title: str, material: Material, offsets_db: Sequence[float], extractor: F0Extractor
) -> Iterator[Change]:
    """Sing a document with each curve moved by each offset, one after the other. Raises SvsError."""
    sung, _ = cast.sing(voice, material)
    usual = with_all_curves(sung)
    asked_hz = asked_of(usual).f0_hz

    def heard(document: Performance) -> Heard:
        _, samples = cast.sing(voice, Material(document))
        frames = GRID.frames_of_samples(len(samples))
        return Heard(technique(samples, fitted(asked_hz, frames)), fitted(extractor.f0_hz(samples), frames))

    acoustic = cast.singer(voice).acoustic
    response: Response | None = getattr(acoustic, "response", None)
    first = heard(usual)
    for curve in TECHNIQUES:
        for offset_db in checked_offsets(offsets_db):
            other = heard(with_offset(usual, curve, offset_db))
            yield Change(
                voice.name, title, curve, offset_db, changes_db(other.measured, first.measured),
                pitch_errors(other.f0_hz, first.f0_hz), acoustic.name, response,
            )  # fmt: skip


def with_all_curves(document: Performance) -> Performance:
    """The document with every technique drawn, at 0 dB where it was not."""

    def drawn(segment: Segment) -> Segment:
        flat = SampledCurve(np.zeros(segment.frames, np.float32), GRID.frame_seconds)
        return segment.with_(curves={**dict.fromkeys(TECHNIQUES, flat), **segment.curves})

    return document.with_(segments=tuple(map(drawn, document.segments)))


def with_offset(document: Performance, curve: str, offset_db: float) -> Performance:
    """The document with one of its curves higher everywhere."""

    def moved(segment: Segment) -> Segment:
        own = segment.curves[curve]
        higher = SampledCurve((own.values + np.float32(offset_db)).astype(np.float32), own.timestep_seconds)
        return segment.with_(curves={**segment.curves, curve: higher})

    return document.with_(segments=tuple(map(moved, document.segments)))


def changes_db(heard: Technique, first: Technique) -> dict[str, float | None]:
    """Mean differences of each technique over the frames where the first rendering is voiced and sounds.

    >>> quiet, loud = (Technique(*np.full((3, 4), value, np.float32)) for value in (-20, -14))
    >>> changes_db(loud, quiet)["energy"]
    6.0
    """
    voiced = np.isfinite(first.breathiness_db)
    sounding = voiced & (first.energy_db > first.energy_db[voiced].max(initial=-120.0) - SILENCE_DB)
    found: dict[str, float | None] = {}
    for name in TECHNIQUES:
        difference = getattr(heard, f"{name}_db") - getattr(first, f"{name}_db")
        known = difference[sounding & np.isfinite(difference)]
        found[name] = float(known.mean()) if len(known) else None
    return found


def responses_of(changes: Sequence[Change]) -> dict[str, Response]:
    """What the response of each model should be, by its name; a model that cannot be steered so has none."""
    found = {}
    for model in dict.fromkeys(one.model for one in changes if one.response is not None):
        own = [one for one in changes if one.model == model]
        known = next(one.response for one in own if one.response is not None)
        reach_db = {name: known.reach_db(name) for name in TECHNIQUES}
        slopes = np.array([[slope(own, heard, told, reach_db[told]) for told in TECHNIQUES] for heard in TECHNIQUES])
        rows = np.round(slopes @ known.matrix, 3).tolist()
        try:
            found[model] = Response(*map(tuple, rows))
        except ValueError:
            continue
    return found


def slope(changes: Sequence[Change], heard: str, told: str, reach_db: float) -> float:
    """dB of one technique for a dB drawn of another: least squares, NaN if nothing was voiced.

    What was drawn counts up to `reach_db`, beyond which a model is told no more.
    """
    drawn = [one for one in changes if one.curve == told]
    pairs = [(max(-reach_db, min(one.asked_db, reach_db)), one.changes_db[heard]) for one in drawn]
    known = np.array([(asked_db, db) for asked_db, db in pairs if db is not None], np.float64).reshape(-1, 2)
    square = float((known[:, 0] ** 2).sum())
    return float((known[:, 0] * known[:, 1]).sum()) / square if square else float("nan")
