"""`svs align` on made sounds, with an untrained network: what is written, kept, resumed and refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from svs_cli.alignment.conventions import CLOSURE_SECONDS
from svs_cli.corpus.hts import read_hts
from svs_cli.corpus.manifest import Recording, Terms, read_manifest, write_manifest
from svs_cli.corpus.textgrid import read_textgrid
from svs_cli.frontend.inventory import load_inventory
from tests.cli.conftest import Svs

RATE_HZ = 16_000
TUNE = """[#VERSION]
UST Version1.2
[#SETTING]
Tempo=120.00
[#0000]
Length=480
Lyric=さ
NoteNum=60
[#0001]
Length=480
Lyric=く
NoteNum=62
[#TRACKEND]
"""


@pytest.fixture
def home(tmp_path: Path, svs: Svs) -> Path:
    """A home with a small untrained aligner of the name that is used by default."""
    import torch
    from safetensors.torch import save_file

    from svs_cli.alignment.network import AlignerConfig, AlignerNetwork

    torch.manual_seed(0)
    folder = tmp_path / "home" / "models" / "aligner"
    folder.mkdir(parents=True)
    symbols = load_inventory().symbols
    save_file(AlignerNetwork(len(symbols), AlignerConfig(8, 2, (1,))).state_dict(), folder / "model.safetensors")
    listed = ", ".join(f'"{symbol}"' for symbol in symbols)
    header = f'kind = "aligner"\nphones = [{listed}]\n[network]\nwidth = 8\nexpansion = 2\ndilations = [1]\n'
    (folder / "model.toml").write_text(header, encoding="utf-8")
    return tmp_path


@pytest.fixture
def audio(tmp_path: Path) -> Callable[[str, float], Path]:
    """Writes a second or so of noise."""

    def write(name: str, seconds: float = 1.0) -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True, parents=True)
        samples = np.random.default_rng(len(name)).normal(0, 0.1, int(seconds * RATE_HZ))
        soundfile.write(path, samples, RATE_HZ)
        return path

    return write


def recording(path: Path, **known: object) -> Recording:
    terms = Terms("own", consent="made by a test")
    return replace(Recording(path, "me", "en", text="my love", terms=terms), **known)  # type: ignore[arg-type]


def test_one_recording_with_text(svs: Svs, home: Path, audio: Callable[..., Path]) -> None:
    path = audio("take.wav")
    done = svs("align", path, "--text", "my love", "--lang", "en")
    assert done.code == 0 and done.out.strip() == str(path.with_suffix(".TextGrid"))
    tiers = read_textgrid(path.with_suffix(".TextGrid"))
    assert [i.text for i in tiers["phones"] if i.text not in ("SP", "AP")] == "m a ɪ̯ l ʌ v".split()
    assert tiers["phones"][-1].end_seconds == pytest.approx(1.0) and tiers["text"][0].text == "my love"
    assert len(tiers["confidence"]) == len(tiers["phones"])
    path.with_suffix(".txt").write_text("love", encoding="utf-8")
    assert svs("align", path, "--lang", "en", "-o", home / "take.lab").code == 0
    assert [line.label for line in read_hts(home / "take.lab") if line.label not in ("SP", "AP")] == ["l", "ʌ", "v"]


def test_the_silence_of_a_geminate_counts_to_the_stop_when_asked(
    svs: Svs, home: Path, audio: Callable[..., Path]
) -> None:
    recording, grid = audio("one.wav", 2.0), home / "one.TextGrid"

    def closure_seconds(*options: str) -> float:
        done = svs("align", recording, "--text", "きって", "--lang", "ja", "-o", grid, *options)
        assert done.code == 0, done.err
        (closure,) = (i for i in read_textgrid(grid)["phones"] if i.text == "cl")
        return closure.end_seconds - closure.start_seconds

    assert closure_seconds() > 1.2 * CLOSURE_SECONDS
    assert closure_seconds("--convention", "nit") == pytest.approx(CLOSURE_SECONDS, abs=1e-3)
    for other in ("--own", "--recognise"):
        refused = svs("align", home / "x.jsonl", "-o", home / "y.jsonl", other, "--convention", "nit")
        assert refused.code == 2 and f"leave out {other}" in refused.err


def test_a_score_says_what_is_sung_and_when(svs: Svs, home: Path, audio: Callable[..., Path]) -> None:
    path, score = audio("take.wav", 3.0), home / "tune.ust"
    score.write_text(TUNE, encoding="utf-8")
    done = svs("align", path, "--score", score, "--json")
    assert done.code == 0, done.err
    line = json.loads(done.out)
    assert [p for p in line["phones"] if p not in ("SP", "AP")] == ["s", "a", "k", "ɯ"] and line["language"] == "ja"
    assert line["score_nuclei_seconds"] == [0.0, 0.5]
    for more in (["--text", "sa"], ["--recognise"], [audio("other.wav")]):
        refused = svs("align", path, "--score", score, *more)
        assert refused.code == 2 and "score" in refused.err
    assert svs("align", path, "--score", home / "none.musicxml").code != 0


def test_recognition_needs_no_text(svs: Svs, home: Path, audio: Callable[..., Path]) -> None:
    done = svs("align", audio("take.wav"), "--recognise", "--json", "-o", home / "x.TextGrid")
    assert done.code == 0 and json.loads(done.out)["phones"]


def test_a_manifest_goes_through_and_is_resumed(
    svs: Svs, home: Path, audio: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = recording(audio("b.wav"), phones=("SP", "a"), phone_ends_seconds=(0.5, 1.0), label_origin="hand")
    breath = recording(audio("e.wav"), text="", phones=("SP", "AP"), phone_ends_seconds=(0.5, 1.0), label_origin="oto")
    foreign = recording(audio("c.wav"), text="привет")
    all_of_them = [breath, recording(audio("a.wav")), kept, foreign, recording(audio("d.wav"))]
    write_manifest(all_of_them, home / "m.jsonl")
    from svs_cli.alignment import recordings as module

    real, calls = module.align_recording, []

    def failing(aligner: object, item: Recording) -> Recording:
        calls.append(item.audio.name)
        if item.audio.name == "d.wav" and calls.count("d.wav") == 1:
            raise KeyboardInterrupt
        return real(aligner, item)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "align_recording", failing)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert svs("align", home / "m.jsonl", "-o", home / "out.jsonl").code != 0
    assert not (home / "out.jsonl").exists() and (home / ".out.jsonl.done.jsonl").exists()
    done = svs("align", home / "m.jsonl", "-o", home / "out.jsonl", "--review", home / "review.jsonl")
    assert done.code == 0 and calls.count("a.wav") == 1 and calls.count("d.wav") == 2
    assert "2 aligned, 2 kept as labelled, 1 left out" in done.err and "c.wav" in done.err
    assert not (home / ".out.jsonl.done.jsonl").exists()
    found = {r.audio.name: r for r in read_manifest(home / "out.jsonl")}
    assert set(found) == {"a.wav", "b.wav", "d.wav", "e.wav"} and found["b.wav"] == kept
    assert found["a.wav"].label_origin == "aligned" and len(found["a.wav"].phone_confidences) == len(
        found["a.wav"].phones
    )
    assert found["a.wav"].terms == kept.terms and found["a.wav"].text == "my love"
    doubts = [json.loads(line) for line in (home / "review.jsonl").read_text(encoding="utf-8").splitlines()]
    assert any(line["audio"].endswith("c.wav") and not line["aligned"] for line in doubts)


def test_evaluate_prints_shares(svs: Svs, home: Path, audio: Callable[..., Path]) -> None:
    labelled = recording(
        audio("a.wav"), phones=("SP", "l", "a"), phone_ends_seconds=(0.2, 0.3, 1.0), label_origin="hand"
    )
    breath = recording(audio("b.wav"), text="", phones=("SP", "AP"), phone_ends_seconds=(0.5, 1.0), label_origin="oto")
    write_manifest([labelled, breath], home / "m.jsonl")  # a breath has no boundaries to compare
    table = svs("align", home / "m.jsonl", "--evaluate")
    assert table.code == 0 and "<=20 ms" in table.out and "me en" in table.out
    rows = json.loads(svs("align", home / "m.jsonl", "--evaluate", "--json").out)
    assert rows["me en"]["boundaries"] == 2 and 0 <= rows["me en"]["within_50_ms"] <= 1
    write_manifest([recording(audio("a.wav"))], home / "m.jsonl")
    assert svs("align", home / "m.jsonl", "--evaluate").code == 3


def test_what_is_wrong_is_said(svs: Svs, home: Path, audio: Callable[..., Path]) -> None:
    path = audio("take.wav", 0.3)
    no_text = svs("align", path, "--lang", "en")
    assert no_text.code == 2 and "take.txt" in no_text.err
    assert svs("align", path, "--text", "my love").code == 2
    too_short = svs("align", path, "--text", "my love " * 20, "--lang", "en")
    assert too_short.code == 3 and "too few" in too_short.err
    wrong = svs("align", path, "--text", "привет", "--lang", "en")
    assert wrong.code == 3 and "script" in wrong.err
    assert svs("align", path, "--text", "", "--lang", "en").code == 3
    (home / "broken.wav").write_bytes(b"no audio")
    broken = svs("align", home / "broken.wav", "--text", "la", "--lang", "it")
    assert broken.code == 3 and "broken.wav" in broken.err
    assert svs("align", path, "--text", "la", "--lang", "klingon").code != 0
    assert svs("align", home / "m.jsonl").code == 2
    write_manifest([], home / "none.jsonl")
    nothing = svs("align", home / "none.jsonl", "-o", home / "out.jsonl")
    assert nothing.code == 3 and "no recording" in nothing.err
    write_manifest([recording(path)], home / "m.jsonl")
    unwritable = svs("align", home / "m.jsonl", "-o", home / "out.jsonl", "--review", home / "no" / "review.jsonl")
    assert unwritable.code == 2 and not (home / "out.jsonl").exists()
    assert svs("align", path, "--text", "la", "--lang", "it", "--model", "nobody").code == 4


def test_a_moved_corpus(svs: Svs, home: Path, audio: Callable[..., Path]) -> None:
    audio("new/a.wav")
    write_manifest([recording(home / "old" / "a.wav")], home / "m.jsonl")
    lost = svs("align", home / "m.jsonl", "-o", home / "out.jsonl")
    assert lost.code == 3 and "--moved" in lost.err and not (home / "out.jsonl").exists()
    moved = svs("align", home / "m.jsonl", "-o", home / "out.jsonl", "--moved", f"{home / 'old'}={home / 'new'}")
    assert moved.code == 0 and next(read_manifest(home / "out.jsonl")).audio == home / "new" / "a.wav"
