"""What is kept of a recording: trimming, cutting at pauses, and labels that go along."""

from pathlib import Path

import numpy as np
import pytest

from svs_cli.corpus.manifest import Note, Recording
from svs_cli.corpus.preparing.pieces import check_label, label_within, stretches_of
from svs_cli.corpus.preparing.silence import cut, pauses, sound_span, sounding
from svs_cli.errors import CorpusError

RATE_HZ = 44_100


def sound(*parts: tuple[float, float], noise: float = 1e-4) -> np.ndarray:
    """Stretches of (seconds, amplitude) of a tone over noise."""
    random = np.random.default_rng(0)
    pieces = [amplitude * np.sin(np.arange(int(s * RATE_HZ)) * 0.06) for s, amplitude in parts]
    joined = np.concatenate(pieces)
    return (joined + noise * random.normal(size=len(joined))).astype(np.float32)


def seconds_of(stretches: list[tuple[int, int]]) -> list[tuple[float, float]]:
    return [(first / RATE_HZ, last / RATE_HZ) for first, last in stretches]


def untimed(**more: object) -> Recording:
    return Recording(Path("a.wav"), "someone", **more)  # type: ignore[arg-type]


def test_silence_is_trimmed_to_a_quarter_second() -> None:
    samples = sound((1.0, 0), (0.5, 0.2), (2.0, 0))
    (kept,) = seconds_of(stretches_of(untimed(), samples))
    assert kept == pytest.approx((0.75, 1.75), abs=0.03)


def test_clicks_are_no_sound_and_soft_sounds_are() -> None:
    samples = sound((1.0, 0), (0.5, 0.2), (0.2, 0.005), (2.0, 0))
    samples[int(0.2 * RATE_HZ) : int(0.2 * RATE_HZ) + 50] = 0.5
    (kept,) = seconds_of(stretches_of(untimed(), samples))
    assert kept == pytest.approx((0.75, 1.95), abs=0.03)


def test_what_a_label_calls_sung_is_kept() -> None:
    label = untimed(phones=("SP", "s", "a", "SP"), phone_ends_seconds=(0.4, 1.0, 1.5, 3.5))
    (kept,) = seconds_of(stretches_of(label, sound((1.0, 0), (0.5, 0.2), (2.0, 0))))
    assert kept == pytest.approx((0.15, 1.75), abs=0.03)


def test_noise_everywhere_is_left_alone() -> None:
    samples = sound((0.5, 0), (0.5, 0.2), (0.5, 0), noise=0.03)
    assert seconds_of(stretches_of(untimed(), samples)) == [(0.0, pytest.approx(1.5, abs=1e-4))]


def test_silent_and_tiny_files_are_refused() -> None:
    with pytest.raises(CorpusError, match="silence"):
        stretches_of(untimed(), sound((1.0, 0), noise=1e-6))
    with pytest.raises(CorpusError, match=r"lasts 0\.10 s"):
        stretches_of(untimed(), sound((0.1, 0.2)))


def test_long_recordings_are_cut_at_pauses() -> None:
    samples = sound((25.0, 0.2), (0.5, 0), (25.0, 0.2), (0.9, 0), (25.0, 0.2), (0.4, 0), (20.0, 0.2))
    kept = seconds_of(stretches_of(untimed(), samples))
    assert len(kept) == 2 and kept[0][1] == kept[1][0] == pytest.approx(50.95, abs=0.05)
    with pytest.raises(CorpusError, match=r"a\.wav: sounds for more than 60 s without a pause") as caught:
        stretches_of(untimed(), sound((70.0, 0.2)))
    assert "svs align" in (caught.value.fix or "")


def test_pieces_are_never_too_long_and_leave_nothing_out() -> None:
    random = np.random.default_rng(1)
    for _ in range(50):
        middles = np.cumsum(random.uniform(1, 50, 30))
        breaks = [(float(m) - 0.2, float(m) + random.uniform(0.2, 1)) for m in middles]
        pieces = cut((0.0, float(middles[-1])), breaks)
        assert all(0 < b - a <= 60.0 for a, b in pieces)
        assert [a for a, _ in pieces[1:]] == [b for _, b in pieces[:-1]] and pieces[-1][1] == middles[-1]


def test_pauses_are_found() -> None:
    mask = sounding(sound((0.5, 0.2), (0.6, 0), (0.5, 0.2), (0.1, 0), (0.5, 0.2)))
    assert len(pauses(mask)) == 1 and pauses(mask)[0] == pytest.approx((0.5, 1.1), abs=0.04)
    assert sound_span(np.zeros(4, bool)) is None


LABEL = untimed(
    text="ka sa",
    phones=("SP", "k", "a", "SP", "s", "a", "SP"),
    phone_ends_seconds=(1.0, 1.1, 2.0, 3.0, 3.2, 4.0, 5.0),
    phone_confidences=(1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4),
    nuclei_seconds=(1.1, 3.2),
    notes=(Note(1.1, 2.0, 60.0, "ka"), Note(3.2, 4.0, 62.0, "sa")),
)


def test_labels_go_along() -> None:
    moved = label_within(LABEL, (int(0.75 * RATE_HZ), int(4.25 * RATE_HZ)))
    moved.check()
    assert moved.phones == LABEL.phones and moved.text == "ka sa"
    np.testing.assert_allclose(moved.phone_ends_seconds, (0.25, 0.35, 1.25, 2.25, 2.45, 3.25, 3.5), atol=1e-4)
    assert moved.nuclei_seconds == pytest.approx((0.35, 2.45), abs=1e-4)
    assert [note.start_seconds for note in moved.notes] == pytest.approx([0.35, 2.45], abs=1e-4)


def test_a_part_has_its_part_of_the_label() -> None:
    second = label_within(LABEL, (int(2.5 * RATE_HZ), int(5.0 * RATE_HZ)), divided=True)
    second.check()
    assert second.phones == ("SP", "s", "a", "SP") and second.phone_confidences == (0.7, 0.6, 0.5, 0.4)
    assert second.phone_ends_seconds == pytest.approx((0.5, 0.7, 1.5, 2.5), abs=1e-4)
    assert [note.lyric for note in second.notes] == ["sa"] and second.text == ""
    loose = label_within(untimed(text="ka", phones=("k", "a")), (0, RATE_HZ), divided=True)
    assert loose.phones == () and loose.text == ""
    assert label_within(untimed(text="ka", phones=("k", "a")), (0, RATE_HZ)).phones == ("k", "a")


def test_labels_of_another_file_are_refused() -> None:
    check_label(LABEL, 5.05)
    with pytest.raises(CorpusError, match=r"labels end at 5\.00 s, the audio at 7\.00 s"):
        check_label(LABEL, 7.0)
    with pytest.raises(CorpusError, match="unknown phones xx"):
        check_label(untimed(phones=("a", "xx")), 1.0)
