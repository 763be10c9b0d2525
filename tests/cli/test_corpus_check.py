"""`svs corpus check` from the command line: table, JSON, files, pictures, exit codes, mistakes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from svs_cli.corpus.manifest import read_manifest, write_manifest
from tests.cli.conftest import Svs
from tests.corpus.checks.made import recording, voice, write


@pytest.fixture
def corpus(svs: Svs) -> Svs:
    """Two good files and one whose label is an octave off, in `corpus.jsonl`."""
    folder = Path("audio").absolute()
    folder.mkdir()
    recordings = [
        recording(write(folder / f"{name}.wav", voice(f0_hz, seed=seed)), pitch_midi=midi)
        for name, f0_hz, seed, midi in (("a", 220.0, 0, 57.0), ("b", 246.94, 5, 59.0), ("c", 293.66, 9, 50.0))
    ]
    write_manifest(recordings, Path("corpus.jsonl"))
    return svs


def test_a_table_and_an_exit_code(corpus: Svs) -> None:
    ran = corpus("corpus", "check", "corpus.jsonl")
    assert ran.code == 3
    rows = [line.split() for line in ran.out.splitlines() if line.startswith(("reject", "warn"))]
    assert [row[:3] for row in rows] == [["reject", "octave_label", "c.wav"]]
    assert "3 recordings: 1 rejected (33.3%), 0 with warnings" in ran.out
    assert "--allow-rejected" in ran.err
    assert corpus("corpus", "check", "corpus.jsonl", "--allow-rejected", "0.4", "-q").code == 0
    assert corpus("corpus", "check", "corpus.jsonl", "--limit", "octave_label=warn", "-q").code == 0


def test_json_lines(corpus: Svs) -> None:
    ran = corpus("corpus", "check", "corpus.jsonl", "--json", "-q")
    *recordings, speaker = map(json.loads, ran.out.splitlines())
    assert (ran.code, ran.err) == (3, "")
    assert [item["rejected"] for item in recordings] == [False, False, True]
    assert recordings[2]["problems"][0]["code"] == "octave_label"
    assert recordings[0]["figures"]["f0_median_hz"] == pytest.approx(220, rel=0.01)
    assert speaker["speaker_summary"]["rejected"] == 1


def test_what_is_good_and_why_the_rest_is_not(corpus: Svs) -> None:
    ran = corpus("corpus", "check", "corpus.jsonl", "--write", "good.jsonl", "--rejected", "bad.jsonl", "-q")
    assert ran.code == 3
    assert [item.audio.stem for item in read_manifest(Path("good.jsonl"))] == ["a", "b"]
    (line,) = Path("bad.jsonl").read_text().splitlines()
    assert json.loads(line)["reasons"][0]["code"] == "octave_label"
    assert corpus("corpus", "check", "good.jsonl", "-q").code == 0


def test_pictures_of_the_worst(corpus: Svs) -> None:
    corpus("corpus", "check", "corpus.jsonl", "--plots", "pictures")
    (picture,) = Path("pictures").iterdir()
    assert picture.name == "001_octave_label_c.png"
    with Image.open(picture) as image:
        assert image.width > 1000
        assert len(image.convert("RGB").getcolors(1 << 20) or []) > 50


def test_a_picture_of_a_broken_file(corpus: Svs) -> None:
    Path("audio/b.wav").write_bytes(b"no audio")
    corpus("corpus", "check", "corpus.jsonl", "--plots", "pictures", "-q")
    assert sorted(path.name for path in Path("pictures").iterdir()) == [
        "001_unreadable_b.png", "002_octave_label_c.png"
    ]  # fmt: skip


def test_a_corpus_that_moved(corpus: Svs) -> None:
    old, new = Path("audio").absolute(), Path("elsewhere").absolute()
    old.rename(new)
    ran = corpus("corpus", "check", "corpus.jsonl")
    assert ran.code == 3
    assert "3 of 3 audio files are not there" in ran.err
    assert "--moved" in ran.err
    assert "1 rejected" in corpus("corpus", "check", "corpus.jsonl", "--moved", f"{old}={new}").out


def test_split_leaks_are_mended_on_demand(corpus: Svs) -> None:
    songs = list(read_manifest(Path("corpus.jsonl")))[:2]
    pair = [replace(song, group="song", split=split) for song, split in zip(songs, ("train", "test"), strict=True)]
    write_manifest(pair, Path("pair.jsonl"))
    assert "group_leak" in corpus("corpus", "check", "pair.jsonl").out
    ran = corpus("corpus", "check", "pair.jsonl", "--fix-splits", "move", "--write", "good.jsonl")
    assert ran.code == 0
    assert "1 moved to another split" in ran.out
    assert [song.split for song in read_manifest(Path("good.jsonl"))] == ["test", "test"]


def test_the_rules_can_be_read(svs: Svs) -> None:
    ran = svs("corpus", "check", "--rules", "--limit", "snr=30:12")
    assert ran.code == 0
    row = next(line for line in ran.out.splitlines() if line.startswith("snr "))
    assert row.split()[1:5] == ["<=", "30", "<=", "12"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, "no manifest"),
        (("missing.jsonl",), 3, "missing.jsonl"),
        (("empty.jsonl",), 3, "no recordings"),
        (("damaged.jsonl",), 3, "line 1"),
        (("corpus.jsonl", "--limit", "snrr=1:2"), 2, "did you mean 'snr'"),
        (("corpus.jsonl", "--moved", "nowhere"), 2, "OLD=NEW"),
        (("corpus.jsonl", "--write", "no/folder/good.jsonl"), 2, "mkdir"),
    ],
)
def test_mistakes(corpus: Svs, arguments: tuple[str, ...], code: int, said: str) -> None:
    Path("empty.jsonl").touch()
    Path("damaged.jsonl").write_text("{]\n")
    ran = corpus("corpus", "check", *arguments)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
