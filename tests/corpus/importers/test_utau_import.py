from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from svs_cli.corpus.importers.pitch_names import pitch_in_name
from svs_cli.corpus.importers.utau_cv import syllables_of
from svs_cli.corpus.utau.grid import SungEntry
from svs_cli.corpus.utau.words import LabelError
from svs_cli.errors import CorpusError
from tests.corpus.fake_bank import RATE_HZ, oto_line, tone, write_string
from tests.corpus.importers.corpora import by_stem, imported, reasons, write_audio, write_text

MORAS = [("k", "a"), ("s", "a"), ("k", "i"), ("n", "a")]
ALIASES = ["- か", "a さ", "a き", "i な"]


def write_folder(folder: Path, stem: str, encoding: str = "cp932", suffix: str = "") -> list[float]:
    """One VCV string of four moras with its oto.ini."""
    onsets = write_string(folder, stem, MORAS)
    lines = [oto_line(stem, alias + suffix, onset) for alias, onset in zip(ALIASES, onsets, strict=True)]
    write_text(folder / "oto.ini", "\n".join(lines), encoding)
    return onsets


def sing_syllables(path: Path, onsets_seconds: list[float]) -> None:
    """Vowels of 0.4 s with silence between."""
    samples = np.random.default_rng(1).normal(size=round((onsets_seconds[-1] + 1.0) * RATE_HZ)) * 1e-5
    for onset in onsets_seconds:
        start = round(onset * RATE_HZ)
        sung = tone("a", 0.4)
        samples[start : start + len(sung)] += sung
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, RATE_HZ)


def test_folders_are_pitches_and_styles(tmp_path: Path) -> None:
    write_folder(tmp_path / "_Core_A3", "_かさきな")
    write_folder(tmp_path / "_Strong", "かさきな_ka-sa-ki-na", suffix="D5")
    write_folder(tmp_path / "_Heard", "ka_sa_ki_na")
    write_text(tmp_path / "prefix.map", "B7\t\tD5\nC4\t\t\n")
    write_text(tmp_path / "character.txt", "name=くみ\nimage=a.bmp\n", "cp932")
    write_audio(tmp_path / "_Core_A3" / "noise.wav")
    report = imported(tmp_path, "utau")
    recordings = by_stem(report)
    facts = {stem: (r.style, r.pitch_midi, r.speaker) for stem, r in recordings.items()}
    assert facts == {
        "_かさきな": ("core", 57.0, "くみ"),
        "かさきな_ka-sa-ki-na": ("strong", 74.0, "くみ"),
        "ka_sa_ki_na": ("heard", 57.0, "くみ"),
    }
    assert len({r.group for r in recordings.values()}) == 1
    assert recordings["_かさきな"].label_origin == "oto" and recordings["_かさきな"].text == "かさきな"
    assert reasons(report) == {"noise.wav": "the file name is no string of moras"}
    assert any("its sound" in remark for remark in report.remarks)


def test_nuclei_are_where_the_moras_start(tmp_path: Path) -> None:
    onsets = write_folder(tmp_path, "_かさきな")
    recording = by_stem(imported(tmp_path, "utau", pitch_midi=57.0))["_かさきな"]
    assert np.allclose(recording.nuclei_seconds, onsets, atol=0.03)
    assert [p for p in recording.phones if p != "SP"] == [p for mora in MORAS for p in mora]


def test_a_string_whose_entries_do_not_fit_keeps_its_phones(tmp_path: Path) -> None:
    write_folder(tmp_path, "_かさきな")
    write_string(tmp_path, "_さかなき", MORAS)
    write_text(
        tmp_path / "oto.ini",
        (tmp_path / "oto.ini").read_text(encoding="cp932") + "\n" + oto_line("_さかなき", "- さ", 0.8),
        "cp932",
    )
    report = imported(tmp_path, "utau", pitch_midi=57.0)
    recording = by_stem(report)["_さかなき"]
    assert recording.phones == ("s", "a", "k", "a", "n", "a", "k", "i")
    assert recording.phone_ends_seconds == () and recording.label_origin == ""
    assert any("1 recordings have phones without times" in remark for remark in report.remarks)


@pytest.mark.parametrize(("stem", "alias"), [("か", "か"), ("ka", "- ka_A3"), ("syllable 1", "kaA3")])
def test_single_syllables(tmp_path: Path, stem: str, alias: str) -> None:
    write_string(tmp_path, stem, [("k", "a")])
    write_text(tmp_path / "oto.ini", oto_line(stem, alias, 0.8) + "\n" + oto_line(stem, "a k", 1.2), "utf-8")
    recording = by_stem(imported(tmp_path, "utau", pitch_midi=57.0))[stem]
    assert recording.phones == ("SP", "k", "a", "SP")
    assert recording.phone_starts_seconds[2] == pytest.approx(0.8, abs=0.03)
    assert recording.label_origin == "oto"


def test_syllables_with_rests_between(tmp_path: Path) -> None:
    sing_syllables(tmp_path / "vowels.wav", [0.5, 1.5])
    write_text(tmp_path / "oto.ini", oto_line("vowels", "あ", 0.5) + "\n" + oto_line("vowels", "- あ", 1.5))
    recording = by_stem(imported(tmp_path, "utau", pitch_midi=57.0))["vowels"]
    assert recording.phones == ("SP", "a", "SP", "a", "SP")
    assert np.allclose(recording.phone_ends_seconds[:4], [0.5, 0.9, 1.5, 1.9], atol=0.06)


def test_a_mandarin_bank_gives_phones_and_nuclei(tmp_path: Path) -> None:
    sing_syllables(tmp_path / "zhang_ai.wav", [0.5, 1.5])
    write_text(tmp_path / "oto.ini", oto_line("zhang_ai", "zhang", 0.5) + "\n" + oto_line("zhang_ai", "ai", 1.5))
    recording = by_stem(imported(tmp_path, "utau", pitch_midi=57.0, language="zh"))["zhang_ai"]
    assert recording.phones == ("ʈʂ", "ɑ", "ŋ", "a", "ɪ̯") and recording.phone_ends_seconds == ()
    assert np.allclose(recording.nuclei_seconds, [0.5, 1.5])


def test_folders_without_a_readable_oto_are_left_out(tmp_path: Path) -> None:
    write_folder(tmp_path / "A3", "_かさきな")
    write_audio(tmp_path / "C4" / "_かさきな.wav")
    write_text(tmp_path / "C4" / "oto.ini", "nothing")
    assert list(reasons(imported(tmp_path, "utau"))) == ["oto.ini"]
    with pytest.raises(CorpusError, match="nothing could be imported"):
        imported(tmp_path / "C4", "utau")


def test_entries_that_name_nothing() -> None:
    with pytest.raises(LabelError, match="no alias names a syllable"):
        syllables_of([SungEntry(0.5, "a k"), SungEntry(0.9, "R")])
    assert syllables_of([SungEntry(0.9, "き"), SungEntry(0.5, "か"), SungEntry(0.51, "- か")]) == [
        (0.5, ("k", "a")),
        (0.9, ("k", "i")),
    ]


def test_pitches_in_names() -> None:
    assert [pitch_in_name(name) for name in ("A3", "Bb2", "x_C#4_soft", "Take3", "G9", "_Core")] == [
        57.0,
        46.0,
        61.0,
        None,
        None,
        None,
    ]
