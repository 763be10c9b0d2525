"""Score to audio, in the order in which it happens. Read this file first.

    score -> draft (notes with phones) -> durations -> F0 and energy -> mel -> samples

Each step hands on a document that can be saved, edited and read back: `.ds` up to F0, `.mel.npz` after it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svs_cli.acoustic.protocol import AcousticModel
from svs_cli.audio import fade_edges
from svs_cli.editing.layers import rendered
from svs_cli.frontend.draft import draft
from svs_cli.parallel import each, single_threaded
from svs_cli.performance.completion import filled, singable, with_energy, with_phones_of
from svs_cli.performance.document import Performance
from svs_cli.performance.energy import rule_energy
from svs_cli.performance.spectrogram import Spectrogram
from svs_cli.performance.voicing import voiced_f0
from svs_cli.score.model import Part, Score
from svs_cli.vocoder.protocol import Vocoder
from svs_cli.voices.singer import Singer, Take, advised


@dataclass(frozen=True)
class Rendering:
    """Every artefact between score and sound; `samples` has shape (performance.frames * 512,)."""

    draft: Performance
    timed: Performance
    performance: Performance  # with F0 and energy, as it was sung
    spectrogram: Spectrogram
    samples: NDArray[np.float32]


def synth(score: Score, part: Part, singer: Singer, language: str | None = None, take: Take = Take()) -> Rendering:
    """Sing one part of a score. Raises SvsError."""
    take.progress("lyrics", 0.0)
    phones, expression = singer.acoustic.phones(), take.expression
    return perform(draft(score, part, language=language, available=phones, expression=expression), singer, take)


@single_threaded()
def perform(notes: Performance, singer: Singer, take: Take = Take()) -> Rendering:
    """Sing a document; durations, F0 and energy that it already has are kept, and its retakes are laid over it."""
    take.progress("timing and pitch", 0.0)
    notes = with_phones_of(notes, singer.acoustic.phones())
    timed = filled(notes, "phone_durations_seconds", singer.duration.predict)
    whole = with_energy(filled(timed, "f0", lambda notes: singer.pitch.predict(notes, take.seed)), rule_energy)
    song, samples = rendered(whole, lambda part: sing(part, singer.acoustic, singer.speaker, take),
                             lambda mel: vocode(mel, singer.vocoder, take))  # fmt: skip
    return Rendering(notes, timed, advised(singable(whole), singer.card, take), song, samples)


def sing(performance: Performance, acoustic: AcousticModel, speaker: str, take: Take = Take()) -> Spectrogram:
    """The acoustic stage, phrase by phrase, with silence between; a segment's own seed wins over the take's."""
    song, phrases = Spectrogram.silent(performance.frames, performance.part_number), performance.segments
    def render(at: int) -> NDArray[np.float32]:
        return acoustic.render(phrases[at], speaker=speaker, seed=take.seed_of(performance, at), steps=take.steps)

    for number, mel in enumerate(each(render, range(len(phrases)), acoustic, "acoustic", take.progress)):
        song.place(phrases[number].start_frame, mel, voiced_f0(phrases[number]))
    return song


def vocode(song: Spectrogram, vocoder: Vocoder, take: Take = Take()) -> NDArray[np.float32]:
    """The vocoder stage: shape (frames * 512,), exactly zero in the silences."""
    def render(span: slice) -> NDArray[np.float32]:
        return fade_edges(vocoder.render(song.mel[span], song.f0_hz[span], seed=take.seed_at(span.start, song)))

    samples, spans = np.zeros(song.samples_of(slice(0, song.frames)).stop, np.float32), song.sounding_spans()
    for span, phrase in zip(spans, each(render, spans, vocoder, "vocoder", take.progress), strict=True):
        samples[song.samples_of(span)] = phrase
    return samples
