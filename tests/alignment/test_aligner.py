"""Reading phones off what the network heard; and a network that learns, from texts alone, where phones begin."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from svs_cli.alignment.accuracy import Boundaries, boundary_errors_ms
from svs_cli.alignment.aligner import Aligner, Heard, load_aligner, rising
from svs_cli.alignment.features import ALIGN_GRID, CHANNELS, aligner_features
from svs_cli.alignment.network import AlignerConfig, AlignerNetwork
from svs_cli.alignment.recognise import phone_error_rate, recognise
from svs_cli.errors import CorpusError, DataError, LyricsError
from svs_cli.frontend.inventory import load_inventory

SYMBOLS = load_inventory().symbols
SMALL = AlignerConfig(width=16, dilations=(1, 2))


@pytest.fixture
def aligner() -> Aligner:
    torch.manual_seed(0)
    return Aligner(AlignerNetwork(len(SYMBOLS), SMALL), SYMBOLS)


def heard(phones: list[str], ends_seconds: list[float], clear: float = 8.0) -> Heard:
    """What a perfect network would hear of these phones."""
    frames = int(np.ceil(ends_seconds[-1] * 100))
    logits = np.zeros((frames, len(SYMBOLS)), np.float32)
    places = np.minimum(np.searchsorted(ends_seconds, np.arange(frames) / 100, side="right"), len(phones) - 1)
    logits[np.arange(frames), [SYMBOLS.index(phones[place]) for place in places]] = clear
    log_probs = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    onsets = np.full(frames, 0.01, np.float32)
    for end in ends_seconds[:-1]:
        at = end * 100 + 0.5
        for frame in (int(at), int(at) + 1):
            onsets[frame] = max(onsets[frame], 1 - abs(frame - at))
    return Heard(log_probs.astype(np.float32), onsets, ends_seconds[-1])


def test_pauses_are_found_and_boundaries_lie_inside_frames(aligner: Aligner) -> None:
    phones = ["SP", "k", "a", "AP", "s", "o", "SP"]
    ends = [0.204, 0.283, 0.657, 0.91, 1.023, 1.5, 1.8]
    found = aligner.align(heard(phones, ends), [["k", "a"], ["s", "o"]])
    assert list(found.phones) == phones
    assert found.ends_seconds == pytest.approx(ends, abs=0.004)
    assert found.ends_seconds[-1] == 1.8 and min(found.confidences) > 0.9


def test_no_pause_where_none_is_heard(aligner: Aligner) -> None:
    found = aligner.align(heard(["k", "a", "s", "o"], [0.1, 0.5, 0.6, 1.0]), [["k", "a"], ["s", "o"]])
    assert found.phones == ("k", "a", "s", "o")


def test_known_nuclei_part_equal_vowels(aligner: Aligner) -> None:
    sound = heard(["a"], [1.0])
    free = aligner.align(sound, [["a"], ["a"]])
    told = aligner.align(sound, [["a"], ["a"]], nuclei_seconds=(0.0, 0.7))
    assert told.ends_seconds[0] == pytest.approx(0.7, abs=0.09)
    assert abs(free.ends_seconds[0] - 0.7) > 0.09
    half_told = aligner.align(sound, [["a"], ["a"]], nuclei_seconds=(None, 0.7))
    assert half_told.ends_seconds[0] == pytest.approx(0.7, abs=0.09)


def test_a_phone_that_it_does_not_know(aligner: Aligner) -> None:
    with pytest.raises(LyricsError, match="does not know klingon"):
        aligner.align(heard(["a"], [0.5]), [["a", "klingon"]])


def test_a_wrong_text_is_doubted(aligner: Aligner) -> None:
    sound = heard(["k", "a", "s", "o"], [0.1, 0.5, 0.6, 1.0])
    right, wrong = aligner.align(sound, [["k", "a", "s", "o"]]), aligner.align(sound, [["m", "i", "ɾ", "e"]])
    assert right.confidence > 0.9 and wrong.confidence < 0.1 and wrong.score < right.score


def test_recognition_reads_what_was_said(aligner: Aligner) -> None:
    found = recognise(aligner, heard(["SP", "k", "a", "s", "o", "SP"], [0.2, 0.28, 0.6, 0.7, 1.0, 1.3]))
    assert found.phones == ("SP", "k", "a", "s", "o", "SP")
    assert phone_error_rate(["k", "a", "s", "o"], found.phones) == 0.0
    assert phone_error_rate(["k", "a", "s", "a", "o"], found.phones) == pytest.approx(0.2)
    assert phone_error_rate(["SP"], ["a"]) is None
    assert phone_error_rate(["a"], []) == 1.0 and phone_error_rate(["a"], ["a", "i", "ɯ"]) == 2.0


def test_chunks_make_no_difference(aligner: Aligner, monkeypatch: pytest.MonkeyPatch) -> None:
    samples = np.random.default_rng(0).normal(0, 0.1, 44_100).astype(np.float32)
    whole = aligner.hear(samples)
    monkeypatch.setattr("svs_cli.alignment.aligner.CHUNK_FRAMES", 17)
    parts = aligner.hear(samples)
    assert parts.phone_log_probs == pytest.approx(whole.phone_log_probs, abs=1e-4)
    assert parts.onset_probs == pytest.approx(whole.onset_probs, abs=1e-5)
    assert len(whole.onset_probs) == 100 and whole.seconds == 1.0


def test_too_much_text_and_too_much_of_everything(aligner: Aligner, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CorpusError, match="too few for 40 phones"):
        aligner.align(heard(["a"], [0.2]), [["k", "a"]] * 20)
    monkeypatch.setattr("svs_cli.alignment.aligner.LARGEST_LATTICE", 1000)
    with pytest.raises(CorpusError, match="too much at once"):
        aligner.align(heard(["a"], [10.0]), [["k", "a"]] * 20)


def test_features_ignore_gain_and_what_lies_above_8_khz() -> None:
    at = torch.arange(22_050) / 44_100
    noise = 0.01 * torch.randn(22_050, generator=torch.Generator().manual_seed(0))
    low = (0.2 * torch.sin(2 * torch.pi * 440 * at) + noise)[None]
    high = low + 0.1 * torch.sin(2 * torch.pi * 12_000 * at)
    features = aligner_features(low)
    assert features.shape == (1, ALIGN_GRID.frames_of_samples(22_050), CHANNELS)
    assert torch.allclose(features, aligner_features(low * 0.1), atol=1e-3)
    assert torch.allclose(features[:, 5:-5], aligner_features(high)[:, 5:-5], atol=0.05)
    assert float(features.max()) == 1.0 and float(features.min()) >= -1.0
    assert torch.isfinite(aligner_features(torch.zeros(1, 4410))).all()


def test_rising_ends() -> None:
    assert rising([0.5, 0.5, 0.4, 0.5]) == pytest.approx((0.497, 0.498, 0.499, 0.5))
    assert rising([0.1, 0.2]) == (0.1, 0.2)


def test_errors_are_late_when_positive() -> None:
    phones = ["SP", "k", "a", "SP"]
    errors = boundary_errors_ms((phones, [0.1, 0.2, 0.5, 0.6]), (phones, [0.11, 0.195, 0.53, 0.6]))
    assert errors == pytest.approx([10.0, -5.0, 30.0])
    with pytest.raises(CorpusError, match="differ"):
        boundary_errors_ms((["a"], [0.1]), (["i"], [0.1]))
    figures = Boundaries(errors, [], 1)
    assert figures.share_within(10) == pytest.approx(2 / 3) and figures.to_row()["within_50_ms"] == 1.0


def test_model_folder_round_trip(aligner: Aligner, tmp_path: Path) -> None:
    write_model(aligner, tmp_path)
    samples = np.random.default_rng(1).normal(0, 0.1, 8820).astype(np.float32)
    assert np.array_equal(load_aligner(tmp_path).hear(samples).onset_probs, aligner.hear(samples).onset_probs)


@pytest.mark.parametrize(
    ("asked", "told", "message"),
    [
        ('"ɑ"', '"klingon"', "not the inventory's: klingon"),
        ('"ɑ"', "7", "not the inventory's: 7"),
        ("phones = [", "phons = [", "'phones'"),
        ("[network]", "[netwrk]", "'network'"),
        ("width = 16", "widht = 16", "unknown key 'widht'"),
        ("width = 16", 'width = "16"', "network|width"),
        ("dilations = [1, 2]", "dilations = [1, 2, 4]", "does not fit"),
    ],
)
def test_damaged_descriptions(aligner: Aligner, tmp_path: Path, asked: str, told: str, message: str) -> None:
    write_model(aligner, tmp_path)
    path = tmp_path / "model.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(asked, told, 1), encoding="utf-8")
    with pytest.raises(DataError, match=message):
        load_aligner(tmp_path)


def write_model(aligner: Aligner, folder: Path) -> None:
    """The folder of an aligner of size SMALL."""
    from safetensors.torch import save_file

    save_file(aligner.network.state_dict(), folder / "model.safetensors")
    listed = ", ".join(f'"{symbol}"' for symbol in SYMBOLS)
    header = f'kind = "aligner"\nphones = [{listed}]\n[network]\nwidth = 16\ndilations = [1, 2]\n'
    (folder / "model.toml").write_text(header, encoding="utf-8")


def test_networks_inside_the_folder_are_heard_too(aligner: Aligner, tmp_path: Path) -> None:
    write_model(aligner, tmp_path)
    torch.manual_seed(7)
    other = Aligner(AlignerNetwork(len(SYMBOLS), SMALL), SYMBOLS)
    (tmp_path / "second").mkdir()
    write_model(other, tmp_path / "second")
    samples = np.random.default_rng(1).normal(0, 0.1, 8820).astype(np.float32)
    both = load_aligner(tmp_path)
    single = [np.exp(one.hear(samples).phone_log_probs) for one in (aligner, other)]
    assert np.exp(both.hear(samples).phone_log_probs) == pytest.approx(np.mean(single, axis=0), abs=1e-6)
    assert not np.allclose(*single, atol=1e-3)
    path = tmp_path / "second" / "model.toml"
    first, second = SYMBOLS[3:5]
    swapped = path.read_text(encoding="utf-8").replace(f'"{first}", "{second}"', f'"{second}", "{first}"', 1)
    path.write_text(swapped, encoding="utf-8")
    with pytest.raises(DataError, match="the same phones"):
        load_aligner(tmp_path)
