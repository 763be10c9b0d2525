"""Phone labels: unknown phones, impossible lengths, and labels that the sound contradicts.

Conventions: all functions but `check_phone_names` need times, and do nothing without them. Whispered recordings (a
style or speaker with "whisper" in its name) may have vowels without a pitch.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from svs_cli.corpus.checks.finder import Finder, Span
from svs_cli.corpus.checks.listen import LEVEL_SECONDS, Heard
from svs_cli.corpus.checks.signal import level_slice
from svs_cli.frontend.inventory import BREATH, CLOSURE, SILENCE, load_inventory

QUIET_PHONES = frozenset({SILENCE, BREATH, CLOSURE})
SHORTEST_PHONE_SECONDS = 0.012
SILENT_BELOW_DB = 40.0  # under the level of the sounding parts
SUNG_BELOW_DB = 15.0
FEWEST_SECONDS = 0.2
UNSURE = 0.02


def check_phone_names(find: Finder) -> None:
    """Phones that the inventory lacks."""
    inventory = load_inventory()
    unknown = list(dict.fromkeys(phone for phone in find.recording.phones if phone not in inventory))
    if unknown:
        ends = find.recording.phone_ends_seconds
        named = [span for phone, span in timed(find) if phone in unknown] if ends else []
        find.judge("phone_unknown", detail=" ".join(unknown[:8]), spans=named)


def timed(find: Finder) -> list[tuple[str, Span]]:
    """Phones with their start and end, none without times."""
    recording = find.recording
    if not recording.phone_ends_seconds:
        return []
    spans = zip(recording.phone_starts_seconds, recording.phone_ends_seconds, strict=True)
    return list(zip(recording.phones, spans, strict=True))


def check_durations(find: Finder) -> None:
    """Phones that are too short or too long for a mouth."""
    inventory = load_inventory()
    phones = [(phone, span) for phone, span in timed(find) if phone in inventory and phone not in QUIET_PHONES]
    short = [span for _, span in phones if span[1] - span[0] < SHORTEST_PHONE_SECONDS]
    if phones:
        share = len(short) / len(phones)
        find.judge("phone_short", share, f"{len(short)} of {len(phones)} phones", spans=short)
    consonants = [(phone, span) for phone, span in within_words(find) if not inventory[phone].nucleus]
    if consonants:
        phone, (start, end) = max(consonants, key=lambda item: item[1][1] - item[1][0])
        find.judge("consonant_long", end - start, f"{phone} for {end - start:.2f} s", spans=[(start, end)])


def within_words(find: Finder) -> list[tuple[str, Span]]:
    """Known phones with a neighbour that sounds; one between silences is hummed, and may be as long as a vowel."""
    inventory = load_inventory()
    phones = timed(find)
    names = [SILENCE, *(phone for phone, _ in phones), SILENCE]
    return [
        item
        for item, before, after in zip(phones, names, names[2:], strict=False)
        if item[0] in inventory and item[0] not in QUIET_PHONES and {before, after} - {SILENCE, BREATH}
    ]


def check_end(find: Finder, heard: Heard) -> None:
    """Labels and file end together."""
    ends = find.recording.phone_ends_seconds
    if ends:
        difference = ends[-1] - heard.seconds
        detail = f"labels end at {ends[-1]:.2f} s, the file at {heard.seconds:.2f} s"
        find.judge("label_end", abs(difference), detail, spans=[tuple(sorted((ends[-1], heard.seconds)))])  # type: ignore[list-item]


def check_voicing(find: Finder, heard: Heard) -> None:
    """Vowels have a pitch."""
    recording = find.recording
    if "whisper" in f"{recording.style} {recording.speaker}".lower():
        return
    inventory = load_inventory()
    vowels = [span for phone, span in timed(find) if phone in inventory and inventory[phone].phone_class == "vowel"]
    voiced = heard.f0_at_levels() > 0
    missing, total = measured(vowels, ~voiced)
    if total >= FEWEST_SECONDS:
        worst = sorted(vowels, key=lambda span: -float((~voiced[level_slice(*span)]).sum()))[:3]
        find.judge("vowel_unvoiced", missing / total, f"{missing:.2f} of {total:.2f} s", spans=worst)


def check_silences(find: Finder, heard: Heard) -> None:
    """Silence is silent, and phones are not."""
    phones = timed(find)
    if not phones or not len(heard.level_db):
        return
    inventory = load_inventory()
    sounding = [
        span
        for phone, span in phones
        if phone in inventory and inventory[phone].phone_class not in ("silence", "breath", "stop", "affricate")
    ]
    silent = heard.level_db < heard.active_db - SILENT_BELOW_DB
    missing, total = measured(sounding, silent)
    if total >= FEWEST_SECONDS:
        worst = sorted(sounding, key=lambda span: -float(silent[level_slice(*span)].sum()))[:3]
        find.judge("phone_silent", missing / total, f"{missing:.2f} of {total:.2f} s", spans=worst)
    pauses = [span for phone, span in phones if phone == SILENCE]
    loud = heard.level_db > heard.active_db - SUNG_BELOW_DB
    sung, total = measured(pauses, loud)
    if total >= FEWEST_SECONDS and sung >= FEWEST_SECONDS:
        worst = sorted(pauses, key=lambda span: -float(loud[level_slice(*span)].sum()))[:3]
        find.judge("silence_sung", sung / total, f"{sung:.2f} of {total:.2f} s", spans=worst)


def measured(spans: list[Span], frames: NDArray[np.bool_]) -> tuple[float, float]:
    """Seconds of the spans in which `frames` hold, and seconds in all."""
    holding = sum(float(frames[level_slice(*span)].sum()) for span in spans) * LEVEL_SECONDS
    return holding, sum(end - start for start, end in spans)


def check_confidence(find: Finder) -> None:
    """What the aligner says of itself: the mean over what is said, of geometric means, which are low by nature."""
    recording = find.recording
    pairs = list(zip(recording.phones, recording.phone_confidences, strict=False))
    values = [value for phone, value in pairs if phone not in (SILENCE, BREATH)]
    if values:
        unsure = [span for (_, value), (_, span) in zip(pairs, timed(find), strict=False) if value < UNSURE]
        mean = float(np.mean(values))
        find.judge("confidence", mean, f"mean {mean:.2f}, {len(unsure)} phones under {UNSURE}", spans=unsure)
