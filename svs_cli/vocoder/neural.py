"""The trained vocoder behind the stage's protocol: any length in constant memory.

Chunks overlap by more than the network's reach, and pulses and noise depend on their absolute position alone, so the
result is that of one pass.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from svs_cli.analysis.mel import LOG_FLOOR, MEL
from svs_cli.vocoder.filters import SUBFRAMES
from svs_cli.vocoder.inputs import check
from svs_cli.vocoder.network import SourceFilterVocoder
from svs_cli.vocoder.source import course_of

CHUNK_FRAMES = 512
NOISE_BLOCK_SAMPLES = 1 << 16
# Each block's convolution and the entry's reach 3 frames or subframes; pieces and what rings on after them 2 more.
REACH_PER_BLOCK = 3
REACH_FRAMES_OF_PIECES = 4


class NeuralVocoder:
    """Source-filter vocoder with loaded weights; see vocoder/protocol.py."""

    def __init__(self, name: str, network: SourceFilterVocoder, device: str = "cpu") -> None:
        self.name = name
        self.network = network.to(device).eval()
        self.device = device
        size = network.config
        reach_subframes = REACH_PER_BLOCK * size.fine_blocks
        self.context_frames = (
            REACH_PER_BLOCK * (size.blocks + 1) + -(-reach_subframes // SUBFRAMES) + REACH_FRAMES_OF_PIECES
        )

    def render(self, mel: NDArray[np.float32], f0_hz: NDArray[np.float32], *, seed: int = 0) -> NDArray[np.float32]:
        """Shapes: mel (frames, 128), f0_hz (frames,) with 0 where unvoiced -> (frames * 512,).

        Raises DataError if the shapes or values are no mel and F0.
        """
        pieces = list(self.stream(mel, f0_hz, seed=seed))
        return np.concatenate(pieces) if pieces else np.zeros(0, np.float32)

    def stream(
        self, mel: NDArray[np.float32], f0_hz: NDArray[np.float32], *, seed: int = 0
    ) -> Iterator[NDArray[np.float32]]:
        """The samples of `render`, a chunk at a time."""
        check(mel, f0_hz)
        frames = len(mel)
        padded = self.context_frames
        mel_tensor = torch.as_tensor(np.pad(mel, ((padded, padded), (0, 0)), constant_values=LOG_FLOOR))[None]
        f0_tensor = torch.as_tensor(np.pad(f0_hz, (padded, padded)))[None].float()
        course = course_of(f0_tensor, MEL.hop_samples, MEL.sample_rate_hz)
        for first in range(0, frames, CHUNK_FRAMES):
            length = min(CHUNK_FRAMES, frames - first)
            span = slice(first, first + length + 2 * padded)
            noise = noise_between(seed, span.start * MEL.hop_samples, span.stop * MEL.hop_samples)
            with torch.inference_mode():
                made = self.network(
                    mel_tensor[:, span].float().to(self.device),
                    f0_tensor[:, span].to(self.device),
                    torch.as_tensor(noise)[None].to(self.device),
                    course.cut(span.start, span.stop),
                )
            edge = padded * MEL.hop_samples
            yield made[0, edge : edge + length * MEL.hop_samples].cpu().numpy()


def noise_between(seed: int, first_sample: int, last_sample: int) -> NDArray[np.float32]:
    """White noise at absolute positions: any cut of it is the same, (last - first,)."""
    blocks = range(first_sample // NOISE_BLOCK_SAMPLES, -(-last_sample // NOISE_BLOCK_SAMPLES))
    noise = np.concatenate(
        [np.random.default_rng((seed, block)).standard_normal(NOISE_BLOCK_SAMPLES, np.float32) for block in blocks]
    )
    start = first_sample - blocks.start * NOISE_BLOCK_SAMPLES
    return noise[start : start + last_sample - first_sample]
