"""What the timing model sees of each phone: how it and its neighbours are made, and the notes that it is sung on.

Conventions
-----------
- One row a phone of a segment, shape (phones, `SUNG_FEATURES`), float32, values about -2..2; what is not there is 0.
- Articulation comes first: of two phones before, the phone itself and two after. Here consonants of a cluster do not
  see each other: each has the vowels or pauses around the cluster as neighbours, and of a cluster before it a nucleus
  sees the last consonant alone. Languages with few clusters can teach this part; how consonants of a cluster shorten
  each other is learned apart (`spoken_features`), from speech.
- Lengths of notes and rests enter as log2 of seconds over half a second; a word has the notes of its melisma together.
- "Own" is the word whose list holds the phone. Onset consonants stand in the word before (the timing contract), so to
  them the note that they lead to is the "next" one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from svs_cli.duration.arrange import is_vowel
from svs_cli.duration.articulation import ARTICULATION, articulation_of
from svs_cli.duration.times import GEMINATE, PhoneFacts
from svs_cli.performance.document import Performance, Segment

Rows = NDArray[np.float32]

TEMPO_REACH = 4  # words on either side that say how fast the song is here
LENGTHS_REACH = 3
REFERENCE_SECONDS, SHORTEST_SECONDS, LONGEST_SECONDS = 0.5, 0.02, 8.0
REFERENCE_MIDI, OCTAVE = 60.0, 12.0
FAR_WORDS = 6  # further from the phrase's ends makes no difference
CONTEXT = (
    "first_nucleus", "last_note", "next_first_note", "own_notes", "next_notes",
    *(f"length_{k:+d}" for k in range(-LENGTHS_REACH, LENGTHS_REACH + 1)),
    *(f"rests_{k:+d}" for k in range(-2, 3)),
    "tempo", "words_since_rest", "words_to_rest", "pitch", "pitch_before", "pitch_next",
    "on_beat", "off_beat", "next_on_beat", "next_off_beat", "has_beat",
)  # fmt: skip
SONG = ("song_short", "song_usual", "song_long")  # 10th, 50th and 90th percentile of its notes' lengths
RUN = ("size", "before", "after")
WINDOW = 5 * len(ARTICULATION)
SUNG_FEATURES = WINDOW + len(CONTEXT) + len(SONG)
SPOKEN_FEATURES = WINDOW + len(RUN)


def song_features(performance: Performance) -> Rows:
    """How fast a song is on the whole, shape (len(SONG),)."""
    lengths = [
        seconds for segment in performance.segments
        for midi, seconds in zip(segment.notes, segment.note_durations_seconds, strict=True) if midi is not None
    ]  # fmt: skip
    if not lengths:
        return np.zeros(len(SONG), np.float32)
    return np.array([log_length(float(value)) for value in np.percentile(lengths, [10, 50, 90])], np.float32)


def sung_features(segment: Segment, facts: Sequence[PhoneFacts], song: Rows) -> Rows:
    """The rows of a segment's phones; `facts` has one entry a phone, `song` is from `song_features`."""
    made = articulations(segment.phones, facts)
    runs = runs_of(segment.phones, facts)
    apart = np.array([window(made, outside(runs, i)) for i in range(len(made))])
    return np.hstack([apart, word_context(segment, facts), np.tile(song, (len(made), 1))]).astype(np.float32)


def spoken_features(phones: Sequence[str], facts: Sequence[PhoneFacts]) -> tuple[Rows, Rows]:
    """What decides how a cluster shortens its consonants, (phones, SPOKEN_FEATURES): as it is, and each one alone."""
    made = articulations(phones, facts)
    runs = runs_of(phones, facts)
    together, alone = [], []
    for i, (start, stop) in enumerate(runs):
        together.append(np.append(window(made, (i - 2, i - 1, i, i + 1, i + 2)), place_in_run(start, i, stop)))
        alone.append(np.append(window(made, outside(runs, i)), place_in_run(i, i, i + 1)))
    return np.array(together, np.float32), np.array(alone, np.float32)


def place_in_run(start: int, index: int, stop: int) -> tuple[float, float, float]:
    """Size of a run of consonants, and how many stand before and after one of them, in threes."""
    return (stop - start - 1) / 3, (index - start) / 3, (stop - index - 1) / 3


def articulations(phones: Sequence[str], facts: Sequence[PhoneFacts]) -> Rows:
    """One row a phone, (phones, len(ARTICULATION))."""
    return np.array([articulation_of(phone, one) for phone, one in zip(phones, facts, strict=True)])


def runs_of(phones: Sequence[str], facts: Sequence[PhoneFacts]) -> list[tuple[int, int]]:
    """Of each phone, start and stop of the run of consonants that it is in; others are runs of their own."""
    alone = [is_alone(phone, one) for phone, one in zip(phones, facts, strict=True)]
    runs: list[tuple[int, int]] = []
    for i in range(len(phones)):
        start, stop = i, i + 1
        while not alone[i] and start > 0 and not alone[start - 1]:
            start -= 1
        while not alone[i] and stop < len(phones) and not alone[stop]:
            stop += 1
        runs.append((start, stop))
    return runs


def is_alone(phone: str, facts: PhoneFacts) -> bool:
    """Whether a phone is no consonant of a cluster: a vowel, a pause, or the closure of a geminate."""
    return facts.nucleus or is_vowel(phone, facts) or facts.phone_class in ("silence", "breath") or phone == GEMINATE


def outside(runs: Sequence[tuple[int, int]], i: int) -> tuple[int, int, int, int, int]:
    """The places that a phone's window shows when clusters show one consonant each; see the module's conventions."""
    start, stop = runs[i]
    before, after = start - 1, stop
    further_before = runs[before][0] - 1 if before >= 0 else before - 1
    further_after = runs[after][1] if after < len(runs) else after + 1
    return further_before, before, i, after, further_after


def window(made: Rows, places: Sequence[int]) -> Rows:
    """Articulations at some places one after the other, zero outside, shape (WINDOW,)."""
    empty = np.zeros(made.shape[1], np.float32)
    return np.concatenate([made[place] if 0 <= place < len(made) else empty for place in places])


def word_context(segment: Segment, facts: Sequence[PhoneFacts]) -> Rows:
    """The part of the features that comes from words and notes, (phones, len(CONTEXT))."""
    rows: list[list[float]] = []
    for word, phones, notes in zip(
        word_rows(segment), segment.word_phone_slices(), segment.word_note_slices(), strict=True
    ):
        sung = segment.notes[notes.start] is not None
        first = next((i for i in range(phones.start, phones.stop) if sung and facts[i].nucleus), -1)
        rows += [[float(i == first), *word] for i in range(phones.start, phones.stop)]
    return np.array(rows, np.float32)


def word_rows(segment: Segment) -> list[list[float]]:
    """The features that all phones of a word share: all of CONTEXT but the first."""
    slices = segment.word_note_slices()
    rests = [segment.notes[word.start] is None for word in slices]
    lengths = [log_length(sum(segment.note_durations_seconds[word])) for word in slices]
    pitches = [pitch_of(segment.notes[word.start]) for word in slices]
    beats = [beat_flags(segment, word.start) for word in slices]
    rows = []
    for w, word in enumerate(slices):
        after = min(w + 1, len(slices) - 1)
        near = [lengths[k] for k in range(max(0, w - TEMPO_REACH), min(len(slices), w + TEMPO_REACH + 1))
                if not rests[k]]  # fmt: skip
        rows.append([
            log_length(segment.note_durations_seconds[word.stop - 1]),
            log_length(segment.note_durations_seconds[slices[after].start]),
            float(np.log2(word.stop - word.start)), float(np.log2(slices[after].stop - slices[after].start)),
            *(at(lengths, w + k) for k in range(-LENGTHS_REACH, LENGTHS_REACH + 1)),
            *(float(at(rests, w + k, True)) for k in range(-2, 3)),
            float(np.median(near)) if near else 0.0,
            words_to_rest(rests, w, -1), words_to_rest(rests, w, 1),
            pitches[w], step(pitches, w, w - 1), step(pitches, w, w + 1),
            *beats[w][:2], *beats[after][:2], beats[w][2],
        ])  # fmt: skip
    return rows


def at(values: Sequence[float], index: int, beyond: float = 0.0) -> float:
    """A value, or `beyond` outside."""
    return values[index] if 0 <= index < len(values) else beyond


def step(pitches: Sequence[float], index: int, other: int) -> float:
    """From one word's pitch to another's in octaves, 0 to or from a rest."""
    there = at(pitches, other)
    return there - pitches[index] if there and pitches[index] else 0.0


def pitch_of(midi: float | None) -> float:
    """Octaves above an octave below C4, so that no sung note is 0; 0 for a rest."""
    return 0.0 if midi is None else (midi - REFERENCE_MIDI) / OCTAVE + 1.0


def words_to_rest(rests: Sequence[bool], word: int, step: int) -> float:
    """Words to the next rest in a direction, 0..1 for none to `FAR_WORDS`."""
    count = next((k for k in range(FAR_WORDS) if at(rests, word + step * k, True)), FAR_WORDS)
    return count / FAR_WORDS


def log_length(seconds: float) -> float:
    """A length on the scale of the features.

    >>> log_length(0.25)
    -1.0
    """
    return float(np.log2(min(LONGEST_SECONDS, max(SHORTEST_SECONDS, seconds)) / REFERENCE_SECONDS))


def beat_flags(segment: Segment, note: int) -> tuple[float, float, float]:
    """Whether a note starts on a beat, halfway to the next, and whether that is known."""
    if not segment.details or not segment.details[note].bar:
        return 0.0, 0.0, 0.0
    part = segment.details[note].beat % 1.0
    return float(part < 0.01 or part > 0.99), float(abs(part - 0.5) < 0.01), 1.0
