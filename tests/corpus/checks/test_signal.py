"""Each fault of sound and channels, made into a recording that has nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from svs_cli.corpus.checks import listen as listening
from svs_cli.corpus.checks.examine import examine
from svs_cli.corpus.checks.rules import RULES
from tests.corpus.checks.made import RATE_HZ, Samples, examined, faults, noise, put, recording, tone, voice, write


def full_scale() -> Samples:
    """`voice()` with its peak at 1."""
    return voice() / np.abs(voice()).max()


def test_a_good_recording_has_no_problem(tmp_path: Path) -> None:
    item = examined(tmp_path, voice())
    assert faults(item) == {}
    figures = item.figures
    assert figures is not None
    assert figures.seconds == pytest.approx(2.5)
    assert figures.f0_median_hz == pytest.approx(220.0, rel=0.003)
    assert figures.snr_db == pytest.approx(60, abs=6)
    assert figures.bandwidth_hz == RATE_HZ / 2


def test_a_file_that_is_no_audio(tmp_path: Path) -> None:
    path = tmp_path / "made.wav"
    path.write_bytes(b"RIFF and then nothing")
    item = examine(recording(path), RULES)
    assert faults(item) == {"unreadable": "reject"}
    assert item.figures is None


def test_a_file_without_samples(tmp_path: Path) -> None:
    assert faults(examined(tmp_path, np.zeros(0, np.float32))) == {"empty": "reject"}


def test_a_file_that_was_cut_off_while_copying(tmp_path: Path) -> None:
    whole = write(tmp_path / "whole.wav", voice()).read_bytes()
    path = tmp_path / "made.wav"
    path.write_bytes(whole[: len(whole) // 2])
    assert set(faults(examine(recording(path), RULES))) & {"truncated", "label_end", "unreadable"}


def test_not_a_number(tmp_path: Path) -> None:
    sound = voice()
    sound[70_000] = np.nan
    assert faults(examined(tmp_path, sound, subtype="FLOAT")) == {"not_finite": "reject"}


def test_float_samples_over_full_scale(tmp_path: Path) -> None:
    assert faults(examined(tmp_path, 1.5 * full_scale(), subtype="FLOAT")) == {"over_full_scale": "warn"}


@pytest.mark.parametrize("gain", [1.0, 0.5])
def test_clipping_is_found_in_a_normalised_file_too(tmp_path: Path, gain: float) -> None:
    sound = np.clip(2.0 * full_scale(), -0.9, 0.9) * gain
    item = examined(tmp_path, sound)
    assert faults(item)["clipping"] == "reject"
    (problem,) = (problem for problem in item.problems if problem.code == "clipping")
    start, end = problem.spans[0]
    assert np.abs(sound[int(start * RATE_HZ) + 1 : int(end * RATE_HZ) - 1]) == pytest.approx(0.9 * gain)


def test_round_tops_of_a_quiet_low_tone_are_no_clipping(tmp_path: Path) -> None:
    times = np.arange(2 * RATE_HZ) / RATE_HZ
    item = examined(tmp_path, 0.06 * np.sin(2 * np.pi * 60 * times), phones=(), phone_ends_seconds=(), pitch_midi=None)
    assert "clipping" not in faults(item)
    assert item.figures is not None
    assert item.figures.clipped_share == 0.0


def test_coarse_steps_are_no_clipping_but_cut_ones_are(tmp_path: Path) -> None:
    sound = 0.6 * full_scale()
    assert "clipping" not in faults(examined(tmp_path, np.round(sound * 128) / 128))
    assert "clipping" in faults(examined(tmp_path, np.round(np.clip(3 * sound, -0.9, 0.9) * 128) / 128))


def test_silence(tmp_path: Path) -> None:
    assert faults(examined(tmp_path, noise(2.5, 1e-4)))["silent"] == "reject"


def test_quiet(tmp_path: Path) -> None:
    assert faults(examined(tmp_path, 0.02 * voice(), subtype="PCM_24")) == {"quiet": "warn"}


def test_mostly_silence(tmp_path: Path) -> None:
    sound = noise(12.0, 2e-4)
    put(sound, tone(220, 1.0), 5.0)
    labels = {"phones": ("SP", "a", "SP"), "phone_ends_seconds": (5.0, 6.0, 12.0)}
    assert faults(examined(tmp_path, sound, **labels)) == {"silence_share": "warn"}


@pytest.mark.parametrize("labelled", [True, False])
@pytest.mark.parametrize(("level", "severity"), [(0.008, "warn"), (0.06, "reject")])
def test_noise(tmp_path: Path, level: float, severity: str, labelled: bool) -> None:
    labels: dict[str, object] = {} if labelled else {"phones": (), "phone_ends_seconds": (), "text": "さの"}
    found = faults(examined(tmp_path, voice() + noise(2.5, level, seed=9), **labels))
    assert found["snr"] == severity


def test_a_held_vowel_without_pauses_is_not_called_noisy(tmp_path: Path) -> None:
    item = examined(tmp_path, tone(220, 2.0), phones=("a",), phone_ends_seconds=(2.0,))
    assert faults(item) == {}
    assert item.figures is not None
    assert item.figures.noise_db is None


def test_offset(tmp_path: Path) -> None:
    item = examined(tmp_path, voice() + 0.05)
    assert faults(item) == {"dc_offset": "warn"}
    assert item.figures is not None
    assert item.figures.dc == pytest.approx(0.05, abs=1e-3)


def test_gaps_of_digital_silence(tmp_path: Path) -> None:
    sound = voice()
    at = next(i for i in range(round(1.8 * RATE_HZ), len(sound)) if min(abs(sound[i - 1]), abs(sound[i + 200])) > 0.05)
    sound[at : at + 200] = 0.0
    item = examined(tmp_path, sound)
    assert faults(item) == {"dropout": "warn"}
    assert item.problems[0].spans[0][0] == pytest.approx(at / RATE_HZ, abs=1e-3)


@pytest.mark.parametrize("cut_hz", [4_000, 8_000, 16_000])
def test_band_limit(tmp_path: Path, cut_hz: int) -> None:
    sound = voice() + noise(2.5, 1e-3, seed=4)
    spectrum = np.fft.rfft(sound)
    spectrum[np.fft.rfftfreq(len(sound), 1 / RATE_HZ) > cut_hz] = 0
    item = examined(tmp_path, np.fft.irfft(spectrum, len(sound)))
    assert faults(item) == {"bandwidth": "reject" if cut_hz == 4_000 else "warn"}
    assert item.figures is not None
    assert item.figures.bandwidth_hz == pytest.approx(cut_hz, abs=500)


def test_a_low_rate(tmp_path: Path) -> None:
    assert faults(examined(tmp_path, voice(rate_hz=22_050), rate_hz=22_050)) == {"sample_rate": "warn"}


def stereo(left: Samples, right: Samples) -> np.ndarray:
    return np.stack([left, right], axis=1)


def test_two_good_channels(tmp_path: Path) -> None:
    sound = voice()
    room = noise(2.5, 2e-4, seed=5)
    assert faults(examined(tmp_path, stereo(sound, 0.8 * sound + room))) == {}


@pytest.mark.parametrize(
    ("right", "expected"),
    [
        (lambda sound: np.zeros_like(sound), {"channel_silent": "warn"}),
        (lambda sound: sound, {"dual_mono": "warn"}),
        (lambda sound: np.roll(sound, 60), {"channel_delay": "warn"}),
    ],
)
def test_channel_mix_ups(tmp_path: Path, right: object, expected: dict[str, str]) -> None:
    sound = voice()
    found = faults(examined(tmp_path, stereo(sound, right(sound))))  # type: ignore[operator]
    assert found.items() >= expected.items()
    assert not set(found) & ({"channel_silent", "dual_mono", "channel_delay", "out_of_phase"} - set(expected))


def test_channels_that_cancel_each_other(tmp_path: Path) -> None:
    sound = voice()
    assert faults(examined(tmp_path, stereo(sound, -0.9 * sound)))["out_of_phase"] == "reject"


def test_channels_with_different_content(tmp_path: Path) -> None:
    other = voice(311.0, seed=7)[::-1].copy()
    assert faults(examined(tmp_path, stereo(voice(), other)))["channels_differ"] == "reject"


def test_hours_are_read_in_blocks_and_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty seconds stand for three hours, with the limit of what is kept lowered alike."""
    monkeypatch.setattr(listening, "KEPT_SECONDS", 5.0)
    path = write(tmp_path / "long.wav", np.tile(voice(rate_hz=8000), 16), 8000)
    heard = listening.listen(path)
    assert heard.seconds == pytest.approx(40.0)
    assert len(heard.mono) <= 16_000 * 15  # one block of ten seconds may be half over
    rules = {**RULES, "too_long": RULES["too_long"].__class__("too_long", "too long", "cut it", None, 30.0, "s")}
    assert faults(examine(recording(path), rules))["too_long"] == "reject"


def test_blocks_do_not_show_in_what_is_heard(tmp_path: Path) -> None:
    """The middle of a block border is as good as any other place."""
    sound = np.concatenate([voice(), voice(), voice(), voice(), voice()])
    path = write(tmp_path / "made.wav", sound)
    heard = listening.listen(path)
    with soundfile.SoundFile(path) as file:
        assert heard.seconds == file.frames / file.samplerate
    assert len(heard.level_db) == 1250
    voiced = heard.f0_hz[heard.f0_hz > 0]
    assert voiced.min() > 215
    assert voiced.max() < 225
