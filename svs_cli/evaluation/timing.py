"""How far a timing stage lies from what singers did: onsets of nuclei, lengths of consonants and breaths, ends.

Conventions
-----------
- Errors are found minus labelled, in seconds: positive is late, or too long. Figures are root mean squares.
- All of a stage is measured, with the limits that the notes set, on the labels' clock (`corpus/sung_timing.py`).
- A *release* is the end of a voice before a rest. Its spread is large: singers end long notes where they like.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from svs_cli.corpus.sung_timing import SungSong, targets_of
from svs_cli.duration.protocol import DurationModel
from svs_cli.duration.rule import RuleDuration
from svs_cli.duration.times import ASPIRATES, GEMINATE, TAPS, ConsonantTimes
from svs_cli.frontend.inventory import BREATH, load_inventory

CLASS_FIELDS = {
    ("stop", False): "stop_voiceless_ms", ("stop", True): "stop_voiced_ms",
    ("affricate", False): "affricate_voiceless_ms", ("affricate", True): "affricate_voiced_ms",
    ("fricative", False): "fricative_voiceless_ms", ("fricative", True): "fricative_voiced_ms",
}  # fmt: skip


@dataclass
class TimingErrors:
    """Errors in seconds of all songs together; see the module's conventions."""

    nuclei: list[float] = field(default_factory=list)
    consonants: list[float] = field(default_factory=list)
    breaths: list[float] = field(default_factory=list)
    releases: list[float] = field(default_factory=list)

    def to_row(self) -> dict[str, float | int | None]:
        """Figures in milliseconds, as `--json` shows them; None of nothing."""
        return {
            "nucleus_rms_ms": rms_ms(self.nuclei),
            "nucleus_median_ms": round(1000 * float(np.median(self.nuclei)), 2) if self.nuclei else None,
            "consonant_rms_ms": rms_ms(self.consonants),
            "breath_rms_ms": rms_ms(self.breaths),
            "release_rms_ms": rms_ms(self.releases),
            "nuclei": len(self.nuclei),
            "consonants": len(self.consonants),
        }

    def to_cells(self) -> tuple[str, ...]:
        """The row as the table shows it."""
        return tuple("-" if value is None else f"{value}" for value in self.to_row().values())


def rms_ms(errors_seconds: Sequence[float]) -> float | None:
    """Root mean square in milliseconds; None of nothing.

    >>> rms_ms([0.003, -0.004, 0.0, 0.0])
    2.5
    """
    return round(1000 * float(np.sqrt(np.mean(np.square(errors_seconds)))), 2) if errors_seconds else None


def errors_of(model: DurationModel, songs: Sequence[SungSong]) -> TimingErrors:
    """Errors of a timing stage on songs. Raises PerformanceError on unknown phones."""
    errors = TimingErrors()
    inventory = load_inventory()
    for song in songs:
        timed = model.predict(song.performance)
        for (segment, starts, ends), found in zip(song.segments(), timed.segments, strict=True):
            lengths = np.array(found.phone_durations_seconds)
            begins = segment.offset_seconds + np.concatenate([[0.0], np.cumsum(lengths)])[:-1]
            facts = [inventory[phone] for phone in segment.phones]
            for i, (length, shift, rests) in enumerate(targets_of(segment, facts, starts, ends)):
                if np.isfinite(shift):
                    (errors.releases if rests else errors.nuclei).append(float(begins[i] - starts[i]))
                if np.isfinite(length):
                    breath = segment.phones[i] == BREATH
                    (errors.breaths if breath else errors.consonants).append(float(lengths[i] - length))
    return errors


def refitted(songs: Sequence[SungSong]) -> RuleDuration:
    """The rule with the medians of these songs: of each class of consonants, of breaths, and of the nuclei's lag."""
    inventory = load_inventory()
    lengths: dict[str, list[float]] = defaultdict(list)
    lags: list[float] = []
    for song in songs:
        for segment, starts, ends in song.segments():
            facts = [inventory[phone] for phone in segment.phones]
            for phone, one, (length, shift, rests) in zip(
                segment.phones, facts, targets_of(segment, facts, starts, ends), strict=True
            ):
                if np.isfinite(length):
                    lengths[time_of(phone, one.phone_class, one.voiced, one.nucleus)].append(length)
                if np.isfinite(shift) and not rests:
                    lags.append(shift)
    medians = {name: 1000 * float(np.median(values)) for name, values in lengths.items()}
    breath_ms = medians.pop("breath", ConsonantTimes.breath_longest_ms)
    lag_ms = 1000 * float(np.median(lags)) if lags else 0.0
    times = replace(
        ConsonantTimes(), **medians, breath_shortest_ms=breath_ms, breath_longest_ms=breath_ms, nucleus_lag_ms=lag_ms
    )
    return RuleDuration(times, name="rule, refitted")


def time_of(phone: str, phone_class: str, voiced: bool, nucleus: bool) -> str:
    """The field of `ConsonantTimes` that holds a phone's nominal length, as `nominal_ms` reads it."""
    if phone == GEMINATE:
        return "closure_ms"
    if phone in TAPS:
        return "tap_ms"
    if phone in ASPIRATES:
        return "aspirate_ms"
    if phone_class == "nasal":
        return "moraic_nasal_ms" if nucleus else "nasal_ms"
    return CLASS_FIELDS.get((phone_class, voiced), phone_class if phone_class == "breath" else f"{phone_class}_ms")
