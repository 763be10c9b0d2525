"""Technique curves on made sounds: each moves with what it names, and with nothing else."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from numpy.typing import NDArray

from svs_cli.analysis.technique import Technique, technique, voicing_db
from svs_cli.units import GRID

SECONDS = 0.6
FRAMES = GRID.frames_of_samples(int(SECONDS * 44_100))


def made(
    f0_hz: float, noise: float = 0.01, tilt: float = 1.5, gain: float = 1.0, vibrato_cents: float = 0.0
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Harmonics that fall by k^-tilt, white noise of this RMS, and the F0 on the frame grid."""
    time = np.arange(int(SECONDS * 44_100)) / 44_100
    cents = vibrato_cents * np.sin(2 * np.pi * 5.5 * time)
    track_hz = f0_hz * 2 ** (cents / 1200)
    phase = 2 * np.pi * np.cumsum(track_hz) / 44_100
    tone = sum(k**-tilt * np.sin(k * phase + k * k) for k in range(1, int(7900 / f0_hz)))
    hiss = noise * np.random.default_rng(0).standard_normal(len(time))
    f0 = np.interp(GRID.seconds_of(np.arange(FRAMES)), time, track_hz)
    return (gain * (0.2 * tone + hiss)).astype(np.float32), f0.astype(np.float32)


def middle(curve: NDArray[np.float32]) -> float:
    return float(np.median(curve[15:-15]))


def measured(*args: float, **more: float) -> tuple[float, float, float]:
    curves = technique(*made(*args, **more))
    return middle(curves.energy_db), middle(curves.breathiness_db), middle(curves.tension_db)


@pytest.mark.parametrize("f0_hz", [80.0, 220.0, 700.0])
def test_noise_is_measured_as_it_was_added(f0_hz: float) -> None:
    samples, _ = made(f0_hz, noise=0.0)
    harmonic_power = float(np.mean(np.square(samples)))
    wanted_db = 10 * np.log10(0.01**2 * 8000 / 22_050 / harmonic_power)
    assert measured(f0_hz)[1] == pytest.approx(wanted_db, abs=1.0)


@pytest.mark.parametrize("f0_hz", [90.0, 330.0])
def test_noise_moves_breathiness_alone(f0_hz: float) -> None:
    little, much = measured(f0_hz, noise=0.005), measured(f0_hz, noise=0.02)
    assert much[1] - little[1] == pytest.approx(12.04, abs=0.5)
    assert abs(much[0] - little[0]) < 0.6 and abs(much[2] - little[2]) < 0.3


@pytest.mark.parametrize("f0_hz", [90.0, 330.0])
def test_brightness_moves_tension(f0_hz: float) -> None:
    shares = [sum(k ** (-2 * tilt) for k in range(2, int(7900 / f0_hz))) for tilt in (1.8, 1.2)]
    dark, bright = measured(f0_hz, tilt=1.8), measured(f0_hz, tilt=1.2)
    assert bright[2] - dark[2] == pytest.approx(10 * np.log10(shares[1] / shares[0]), abs=0.3)


def test_gain_moves_energy_alone() -> None:
    plain, louder = measured(220.0), measured(220.0, gain=2.0)
    assert np.allclose(np.subtract(louder, plain), (6.02, 0.0, 0.0), atol=0.01)


def test_vibrato_is_no_breath() -> None:
    assert measured(300.0, noise=0.002, vibrato_cents=100.0)[1] < -32.0
    assert abs(measured(300.0, vibrato_cents=100.0)[2] - measured(300.0)[2]) < 0.2


def test_what_has_no_pitch_has_no_technique() -> None:
    samples, f0_hz = made(220.0)
    f0_hz[:20] = 0
    curves = technique(samples, f0_hz)
    assert np.isnan(curves.breathiness_db[:20]).all() and np.isfinite(curves.breathiness_db[20:]).all()
    assert np.isfinite(curves.energy_db).all()
    silent = technique(np.zeros(700, np.float32), np.zeros(2, np.float32))
    assert (silent.energy_db == -120.0).all() and np.isnan(silent.tension_db).all()
    assert np.isfinite(technique(np.zeros(44_100, np.float32), np.full(87, 100.0, np.float32)).tension_db).all()


def test_voicing_is_the_level_of_the_harmonic_part() -> None:
    half = np.zeros(1, np.float32)
    assert voicing_db(Technique(half - 20, half, half))[0] == pytest.approx(-23.01, abs=0.01)


@pytest.mark.parametrize("f0_hz", [9.0, 61.0, 440.0])
def test_blocks_leave_no_trace(f0_hz: float, monkeypatch: pytest.MonkeyPatch) -> None:
    samples, track_hz = made(f0_hz, noise=0.003, vibrato_cents=60.0)
    whole = technique(samples, track_hz)
    monkeypatch.setattr("svs_cli.analysis.technique.BLOCK_SAMPLES", 2_000)
    monkeypatch.setattr("svs_cli.analysis.technique.FRAMES_AT_ONCE", 7)
    pieces = technique(samples, track_hz)
    for name in ("energy_db", "breathiness_db", "tension_db"):
        assert np.allclose(getattr(pieces, name), getattr(whole, name), atol=1e-3), name


def test_memory_does_not_grow_with_the_recording() -> None:
    def peak_bytes(seconds: int) -> int:
        samples, f0_hz = np.zeros(seconds * 44_100, np.float32), np.full(seconds * 86, 200.0, np.float32)
        tracemalloc.start()
        technique(samples, f0_hz)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    assert peak_bytes(24) < 1.2 * peak_bytes(8)
