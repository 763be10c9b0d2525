"""Manifests come back as they were written, and say what is wrong with a damaged one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from svs_cli.corpus.manifest import (
    Note,
    Recording,
    Terms,
    read_manifest,
    recording_of_json,
    require_audio,
    write_manifest,
)
from svs_cli.errors import CorpusError


def recording(audio: str = "/corpus/a.wav", ends: tuple[float, ...] = (0.5, 0.6, 1.25)) -> Recording:
    return Recording(
        Path(audio),
        "x",
        language="ja",
        style="core",
        phones=("SP", "k", "a"),
        phone_ends_seconds=ends,
        nuclei_seconds=(0.6,),
        notes=(Note(0.6, 1.25, 60.0, "か"),),
        pitch_midi=60.0,
        label_origin="hand",
        terms=Terms("CC0-1.0", "somebody", "somewhere", "own voice"),
    )


def test_manifest_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    bare = Recording(Path("/corpus/b.wav"), "y", text="only words")
    recordings = [recording("/corpus/あ.wav"), replace(recording(), pitch_midi=None), bare]
    assert write_manifest(recordings, path) == 3
    assert list(read_manifest(path)) == recordings
    assert [entry.name for entry in tmp_path.iterdir()] == ["m.jsonl"]
    assert set(json.loads(bare.to_json())) == {"audio", "speaker", "text", "terms"}


def test_damaged_lines_name_their_number(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    path.write_text(recording().to_json() + "\n{broken\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="line 2"):
        list(read_manifest(path))
    with pytest.raises(CorpusError, match="cannot be read as a manifest"):
        list(read_manifest(tmp_path / "none.jsonl"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"phone_ends_seconds": [0.5, 0.4, 1.0]}, "ends before it starts"),
        ({"phone_ends_seconds": [0.5, 0.6]}, "3 phones but 2 ends"),
        ({"phone_confidences": [0.5]}, "1 confidences"),
        ({"split": "validation"}, "train, dev, test"),
        ({"label_origin": "magic"}, "hand, oto"),
        ({"tempo": 3}, "tempo"),
        ({"notes": [{"midi": 60}]}, "not a recording"),
    ],
)
def test_what_cannot_be_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        recording_of_json(json.dumps(json.loads(recording().to_json()) | change))


def test_durations_sum_to_the_file() -> None:
    assert sum(recording().phone_durations_seconds) == pytest.approx(1.25)
    assert recording().phone_starts_seconds == (0.0, 0.5, 0.6)


def test_a_moved_corpus_is_found_again(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    write_manifest([recording("/corpus/songs/a.wav")], path)
    (tmp_path / "songs").mkdir()
    (tmp_path / "songs" / "a.wav").touch()
    with pytest.raises(CorpusError, match="1 of 1 audio files are not there") as caught:
        require_audio(list(read_manifest(path)))
    assert "--moved" in str(caught.value.fix)
    require_audio(list(read_manifest(path, moved=(Path("/corpus"), tmp_path))))
