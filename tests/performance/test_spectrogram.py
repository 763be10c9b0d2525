"""`.mel.npz`: what is written comes back, and anything else is refused in words."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest

from svs_cli.analysis.mel import LOG_FLOOR
from svs_cli.errors import PerformanceError
from svs_cli.performance import spectrogram
from svs_cli.performance.spectrogram import Spectrogram


def song(frames: int = 60) -> Spectrogram:
    generator = np.random.default_rng(0)
    whole = Spectrogram.silent(frames)
    whole.place(10, generator.normal(-4, 1, (20, 128)).astype(np.float32), np.full(20, 220, np.float32))
    return whole


def packed(**arrays: object) -> bytes:
    """A file of our kind with some arrays replaced."""
    usual: dict[str, object] = {
        "mel": song().mel, "f0_hz": song().f0_hz, "sample_rate_hz": 44_100, "hop_samples": 512,
    }  # fmt: skip
    buffer = io.BytesIO()
    np.savez(buffer, **{key: value for key, value in (usual | arrays).items() if value is not None})
    return buffer.getvalue()


def test_the_file_comes_back_and_is_always_the_same() -> None:
    raw = song().to_bytes()
    assert raw == song().to_bytes()
    back = Spectrogram.from_bytes(raw)
    np.testing.assert_array_equal(back.mel, song().mel)
    np.testing.assert_array_equal(back.f0_hz, song().f0_hz)
    assert back.sounding_spans() == [slice(10, 30)]


def test_short_gaps_belong_to_the_phrase() -> None:
    whole = Spectrogram.silent(200)
    for start, stop in ((0, 10), (28, 40), (59, 60), (150, 200)):
        whole.mel[start:stop, 3] = 0.0
    assert whole.sounding_spans() == [slice(0, 40), slice(59, 60), slice(150, 200)]
    assert Spectrogram.silent(5).sounding_spans() == []


def test_a_phrase_past_the_end_is_cut() -> None:
    whole = song(15)
    assert whole.frames == 15
    assert (whole.mel[10:] > LOG_FLOOR).any()


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "not a .mel.npz"),
        (b"PK\x03\x04 no zip", "not a .mel.npz"),
        (song().to_bytes()[:3000], "not a .mel.npz"),
        (packed(mel=None), "lacks an array"),
        (packed(hop_samples=256), "not on the grid"),
        (packed(sample_rate_hz=[44_100, 44_100]), "not on the grid"),
        (packed(mel=np.zeros((60, 80), np.float32)), r"not \(60, 80\)"),
        (packed(f0_hz=np.zeros(59, np.float32)), r"and \(59,\)"),
        (packed(mel=np.zeros((0, 128), np.float32), f0_hz=np.zeros(0, np.float32)), "must be"),
        (packed(mel=np.zeros((60, 128), np.int64)), "floating-point"),
        (packed(f0_hz=np.full(60, -1.0)), "negative F0"),
        (packed(mel=np.full((60, 128), np.nan)), "not finite"),
        (packed(mel=np.array([{}], dtype=object)), "not a .mel.npz"),
    ],
)
def test_damaged_files_are_refused(raw: bytes, message: str) -> None:
    with pytest.raises(PerformanceError, match=message):
        Spectrogram.from_bytes(raw)


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spectrogram, "LARGEST_FILE_BYTES", 1 << 20)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mel.npy", bytes(2 << 20))
    assert len(buffer.getvalue()) < 10_000
    with pytest.raises(PerformanceError, match="would unpack to 2 MiB"):
        Spectrogram.from_bytes(buffer.getvalue())
