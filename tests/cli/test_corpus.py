"""`svs corpus` from a checkout of recordings to shards, on a bank that the test makes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from svs_cli.corpus.shards import read_shard
from tests.cli.conftest import Svs
from tests.corpus.fake_bank import oto_line, write_string


def write_bank(folder: Path) -> None:
    """One string of four moras with its oto.ini, and a file that is no audio."""
    moras = [("k", "a"), ("s", "a"), ("k", "i"), ("n", "a")]
    onsets = write_string(folder, "_かさきな", moras)
    aliases = ["- か", "a さ", "a き", "i な"]
    lines = [oto_line("_かさきな", alias, onset) for alias, onset in zip(aliases, onsets, strict=True)]
    (folder / "oto.ini").write_text("\n".join(lines), encoding="cp932")
    (folder / "broken.wav").write_bytes(b"no audio")


def test_prepare_and_shift(svs: Svs, tmp_path: Path) -> None:
    bank = tmp_path / "bank"
    write_bank(bank)
    prepared = svs("corpus", "prepare", f"dorodoro={bank}")
    shard = tmp_path / "home" / "shards" / "dorodoro.safetensors"
    assert prepared.code == 0 and prepared.out.strip() == str(shard)
    recordings = list(read_shard(shard))
    assert recordings and all(r.info["licence"] and r.info["source"] for r in recordings)
    labelled = [r for r in recordings if "phones" in r.info]
    assert labelled and all(abs(r.info["ends_seconds"][-1] - len(r.samples) / 44_100) < 0.02 for r in labelled)

    copied = svs("corpus", "shift", shard, "-o", tmp_path / "shifted.safetensors", "--semitones", "2")
    assert copied.code == 0
    copies = list(read_shard(tmp_path / "shifted.safetensors"))
    assert len(copies) == len(labelled)
    for original, copy in zip(labelled, copies, strict=True):
        assert abs(copy.info["shift_semitones"]) <= 2 and copy.info["licence"] == original.info["licence"]
        heard = np.median(copy.f0_hz[copy.f0_hz > 0]) / np.median(original.f0_hz[original.f0_hz > 0])
        assert 12 * np.log2(heard) == pytest.approx(copy.info["shift_semitones"], abs=0.7)


def test_bad_arguments(svs: Svs, tmp_path: Path) -> None:
    assert svs("corpus", "prepare", "dorodoro").code == 2
    unknown = svs("corpus", "prepare", f"dorodora={tmp_path}")
    assert unknown.code == 2 and "dorodoro" in unknown.err
    assert svs("corpus", "prepare", "dorodoro=nowhere").code == 2
    (tmp_path / "junk.safetensors").write_bytes(b"no shard")
    assert svs("corpus", "shift", "junk.safetensors", "-o", "out.safetensors").code == 3
    assert not (tmp_path / "out.safetensors").exists()
