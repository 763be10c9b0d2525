"""Labelled recordings as documents, and voices that sing them again."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from svs_cli.cli.run import run
from svs_cli.corpus.manifest import Recording, write_manifest
from svs_cli.errors import CorpusError, UsageError
from svs_cli.evaluation.copies import Copied, Figures
from svs_cli.evaluation.extract import F0Extractor
from svs_cli.evaluation.joined import joined, joined_info
from svs_cli.evaluation.judges import Bench
from svs_cli.evaluation.labelled import (
    asked_f0_hz,
    fitting_octave_semitones,
    katakana_of,
    labelled,
    lyrics_of,
    moved,
    without_dynamics,
)
from svs_cli.evaluation.likeness import PitchErrors
from svs_cli.evaluation.made_vowels import MadeVowel, made_vowel
from svs_cli.evaluation.resing import KEY, ResingConfig, SungRow, is_own_singer, key_for, measure_resung, singer_of
from svs_cli.evaluation.resing_report import as_json, as_text
from svs_cli.evaluation.sources import Source, read_source, sources_of
from svs_cli.units import GRID

VOWEL = MadeVowel("a", 220.0)


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """A made vowel that grows louder, labelled, and the same without labels."""
    samples, _ = made_vowel(VOWEL)
    grown = (samples * np.linspace(0.2, 1.0, len(samples))).astype(np.float32)
    soundfile.write(tmp_path / "vowel.wav", grown, GRID.sample_rate_hz, "FLOAT")
    seconds = len(samples) / GRID.sample_rate_hz
    bare = Recording(tmp_path / "vowel.wav", "ann", language="ja", style="core")
    ends = (0.1, seconds - 0.1, seconds)
    full = Recording(bare.audio, "ann", "ja", "core", phones=("SP", "a", "SP"), phone_ends_seconds=ends)
    write_manifest([full, bare], tmp_path / "vowels.jsonl")
    return tmp_path / "vowels.jsonl"


def sources(manifest: Path) -> list[Source]:
    return sources_of([str(manifest)])


def test_the_document_asks_for_what_was_sung(manifest: Path) -> None:
    source, bare = sources(manifest)
    original = read_source(source, F0Extractor())
    document = labelled(source, original)
    document.check()
    asked = asked_f0_hz(document)
    inside = slice(20, document.frames - 20)
    np.testing.assert_allclose(asked[inside], original.f0_hz[inside], rtol=1e-6)
    assert asked[inside].all()
    assert not asked[:8].any() and not asked[-8:].any()
    energy_db = document.segments[0].curves["energy"].values
    assert np.all(np.diff(energy_db[inside]) > 0) and energy_db.min() < -2 < 2 < energy_db.max()
    higher = moved(document, 12)
    np.testing.assert_allclose(asked_f0_hz(higher), 2 * asked, rtol=1e-6)
    assert higher.segments[0].notes[1] == document.segments[0].notes[1] + 12  # type: ignore[operator]
    flat = without_dynamics(document).segments[0]
    assert not flat.curves["energy"].values.any() and flat.f0 is document.segments[0].f0
    with pytest.raises(CorpusError, match="no phones with times"):
        labelled(bare, original)


def test_short_recordings_of_a_speaker_are_joined(manifest: Path) -> None:
    source, bare = sources(manifest)
    alone = read_source(source, F0Extractor())
    (both, unlabelled) = joined([source, source, bare], 60.0)
    assert (both.title, unlabelled) == ("vowel and 1 more", bare)
    assert joined([source, source], 1.5 * len(alone.samples) / GRID.sample_rate_hz) == [source, source]
    other = replace(source, labels={**source.labels, "speaker": "eve"})
    assert joined([source, other], 60.0) == [source, other]
    original = read_source(both, F0Extractor())
    length = len(original.samples) // 2
    np.testing.assert_array_equal(original.samples[:length], original.samples[length:])
    assert length == GRID.hop_samples * len(original.f0_hz) // 2 and not original.samples[length - 512 : length].any()
    document = labelled(both, original)
    assert document.segments[0].phones == ("SP", "a", "SP", "SP") * 2 and document.frames == len(original.f0_hz)
    asked = asked_f0_hz(document).reshape(2, -1)
    assert asked[0].any() and np.mean(asked[0] == asked[1]) > 0.98
    for wrong in (0.0, 61.0):
        with pytest.raises(UsageError, match="cannot be joined"):
            joined([source], wrong)


def test_notes_and_words_are_joined_where_all_have_them() -> None:
    note = {"midi": 60, "start_seconds": 0.5, "end_seconds": 1.0}
    sung = {"phones": ["a"], "ends_seconds": [1.0], "text": "Ah", "notes": [note]}
    both = joined_info([sung, sung])
    assert [one["midi"] for one in both["notes"]] == [60, 60]
    assert both["notes"][1]["start_seconds"] == pytest.approx(0.5 + both["ends_seconds"][1])
    assert both["text"] == "Ah Ah"
    spoken = joined_info([sung, {**sung, "text": "", "notes": []}])
    assert spoken["text"] == "" and not spoken["notes"]


def test_octaves_bring_a_tune_into_a_range() -> None:
    f0_hz = np.array([0, 440, 494, 523], np.float32)  # A4 to C5
    assert fitting_octave_semitones(f0_hz, (60, 79)) == 0
    assert fitting_octave_semitones(f0_hz, (43, 60)) == -12
    assert fitting_octave_semitones(f0_hz, (81, 96)) == 12
    assert fitting_octave_semitones(f0_hz, (30, 40)) == -36


def test_words_of_japanese_phones() -> None:
    assert katakana_of("SP k ʲ h a ɾ ɯ ɡ a k i t a cl t e kʲ o ɯ n o ɴ SP".split()) == "ハルガキタッテキョウノン"
    assert lyrics_of({"text": "Ave", "phones": ["a"], "language": "ja"}) == "Ave"
    assert lyrics_of({"phones": ["a"], "language": "en"}) == ""


@pytest.mark.parametrize(
    ("speaker", "recorded", "style", "own"),
    [("kumi", "kumi", "core", True), ("kumi", "kumi_strong", "strong", False), ("kumi_strong", "kumi", "core", False),
     ("kumi_strong", "kumi_strong", "strong", True), ("kumi/strong:1", "kumi_strong", "strong", True),
     ("kathleen", "kathleen", "speech", False), ("kathleen/speech:1", "kathleen", "speech", True),
     ("nit", "nit", "song", True), ("kumi", "nit", "song", False), ("kumi:0.5,nit:0.5", "kumi", "core", False)],
)  # fmt: skip
def test_whose_recording_it_is(speaker: str, recorded: str, style: str, own: bool) -> None:
    assert is_own_singer(speaker, {"speaker": recorded, "style": style}) is own


def test_a_voice_sings_what_is_labelled_and_says_what_is_not(manifest: Path, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    config = ResingConfig(("formant",), keep_folder=folder)
    files = measure_resung(sources(manifest), config, jobs=1)
    assert "no phones with times" in files[1].error and not files[0].error
    plain = as_json(files, (), config)
    (group,) = plain["groups"]
    rows = {row["name"]: row["values"] for row in group["rows"]}
    assert list(rows) == ["recording", "copy-synthesis", "formant"]
    assert rows["formant"]["within_50_cents"] > 0.95
    assert "mcd_db" not in rows["formant"]  # another singer's
    assert plain["files"][0]["rows"]["formant"]["key_semitones"] == 0
    assert "of files" not in as_text(files, (), config) and "1 could not be sung" in as_text(files, (), config)
    assert {path.name for path in folder.iterdir()} >= {"vowel.formant.wav", "vowel.formant.ds"}


@pytest.mark.parametrize(
    ("asked", "own", "semitones"), [(None, True, 0), (None, False, 12), (0, False, 0), (-5, True, -5)]
)
def test_a_singer_keeps_the_own_key_and_others_find_theirs(
    manifest: Path, asked: float | None, own: bool, semitones: float
) -> None:
    config = ResingConfig(("formant",), key_semitones=asked)
    source, _ = sources(manifest)
    (row,) = config.rows
    below = singer_of(row, config).card.range_midi[0] - 57 - 5  # the vowel is an A3, 57
    assert key_for(moved(labelled(source, read_source(source, F0Extractor())), below), row, config, own) == semitones


def test_several_acoustic_models_have_rows_of_their_own() -> None:
    config = ResingConfig(("formant", "formant"), ("neural", "rule", "first"))
    assert config.rows == (SungRow("formant", "rule", True), SungRow("formant", "first", True))
    assert [row.name for row in config.rows] == ["formant rule", "formant first"]
    with pytest.raises(UsageError, match="'phones'"):
        ResingConfig(bench=Bench(("phones",)))


def test_a_table_compares_words_pitch_and_envelope_where_they_are_known() -> None:
    source = Source("song", None, None, {"language": "ja"})
    errors = PitchErrors(np.array([10, -49, 51, 0], np.float32), 0, 5)
    rows = {
        "recording": Figures({"character_error_rate": 0.2, "naturalness_mos": 4.0}),
        "copy-synthesis": Figures({"character_error_rate": 0.2}, errors),
        "formant": Figures({"character_error_rate": 0.3, "mcd_db": 5.0, KEY: -12}, errors),
    }
    files = [Copied(source, rows, {}, 12.0), Copied(source, {}, error="broken")]
    found = as_json(files, ("language",), ResingConfig(("formant",)))
    assert [group["name"] for group in found["groups"]] == ["all recordings", "language ja"]
    values = {row["name"]: row["values"] for row in found["groups"][1]["rows"]}
    assert values["formant"]["character_error_ratio"] == pytest.approx(1.5)
    assert (values["formant"]["within_50_cents"], values["formant"]["own_recordings"]) == (0.75, 1)
    assert "character_error_ratio" not in values["recording"] and "own_recordings" not in values["copy-synthesis"]
    text = as_text(files, ("language",), ResingConfig(("formant",), dynamics=False, key_semitones=5))
    line, again = [line.split() for line in text.splitlines() if line.startswith("  formant")]
    assert line == again == "formant - 29.5 75.0 0.0 30.0 1.50 5.00 1".split()
    assert "timing and F0, +5 semitones" in text


def test_the_command_prints_a_table_and_its_exit_code_tells_of_failures(
    manifest: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["evaluate", str(manifest), "--resing", "--voice", "formant", "--key", "12", "--json"]) == 3
    found = json.loads(capsys.readouterr().out)
    assert run(["evaluate", str(manifest), "--resing", "--voice", "formant", "--key", "0", "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["files"][0]["rows"]["formant"]["key_semitones"] == 0
    assert found["failed"][0]["title"] == "vowel (2)"
    assert found["files"][0]["rows"]["formant"]["key_semitones"] == 12
    assert found["groups"][0]["rows"][2]["values"]["f0_median_absolute_cents"] < 20
    for wrong in (["--controls", "6"], ["--shift", "2"], ["--copy-synthesis", "world"]):
        assert run(["evaluate", str(manifest), "--resing", *wrong]) == 2
        assert "--resing" in capsys.readouterr().err
    assert run(["evaluate", str(manifest), "--resing", "--join", "90"]) == 2
    assert "joined" in capsys.readouterr().err
    assert run(["evaluate", str(manifest), "--join", "20"]) == 2
    assert "--join" in capsys.readouterr().err
    assert run(["evaluate", str(manifest), "--no-dynamics"]) == 2
    assert "--no-dynamics" in capsys.readouterr().err
