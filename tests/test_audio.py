"""Audio files: formats, tags, lengths, and peaks that never clip."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from svs_cli.audio import Tags, fade_edges, format_of, write_audio
from svs_cli.errors import DataError, UsageError

RATE_HZ = 44_100


def tone(seconds: float, amplitude: float = 0.5) -> np.ndarray:
    return (amplitude * np.sin(2 * np.pi * 440 * np.arange(int(seconds * RATE_HZ)) / RATE_HZ)).astype(np.float32)


@pytest.mark.parametrize(("format", "tolerance"), [("wav", 2e-7), ("flac", 2e-7), ("ogg", 0.05)])
def test_samples_and_tags_come_back(tmp_path: Path, format: str, tolerance: float) -> None:
    path, samples = tmp_path / f"song.{format}", tone(3.0)
    tags = Tags("さくら", "Kumi (synthetic)", "Synthetic singing by svs", "CC BY", "svs 0.1.0")
    assert write_audio(path, samples, RATE_HZ, format, tags) == ()
    with soundfile.SoundFile(path) as file:
        assert (file.samplerate, file.channels, file.frames) == (RATE_HZ, 1, len(samples))
        assert (file.title, file.artist, file.comment, file.copyright) == (
            tags.title, tags.artist, tags.comment, tags.copyright,
        )  # fmt: skip
        assert file.software.startswith(tags.software)
        np.testing.assert_allclose(file.read(), samples, atol=tolerance)


def test_equal_samples_give_equal_bytes(tmp_path: Path) -> None:
    for name in ("one.wav", "two.wav"):
        write_audio(tmp_path / name, tone(0.2), RATE_HZ, "wav")
    assert (tmp_path / "one.wav").read_bytes() == (tmp_path / "two.wav").read_bytes()


def test_loud_songs_are_lowered_as_a_whole(tmp_path: Path) -> None:
    warnings = write_audio(tmp_path / "loud.wav", tone(0.5, 1.98), RATE_HZ, "wav")
    assert warnings == ("the peaks were over full scale: the whole file is 6.0 dB softer",)
    samples, _ = soundfile.read(tmp_path / "loud.wav")
    assert abs(samples).max() == pytest.approx(0.99, abs=1e-4)
    np.testing.assert_allclose(samples, tone(0.5, 0.99), atol=1e-4)


def test_an_empty_song_is_a_valid_file(tmp_path: Path) -> None:
    write_audio(tmp_path / "rest.wav", np.zeros(0, np.float32), RATE_HZ, "wav")
    assert soundfile.info(tmp_path / "rest.wav").frames == 0


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers_write_nothing(tmp_path: Path, bad: float) -> None:
    samples = tone(0.1)
    samples[100] = bad
    with pytest.raises(DataError, match="not finite"):
        write_audio(tmp_path / "bad.wav", samples, RATE_HZ, "wav")
    assert list(tmp_path.iterdir()) == []


def test_the_format_follows_the_name_unless_they_disagree() -> None:
    assert format_of(Path("a.OGG")) == "ogg"
    assert format_of(Path("a.b.flac"), "flac") == "flac"
    with pytest.raises(UsageError) as caught:
        format_of(Path("song.wav"), "flac")
    assert caught.value.fix == "name it song.flac"
    for name, chosen in (("song.mp3", None), ("song", None), ("song.wav", "mp3")):
        with pytest.raises(UsageError):
            format_of(Path(name), chosen)


@pytest.mark.parametrize("length", [0, 1, 2, 439, 440, 5000])
def test_faded_phrases_start_and_end_at_zero(length: int) -> None:
    samples = np.ones(length, np.float32)
    faded = fade_edges(samples)
    assert faded.shape == samples.shape
    assert samples.min(initial=1.0) == 1.0, "the input is left alone"
    if length > 1:
        assert faded[0] == faded[-1] == 0.0
    if length > 1000:
        assert (faded[220:-220] == 1.0).all()
