"""Shifted copies: the pitch moves as asked, the spectrum's shape and the labels stay."""

import numpy as np
import pytest

from svs_cli.analysis.f0 import praat_f0
from svs_cli.analysis.mel import log_mel
from svs_cli.corpus.shards import INT16_SCALE, Features
from svs_cli.corpus.shift import ShiftConfig, drawn_cents, shifted, sung_part
from svs_cli.units import cents


@pytest.fixture(scope="module")
def recording() -> Features:
    """0.5 s of silence, a second of a vowel-like tone on 220 Hz, 0.5 s of silence."""
    time = np.arange(2 * 44_100) / 44_100
    tone = sum(np.sin(2 * np.pi * 220 * k * time) * np.exp(-((220 * k - 700) ** 2) / 4e5) for k in range(1, 40))
    samples = np.where((time > 0.5) & (time < 1.5), 0.2 * tone, 0).astype(np.float32)
    info = {"phones": ["SP", "a", "SP"], "ends_seconds": [0.5, 1.5, 2.0], "nominal_midi": 57.0, "path": "a.wav"}
    return Features(
        (samples * INT16_SCALE).astype(np.int16), log_mel(samples).astype(np.float16), praat_f0(samples), info
    )


def test_only_the_sung_part_is_kept(recording: Features) -> None:
    part = sung_part(recording)
    assert part.info["phones"] == ["SP", "a", "SP"]
    np.testing.assert_allclose(part.info["ends_seconds"], [0.25, 1.25, 1.5], atol=0.012)
    assert len(part.samples) == len(part.mel) * 512 == len(part.f0_hz) * 512


def test_pitch_moves_by_what_the_copy_says(recording: Features) -> None:
    still = ShiftConfig(semitones=4.0, vibrato_share=0.0, drift_cents=0.0, technique_share=0.0)
    copy = shifted(sung_part(recording), still, np.random.default_rng(3))
    asked_hz = 220 * 2 ** (copy.info["shift_semitones"] / 12)
    heard = praat_f0(copy.samples.astype(np.float32) / INT16_SCALE)
    voiced = heard > 0
    assert abs(copy.info["shift_semitones"]) > 0.3 and voiced.sum() > 70
    assert np.median(np.abs(cents(asked_hz, heard[voiced]))) < 5
    assert np.median(np.abs(cents(asked_hz, copy.f0_hz[copy.f0_hz > 0]))) < 5


def test_the_envelope_stays(recording: Features) -> None:
    still = ShiftConfig(semitones=3.0, vibrato_share=0.0, drift_cents=0.0, technique_share=0.0)
    part = sung_part(recording)
    copy = shifted(part, still, np.random.default_rng(5))
    smooth = np.ones(24) / 24
    shapes = [np.convolve(np.exp(m[60].astype(np.float32)), smooth, "valid") for m in (part.mel, copy.mel)]
    assert abs(int(np.argmax(shapes[0])) - int(np.argmax(shapes[1]))) <= 4


def test_vibrato_and_drift_are_within_their_bounds() -> None:
    config = ShiftConfig(vibrato_share=1.0, drift_cents=0.0)
    drawn = drawn_cents(400, config, np.random.default_rng(0))
    assert 5 < np.abs(drawn).max() <= config.vibrato_high_cents
    assert not drawn_cents(100, ShiftConfig(vibrato_share=0.0, drift_cents=0.0), np.random.default_rng(0)).any()
