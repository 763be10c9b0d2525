"""Flat start: from texts alone, without one labelled time, the aligner finds where made sounds begin."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from svs_cli.alignment.accuracy import Boundaries, boundary_errors_ms
from svs_cli.alignment.aligner import Aligner, load_aligner
from svs_cli.alignment.features import CHANNELS, LONG_MEL, SHORT_PER_FRAME
from svs_cli.alignment.network import AlignerConfig
from svs_cli.corpus.shards import INT16_SCALE
from svs_cli.errors import UsageError
from svs_cli.frontend.inventory import load_inventory
from svs_cli.training.aligner import AlignerRecipe, aligner_losses, aligner_task, with_hidden_bands
from svs_cli.training.loop import OptimiserConfig, start, training_steps
from svs_cli.training.run import train
from svs_cli.training.utterances import UtteranceConfig, Utterances, collate, onset_shape, utterance_of

BANDS_HZ = {"a": 800.0, "i": 2500.0, "s": 6000.0, "o": 400.0}


def say(random: np.random.Generator) -> tuple[NDArray[np.int16], list[str], list[float]]:
    """Bands of noise, one a phone, in random order and lengths, with silence around them."""
    spoken = [str(phone) for phone in random.choice(list(BANDS_HZ), 6)]
    spoken = [p for p, before in zip(spoken, ["", *spoken], strict=False) if p != before]
    phones = ["SP", *spoken, "SP"]
    seconds = [0.2, *random.uniform(0.06, 0.3, len(spoken)), 0.2]
    parts = []
    for phone, length in zip(phones, seconds, strict=True):
        at = np.arange(int(length * 44_100)) / 44_100
        slow = np.cumsum(random.normal(0, 60, len(at)))  # a wandering phase widens the line to a band
        tone = np.sin(2 * np.pi * (BANDS_HZ.get(phone, 0.0) * at + slow / 44_100 * 4)) * (phone in BANDS_HZ)
        parts.append(0.3 * tone + random.normal(0, 0.001, len(at)))
    samples = np.concatenate(parts)
    ends = np.cumsum([len(part) for part in parts]) / 44_100
    return np.round(samples * INT16_SCALE).astype(np.int16), phones, ends.tolist()


def write_shard(path: Path, count: int, labels: bool) -> list[tuple[NDArray[np.int16], list[str], list[float]]]:
    """A shard of made utterances, written as svs writes them; returns what is in it."""
    from safetensors.numpy import save_file

    random = np.random.default_rng(3)
    said = [say(random) for _ in range(count)]
    tensors, infos = {}, []
    for number, (samples, phones, ends) in enumerate(said):
        tensors[f"{number}.samples"] = samples
        tensors[f"{number}.mel"] = np.zeros((1, 128), np.float16)
        tensors[f"{number}.f0_hz"] = np.zeros(1, np.float32)
        split = "dev" if number % 10 == 7 else "train"
        info = {"path": f"{number}", "speaker": "x", "phones": phones, "split": split}
        infos.append(info | ({"ends_seconds": ends} if labels else {}))
    save_file(tensors, path, metadata={"recordings": json.dumps(infos)})
    return said


@pytest.mark.parametrize(("labels", "steps"), [(False, 90), (True, 60)])
def test_boundaries_are_learned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, labels: bool, steps: int) -> None:
    monkeypatch.setenv("SVS_HOME", str(tmp_path))
    (tmp_path / "shards").mkdir()
    said = write_shard(tmp_path / "shards" / "x.safetensors", 60, labels)
    recipe = AlignerRecipe(
        seed=1,
        diagonal_steps=steps // 2,
        hidden_bands=0.0,  # each of these phones is one band alone
        data=UtteranceConfig({"x.safetensors": 1.0}, batch_seconds=12.0, longest_seconds=4.0),
        model=AlignerConfig(width=48, dilations=(1, 1, 2), dropout=0.0),
        optimiser=OptimiserConfig(steps=steps, learning_rate=4e-3, warmup_steps=10, average=0.9),
    )
    task = aligner_task(recipe)
    state = start(task.model, recipe.optimiser)
    reports = list(training_steps(state, recipe.optimiser, task.losses_of_step))
    assert reports[-1].losses["total"] < 0.5 * reports[0].losses["total"]
    assert torch.isfinite(task.held_out_losses()["total"])
    aligner = Aligner(task.model, load_inventory().symbols)  # type: ignore[arg-type]
    errors: list[float] = []
    for samples, phones, ends in said[:12]:
        heard = aligner.hear(samples / np.float32(INT16_SCALE))
        found = aligner.align(heard, [[phone] for phone in phones[1:-1]])
        errors += boundary_errors_ms((phones, ends), (found.phones, found.ends_seconds))
    assert Boundaries(errors).share_within(20) > 0.9, np.round(errors)


def test_a_recipe_gives_a_model_that_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SVS_HOME", str(tmp_path))
    (tmp_path / "shards").mkdir()
    write_shard(tmp_path / "shards" / "x-core.safetensors", 12, labels=True)
    recipe = tmp_path / "small.toml"
    recipe.write_text(
        'name = "small"\nlicence = "own"\nconsent = "made by a test"\n'
        "[data]\nbatch_seconds = 6.0\nlongest_seconds = 4.0\n"
        '[data.shares]\n"x-*.safetensors" = 1.0\n[model]\nwidth = 8\ndilations = [1]\n[optimiser]\nsteps = 2\n',
        encoding="utf-8",
    )
    assert [progress.report.step for progress in train("aligner", recipe, ["log_every=1"], resume=False)] == [1, 2]
    folder = tmp_path / "runs" / "small" / "model"
    assert load_aligner(folder).network.prior.sum() == pytest.approx(1.0, abs=0.05)
    assert "own" in (folder / "CARD.md").read_text(encoding="utf-8")


def test_batches_depend_on_seed_and_step_alone(tmp_path: Path) -> None:
    write_shard(tmp_path / "x.safetensors", 12, labels=True)
    config = UtteranceConfig({"x.safetensors": 1.0}, batch_seconds=6.0, longest_seconds=4.0)
    one, two = (Utterances(config, tmp_path, seed=5) for _ in range(2))
    assert torch.equal(one.batch(7).samples, two.batch(7).samples)
    assert not torch.equal(one.batch(7).samples, one.batch(8).samples[:, : one.batch(7).samples.shape[1]])
    with pytest.raises(UsageError, match="names no shards"):
        Utterances(UtteranceConfig(), tmp_path, 0)


def test_onsets_and_labels_agree_with_the_grid() -> None:
    shape = onset_shape(np.array([0.1]), 20)
    assert int(shape.argmax()) in (10, 11) and shape[10] == pytest.approx(shape[11])  # 10.5 is half-way
    samples, phones, ends = say(np.random.default_rng(0))
    utterance = utterance_of(samples, {"phones": phones, "ends_seconds": ends}, UtteranceConfig({"x": 1.0}))
    assert utterance is not None
    batch = collate([utterance])
    onsets = np.flatnonzero(np.diff(batch.phone_targets[0].numpy())) + 1
    assert onsets / 100 == pytest.approx(ends[:-1], abs=0.0101)
    task_losses = aligner_losses(aligner_task_model(), batch, AlignerRecipe(), step=None)
    assert float(task_losses["forward_sum"]) == 0.0


def aligner_task_model():  # type: ignore[no-untyped-def]
    """A network that has learned nothing."""
    from svs_cli.alignment.network import AlignerNetwork

    return AlignerNetwork(len(load_inventory().symbols), AlignerConfig(width=8, dilations=(1,)))


def test_the_same_bands_are_hidden_in_both_spectrograms() -> None:
    features = torch.ones(12, 3, CHANNELS)
    hidden = with_hidden_bands(features, 0.25, seed=4) < 0
    assert torch.equal(hidden, with_hidden_bands(features, 0.25, seed=4) < 0)
    long, short = hidden[..., : LONG_MEL.bands], hidden[..., LONG_MEL.bands :].unflatten(2, (SHORT_PER_FRAME, -1))
    assert (hidden == hidden[:, :1]).all() and (short == short[:, :, :1]).all()
    shares = long[:, 0].float().mean(1)
    assert float(shares.max()) <= 0.27 and float(shares.min()) < float(shares.max())
    centres = [torch.arange(len(row))[row].float().add(0.5).mean() / len(row) for row in long[:, 0] if row.sum() > 4]
    shorts = [
        torch.arange(len(row))[row].float().add(0.5).mean() / len(row)
        for row, wide in zip(short[:, 0, 0], long[:, 0], strict=True)
        if wide.sum() > 4
    ]
    assert torch.stack(centres) == pytest.approx(torch.stack(shorts), abs=0.04)
    assert (torch.diff(long[:, 0].int()).abs().sum(1) <= 2).all()  # in one piece
    assert torch.equal(with_hidden_bands(features, 0.0, seed=4), features)
