"""Teaching the source-filter vocoder by spectral losses.

Each example is a random piece of a recording with a random gain, its mel measured from the scaled samples, so that the
network hears every level. Losses are taken a window away from the cut, where neighbours are missing.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch

from svs_cli.analysis.mel import MEL, log_mel_torch
from svs_cli.bundled import home
from svs_cli.corpus.shards import INT16_SCALE, Features, read_shard
from svs_cli.errors import UsageError
from svs_cli.training.loop import Losses
from svs_cli.training.task import Recipe, Task
from svs_cli.vocoder.network import SourceFilterVocoder, VocoderConfig

RESOLUTIONS = ((2048, 512), (1024, 256), (512, 128))
EDGE_FRAMES = 3


@dataclass(frozen=True)
class VocoderDataConfig:
    """What an example is."""

    shards: tuple[str, ...] = ()
    batch: int = 12
    frames: int = 48
    gain_low_db: float = -15.0
    gain_high_db: float = 6.0
    holdout_every: int = 25


class VocoderData:
    """Recordings in memory; the batch of a step depends on (seed, step) alone."""

    def __init__(self, config: VocoderDataConfig, root: Path, seed: int) -> None:
        self.config, self.seed = config, seed
        longest = config.frames * MEL.hop_samples
        every = [
            f for name in config.shards for f in read_shard(root / name) if len(f.samples) > longest + MEL.hop_samples
        ]
        held_out = set(range(0, len(every), config.holdout_every))
        self.recordings: list[Features] = [f for i, f in enumerate(every) if i not in held_out]
        self.held_out: list[Features] = [f for i, f in enumerate(every) if i in held_out]
        if not self.recordings:
            raise UsageError("the recipe's shards hold no recording long enough", fix="see the recipe's README.md")
        lengths = np.array([len(f.samples) for f in self.recordings], float)
        self.weights = lengths / lengths.sum()

    def batch(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Samples (B, n) float and F0 (B, T) in Hz."""
        random = np.random.default_rng((self.seed, step))
        chosen = random.choice(len(self.recordings), self.config.batch, p=self.weights)
        return self._cut([self.recordings[index] for index in chosen], random)

    def held_out_batch(self) -> tuple[torch.Tensor, torch.Tensor]:
        """The same pieces of up to 48 held-out recordings at every call."""
        chosen = self.held_out[:: max(1, len(self.held_out) // 48)]
        return self._cut(chosen, np.random.default_rng(self.seed))

    def _cut(self, recordings: list[Features], random: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        samples, f0 = [], []
        for recording in recordings:
            first = int(random.integers(0, len(recording.samples) // MEL.hop_samples - self.config.frames))
            piece = slice(first * MEL.hop_samples, (first + self.config.frames) * MEL.hop_samples)
            gain = 10 ** (random.uniform(self.config.gain_low_db, self.config.gain_high_db) / 20) / INT16_SCALE
            samples.append(recording.samples[piece].astype(np.float32) * np.float32(gain))
            f0.append(recording.f0_hz[first : first + self.config.frames])
        return torch.tensor(np.stack(samples)), torch.tensor(np.stack(f0))


def vocoder_losses(model: SourceFilterVocoder, samples: torch.Tensor, f0_hz: torch.Tensor, seed: int) -> Losses:
    """Multi-resolution STFT loss (Yamamoto et al. 2020) and mel distance; samples (B, n), f0_hz (B, T)."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        mel = log_mel_torch(samples)
    made = model(mel, f0_hz, torch.randn(samples.shape, generator=generator))
    edge = EDGE_FRAMES * MEL.hop_samples
    made, true = made[:, edge:-edge], samples[:, edge:-edge]
    log_distance, convergence = made.new_zeros(()), made.new_zeros(())
    for size, hop in RESOLUTIONS:
        a, b = magnitude(made, size, hop), magnitude(true, size, hop)
        log_distance = log_distance + (a.log() - b.log()).abs().mean() / len(RESOLUTIONS)
        convergence = convergence + ((a - b).norm(dim=(1, 2)) / b.norm(dim=(1, 2))).mean() / len(RESOLUTIONS)
    mel_distance = (log_mel_torch(made) - log_mel_torch(true)).abs().mean()
    total = log_distance + 0.5 * convergence + mel_distance
    return {"total": total, "log_stft": log_distance, "convergence": convergence, "mel": mel_distance}


def magnitude(samples: torch.Tensor, size: int, hop: int) -> torch.Tensor:
    """STFT magnitude with a floor at the level of 16-bit silence, (B, n) -> (B, F, frames)."""
    spectrum = torch.stft(samples, size, hop, window=torch.hann_window(size), return_complex=True)
    return (spectrum.real.square() + spectrum.imag.square() + 1e-7 * size / 512).sqrt()


@dataclass(frozen=True)
class VocoderRecipe(Recipe):
    """The whole TOML file of a vocoder recipe."""

    data: VocoderDataConfig = field(default_factory=VocoderDataConfig)
    model: VocoderConfig = field(default_factory=VocoderConfig)


def vocoder_task(recipe: VocoderRecipe) -> Task:
    """Model and losses of a recipe."""
    torch.manual_seed(recipe.seed)
    data = VocoderData(recipe.data, home() / "shards", recipe.seed)
    model = SourceFilterVocoder(recipe.model)

    def held_out_losses() -> Losses:
        samples, f0_hz = data.held_out_batch()
        return vocoder_losses(model, samples, f0_hz, recipe.seed)

    return Task(
        model,
        lambda step: vocoder_losses(model, *data.batch(step), step),
        held_out_losses,
        {"kind": "vocoder", "network": asdict(recipe.model), "mel": asdict(MEL)},
    )
