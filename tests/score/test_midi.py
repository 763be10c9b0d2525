"""MIDI and karaoke: words, melismas, lines, bars, tempo, chords, and damaged files."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import mido
import pytest

from svs_cli.errors import ScoreError
from svs_cli.score.midi import read_midi
from tests.score.builders import TICKS, meter, midi_track, save_midi, scale, sung, tempo


def test_lyric_events_with_hyphens_and_spaces_make_words(tmp_path: Path) -> None:
    track = midi_track(*scale(["A-", "maz-", "ing ", "grace"]), name="Voice")
    score = read_midi(save_midi(tmp_path / "a.mid", track))
    assert sung(score.parts[0]) == "A-maz-ing grace"
    assert [note.midi for note in score.parts[0].notes] == [60, 61, 62, 63]
    assert score.warnings == ()


def test_karaoke_text_breaks_lines_and_skips_headers(tmp_path: Path) -> None:
    notes, _ = scale(["x"] * 7)
    texts = [(0, "@KMIDI KARAOKE FILE"), (0, "@LENGL"), (0, "@TMy Song"), (0, "@TSomeone")]
    texts += [(i * TICKS, t) for i, t in enumerate(["\\Twin", "kle", " lit", "tle", "/star", " so", " far"])]
    words = midi_track(texts=texts, kind="text", name="Words")
    score = read_midi(save_midi(tmp_path / "a.kar", midi_track(notes, name="Melody"), words))
    assert sung(score.parts[0]) == "Twin-kle lit-tle star so far"
    assert (score.title, score.parts[0].language, score.parts[0].name) == ("My Song", "en", "Melody")


def test_text_remarks_are_not_sung(tmp_path: Path) -> None:
    notes, _ = scale(["x", "x"])
    track = midi_track(notes, [(0, "Grand piano"), (0, "made with love")], kind="text")
    score = read_midi(save_midi(tmp_path / "a.mid", track))
    assert sung(score.parts[0]) == "la la"
    assert "no lyrics" in score.warnings[0]


def test_words_go_to_the_line_whose_onsets_fit(tmp_path: Path) -> None:
    piano = midi_track([(i * 240, 200, 50) for i in range(16)], name="Piano")
    voice = midi_track([(i * 960 + 120, 400, 70 + i) for i in range(4)], name="Strings", channel=5)
    texts = [(i * 960 + 120, text) for i, text in enumerate(["/one", " two", " three", " four"])]
    words = midi_track(texts=[(0, "@KMIDI"), *texts], kind="text", name="Words")
    score = read_midi(save_midi(tmp_path / "a.kar", piano, voice, words))
    assert [part.name for part in score.parts] == ["Strings"]
    assert sung(score.parts[0]) == "one two three four"


def test_type_0_channels_are_lines(tmp_path: Path) -> None:
    track = midi_track(*scale(["so", "la"]), channel=3)
    low = midi_track([(0, 4 * TICKS, 40)], channel=1)
    merged = mido.merge_tracks([track, low, midi_track([(0, 100, 36)], channel=9)])
    score = read_midi(save_midi(tmp_path / "a.mid", merged, type=0))
    assert len(score.parts) == 1
    assert [note.midi for note in score.parts[0].notes] == [60, 61]


@pytest.mark.parametrize("mark", ["-", "+", "_", "~", "ー"])
def test_a_mark_alone_prolongs(tmp_path: Path, mark: str) -> None:
    score = read_midi(save_midi(tmp_path / "a.mid", midi_track(*scale(["la", mark, "lo"]))))
    assert [note.continues for note in score.parts[0].notes] == [False, True, False]
    assert score.parts[0].notes[1].lyric is None


def test_a_note_without_lyric_continues_unless_after_a_rest(tmp_path: Path) -> None:
    notes = [(0, 480, 60), (480, 480, 62), (1920, 480, 64), (2400, 480, 65)]
    score = read_midi(save_midi(tmp_path / "a.mid", midi_track(notes, [(0, "ah"), (2400, "oh")])))
    assert [note.lyric.text if note.lyric else None for note in score.parts[0].notes] == ["ah", None, "la", "oh"]
    assert "bars 2" in score.warnings[0]


def test_two_syllables_on_a_note_are_elided(tmp_path: Path) -> None:
    track = midi_track([(0, 480, 60), (480, 480, 62)], [(0, "ti "), (0, "a "), (480, "mo ")])
    first = read_midi(save_midi(tmp_path / "a.mid", track)).parts[0].notes[0]
    assert first.lyric is not None
    assert (first.lyric.text, first.lyric.elided) == ("ti", ("a",))


def test_bars_and_beats_follow_signature_changes(tmp_path: Path) -> None:
    conductor = midi_track(meta=[meter(0, 3, 4), meter(3 * TICKS, 6, 8), tempo(0, 60), tempo(3 * TICKS, 120)])
    track = midi_track([(0, 960, 60), (2 * TICKS, 480, 61), (4 * TICKS, 480, 62), (6 * TICKS, 480, 63)], [(0, "a")])
    score = read_midi(save_midi(tmp_path / "a.mid", conductor, track))
    assert [(n.bar, n.beat) for n in score.parts[0].notes] == [("1", 1.0), ("1", 3.0), ("2", 3.0), ("3", 1.0)]
    assert score.duration_seconds == pytest.approx(3 + 4 * 0.5)


def test_positions_are_exact_fractions(tmp_path: Path) -> None:
    track = midi_track([(0, 32, 60), (32, 32, 62), (64, 32, 64)], [(0, "a"), (32, "b"), (64, "c")])
    notes = read_midi(save_midi(tmp_path / "a.mid", track, division=96)).parts[0].notes
    assert [note.onset_quarters for note in notes] == [0, Fraction(1, 3), Fraction(2, 3)]


@pytest.mark.parametrize(("choice", "expected"), [("top", 67), ("bottom", 60), (2, 64), (9, 60)])
def test_chords_reduce_by_choice(tmp_path: Path, choice: str | int, expected: int) -> None:
    track = midi_track([(0, 480, 60), (3, 480, 64), (0, 480, 67)], [(0, "ah")])
    score = read_midi(save_midi(tmp_path / "a.mid", track), chord=choice)  # type: ignore[arg-type]
    assert [(n.midi, n.lyric.text if n.lyric else "") for n in score.parts[0].notes] == [(expected, "ah")]
    assert "1 chords" in score.warnings[0]


def test_legato_overlap_is_trimmed_and_polyphony_refused(tmp_path: Path) -> None:
    legato = midi_track([(0, 500, 60), (480, 480, 62)], [(0, "a"), (480, "b")])
    first = read_midi(save_midi(tmp_path / "a.mid", legato)).parts[0].notes[0]
    assert first.duration_quarters == 1
    polyphonic = midi_track([(0, 960, 60), (480, 480, 62)], [(0, "a"), (480, "b")], name="Duo")
    with pytest.raises(ScoreError, match=r"part 'Duo', bar 1: two notes sound together"):
        read_midi(save_midi(tmp_path / "b.mid", polyphonic))


def test_gate_time_is_no_rest_but_a_rest_is(tmp_path: Path) -> None:
    track = midi_track([(0, 455, 60), (480, 455, 62), (1440, 455, 64)], [(0, "a"), (480, "b"), (1440, "c")])
    notes = read_midi(save_midi(tmp_path / "a.mid", track)).parts[0].notes
    assert notes[0].end_quarters == notes[1].onset_quarters
    assert notes[1].end_quarters < 2


def test_a_polyphonic_accompaniment_is_left_out_when_nothing_has_words(tmp_path: Path) -> None:
    piano = midi_track([(0, 960, 60), (480, 960, 62)], name="Piano")
    score = read_midi(save_midi(tmp_path / "a.mid", piano, midi_track([(0, 480, 60)], name="Tune")))
    assert [part.name for part in score.parts] == ["Tune"]
    assert any("left out" in warning and "Piano" in warning for warning in score.warnings)


@pytest.mark.parametrize(
    ("text", "charset"),
    [
        ("さくら", "utf-8"),
        ("さくら", "cp932"),
        ("さくら", "euc_jp"),
        ("Noël", "cp1252"),
        ("明山涌水", "gbk"),
        ("빛날", "euc_kr"),
    ],
)
def test_encodings_are_guessed(tmp_path: Path, text: str, charset: str) -> None:
    track = midi_track(*scale([text]))
    assert sung(read_midi(save_midi(tmp_path / "a.mid", track, charset=charset)).parts[0]) == text


def test_out_of_range_note_names_part_and_bar(tmp_path: Path) -> None:
    track = midi_track([(0, 480, 60), (4 * TICKS, 480, 100)], [(0, "a"), (4 * TICKS, "b")], name="Sop")
    with pytest.raises(ScoreError, match=r"part 'Sop', bar 2: MIDI note 100 is outside"):
        read_midi(save_midi(tmp_path / "a.mid", track))


def test_zero_length_notes_are_dropped_with_a_warning(tmp_path: Path) -> None:
    track = midi_track([(0, 0, 60), (480, 480, 62)], [(480, "a")])
    score = read_midi(save_midi(tmp_path / "a.mid", track))
    assert len(score.parts[0].notes) == 1
    assert "1 notes of no length" in score.warnings[0]


def test_smpte_time_keeps_seconds(tmp_path: Path) -> None:
    path = save_midi(tmp_path / "a.mid", midi_track([(0, 1000, 60), (1000, 1000, 62)], [(0, "a"), (1000, "b")]))
    data = bytearray(path.read_bytes())
    data[12:14] = bytes([256 - 25, 40])  # 25 frames of 40 ticks: 1000 ticks a second
    path.write_bytes(bytes(data))
    score = read_midi(path)
    assert score.duration_seconds == pytest.approx(2.0)


def test_type_2_reads_one_piece_and_says_so(tmp_path: Path) -> None:
    first, second = midi_track([(0, 480, 60)]), midi_track(*scale(["do", "re"]))
    score = read_midi(save_midi(tmp_path / "a.mid", first, second, type=2))
    assert sung(score.parts[0]) == "do re"
    assert "independent" in score.warnings[0]


def test_running_status_and_riff_wrapper(tmp_path: Path) -> None:
    events = bytes.fromhex("00 903C50 8360 3C00 00 3E50 8360 3E00 00 FF2F00")
    plain = b"MThd" + bytes.fromhex("00000006 0000 0001 01E0") + b"MTrk" + len(events).to_bytes(4, "big") + events
    path = tmp_path / "a.mid"
    path.write_bytes(b"RIFF" + (len(plain) + 12).to_bytes(4, "little") + b"RMIDdata" + b"\0\0\0\0" + plain)
    assert [note.midi for note in read_midi(path).parts[0].notes] == [60, 62]


@pytest.mark.parametrize("keep", [0.15, 0.3, 0.5, 0.8, 0.98])
def test_a_file_cut_off_is_said_to_be(tmp_path: Path, keep: float) -> None:
    data = save_midi(tmp_path / "a.mid", midi_track(*scale(["a"] * 20)), midi_track(*scale(["b"] * 20))).read_bytes()
    cut = tmp_path / "cut.mid"
    cut.write_bytes(data[: int(len(data) * keep)])
    with pytest.raises(ScoreError, match="ends"):
        read_midi(cut)


def test_drums_alone_are_no_song(tmp_path: Path) -> None:
    with pytest.raises(ScoreError, match="no notes"):
        read_midi(save_midi(tmp_path / "a.mid", midi_track([(0, 10, 40)], channel=9)))
