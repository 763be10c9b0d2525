"""`svs voices demo` and what `svs voices show` says."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import soundfile

from svs_cli.cli import demos
from svs_cli.cli.demos import Demo, as_markdown, material, song_for, suiting_key
from svs_cli.cli.voices import described
from svs_cli.evaluation.judges import Bench
from svs_cli.voices.card import VoiceCard
from svs_cli.voices.library import Voice
from tests.cli.conftest import Svs

CARD = VoiceCard("voice", "alto", "An Alto", "first", "alto", "world", ("de", "ja"), "CC0", range_midi=(55, 76))


def test_the_tune_moves_into_the_comfortable_range_and_no_farther() -> None:
    assert suiting_key([60, 67], CARD) == 0
    assert suiting_key([52, 60], CARD) == 3
    assert suiting_key([52, 60], replace(CARD, comfortable_midi=(60, 70))) == 8
    assert suiting_key([50, 80], CARD) == 0  # too wide: four semitones outside on either side is 55-5 and 76+4
    assert suiting_key([48, 80], CARD) in (1, 2)


def test_songs_are_in_the_voices_language_and_short() -> None:
    assert [song_for(replace(CARD, languages=(one,))) for one in ("de", "en", "ja", "fr")] == [
        "stille_nacht", "amazing_grace", "sakura", "sakura"
    ]  # fmt: skip
    for song in ("sakura", "amazing_grace", "stille_nacht"):
        score, part, key = material(song, replace(CARD, range_midi=(40, 59)))
        last = score.tempo.seconds_at(part.notes[-1].end_quarters)
        assert 10 < last <= demos.DEMO_SECONDS
        assert key < 0 and max(note.midi for note in part.notes) <= 60


def test_a_demo_is_sung_drawn_and_listed(svs: Svs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demos, "bench_at_hand", lambda console: Bench())
    ran = svs("voices", "demo", "formant", "-o", "heard", "--json")
    assert ran.code == 0, ran.err
    (found,) = json.loads(ran.out)
    assert found["song"] == "sakura" and found["figures"]["note_accuracy"] > 0.8
    with soundfile.SoundFile("heard/formant.wav") as file:
        assert 10 < file.frames / file.samplerate < 17
        assert file.artist == "Formant (synthetic)"
    assert Path("heard/formant.png").read_bytes().startswith(b"\x89PNG")
    assert Path("heard/formant.ds").is_file()
    assert "| [Formant](formant.wav) | sakura |" in Path("heard/README.md").read_text(encoding="utf-8")
    assert svs("voices", "demo", "nobody").code == 4


def test_figures_that_nobody_measured_are_dashes() -> None:
    one = Demo("a", "A", "sakura", -3, 14.25, "a.wav", "a.png", {"naturalness_mos": None, "note_accuracy": 0.97})
    assert "| [A](a.wav) | sakura | -3 | 14.2 | - | - | 97.0 | - |" in as_markdown([one])


def test_a_voice_is_described_with_its_ranges_and_styles() -> None:
    styled = replace(CARD, comfortable_midi=(57, 72), styles=("core", "soft"), terms="Name her.", url="a.example")
    told = described(Voice(styled, Path("alto")), "alto")
    assert (told["range"], told["comfortable_range"]) == ("G3-E5", "A3-C5")
    assert told["styles"] == ("core", "soft") and (told["terms"], told["url"]) == ("Name her.", "a.example")
    assert described(Voice(CARD, Path("alto")), "kumi")["comfortable_range"] == ""
