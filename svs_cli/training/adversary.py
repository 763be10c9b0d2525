"""Discriminators that hear what spectral distances don't: small ones, for training on few cores.

Axes: B batch, n samples, C channels, F bins, T frames.

- Spectrogram discriminators see the complex STFT at several windows (UnivNet, Jang et al. 2021; Vocos, Siuzdak 2023).
- Period discriminators see the samples folded at prime periods (HiFi-GAN, Kong et al. 2020).
Losses are hinge losses and feature matching, each a mean over discriminators.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.parametrizations import weight_norm

from svs_cli.analysis.mel import MEL
from svs_cli.training.loop import Losses

SLOPE = 0.1


@dataclass(frozen=True)
class AdversaryConfig:
    """Size and part of the discriminators; without `from_step` there are none."""

    from_step: int | None = None  # from here they learn,
    trusted_after_steps: int = 200  # and so much later the generator listens to them
    weight: float = 0.3
    feature_weight: float = 1.0
    learning_rate: float = 3e-4
    seconds: float = 0.3  # of each example that they hear
    windows: tuple[int, ...] = (2048, 1024, 512)
    spectrogram_channels: int = 48
    periods: tuple[int, ...] = (2, 3, 5, 7, 11)
    period_channels: int = 16


Heard = list[list[torch.Tensor]]


class SpectrogramDiscriminator(nn.Module):
    """(B, n) -> feature maps, the last of them the verdicts."""

    window: torch.Tensor

    def __init__(self, size: int, channels: int) -> None:
        super().__init__()
        self.size = size
        self.register_buffer("window", torch.hann_window(size), persistent=False)
        # Patches of 32 bins and 3 frames, then mixing of neighbours: few, wide products suit a CPU.
        self.layers = nn.ModuleList(
            [
                weight_norm(nn.Conv2d(2, channels, (3, 32), (1, 16), padding=(1, 8))),
                weight_norm(nn.Conv2d(channels, channels, (3, 3), padding=(1, 1))),
                weight_norm(nn.Conv2d(channels, channels, (3, 1), padding=(2, 0), dilation=(2, 1))),
            ]
        )
        # What is true of sound depends on the frequency.
        self.place = nn.Parameter(torch.zeros(channels, 1, (size // 2 + 1 + 16 - 32) // 16 + 1))
        self.verdict = weight_norm(nn.Conv2d(channels, 1, (3, 1), padding=(1, 0)))

    def forward(self, samples: torch.Tensor) -> list[torch.Tensor]:
        pieces = samples.unfold(1, self.size, self.size // 4) * self.window
        spectrum = torch.fft.rfft(pieces, norm="ortho")
        # Loud partials would drown everything else: magnitudes are compressed, phases kept.
        magnitude = (spectrum.real.square() + spectrum.imag.square() + 1e-8).pow(-0.35)
        x = torch.stack([spectrum.real * magnitude, spectrum.imag * magnitude], dim=1)
        return verdicts(self.layers, self.verdict, x, self.place)


class PeriodDiscriminator(nn.Module):
    """(B, n) -> feature maps, the last of them the verdicts."""

    def __init__(self, period: int, channels: int) -> None:
        super().__init__()
        self.period = period
        sizes = [1, channels, 2 * channels, 4 * channels, 8 * channels]
        self.layers = nn.ModuleList(
            weight_norm(nn.Conv2d(a, b, (5, 1), (3, 1), padding=(2, 0))) for a, b in zip(sizes, sizes[1:], strict=False)
        )
        self.verdict = weight_norm(nn.Conv2d(sizes[-1], 1, (3, 1), padding=(1, 0)))

    def forward(self, samples: torch.Tensor) -> list[torch.Tensor]:
        length = samples.shape[1] // self.period * self.period
        return verdicts(self.layers, self.verdict, torch.unflatten(samples[:, None, :length], 2, (-1, self.period)))


def verdicts(
    layers: nn.ModuleList, verdict: nn.Module, x: torch.Tensor, place: torch.Tensor | float = 0.0
) -> list[torch.Tensor]:
    """All feature maps of a stack of convolutions; `place` is added to the first."""
    heard: list[torch.Tensor] = []
    for layer in layers:
        x = functional.leaky_relu(layer(x) + (0.0 if heard else place), SLOPE)
        heard.append(x)
    return [*heard, verdict(x)]


class Adversary(nn.Module):
    """All discriminators together."""

    def __init__(self, config: AdversaryConfig) -> None:
        super().__init__()
        self.config = config
        self.members = nn.ModuleList(
            [SpectrogramDiscriminator(size, config.spectrogram_channels) for size in config.windows]
            + [PeriodDiscriminator(period, config.period_channels) for period in config.periods]
        )

    def forward(self, samples: torch.Tensor) -> Heard:
        """What each discriminator hears in samples (B, n); quiet pieces are as telling as loud ones."""
        level = samples.detach().square().mean(dim=1, keepdim=True).sqrt().clamp_min(1e-3)
        return [member(samples / level * 0.1) for member in self.members]


def discriminator_loss(true: Heard, made: Heard) -> torch.Tensor:
    """Hinge loss of telling true from made."""
    losses = [(1 - t[-1]).relu().mean() + (1 + m[-1]).relu().mean() for t, m in zip(true, made, strict=True)]
    return torch.stack(losses).mean()


def deception_loss(made: Heard) -> torch.Tensor:
    """What the generator pays for being found out."""
    return torch.stack([(1 - m[-1]).relu().mean() for m in made]).mean()


def feature_loss(true: Heard, made: Heard) -> torch.Tensor:
    """Distance between feature maps, each against the true one's mean size."""
    losses = [
        (t.detach() - m).abs().mean() / t.detach().abs().mean().clamp_min(1e-3)
        for of_true, of_made in zip(true, made, strict=True)
        for t, m in zip(of_true[:-1], of_made[:-1], strict=True)
    ]
    return torch.stack(losses).mean()


def adversarial_losses(adversary: Adversary, true: torch.Tensor, made: torch.Tensor, step: int) -> Losses:
    """The loss "rival" of the discriminators and, once they may be trusted, "deception" and "features" of the model.

    Shapes: true and made (B, n); a piece of `seconds` at a place that depends on the step is heard.
    """
    config = adversary.config
    length = min(true.shape[1], round(config.seconds * MEL.sample_rate_hz))
    first = int(torch.randint(true.shape[1] - length + 1, (), generator=torch.Generator().manual_seed(step)))
    true, made = true[:, first : first + length], made[:, first : first + length]
    of_true = adversary(true)
    losses = {"rival": discriminator_loss(of_true, adversary(made.detach()))}
    if config.from_step is not None and step >= config.from_step + config.trusted_after_steps:
        adversary.requires_grad_(False)  # the model's loss moves the sound, not the judges
        of_made = adversary(made)
        adversary.requires_grad_(True)
        losses["deception"] = deception_loss(of_made)
        losses["features"] = feature_loss(of_true, of_made)
    return losses
