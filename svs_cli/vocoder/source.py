"""Excitation of the source-filter vocoder: pulses from F0 in closed form, and white noise, both randomly accessible.

Conventions
-----------
- Frame `i` is centred on sample `i * hop`; between frames F0 moves linearly, so phase is a quadratic whose value at
  each frame is an exact sum, kept in float64 cycles and wrapped: no drift on notes of any length.
- 0 Hz means unvoiced: there the source is silent. Between a voiced frame and an unvoiced one it fades over the half of
  the hop that is nearer to the latter.
- The pulse train is a Dirichlet kernel, cos(phi) + cos(2 phi) + ... up to the Nyquist frequency, scaled to unit RMS,
  so that pulses and white noise have the same power spectral density.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

UNVOICED_HZ = 220.0  # the F0 of a course that is silent from end to end


@dataclass(frozen=True)
class Course:
    """F0 without gaps and its phase at the frames' centres, both (batch, frames); any cut of it is valid."""

    f0_hz: torch.Tensor
    phase_cycles: torch.Tensor

    def cut(self, first: int, last: int) -> Course:
        """Frames first..last."""
        return Course(self.f0_hz[:, first:last], self.phase_cycles[:, first:last])

    def to(self, device: str) -> Course:
        """The same on another device."""
        return Course(self.f0_hz.to(device), self.phase_cycles.to(device))


def course_of(f0_hz: torch.Tensor, hop_samples: int, sample_rate_hz: int) -> Course:
    """The course of an F0 curve with 0 where unvoiced, (batch, frames)."""
    filled = fill_unvoiced(f0_hz)
    return Course(filled, frame_phase_cycles(filled, hop_samples, sample_rate_hz))


def fill_unvoiced(f0_hz: torch.Tensor) -> torch.Tensor:
    """Unvoiced frames hold the last voiced value; the one before a voiced stretch takes that stretch's first value.

    So F0 does not sweep while the source fades in. (batch, frames) -> same, positive everywhere.
    """
    voiced = f0_hz > 0
    rank = torch.cumsum(voiced.long(), dim=1)
    count = rank[:, -1:]
    first = torch.cumsum(count, dim=0) - count  # where a row's values begin in the list of all
    values = torch.cat([f0_hz[voiced], torch.full_like(f0_hz[0, :1], UNVOICED_HZ)])
    held = torch.where(count > 0, values[first + (rank - 1).clamp_min(0)], UNVOICED_HZ)
    following = torch.cat([f0_hz[:, 1:], f0_hz[:, -1:]], dim=1)
    return torch.where(~voiced & (following > 0), following, held)


def frame_phase_cycles(
    f0_filled_hz: torch.Tensor, hop_samples: int, sample_rate_hz: int, start_cycles: torch.Tensor | None = None
) -> torch.Tensor:
    """Phase at the centre of each frame in cycles (float64, wrapped to 0..1), (batch, frames) -> same.

    It starts at 0, or at `start_cycles` (batch, 1).
    """
    f0 = f0_filled_hz.double()
    steps = (f0[:, 1:] + f0[:, :-1]) * (0.5 * hop_samples / sample_rate_hz)
    start = torch.zeros_like(f0[:, :1]) if start_cycles is None else start_cycles
    # A running sum of wrapped increments stays small, so its rounding error does not grow with the song.
    phase = torch.cumsum(torch.cat([start, steps - torch.floor(steps)], dim=1), dim=1)
    return phase - torch.floor(phase)


class RunningCourse:
    """The course of one long F0 curve, told stretch by stretch: what `course_of` says of the whole, within rounding.

    Stretches overlap: the next one starts `advance_frames` after this one does. `silent_frames` come before the first.
    """

    def __init__(self, hop_samples: int, sample_rate_hz: int, silent_frames: int = 0) -> None:
        self._hop_samples, self._sample_rate_hz = hop_samples, sample_rate_hz
        self._silent_frames = silent_frames  # before the stretch, as long as no frame was voiced
        self._held_hz = 0.0
        self._phase_cycles = 0.0  # at the stretch's first frame

    def read(self, f0_hz: torch.Tensor, advance_frames: int) -> Course:
        """The course of the next stretch, (1, frames)."""
        known = torch.cat([torch.full_like(f0_hz[:, :1], self._held_hz), f0_hz], dim=1)
        filled = fill_unvoiced(known)[:, 1:]
        if not self._held_hz:
            # Frames before the first voiced one hold its F0, so their phase is known when it comes.
            step = float(filled[0, 0]) * self._hop_samples / self._sample_rate_hz
            self._phase_cycles = self._silent_frames * (step % 1.0) % 1.0
        start = torch.full_like(filled[:, :1], self._phase_cycles, dtype=torch.float64)
        course = Course(filled, frame_phase_cycles(filled, self._hop_samples, self._sample_rate_hz, start))
        passed = f0_hz[0, :advance_frames]
        voiced = passed[passed > 0]
        self._silent_frames += advance_frames
        self._held_hz = float(voiced[-1]) if len(voiced) else self._held_hz
        if advance_frames < f0_hz.shape[1]:
            self._phase_cycles = float(course.phase_cycles[0, advance_frames])
        return course


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
    gate = (2 * (voiced[..., None] * (1 - part) + after[..., None] * part)).clamp_max(1.0).flatten(1)
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
