"""Whose a short silence is: its own, as it is heard, or the consonant's after it, as in NIT SONG070's labels.

Databases differ where nothing is heard. This toolkit labels what sounds: the closure of っ is `cl` up to the release,
and a gap in the voice is a pause. NIT SONG070 has pauses where a singer rests, and counts every other silence to the
consonant that it leads to: of っ only the beginning is `cl`, and a stop after a pause begins with its closure.

Conventions
-----------
- Phones and their ends in seconds are contiguous from 0; confidences stand beside them, a value a phone.
- None of the constants was read off the songs that the aligner is measured with (004, 007 and 029).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from itertools import groupby

from svs_cli.frontend.inventory import BREATH, CLOSURE, SILENCE, load_inventory

SLIVER_SECONDS = 0.015  # a pause that is shorter is two boundaries that fell together
GAP_SECONDS = 0.15  # the shortest of 11 pauses in NIT's song 010 has 230 ms; gaps of 0.12 to 0.2 s give the same labels
CLOSURE_SECONDS = 0.035  # of `cl` before a stop: 30 and 40 ms in NIT's song 010
STOP_AFTER_PAUSE_SECONDS = 0.068  # median of 474 voiceless stops and affricates after pauses in no7_singing
Labels = tuple[tuple[str, ...], tuple[float, ...], tuple[float, ...]]  # phones, ends in seconds, confidences


class Convention(StrEnum):
    """Which labels are written."""

    sound = "sound"
    nit = "nit"


def by_convention(labels: Labels, convention: Convention) -> Labels:
    """The labels of what is heard, as the convention writes them."""
    labels = without_pauses(labels, lambda silent, seconds, after: seconds < SLIVER_SECONDS)
    if convention is Convention.sound:
        return labels
    phones, ends, confidences = without_pauses(labels, is_gap)
    return phones, closures_in_stops(phones, ends), confidences


def is_gap(silent: bool, seconds: float, after: str) -> bool:
    """Whether a pause is a gap before a consonant: silent and short."""
    inventory = load_inventory()
    return silent and seconds < GAP_SECONDS and after != "" and after not in inventory.nuclei


def without_pauses(labels: Labels, dropped: Callable[[bool, float, str], bool]) -> Labels:
    """The labels without pauses of which `dropped(silent, seconds, phone after or "")` says so.

    A pause is a run of silence and breath. Its time goes to the phone after it, or at the end to the one before it.
    """
    phones, ends, confidences = labels
    kept: list[int] = []
    for paused, group in groupby(range(len(phones)), lambda index: phones[index] in (SILENCE, BREATH)):
        run = list(group)
        start = ends[run[0] - 1] if run[0] else 0.0
        after = phones[run[-1] + 1] if run[-1] + 1 < len(phones) else ""
        silent = all(phones[index] == SILENCE for index in run)
        if not (paused and dropped(silent, ends[run[-1]] - start, after)):
            kept += run
    if len(kept) == len(phones) or not kept:
        return labels
    new_ends = (*(ends[index] for index in kept[:-1]), ends[-1])
    return tuple(phones[index] for index in kept), new_ends, tuple(confidences[index] for index in kept)


def closures_in_stops(phones: Sequence[str], ends_seconds: Sequence[float]) -> tuple[float, ...]:
    """Ends in seconds where stops and affricates begin with their silence: after `cl`, and voiceless ones after pauses.

    A `cl` that is shorter than `CLOSURE_SECONDS` keeps its length, and so does one before any other phone; a stop that
    is longer than `STOP_AFTER_PAUSE_SECONDS` keeps its own.
    """
    inventory = load_inventory()
    ends = list(ends_seconds)
    for index, (phone, after) in enumerate(zip(phones, phones[1:], strict=False)):
        if inventory[after].phone_class not in ("stop", "affricate"):
            continue
        start = ends[index - 1] if index else 0.0
        if phone == CLOSURE:
            ends[index] = min(ends[index], start + CLOSURE_SECONDS)
        elif phone in (SILENCE, BREATH) and not inventory[after].voiced and after != CLOSURE:
            begins = min(ends[index], ends[index + 1] - STOP_AFTER_PAUSE_SECONDS)
            ends[index] = max(begins, start + SLIVER_SECONDS) if ends[index] > start + SLIVER_SECONDS else ends[index]
    return tuple(ends)
