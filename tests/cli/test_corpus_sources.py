"""`svs corpus sources` and `svs corpus fetch` as they are typed."""

import json
import shutil
from pathlib import Path

import pytest

from svs_cli.corpus.sources.table import load_sources
from tests.cli.conftest import Svs
from tests.corpus.made_source import Made, make_source

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    made = make_source(tmp_path, monkeypatch)
    for module in ("fetch", "table"):
        monkeypatch.setattr(f"svs_cli.corpus.sources.{module}.find_source", lambda name: made.source)
    return made


def test_sources_are_a_table(svs: Svs) -> None:
    ran = svs("corpus", "sources")
    lines = ran.out.splitlines()
    assert (ran.code, ran.err) == (0, "")
    assert [line.split()[0] for line in lines] == ["NAME", *load_sources()]
    assert lines[1].split() == ["kumi", "utau", "ja", "136", "LicenseRef-Hitsuboku-Kumi", "yes", "no"]


def test_sources_for_programs(svs: Svs) -> None:
    kumi, kokoro = json.loads(svs("corpus", "sources", "kumi", "kokoro", "--json").out)
    assert kumi["conditions"]["name_kept"] and kumi["conditions"]["commercial"] and not kumi["here"]
    assert kumi["address"].endswith("@8122640fa04861340209aeee8631cb1eed17a8ed")
    assert Path(kumi["folder"]).parts[-2:] == ("corpora", "kumi")
    assert kumi["speakers"] == ["kumi", "kumi_strong", "kumi_whisper"]
    assert kokoro["folder"] is None
    assert [source["name"] for source in json.loads(svs("corpus", "sources", "--json").out)] == list(load_sources())


def test_one_source_in_full(svs: Svs) -> None:
    text = svs("corpus", "sources", "kumi").out
    for told in ("Cubialpha", "licence", "consent", "https://cubialpha", "do        keep the name", "not fetched yet"):
        assert told in text


def test_wrong_names_are_usage_errors(svs: Svs) -> None:
    for command in (("sources",), ("fetch",)):
        ran = svs("corpus", *command, "kumy")
        assert (ran.code, ran.out) == (2, "") and "kumi" in ran.err
    ran = svs("corpus", "fetch", "kokoro")
    assert (ran.code, ran.out) == (4, "") and "teach" in ran.err
    ran = svs("corpus", "fetch", "kumi", "--from", "absent")
    assert ran.code == 2 and "absent" in ran.err


@needs_git
def test_fetching_prints_the_folder_and_tells_the_terms(made: Made, svs: Svs, tmp_path: Path) -> None:
    ran = svs("corpus", "fetch", "made", "--from", made.repository)
    folder = tmp_path / "home" / "corpora" / "made"
    assert (ran.code, ran.out) == (0, f"{folder}\n")
    assert "CC-BY-4.0" in ran.err and "somebody" in ran.err and "own voice" in ran.err and "7 files" in ran.err
    again = svs("corpus", "fetch", "made")
    assert again.code == 0 and "is there and whole" in again.err
    assert svs("corpus", "fetch", "made", "--quiet").err == ""


@needs_git
def test_changes_are_accepted_aloud(made: Made, svs: Svs, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(made.repository, copy, ignore=shutil.ignore_patterns(".git"))
    (copy / "oto.ini").write_text("mine")
    arguments = ("corpus", "fetch", "made", "--from", copy, "-o", tmp_path / "here")
    ran = svs(*arguments)
    assert ran.code == 3 and "oto.ini has other content" in ran.err and "--accept-changes" in ran.err
    assert not (tmp_path / "here").exists()
    ran = svs(*arguments, "--accept-changes", "--json")
    told = json.loads(ran.out)
    assert told["accepted"] == ["oto.ini has other content"] and told["how"] == "copy"
    assert told["terms"]["licence"] == "CC-BY-4.0"
    assert "warning: accepted: oto.ini has other content" in ran.err
