"""Which stretches of a recording go into a shard, and the labels of each.

Conventions
-----------
- A stretch is (first, last) in samples at the grid's rate, last exclusive. Most recordings have one: the sound and
  0.25 s around it. A recording of more than 60 s has several, cut at its pauses.
- Labels and sound have to agree that something is silence before it is trimmed.
- Words and phones without times cannot be divided: stretches of a long recording go without them.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from svs_cli.corpus.manifest import Note, Recording
from svs_cli.corpus.preparing import silence
from svs_cli.corpus.preparing.silence import LONGEST_SECONDS, Span
from svs_cli.errors import CorpusError
from svs_cli.frontend.inventory import BREATH, SILENCE, load_inventory
from svs_cli.units import GRID

SHORTEST_SECONDS = 0.2
TOLERATED_OVERHANG_SECONDS = 0.1
LABELLED_PAUSE_SECONDS = 0.1
Stretch = tuple[int, int]


def check_label(recording: Recording, seconds: float) -> None:
    """Raise CorpusError if phones are not in the inventory or their times do not fit an audio file of this length."""
    unknown = sorted(set(recording.phones) - set(load_inventory().symbols))
    if unknown:
        raise CorpusError(
            f"{recording.audio}: unknown phones {' '.join(unknown)}", fix="the phones are in data/phones/inventory.toml"
        )
    ends = recording.phone_ends_seconds
    if ends and abs(ends[-1] - seconds) > TOLERATED_OVERHANG_SECONDS:
        raise CorpusError(
            f"{recording.audio}: the labels end at {ends[-1]:.2f} s, the audio at {seconds:.2f} s",
            fix="import the corpus again; its labels belong to another version of the file",
        )


def stretches_of(recording: Recording, samples: NDArray[np.float32]) -> list[Stretch]:
    """The stretches to keep. Raises CorpusError if there is only silence, too little, or no pause to cut at."""
    seconds = len(samples) / GRID.sample_rate_hz
    mask = silence.sounding(samples)
    span = silence.sound_span(mask)
    if span is None:
        raise CorpusError(f"{recording.audio}: holds nothing but silence", fix="record it again or leave it out")
    labelled = labelled_span(recording)
    begin, end = (min(span[0], labelled[0]), max(span[1], labelled[1])) if labelled else span
    kept = silence.SILENCE_KEPT_SECONDS
    whole = max(0.0, begin - kept), min(seconds, end + kept)
    if whole[1] - whole[0] < SHORTEST_SECONDS:
        raise CorpusError(f"{recording.audio}: lasts {seconds:.2f} s, at least {SHORTEST_SECONDS} s are needed")
    spans = [whole]
    if whole[1] - whole[0] > LONGEST_SECONDS:
        try:
            spans = silence.cut(whole, labelled_pauses(recording) or silence.pauses(mask))
        except CorpusError as error:
            raise CorpusError(f"{recording.audio}: {error.message}", fix=error.fix) from error
    stretches = [(round(a * GRID.sample_rate_hz), round(b * GRID.sample_rate_hz)) for a, b in spans]
    return [(first, min(last, len(samples))) for first, last in stretches]


def labelled_span(recording: Recording) -> Span | None:
    """From the first to the last phone that is no silence; None without times or phones."""
    sung = [index for index, phone in enumerate(recording.phones) if phone != SILENCE]
    if not recording.phone_ends_seconds or not sung:
        return None
    return recording.phone_starts_seconds[sung[0]], recording.phone_ends_seconds[sung[-1]]


def labelled_pauses(recording: Recording) -> list[Span]:
    """Silences and breaths of the label, longest ones of real silence included."""
    spans = zip(recording.phones, recording.phone_starts_seconds, recording.phone_ends_seconds, strict=False)
    return [(a, b) for phone, a, b in spans if phone in (SILENCE, BREATH) and b - a >= LABELLED_PAUSE_SECONDS]


def label_within(recording: Recording, stretch: Stretch, *, divided: bool = False) -> Recording:
    """The recording as if its audio were the stretch: times moved, phones and notes outside left out.

    `divided` says that there are other stretches: then what has no time belongs to none of them.
    """
    begin, end = (sample / GRID.sample_rate_hz for sample in stretch)
    moved = replace(
        recording,
        notes=tuple(
            note_within(note, begin, end)
            for note in recording.notes
            if note.end_seconds > begin and note.start_seconds < end
        ),
        nuclei_seconds=tuple(round(s - begin, 6) for s in recording.nuclei_seconds if begin <= s < end),
    )
    if not recording.phone_ends_seconds:
        return replace(moved, text="", phones=(), phone_confidences=()) if divided else moved
    timed = list(zip(recording.phone_starts_seconds, recording.phone_ends_seconds, strict=True))
    kept = [index for index, (a, b) in enumerate(timed) if b > begin + 1e-4 and a < end - 1e-4]
    ends = [round(min(timed[index][1], end) - begin, 6) for index in kept]
    ends[-1:] = [round(end - begin, 6)] if ends else []
    return replace(
        moved,
        text="" if divided else recording.text,
        phones=tuple(recording.phones[index] for index in kept),
        phone_ends_seconds=tuple(ends),
        phone_confidences=tuple(recording.phone_confidences[index] for index in kept)
        if recording.phone_confidences
        else (),
    )


def note_within(note: Note, begin: float, end: float) -> Note:
    """A note in the time of a stretch, cut at its ends."""
    return replace(
        note,
        start_seconds=round(max(note.start_seconds, begin) - begin, 6),
        end_seconds=round(min(note.end_seconds, end) - begin, 6),
    )
