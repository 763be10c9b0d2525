"""Vocoders by their copies of made recordings, where the right figures are known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from svs_cli.corpus.manifest import Recording, write_manifest
from svs_cli.corpus.preparing.split import SplitConfig, assign_splits, group_of
from svs_cli.corpus.shards import Features, write_shard
from svs_cli.errors import DataError, UsageError, VoiceMissingError
from svs_cli.evaluation import copies
from svs_cli.evaluation.copies import Copied, CopyConfig, Figures, measure_copies
from svs_cli.evaluation.copies_report import MADE_VOWELS, as_json, as_text, groups_of
from svs_cli.evaluation.exact_tone import exact_tone
from svs_cli.evaluation.extract import F0Extractor
from svs_cli.evaluation.likeness import PitchErrors, likenesses, pitch_errors
from svs_cli.evaluation.made_vowels import HIGHEST_HZ, LOWEST_HZ, MadeVowel, made_vowel
from svs_cli.evaluation.made_vowels import MADE_VOWELS as VOWELS
from svs_cli.evaluation.reference import level_db
from svs_cli.evaluation.sources import Original, Source, made_sources, read_source, sources_of
from svs_cli.evaluation.world_copy import analysed
from svs_cli.units import GRID

RATE_HZ = GRID.sample_rate_hz
VOWEL = MadeVowel("a", 220.0)


def original() -> Original:
    return Original(*made_vowel(VOWEL))


def test_a_perfect_copy_is_at_no_distance() -> None:
    sound = original()
    (values,) = likenesses([sound.samples], sound)
    for name in ("mcd_db", "mcd_stft_db", "stft_convergence", "stft_log_magnitude", "level_difference_db"):
        assert values[name] == pytest.approx(0, abs=1e-6), name
    assert values["silence_db"] == -120
    assert pitch_errors(sound.f0_hz, sound.f0_hz).values() == {
        "voicing_error": 0, "f0_median_absolute_cents": 0, "f0_99th_absolute_cents": 0, "within_20_cents": 1
    }  # fmt: skip


def test_thirty_cents_sharp_is_thirty_cents() -> None:
    sound = original()
    sharp, _ = made_vowel(replace(VOWEL, f0_hz=VOWEL.f0_hz * 2 ** (30 / 1200)))
    values = pitch_errors(F0Extractor().f0_hz(sharp), sound.f0_hz).values()
    assert values["f0_median_absolute_cents"] == pytest.approx(30, abs=0.3)
    assert values["within_20_cents"] == pytest.approx(0, abs=0.05)


def test_noise_for_a_voice_is_wrong_everywhere() -> None:
    asked = np.full(100, 220, np.float32)
    noise = np.random.default_rng(3).normal(0, 0.1, 100 * GRID.hop_samples).astype(np.float32)
    values = pitch_errors(F0Extractor().f0_hz(noise), asked).values()
    assert values["voicing_error"] == pytest.approx(1, abs=0.02)
    assert pitch_errors(np.zeros(100, np.float32), asked).values()["voicing_error"] == 1
    assert pitch_errors(np.zeros(100, np.float32), asked).values()["within_20_cents"] is None


def test_pitch_is_judged_where_voices_sing() -> None:
    asked = np.array([60, 65, 220, 1100, 1200, 0], np.float32)
    errors = pitch_errors(asked * 2, asked)
    assert errors.error_cents.tolist() == pytest.approx([1200] * 3, abs=0.01)
    assert (pitch_errors(0 * asked, asked).wrong_voicing, errors.wrong_voicing, errors.frames) == (3, 0, 4)


def test_frames_of_all_files_count_alike() -> None:
    both = PitchErrors(np.zeros(1, np.float32), 1, 2) + PitchErrors(np.full(3, 100, np.float32), 0, 6)
    assert both.values() == {
        "voicing_error": 1 / 8, "f0_median_absolute_cents": 100, "f0_99th_absolute_cents": 100, "within_20_cents": 0.25
    }  # fmt: skip


def test_what_lies_above_the_band_of_the_recording_does_not_count() -> None:
    sound = original()
    times = np.arange(len(sound.samples)) / RATE_HZ
    hiss = (0.01 * np.sin(2 * np.pi * 11_000 * times)).astype(np.float32)
    (full,) = likenesses([sound.samples + hiss], sound)
    (narrow,) = likenesses([sound.samples + hiss], replace(sound, band_hz=7_000))
    assert full["mcd_db"] > 1
    for name in ("mcd_db", "mcd_stft_db"):
        assert narrow[name] < 0.2 * full[name]
    assert full["stft_log_magnitude"] > 1.5 * narrow["stft_log_magnitude"]


def test_level_dc_and_noise_in_silence_are_told() -> None:
    sound = original()
    (half, hum) = likenesses([sound.samples / 2, sound.samples + np.float32(0.01)], sound)
    assert half["level_difference_db"] == pytest.approx(-6.02, abs=0.01)
    assert half["dc_db"] < -60
    assert hum["dc_db"] == pytest.approx(-40, abs=0.1)
    assert hum["silence_db"] == pytest.approx(-40, abs=0.1)


def test_silence_has_no_distance() -> None:
    silent = Original(np.zeros(3000, np.float32), np.zeros(6, np.float32))
    (values,) = likenesses([silent.samples], silent)
    names = ("mcd_db", "mcd_stft_db", "stft_convergence", "level_difference_db")
    assert {values[name] for name in names} == {None}
    assert values["silence_db"] == -120


def test_the_extractor_hears_the_exact_tone() -> None:
    sound = original()
    tone = exact_tone(sound.f0_hz, level_db(sound.samples), len(sound.samples))
    values = pitch_errors(F0Extractor().f0_hz(tone), sound.f0_hz).values()
    assert values["f0_median_absolute_cents"] < 0.5
    assert values["within_20_cents"] > 0.99
    assert values["voicing_error"] < 0.05


@pytest.mark.parametrize("f0_hz", [LOWEST_HZ, 260.0, 1038.0])
def test_made_vowels_sing_what_they_say(f0_hz: float) -> None:
    samples, asked = made_vowel(MadeVowel("i", f0_hz))
    assert samples.std() == pytest.approx(0.1 * np.sqrt(0.7), rel=0.1)
    values = pitch_errors(F0Extractor().f0_hz(samples), asked).values()
    assert values["f0_median_absolute_cents"] < 1


def test_the_sweep_covers_the_range() -> None:
    tracks = [made_vowel(vowel)[1] for vowel in (VOWELS[0], VOWELS[-1])]
    assert tracks[0][tracks[0] > 0].min() == pytest.approx(LOWEST_HZ, rel=0.01)
    assert tracks[1].max() == pytest.approx(HIGHEST_HZ, rel=0.01)
    assert len({source.title for source in made_sources()}) == len(VOWELS)


def test_world_sings_an_octave_lower_when_asked() -> None:
    sound = original()
    low = analysed(sound.samples, sound.f0_hz, F0Extractor()).render(-12)
    assert len(low) == len(sound.samples)
    values = pitch_errors(F0Extractor().f0_hz(low), sound.f0_hz / 2).values()
    assert values["f0_median_absolute_cents"] < 5


@pytest.mark.parametrize("samples", [1, 300, 5000])
def test_short_and_silent_sounds_can_be_analysed(samples: int) -> None:
    silent = np.zeros(samples, np.float32)
    f0_hz = np.zeros(GRID.frames_of_samples(samples), np.float32)
    assert len(analysed(silent, f0_hz, F0Extractor()).render()) == samples


def write_recordings(folder: Path) -> list[str]:
    """Odd files: stereo at 48 kHz in 24 bits, ten samples, silence, noise, and one that is no audio."""
    vowel = original().samples
    soundfile.write(folder / "stereo.flac", np.stack([vowel, vowel], axis=1), 48_000, "PCM_24")
    soundfile.write(folder / "short.wav", vowel[8000:8010], RATE_HZ)
    soundfile.write(folder / "silent.wav", np.zeros(9000), RATE_HZ)
    soundfile.write(folder / "noise.wav", np.random.default_rng(1).normal(0, 0.05, 9000), RATE_HZ)
    (folder / "broken.wav").write_bytes(b"RIFF....")
    return [str(folder / f"{name}") for name in ("stereo.flac", "short.wav", "silent.wav", "noise.wav", "broken.wav")]


def test_odd_files_are_measured_or_named(tmp_path: Path) -> None:
    config = CopyConfig(("world",), shifts_semitones=(-12.0,))
    sources = sources_of(write_recordings(tmp_path))
    files = measure_copies(sources, config, jobs=1)
    assert [bool(file.error) for file in files] == [False, False, False, False, True]
    assert "broken.wav" in files[4].error
    values = {file.source.title: file.rows["world"].all_values() for file in files[:4]}
    assert min(values["stereo"][f"within_20_cents{which}"] for which in ("", "_of_exact")) > 0.95
    assert "within_20_cents_of_exact" not in files[0].rows["exact"].all_values()
    assert values["silent"]["mcd_db"] is None
    assert values["noise"]["f0_median_absolute_cents"] is None
    assert values["noise"]["mcd_db"] < 5
    assert as_json(files, (), config)["failed"][0]["title"] == "broken"
    (again,) = measure_copies(sources[:1], config, jobs=1)
    assert again.rows["world"].all_values() == values["stereo"]
    with pytest.raises(DataError, match=r"broken\.wav"):
        measure_copies(sources[4:], config)


def test_mistakes_are_told_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(VoiceMissingError, match="no vocoder model 'nowhere'"):
        measure_copies(made_sources(), CopyConfig(("nowhere",)))
    for wrong in (0.0, 36.0):
        with pytest.raises(UsageError, match="shift"):
            CopyConfig(("world",), shifts_semitones=(wrong,))
    (sound,) = write_recordings(tmp_path)[:1]
    with pytest.raises(UsageError, match="no split"):
        sources_of([sound], "held-out")
    with pytest.raises(UsageError, match="no recording"):
        sources_of([sound], "test")


def test_held_out_recordings_of_a_manifest_and_of_a_shard(tmp_path: Path) -> None:
    recordings = [Recording(tmp_path / f"take{n}.wav", ("ann", "bob")[n % 2], style="speech") for n in range(200)]
    write_manifest(recordings, tmp_path / "all.jsonl")
    splits = assign_splits(recordings, SplitConfig())
    expected = [one.audio for one in recordings if splits[group_of(one)] == "test"]
    found = sources_of([str(tmp_path / "all.jsonl")], "test")
    assert expected and [source.path for source in found] == expected
    assert found[0].labels["kind"] == "speech"
    limited = sources_of([str(tmp_path / "all.jsonl")], limit=3)
    assert [source.labels["speaker"] for source in limited] == ["ann", "bob"] * 3

    sound = original()
    numbers = np.round(sound.samples * 32767).astype(np.int16)
    mel = np.zeros((len(sound.f0_hz), 128), np.float16)
    infos = [{"path": f"{split}/a.wav", "speaker": "ann", "style": "core", "split": split, "band_hz": 7000.0}
             for split in ("train", "test")]  # fmt: skip
    write_shard(tmp_path / "ann.safetensors", [Features(numbers, mel, sound.f0_hz, info) for info in infos])
    (held_out,) = sources_of([str(tmp_path / "ann.safetensors")], "test")
    assert (held_out.index, held_out.labels["kind"]) == (1, "sung")
    read = read_source(held_out, F0Extractor())
    np.testing.assert_allclose(read.samples, sound.samples, atol=1e-4)
    assert read.band_hz == 7000 and (read.f0_hz == sound.f0_hz).all()


def table_of_three() -> list[Copied]:
    def file(title: str, speaker: str, lost: float, kind: str = "sung") -> Copied:
        rows = {
            "recording": Figures({"naturalness_mos": 4.0}),
            "world": Figures(
                {"naturalness_mos": 4.0 + lost, "naturalness_difference_mos": lost, "mcd_db": 2.0},
                PitchErrors(np.array([1, 30], np.float32), 1, 10), PitchErrors(np.zeros(9, np.float32), 0, 9),
            ),
        }
        return Copied(Source(title, None, None, {"speaker": speaker, "kind": kind}), rows, {}, 60.0, 16_000.0)

    return [file("one", "ann", -0.1), file("two", "bob", -0.3), file("vowel", "", 0.0, "made")]


def test_tables_are_grouped_and_name_the_worst() -> None:
    config = CopyConfig((), world=True)
    groups = groups_of(table_of_three(), ("speaker",))
    assert [(group.name, len(group.files)) for group in groups] == [
        ("all recordings", 2), ("speaker ann", 1), ("speaker bob", 1), (MADE_VOWELS, 1)
    ]  # fmt: skip
    assert groups[0].worst("world") == ("two", -0.3)
    values = groups[0].values("world")
    assert values["naturalness_difference_mos"] == pytest.approx(-0.2)
    assert values["within_20_cents"] == 0.5 and values["voicing_error"] == 0.1
    text = as_text(table_of_three(), ("speaker",), config)
    assert "recordings: 2, 2.0 minutes" in text
    line = next(line for line in text.splitlines() if line.startswith("  world"))
    assert line.split() == ["world", "3.80", "-0.20", "2.00", "10.0", "15.5", "30.0", "50.00", "100.00", "-0.30", "two"]


def test_narrow_recordings_are_told() -> None:
    files = [replace(file, band_hz=7250.0) for file in table_of_three()]
    assert "2 recordings hold nothing above 7.2 to 7.2 kHz" in as_text(files, (), CopyConfig(()))


def test_the_judge_hears_recording_and_copies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(copies, "mos", lambda samples: float(len(samples) > 0) + 100 * float(np.abs(samples).max() > 9))
    monkeypatch.setattr(CopyConfig, "check", lambda self: None)
    sources = sources_of(write_recordings(tmp_path)[:1])
    (file,) = measure_copies(sources, CopyConfig((), naturalness=True, keep_folder=tmp_path))
    assert file.rows["recording"].values == {"naturalness_mos": 1.0}
    assert file.rows["world"].values["naturalness_difference_mos"] == 0
    assert soundfile.info(tmp_path / "stereo.world.wav").frames == len(read_source(sources[0], F0Extractor()).samples)


@pytest.mark.slow
def test_figures_do_not_depend_on_the_number_of_processes() -> None:
    config = CopyConfig(("world",), shifts_semitones=(5.0,))
    one, two = (as_json(measure_copies(made_sources()[:4], config, jobs), (), config) for jobs in (1, 2))
    assert one == two
    assert [file["title"] for file in two["files"]] == [source.title for source in made_sources()[:4]]
