"""A labelled recording as a document: the same phones, timing, F0 and dynamics, for another voice to sing.

Conventions
-----------
- The document is one segment from 0 to the last label's end. Its F0 is the recording's, moved by whole semitones;
  where the singer's F0 is 0 it is bridged, and `asked_f0_hz` says where the singer and the phones are both voiced.
- Dynamics are the recording's loudness in dB against its own median for each vowel, bridged between vowels: what
  the acoustic model was taught to call energy.
- The octave that fits a voice is the one that leaves the fewest voiced frames outside its range, the nearest of those.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from svs_cli.corpus.shards import INT16_SCALE, Features
from svs_cli.corpus.sung import sung_song
from svs_cli.errors import CorpusError
from svs_cli.evaluation.sources import Original, Source, info_of
from svs_cli.frontend.inventory import load_inventory
from svs_cli.frontend.kana import table
from svs_cli.performance.document import NoteDetail, Performance, SampledCurve
from svs_cli.performance.voicing import voiced_f0
from svs_cli.units import GRID, hz_to_midi

Frames = NDArray[np.float32]
OCTAVE_SEMITONES = 12
MOST_OCTAVES = 3
LONGEST_KANA_PHONES = 3
SELDOM_WRITTEN = frozenset("ゐゑをゎゕゖぁぃぅぇぉゃゅょ")  # kana that sound like others


def labelled(source: Source, original: Original) -> Performance:
    """The recording as a document, in its own key and with its own dynamics. Raises CorpusError without labels."""
    from svs_cli.analysis.mel import log_mel

    info = info_of(source)
    samples = (original.samples * INT16_SCALE).astype(np.int16)
    mel = log_mel(original.samples).astype(np.float16)
    song = sung_song(Features(samples, mel, original.f0_hz, info))
    if song is None:
        raise CorpusError(
            f"{source.title} has no phones with times, or no note", fix="label it with 'svs align', or leave it out"
        )
    language = str(info.get("language", ""))
    segment = song.segment.with_(
        f0=SampledCurve(song.f0_hz.astype(np.float32), GRID.frame_seconds),
        details=tuple(NoteDetail(language=language) for _ in song.segment.notes),
    )
    energy = SampledCurve(energy_db(segment.phones, segment.phone_frames(), mel, original.f0_hz), GRID.frame_seconds)
    segment = segment.with_(curves={"energy": energy}, retakes=segment.retakes)
    return Performance((segment,), segment.duration_seconds, title=source.title, language=language)


def energy_db(
    phones: Sequence[str], phone_frames: NDArray[np.int64], mel: NDArray[np.float16], f0_hz: Frames
) -> Frames:
    """Loudness against the usual one of each vowel, (frames,); 0 where there is no vowel."""
    from svs_cli.training.techniques import Usual, loudness_db, vowel_frames

    inventory = load_inventory()
    symbols = sorted(set(phones))
    ids = np.array([symbols.index(phone) for phone in phones])
    vowels = np.array([inventory[symbol].phone_class == "vowel" for symbol in symbols])
    frames = int(phone_frames.sum())
    loudness = np.pad(loudness_db(mel), (0, max(0, frames - len(mel))), mode="edge")[:frames]
    pitch_hz = np.pad(f0_hz, (0, max(0, frames - len(f0_hz))))[:frames]
    inside = np.where(pitch_hz > 0, vowel_frames(ids, phone_frames, vowels), -1)
    usual = Usual(0, by_pitch=False)
    usual.learn([(loudness, inside, pitch_hz)])
    return np.nan_to_num(usual.offsets(loudness, inside, pitch_hz))


def moved(document: Performance, semitones: float) -> Performance:
    """The document in another key: notes and F0."""
    segments = []
    for segment in document.segments:
        f0, factor = segment.f0, np.float32(2 ** (semitones / 12))
        higher = None if f0 is None else SampledCurve(f0.values * factor, f0.timestep_seconds)
        notes = tuple(None if midi is None else midi + semitones for midi in segment.notes)
        segments.append(segment.with_(f0=higher, notes=notes))
    return document.with_(segments=tuple(segments))


def without_dynamics(document: Performance) -> Performance:
    """The document at one level."""
    flat = SampledCurve(np.zeros(1, np.float32), GRID.frame_seconds)
    return document.with_(
        segments=tuple(
            segment.with_(curves={**segment.curves, "energy": flat}, retakes=segment.retakes)
            for segment in document.segments
        )
    )


def asked_f0_hz(document: Performance) -> Frames:
    """F0 that has to be heard, (frames,): 0 where the singer's is, and in unvoiced phones."""
    asked = np.zeros(document.frames, np.float32)
    for segment in document.segments:
        if segment.f0 is None:
            continue
        sung = np.pad(segment.f0.values, (0, max(0, segment.frames - len(segment.f0.values))))[: segment.frames]
        place = slice(segment.start_frame, segment.start_frame + segment.frames)
        asked[place] = np.where((voiced_f0(segment) > 0) & (sung > 0), sung, 0.0)[: len(asked[place])]
    return asked


def fitting_octave_semitones(f0_hz: Frames, range_midi: tuple[int, int]) -> int:
    """The octaves, in semitones, that bring F0 of shape (frames,), 0 where unvoiced, into a range.

    >>> fitting_octave_semitones(np.array([440.0, 0.0, 494.0], np.float32), (43, 64))
    -12
    """
    midi = hz_to_midi(f0_hz[f0_hz > 0].astype(np.float64))
    low, high = range_midi[0] - 0.5, range_midi[1] + 0.5

    def cost(octaves: int) -> tuple[int, int, int]:
        shifted = midi + OCTAVE_SEMITONES * octaves
        return int(np.sum((shifted < low) | (shifted > high))), abs(octaves), octaves

    return OCTAVE_SEMITONES * min(range(-MOST_OCTAVES, MOST_OCTAVES + 1), key=cost)


def lyrics_of(info: dict[str, Any]) -> str:
    """The words that are sung: as written, or of Japanese phones in kana; "" if nobody knows.

    >>> lyrics_of({"language": "ja", "phones": ["SP", "s", "a", "k", "ɯ", "ɾ", "a", "SP"]})
    'サクラ'
    """
    if info.get("text"):
        return str(info["text"])
    return katakana_of(info.get("phones", ())) if info.get("language") == "ja" else ""


def katakana_of(phones: Sequence[str]) -> str:
    """Japanese phones as they would be written; what no kana stands for is left out."""
    written = {kana_phones: kana for kana, kana_phones in reversed(table().items()) if kana not in SELDOM_WRITTEN}
    found, place = "", 0
    while place < len(phones):
        for length in range(LONGEST_KANA_PHONES, 0, -1):
            kana = written.get(tuple(phones[place : place + length]))
            if kana is not None:
                found += kana
                break
        place += length
    return "".join(chr(ord(letter) + 0x60) for letter in found)
