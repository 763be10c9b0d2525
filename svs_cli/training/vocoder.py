"""Teaching the source-filter vocoder by spectral losses.

Each example is a random piece of a recording with a random gain, its mel measured from the scaled samples, so that the
network hears every level. Losses are taken a window away from the cut, where neighbours are missing, and within the
band of the recording. Recordings of the shards' dev split check the training, those of the test split are not touched.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch

from svs_cli.analysis.mel import MEL, log_mel_torch
from svs_cli.bundled import home
from svs_cli.corpus.preparing.band import FULL_BAND_HZ, bands_within
from svs_cli.corpus.shards import INT16_SCALE, Features, read_shard, shards_matching
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


@dataclass(frozen=True)
class Pieces:
    """Shapes: samples (B, n) float, f0_hz (B, T), band_hz (B,): above it a recording holds nothing."""

    samples: torch.Tensor
    f0_hz: torch.Tensor
    band_hz: torch.Tensor


class VocoderData:
    """Recordings mapped from the disk; the batch of a step depends on (seed, step) alone."""

    def __init__(self, config: VocoderDataConfig, root: Path, seed: int) -> None:
        self.config, self.seed = config, seed
        longest = config.frames * MEL.hop_samples
        every = [
            features
            for path in shards_matching(root, config.shards)
            for features in read_shard(path)
            if len(features.require_samples()) > longest + MEL.hop_samples
        ]
        self.recordings: list[Features] = [f for f in every if f.info.get("split", "train") == "train"]
        self.held_out: list[Features] = [f for f in every if f.info.get("split") == "dev"]
        if not self.recordings:
            raise UsageError("the recipe's shards hold no recording long enough", fix="see the recipe's README.md")
        lengths = np.array([len(f.require_samples()) for f in self.recordings], float)
        self.weights = lengths / lengths.sum()

    def batch(self, step: int) -> Pieces:
        """Random pieces."""
        random = np.random.default_rng((self.seed, step))
        chosen = random.choice(len(self.recordings), self.config.batch, p=self.weights)
        return self._cut([self.recordings[index] for index in chosen], random)

    def held_out_batch(self) -> Pieces:
        """The same pieces of up to 48 held-out recordings at every call."""
        chosen = self.held_out[:: max(1, len(self.held_out) // 48)]
        return self._cut(chosen, np.random.default_rng(self.seed))

    def _cut(self, recordings: list[Features], random: np.random.Generator) -> Pieces:
        samples, f0 = [], []
        for recording in recordings:
            whole = recording.require_samples()
            first = int(random.integers(0, len(whole) // MEL.hop_samples - self.config.frames))
            piece = slice(first * MEL.hop_samples, (first + self.config.frames) * MEL.hop_samples)
            gain = 10 ** (random.uniform(self.config.gain_low_db, self.config.gain_high_db) / 20) / INT16_SCALE
            samples.append(whole[piece].astype(np.float32) * np.float32(gain))
            f0.append(recording.f0_hz[first : first + self.config.frames])
        bands_hz = [float(recording.info.get("band_hz", FULL_BAND_HZ)) for recording in recordings]
        return Pieces(torch.tensor(np.stack(samples)), torch.tensor(np.stack(f0)), torch.tensor(bands_hz))


def vocoder_losses(model: SourceFilterVocoder, pieces: Pieces, seed: int) -> Losses:
    """Multi-resolution STFT loss (Yamamoto et al. 2020) and mel distance, within the recordings' bands."""
    samples, f0_hz = pieces.samples, pieces.f0_hz
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        mel = log_mel_torch(samples)
    made = model(mel, f0_hz, torch.randn(samples.shape, generator=generator))
    edge = EDGE_FRAMES * MEL.hop_samples
    made, true = made[:, edge:-edge], samples[:, edge:-edge]
    log_distance, convergence = made.new_zeros(()), made.new_zeros(())
    for size, hop in RESOLUTIONS:
        within = bins_within(pieces.band_hz, size)
        a, b = magnitude(made, size, hop) * within, magnitude(true, size, hop) * within
        distance = (a + (1 - within)).log() - (b + (1 - within)).log()
        log_distance = log_distance + distance.abs().mean() / within.mean() / len(RESOLUTIONS)
        convergence = convergence + ((a - b).norm(dim=(1, 2)) / b.norm(dim=(1, 2))).mean() / len(RESOLUTIONS)
    bands = torch.tensor(np.stack([bands_within(float(hz)) for hz in pieces.band_hz]).astype(np.float32))[:, None]
    mel_distance = (bands * (log_mel_torch(made) - log_mel_torch(true)).abs()).mean() / bands.mean()
    total = log_distance + 0.5 * convergence + mel_distance
    return {"total": total, "log_stft": log_distance, "convergence": convergence, "mel": mel_distance}


def bins_within(band_hz: torch.Tensor, size: int) -> torch.Tensor:
    """1 for STFT bins within each recording's band, 0 above, (B,) -> (B, F, 1); a full band has no end."""
    bins_hz = torch.arange(size // 2 + 1) * MEL.sample_rate_hz / size
    return ((bins_hz[None] <= band_hz[:, None]) | (band_hz[:, None] >= FULL_BAND_HZ)).float()[..., None]


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
        if not data.held_out:
            return {}
        return vocoder_losses(model, data.held_out_batch(), recipe.seed)

    return Task(
        model,
        lambda step: vocoder_losses(model, data.batch(step), step),
        held_out_losses,
        {"kind": "vocoder", "network": asdict(recipe.model), "mel": asdict(MEL)},
    )
