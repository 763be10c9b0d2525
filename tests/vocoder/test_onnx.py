"""Export to ONNX, and singing with ONNX: the same samples, other people's vocoders, and what is refused."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from svs_cli.errors import DataError, ExtraMissingError, SvsError, UsageError, VoiceMissingError
from svs_cli.units import GRID
from svs_cli.vocoder import export_onnx
from svs_cli.vocoder.export_graph import NOISE_SAMPLES, graph_noise
from svs_cli.vocoder.load import load_neural_vocoder, load_vocoder
from svs_cli.vocoder.onnx import OnnxVocoder, load_onnx_vocoder, phase_along_lines
from svs_cli.vocoder.openutau import VocoderYaml
from tests.vocoder.networks import small_network, song, vowel, write_model

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
HOP, RATE = GRID.hop_samples, GRID.sample_rate_hz


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("models") / "made", small_network())


@pytest.fixture(scope="module")
def exported(model: Path) -> Path:
    folder = model.parent / "exported"
    done = export_onnx.export_vocoder(model, folder, "made-onnx")
    assert all(found.relative_difference < 1e-5 and found.peak > 0.01 for found in done.agreements)
    assert done.graph_bytes == (folder / "made-onnx.onnx").stat().st_size
    assert sorted(done.files) == sorted(path.name for path in folder.iterdir())
    return folder


def torch_samples(model: Path, mel: NDArray[np.float32], f0_hz: NDArray[np.float32]) -> NDArray[np.float32]:
    """What torch makes of a song with the noise of the graph."""
    noise = torch.from_numpy(graph_noise(len(mel) * HOP))[None]
    with torch.inference_mode():
        network = load_neural_vocoder(model).network
        return network(torch.from_numpy(mel)[None], torch.from_numpy(f0_hz)[None], noise)[0].numpy()


def test_the_package_is_what_openutau_reads(exported: Path) -> None:
    import yaml

    header = yaml.safe_load((exported / "vocoder.yaml").read_text(encoding="utf-8"))
    assert header == {
        "name": "made-onnx", "model": "made-onnx.onnx", "sample_rate": 44100, "hop_size": 512, "win_size": 2048,
        "fft_size": 2048, "num_mel_bins": 128, "mel_fmin": 40.0, "mel_fmax": 16000.0, "mel_base": "e",
        "mel_scale": "slaney", "pitch_controllable": True,
    }  # fmt: skip
    assert yaml.safe_load((exported / "oudep.yaml").read_text()) == {"name": "made-onnx"}
    assert "Credit: nobody" in (exported / "CARD.md").read_text()


@pytest.mark.parametrize("frames", [1, 200])
def test_any_length_sings_as_torch_does(model: Path, exported: Path, frames: int) -> None:
    mel, f0_hz = song(frames)
    asked = torch_samples(model, mel, f0_hz)
    made = load_vocoder(exported).render(mel, f0_hz)
    np.testing.assert_allclose(made, asked, atol=1e-5)


def test_nothing_gives_nothing_and_the_seed_nothing_new(exported: Path) -> None:
    vocoder, (mel, f0_hz) = load_vocoder(exported), song(20)
    assert vocoder.render(mel[:0], f0_hz[:0]).shape == (0,)
    np.testing.assert_array_equal(vocoder.render(mel, f0_hz, seed=1), vocoder.render(mel, f0_hz, seed=7))
    with pytest.raises(DataError):
        vocoder.render(mel, f0_hz[:-1])


def test_a_long_song_is_rendered_in_windows_that_nobody_hears(
    model: Path, exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mel, f0_hz = vowel(233.0, 400)
    f0_hz = (f0_hz * 2 ** (np.sin(np.arange(400) / 15) / 24)).astype(np.float32)
    f0_hz[110:150] = f0_hz[238:243] = 0
    asked = torch_samples(model, mel, f0_hz)
    monkeypatch.setattr("svs_cli.vocoder.onnx.WINDOW_FRAMES", 130)
    made = load_vocoder(exported).render(mel, f0_hz)
    difference = (made - asked)[20 * HOP : -20 * HOP]
    assert difference.std() < 0.05 * asked.std()  # the retouch hears another noise
    assert np.abs(np.diff(made)).max() < 1.1 * np.abs(np.diff(asked)).max()


def test_five_minutes_do_not_drift(exported: Path) -> None:
    import onnx

    graph = onnx.shape_inference.infer_shapes(onnx.load(exported / "made-onnx.onnx")).graph
    types = {value.name: value.type.tensor_type.elem_type for value in graph.value_info}
    sums = [types[node.output[0]] for node in graph.node if node.op_type == "CumSum"]
    assert onnx.TensorProto.DOUBLE in sums and onnx.TensorProto.FLOAT not in sums
    f0_hz, frames = 441.7, GRID.frame_of(300.0)
    phase = phase_along_lines(np.full(frames, f0_hz, np.float32))
    apart = phase - np.arange(frames) * (float(np.float32(f0_hz)) * HOP / RATE)
    assert np.abs(apart - np.round(apart)).max() < 1e-6


def test_noise_is_white_and_repeats_after_six_seconds() -> None:
    noise = graph_noise(10 * RATE)
    power = np.abs(np.fft.rfft(noise[: 400 * 1024].reshape(400, 1024))) ** 2
    assert np.abs(10 * np.log10(power.mean(axis=0)[1:-1] / 1024)).max() < 1.0
    np.testing.assert_array_equal(noise[NOISE_SAMPLES:], noise[: 10 * RATE - NOISE_SAMPLES])
    spectrum = np.fft.rfft(noise[:NOISE_SAMPLES])
    alike = np.fft.irfft(np.abs(spectrum) ** 2)[1:] / NOISE_SAMPLES  # with itself, moved around the ring
    assert np.abs(alike).max() < 0.02
    assert np.abs(alike[600:-600]).max() < 5 / np.sqrt(NOISE_SAMPLES)  # beyond the windows that it was made in


def test_a_graph_that_disagrees_is_not_written(
    model: Path, exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, graph = export_onnx.graph_noise, (exported / "made-onnx.onnx").read_bytes()
    monkeypatch.setattr(export_onnx, "traced", lambda graph_module: graph)
    monkeypatch.setattr(export_onnx, "graph_noise", lambda samples: np.roll(real(samples), 1))
    with pytest.raises(SvsError, match="differ by"):
        export_onnx.export_vocoder(model, tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())


def test_what_cannot_be_exported_is_said(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="no folder"):
        export_onnx.export_vocoder(model, tmp_path / "a" / "b")
    with pytest.raises(UsageError, match="cannot be the name"):
        export_onnx.export_vocoder(model, tmp_path / "a", "../a")
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="is a file"):
        export_onnx.export_vocoder(model, tmp_path / "file")
    monkeypatch.setattr(export_onnx, "find_spec", lambda name: None)
    with pytest.raises(ExtraMissingError, match="onnx"):
        export_onnx.export_vocoder(model, tmp_path / "a")


class Hummer(torch.nn.Module):
    """Like NSF-HiFiGAN in what counts here: F0 held through a frame, phase from 0, level by a mel of base 10."""

    def forward(self, mel: torch.Tensor, f0_hz: torch.Tensor) -> torch.Tensor:
        at = torch.arange(1, HOP + 1) / RATE
        start = torch.cumsum(f0_hz.double() * (HOP / RATE), dim=1) - f0_hz.double() * (HOP / RATE)
        cycles = (start[..., None] + f0_hz.double()[..., None] * at).flatten(1)
        level = (10 ** mel.mean(dim=-1))[..., None].expand(-1, -1, HOP).flatten(1)
        return level * torch.sin(2 * torch.pi * (cycles - torch.floor(cycles))).float()


@pytest.fixture(scope="module")
def hummer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hummer")
    mel, f0_hz = song(20)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Hummer(), (torch.from_numpy(mel)[None], torch.from_numpy(f0_hz)[None]), str(folder / "model.onnx"),
            input_names=["mel", "f0"], output_names=["waveform"], opset_version=17, dynamo=False,
            dynamic_axes={"mel": {1: "n_frames"}, "f0": {1: "n_frames"}},
        )  # fmt: skip
    (folder / "vocoder.yaml").write_text("name: hummer\nforce_on_cpu: true\n", encoding="utf-8")
    return folder


def test_a_vocoder_of_the_community_sings(hummer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("svs_cli.vocoder.onnx.WINDOW_FRAMES", 200)
    frames = 900
    f0_hz = (300 * 2 ** (np.sin(np.arange(frames) / 20) / 30)).astype(np.float32)
    f0_hz[400:430] = 0  # a consonant, through which F0 is drawn
    mel = np.full((frames, 128), np.log(0.1), np.float32)
    vocoder = load_vocoder(hummer)
    assert isinstance(vocoder, OnnxVocoder) and vocoder.name == "hummer"
    samples = vocoder.render(mel, f0_hz)
    assert samples.shape == (frames * HOP,) and samples.dtype == np.float32
    assert abs(np.abs(samples).max() - 0.1) < 1e-3  # the base of the logarithm was converted
    level = np.sqrt(np.convolve(samples**2, np.full(1000, 1e-3), "valid"))
    assert level.min() > 0.06  # no hole where windows meet: a sine of 0.1 has 0.071
    assert np.abs(np.diff(samples)).max() < 1.15 * 0.1 * 2 * np.pi * 310 / RATE  # and no click


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("sample_rate: 24000", "sample_rate 24000"),
        ("hop_size: 256", "hop_size 256"),
        ("mel_fmax: 8000", "mel_fmax 8000"),
        ("num_mel_bins: 80", "num_mel_bins 80"),
        ("mel_base: 2", "mel_base 2"),
        ("mel_scale: htk", "mel_scale htk"),
        ("hop_size: many", "must be like 512"),
        ("model: ../model.onnx", "beside it"),
        ("- a", "no keys"),
        ("name: [", "cannot be read"),
    ],
)
def test_another_spectrogram_is_refused(tmp_path: Path, line: str, said: str) -> None:
    (tmp_path / "vocoder.yaml").write_text(line + "\n", encoding="utf-8")
    (tmp_path / "model.onnx").write_bytes(b"")
    with pytest.raises(DataError, match=said):
        load_onnx_vocoder(tmp_path)


def test_a_damaged_package_is_refused(tmp_path: Path, hummer: Path) -> None:
    with pytest.raises(VoiceMissingError, match=r"vocoder\.yaml"):
        load_onnx_vocoder(tmp_path)
    (tmp_path / "vocoder.yaml").write_text(VocoderYaml().to_text(), encoding="utf-8")
    with pytest.raises(VoiceMissingError, match="missing"):
        load_onnx_vocoder(tmp_path)
    (tmp_path / "model.onnx").write_bytes((hummer / "model.onnx").read_bytes()[:-200])
    with pytest.raises(DataError, match="no ONNX graph"):
        load_onnx_vocoder(tmp_path)
