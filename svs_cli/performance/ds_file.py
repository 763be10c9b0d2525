"""Reading and writing `.ds`: DiffSinger's keys outside, ours under "svs", unknown keys kept.

Numbers are written with six decimals (F0 with two), which is finer than a tenth of a sample at 44.1 kHz for any
phone; boundaries come back by absolute rounding, so nothing drifts.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from svs_cli.config import build
from svs_cli.errors import PerformanceError, UsageError
from svs_cli.performance.document import NoteDetail, Performance, SampledCurve, Segment
from svs_cli.performance.overrides import read_overrides
from svs_cli.performance.retakes import Retake, read_retakes

NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
NOTE = re.compile(r"^([A-Ga-g])([#b♯♭]*)(-?\d{1,2})([+-]\d+(?:\.\d+)?)?$")
FORMAT_VERSION = 1
MADE_BY = "give a score to 'svs score', which writes a document"
OWN_KEYS = {
    "offset", "text", "ph_seq", "ph_num", "ph_dur", "note_seq", "note_dur", "note_slur", "f0_seq", "f0_timestep",
    "seed", "spk_mix", "svs",
}  # fmt: skip


def note_name(midi: float | None) -> str:
    """'C4', 'C4+25' (cents) or 'rest'.

    >>> note_name(60.25), note_name(None)
    ('C4+25', 'rest')
    """
    if midi is None:
        return "rest"
    nearest = math.floor(midi + 0.5)
    deviation_cents = round((midi - nearest) * 100)
    suffix = f"{deviation_cents:+d}" if deviation_cents else ""
    return f"{NAMES[nearest % 12]}{nearest // 12 - 1}{suffix}"


def note_midi(name: str) -> float | None:
    """The inverse of `note_name`; flats are understood too.

    >>> note_midi("Bb3-10"), note_midi("rest")
    (57.9, None)
    """
    if name.lower() in ("rest", "r", "sp", "ap"):
        return None
    match = NOTE.match(name)
    if not match:
        raise PerformanceError(f"{name!r} is no note name", fix="write notes like C4, F#3, Bb4-15 or rest")
    letter, accidentals, octave, deviation = match.groups()
    alteration = sum(1 if a in "#♯" else -1 for a in accidentals)
    return 12 * (int(octave) + 1) + STEPS[letter.upper()] + alteration + float(deviation or 0) / 100


def to_json(performance: Performance) -> str:
    """The document as `.ds` text."""
    segments = [segment_to_dict(segment, performance) for segment in performance.segments]
    return json.dumps(segments, ensure_ascii=False, indent=1) + "\n"


def segment_to_dict(segment: Segment, performance: Performance) -> dict[str, Any]:
    """One segment in DiffSinger's keys."""
    out: dict[str, Any] = {"offset": round(segment.offset_seconds, 6), "text": segment.text}
    out["ph_seq"] = " ".join(segment.phones)
    out["ph_num"] = " ".join(map(str, segment.phone_counts))
    if segment.phone_durations_seconds is not None:
        out["ph_dur"] = numbers(segment.phone_durations_seconds)
    out["note_seq"] = " ".join(map(note_name, segment.notes))
    out["note_dur"] = numbers(segment.note_durations_seconds)
    out["note_slur"] = " ".join(map(str, segment.note_slurs))
    if segment.f0 is not None:
        out["f0_seq"] = numbers(segment.f0.values, decimals=2)
        out["f0_timestep"] = str(segment.f0.timestep_seconds)
    for name, curve in segment.curves.items():
        out[name] = numbers(curve.values, decimals=3)
        out[f"{name}_timestep"] = str(curve.timestep_seconds)
    if segment.seed is not None:
        out["seed"] = segment.seed
    if segment.speaker_mix:
        out["spk_mix"] = segment.speaker_mix
    out.update(segment.other)
    out["svs"] = {
        "version": FORMAT_VERSION,
        "duration": performance.duration_seconds,
        "title": performance.title,
        "part": performance.part,
        "language": performance.language,
        "expression": performance.expression,
        "warnings": list(performance.warnings),
        "notes": [compact(detail) for detail in segment.details],
    }
    if performance.part_number != 1:
        out["svs"]["part_number"] = performance.part_number
    if performance.pitch_model:
        out["svs"]["pitch"] = {"model": performance.pitch_model, "style": performance.style}
    if segment.retakes:
        out["svs"]["retakes"] = [retake_to_dict(retake) for retake in segment.retakes]
    return out


def retake_to_dict(retake: Retake) -> dict[str, Any]:
    """A retake in the keys of the file."""
    told: dict[str, Any] = {"start": retake.start_seconds, "end": retake.end_seconds, "seed": retake.seed}
    told["f0_first"] = retake.f0_first
    told["f0_before"] = numbers(retake.f0_before, decimals=2)
    if retake.lengths_before:
        told |= {"ph_first": retake.phone_first, "ph_dur_before": numbers(retake.lengths_before)}
    return told


def compact(detail: NoteDetail) -> dict[str, Any]:
    """Only what differs from the default, to keep files readable."""
    default = asdict(NoteDetail())
    told = {key: value for key, value in asdict(detail).items() if value != default[key]}
    wishes = {"overrides": detail.overrides, "chosen": detail.chosen}
    return told | {key: wish.as_dict() for key, wish in wishes.items() if wish}


def numbers(values: Any, decimals: int = 6) -> str:
    """Space-separated decimals without trailing zeros."""
    return " ".join(f"{float(v):.{decimals}f}".rstrip("0").rstrip(".") or "0" for v in values)


def from_json(text: str, source: str = ".ds") -> Performance:
    """Parse `.ds` text. Raises PerformanceError, naming the segment and key."""
    try:
        raw = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise PerformanceError(f"{source} is not a .ds document: {error}", fix=MADE_BY) from error
    if isinstance(raw, dict):
        raw = [raw]
    if not isinstance(raw, list) or not raw or not all(isinstance(item, dict) for item in raw):
        raise PerformanceError(f"{source} must hold a list of segments")
    segments = tuple(segment_from_dict(item, f"{source}, segment {i}") for i, item in enumerate(raw, 1))
    own = own_keys(raw[0])
    last = max(segment.offset_seconds + segment.duration_seconds for segment in segments)
    warnings = own.get("warnings")
    drawn = own["pitch"] if isinstance(own.get("pitch"), dict) else {}
    performance = Performance(
        segments=segments,
        duration_seconds=own_number(own, "duration", last, source),
        expression=own_number(own, "expression", 1.0, source),
        title=str(own.get("title", "")),
        part=str(own.get("part", "")),
        part_number=part_number_of(own, source),
        language=str(own.get("language", "")),
        warnings=tuple(map(str, warnings)) if isinstance(warnings, list) else (),
        pitch_model=str(drawn.get("model", "")),
        style=str(drawn.get("style", "")),
    )
    performance.check()
    return performance


def own_keys(item: dict[str, Any]) -> dict[str, Any]:
    """What we put under "svs", {} in documents of other programs."""
    own = item.get("svs")
    return own if isinstance(own, dict) else {}


def part_number_of(own: dict[str, Any], source: str) -> int:
    """The part's place in its score, 1 if it is not said. Raises PerformanceError."""
    number = own_number(own, "part_number", 1.0, source)
    if not 1 <= number < 2**32:
        raise PerformanceError(f"{source}: the part_number under 'svs' counts from 1")
    return int(number)


def own_number(own: dict[str, Any], key: str, default: float, source: str) -> float:
    """A number under "svs". Raises PerformanceError."""
    try:
        return float(own.get(key, default))
    except (TypeError, ValueError) as error:
        raise PerformanceError(f"{source}: the {key} under 'svs' is no number") from error


def segment_from_dict(item: dict[str, Any], where: str) -> Segment:
    """One segment from DiffSinger's keys. Raises PerformanceError."""
    phones = words_of(item, "ph_seq", where)
    notes = tuple(note_midi(name) for name in words_of(item, "note_seq", where))
    slurs = tuple(int(v) for v in floats_of(item, "note_slur", where)) if "note_slur" in item else (0,) * len(notes)
    own = own_keys(item)
    curves = {
        key: SampledCurve(np.array(floats_of(item, key, where), np.float32), step_of(item, f"{key}_timestep", where))
        for key in item
        if f"{key}_timestep" in item and key not in ("f0", "spk_mix")
    }
    f0 = None
    if item.get("f0_seq"):
        f0 = SampledCurve(np.array(floats_of(item, "f0_seq", where), np.float32), step_of(item, "f0_timestep", where))
    curve_keys = set(curves) | {f"{key}_timestep" for key in curves}
    try:
        details = tuple(
            detail_from_dict(raw, f"{where}, note {number}") for number, raw in enumerate(own.get("notes", ()), 1)
        )
    except (TypeError, ValueError, AttributeError) as error:
        raise PerformanceError(f"{where}: the note details under 'svs' are damaged ({error})") from error
    segment = Segment(
        offset_seconds=floats_of({"offset": str(item.get("offset", 0.0))}, "offset", where)[0],
        phones=phones,
        phone_counts=tuple(int(v) for v in floats_of(item, "ph_num", where)),
        notes=notes,
        note_durations_seconds=tuple(floats_of(item, "note_dur", where)),
        note_slurs=slurs,
        details=details,
        phone_durations_seconds=tuple(floats_of(item, "ph_dur", where)) if item.get("ph_dur") else None,
        f0=f0,
        curves=curves,
        seed=seed_of(item, where),
        speaker_mix=speaker_mix_of(item, where),
        text=str(item.get("text", "")),
        retakes=read_retakes(own.get("retakes") or [], where),
        other={key: value for key, value in item.items() if key not in OWN_KEYS | curve_keys},
    )
    segment.check(where)
    return segment


def detail_from_dict(raw: dict[str, Any], where: str) -> NoteDetail:
    """A note's detail; values of another type, and keys of later versions, are refused by name."""
    told = {key: value for key, value in raw.items() if value is not None}
    overrides, chosen = (
        read_overrides(told.pop(key), f"{where}, {key}") if key in told else None for key in ("overrides", "chosen")
    )
    try:
        return replace(build(NoteDetail, told, where), overrides=overrides, chosen=chosen)
    except UsageError as error:
        raise PerformanceError(error.message, fix=error.fix) from error


def words_of(item: dict[str, Any], key: str, where: str) -> tuple[str, ...]:
    """A space-separated string under `key`. Raises PerformanceError when it is missing."""
    value = item.get(key)
    if not isinstance(value, str) or not value.split():
        raise PerformanceError(f"{where}: {key} is missing or empty")
    return tuple(value.split())


def floats_of(item: dict[str, Any], key: str, where: str) -> list[float]:
    """Space-separated finite numbers under `key`. Raises PerformanceError."""
    try:
        values = [float(word) for word in words_of(item, key, where)]
    except ValueError as error:
        raise PerformanceError(f"{where}: {key} holds something that is no number ({error})") from error
    if not all(map(math.isfinite, values)):
        raise PerformanceError(f"{where}: {key} holds a number that is not finite")
    return values


def seed_of(item: dict[str, Any], where: str) -> int | None:
    """The seed, if there is one; of a negative one the lowest 32 bits, as in DiffSinger. Raises PerformanceError.

    >>> seed_of({"seed": 7}, ""), seed_of({"seed": -1}, "")
    (7, 4294967295)
    """
    seed = item.get("seed")
    if seed is None:
        return None
    if not isinstance(seed, (int, float)) or not math.isfinite(seed):
        raise PerformanceError(f"{where}: the seed must be a whole number, not {seed!r}")
    return int(seed) if seed >= 0 else int(seed) % 2**32


def speaker_mix_of(item: dict[str, Any], where: str) -> dict[str, Any] | None:
    """Who sings, if the document says it; read by `acoustic/mixture.py`. Raises PerformanceError."""
    mix = item.get("spk_mix")
    if mix is not None and not isinstance(mix, dict):
        raise PerformanceError(f"{where}: spk_mix must give each speaker a share, not {mix!r}")
    return mix


def step_of(item: dict[str, Any], key: str, where: str) -> float:
    """A positive time step in seconds under `key`. Raises PerformanceError."""
    try:
        step = float(item[key])
    except (KeyError, TypeError, ValueError):
        step = 0.0
    if not 0 < step < 10:
        raise PerformanceError(f"{where}: {key} must be a positive number of seconds")
    return step
