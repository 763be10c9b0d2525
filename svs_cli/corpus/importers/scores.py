"""Scores beside recordings: what is sung by them, and their notes at the times of phone labels.

Conventions
-----------
- A score's own times are those of its tempo; a singer's are found by matching the score's nuclei with the labels'.
- Notes of a manifest start at the nucleus and end where the next begins, or with the sound before a pause.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np

from svs_cli.corpus.importers.labels import PAUSES
from svs_cli.corpus.manifest import Note
from svs_cli.corpus.utau.words import SILENCE, LabelError
from svs_cli.frontend.draft import draft
from svs_cli.frontend.inventory import load_inventory
from svs_cli.performance.document import Performance
from svs_cli.score.model import Score
from svs_cli.score.read import read_score

SCORE_SUFFIXES = (".musicxml", ".mxl", ".xml", ".mid", ".midi", ".ust", ".ustx")
LEAST_MATCHED_SHARE = 0.8
LENGTH_TOLERANCE = 0.03
LENGTH_TOLERANCE_SECONDS = 1.0


@dataclass(frozen=True)
class SungNote:
    """A note of a score: its time by the score, its pitch, and the nucleus sung on it."""

    note: Note
    nucleus: str


@dataclass(frozen=True)
class SungScore:
    """What a score asks a singer for."""

    language: str
    text: str
    phones: tuple[str, ...]
    sung: tuple[SungNote, ...]
    duration_seconds: float
    nuclei_seconds: tuple[float | None, ...]

    @property
    def notes(self) -> tuple[Note, ...]:
        return tuple(sung.note for sung in self.sung)

    def lasts_as_long_as(self, audio_seconds: float) -> bool:
        """Whether a recording can have been sung to the score's clock."""
        tolerance = LENGTH_TOLERANCE_SECONDS + LENGTH_TOLERANCE * audio_seconds
        return abs(self.duration_seconds - audio_seconds) < tolerance


def score_of(path: Path) -> Score:
    """The score of a file. Raises ScoreError."""
    return read_score(path)


def sung_score(score: Score, language: str | None) -> SungScore:
    """The first part with words. Raises LabelError if none has any, LyricsError if they cannot be read."""
    part = next((part for part in score.parts if part.has_lyrics), None)
    if part is None:
        raise LabelError("the score has no words")
    performance = draft(score, part, language=language)
    phones = tuple(phone for segment in performance.segments for phone in segment.phones if phone not in PAUSES)
    return SungScore(
        performance.language,
        " ".join(segment.text for segment in performance.segments).strip(),
        phones,
        tuple(sung_notes(performance)),
        performance.duration_seconds,
        tuple(nuclei_by_score(performance)),
    )


def nuclei_by_score(performance: Performance) -> Iterator[float | None]:
    """When each syllable nucleus begins by the score; a second one on the same note has no time of its own."""
    nuclei = load_inventory().nuclei
    for segment in performance.segments:
        starts = segment.offset_seconds + np.concatenate([[0.0], np.cumsum(segment.note_durations_seconds)])
        for words, notes in zip(segment.word_phone_slices(), segment.word_note_slices(), strict=True):
            count = sum(phone in nuclei for phone in segment.phones[words])
            yield from [float(starts[notes.start]), *[None] * (count - 1)] if count else ()


def sung_notes(performance: Performance) -> list[SungNote]:
    """Every note of a draft with the nucleus that it carries; slurred notes repeat theirs."""
    nuclei = load_inventory().nuclei
    found: list[SungNote] = []
    for segment in performance.segments:
        starts = [segment.offset_seconds + sum(segment.note_durations_seconds[:i]) for i in range(len(segment.notes))]
        for words, notes in zip(segment.word_phone_slices(), segment.word_note_slices(), strict=True):
            nucleus = next((phone for phone in segment.phones[words] if phone in nuclei), SILENCE)
            for index in range(notes.start, notes.stop):
                midi = segment.notes[index]
                if midi is not None:
                    end = starts[index] + segment.note_durations_seconds[index]
                    lyric = segment.details[index].lyric if segment.details else ""
                    found.append(SungNote(Note(round(starts[index], 4), round(end, 4), midi, lyric), nucleus))
    return found


def notes_at_labels(
    score: SungScore, phones: Sequence[str], starts_seconds: Sequence[float], ends_seconds: Sequence[float]
) -> tuple[Note, ...]:
    """The score's notes at the times of labelled phones.

    Raises LabelError if fewer than `LEAST_MATCHED_SHARE` of the notes find their nucleus.
    """
    nuclei = load_inventory().nuclei
    places = [i for i, phone in enumerate(phones) if phone in nuclei]
    matcher = SequenceMatcher(
        None, [sung.nucleus for sung in score.sung], [phones[place] for place in places], autojunk=False
    )
    matched = {
        block.a + offset: places[block.b + offset]
        for block in matcher.get_matching_blocks()
        for offset in range(block.size)
    }
    if len(matched) < LEAST_MATCHED_SHARE * len(score.sung):
        raise LabelError(f"only {len(matched)} of the score's {len(score.sung)} notes are found in the labels")
    onsets = sorted(matched.items())
    notes = []
    for (index, place), following in zip(onsets, [*(place for _, place in onsets[1:]), len(phones)], strict=True):
        pause = next((i for i in range(place, following) if phones[i] in PAUSES), None)
        stop = pause if pause is not None else following
        end = starts_seconds[stop] if stop < len(phones) else ends_seconds[-1]
        note = score.sung[index].note
        notes.append(Note(round(starts_seconds[place], 4), round(end, 4), note.midi, note.lyric))
    return tuple(notes)
