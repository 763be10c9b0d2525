from __future__ import annotations

import json
from pathlib import Path

import pytest

from svs_cli.corpus.importers.note_tokens import midi_of
from svs_cli.corpus.textgrid import Interval, write_textgrid
from svs_cli.errors import CorpusError
from tests.corpus.importers.corpora import by_stem, imported, reasons, sung, timed, write_audio, write_text
from tests.corpus.importers.test_text_formats import score

MONO = """0 2500000 pau
2500000 3500000 s
3500000 6000000 a
6000000 7000000 n
7000000 9000000 i
9000000 10000000 br
"""
CONTEXT = "p@x^{before}-{phone}+a=x_xx/A:1-1/E:{note}]0^11=2/4~{place}!1@60/F:G4#2#11"


def full_context(*lines: tuple[int, int, str, str]) -> str:
    rows = (f"{a} {b} {CONTEXT.format(before='x', phone=p, note=n, place=n)}" for a, b, p, n in lines)
    return "\n".join(rows)


def test_mono_labels_with_a_score(tmp_path: Path) -> None:
    write_audio(tmp_path / "wav" / "01.wav", 1.2)
    write_text(tmp_path / "mono_label" / "01.lab", MONO)
    write_text(tmp_path / "full_label" / "01.lab", "broken")
    write_text(tmp_path / "musicxml" / "01.musicxml", score(("C", "さ"), ("D", "に")))
    recording = by_stem(imported(tmp_path, "hts"))["01"]
    assert timed(recording) == [("SP", 0.25), ("s", 0.35), ("a", 0.6), ("ɲ", 0.7), ("i", 0.9), ("AP", 1.0), ("SP", 1.2)]
    assert sung(recording) == [(0.35, 0.7, 60.0), (0.7, 0.9, 62.0)]
    assert recording.score_nuclei_seconds == (0.0, 1.0)
    assert (recording.language, recording.group, recording.label_origin) == ("ja", "01", "hand")


def test_full_context_labels_name_their_notes(tmp_path: Path) -> None:
    write_audio(tmp_path / "song.wav", 1.0)
    lines = [(0, 2_000_000, "pau", "xx"), (2_000_000, 3_000_000, "k", "F4"), (3_000_000, 5_000_000, "a", "F4"),
             (5_000_000, 6_000_000, "k", "Ab4"), (6_000_000, 9_000_000, "a", "Ab4"),
             (9_000_000, 10_000_000, "sil", "xx")]  # fmt: skip
    write_text(tmp_path / "labels" / "label_phone_align__song.lab", full_context(*lines))
    recording = by_stem(imported(tmp_path, "hts"))["song"]
    assert [phone for phone, _ in timed(recording)] == ["SP", "k", "a", "k", "a", "SP"]
    assert sung(recording) == [(0.3, 0.6, 65.0), (0.6, 0.9, 68.0)]
    assert recording.score_nuclei_seconds == ()  # these labels do not say how long notes are


def test_full_context_labels_know_the_scores_clock(tmp_path: Path) -> None:
    write_audio(tmp_path / "song.wav", 1.0)
    rows = [("pau", "xx", 50), ("k", "F4", 60), ("a", "F4", 60), ("N", "F4", 60), ("k", "Ab4", 25), ("a", "Ab4", 25)]
    lines = (
        f"{k}500000 {k + 1}500000 p@x^x-{phone}+a=x_xx%x^0/E:{note}]0^11=2/4~100!1@{length}#24/F:x"
        for k, (phone, note, length) in enumerate(rows)
    )
    write_text(tmp_path / "song.lab", "\n".join(lines))
    recording = by_stem(imported(tmp_path, "hts"))["song"]
    assert [p for p, _ in timed(recording)][:6] == ["SP", "k", "a", "ɴ", "k", "a"]
    assert recording.score_nuclei_seconds == (0.5, None, 1.1)


def test_hts_rejects_file_by_file(tmp_path: Path) -> None:
    for name in ("good", "strange", "short", "alone"):
        write_audio(tmp_path / f"{name}.wav", 0.5 if name == "short" else 1.0)
    write_text(tmp_path / "good.lab", MONO)
    write_text(tmp_path / "strange.lab", MONO.replace(" n\n", " ß\n"))
    write_text(tmp_path / "short.lab", MONO)
    write_text(tmp_path / "lost.lab", MONO)
    report = imported(tmp_path, "hts")
    assert list(by_stem(report)) == ["good"]
    assert reasons(report) == {
        "strange.wav": "'ß': not in the phone set romaji",
        "short.wav": "ɲ ends at 0.70 s, but the audio at 0.50 s",
        "lost.lab": "there is no audio 'lost.wav'",
        "alone.wav": "no label names it",
    }


def test_labels_without_audio_say_so(tmp_path: Path) -> None:
    write_text(tmp_path / "mono_label" / "01.lab", MONO)
    with pytest.raises(CorpusError, match="1 label files but no audio"):
        imported(tmp_path, "hts")


def test_textgrids(tmp_path: Path) -> None:
    words = [Interval(0.2, 0.8, "hello")]
    phones = [Interval(0.2, 0.3, "HH"), Interval(0.3, 0.4, "AH0"), Interval(0.4, 0.5, "L"), Interval(0.5, 0.8, "OW1")]
    for name, tiers in {
        "a": {"ann - words": words, "ann - phones": phones},
        "b": {"whatever": phones},
        "c": {"phones": [Interval(0.0, 1.0, "spn")]},
    }.items():
        write_audio(tmp_path / f"{name}.wav")
        write_textgrid(tmp_path / f"{name}.TextGrid", tiers, 1.0)
    report = imported(tmp_path, "textgrid")
    recording = by_stem(report)["a"]
    assert timed(recording) == [("SP", 0.2), ("h", 0.3), ("ə", 0.4), ("l", 0.5), ("o", 0.71), ("ʊ̯", 0.8), ("SP", 1.0)]
    assert (recording.text, recording.language) == ("hello", "en")
    assert by_stem(report)["b"].phones == recording.phones
    assert reasons(report) == {"c.wav": "'spn': not in the phone set arpabet"}


def test_diffsinger_table(tmp_path: Path) -> None:
    write_audio(tmp_path / "wavs" / "song_seg001.wav", 1.5)
    write_audio(tmp_path / "wavs" / "song_seg002.wav", 1.0)
    write_audio(tmp_path / "wavs" / "other_seg001.wav", 1.0)
    rows = ["name,ph_seq,ph_dur,ph_num,note_seq,note_dur",
            "song_seg001,SP j iang AP,0.2 0.1 0.9 0.3,2 1 1,rest D4+50 rest,0.3 0.9 0.3",
            "song_seg002,SP a,0.5,1 1,,", "other_seg001,a o,0.5 0.5,1 1,C4 D4,0.5"]  # fmt: skip
    write_text(tmp_path / "transcriptions.csv", "\n".join(rows))
    report = imported(tmp_path, "diffsinger", phone_set="pinyin")
    recording = by_stem(report)["song_seg001"]
    assert timed(recording) == [("SP", 0.2), ("tɕ", 0.3), ("j", 0.36), ("ɑ", 1.08), ("ŋ", 1.2), ("AP", 1.5)]
    assert sung(recording) == [(0.3, 1.2, 62.5)]
    assert (recording.language, recording.group) == ("zh", "song")
    assert reasons(report) == {
        "song_seg002": "2 phones but 1 durations",
        "other_seg001": "2 notes but 1 note durations",
    }


def test_diffsinger_documents_with_marked_languages(tmp_path: Path) -> None:
    write_audio(tmp_path / "a.wav", 2.0)
    write_audio(tmp_path / "b.wav", 1.0)
    segment = {"offset": 0, "text": "か", "ph_seq": "SP ja/k ja/a", "ph_dur": "0.2 0.1 0.7", "note_seq": "rest C4",
               "note_dur": "0.3 0.7"}  # fmt: skip
    second = {**segment, "offset": 1.0, "text": "love", "ph_seq": "en/l en/ah1 en/v", "ph_dur": "0.1 0.6 0.1"}
    write_text(tmp_path / "a.ds", json.dumps([segment, second]))
    write_text(tmp_path / "b.ds", "{not json")
    report = imported(tmp_path, "diffsinger")
    recording = by_stem(report)["a"]
    assert recording.phones == ("SP", "k", "a", "l", "ʌ", "v", "SP")
    assert recording.text == "か love" and sung(recording)[0] == (0.3, 1.0, 60.0)
    assert "not a .ds document" in reasons(report)["b.ds"]


def test_opencpop(tmp_path: Path) -> None:
    write_audio(tmp_path / "wavs" / "2001000001.wav", 2.0)
    write_audio(tmp_path / "wavs" / "2002000001.wav", 2.0)
    line = ("2001000001|你|SP n i i AP zh i|rest C4 C4 D#4/Eb4 rest E4 E4|0.2 0.6 0.6 0.4 0.2 0.6 0.6|"
            "0.2 0.1 0.5 0.4 0.2 0.1 0.5|0 0 0 1 0 0 0")  # fmt: skip
    other = line.replace("2001000001", "2002000001").replace("|0 0 0 1", "|0 0 1")
    write_text(tmp_path / "transcriptions.txt", f"{line}\n{other}\nbroken\n")
    report = imported(tmp_path, "opencpop")
    recording = by_stem(report)["2001000001"]
    assert timed(recording) == [("SP", 0.2), ("n", 0.3), ("i", 1.2), ("AP", 1.4), ("ʈʂ", 1.5), ("ɻ̩", 2.0)]
    assert sung(recording) == [(0.3, 0.8, 60.0), (0.8, 1.2, 63.0), (1.5, 2.0, 64.0)]
    assert (recording.text, recording.language, recording.speaker) == ("你", "zh", tmp_path.name)
    assert "not as many" in reasons(report)["2002000001"] and "1 fields" in reasons(report)["broken"]


def test_gtsinger_files(tmp_path: Path) -> None:
    folder = tmp_path / "English" / "EN-Alto-1" / "Breathy" / "la vie" / "Breathy_Group"
    write_audio(folder / "0000.wav")
    write_audio(tmp_path / "English" / "EN-Alto-1" / "Breathy" / "other" / "Breathy_Group" / "0000.wav")
    silence = {"word": "<SP>", "ph": ["<SP>"], "ph_start": [0.0], "ph_end": [0.2], "note": [0], "note_start": [0.0],
               "note_end": [0.2]}  # fmt: skip
    word = {"word": "low", "ph": ["L", "OW1"], "ph_start": ["0.2", "0.3"], "ph_end": ["0.3", "1.0"], "note": [60, 62],
            "note_start": [0.2, 0.6], "note_end": [0.6, 1.0]}  # fmt: skip
    write_text(folder / "0000.json", json.dumps([silence, word]))
    write_text(folder / "0001.json", json.dumps([{**word, "ph_end": [1.0]}]))
    write_text(folder / "0002.json", "[")
    report = imported(tmp_path, "gtsinger")
    (recording,) = report.recordings
    assert recording.audio == folder / "0000.wav"
    assert (recording.speaker, recording.style, recording.language) == ("EN-Alto-1", "breathy", "en")
    assert recording.group == "la vie" and recording.text == "low"
    assert [phone for phone, _ in timed(recording)] == ["SP", "l", "o", "ʊ̯"]
    assert sung(recording) == [(0.3, 0.6, 60.0), (0.6, 1.0, 62.0)]
    assert sorted(reasons(report)) == ["0001", "0002.json"]


def test_gtsinger_metadata(tmp_path: Path) -> None:
    write_audio(tmp_path / "Alto-1#song" / "0001.wav")
    row = {"item_name": "Alto-1#song#0001", "txt": "你", "phs": ["<SP>", "n", "i", "i"], "ph_dur": [0.2, 0.1, 0.4, 0.3],
           "notes": [0, 60, 60, 64], "is_slur": [0, 0, 0, 1]}  # fmt: skip
    write_text(tmp_path / "meta.json", json.dumps([row]))
    (recording,) = imported(tmp_path, "gtsinger", language="zh").recordings
    assert timed(recording) == [("SP", 0.2), ("n", 0.3), ("i", 1.0)]
    assert sung(recording) == [(0.3, 0.7, 60.0), (0.7, 1.0, 64.0)]
    assert recording.speaker == "Alto-1"


@pytest.mark.parametrize("format_name", ["hts", "textgrid", "diffsinger", "opencpop", "gtsinger", "utau", "ljspeech"])
def test_a_folder_of_another_kind(tmp_path: Path, format_name: str) -> None:
    write_audio(tmp_path / "a.wav")
    with pytest.raises(CorpusError) as caught:
        imported(tmp_path, format_name)
    assert caught.value.fix


def test_note_names() -> None:
    assert [midi_of(name) for name in ("A4", "Bb3", "60.5", "0", "rest")] == [69.0, 58.0, 60.5, None, None]
    with pytest.raises(CorpusError):
        midi_of("H9x")
