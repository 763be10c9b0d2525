"""Channels, rates and files that cannot be read."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from svs_cli.corpus import audio_file
from svs_cli.corpus.audio_file import one_channel, read_at, read_audio
from svs_cli.errors import CorpusError

TIME = np.arange(24_000) / 24_000
TONE = (0.3 * np.sin(2 * np.pi * 440 * TIME)).astype(np.float32)
OTHER = (0.1 * np.sin(2 * np.pi * 333 * TIME)).astype(np.float32)


def test_a_silent_channel_is_not_averaged_in() -> None:
    np.testing.assert_array_equal(one_channel(np.stack([TONE, np.zeros_like(TONE)], axis=1)), TONE)


def test_equal_channels_are_averaged_and_others_are_not() -> None:
    np.testing.assert_allclose(one_channel(np.stack([TONE, 0.5 * TONE], axis=1)), 0.75 * TONE, atol=1e-6)
    np.testing.assert_array_equal(one_channel(np.stack([OTHER, TONE], axis=1)), TONE)
    turned = one_channel(np.stack([TONE, -0.9 * TONE], axis=1))
    np.testing.assert_array_equal(turned, TONE)


def test_rates_and_offsets(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", TONE + 0.2, 24_000)
    samples, source_rate_hz = read_at(tmp_path / "a.wav")
    assert source_rate_hz == 24_000 and len(samples) == 44_100
    assert abs(samples.mean()) < 1e-6 and samples.dtype == np.float32
    assert np.argmax(np.abs(np.fft.rfft(samples))) == 440


@pytest.mark.parametrize("content", [b"", b"RIFF", b"no audio at all"])
def test_what_is_no_audio_says_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(CorpusError, match=r"a\.wav: cannot be read"):
        read_audio(tmp_path / "a.wav")


def test_empty_long_and_infinite_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    soundfile.write(tmp_path / "empty.wav", np.zeros(0), 24_000)
    with pytest.raises(CorpusError, match="no samples"):
        read_audio(tmp_path / "empty.wav")
    soundfile.write(tmp_path / "inf.wav", np.array([0.0, np.inf, 0.0]), 24_000, subtype="FLOAT")
    with pytest.raises(CorpusError, match="not finite"):
        read_audio(tmp_path / "inf.wav")
    monkeypatch.setattr(audio_file, "LONGEST_FILE_SECONDS", 0.5)
    soundfile.write(tmp_path / "long.wav", TONE, 24_000)
    with pytest.raises(CorpusError, match="minutes") as caught:
        read_audio(tmp_path / "long.wav")
    assert "cut it" in (caught.value.fix or "")
