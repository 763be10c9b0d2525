"""Pitch, phones, text and rights against what is heard: each fault alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from svs_cli.corpus.checks.finder import Finder
from svs_cli.corpus.checks.listen import listen
from svs_cli.corpus.checks.pitch import check_pitch
from svs_cli.corpus.checks.rules import RULES
from svs_cli.corpus.checks.text import foreign_share
from svs_cli.corpus.manifest import Note, Terms
from tests.corpus.checks.made import ENDS, examined, faults, noise, put, recording, tone, voice, write

NOTES = (Note(0.42, 1.1, 57.0), Note(1.4, 2.2, 57.0))


def test_notes_that_are_sung(tmp_path: Path) -> None:
    assert faults(examined(tmp_path, voice(), notes=NOTES, pitch_midi=None)) == {}


@pytest.mark.parametrize("label", [45.0, 69.0])
def test_a_label_an_octave_off(tmp_path: Path, label: float) -> None:
    found = examined(tmp_path, voice(), pitch_midi=label)
    assert faults(found) == {"octave_label": "reject"}
    assert f"asked {label:.0f}, heard 57.0" in found.problems[0].what


def test_a_note_an_octave_off(tmp_path: Path) -> None:
    notes = (NOTES[0], replace(NOTES[1], midi=69.0))
    found = faults(examined(tmp_path, voice(), notes=notes, pitch_midi=None))
    assert found == {"octave_label": "reject"}


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_a_tracker_that_errs_is_told_from_a_label_that_errs(tmp_path: Path, factor: float) -> None:
    heard = listen(write(tmp_path / "made.wav", voice()))
    find = Finder(recording(tmp_path / "made.wav"), RULES)
    check_pitch(find, replace(heard, f0_hz=heard.f0_hz * np.float32(factor)))
    assert [(problem.code, problem.severity) for problem in find.problems] == [("octave_tracker", "warn")]


def test_faint_odd_harmonics_are_still_the_lower_octave(tmp_path: Path) -> None:
    heard = listen(write(tmp_path / "made.wav", voice(odd=0.6)))
    find = Finder(recording(tmp_path / "made.wav", pitch_midi=69.0), RULES)
    check_pitch(find, heard)
    assert [problem.code for problem in find.problems] == ["octave_label"]


@pytest.mark.parametrize(("label", "severity"), [(58.5, "warn"), (62.0, "reject")])
def test_another_pitch_than_the_label(tmp_path: Path, label: float, severity: str) -> None:
    assert faults(examined(tmp_path, voice(), pitch_midi=label)) == {"pitch_off": severity}


def test_notes_of_another_song(tmp_path: Path) -> None:
    notes = (Note(0.42, 1.1, 61.0), Note(1.4, 2.2, 54.0), Note(2.2, 4.0, 50.0))
    found = faults(examined(tmp_path, voice(), notes=notes, pitch_midi=None))
    assert found["notes_off"] == "reject"
    assert found["notes_outside"] == "reject"


def test_unknown_phones(tmp_path: Path) -> None:
    item = examined(tmp_path, voice(), phones=("SP", "sh", "a", "SP", "n", "QQ", "SP"))
    assert faults(item) == {"phone_unknown": "reject"}
    assert "sh QQ" in item.problems[0].what


def test_labels_that_end_before_the_file(tmp_path: Path) -> None:
    assert faults(examined(tmp_path, voice(), phone_ends_seconds=(*ENDS[:-1], 2.35))) == {"label_end": "warn"}


def test_a_consonant_that_is_held(tmp_path: Path) -> None:
    sound = voice()
    put(sound, noise(0.75, 0.03, seed=3), 1.4)
    item = examined(tmp_path, sound, phones=("SP", "s", "a", "SP", "s", "o", "SP"),
                    phone_ends_seconds=(0.3, 0.42, 1.1, 1.4, 2.1, 2.2, 2.5))  # fmt: skip
    assert faults(item)["consonant_long"] == "warn"


def test_a_hum_between_silences_may_be_long(tmp_path: Path) -> None:
    item = examined(tmp_path, voice(), phones=("SP", "s", "a", "SP", "m", "SP"),
                    phone_ends_seconds=(0.3, 0.42, 1.1, 1.4, 2.2, 2.5))  # fmt: skip
    assert faults(item) == {}


def test_a_breath_may_be_soft(tmp_path: Path) -> None:
    sound = noise(2.0, 2e-5)
    put(sound, noise(1.0, 7e-4, seed=3), 0.5)
    vowel = examined(tmp_path, sound, subtype="PCM_24", phones=("a",), phone_ends_seconds=(2.0,))
    assert "silent" in faults(vowel)
    breath = {"phones": ("SP", "AP", "SP"), "phone_ends_seconds": (0.5, 1.5, 2.0)}
    assert faults(examined(tmp_path, sound, subtype="PCM_24", **breath)) == {}


def test_phones_too_short_to_be_said(tmp_path: Path) -> None:
    ends = (0.3, 0.305, 1.1, 1.4, 1.406, 2.2, 2.5)
    assert faults(examined(tmp_path, voice(), phone_ends_seconds=ends)) == {"phone_short": "reject"}


def test_vowels_without_pitch(tmp_path: Path) -> None:
    sound = noise(2.5, 2e-4)
    put(sound, noise(0.8, 0.05, seed=2), 0.3)
    put(sound, noise(0.8, 0.05, seed=3), 1.4)
    assert faults(examined(tmp_path, sound)) == {"vowel_unvoiced": "reject"}
    assert faults(examined(tmp_path, sound, style="whisper")) == {}


def test_labels_shifted_into_the_pauses(tmp_path: Path) -> None:
    sound = noise(4.0, 2e-5)
    put(sound, tone(220, 1.0), 0.2)
    item = examined(tmp_path, sound, subtype="PCM_24", phones=("SP", "a", "SP"), phone_ends_seconds=(2.0, 3.5, 4.0))
    found = faults(item)
    assert found["phone_silent"] == "reject"
    assert found["silence_sung"] == "warn"


def test_an_aligner_that_was_not_sure(tmp_path: Path) -> None:
    assert faults(examined(tmp_path, voice(), phone_confidences=(0.9,) * 7)) == {}
    assert faults(examined(tmp_path, voice(), phone_confidences=(0.05,) * 7)) == {"confidence": "reject"}


UNLABELLED = {"phones": (), "phone_ends_seconds": (), "pitch_midi": None}


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("so no", "en", {}),
        ("さの", "ja", {}),
        ("", "en", {"text_empty": "reject"}),
        (" … ", "en", {"text_empty": "reject"}),
        ("さのよいよい", "en", {"text_script": "reject"}),
        ("да нет", "de", {"text_script": "reject"}),
        ("hello", "", {"language_unknown": "reject"}),
        ("hello", "klingon", {"language_unknown": "reject"}),
    ],
)
def test_texts(tmp_path: Path, text: str, language: str, expected: dict[str, str]) -> None:
    assert faults(examined(tmp_path, voice(), text=text, language=language, **UNLABELLED)) == expected


def test_phones_of_a_text_are_counted(tmp_path: Path) -> None:
    item = examined(tmp_path, voice(), text="さの", **UNLABELLED)
    assert item.figures is not None
    assert item.figures.phones == 4
    assert item.figures.phones_per_second == pytest.approx(4 / 1.6, rel=0.05)


def test_greek_letters_of_ipa_are_no_other_script() -> None:
    assert foreign_share("/θ/", "en") == 0.0
    assert foreign_share("θάλασσα", "en") == 1.0


def test_rights(tmp_path: Path) -> None:
    assert faults(examined(tmp_path, voice(), terms=Terms())) == {"licence_missing": "warn"}
    assert faults(examined(tmp_path, voice(), terms=Terms(consent="signed 2024"))) == {}
    assert faults(examined(tmp_path, voice(), terms=Terms(licence="CC-BY-4.0"))) == {"credit_missing": "warn"}
