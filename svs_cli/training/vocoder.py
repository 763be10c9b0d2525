"""Teaching the source-filter vocoder by spectral losses, and by discriminators once those have done their work.

Conventions
-----------
- Each example is a random piece of a recording with a random gain, its mel measured from the scaled samples, so that
  the network hears every level. Losses are taken a window away from the cut, where neighbours are missing, and within
  the band of the recording. Recordings of the dev split check the training, those of the test split are not touched.
- Noise is compared as a distribution: of two renderings with other noise, each shall be near the recording, and they
  as far from each other as recordings would be (the energy distance of Gritsenko et al. 2020). A plain distance asks
  for too little noise. Both renderings share everything but the noise, so the second costs little.
- F0 and mel need not belong together: for a share of the examples the mel is that of the network's own rendering at a
  shifted F0, while F0 and the samples to be found stay those of the recording. Some mels are roughened, as an acoustic
  model's are, and some F0 curves have no gaps, as other programs draw them: the mel says what is voiced.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from svs_cli.analysis.f0 import filled
from svs_cli.analysis.mel import LOG_FLOOR, MEL, log_mel_torch
from svs_cli.bundled import home
from svs_cli.corpus.preparing.band import FULL_BAND_HZ, bands_within
from svs_cli.corpus.shards import INT16_SCALE, Features, read_shard, shards_matching
from svs_cli.errors import UsageError
from svs_cli.training.adversary import Adversary, AdversaryConfig, adversarial_losses
from svs_cli.training.loop import Losses, Rival
from svs_cli.training.parallel import rank
from svs_cli.training.task import Recipe, Task
from svs_cli.vocoder.network import SourceFilterVocoder, VocoderConfig

WINDOW_SAMPLES = (2048, 1024, 512, 256, 128)
WINDOWS_PER_STEP = 3  # drawn anew each step
EDGE_FRAMES = 3
HELD_OUT_PIECES = 48
LOWEST_SHIFTED_HZ, HIGHEST_SHIFTED_HZ = 55.0, 1400.0


@dataclass(frozen=True)
class VocoderDataConfig:
    """What an example is."""

    shards: tuple[str, ...] = ()
    batch: int = 8
    frames: int = 56
    gain_low_db: float = -15.0
    gain_high_db: float = 6.0
    shifted_share: float = 0.25  # of the examples: their mel is that of another F0
    shifted_from_step: int = 1000  # the network's own rendering must be worth listening to first
    shifted_semitones: float = 12.0
    bridged_share: float = 0.2  # their F0 goes on through what is unvoiced, as other programs give it
    rough_share: float = 0.2
    rough_nepers: float = 0.15

    def __post_init__(self) -> None:
        shortest = 2 * EDGE_FRAMES + -(-max(WINDOW_SAMPLES) // MEL.hop_samples)
        if self.batch < 1 or self.frames < shortest:
            raise ValueError(f"batch must be positive and frames at least {shortest}")


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
        random = np.random.default_rng((self.seed, step, rank()))
        chosen = random.choice(len(self.recordings), self.config.batch, p=self.weights)
        return self._cut([self.recordings[index] for index in chosen], random)

    def held_out_batch(self) -> Pieces:
        """The same pieces of up to `HELD_OUT_PIECES` held-out recordings at every call."""
        chosen = self.held_out[:: max(1, -(-len(self.held_out) // HELD_OUT_PIECES))]
        return self._cut(chosen, np.random.default_rng(self.seed))

    def _cut(self, recordings: list[Features], random: np.random.Generator) -> Pieces:
        samples, f0 = [], []
        for recording in recordings:
            whole = recording.require_samples()
            first = int(random.integers(0, len(whole) // MEL.hop_samples - self.config.frames))
            piece = slice(first * MEL.hop_samples, (first + self.config.frames) * MEL.hop_samples)
            gain = 10 ** (random.uniform(self.config.gain_low_db, self.config.gain_high_db) / 20) / INT16_SCALE
            samples.append(whole[piece].astype(np.float32) * np.float32(gain))
            f0_hz = recording.f0_hz[first : first + self.config.frames]
            f0.append(filled(f0_hz) if random.random() < self.config.bridged_share else f0_hz)
        bands_hz = [float(recording.info.get("band_hz", FULL_BAND_HZ)) for recording in recordings]
        return Pieces(torch.tensor(np.stack(samples)), torch.tensor(np.stack(f0)), torch.tensor(bands_hz))


@dataclass(frozen=True)
class Rendered:
    """Two renderings that differ in their noise, and what was recorded, (B, n) each, edges cut off."""

    first: torch.Tensor
    second: torch.Tensor
    true: torch.Tensor


def rendered(model: SourceFilterVocoder, pieces: Pieces, mel: torch.Tensor, seed: int) -> Rendered:
    """The model's renderings of a batch."""
    generator = torch.Generator().manual_seed(seed)
    response = model.respond(mel, pieces.f0_hz)
    edge = slice(EDGE_FRAMES * MEL.hop_samples, -EDGE_FRAMES * MEL.hop_samples)
    first, second = (
        model.sound(response, torch.randn(pieces.samples.shape, generator=generator))[:, edge] for _ in range(2)
    )
    return Rendered(first, second, pieces.samples[:, edge])


def spectral_losses(sounds: Rendered, band_hz: torch.Tensor, windows: tuple[int, ...]) -> Losses:
    """Energy distance over log and linear STFT magnitudes, and mel distance, within the recordings' bands (B,)."""
    first, second, true = sounds.first, sounds.second, sounds.true
    logarithmic, linear = first.new_zeros(()), first.new_zeros(())
    for size in windows:
        within = bins_within(band_hz, size)
        a, b, c = (magnitude(sound, size) * within for sound in (first, second, true))
        la, lb, lc = ((m + (1 - within)).log() for m in (a, b, c))
        scale = within.mean() * len(windows)
        logarithmic = logarithmic + ((la - lc).abs() + (lb - lc).abs() - (la - lb).abs()).mean() / scale
        loud = c.mean(dim=(1, 2), keepdim=True)
        linear = linear + (((a - c).abs() + (b - c).abs() - (a - b).abs()) / loud).mean() / len(windows)
    bands = torch.tensor(np.stack([bands_within(float(hz)) for hz in band_hz]).astype(np.float32))[:, None]
    mel_distance = (bands * (log_mel_torch(first) - log_mel_torch(true)).abs()).mean() / bands.mean()
    total = logarithmic + 0.5 * linear + mel_distance
    return {"total": total, "log_stft": logarithmic, "linear_stft": linear, "mel": mel_distance}


def windows_of(random: np.random.Generator) -> tuple[int, ...]:
    """The STFT windows of one step."""
    return tuple(int(size) for size in random.choice(WINDOW_SAMPLES, WINDOWS_PER_STEP, replace=False))


@torch.no_grad()
def heard_mel(
    model: SourceFilterVocoder, pieces: Pieces, config: VocoderDataConfig, step: int, random: np.random.Generator
) -> torch.Tensor:
    """The mels of a batch, some of them of another F0 and some roughened; see the module's conventions."""
    mel = log_mel_torch(pieces.samples)
    shifted = np.flatnonzero(random.random(len(mel)) < config.shifted_share)
    if len(shifted) and step >= config.shifted_from_step:
        f0_hz = pieces.f0_hz[shifted]
        semitones = random.uniform(-config.shifted_semitones, config.shifted_semitones, (len(shifted), 1))
        moved = f0_hz * torch.tensor(2.0 ** (semitones / 12), dtype=torch.float32)
        moved = torch.where(f0_hz > 0, moved.clamp(LOWEST_SHIFTED_HZ, HIGHEST_SHIFTED_HZ), 0.0)
        noise = torch.tensor(random.standard_normal((len(shifted), pieces.samples.shape[1]), np.float32))
        mel[shifted] = log_mel_torch(model(mel[shifted], moved, noise))
    rough = torch.tensor(random.random(len(mel)) < config.rough_share)[:, None, None]
    noise = torch.tensor(random.standard_normal(mel.shape, np.float32)) * random.uniform(0, config.rough_nepers)
    return torch.where(rough & (mel > LOG_FLOOR), mel + noise, mel)


def bins_within(band_hz: torch.Tensor, size: int) -> torch.Tensor:
    """1 for STFT bins within each recording's band, 0 above, (B,) -> (B, 1, F); a full band has no end."""
    bins_hz = torch.arange(size // 2 + 1) * MEL.sample_rate_hz / size
    return ((bins_hz[None] <= band_hz[:, None]) | (band_hz[:, None] >= FULL_BAND_HZ)).float()[:, None]


class RealFFT(torch.autograd.Function):
    """torch.fft.rfft over the last axis with a real inverse transform as its gradient, twice as fast as torch's."""

    @staticmethod
    def forward(ctx: Any, pieces: torch.Tensor) -> torch.Tensor:
        ctx.size = pieces.shape[-1]
        return torch.fft.rfft(pieces)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> torch.Tensor:
        # An inverse transform counts every bin twice but the first and the last.
        halved = 0.5 * gradients[0]
        halved[..., 0] *= 2.0
        halved[..., -1] *= 2.0
        return torch.fft.irfft(halved, n=ctx.size, norm="forward")


def magnitude(samples: torch.Tensor, size: int) -> torch.Tensor:
    """STFT magnitude at a quarter hop, with a floor at the level of 16-bit silence, (B, n) -> (B, frames, F)."""
    windowed = samples.unfold(1, size, size // 4) * torch.hann_window(size)
    spectrum = RealFFT.apply(windowed)  # type: ignore[no-untyped-call,unused-ignore]  # newer torch has types for it
    return (spectrum.real.square() + spectrum.imag.square() + 1e-7 * size / 512).sqrt()


@dataclass(frozen=True)
class VocoderRecipe(Recipe):
    """The whole TOML file of a vocoder recipe."""

    data: VocoderDataConfig = field(default_factory=VocoderDataConfig)
    model: VocoderConfig = field(default_factory=VocoderConfig)
    adversary: AdversaryConfig = field(default_factory=AdversaryConfig)


def vocoder_task(recipe: VocoderRecipe) -> Task:
    """Model and losses of a recipe."""
    torch.manual_seed(recipe.seed)
    data = VocoderData(recipe.data, home() / "shards", recipe.seed)
    model = SourceFilterVocoder(recipe.model)

    config = recipe.adversary
    adversary = None if config.from_step is None else Adversary(config)

    def losses_of_step(step: int) -> Losses:
        random = np.random.default_rng((recipe.seed, step, 1))
        pieces = data.batch(step)
        mel = heard_mel(model, pieces, recipe.data, step, random)
        sounds = rendered(model, pieces, mel, step)
        losses = spectral_losses(sounds, pieces.band_hz, windows_of(random))
        if adversary is not None and config.from_step is not None and step >= config.from_step:
            losses |= adversarial_losses(adversary, sounds.true, sounds.first, step)
            if "deception" in losses:
                judged = losses["deception"] + config.feature_weight * losses["features"]
                losses["total"] = losses["total"] + config.weight * judged
        return losses

    def held_out_losses() -> Losses:
        if not data.held_out:
            return {}
        pieces = data.held_out_batch()
        sounds = rendered(model, pieces, log_mel_torch(pieces.samples), recipe.seed)
        return spectral_losses(sounds, pieces.band_hz, WINDOW_SAMPLES)

    return Task(
        model,
        losses_of_step,
        held_out_losses,
        {"kind": "vocoder", "network": asdict(recipe.model), "mel": asdict(MEL)},
        rival=None if adversary is None else Rival(adversary, config.learning_rate),
    )
