"""`svs evaluate --copy-synthesis` and `--controls` from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import soundfile

from svs_cli.acoustic.conditions import TECHNIQUES
from svs_cli.cli import completion
from svs_cli.corpus.manifest import SPLITS
from svs_cli.evaluation.made_vowels import MadeVowel, made_vowel
from svs_cli.evaluation.sources import LABELS
from svs_cli.performance.ds_file import to_json
from tests.cli.conftest import Svs
from tests.evaluation.signals import Tune


@pytest.fixture
def vowel(svs: Svs) -> Svs:
    """`vowel.wav` and a file that is none."""
    soundfile.write("vowel.wav", made_vowel(MadeVowel("a", 220.0))[0], 44_100)
    Path("broken.wav").write_bytes(b"RIFF")
    return svs


def test_a_table_of_vocoders(vowel: Svs) -> None:
    ran = vowel("evaluate", "vowel.wav", "--copy-synthesis", "world", "--shift", "-5", "--save-audio", "sounds")
    assert (ran.code, ran.err) == (0, "")
    assert "recordings: 1, 0.0 minutes" in ran.out
    lines = {" ".join(line.split()[:-1]): line for line in ran.out.splitlines()}
    assert [line for line in lines if line.startswith(("world-mel ", "world ", "exact "))]
    assert "world-mel -5" in ran.out
    assert sorted(path.name for path in Path("sounds").iterdir()) == [
        "vowel.world-5.wav", "vowel.world-mel-5.wav", "vowel.world-mel.wav", "vowel.world.wav"
    ]  # fmt: skip


def test_a_file_that_fails_is_named_and_the_others_go_on(vowel: Svs) -> None:
    ran = vowel("evaluate", "broken.wav", "vowel.wav", "--copy-synthesis", "world", "--no-baselines", "--json")
    assert ran.code == 3
    assert "broken was left out: " in ran.err
    told = json.loads(ran.out)
    assert [file["title"] for file in told["files"]] == ["vowel"]
    assert told["failed"][0]["title"] == "broken"
    assert [row["name"] for row in told["groups"][0]["rows"]] == ["recording", "world-mel"]
    alone = vowel("evaluate", "broken.wav", "--copy-synthesis", "world")
    assert (alone.code, alone.out) == (3, "")


@pytest.mark.parametrize("arguments", [
    ("--shift", "5"), ("--copy-synthesis", "world", "--ds", "a.ds"), ("--copy-synthesis", "world", "--shift", "up"),
    ("--copy-synthesis", "world", "--group", "me"), ("--copy-synthesis", "world", "--split", "all"),
    ("--copy-synthesis", "world", "--judge", "words"), ("--controls", "6"), ("--controls", "0"),
    ("--controls", "6", "--judge", "naturalness"), ("--copy-synthesis", "world", "--controls", "6"),
])  # fmt: skip
def test_options_that_do_not_fit_are_refused(vowel: Svs, arguments: tuple[str, ...]) -> None:
    ran = vowel("evaluate", "vowel.wav", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert "fix: " in ran.err


def test_sines_follow_no_curve(svs: Svs) -> None:
    """The test's vocoder hears nothing but F0, so that every change is nought."""
    Path("song.ds").write_text(to_json(Tune(midis=(60, 64), consonants=("k", "s")).document()))
    ran = svs("evaluate", "song.ds", "--controls", "-6", "--voice", "formant", "--json")
    assert (ran.code, ran.err) == (0, "")
    rows = json.loads(ran.out)["rows"]
    assert [(row["curve"], row["asked_db"]) for row in rows] == [(name, -6) for name in TECHNIQUES]
    assert {value for row in rows for value in row["changes_db"].values()} == {0.0}
    assert {row["pitch"]["within_20_cents"] for row in rows} == {1.0}


def test_what_is_completed_is_what_is_known() -> None:
    assert tuple(name for name, _ in completion.SPLITS) == SPLITS
    assert tuple(name for name, _ in completion.LABELS) == LABELS
