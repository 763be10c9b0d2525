"""The excitation: exact pitch, no drift, cuts that fit."""

import numpy as np
import pytest
import torch

from svs_cli.units import GRID
from svs_cli.vocoder.source import Course, RunningCourse, course_of, excitation, fill_unvoiced, frame_phase_cycles

HOP, RATE = GRID.hop_samples, GRID.sample_rate_hz


def pulse_train(f0_hz: torch.Tensor, course: Course | None = None) -> torch.Tensor:
    return excitation(f0_hz, HOP, RATE, course).pulses


def test_spectrum_is_harmonics_of_equal_size() -> None:
    f0_hz = RATE / 256  # 172 Hz: harmonics fall on bins
    samples = pulse_train(torch.full((1, 64), f0_hz))[0, : 256 * 64]
    spectrum = torch.fft.rfft(samples).abs()
    peaks = spectrum[64:-64:64]
    between = spectrum[32::64]
    assert float(peaks.std() / peaks.mean()) < 1e-2
    assert float(between.max() / peaks.mean()) < 1e-2


def test_unit_power() -> None:
    for f0_hz in (80.0, 220.0, 1000.0):
        samples = pulse_train(torch.full((1, 200), f0_hz))
        assert abs(float(samples.square().mean().sqrt()) - 1) < 0.03


def test_five_minutes_do_not_drift() -> None:
    f0_hz, frames = 441.7, GRID.frame_of(300.0)
    phase = frame_phase_cycles(torch.full((1, frames), f0_hz, dtype=torch.float64), HOP, RATE)[0]
    exact = np.mod(np.arange(frames) * (f0_hz * HOP / RATE), 1.0)
    error_cycles = np.abs(np.mod(phase.numpy() - exact + 0.5, 1.0) - 0.5)
    assert error_cycles.max() < 1e-6


def test_unvoiced_is_silent_and_borders_hold_the_note() -> None:
    f0 = torch.zeros(1, 30)
    f0[0, 10:20] = 300.0
    samples = pulse_train(f0)[0]
    assert not samples[: 9 * HOP].any() and not samples[20 * HOP :].any()
    assert fill_unvoiced(torch.tensor([[0.0, 200.0, 0.0, 0.0, 300.0, 0.0]])).tolist() == [
        [200.0, 200.0, 200.0, 300.0, 300.0, 300.0]
    ]
    assert fill_unvoiced(torch.zeros(1, 3)).tolist() == [[220.0] * 3]


def test_rows_of_a_batch_do_not_know_each_other() -> None:
    f0 = torch.tensor([[0.0, 0.0, 300.0], [0.0, 0.0, 0.0], [0.0, 200.0, 0.0], [100.0, 0.0, 0.0]])
    filled = [[300.0] * 3, [220.0] * 3, [200.0] * 3, [100.0] * 3]
    assert fill_unvoiced(f0).tolist() == filled
    assert [fill_unvoiced(row[None])[0].tolist() for row in f0] == filled


def test_a_cut_is_a_part_of_the_whole() -> None:
    f0 = 220 * 2 ** torch.linspace(0, 1, 100)[None]
    f0[0, 40:50] = 0
    course = course_of(f0, HOP, RATE)
    whole = pulse_train(f0)
    part = pulse_train(f0[:, 30:80], course.cut(30, 80))
    torch.testing.assert_close(part[:, : 49 * HOP], whole[:, 30 * HOP : 79 * HOP], atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("first_voiced", [0, 25, 95])
def test_a_curve_told_in_stretches_has_the_course_of_the_whole(first_voiced: int) -> None:
    f0 = 220 * 2 ** torch.linspace(0, 1, 100)[None]
    f0[0, :first_voiced] = 0
    f0[0, 40:70] = 0
    f0[0, 97:] = 0
    whole = course_of(f0, HOP, RATE)
    running = RunningCourse(HOP, RATE)
    for first in range(0, 90, 10):
        told = running.read(f0[:, first : first + 20], 10)
        part = whole.cut(first, first + 20)
        sounding = f0[0, first : first + 20] > 0
        assert torch.equal(told.f0_hz[0][sounding], part.f0_hz[0][sounding])
        apart = (told.phase_cycles - part.phase_cycles)[0][sounding]
        assert torch.all((apart - apart.round()).abs() < 1e-9)
