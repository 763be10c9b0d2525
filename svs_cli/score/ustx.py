"""OpenUtau projects (`.ustx`): YAML with tempos, tracks and voice parts.

Conventions
-----------
- Positions are ticks, 480 to a quarter note, those of notes relative to their voice part.
- All voice parts of a track make one part. Empty tracks are left out.
- "+" sings the next syllable of the word, "+~" and "-" prolong the syllable that sounds. A phonetic hint in
  brackets ("hello[hh ax l ow]") is dropped: the frontend knows its own phones.
- The file is untrusted: it is loaded without tags that make objects, without aliases (they can make a small file
  huge) and without deep nesting; OpenUtau itself writes none of these. Every scalar is loaded as text, because YAML
  would make booleans of the lyrics "no" and "on".
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from svs_cli.errors import ScoreError
from svs_cli.score.line import ChordChoice, LooseNote, Meter, build_part
from svs_cli.score.model import Lyric, Part, Quarters, Score, SyllablePosition, TempoMap
from svs_cli.score.utau_lyrics import split_word, sung_of

DEFAULT_TICKS_PER_QUARTER = 480
LATEST_TICK = 480 * 4 * 10_000
DEEPEST_NESTING = 24
NOTHING: tuple[object, ...] = ("null", "~", "{}")
Mapping = dict[str, Any]


def read_ustx(path: Path, *, chord: ChordChoice = "top") -> Score:
    """The score in an OpenUtau project. Raises ScoreError, with the bar, for anything that cannot be sung."""
    project = load_project(path)
    resolution = number(project, "resolution", "project", DEFAULT_TICKS_PER_QUARTER, low=1, high=100_000)
    ticks_per_quarter = Fraction(resolution)
    meter = meter_of(project)
    tempo = tempo_map_of(project, ticks_per_quarter)
    names = [str(track.get("track_name") or "") for track in mappings(project, "tracks")]
    notes_of_track: dict[int, list[tuple[LooseNote, str]]] = defaultdict(list)
    end = Fraction(0)
    for index, voice in enumerate(mappings(project, "voice_parts"), 1):
        track = int(number(voice, "track_no", f"voice part {index}", 0, low=0, high=10_000))
        read, voice_end = notes_of(voice, index, ticks_per_quarter, meter)
        notes_of_track[track] += read
        end = max(end, voice_end)
    parts: list[Part] = []
    warnings: list[str] = []
    for track, read in sorted(notes_of_track.items()):
        name = (names[track] if track < len(names) else "") or f"Track {track + 1}"
        loose = spread_words(sorted(read, key=lambda pair: pair[0].onset_quarters))
        if loose:
            part, more = build_part(loose, id=f"P{track + 1}", name=name, meter=meter, chord=chord)
            parts.append(part)
            warnings += more
    if not parts:
        raise ScoreError(f"{path.name} has no notes to sing", fix="check that it was saved with its voice parts")
    end = max(end, *(part.notes[-1].end_quarters for part in parts))
    title = str(project.get("name") or "") or path.stem
    return Score(title, tuple(parts), tempo, end, source=path.name, warnings=tuple(warnings))


def load_project(path: Path) -> Mapping:
    """The YAML document as plain data. Raises ScoreError when it is damaged or hostile."""
    import yaml

    # The base loader makes lists, mappings and strings only; the one in C is about ten times faster.
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        text = path.read_bytes().decode("utf-8-sig")
        depth = 0
        for event in yaml.parse(text, Loader=loader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if isinstance(event, yaml.AliasEvent) or depth > DEEPEST_NESTING:
                raise ScoreError(f"{path.name}: aliases and nesting this deep are not allowed in an OpenUtau project")
        project = loader(text).get_single_data()
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, TypeError, OverflowError) as error:
        reason = str(error).replace("\n", " ")
        raise ScoreError(f"{path.name} is damaged YAML: {reason}", fix="save it again in OpenUtau") from error
    if not isinstance(project, dict):
        raise ScoreError(f"{path.name} is no OpenUtau project", fix="save it again in OpenUtau")
    return project


def number(owner: Mapping, key: str, where: str, default: float | None = None, *, low: float, high: float) -> float:
    """A finite number under `key`, within bounds. Raises ScoreError."""
    text = owner.get(key)
    if text is None and default is not None:
        return default
    try:
        value = float(text) if isinstance(text, str) else math.nan
    except ValueError:
        value = math.nan
    if not low <= value <= high:
        raise ScoreError(f"{where}: {key} is {str(text)[:40]!r}, not a number from {low:g} to {high:g}")
    return value


def mappings(owner: Mapping, key: str) -> list[Mapping]:
    """The list of mappings under `key`; empty if it is missing. Raises ScoreError."""
    value = owner.get(key) or []
    if value in NOTHING:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ScoreError(f"{key} must be a list of mappings")
    return value


def meter_of(project: Mapping) -> Meter:
    """Bars from the time signatures, which OpenUtau places by bar index from 0."""
    listed = mappings(project, "time_signatures") or [project]
    read = []
    for item in listed:
        bar = int(number(item, "bar_position", "time signature", 0, low=0, high=100_000))
        beats = int(number(item, "beat_per_bar", f"time signature at bar {bar + 1}", 4, low=1, high=256))
        unit = int(number(item, "beat_unit", f"time signature at bar {bar + 1}", 4, low=1, high=256))
        read.append((bar, beats, unit))
    signatures: list[tuple[Quarters, int, int]] = []
    position, bar_before, bar_quarters = Fraction(0), 0, Fraction(4)
    for bar, beats, unit in sorted(read):
        position += (bar - bar_before) * bar_quarters
        signatures.append((position, beats, unit))
        bar_before, bar_quarters = bar, Fraction(4 * beats, unit)
    return Meter.of(signatures)


def tempo_map_of(project: Mapping, ticks_per_quarter: Fraction) -> TempoMap:
    """Tempo changes in quarters. Raises ScoreError for a tempo outside 1 to 2000."""
    listed = mappings(project, "tempos") or [project]
    changes: dict[Quarters, float] = {}
    for item in listed:
        tick = number(item, "position", "tempo", 0, low=0, high=LATEST_TICK)
        changes[Fraction(tick) / ticks_per_quarter] = float(
            number(item, "bpm", f"tempo at {tick:g}", 120, low=1, high=2000)
        )
    first = min(changes)
    changes.setdefault(Fraction(0), changes[first])
    return TempoMap(tuple(sorted(changes.items())))


def notes_of(
    voice: Mapping, index: int, ticks_per_quarter: Fraction, meter: Meter
) -> tuple[list[tuple[LooseNote, str]], Quarters]:
    """The notes of a voice part with their lyrics as written, and the part's end in quarters. Raises ScoreError."""
    part_tick = number(voice, "position", f"voice part {index}", 0, low=0, high=LATEST_TICK)
    length_ticks = number(voice, "duration", f"voice part {index}", 0, low=0, high=LATEST_TICK)
    notes: list[tuple[LooseNote, str]] = []
    for count, item in enumerate(mappings(voice, "notes"), 1):
        where = f"voice part {index}, note {count}"
        tick = part_tick + number(item, "position", where, low=0, high=LATEST_TICK)
        onset = Fraction(tick) / ticks_per_quarter
        where = f"bar {meter.place(onset)[0]}: {where}"
        duration = Fraction(number(item, "duration", where, low=1, high=LATEST_TICK)) / ticks_per_quarter
        tuning_cents = number(item, "tuning", where, 0, low=-1200, high=1200)
        midi = number(item, "tone", where, low=0, high=127) + tuning_cents / 100
        notes.append((LooseNote(onset, duration, float(midi)), str(item.get("lyric") or "")))
    return notes, Fraction(part_tick + length_ticks) / ticks_per_quarter


def spread_words(notes: Iterable[tuple[LooseNote, str]]) -> list[LooseNote]:
    """Notes with their lyrics: words are spread over the "+" notes that follow, rests are left out."""
    line: list[LooseNote] = []
    word: list[int] = []  # where in `line` the syllables of the current word can be sung
    for note, raw in [*notes, (None, "")]:
        sung = sung_of(raw)
        if note is None or sung.kind in ("syllable", "rest", "breath"):
            _spread(line, word)
            word = [len(line)]
        elif raw.strip() == "+" or raw.strip()[1:].isdigit():
            word.append(len(line))
        if note is None or sung.kind == "rest":
            continue
        if sung.kind == "breath":
            line[-1:] = [replace(before, breath_after=True) for before in line[-1:]]
        elif sung.kind == "continue":
            line.append(replace(note, continues=True))
        else:
            line.append(replace(note, lyric=Lyric(sung.text)))
    return line


def _spread(line: list[LooseNote], word: list[int]) -> None:
    if len(word) < 2 or (first := line[word[0]].lyric) is None:
        return
    pieces = split_word(first.text, len(word))
    for order, (index, piece) in enumerate(zip(word, pieces, strict=False)):
        last = order == len(pieces) - 1
        position: SyllablePosition = "middle"
        if order == 0 or last:
            position = "single" if len(pieces) == 1 else "end" if last else "begin"
        line[index] = replace(line[index], lyric=Lyric(piece, position), continues=False)
