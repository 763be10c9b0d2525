"""A small piece whose every number is known, and a sound that follows it exactly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from svs_cli.performance.document import NoteDetail, Performance, SampledCurve, Segment
from svs_cli.units import GRID, midi_to_hz

NOTE_SECONDS = 0.5
REST_SECONDS = 0.25


def piece(
    lyrics: Sequence[str] = ("さ", "く", "ら"),
    midi: Sequence[float] = (69.0, 71.0, 72.0),
    *,
    title: str = "Song",
    notes_per_bar: int = 2,
    note_seconds: float = NOTE_SECONDS,
    warnings: tuple[str, ...] = (),
) -> Performance:
    """A rest of 0.25 s, then the notes, each a syllable s + a with F0 as written; an empty lyric holds on."""
    slurs = [0] + [int(not lyric) for lyric in lyrics]
    words = sum(1 for lyric in lyrics if lyric)
    phones = ["SP", "s", *["a", "s"] * (words - 1), "a"]
    lengths = [0.0] * len(phones)
    word_seconds: list[float] = []
    for lyric in lyrics:
        if lyric:
            word_seconds.append(note_seconds)
        else:
            word_seconds[-1] += note_seconds
    lengths[0], lengths[1] = REST_SECONDS - 0.1, 0.1
    for number, seconds in enumerate(word_seconds):
        last = number == words - 1
        lengths[2 + 2 * number] = seconds if last else seconds - 0.1
        if not last:
            lengths[3 + 2 * number] = 0.1
    durations = (REST_SECONDS, *[note_seconds] * len(lyrics))
    frames = GRID.frame_of(sum(durations))
    f0 = np.full(frames, midi_to_hz(midi[0]))
    for number, value in enumerate(midi):
        f0[GRID.frame_of(REST_SECONDS + number * note_seconds) :] = midi_to_hz(value)
    segment = Segment(
        offset_seconds=0.0,
        phones=tuple(phones),
        phone_counts=(2, *[2] * (words - 1), 1),
        notes=(None, *midi),
        note_durations_seconds=durations,
        note_slurs=tuple(slurs),
        details=(NoteDetail(), *(
            NoteDetail(bar=str(1 + i // notes_per_bar), beat=1.0 + i % notes_per_bar, lyric=lyric)
            for i, lyric in enumerate(lyrics)
        )),
        phone_durations_seconds=tuple(lengths),
        f0=SampledCurve(f0.astype(np.float32), GRID.frame_seconds),
        curves={"energy": SampledCurve(np.zeros(frames, np.float32), GRID.frame_seconds)},
    )  # fmt: skip
    performance = Performance((segment,), sum(durations), title, "Voice", "ja", warnings)
    performance.check()
    return performance


def sung(performance: Performance, *, detuned_cents: float = 0.0) -> NDArray[np.float32]:
    """A buzz at the asked F0 while vowels sound, a hiss on s, silence else; shape (frames * 512,)."""
    segment = performance.segments[0]
    assert segment.f0 is not None
    phones = np.repeat(segment.phones, segment.phone_frames())
    asked_hz = segment.f0.at_frames(segment.frames).astype(np.float64)  # a phase in float32 drifts within minutes
    f0 = np.repeat(asked_hz, GRID.hop_samples) * 2.0 ** (detuned_cents / 1200.0)
    phase = 2 * np.pi * np.cumsum(f0) / GRID.sample_rate_hz
    buzz = sum(np.sin(k * phase) / k for k in range(1, 9)) * 0.2
    hiss = np.random.default_rng(0).normal(0.0, 0.02, len(phase))
    vowel, fricative = (np.repeat(phones == phone, GRID.hop_samples) for phone in ("a", "s"))
    return np.asarray(np.where(vowel, buzz, np.where(fricative, hiss, 0.0)), np.float32)
