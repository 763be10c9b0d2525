"""Small networks with random weights, set up so that they sing: what holds by construction holds for them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file

from svs_cli.analysis.mel import MEL, log_mel
from svs_cli.units import GRID
from svs_cli.vocoder.network import SourceFilterVocoder, VocoderConfig

SMALL = VocoderConfig(width=16, blocks=2, fine_width=16, fine_blocks=2)
LESS_NOISE_NEPERS = 4.0


def small_network(seed: int = 0, less_noise_nepers: float = LESS_NOISE_NEPERS) -> SourceFilterVocoder:
    """Untrained, it would sing as much noise as voice; so its noise is turned down."""
    torch.manual_seed(seed)
    network = SourceFilterVocoder(SMALL)
    noise = slice(SMALL.fine_knots, SMALL.fine_knots + SMALL.noise_knots)
    with torch.no_grad():
        network.fine_head.bias[noise] = -less_noise_nepers
    return network.eval()


def vowel(f0_hz: float, frames: int = 172) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mel and F0 of a steady tone with falling harmonics."""
    time = np.arange(frames * GRID.hop_samples) / GRID.sample_rate_hz
    tone = sum(np.cos(2 * np.pi * k * f0_hz * time) / k**1.5 for k in range(1, int(8000 / f0_hz)))
    return log_mel((0.1 * tone).astype(np.float32)), np.full(frames, f0_hz, np.float32)


def song(frames: int, seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A mel that rustles, under an F0 that glides over an octave and stops three times, first of all at the start."""
    mel = (np.random.default_rng(seed).standard_normal((frames, 128)) * 0.5 - 4).astype(np.float32)
    at = np.arange(frames) / frames
    f0_hz = (220 * 2 ** np.sin(5 * at)).astype(np.float32)
    f0_hz[(at < 0.1) | ((at > 0.3) & (at < 0.5)) | (at > 0.95)] = 0
    return mel, f0_hz


def write_model(folder: Path, network: SourceFilterVocoder) -> Path:
    """The model folder that training would write."""
    folder.mkdir(parents=True)
    lines = ['kind = "vocoder"', "[network]", *(f"{key} = {value}" for key, value in asdict(network.config).items())]
    lines += ["[mel]", *(f"{key} = {value}" for key, value in asdict(MEL).items())]
    (folder / "model.toml").write_text("\n".join(lines), encoding="utf-8")
    (folder / "CARD.md").write_text("# made\n\nCredit: nobody\n", encoding="utf-8")
    save_file({name: tensor.half() for name, tensor in network.state_dict().items()}, folder / "model.safetensors")
    return folder
