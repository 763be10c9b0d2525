"""When singers sang what a score asks for: a draft of the score beside the labelled times of its phones.

Conventions
-----------
- A song is a score and a label file of the same name, anywhere in a folder, or full-context labels alone (their field
  /E: holds the notes and their lengths). No audio is needed.
- The document's notes keep the score's time, put on the clock of the labels: a score without tempo mark is stretched, a
  count-in is taken out (`clock_of`). Songs that do not keep to any clock are left out, with the reason.
- `starts_seconds` and `ends_seconds` are the labels', of every phone of every segment; NaN where the labels have none.
- Of the pauses, a breath has times, and a silence has only its start: the end of what was sung before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from svs_cli.corpus.hts import LabelLine, asked_notes, phone_of_full_context, read_hts
from svs_cli.corpus.importers.files import key_of, tree_of
from svs_cli.corpus.importers.labels import PAUSES
from svs_cli.corpus.importers.phone_sets import detect_phone_set, read_phones
from svs_cli.corpus.importers.protocol import Rejection
from svs_cli.corpus.importers.scores import SCORE_SUFFIXES
from svs_cli.corpus.utau.words import LabelError
from svs_cli.duration.arrange import is_vowel
from svs_cli.duration.times import PhoneFacts
from svs_cli.errors import CorpusError, SvsError
from svs_cli.frontend.draft import draft
from svs_cli.frontend.dynamics import DynamicLine
from svs_cli.frontend.inventory import BREATH, SILENCE, load_inventory
from svs_cli.frontend.segments import assemble
from svs_cli.frontend.syllables import split_syllable
from svs_cli.frontend.timeline import Syllable, phrases_of
from svs_cli.performance.document import Performance, Segment
from svs_cli.score.model import Note
from svs_cli.score.read import read_score

LABEL_SUFFIX = ".lab"
USUAL_LAG_SECONDS = 0.03  # median of the songs of no7_singing whose labels run from bar 1 of their scores
LARGEST_STRETCH = 0.005  # within it a score's tempo is the singer's
LARGEST_LAG_SECONDS = 0.2  # a median beyond it is a count-in
LARGEST_SPREAD_SECONDS = 0.12  # between the quartiles of a song's lags; beyond it nobody kept to the clock
LEAST_MATCHED_SHARE = 0.8

Times = NDArray[np.float64]


@dataclass(frozen=True)
class Clock:
    """Label time of a score's time: `stretch` times it plus `offset_seconds`."""

    stretch: float = 1.0
    offset_seconds: float = 0.0


@dataclass(frozen=True)
class SungSong:
    """A song's document and the labelled times of its phones, a pair of arrays (phones,) a segment."""

    name: str
    performance: Performance
    starts_seconds: tuple[Times, ...]
    ends_seconds: tuple[Times, ...]
    clock: Clock = Clock()

    def segments(self) -> Iterator[tuple[Segment, Times, Times]]:
        """Each segment with the times of its phones."""
        yield from zip(self.performance.segments, self.starts_seconds, self.ends_seconds, strict=True)


def targets_of(
    segment: Segment, facts: Sequence[PhoneFacts], starts: NDArray[np.float64], ends: NDArray[np.float64]
) -> Iterator[tuple[float, float, bool]]:
    """Of each phone its length and its word's shift in seconds, NaN where it has none, and whether it is in a rest."""
    begins = segment.offset_seconds + np.concatenate([[0.0], np.cumsum(segment.note_durations_seconds)])
    for phones, notes in zip(segment.word_phone_slices(), segment.word_note_slices(), strict=True):
        rests = segment.notes[notes.start] is None
        for i in range(phones.start, phones.stop):
            begins_word = i == phones.start and notes.start > 0 and (rests or facts[i].nucleus)
            measured = not is_vowel(segment.phones[i], facts[i]) and facts[i].phone_class != "silence"
            measured = measured and not (begins_word and not rests)
            length = ends[i] - starts[i] if measured else np.nan
            shift = starts[i] - begins[notes.start] if begins_word else np.nan
            yield float(length), float(shift), rests


def sung_songs(root: Path, language: str | None = None) -> Iterator[SungSong | Rejection]:
    """The songs of a folder, in the order of their names, and the label files that are none, each with its reason.

    Raises CorpusError for a folder without labels.
    """
    tree = tree_of(root)
    labels = tree.ending(LABEL_SUFFIX)
    if not labels:
        raise CorpusError(f"there are no {LABEL_SUFFIX} files in {root}", fix="name the folder of labels and scores")
    scores = {key_of(path.stem): path for path in reversed(tree.ending(*SCORE_SUFFIXES))}
    for label in labels:
        try:
            yield sung_song(label, scores.get(key_of(label.stem)), language)
        except SvsError as error:
            yield Rejection(label, error.message)


def sung_song(label: Path, score: Path | None, language: str | None = None) -> SungSong:
    """One song; without a score its labels must say the notes. Raises CorpusError or ScoreError with the reason."""
    lines = read_hts(label)
    symbols = [phone_of_full_context(line.label) for line in lines]
    read = read_phones(symbols, detect_phone_set(symbols, language or ""))
    if score is not None:
        piece = read_score(score)
        part = next((part for part in piece.parts if part.has_lyrics), None)
        if part is None:
            raise LabelError(f"the score {score.name} has no words")
        performance = draft(piece, part, language=language)
    else:
        performance = performance_of_context(lines, read)
    timed = [
        (phone, line.start_seconds, line.end_seconds) for line, group in zip(lines, read, strict=True)
        for phone in group or (SILENCE,)
    ]  # fmt: skip
    return matched(label.stem, performance, timed)


def performance_of_context(lines: Sequence[LabelLine], read: Sequence[tuple[str, ...]]) -> Performance:
    """The document that full-context labels ask for. Raises LabelError if they name no notes."""
    syllables: list[Syllable] = []
    notes = asked_notes(lines)
    if not notes:
        raise LabelError("there is no score of that name, and the labels say nothing of notes")
    for asked, phones in zip(notes, read, strict=True):
        if asked.midi is None:
            continue
        if not asked.begins:
            syllables[-1] = replace(syllables[-1], body=(*syllables[-1].body, *phones))
            continue
        start, length = (Fraction(value).limit_denominator(100) for value in (asked.start_seconds, asked.seconds))
        end = asked.start_seconds + asked.seconds
        note = Note(start, length, asked.midi, None)
        syllables.append(Syllable([note], [asked.start_seconds], end, len(syllables), body=tuple(phones)))
    for syllable in syllables:
        syllable.onset, syllable.body = split_syllable(syllable.body)
    if not syllables:
        raise LabelError("the labels hold nothing but rests")
    length_seconds = notes[-1].start_seconds + notes[-1].seconds
    segments = assemble(phrases_of(syllables), length_seconds, DynamicLine(()), breathes=True)
    return Performance(tuple(segments), length_seconds)


def matched(name: str, performance: Performance, timed: Sequence[tuple[str, float, float]]) -> SungSong:
    """The document on the labels' clock, with their times. Raises LabelError where they do not belong together."""
    asked = [phone for segment in performance.segments for phone in segment.phones]
    place = [i for i, phone in enumerate(asked) if phone not in PAUSES]
    sung = [i for i, (phone, _, _) in enumerate(timed) if phone not in PAUSES]
    matcher = SequenceMatcher(None, [asked[i] for i in place], [timed[i][0] for i in sung], autojunk=False)
    pairs = {
        place[block.a + k]: sung[block.b + k] for block in matcher.get_matching_blocks() for k in range(block.size)
    }
    if len(pairs) < LEAST_MATCHED_SHARE * len(place):
        raise LabelError(f"only {len(pairs)} of the score's {len(place)} phones are found in the labels")
    starts, ends = np.full(len(asked), np.nan), np.full(len(asked), np.nan)
    for own, other in pairs.items():
        starts[own], ends[own] = timed[other][1:]
    find_pauses(asked, pairs, timed, starts, ends)
    stops = np.cumsum([len(segment.phones) for segment in performance.segments])[:-1]
    parts = tuple(np.split(starts, stops)), tuple(np.split(ends, stops))
    clock = clock_of(performance, parts[0])
    return SungSong(name, on_clock(performance, clock), *parts, clock)


def find_pauses(
    asked: Sequence[str], pairs: dict[int, int], timed: Sequence[tuple[str, float, float]], starts: Times, ends: Times
) -> None:
    """Fill in times of breaths and starts of silences between phones that were found, where the labels pause too.

    Consonants whose labelled neighbour is a pause that the score does not have are forgotten: they were sung otherwise.
    """
    nuclei = load_inventory().nuclei
    for own, other in sorted(pairs.items()):
        first = own
        while first and asked[first - 1] in PAUSES:
            first -= 1
        begun = other
        while begun and timed[begun - 1][0] in PAUSES:
            begun -= 1
        if first < own and begun < other:
            starts[first] = timed[begun][1]
            breaths = [item for item in timed[begun:other] if item[0] == BREATH]
            if breaths and BREATH in asked[first:own]:
                where = first + asked[first:own].index(BREATH)
                starts[where], ends[where] = breaths[0][1], breaths[-1][2]
        elif (first < own) != (begun < other) and asked[own] not in nuclei:
            ends[own] = np.nan


def clock_of(performance: Performance, starts_seconds: Sequence[Times]) -> Clock:
    """The labels' clock against the score's. Raises LabelError for a song that keeps to none.

    A straight line through the onsets of notes and of their nuclei; where its slope is nearly 1 the tempo is right, and
    what is then left over is the singer's lag, unless it is larger than any lag.
    """
    asked, sung = onsets(performance, starts_seconds)
    stretch = float(np.polyfit(asked, sung, 1)[0])
    if abs(stretch - 1) < LARGEST_STRETCH:
        stretch = 1.0
    lags = sung - stretch * asked
    low, middle, high = np.percentile(lags, [25, 50, 75])
    if high - low > LARGEST_SPREAD_SECONDS:
        raise LabelError(f"the singer does not keep to the score's tempo (quartiles of lag {high - low:.2f} s apart)")
    return Clock(stretch, float(middle) - USUAL_LAG_SECONDS if abs(middle) > LARGEST_LAG_SECONDS else 0.0)


def onsets(performance: Performance, starts_seconds: Sequence[Times]) -> tuple[Times, Times]:
    """Onsets of sung words by the score, and of their nuclei by the labels, both (words found,)."""
    nuclei = load_inventory().nuclei
    asked: list[float] = []
    sung: list[float] = []
    for segment, starts in zip(performance.segments, starts_seconds, strict=True):
        begins = segment.offset_seconds + np.concatenate([[0.0], np.cumsum(segment.note_durations_seconds)])
        for phones, notes in zip(segment.word_phone_slices(), segment.word_note_slices(), strict=True):
            nucleus = next((i for i in range(phones.start, phones.stop) if segment.phones[i] in nuclei), None)
            if segment.notes[notes.start] is not None and nucleus is not None and np.isfinite(starts[nucleus]):
                asked.append(float(begins[notes.start]))
                sung.append(float(starts[nucleus]))
    if len(asked) < 8:
        raise LabelError("too few notes are found in the labels")
    return np.array(asked), np.array(sung)


def on_clock(performance: Performance, clock: Clock) -> Performance:
    """The document with its times on the labels' clock."""
    segments = tuple(
        segment.with_(
            offset_seconds=clock.stretch * segment.offset_seconds + clock.offset_seconds,
            note_durations_seconds=tuple(clock.stretch * seconds for seconds in segment.note_durations_seconds),
        )
        for segment in performance.segments
    )
    length = clock.stretch * performance.duration_seconds + clock.offset_seconds
    return performance.with_(segments=segments, duration_seconds=length)
