"""Excitation of the source-filter vocoder: pulses from F0 in closed form, and white noise, both randomly accessible.

Conventions
-----------
- Frame `i` is centred on sample `i * hop`; between frames F0 moves linearly, so phase is a quadratic whose value at
  each frame is an exact sum, kept in float64 cycles and wrapped: no drift on notes of any length.
- 0 Hz means unvoiced: there the source is silent. A border frame fades over one hop.
- The pulse train is a Dirichlet kernel, cos(phi) + cos(2 phi) + ... up to the Nyquist frequency, scaled to unit RMS,
  so that pulses and white noise have the same power spectral density.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Course:
    """F0 without gaps and its phase at the frames' centres, both (batch, frames); any cut of it is valid."""

    f0_hz: torch.Tensor
    phase_cycles: torch.Tensor

    def cut(self, first: int, last: int) -> Course:
        """Frames first..last."""
        return Course(self.f0_hz[:, first:last], self.phase_cycles[:, first:last])


def course_of(f0_hz: torch.Tensor, hop_samples: int, sample_rate_hz: int) -> Course:
    """The course of an F0 curve with 0 where unvoiced, (batch, frames)."""
    filled = fill_unvoiced(f0_hz)
    return Course(filled, frame_phase_cycles(filled, hop_samples, sample_rate_hz))


def fill_unvoiced(f0_hz: torch.Tensor) -> torch.Tensor:
    """Unvoiced frames hold the last voiced value; the one before a voiced stretch takes that stretch's first value.

    So F0 does not sweep while the source fades in. (batch, frames) -> same, positive everywhere.
    """
    batch, frames = f0_hz.shape
    at = torch.arange(frames, device=f0_hz.device).expand(batch, frames)
    voiced = f0_hz > 0
    last = torch.cummax(torch.where(voiced, at, -1), dim=1).values
    first = torch.where(voiced, at, frames).min(dim=1, keepdim=True).values.clamp_max(frames - 1)
    held = f0_hz.gather(1, torch.where(last >= 0, last, first))
    following = torch.cat([f0_hz[:, 1:], f0_hz[:, -1:]], dim=1)
    held = torch.where(~voiced & (following > 0), following, held)
    return torch.where(held > 0, held, 220.0)


def frame_phase_cycles(f0_filled_hz: torch.Tensor, hop_samples: int, sample_rate_hz: int) -> torch.Tensor:
    """Phase at the centre of each frame in cycles (float64, wrapped to 0..1), (batch, frames) -> same; starts at 0."""
    f0 = f0_filled_hz.double()
    steps = (f0[:, 1:] + f0[:, :-1]) * (0.5 * hop_samples / sample_rate_hz)
    zero = torch.zeros_like(f0[:, :1])
    # A running sum of wrapped increments stays small, so its rounding error does not grow with the song.
    return torch.cat([zero, torch.cumsum(torch.frac(steps), dim=1)], dim=1).frac()


@dataclass(frozen=True)
class Excitation:
    """What drives the filters, all (batch, samples): unit-RMS pulses, their phase in cycles, 1 where voiced."""

    pulses: torch.Tensor
    phase_cycles: torch.Tensor
    voiced: torch.Tensor


def excitation(f0_hz: torch.Tensor, hop_samples: int, sample_rate_hz: int, course: Course | None = None) -> Excitation:
    """Band-limited pulses, (batch, frames) -> (batch, frames * hop), starting at the first frame's centre.

    `course` is given for a chunk of a longer song, whose F0 and phase come from the whole.
    """
    course = course or course_of(f0_hz, hop_samples, sample_rate_hz)
    filled, phase_cycles = course.f0_hz, course.phase_cycles
    following = torch.cat([filled[:, 1:], filled[:, -1:]], dim=1)
    seconds = torch.arange(hop_samples, device=f0_hz.device, dtype=torch.float64) / sample_rate_hz
    slope = (following - filled).double() * (sample_rate_hz / hop_samples)
    phase = phase_cycles[..., None] + filled.double()[..., None] * seconds + 0.5 * slope[..., None] * seconds**2
    wrapped = (phase - torch.round(phase)).float().flatten(1)
    part = (torch.arange(hop_samples, device=f0_hz.device) / hop_samples).float()
    f0 = (filled[..., None] * (1 - part) + following[..., None] * part).flatten(1)
    voiced = (f0_hz > 0).float()
    after = torch.cat([voiced[:, 1:], voiced[:, -1:]], dim=1)
    gate = (voiced[..., None] * (1 - part) + after[..., None] * part).flatten(1)
    return Excitation(gate * dirichlet(wrapped, f0, sample_rate_hz), wrapped, gate)


def dirichlet(phase_cycles: torch.Tensor, f0_hz: torch.Tensor, sample_rate_hz: int) -> torch.Tensor:
    """Sum of N = floor(rate / 2 / f0) unit cosines scaled to unit RMS; any shape, phase in -0.5..0.5 cycles.

    cos(x) + ... + cos(N x) = (sin((N + 1/2) x) / sin(x / 2) - 1) / 2.
    """
    harmonics = torch.floor(0.5 * sample_rate_hz / f0_hz).clamp_min(1.0)
    half = math.pi * phase_cycles
    tiny = half.abs() < 1e-5
    safe = torch.where(tiny, torch.full_like(half, 1e-5), half)
    ratio = torch.where(tiny, 2 * harmonics + 1, torch.sin((2 * harmonics + 1) * safe) / torch.sin(safe))
    return 0.5 * (ratio - 1.0) * torch.sqrt(2.0 / harmonics)
