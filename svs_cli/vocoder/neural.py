"""The trained vocoder behind the stage's protocol: any length in constant memory, and as a stream.

Windows overlap by more than the network's reach, and pulses and noise depend on their absolute position alone, so the
result is that of one pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from svs_cli.analysis.mel import MEL
from svs_cli.parallel import shared
from svs_cli.vocoder.filters import SUBFRAMES
from svs_cli.vocoder.network import SourceFilterVocoder
from svs_cli.vocoder.noise import noise_between
from svs_cli.vocoder.phase import DELAY_FRAMES, STEADY_FRAMES
from svs_cli.vocoder.rendering import hear_silence, rendered
from svs_cli.vocoder.source import Course, RunningCourse
from svs_cli.vocoder.windows import Piece, Window, windows

CHUNK_FRAMES = 320  # of a stream: 3.7 s
LONGEST_FRAMES = 1024  # of what one core renders at once
SHARES_AHEAD = 8  # made while others wait for the first of them
# In training noise also stands in for what the network is not sure of; a little less of it sounds more natural (the
# card has the figures), as a temperature below 1 does elsewhere.
VOICED_NOISE = 0.5
RETOUCHES = 1  # a second one brings 0.08 DistillMOS on speech, but makes F0 moved up by an octave sound below
# Each block's convolution and the entry's reach 3 frames or subframes; pieces and what rings on after them 2 more;
# so do those of each retouch, with the mel before it 2 more, and its entry 1. The phase is steadied and then delayed.
REACH_PER_BLOCK = 3
REACH_FRAMES_OF_PHASE = STEADY_FRAMES // 2 + 1 + DELAY_FRAMES // 2 + 1
REACH_FRAMES_OF_PIECES = 4
REACH_FRAMES_OF_RETOUCH = 5
SILENT_FRAMES = 8  # before a song and after it are rendered: what rings there, the retouch hears


@dataclass(frozen=True)
class Extract:
    """All that one window of a song needs to know of it."""

    window: Window
    course: Course  # of all its frames
    seed: int


class NeuralVocoder:
    """Source-filter vocoder with loaded weights; see vocoder/protocol.py."""

    def __init__(self, name: str, network: SourceFilterVocoder, device: str = "cpu") -> None:
        self.name = name
        self.network = network.to(device).eval()
        self.network.voiced_noise, self.network.hushed, self.network.retouches = VOICED_NOISE, True, RETOUCHES
        self.device = device
        size = network.config
        reach_subframes = REACH_PER_BLOCK * size.fine_blocks
        # The blocks' reach, for which nothing needs to be made; then that of the filters and the retouch.
        self.margin_frames = REACH_PER_BLOCK * (size.blocks + 1) + -(-reach_subframes // SUBFRAMES)
        self.context_frames = (
            self.margin_frames
            + REACH_FRAMES_OF_PHASE
            + REACH_FRAMES_OF_PIECES
            + RETOUCHES * (REACH_PER_BLOCK * size.retouch_blocks + REACH_FRAMES_OF_RETOUCH)
        )
        # Beyond a song's ends all layers know silence. Deeper in it than half their reach, none of them both knows of
        # the song and is asked by what is rendered.
        self.edge_frames = (self.margin_frames + SILENT_FRAMES) // 2 + 1
        hear_silence(self.network, self.context_frames)

    def render(self, mel: NDArray[np.float32], f0_hz: NDArray[np.float32], *, seed: int = 0) -> NDArray[np.float32]:
        """Shapes: mel (frames, 128), f0_hz (frames,) with 0 where unvoiced -> (frames * 512,).

        Raises DataError if the shapes or values are no mel and F0.
        """
        shares = -(-len(mel) // LONGEST_FRAMES) or 1
        shares += shares % 2 if shares > 1 else 0  # two cores have equally much to do
        frames = -(-len(mel) // shares) or 1
        samples, done = np.zeros(len(mel) * MEL.hop_samples, np.float32), 0
        extracts = self._extracts([(mel, f0_hz)], frames, seed)
        for share in shared(self._render, extracts, shares, self, SHARES_AHEAD):
            samples[done : done + len(share)] = share
            done += len(share)
        return samples

    def stream(self, pieces: Iterable[Piece], *, seed: int = 0) -> Iterator[NDArray[np.float32]]:
        """The samples of `render`, a chunk at a time, of a song that comes in pieces: mel (frames, 128), F0 (frames,).

        However the song is cut, the samples are the same within rounding; a chunk comes as soon as `context_frames`
        beyond it are known. Raises DataError at the first piece that is no mel and F0.
        """
        return map(self._render, self._extracts(pieces, CHUNK_FRAMES, seed))

    def _extracts(self, pieces: Iterable[Piece], frames: int, seed: int) -> Iterator[Extract]:
        """The song in windows of so many frames of their own."""
        unheard_frames = self.context_frames - self.edge_frames
        course = RunningCourse(MEL.hop_samples, MEL.sample_rate_hz, unheard_frames)
        for window in windows(pieces, frames, self.context_frames, self.edge_frames):
            yield Extract(window, course.read(torch.from_numpy(window.f0_hz)[None], window.advance), seed)

    def _render(self, extract: Extract) -> NDArray[np.float32]:
        """The window's own samples, (frames * 512,)."""
        window = extract.window
        mel, f0_hz = (torch.from_numpy(values)[None].to(self.device) for values in (window.mel, window.f0_hz))
        margins = self._margin(window.before), self._margin(window.after)
        inside = slice(margins[0], len(window.mel) - margins[1])
        origin = self.context_frames + window.first_frame - window.before
        first, last = ((origin + frame) * MEL.hop_samples for frame in (inside.start, inside.stop))
        noise = torch.from_numpy(noise_between(extract.seed, first, last))[None].to(self.device)
        course = extract.course.cut(inside.start, inside.stop).to(self.device)
        with torch.inference_mode():
            made = rendered(self.network, mel, f0_hz, noise, course, margins)
        start = (window.before - margins[0]) * MEL.hop_samples
        return made[start : start + window.frames * MEL.hop_samples].cpu().numpy()

    def _margin(self, context_frames: int) -> int:
        """How much of so much context need not be rendered; where there is less than usual, the song ends."""
        return self.margin_frames if context_frames == self.context_frames else self.edge_frames - SILENT_FRAMES
