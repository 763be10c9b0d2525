"""The timing model learns from songs that were made here, and lands in a folder that sings."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from svs_cli.bundled import shelf
from svs_cli.config import load_config
from svs_cli.corpus.sources.table import Source
from svs_cli.duration.features import SPOKEN_FEATURES, SUNG_FEATURES
from svs_cli.duration.load import load_duration
from svs_cli.duration.rule import RuleDuration
from svs_cli.errors import CorpusError, DataError
from svs_cli.evaluation.timing import errors_of
from svs_cli.training import duration
from svs_cli.training.duration import DurationRecipe, TimingData, duration_task, spoken_utterance, sung_rows
from svs_cli.training.loop import OptimiserConfig, start, training_steps
from svs_cli.training.release import release
from tests.corpus.sung_folder import LAG_MS, song, write_song

NAMES = ("a", "b", "c", "d")


@pytest.fixture
def songs(tmp_path, monkeypatch):
    for i, name in enumerate(NAMES):
        write_song(tmp_path / "songs", name, tempo=80 + 10 * i, shift=2 * i)
    monkeypatch.setattr(duration, "source_folder", lambda name: tmp_path / name)
    return tmp_path / "songs"


def recipe(steps: int = 150) -> DurationRecipe:
    data = TimingData(songs="songs", test=("d",), dev=("c",))
    optimiser = OptimiserConfig(steps=steps, learning_rate=5e-3, warmup_steps=10)
    return DurationRecipe(data=data, batch=64, optimiser=optimiser)


def trained(steps: int = 150):
    task = duration_task(recipe(steps))
    state = start(task.model, recipe(steps).optimiser)
    reports = list(training_steps(state, recipe(steps).optimiser, task.losses_of_step))
    return task, state, reports


def test_a_run_learns_what_the_singer_does(songs, tmp_path):
    task, state, reports = trained()
    assert reports[-1].losses["total"] < 0.5 * reports[0].losses["total"]
    folder = tmp_path / "models" / "late"
    release(folder, task, state, recipe())
    model = load_duration(folder)
    assert model.learned_from == ("a", "b") and model.evidence["s"] > 0 and not model.clusters_learned
    unheard = [song(songs, "d")]
    by_rule, learned = (errors_of(stage, unheard).to_row() for stage in (RuleDuration(), model))
    assert by_rule["nucleus_rms_ms"] == pytest.approx(LAG_MS, abs=0.5)
    assert learned["nucleus_rms_ms"] < 0.5 * by_rule["nucleus_rms_ms"]


def test_the_same_seed_learns_the_same(songs):
    first, second = trained(3)[1], trained(3)[1]
    assert all(torch.equal(a, b) for a, b in zip(first.model.parameters(), second.model.parameters(), strict=True))


def test_rows_are_finite_where_they_count(songs):
    rows = sung_rows([song(songs, name) for name in NAMES])
    assert rows.features.shape[1] == SUNG_FEATURES and np.isfinite(rows.features).all()
    assert np.nanmin(rows.lengths_seconds) > 0
    lags = rows.shifts_seconds[np.isfinite(rows.shifts_seconds) & ~rows.of_rest]
    assert lags == pytest.approx(LAG_MS / 1000, abs=1e-4)


def test_of_speech_only_sure_consonants_count():
    info = {"phones": ["SP", "s", "t", "a", "n", "SP"], "ends_seconds": [0.2, 0.3, 0.36, 0.5, 0.55, 0.8],
            "phone_confidences": [1.0, 0.9, 0.1, 0.9, 0.9, 1.0]}  # fmt: skip
    features, logs = spoken_utterance(info, 0.5)
    assert features.shape == (2, SPOKEN_FEATURES)
    assert np.exp(logs[0] - logs[1]) == pytest.approx(2.0)


def test_a_song_that_is_not_there_is_named(songs):
    with pytest.raises(CorpusError, match="'zz'"):
        duration_task(replace(recipe(), data=TimingData(songs="songs", test=("zz",))))


def test_a_damaged_table_of_evidence_is_an_error(songs, tmp_path):
    task, state, _ = trained(1)
    release(tmp_path / "m", task, state, recipe(1))
    header = tmp_path / "m" / "model.toml"
    header.write_text(header.read_text().replace("times = [", "times = [1, "))
    with pytest.raises(DataError, match="evidence"):
        load_duration(tmp_path / "m")


def test_the_shipped_recipe_is_one():
    shipped = load_config(DurationRecipe, shelf("recipes") / "duration" / "recipe.toml")
    assert len(shipped.data.test) == 5 and not set(shipped.data.test) & set(shipped.data.dev)
    share = duration.share_of_songs(shipped)
    assert share.terms.licence == "CC0-1.0" and isinstance(duration.find_source(shipped.data.songs), Source)
    assert json.dumps(share.languages) == '["ja"]'
