"""A new speaker for a trained model, and several processes that train one model."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from svs_cli.acoustic.load import load_acoustic, open_acoustic
from svs_cli.acoustic.response import Response
from svs_cli.bundled import shelf
from svs_cli.config import read_toml
from svs_cli.corpus.shards import write_shard
from svs_cli.errors import UsageError, VoiceMissingError
from svs_cli.performance.document import SampledCurve, Segment
from svs_cli.training.new_speaker import LowRankChange, StartConfig, merged
from svs_cli.training.run import train
from svs_cli.units import GRID
from tests.training.test_training import TINY, TINY_ACOUSTIC, recording, run

STEPS = ["threads=1", "data.batch=2", "data.frames=24", "optimiser.steps=3", "start.rank=2", "log_every=1",
         "optimiser.warmup_steps=1", "optimiser.learning_rate=0.05", "optimiser.average=0.5"]  # fmt: skip
ME = ['start.speaker="me"', 'data.shards=["me.safetensors"]', "data.speakers={me=1.0}", *STEPS]


@pytest.fixture(scope="module")
def home_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    (home / "shards").mkdir()
    recordings = [recording(i) for i in range(6)]
    write_shard(home / "shards" / "tiny.safetensors", recordings)
    mine = [replace(r, info={**r.info, "speaker": "me"}) for r in recordings]
    write_shard(home / "shards" / "me.safetensors", mine)
    unknown = replace(mine[0], info={**mine[0].info, "phones": ["SP", "s", "o", "SP"]})
    write_shard(home / "shards" / "odd.safetensors", [unknown])
    return home


@pytest.fixture(autouse=True)
def own_home(home_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SVS_HOME", str(home_folder))


def teach(name: str, *more: str) -> list[float]:
    path = shelf("recipes") / "acoustic-voice" / "recipe.toml"
    return [p.report.losses["total"] for p in train("acoustic", path, [*ME, f"name={name}", *more], resume=False)]


def test_a_new_speaker_joins_those_of_a_model(home_folder: Path) -> None:
    run("acoustic", "old")
    shutil.copytree(home_folder / "runs" / "old" / "model", home_folder / "models" / "base")
    description = home_folder / "models" / "base" / "model.toml"
    at_home = '[natives]\nja = ["someone"]\n\n[response]\ntension = [0.0, 0.1, 0.5]\n'
    description.write_text(description.read_text().replace("[natives]\n", at_home))
    losses = teach("mine", 'start.model="base"')
    assert len(losses) == 3 and np.isfinite(losses).all()
    old, new = (open_acoustic(home_folder / folder) for folder in ("models/base", "runs/mine/model"))
    assert new.known.speakers == ("someone", "me") and new.known.phones == old.known.phones
    assert new.response == old.response == Response(tension=(0.0, 0.1, 0.5))
    assert new.known.natives == old.known.natives == {"ja": ("someone",)}  # three seconds are no home
    before, after = old.network.state_dict(), new.network.state_dict()
    assert set(before) == set(after)
    np.testing.assert_array_equal(after["speaker.weight"][0], before["speaker.weight"][0])
    changed = {name for name, tensor in before.items() if name != "speaker.weight" and not tensor.equal(after[name])}
    assert "enter.weight" in changed and "phone.weight" not in changed and "enter.bias" not in changed
    difference = (after["enter.weight"] - before["enter.weight"]).numpy()
    assert np.linalg.matrix_rank(difference, tol=0.05 * np.linalg.norm(difference)) in (1, 2)
    credits = read_toml(home_folder / "runs" / "mine" / "model" / "model.toml")["credits"]
    assert [credit["speaker"] for credit in credits] == ["someone", "me"]
    f0 = SampledCurve(np.full(100, 220.0, np.float32), GRID.frame_seconds)
    segment = Segment(0.0, ("s", "a"), (2,), (57.0,), (1.0,), (0,), phone_durations_seconds=(0.2, 0.8), f0=f0)
    mel = load_acoustic(home_folder / "runs" / "mine" / "model").render(segment, speaker="me:1,someone:1", steps=1)
    assert np.isfinite(mel).all()


def test_what_cannot_be_taught_is_said(home_folder: Path) -> None:
    if not (home_folder / "models" / "base").is_dir():
        run("acoustic", "other")
        shutil.copytree(home_folder / "runs" / "other" / "model", home_folder / "models" / "base")
    with pytest.raises(VoiceMissingError, match="'nobody'"):
        teach("a", 'start.model="nobody"')
    with pytest.raises(UsageError, match="already"):
        teach("b", 'start.model="base"', 'start.speaker="someone"')
    with pytest.raises(UsageError, match="no phones o"):
        teach("c", 'start.model="base"', 'data.shards=["odd.safetensors"]')
    with pytest.raises(UsageError, match="go together"):
        teach("d")


def test_a_change_is_merged_into_its_matrix() -> None:
    torch.manual_seed(0)
    layer = torch.nn.Linear(5, 4)
    before = layer.weight.detach().clone()
    change = LowRankChange(4, 5, 2)
    torch.nn.utils.parametrize.register_parametrization(layer, "weight", change)
    assert torch.equal(layer.weight, before)
    with torch.no_grad():
        change.left.add_(torch.randn(4, 2))
    whole = merged({f"x.{name}": tensor for name, tensor in layer.state_dict().items()})
    assert set(whole) == {"x.weight", "x.bias"}
    torch.testing.assert_close(whole["x.weight"], layer.weight.detach())
    with pytest.raises(ValueError, match="rank"):
        StartConfig("a", "b", rank=0)


@pytest.mark.slow
def test_two_processes_train_one_model(home_folder: Path) -> None:
    changes = [*TINY, *TINY_ACOUSTIC, "name=pair"]
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "svs_cli",
               "train", "acoustic", "--recipe", str(shelf("recipes") / "acoustic"), *changes]  # fmt: skip
    alone_too = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=alone_too, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    folder = home_folder / "runs" / "pair"
    assert done.stdout.strip() == str(folder / "model")
    run("acoustic", "alone")
    pair, alone = (
        [json.loads(line)["report"] for line in (home_folder / "runs" / name / "log.jsonl").read_text().splitlines()]
        for name in ("pair", "alone")
    )
    assert [report["step"] for report in pair] == [1, 2, 3, 4]
    assert pair[0]["losses"] == alone[0]["losses"]  # rank 0 draws what one process would
    assert pair[0]["gradient_norm"] != alone[0]["gradient_norm"]  # but learns from both
    weights = load_file(folder / "model" / "model.safetensors")
    assert all(torch.isfinite(tensor.float()).all() for tensor in weights.values())
