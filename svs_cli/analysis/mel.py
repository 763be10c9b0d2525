"""The mel spectrogram that every model of the toolkit shares: DiffSinger's and OpenUtau's 44.1 kHz grid.

Conventions
-----------
- Frame `i` is centred on sample `i * hop`; the signal is reflected at its ends; `n` samples give ceil(n / hop) frames.
- Values are the natural logarithm of Slaney-mel *magnitude* (not power), clipped at 1e-5 (-11.51).
- Frames come first: arrays are (frames, 128), as the `.ds` world stores them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class MelSpec:
    """Everything that defines the spectrogram; models store it and refuse a different one."""

    sample_rate_hz: int = 44_100
    hop_samples: int = 512
    window_samples: int = 2048
    bands: int = 128
    low_hz: float = 40.0
    high_hz: float = 16_000.0
    floor: float = 1e-5


MEL = MelSpec()
LOG_FLOOR = float(np.log(MEL.floor))


def hz_to_slaney_mel(hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Slaney's Auditory Toolbox scale: linear to 1 kHz, logarithmic above (Slaney 1998)."""
    linear = 3.0 * hz / 200.0
    return np.where(hz < 1000.0, linear, 15.0 + 27.0 * np.log(np.maximum(hz, 1.0) / 1000.0) / np.log(6.4))


def slaney_mel_to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    """Inverse of `hz_to_slaney_mel`."""
    return np.where(mel < 15.0, 200.0 * mel / 3.0, 1000.0 * np.exp(np.log(6.4) * (mel - 15.0) / 27.0))


@lru_cache(maxsize=4)
def mel_filterbank(spec: MelSpec = MEL) -> NDArray[np.float32]:
    """Triangular filters of equal area, shape (bands, window / 2 + 1); equals librosa's default filters."""
    edges_mel = hz_to_slaney_mel(np.array([spec.low_hz, spec.high_hz]))
    edges_hz = slaney_mel_to_hz(np.linspace(edges_mel[0], edges_mel[1], spec.bands + 2))
    bins_hz = np.arange(spec.window_samples // 2 + 1) * spec.sample_rate_hz / spec.window_samples
    rising = (bins_hz[None] - edges_hz[:-2, None]) / np.diff(edges_hz)[:-1, None]
    falling = (edges_hz[2:, None] - bins_hz[None]) / np.diff(edges_hz)[1:, None]
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    return (triangles * (2.0 / (edges_hz[2:] - edges_hz[:-2]))[:, None]).astype(np.float32)


def log_mel(samples: NDArray[np.float32], spec: MelSpec = MEL) -> NDArray[np.float32]:
    """Log-mel spectrogram, (samples,) -> (frames, bands). Any length of at least one sample."""
    import torch

    with torch.no_grad():
        return log_mel_torch(torch.as_tensor(samples, dtype=torch.float32)[None], spec)[0].numpy()


def log_mel_torch(samples: torch.Tensor, spec: MelSpec = MEL) -> torch.Tensor:
    """Differentiable log-mel, (batch, samples) -> (batch, frames, bands), frames = ceil(samples / hop)."""
    import torch

    half = spec.window_samples // 2
    mode = "reflect" if samples.shape[-1] > half else "constant"
    padded = torch.nn.functional.pad(samples[:, None], (half, half), mode=mode)[:, 0]
    window = torch.hann_window(spec.window_samples, device=samples.device)
    spectrum = torch.stft(
        padded, spec.window_samples, spec.hop_samples, window=window, center=False, return_complex=True
    )
    frames = -(-samples.shape[-1] // spec.hop_samples)
    magnitude = (spectrum.real.square() + spectrum.imag.square() + 1e-12).sqrt()[..., :frames]
    bank = torch.as_tensor(mel_filterbank(spec), device=samples.device)
    return torch.einsum("mf,bft->btm", bank, magnitude).clamp_min(spec.floor).log()
