"""`svs corpus teach`, with a stand-in for the network."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from svs_cli.corpus.manifest import read_manifest
from svs_cli.corpus.teacher import speaker
from tests.cli.conftest import Svs
from tests.corpus.teacher.fake_network import fake_network


@pytest.fixture
def teacher(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speaker, "load_network", lambda cache, threads: fake_network())


@pytest.mark.usefixtures("teacher")
def test_texts_become_a_labelled_corpus(svs: Svs, tmp_path: Path) -> None:
    text = tmp_path / "mine.txt"
    text.write_text("Buona sera.\n/ʑ a/\nA domani!\n", encoding="utf-8")
    ran = svs("corpus", "teach", str(text), "--lang", "it", "--voice", "kumo", "-o", str(tmp_path / "out"), "--json")
    result = json.loads(ran.out)
    assert ran.code == 0 and result["recordings"] == 2 and len(result["left_out"]) == 1
    assert "ʑ" in ran.err
    recordings = list(read_manifest(Path(result["manifest"])))
    assert {recording.speaker for recording in recordings} == {"teacher_kumo"}
    seconds = sum(recording.phone_ends_seconds[-1] for recording in recordings)
    assert seconds == pytest.approx(result["seconds"], abs=0.1)


@pytest.mark.usefixtures("teacher")
def test_shipped_sentences_are_read_without_texts(svs: Svs, tmp_path: Path) -> None:
    ran = svs("corpus", "teach", "--lang", "Latin", "--voice", "alpha", "--limit", "2", "-o", str(tmp_path), "-q")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.strip() == str(tmp_path / "manifest.jsonl")
    assert [recording.language for recording in read_manifest(tmp_path / "manifest.jsonl")] == ["la", "la"]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("--lang", "tlh"), 2, "tlh"),
        (("--lang", "it", "--voice", "bella"), 2, "bella"),
        (("nowhere.txt", "--lang", "it"), 2, "nowhere.txt"),
    ],
)
def test_what_cannot_be_taught_is_said(svs: Svs, arguments: tuple[str, ...], code: int, says: str) -> None:
    ran = svs("corpus", "teach", *arguments)
    assert ran.code == code and says in ran.err and "Traceback" not in ran.err


def test_without_the_package_it_says_what_to_install(
    svs: Svs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("onnxruntime")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    ran = svs("corpus", "teach", "--lang", "it", "--limit", "1", "-o", str(tmp_path))
    assert ran.code == 4 and "teacher" in ran.err and "pip install" in ran.err
