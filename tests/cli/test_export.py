"""`svs export` and singing with what it wrote, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from svs_cli.analysis.mel import log_mel
from svs_cli.cli.run import run
from svs_cli.performance.spectrogram import Spectrogram
from tests.vocoder.networks import small_network, vowel, write_model

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SVS_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    write_model(tmp_path / "home" / "models" / "made", small_network())
    return tmp_path


def test_an_exported_vocoder_sings_like_its_original(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["export", "vocoder", "made", "-o", "out", "--json", "--quiet"]) == 0
    said = capsys.readouterr()
    told = json.loads(said.out)
    assert not said.err
    assert told["files"] == ["made.onnx", "vocoder.yaml", "oudep.yaml", "CARD.md"]
    assert [check["frames"] for check in told["check"]] == [97, 400]
    assert all(check["relative_difference"] < 1e-4 for check in told["check"])

    Path("song.mel.npz").write_bytes(Spectrogram(*vowel(220.0, 150)).to_bytes())
    for vocoder, name in (("made", "torch"), ("out", "onnx"), (str(folder / "out"), "again")):
        assert run(["vocode", "song.mel.npz", "--vocoder", vocoder, "-o", f"{name}.wav", "--voice", "formant"]) == 0
    torch, onnx, again = (soundfile.read(f"{name}.wav")[0] for name in ("torch", "onnx", "again"))
    assert np.array_equal(onnx, again)
    ours, theirs = (log_mel(samples.astype(np.float32))[10:-10] for samples in (torch, onnx))
    loud = ours > -2
    assert loud.mean() > 0.01
    assert np.abs(ours - theirs)[loud].max() < 0.3  # pulses begin elsewhere in their period, and the noise is another

    (folder / "out").rename(folder / "home" / "models" / "theirs")
    assert run(["vocode", "song.mel.npz", "--vocoder", "theirs", "-o", "by-name.wav", "--voice", "formant"]) == 0
    assert np.array_equal(soundfile.read("by-name.wav")[0], onnx)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["mdae", "-o", "out"], 4, "did you mean 'made'"),
        (["made", "-o", "no/such/folder"], 2, "there is no folder"),
        (["made", "-o", "out", "--name", "a/b"], 2, "cannot be the name"),
        (["made"], 2, "--output"),
    ],
)
def test_mistakes_are_said(
    folder: Path, arguments: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["export", "vocoder", *arguments]) == code
    error = capsys.readouterr().err
    assert said in error and "Traceback" not in error
    assert not (folder / "out").exists()
