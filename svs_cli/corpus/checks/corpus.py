"""What only shows beside the other recordings: outliers of a speaker, copies, and leaks between splits.

Conventions
-----------
- Of two copies the later one is at fault, unless they are in two splits: then the one nearer to training is, because
  a test that was trained on measures nothing.
- Medians need `FEWEST` recordings of a speaker; whispering and shouting are other speakers (the manifest says so).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from svs_cli.corpus.checks.examine import Examined
from svs_cli.corpus.checks.finder import Finder
from svs_cli.corpus.checks.fingerprint import copies
from svs_cli.corpus.manifest import SPLITS, Recording

FEWEST = 8
PACE_MADS = 5.0
PACE_SLACK = 3.0
FEWEST_TEXTS = 3
DETECT_TEXTS = 200
LANGUAGE_LINES = 12
LATIN_LANGUAGES = frozenset({"en", "de", "fr", "it", "es", "pt", "la"})
SPLIT_ORDER = {"test": 0, "dev": 1, "train": 2, "": 3}
Members = Sequence[tuple[Finder, Examined]]


def by_speaker(finders: Sequence[Finder], examined: Sequence[Examined]) -> dict[str, list[tuple[Finder, Examined]]]:
    """Recordings that could be heard, by speaker, in order."""
    speakers: dict[str, list[tuple[Finder, Examined]]] = defaultdict(list)
    for find, item in zip(finders, examined, strict=True):
        if item.figures is not None:
            speakers[find.recording.speaker].append((find, item))
    return dict(speakers)


def check_rates(members: Members) -> None:
    """One sample rate a speaker: the files that differ from the most common one."""
    rates = Counter(item.figures.sample_rate_hz for _, item in members if item.figures)
    usual = max(rates, key=lambda rate: (rates[rate], rate))
    for find, item in members:
        if item.figures and item.figures.sample_rate_hz != usual:
            rate = item.figures.sample_rate_hz
            find.judge("rate_changes", float(abs(rate - usual)), f"{rate} Hz, most have {usual} Hz")


def check_bandwidths(members: Members) -> None:
    """Bandwidths against the speaker's median: one file from an MP3 among originals."""
    widths = [item.figures.bandwidth_hz for _, item in members if item.figures]
    if len(widths) < FEWEST:
        return
    median_hz = float(np.median(widths))
    for find, item in members:
        if item.figures:
            width_hz = item.figures.bandwidth_hz
            detail = f"{width_hz / 1000:.1f} kHz, usually {median_hz / 1000:.1f} kHz"
            find.judge("bandwidth_outlier", width_hz / median_hz, detail)


def check_loudness(members: Members) -> None:
    """Levels against the speaker's median."""
    levels = [item.figures.active_db for _, item in members if item.figures and item.figures.peak_db > -60]
    if len(levels) < FEWEST:
        return
    median_db = float(np.median(levels))
    for find, item in members:
        if item.figures and item.figures.peak_db > -60 and not find.only_breath:
            difference_db = item.figures.active_db - median_db
            find.judge("loudness_outlier", abs(difference_db), f"{difference_db:+.0f} dB")


def check_pace(members: Members) -> None:
    """Phones a second against the speaker's median, where the labels were not made by hand or from an oto.ini.

    A few phones more or less say nothing in a short file, so `PACE_SLACK` of them are added on both sides.
    """
    paced = [
        (find, float(item.figures.phones), item.figures.phones_per_second)
        for find, item in members
        if item.figures and item.figures.phones and item.figures.phones_per_second
        and find.recording.label_origin in ("", "aligned")
    ]  # fmt: skip
    if len(paced) < FEWEST:
        return
    usual = float(np.median([pace for _, _, pace in paced]))
    expected = np.array([phones / pace * usual for _, phones, pace in paced])
    said = np.array([phones for _, phones, _ in paced])
    deviations = np.abs(np.log((said + PACE_SLACK) / (expected + PACE_SLACK)))
    limit = PACE_MADS * float(np.median(deviations))
    for (find, phones, pace), deviation in zip(paced, deviations, strict=True):
        if deviation > limit:
            detail = f"{phones:.0f} phones, {pace:.1f} a second, usually {usual:.1f}"
            find.judge("pace_outlier", float(np.exp(deviation)), detail)


def check_detected_language(members: Members) -> None:
    """A speaker whose texts look like another language; judged on many lines, because single ones mislead."""
    from svs_cli.frontend.detect import detect_language

    texts: dict[str, list[Finder]] = defaultdict(list)
    for find, item in members:
        if item.language in LATIN_LANGUAGES and find.recording.text:
            texts[item.language].append(find)
    for language, finders in texts.items():
        chosen = finders[:: max(1, len(finders) // DETECT_TEXTS)]
        if len(chosen) < FEWEST_TEXTS:
            continue
        lines = [find.recording.text for find in chosen]
        batches = [lines[at : at + LANGUAGE_LINES] for at in range(0, len(lines), LANGUAGE_LINES)]
        found = Counter(detect_language(" ".join(batch).split()) for batch in batches)
        other, count = found.most_common(1)[0]
        if other != language and count > len(batches) / 2:
            for find in finders:
                find.judge("language_other", detail=f"{other!r} rather than {language!r}")


def check_copies(finders: Sequence[Finder], examined: Sequence[Examined]) -> list[tuple[int, int]]:
    """Note copies; returns all pairs of them."""
    same: dict[str, list[int]] = defaultdict(list)
    for index, item in enumerate(examined):
        if item.figures is not None and item.digest:
            same[item.digest].append(index)
    exact = [(group[0], other) for group in same.values() for other in group[1:]]
    later = {other for _, other in exact}
    empty = np.zeros(0, np.uint32)
    near = [
        (copy.first, copy.second)
        for copy in copies([empty if i in later else item.words for i, item in enumerate(examined)])
    ]
    for pair, code in [*((pair, "duplicate") for pair in exact), *((pair, "near_duplicate") for pair in near)]:
        kept, copy_of = by_split(pair, finders)
        leaks = len({finders[kept].recording.split or "", finders[copy_of].recording.split or ""} - {""}) > 1
        first = finders[kept].recording
        where = f"{first.audio.name} ({first.split})" if leaks else first.audio.name
        finders[copy_of].judge("duplicate_leak" if leaks else code, detail=where, other=first.audio)
    return exact + near


def by_split(pair: tuple[int, int], finders: Sequence[Finder]) -> tuple[int, int]:
    """Which of two copies stays, and which is at fault."""
    kept, copy_of = sorted(pair, key=lambda index: (SPLIT_ORDER[finders[index].recording.split], index))
    return kept, copy_of


def check_groups(finders: Sequence[Finder]) -> None:
    """A song or prompt in two splits: what is nearer to training is at fault."""
    groups: dict[str, list[Finder]] = defaultdict(list)
    for find in finders:
        if find.recording.group and find.recording.split:
            groups[find.recording.group].append(find)
    for group, members in groups.items():
        splits = sorted({find.recording.split for find in members}, key=SPLIT_ORDER.__getitem__)
        for find in members if len(splits) > 1 else ():
            if find.recording.split != splits[0]:
                detail = f"{group!r} in {find.recording.split} and {splits[0]}"
                find.judge("group_leak", detail=detail)


def mended_splits(recordings: Sequence[Recording], pairs: Iterable[tuple[int, int]]) -> list[Recording]:
    """Recordings with each group, and each take with its copies, whole in the split that most of it is in.

    With a tie the split that is further from training gets it, so that no test piece is ever trained on. Copies become
    one group, so that preparing does not divide them either.
    """
    families = united(recordings, pairs)
    mended = list(recordings)
    for members in families:
        votes = Counter(recordings[index].split for index in members if recordings[index].split)
        split = max(SPLITS, key=lambda name: (votes[name], -SPLIT_ORDER[name])) if votes else ""
        first = recordings[members[0]]
        groups = {recordings[index].group or recordings[index].audio.stem for index in members}
        for index in members:
            group = (first.group or first.audio.stem) if len(groups) > 1 else recordings[index].group
            mended[index] = replace(recordings[index], split=split, group=group)
    return mended


def united(recordings: Sequence[Recording], pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Indices of recordings that belong together by group or as copies, in order; loners are left out."""
    parent = list(range(len(recordings)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    firsts: dict[str, int] = {}
    named = [(firsts.setdefault(item.group, index), index) for index, item in enumerate(recordings) if item.group]
    for first, second in [*pairs, *named]:
        parent[root(second)] = root(first)
    families: dict[int, list[int]] = defaultdict(list)
    for index in range(len(recordings)):
        families[root(index)].append(index)
    return [members for members in families.values() if len(members) > 1]
