"""Phase of the filter that shapes the pulses: minimum phase, steadied, and without the delays that alter periods.

Axes: B batch, T frames (hop 512), K knots or partials, F bins of the filter.

A phase that turns is heard as another F0, and a minimum phase turns at every move of the mouth. So it is steadied over
a few frames first. What is left is split into the delay that all partials share, by least squares over the strong ones,
and the rest. The delay is taken out but for what is slow in it, so periods are as long as they were asked for; the rest
disperses the partials without changing the period that they have in common.
"""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional

from svs_cli.analysis.mel import MEL
from svs_cli.vocoder.filters import FILTER_FFT, bins_hz, following

STEADY_FRAMES = 7  # odd: over so many frames the phase of the filter is steadied
LEAST_POWER = 1e-9  # -90 dB: below it all frames count alike
PARTIALS, HIGHEST_PARTIAL_HZ = 32, 4000.0  # that tell the period
DELAY_FRAMES = 15  # odd: delays are taken out that change faster than so many frames
LARGEST_STEP_SECONDS = 5e-4  # by which the delay changes from frame to frame


def minimum_phase_matrix(gains: torch.Tensor) -> torch.Tensor:
    """Phases in radians of the minimum-phase filters with these log-gains, (K, F) -> (K, F).

    By cepstral folding (Oppenheim & Schafer, Discrete-Time Signal Processing, ch. 12), which is linear in the log-gain:
    the phase of a sum of rows is the sum of their phases.
    """
    fold = torch.full((FILTER_FFT,), 0.0, dtype=torch.float64)
    fold[1 : FILTER_FFT // 2] = 2.0
    fold[0] = fold[FILTER_FFT // 2] = 1.0
    return torch.fft.rfft(torch.fft.irfft(gains.double(), n=FILTER_FFT) * fold).imag.float()


def loudness(mel: torch.Tensor) -> torch.Tensor:
    """Mean power of the bands, never 0: (B, T, 128) -> (B, T, 1)."""
    return (2 * mel).exp().mean(dim=-1, keepdim=True) + LEAST_POWER


def steadied(values: torch.Tensor, weight: torch.Tensor, steps: int, stride: int = 1) -> torch.Tensor:
    """Means over so many steps of time (odd) under a Hann window, weighted: (B, T, C), (B, T, 1) -> (B, T, C).

    Of every `stride` steps the first is told.

    >>> values, weight = torch.tensor([[[0.0], [9.0], [1.0]]]), torch.tensor([[[1.0], [0.0], [3.0]]])
    >>> steadied(values, weight, 3).flatten().tolist()
    [0.0, 0.75, 1.0]
    """
    both = torch.cat([values * weight, weight], dim=-1)
    padded = functional.pad(both, (0, 0, steps // 2, steps // 2))
    sums = torch.zeros_like(both[:, ::stride])
    for step, share in enumerate(np.hanning(steps + 2)[1:-1].tolist()):  # twice as fast as a convolution
        sums = torch.add(sums, padded[:, step : step + both.shape[1] : stride], alpha=share)
    return sums[..., :-1] / sums[..., -1:]


def delay_kernel() -> torch.Tensor:
    """From the steps of a delay to the delay less its own mean under a Hann window, (`DELAY_FRAMES` + 1,).

    A running sum less its smoothed self is a filter of finite reach, so a stretch of a song needs no more of the rest.
    """
    mean = np.hanning(DELAY_FRAMES + 2)[1:-1]
    past = np.arange(DELAY_FRAMES + 1) > DELAY_FRAMES // 2  # steps before a frame are in its sum
    smooth = np.concatenate([[0.0], np.cumsum(mean / mean.sum())])
    return torch.tensor(past - smooth, dtype=torch.float32).flip(0)


def periods_kept(
    angle: torch.Tensor, log_gain: torch.Tensor, f0_hz: torch.Tensor, kernel: torch.Tensor
) -> torch.Tensor:
    """Phases in radians without the delay that the strong partials share: (B, T, F) twice, (B, T) -> (B, T, F).

    `log_gain` says how strong partials are, `kernel` is a `delay_kernel`.
    """
    number = torch.arange(1, PARTIALS + 1, device=f0_hz.device, dtype=f0_hz.dtype)
    partials_hz = f0_hz[..., None] * number
    heard = (partials_hz > 0) & (partials_hz < HIGHEST_PARTIAL_HZ)
    place = partials_hz.clamp_max(HIGHEST_PARTIAL_HZ) * (FILTER_FFT / MEL.sample_rate_hz)
    low = place.long()

    def at_partials(values: torch.Tensor) -> torch.Tensor:
        below, above = values.gather(-1, low), values.gather(-1, low + 1)
        return below + (above - below) * (place - low)

    turned = at_partials((following(angle) - angle).detach())  # learning shall not go round by the delay
    level = at_partials(log_gain.detach())
    power = heard * (2 * (level - level.amax(dim=-1, keepdim=True))).exp()
    radians = 2 * torch.pi * partials_hz  # a second
    step_seconds = (power * radians * turned).sum(-1) / ((power * radians.square()).sum(-1) + 1e-3)
    sounding = (f0_hz > 0) & (following(f0_hz) > 0)
    step_seconds = torch.where(sounding, step_seconds, 0.0).clamp(-LARGEST_STEP_SECONDS, LARGEST_STEP_SECONDS)
    padded = functional.pad(step_seconds, (DELAY_FRAMES // 2 + 1, DELAY_FRAMES // 2))
    advance_seconds = functional.conv1d(padded[:, None], kernel[None, None])[:, 0]
    return angle - 2 * torch.pi * advance_seconds[..., None] * bins_hz().to(angle.device)
