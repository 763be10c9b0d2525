"""Shards of copies: made once, resumed, evenly limited; speech that sings is held, in range and labelled."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from svs_cli.analysis.f0 import praat_f0
from svs_cli.analysis.mel import log_mel
from svs_cli.corpus import copies
from svs_cli.corpus.copies import COPIED, write_copies
from svs_cli.corpus.shards import CURVES, INT16_SCALE, Features, Shard, write_shard
from svs_cli.corpus.sing import SingConfig, stretched, sung_copy
from svs_cli.corpus.world import put_together, recoloured, taken_apart
from svs_cli.errors import CorpusError, UsageError
from svs_cli.units import GRID, cents, hz_to_midi


def spoken(number: int = 0, split: str = "train") -> Features:
    """Silence, hiss, a falling vowel, silence."""
    time = np.arange(int(1.0 * 44_100)) / 44_100
    f0_hz = 180.0 - 30 * time
    phase = 2 * np.pi * np.cumsum(f0_hz) / 44_100
    tone = sum(np.sin(k * phase) * np.exp(-((180 * k - 700) ** 2) / 6e5) for k in range(1, 30))
    hiss = 0.05 * np.random.default_rng(number).standard_normal(len(time))
    samples = np.where((time > 0.3) & (time < 0.7), 0.2 * tone, np.where((time > 0.2) & (time < 0.3), hiss, 0))
    info = {"path": f"{number}.wav", "speaker": "me", "style": "speech", "split": split, "key": "k",
            "phones": ["SP", "s", "a", "SP"], "ends_seconds": [0.2, 0.3, 0.7, 1.0], "phone_confidences": [1, 1, 1, 1.0]}
    heard = samples.astype(np.float32)
    return Features((heard * INT16_SCALE).astype(np.int16), log_mel(heard).astype(np.float16), praat_f0(heard), info)


HELD = SingConfig(low_midi=60, high_midi=67, held_share=1.0, held_median_seconds=1.0, held_spread=0.01)


def test_sung_copies_hold_their_vowels_on_notes_of_the_range() -> None:
    copy = sung_copy(spoken(), np.random.default_rng(2), HELD)
    ends = copy.info["ends_seconds"]
    assert copy.info["phones"] == ["SP", "s", "a", "SP"] and copy.info["style"] == "core" and "key" not in copy.info
    assert ends[2] - ends[1] == pytest.approx(1.0, abs=0.05) and ends[1] - ends[0] == pytest.approx(0.1, abs=0.01)
    assert len(copy.require_samples()) == len(copy.mel) * 512 == len(copy.f0_hz) * 512
    middle = slice(GRID.frame_of(ends[1] + 0.2), GRID.frame_of(ends[2] - 0.1))
    midi = np.asarray(hz_to_midi(copy.f0_hz[middle]))
    assert (midi > 59).all() and (midi < 68).all()
    heard = praat_f0(copy.require_samples().astype(np.float32) / INT16_SCALE)[middle]
    assert (heard > 0).mean() > 0.95
    assert np.median(np.abs(cents(copy.f0_hz[middle][heard > 0], heard[heard > 0]))) < 8
    assert copy.info[COPIED] == pytest.approx(float(np.median(midi)) - hz_to_midi(165.0), abs=1.5)


def test_consonants_keep_their_length_and_times_rise() -> None:
    old, new = stretched(np.array([0.0, 0.2, 0.3, 0.7]), [False, False, True], np.random.default_rng(0), HELD)
    assert (np.diff(old) >= 0).all() and (np.diff(new) >= 0).all()
    assert np.interp(0.3, old, new) == pytest.approx(0.3) and new[-1] == pytest.approx(1.3, abs=0.05)


def test_breath_and_tilt_move_what_they_name() -> None:
    from svs_cli.analysis.technique import technique

    features = spoken()
    heard = features.require_samples().astype(np.float64) / INT16_SCALE
    parts = taken_apart(heard, features.f0_hz)
    frames, middle = len(parts.f0_hz), slice(30, 55)
    found = {}
    for name, breath_db, tilt_db in (("plain", 0.0, 0.0), ("breathy", 15.0, 0.0), ("bright", 0.0, 3.0)):
        made = put_together(recoloured(parts, np.full(frames, breath_db), np.full(frames, tilt_db)), len(heard))
        curves = technique(made, features.f0_hz)
        found[name] = [float(np.nanmedian(getattr(curves, curve)[middle])) for curve in CURVES]
    energy, breath, tension = np.array(found["breathy"]) - found["plain"]
    assert breath > 5 and abs(energy) < 2 and abs(tension) < 2
    energy, breath, tension = np.array(found["bright"]) - found["plain"]
    assert tension > 3 and abs(energy) < 2.5


def test_copies_are_resumed_and_come_out_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = tmp_path / "me.safetensors", tmp_path / "me-sung.safetensors"
    write_shard(source, [spoken(0), spoken(1, "test"), spoken(2), spoken(3)])
    copy = partial(sung_copy, config=HELD)
    assert write_copies(source, target, copy, 1) == 3
    whole = target.read_bytes()
    assert all(COPIED in info and info["split"] == "train" for info in Shard(target).infos)
    assert tuple(Shard(target)[0].curves) == CURVES
    real, made = copies.fulfil, []

    def killed(order: copies.Order) -> None:
        if len(made) == 2:
            raise KeyboardInterrupt
        made.append(order.index)
        real(order)

    target.unlink()
    monkeypatch.setattr(copies, "fulfil", killed)
    with pytest.raises(KeyboardInterrupt):
        write_copies(source, target, copy, 1)
    assert not target.exists() and made == [0, 2]
    monkeypatch.setattr(copies, "fulfil", lambda order: (made.append(order.index), real(order)))
    assert write_copies(source, target, copy, 1) == 3
    assert made == [0, 2, 3] and target.read_bytes() == whole
    assert not list(tmp_path.glob("*.making"))
    assert write_copies(source, target, copy, 1, minutes=0.03) == 2


def test_an_order_reads_the_same_in_the_next_process() -> None:
    told = copies.in_words(partial(sung_copy, config=HELD))
    assert told.startswith("svs_cli.corpus.sing.sung_copy () {'config': SingConfig(low_midi=60, ")
    assert told != copies.in_words(partial(sung_copy, config=SingConfig())) and " at 0x" not in told


def test_a_shard_is_not_overwritten_by_its_copies(tmp_path: Path) -> None:
    write_shard(tmp_path / "me.safetensors", [spoken()])
    before = (tmp_path / "me.safetensors").read_bytes()
    with pytest.raises(UsageError, match="is the shard that is to be copied"):
        copy = partial(sung_copy, config=HELD)
        write_copies(tmp_path / "me.safetensors", tmp_path / "." / "me.safetensors", copy, 1)
    assert (tmp_path / "me.safetensors").read_bytes() == before


def test_nothing_to_copy_is_said(tmp_path: Path) -> None:
    write_shard(tmp_path / "me.safetensors", [spoken(0, "test")])
    with pytest.raises(CorpusError, match="no labelled recording"):
        write_copies(tmp_path / "me.safetensors", tmp_path / "out.safetensors", partial(sung_copy, config=HELD), 1)
