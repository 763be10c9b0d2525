"""Rendering a document with retakes: what was sung first is rendered as ever, each retake is laid over its stretch.

Conventions
-----------
- A layer is a pass over the piece: the first holds all of it as first sung, the others hold the segments that have so
  many retakes, each as it was right after one of them, with that one's seed.
- A stretch of frames goes from the old sound to the new one within `FADE_FRAMES` at both ends, inside it; outside it
  the samples are those of the layers below, bit for bit. The mel is faded first and rendered with the whole phrase, so
  on both sides of a splice the vocoder makes nearly the same sound and the fade has little to hide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svs_cli.performance.completion import singable
from svs_cli.performance.document import Performance, Segment
from svs_cli.performance.retakes import states
from svs_cli.performance.spectrogram import Spectrogram
from svs_cli.units import GRID

FADE_FRAMES = 4


@dataclass(frozen=True)
class Layer:
    """Segments to render and the frames of the piece that are heard of them; no stretches: all."""

    performance: Performance
    stretches: tuple[slice, ...] = ()

    def over(self, below: Spectrogram, sung: Spectrogram) -> Spectrogram:
        """The spectrogram of the layers below with this one's stretches laid over it."""
        if not self.stretches:
            return sung
        song = Spectrogram(below.mel.copy(), below.f0_hz.copy(), below.part_number)
        for stretch in self.stretches:
            share = fade(stretch, 1)[:, None]
            song.mel[stretch] = (1 - share) * below.mel[stretch] + share * sung.mel[stretch]
            song.f0_hz[stretch] = sung.f0_hz[stretch]
        return song

    def heard_in(self, song: Spectrogram) -> Spectrogram:
        """The song's phrases that this layer changes, silence elsewhere: what has to go through the vocoder again."""
        if not self.stretches:
            return song
        changed = Spectrogram.silent(song.frames, song.part_number)
        for span in song.sounding_spans():
            if any(span.start < stretch.stop and stretch.start < span.stop for stretch in self.stretches):
                changed.place(span.start, song.mel[span], song.f0_hz[span])
        return changed

    def spliced(self, below: NDArray[np.float32], samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """The samples of the layers below with this one's stretches laid over them."""
        if not self.stretches:
            return samples
        out = below.copy()
        for stretch in self.stretches:
            where = Spectrogram.samples_of(stretch)
            share = fade(stretch, GRID.hop_samples)
            out[where] = (1 - share) * below[where] + share * samples[where]
        return out


def layers_of(performance: Performance) -> list[Layer]:
    """The passes that a document needs: one, and one for each retake of the segment that has most.

    Raises PerformanceError for a document that cannot be sung yet.
    """
    piles = [states(segment) for segment in performance.segments]
    layers = [Layer(singable(performance.with_(segments=tuple(pile[0] for pile in piles))))]
    for height in range(1, max((len(pile) for pile in piles), default=1)):
        sung = [pile[height] for pile in piles if height < len(pile)]
        stretches = tuple(stretch_of(segment, performance.frames) for segment in sung)
        seeded = [segment.with_(seed=segment.retakes[-1].seed) for segment in sung]
        layers.append(Layer(singable(performance.with_(segments=tuple(seeded))), stretches))
    return layers


def sung_layers(
    performance: Performance, sing: Callable[[Performance], Spectrogram]
) -> Iterator[tuple[Layer, Spectrogram]]:
    """Each layer of a document, and the spectrogram of all up to it."""
    song = Spectrogram.silent(0)
    for layer in layers_of(performance):
        song = layer.over(song, sing(layer.performance))
        yield layer, song


def overlaid(performance: Performance, sing: Callable[[Performance], Spectrogram]) -> Spectrogram:
    """The spectrogram of a document with its retakes."""
    return [song for _, song in sung_layers(performance, sing)][-1]


def rendered(
    performance: Performance,
    sing: Callable[[Performance], Spectrogram],
    vocode: Callable[[Spectrogram], NDArray[np.float32]],
) -> tuple[Spectrogram, NDArray[np.float32]]:
    """Spectrogram and samples, (frames * 512,), of a document with its retakes."""
    song, samples = Spectrogram.silent(0), np.zeros(0, np.float32)
    for layer, song in sung_layers(performance, sing):
        samples = layer.spliced(samples, vocode(layer.heard_in(song)))
    return song, samples


def stretch_of(segment: Segment, frames: int) -> slice:
    """The frames of the piece that a segment's last retake is heard in."""
    last = segment.retakes[-1]
    first, stop = (GRID.frame_of(segment.offset_seconds + time) for time in (last.start_seconds, last.end_seconds))
    return slice(max(first, segment.start_frame), min(stop, segment.start_frame + segment.frames, frames))


def fade(stretch: slice, per_frame: int) -> NDArray[np.float32]:
    """0 to 1 to 0 over a stretch, `per_frame` values a frame: how much of the new is heard.

    >>> fade(slice(0, 8), 1).tolist()
    [0.0, 0.5, 1.0, 1.0, 1.0, 1.0, 0.5, 0.0]
    """
    frames = stretch.stop - stretch.start
    length = max(1, min(FADE_FRAMES, frames // 4) * per_frame)
    at = np.arange(frames * per_frame)
    distance = np.minimum(at, at[::-1]) / length
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * np.minimum(distance, 1.0)), np.float32)
