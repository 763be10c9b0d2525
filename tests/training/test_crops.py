"""What the acoustic training hears: who is meant, how often, what is left out, and what techniques are told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from svs_cli.acoustic.conditions import TECHNIQUES, conditions
from svs_cli.corpus.copies import COPIED
from svs_cli.corpus.preparing.technique import with_curves
from svs_cli.corpus.shards import Features, write_shard
from svs_cli.errors import UsageError
from svs_cli.training.crops import AcousticDataConfig, Crops, rarity
from svs_cli.training.examples import Naming, Vocabulary, load_examples
from svs_cli.training.techniques import with_techniques
from tests.training.test_data import recording

NAMING = Naming(("ana", "ana_loud", "bo"), {"ana_loud": "ana"}, {"": "core", "spoken": "speech"})
CONFIG = AcousticDataConfig(batch=6, frames=32, speakers={"ana": 0.2, "ana_loud": 0.2, "bo": 0.6}, balance=0.0)


def told(features: Features, **more: object) -> Features:
    return replace(features, info={**features.info, **more})


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Vocabulary, Crops]:
    path = tmp_path_factory.mktemp("shards") / "all.safetensors"
    plain = with_curves(recording("one", "train"))
    everyone = [
        told(plain, language="ja"),
        told(plain, speaker="ana_loud", style="strong", language="ja"),
        told(plain, speaker="bo", style="spoken", language="en"),
        told(plain, speaker="bo", style="core", **{COPIED: 3.0}),
        told(recording("old", "train"), speaker="bo", style="spoken", phone_confidences=[1.0, 0.1, 1.0]),
    ]
    write_shard(path, everyone)
    names, examples = load_examples([path], NAMING)
    return names, Crops(CONFIG, names, examples, seed=1)


def test_names_mean_singers_and_styles(loaded: tuple[Vocabulary, Crops]) -> None:
    names, crops = loaded
    assert names.speakers == ("ana", "bo") and names.styles == ("core", "speech", "strong")
    assert names.languages == ("en", "ja")
    assert [(e.speaker, e.style, e.language, e.copied) for e in crops.examples] == [
        (0, 0, 1, False), (0, 2, 1, False), (1, 1, 0, False), (1, 0, 2, True), (1, 1, 2, False),
    ]  # fmt: skip
    assert crops.examples[4].doubtful.tolist() == [False, True, False]


def test_shares_are_kept_and_copies_are_rarer(loaded: tuple[Vocabulary, Crops]) -> None:
    _, crops = loaded
    odds = np.diff(np.r_[0.0, crops.odds])
    by_example = np.bincount(crops.anchors[:, 0], odds)
    np.testing.assert_allclose(by_example[[0, 1]] / by_example.sum(), 0.2, rtol=1e-6)
    assert by_example[3] == pytest.approx(CONFIG.copies * by_example[2], rel=0.01)


def test_rare_things_are_drawn_more_often_than_they_occur() -> None:
    kinds, odds = np.array([0] * 90 + [1] * 10), np.ones(100)
    assert (rarity(kinds, odds, 0.0) == 1).all()
    weighted = odds * rarity(kinds, odds, 0.5)
    assert weighted[kinds == 1].sum() / weighted.sum() == pytest.approx(0.25, abs=0.01)  # square roots of 1 : 9


def test_a_step_and_a_rank_draw_always_the_same(loaded: tuple[Vocabulary, Crops]) -> None:
    names, crops = loaded
    one, again, other = crops.batch(3), crops.batch(3), crops.batch(4)
    assert one.mel.equal(again.mel) and one.scalars.equal(again.scalars) and not one.mel.equal(other.mel)
    second = Crops(CONFIG, names, crops.examples, seed=1, rank=1).batch(3)
    assert not one.mel.equal(second.mel)
    assert one.mel.shape == (6, 32, 128) == one.weight.shape and float(one.weight.mean()) == pytest.approx(1.0)


def test_things_are_left_out_at_random(loaded: tuple[Vocabulary, Crops]) -> None:
    names, crops = loaded
    silent = replace(CONFIG, batch=40, speaker_dropout=1.0, style_dropout=0.0, language_dropout=1.0)
    silent = replace(silent, technique_dropout=0.5)
    batch = Crops(silent, names, crops.examples, seed=1).batch(0)
    assert (batch.speakers == 2).all() and (batch.languages == 2).all() and (batch.styles < 3).all()
    known = batch.scalars[:, 0, 9]  # whether energy is told
    assert 0.2 < float(known.mean()) < 0.8
    measured = batch.scalars[:, 0, 11][batch.copies == 1]
    assert 0 < float(measured.mean()) < 1


def test_gain_is_told_as_energy(loaded: tuple[Vocabulary, Crops]) -> None:
    names, crops = loaded
    config = replace(CONFIG, batch=60, gain_db=6.0, technique_dropout=0.0, frames=8)
    batch = Crops(config, names, crops.examples[:1], seed=1).batch(0)
    inside = batch.phones[:, 4, 1] == names.phones.index("a")
    loudness = batch.mel[inside, 4, 10:60].max(dim=1).values.numpy()
    energy_db = batch.scalars[inside, 4, 8].numpy() * 6.0
    slope = np.polyfit(energy_db, loudness, 1)[0]
    assert np.ptp(energy_db) > 5 and slope == pytest.approx(1 / 8.6859, rel=0.3)


def test_offsets_are_free_of_phone_and_pitch() -> None:
    raw, ids, f0 = [], [], []
    for number in range(40):
        phone, hz = number % 2, 150.0 * 2 ** (number // 2 / 20)  # both phones on the same pitches
        offset_db = 3.0 if number == 7 else 0.0
        value = 5.0 * phone + 4.0 * np.log2(hz / 150.0) + offset_db
        raw.append(np.stack([np.full(60, -20.0), np.full(60, value), np.full(60, np.nan)]).astype(np.float32))
        ids.append(np.full(60, phone))
        f0.append(np.full(60, hz, np.float32))
    curves = with_techniques(raw, ids, f0, ["ana"] * 40, [False] * 40)
    found = np.array([float(curve[1].mean()) for curve in curves])
    assert found[7] - np.median(np.delete(found, 7)) == pytest.approx(3.0, abs=0.5)
    assert np.abs(np.delete(found, 7)).max() < 0.5
    assert all(np.isnan(curve[2]).all() and np.abs(curve[0]).max() < 1e-5 for curve in curves)


def test_what_is_not_known_is_told_apart_from_normal() -> None:
    arguments = (np.array([0]), np.array([4]), np.full(4, 200.0, np.float32), np.ones(4, bool))
    known, part, unknown = np.zeros(4, np.float32), np.array([3, np.nan, 3, 3], np.float32), None
    scalars = conditions(*arguments, (known, part, unknown)).scalars
    assert len(TECHNIQUES) == 3
    assert scalars[:, 9].tolist() == [1, 1, 1, 1] and scalars[:, 13].tolist() == [0, 0, 0, 0]
    assert scalars[:, 10].tolist() == [0.5, 0, 0.5, 0.5] and scalars[:, 11].tolist() == [1, 0, 1, 1]


def test_a_model_is_not_taught_words_that_it_lacks(tmp_path: Path) -> None:
    write_shard(tmp_path / "one.safetensors", [recording("one", "train")])
    known = Vocabulary(("SP", "a"), ("bo",), ("core",), ())
    with pytest.raises(UsageError, match="no speakers ana"):
        load_examples([tmp_path / "one.safetensors"], Naming(("ana",)), known)
