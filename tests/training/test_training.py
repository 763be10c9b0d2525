"""Recipes end to end on a made-up bank: train, stop, resume, release, sing."""

import dataclasses
import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from svs_cli.acoustic.load import load_acoustic
from svs_cli.acoustic.windows import OVERLAP_FRAMES
from svs_cli.analysis.f0 import praat_f0
from svs_cli.analysis.mel import log_mel
from svs_cli.bundled import shelf
from svs_cli.corpus.shards import INT16_SCALE, Features, read_shard, write_shard
from svs_cli.errors import CorpusError, DataError, UsageError
from svs_cli.performance.document import SampledCurve, Segment
from svs_cli.training.loop import OptimiserConfig, learning_rate_at
from svs_cli.training.run import train
from svs_cli.units import GRID
from svs_cli.vocoder.load import load_vocoder

TINY = [
    "threads=1", "log_every=1", "save_every=2", "check_every=2", 'data.shards=["tiny.safetensors"]', "data.batch=2",
    "data.frames=24", "model.width=16", "optimiser.steps=4", "optimiser.warmup_steps=1",
]  # fmt: skip
TINY_ACOUSTIC = ["data.speakers={someone=1.0}", "data.singers={}", "model.heads=2", "model.encoder_blocks=1",
                 "model.decoder_blocks=2"]  # fmt: skip
TINY_VOCODER = ["model.blocks=2"]


def recording(number: int) -> Features:
    """A second and a half: silence, noise ("s"), a tone ("a"), silence."""
    random = np.random.default_rng(number)
    time = np.arange(int(1.5 * 44_100)) / 44_100
    tone = sum(np.sin(2 * np.pi * 220 * k * time) / k for k in range(1, 12)) * 0.1
    noise = random.normal(0, 0.03, len(time))
    samples = np.where(time < 0.2, 0, np.where(time < 0.35, noise, np.where(time < 1.3, tone, 0))).astype(np.float32)
    info = {"path": f"{number}.wav", "speaker": "someone", "style": "core", "nominal_midi": 57, "band_hz": 16000.0,
            "split": {4: "dev", 5: "test"}.get(number, "train"),
            "phones": ["SP", "s", "a", "SP"], "ends_seconds": [0.2, 0.35, 1.3, 1.5],
            "terms": {"licence": "own", "consent": "a made sound"}}  # fmt: skip
    mel = log_mel(samples).astype(np.float16)
    return Features((samples * INT16_SCALE).astype(np.int16), mel, praat_f0(samples), info)


@pytest.fixture(scope="module")
def home_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    (home / "shards").mkdir()
    assert write_shard(home / "shards" / "tiny.safetensors", [recording(i) for i in range(6)]) == 6
    return home


@pytest.fixture(autouse=True)
def own_home(home_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SVS_HOME", str(home_folder))


def run(kind: str, name: str, *more: str, resume: bool = False) -> list[float]:
    """Total losses of all steps of a tiny run."""
    recipe = {"vocoder": "vocoder-universal", "acoustic": "acoustic"}[kind]
    tiny = TINY + (TINY_ACOUSTIC if kind == "acoustic" else TINY_VOCODER)
    path = shelf("recipes") / recipe / "recipe.toml"
    return [p.report.losses["total"] for p in train(kind, path, [*tiny, f"name={name}", *more], resume)]


@pytest.mark.parametrize("kind", ["vocoder", "acoustic"])
def test_resumed_run_equals_an_uninterrupted_one(kind: str, home_folder: Path) -> None:
    whole = run(kind, f"{kind}-whole")
    first = run(kind, f"{kind}-parts", "optimiser.steps=2", "optimiser.decay_fraction=0.0")
    assert len(whole) == 4 and len(first) == 2 and all(np.isfinite(whole))
    straight = run(kind, f"{kind}-straight", "optimiser.decay_fraction=0.0")
    rest = run(kind, f"{kind}-parts", "optimiser.decay_fraction=0.0", resume=True)
    np.testing.assert_allclose(first + rest, straight, rtol=1e-5)
    logged = (home_folder / "runs" / f"{kind}-parts" / "log.jsonl").read_text().splitlines()
    assert [json.loads(line)["report"]["step"] for line in logged] == [1, 2, 3, 4]
    assert "total" in json.loads(logged[-1])["held_out"]
    weights = [
        load_file(home_folder / "runs" / f"{kind}-{n}" / "model" / "model.safetensors") for n in ("parts", "straight")
    ]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[1])


def test_finished_runs_are_not_overwritten(home_folder: Path) -> None:
    run("vocoder", "once")
    with pytest.raises(UsageError, match="holds a run"):
        run("vocoder", "once")


def test_released_models_sing(home_folder: Path) -> None:
    run("vocoder", "v")
    run("acoustic", "a")
    acoustic = load_acoustic(home_folder / "runs" / "a" / "model")
    assert acoustic.phones() == {"SP", "s", "a"} and acoustic.speakers() == ("someone",)
    f0 = SampledCurve(np.full(200, 220.0, np.float32), GRID.frame_seconds)
    segment = Segment(0.3, ("SP", "s", "a", "SP"), (2, 1, 1), (None, 57.0, None), (0.3, 1.0, 0.2), (0, 0, 0),
                      phone_durations_seconds=(0.2, 0.1, 1.0, 0.2), f0=f0)  # fmt: skip
    mel = acoustic.render(segment, speaker="someone", seed=4, steps=2)
    assert mel.shape == (segment.frames, 128) and np.isfinite(mel).all()
    np.testing.assert_array_equal(mel, acoustic.render(segment, speaker="someone", seed=4, steps=2))
    assert np.abs(mel - acoustic.render(segment, speaker="someone", seed=5, steps=2)).max() > 1e-3
    samples = load_vocoder(home_folder / "runs" / "v" / "model").render(mel, f0.at_frames(segment.frames))
    assert samples.shape == (segment.frames * 512,)


def test_long_phrases_are_rendered_in_windows(home_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("acoustic", "windows")
    acoustic = load_acoustic(home_folder / "runs" / "windows" / "model")
    f0 = SampledCurve(np.full(2, 220.0, np.float32), 1.0)
    segment = Segment(0.0, ("a",), (1,), (57.0,), (8.0,), (0,), phone_durations_seconds=(8.0,), f0=f0)
    monkeypatch.setattr("svs_cli.acoustic.windows.WINDOW_FRAMES", 300)
    mel = acoustic.render(segment, speaker="someone", steps=1)
    assert mel.shape == (segment.frames, 128)
    jumps = np.abs(np.diff(mel[:, 40:].mean(axis=1)))
    seams = [300, 300 - OVERLAP_FRAMES]  # where the first window ends and the second begins
    assert max(jumps[seam - 1] for seam in seams) < 1.5 * np.percentile(jumps, 99)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("name=../elsewhere", "good for a folder"),
        ('name=""', "good for a folder"),
        ("name=..", "good for a folder"),
        ("log_every=0", "at least 1"),
        ("seed=-1", "seed"),
        ("data.batch=0", "batch must be positive"),
        ("data.frames=4", "frames at least 10"),
    ],
)
def test_recipes_that_cannot_run_are_refused(home_folder: Path, override: str, message: str) -> None:
    before = sorted(home_folder.parent.rglob("*"))
    with pytest.raises(UsageError, match=message):
        list(train("vocoder", shelf("recipes") / "vocoder-universal" / "recipe.toml", [*TINY, override], False))
    assert sorted(home_folder.parent.rglob("*")) == before


def test_recipes_without_data_say_so() -> None:
    with pytest.raises(CorpusError, match="shard"):
        run("vocoder", "nothing", 'data.shards=["absent.safetensors"]')
    with pytest.raises(UsageError, match="speakers"):
        run("acoustic", "nobody", "data.speakers={nobody=1.0}")
    with pytest.raises(UsageError, match="optimizer") as caught:
        run("vocoder", "typo", "optimizer.steps=3")
    assert "optimiser" in (caught.value.fix or "")


def test_checkpoint_of_another_size_is_refused() -> None:
    run("vocoder", "small")
    with pytest.raises(DataError, match="does not fit"):
        run("vocoder", "small", "model.width=24", "optimiser.steps=5", resume=True)


def test_damaged_model_folders_are_refused(home_folder: Path, tmp_path: Path) -> None:
    run("vocoder", "damage")
    source = home_folder / "runs" / "damage" / "model"
    header, weights = (source / "model.toml").read_text(), (source / "model.safetensors").read_bytes()
    (tmp_path / "model.toml").write_text(header)
    (tmp_path / "model.safetensors").write_bytes(weights[: len(weights) // 2])
    with pytest.raises(DataError, match=r"model\.safetensors"):
        load_vocoder(tmp_path)
    with pytest.raises(DataError, match="kind"):
        load_acoustic(source)


NOBODY = "\n".join(f"{key} = []" for key in ("phones", "speakers", "styles", "languages"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('kind = "KIND"\nversion = 2', "network|phones"),
        ('kind = "KIND"\nversion = "2"\nphones = 3\nnetwork = 3', "damaged|version"),
        ('kind = "KIND"\nversion = 2\nphones = 3', "damaged"),
        ('kind = "KIND"\nversion = 2\nphones = []\nspeakers = []\n[network]\nwidth = -3', "damaged"),
        (f'kind = "KIND"\nversion = 2\n{NOBODY}\n[network]\nwidht = 3', "widht"),
    ],
)
@pytest.mark.parametrize(("kind", "load"), [("vocoder", load_vocoder), ("acoustic", load_acoustic)])
def test_damaged_descriptions_are_refused(tmp_path: Path, kind: str, load: object, text: str, message: str) -> None:
    (tmp_path / "model.toml").write_text(text.replace("KIND", kind))
    with pytest.raises(DataError) as caught:
        load(tmp_path)  # type: ignore[operator]
    assert re.search(message, f"{caught.value.message} {caught.value.fix}")


def test_shards_come_back_as_written(home_folder: Path) -> None:
    written, read = recording(3), list(read_shard(home_folder / "shards" / "tiny.safetensors"))[3]
    for field in dataclasses.fields(Features):
        np.testing.assert_array_equal(getattr(written, field.name), getattr(read, field.name))


def test_learning_rate_rises_holds_and_falls() -> None:
    config = OptimiserConfig(steps=100, learning_rate=1e-3, warmup_steps=10, decay_fraction=0.5)
    rates = [learning_rate_at(step, config) for step in (1, 10, 50, 75, 100)]
    np.testing.assert_allclose(rates, [1e-4, 1e-3, 1e-3, 5e-4, 1e-5], rtol=1e-6)
