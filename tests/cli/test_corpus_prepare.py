"""`svs corpus prepare` and `shift` from a manifest to shards, on recordings that the test makes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from svs_cli.corpus.manifest import Recording, Terms, write_manifest
from svs_cli.corpus.shards import read_shard
from tests.cli.conftest import Svs
from tests.corpus.fake_bank import write_string

MORAS = [("k", "a"), ("s", "a"), ("k", "i"), ("n", "a")]
TERMS = Terms("CC0-1.0", "A. Singer", "https://example.org/bank", "the singer's own")


def timed(folder: Path, stem: str) -> Recording:
    """A string of moras with its true label."""
    onsets = write_string(folder, stem, MORAS)
    phones, ends = ["SP"], []
    for index, ((consonant, vowel), onset) in enumerate(zip(MORAS, onsets, strict=True)):
        ends += [onset - 0.1, onset]
        phones += [consonant, vowel]
        if index == len(MORAS) - 1:
            ends += [onset + 0.5, onset + 1.5]
            phones += ["SP"]
    return Recording(folder / f"{stem}.flac", "ana", "ja", "core", phones=tuple(phones),
                     phone_ends_seconds=tuple(ends), pitch_midi=57.0, label_origin="hand", terms=TERMS)  # fmt: skip


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """Two labelled strings, one with text alone, one copy, and a file that is no audio."""
    folder = tmp_path / "bank"
    first, second = timed(folder, "kasakina"), timed(folder, "other")
    write_string(folder, "third", MORAS[::-1])
    (folder / "copy.flac").write_bytes(first.audio.read_bytes())
    (folder / "broken.flac").write_bytes(b"no audio")
    write_string(folder, "other", [*MORAS[:3], ("s", "a")])
    loose = [Recording(folder / f"{stem}.flac", "ana", "ja", "core", text="nakisaka", pitch_midi=57.0, terms=TERMS)
             for stem in ("third", "copy", "broken")]  # fmt: skip
    write_manifest([first, second, *loose], tmp_path / "bank.jsonl")
    return tmp_path / "bank.jsonl"


def test_prepare_and_shift(svs: Svs, manifest: Path, tmp_path: Path) -> None:
    prepared = svs("corpus", "prepare", manifest, "-o", "shards", "--rejected", "left.jsonl", "--json")
    assert prepared.code == 0, prepared.err
    told = json.loads(prepared.out)
    shard = Path(told["shards"][0])
    assert shard.name == "ana-core.safetensors" and told["speakers"][0]["recordings"] == 3
    reasons = [json.loads(line) for line in (tmp_path / "left.jsonl").read_text().splitlines()]
    assert [Path(item["audio"]).stem for item in reasons] == ["copy", "broken"]
    assert "same audio as kasakina.flac" in reasons[0]["reason"] and "cannot be read" in reasons[1]["reason"]
    assert "broken.flac" in prepared.err and "train" in prepared.err

    recordings = list(read_shard(shard))
    assert [r.info["path"] for r in recordings] == ["kasakina.flac", "other.flac", "third.flac"]
    assert all(r.info["terms"]["credit"] == "A. Singer" for r in recordings)
    assert "ends_seconds" not in recordings[2].info and recordings[2].info["text"] == "nakisaka"
    assert sum(r.info["split"] == "dev" for r in recordings) == 1
    for recording in recordings[:2]:
        seconds = len(recording.require_samples()) / 44_100
        assert recording.info["ends_seconds"][0] == pytest.approx(0.25, abs=0.01)
        assert recording.info["ends_seconds"][-1] == pytest.approx(seconds, abs=1e-4)

    copied = svs("corpus", "shift", shard, "-o", "shifted.safetensors", "--semitones", "2")
    assert copied.code == 0
    copies = list(read_shard(tmp_path / "shifted.safetensors"))
    originals = [r for r in recordings if "ends_seconds" in r.info and r.info["split"] == "train"]
    assert originals
    for original, copy in zip(originals, copies, strict=True):
        assert abs(copy.info["shift_semitones"]) <= 2 and copy.info["terms"] == original.info["terms"]
        assert copy.info["split"] == original.info["split"]
        heard = np.median(copy.f0_hz[copy.f0_hz > 0]) / np.median(original.f0_hz[original.f0_hz > 0])
        assert 12 * np.log2(heard) == pytest.approx(copy.info["shift_semitones"], abs=0.7)


def test_a_corpus_that_moved(svs: Svs, manifest: Path, tmp_path: Path) -> None:
    assert svs("corpus", "prepare", manifest, "-o", "before").code == 0
    (tmp_path / "bank").rename(tmp_path / "elsewhere")
    lost = svs("corpus", "prepare", manifest, "-o", "shards")
    assert lost.code == 3 and "--moved" in lost.err and not (tmp_path / "shards").exists()
    moved = svs("corpus", "prepare", manifest, "-o", "shards", "--moved", f"{tmp_path / 'bank'}={tmp_path}/elsewhere")
    assert moved.code == 0 and moved.out.strip() == "shards/ana-core.safetensors"
    before, after = ((tmp_path / name / "ana-core.safetensors").read_bytes() for name in ("before", "shards"))
    assert before == after


def test_bad_arguments(svs: Svs, manifest: Path, tmp_path: Path) -> None:
    assert svs("corpus", "prepare", "nowhere.jsonl").code == 3
    assert svs("corpus", "prepare", manifest, "--moved", "here").code == 2
    assert svs("corpus", "prepare", manifest, "--dev", "0.5", "--test", "0.5").code == 2
    assert svs("corpus", "prepare", manifest, "--rejected", "no/such/folder.jsonl").code == 2
    (tmp_path / "empty.jsonl").write_text("")
    assert svs("corpus", "prepare", "empty.jsonl").code == 3
    (tmp_path / "file").write_text("")
    assert svs("corpus", "prepare", manifest, "-o", "file").code == 2
    (tmp_path / "junk.safetensors").write_bytes(b"no shard")
    assert svs("corpus", "shift", "junk.safetensors", "-o", "out.safetensors").code == 3
    assert not (tmp_path / "out.safetensors").exists()
