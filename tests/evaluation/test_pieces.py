"""The small parts: extractors, intervals, pairs, judges, reports."""

from __future__ import annotations

import json
import sys
import types
from pathlib import Path

import numpy as np
import pytest
import soundfile

from svs_cli.errors import DataError, ExtraMissingError, MissingError, UsageError
from svs_cli.evaluation.bootstrap import summary
from svs_cli.evaluation.evaluate import Evaluation, Row, SongFigures, evaluate, unique_titles
from svs_cli.evaluation.extract import F0Extractor, read_audio
from svs_cli.evaluation.judges import Bench, character_error_rate, distillmos, edits
from svs_cli.evaluation.measure import Measures
from svs_cli.evaluation.metrics import METRICS, metric
from svs_cli.evaluation.pairs import Pair, pairs_of
from svs_cli.evaluation.pitch import f0_metrics
from svs_cli.evaluation.report import as_html, as_json, as_text


def test_the_range_covers_a_bass_and_a_soprano() -> None:
    assert str(F0Extractor()) == "praat in two passes, 50-1400 Hz"
    assert str(F0Extractor("harvest", 80, 500)) == "harvest, 80-500 Hz"
    for wrong in (("swipe", 50, 1400), ("praat", 500, 100), ("praat", 1, 100)):
        with pytest.raises(UsageError):
            F0Extractor(*wrong)  # type: ignore[arg-type]


def test_audio_of_any_rate_becomes_mono(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "stereo.flac", np.stack([np.ones(4800), np.zeros(4800)], axis=1) * 0.5, 48_000)
    samples = read_audio(tmp_path / "stereo.flac")
    assert len(samples) == 4410
    assert samples[2000] == pytest.approx(0.25, abs=1e-3)
    (tmp_path / "text.wav").write_text("no sound")
    for name in ("text.wav", "missing.wav"):
        with pytest.raises(DataError, match=name):
            read_audio(tmp_path / name)


def test_frames_of_known_errors() -> None:
    asked = np.array([200, 200, 200, 200, 0, 0, 200, 200], np.float32)
    heard = np.array([200, 203, 150, 0, 200, 0, 200, 200], np.float32)
    values = f0_metrics(asked, heard)
    assert values["voicing_recall"] == pytest.approx(5 / 6)
    assert values["voicing_false_alarm"] == pytest.approx(1 / 2)
    assert values["gross_pitch_error"] == pytest.approx(1 / 5)
    assert values["f0_frame_error"] == pytest.approx(3 / 8)
    assert values["within_50_cents"] == pytest.approx(4 / 5)
    assert values["f0_median_absolute_cents"] == 0
    assert values["raw_pitch_accuracy"] == pytest.approx(4 / 6)  # frame 3 takes the pitch of frame 2


def test_intervals_are_over_songs() -> None:
    alone, several = summary([0.4]), summary([0.0, 1.0, None, 0.5, 0.25])
    assert alone is not None
    assert several is not None
    assert (alone.mean, alone.low, alone.high, alone.songs) == (0.4, None, None, 1)
    assert (several.mean, several.songs) == (0.4375, 4)
    assert several.low is not None
    assert several.high is not None
    assert 0 <= several.low < 0.4375 < several.high <= 1
    assert summary([0.0, 1.0, 0.5, 0.25]) == several
    same = summary([0.3] * 5)
    assert same is not None
    assert same.low == same.high == pytest.approx(0.3)
    assert summary([None]) is None


def test_the_interval_holds_the_true_mean_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    held = [s.low <= 0 <= s.high for _ in range(60) if (s := summary(list(rng.normal(0, 1, 30)))) and s.low and s.high]
    assert 0.8 <= np.mean(held) <= 1


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("x")


def test_files_become_pairs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    touch(tmp_path, "a.wav", "b.flac", "a.ds", "c.musicxml")
    touch(tmp_path, "docs/a.pitch.ds", "docs/b.mid", "refs/a.ogg", "refs/b.wav")
    assert pairs_of(["a.wav"]) == [Pair(Path("a.wav"), Path("a.ds"))]
    assert pairs_of(["b.flac"]) == [Pair(Path("b.flac"), None)]
    assert pairs_of(["c.musicxml"]) == [Pair(None, Path("c.musicxml"))]
    assert pairs_of(["a.wav", "b.flac"], Path("docs"), Path("refs")) == [
        Pair(Path("a.wav"), Path("docs/a.pitch.ds"), Path("refs/a.ogg")),
        Pair(Path("b.flac"), Path("docs/b.mid"), Path("refs/b.wav")),
    ]
    assert [pair.audio for pair in pairs_of(["*.wav"])] == [Path("a.wav")]
    for inputs, document, reference in (
        (["c.musicxml"], Path("a.ds"), None), (["a.wav", "b.flac"], Path("a.ds"), None), ([], None, None),
        (["a.wav"], Path("refs"), None), (["a.wav"], None, Path("docs")), (["docs"], None, None),
    ):  # fmt: skip
        with pytest.raises(UsageError):
            pairs_of(inputs, document, reference)
    for inputs, document in ((["z.wav"], None), (["z*.wav"], None), (["a.wav"], Path("z.ds"))):
        with pytest.raises(DataError):
            pairs_of(inputs, document)


def test_manifests(tmp_path: Path) -> None:
    touch(tmp_path, "a.wav", "a.ds", "r.wav")
    (tmp_path / "pairs.csv").write_text("audio,ds,reference\na.wav,a.ds,\n,a.ds,r.wav\n")
    (tmp_path / "pairs.jsonl").write_text('{"audio": "a.wav", "ds": "a.ds"}\n\n{"ds": "a.ds", "reference": "r.wav"}\n')
    expected = [Pair(tmp_path / "a.wav", tmp_path / "a.ds"), Pair(None, tmp_path / "a.ds", tmp_path / "r.wav")]
    assert pairs_of([str(tmp_path / "pairs.csv")]) == pairs_of([str(tmp_path / "pairs.jsonl")]) == expected
    for number, (suffix, text, message) in enumerate((
        ("csv", "audio,dss\na.wav,a.ds\n", "no column 'dss'"),
        ("csv", "audio,ds\nb.wav,a.ds\n", "line 2: there is no file"),
        ("csv", "reference\nr.wav\n", "neither audio nor ds"), ("jsonl", "[1]\n", "is no object"),
        ("jsonl", "{\n", "cannot be read"), ("csv", "audio\na.wav,b,c\n", "no column 'extra'"),
    )):  # fmt: skip
        path = tmp_path / f"bad{number}.{suffix}"
        path.write_text(text)
        with pytest.raises(DataError, match=message):
            pairs_of([str(path)])


def test_titles_differ() -> None:
    pairs = [Pair(Path(name), None) for name in ("x/a.wav", "y/a.wav", "b.wav", "z/a.flac")]
    assert unique_titles(pairs) == ["a", "a (2)", "b", "a (3)"]


def test_nothing_to_compare_with_is_refused_before_any_work() -> None:
    with pytest.raises(UsageError, match="nothing to compare"):
        evaluate([Pair(Path("a.wav"), None)])


def test_characters_are_counted_without_case_and_punctuation() -> None:
    assert character_error_rate("Stille Nacht,", "stille nacht") == 0
    assert character_error_rate("abcd", "abxd!") == 0.25
    assert character_error_rate("", "abc") is None
    assert edits("", "abc") == edits("abc", "") == 3


def test_judges_that_are_not_there_say_how_to_get_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for package in ("distillmos", "faster_whisper", "resemblyzer"):
        monkeypatch.setitem(sys.modules, package, None)
    distillmos.cache_clear()
    for bench in (Bench(("naturalness",)), Bench(("words",), tmp_path), Bench(("speaker",))):
        with pytest.raises(ExtraMissingError) as raised:
            bench.check()
        assert raised.value.fix == "pip install 'svs-cli[judges]'"
        assert raised.value.exit_code == 4
    with pytest.raises(UsageError, match="needs a Whisper model"):
        Bench(("words",))
    with pytest.raises(UsageError, match="no judge 'me'"):
        Bench(("me",))  # type: ignore[arg-type]


def stand_in(name: str, **members: object) -> types.ModuleType:
    module = types.ModuleType(name)
    module.__dict__.update(members)
    return module


def test_judges_are_asked_in_their_own_terms(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import torch

    heard: dict[str, object] = {}

    class Model(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            sys.stdout.write("weights loaded\n")

        def forward(self, batch):  # type: ignore[no-untyped-def]
            heard["mos"] = (tuple(batch.shape), float(batch.abs().max()))
            return batch.new_tensor([[3.5]])

    class Whisper:
        def __init__(self, folder: str, **options: str) -> None:
            heard["folder"] = folder

        def transcribe(self, samples, language, temperature, no_repeat_ngram_size=0, **rules):  # type: ignore[no-untyped-def]
            heard["language"], heard["chance"], heard["seconds"] = language, temperature, len(samples) / 16_000
            if no_repeat_ngram_size:
                return iter([stand_in("piece", text=" Stille Macht", compression_ratio=1.0)]), None
            return iter([stand_in("piece", text=" Stil" * 40, compression_ratio=20.0)]), None

    class Encoder:
        def __init__(self, device: str, verbose: bool) -> None: ...

        def embed_utterance(self, samples):  # type: ignore[no-untyped-def]
            return np.array([1.0, float(samples[:10].any())])

    monkeypatch.setitem(sys.modules, "distillmos", stand_in("distillmos", ConvTransformerSQAModel=Model))
    monkeypatch.setitem(sys.modules, "faster_whisper", stand_in("faster_whisper", WhisperModel=Whisper))
    speaker = stand_in("resemblyzer", VoiceEncoder=Encoder, preprocess_wav=lambda samples, rate_hz: samples)
    monkeypatch.setitem(sys.modules, "resemblyzer", speaker)
    distillmos.cache_clear()
    sound = (0.1 * np.sin(np.arange(88_200) / 20)).astype(np.float32)
    late = np.concatenate([np.zeros(44_100, np.float32), sound])
    with pytest.raises(MissingError, match="holds no Whisper model"):
        Bench(("words",), tmp_path).check()
    (tmp_path / "model.bin").write_bytes(b"")
    bench = Bench(("naturalness", "words", "speaker"), tmp_path, late)
    bench.check()
    values = bench.metrics(sound, ("Stil", "le ", "Nacht"), "de", None)
    distillmos.cache_clear()
    assert capsys.readouterr().out == ""
    assert values["naturalness_mos"] == 3.5
    assert heard["mos"] == ((1, 32_000), pytest.approx(0.7, abs=1e-3))
    assert (heard["language"], heard["folder"], heard["chance"]) == ("de", str(tmp_path), 0.0)
    assert values["character_error_rate"] == pytest.approx(1 / 11)
    assert values["speaker_similarity"] == pytest.approx(1 / np.sqrt(2))
    assert Bench(("speaker",)).metrics(sound, (), "", None) == {"speaker_similarity": None}
    Bench(("naturalness", "words"), tmp_path).metrics(np.tile(sound, 35), ("Stille",), "de", None)
    assert heard["mos"][0] == (1, 60 * 16_000) and heard["seconds"] == 70  # every word counts, so all is heard
    distillmos.cache_clear()


def two_songs() -> Evaluation:
    songs = [
        SongFigures(title, Measures({"note_accuracy": accuracy, "onset_mean_ms": None}))
        for title, accuracy in (("<one>", 0.5), ("two", 1.0))
    ]
    rows = (Row("kumi", "a model", tuple(songs)), Row("rule", "the floor", (songs[1],)))
    return Evaluation(rows, "praat, 50-1400 Hz", "f0_seq", ("careful",))


def test_the_table_has_what_was_measured_and_how() -> None:
    text = as_text(two_songs())
    assert "songs: 2; means with 95 % bootstrap intervals" in text
    assert "heard F0: praat, 50-1400 Hz" in text
    assert "rule: the floor" in text
    (line,) = [line for line in text.splitlines() if "notes in tune" in line]
    assert line.split() == ["notes", "in", "tune", "(%)", "75.0", "[50.0,", "100.0]", "100.0"]
    assert "onset" not in text


def test_json_and_html_hold_the_same_figures() -> None:
    plain = json.loads(json.dumps(as_json(two_songs()), allow_nan=False))
    assert plain["rows"][0]["summary"]["note_accuracy"] == {"mean": 0.75, "low": 0.5, "high": 1.0, "songs": 2}
    assert plain["rows"][1]["summary"]["note_accuracy"]["low"] is None
    assert plain["metrics"]["note_accuracy"]["convention"].startswith("share of notes")
    page = as_html(two_songs())
    assert "<one>" not in page
    assert "&lt;one&gt;" in page
    assert "75.0 <small>[50.0, 100.0]</small>" in page
    assert "http" not in page and "<script" not in page
    assert "careful" in page


def test_metrics_are_told_apart_and_explained() -> None:
    assert len({one.name for one in METRICS}) == len({one.label for one in METRICS}) == len(METRICS)
    assert all(len(one.convention) > 10 for one in METRICS)
    assert "DTW" in metric("mcd_dtw_db").label
    assert "no time warping" in metric("mcd_db").label
    assert metric("onset_mean_ms").shown(-0.01) == "0.0"
