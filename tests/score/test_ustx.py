"""OpenUtau projects: parts, tempos, "+" notes, tuning, and hostile or damaged YAML."""

from __future__ import annotations

from pathlib import Path

import pytest

from svs_cli.errors import ScoreError
from svs_cli.score.ustx import read_ustx
from tests.score.builders import sung, ustx_text


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "a.ustx"
    path.write_text(text, encoding="utf-8-sig")
    return path


def test_offsets_bars_and_tempo(tmp_path: Path) -> None:
    text = ustx_text([(0, 480, 60, "a"), (480, 960, 62, "b")], position=1440)
    score = read_ustx(write(tmp_path, text))
    assert [(n.onset_quarters, n.bar, n.beat) for n in score.parts[0].notes] == [(3, "2", 1.0), (4, "2", 2.0)]
    assert (score.title, score.parts[0].name, score.end_quarters) == ("Song", "Singer", 7)
    assert score.duration_seconds == pytest.approx(7 * 60 / 90)


def test_tempo_changes_and_legacy_keys(tmp_path: Path) -> None:
    notes = [(0, 480, 60, "a"), (480, 1440, 60, "a")]
    changed = ustx_text(notes, head="tempos:\n- {position: 0, bpm: 60}\n- {position: 480, bpm: 120}")
    assert read_ustx(write(tmp_path, changed)).duration_seconds == pytest.approx(2.5)
    legacy = ustx_text(notes, head="bpm: 60\nbeat_per_bar: 2\nbeat_unit: 4")
    score = read_ustx(write(tmp_path, legacy))
    assert score.duration_seconds == pytest.approx(4)
    assert score.tempo.quarters_per_minute_at(score.end_quarters) == 60


def test_plus_sings_the_next_syllable_and_tilde_prolongs(tmp_path: Path) -> None:
    lyrics = ["hello[hh ax l ow]", "+", "+~", "la", "-", "love", "+", "さ", "+"]
    notes = [(i * 480, 480, 60 + i, lyric) for i, lyric in enumerate(lyrics)]
    part = read_ustx(write(tmp_path, ustx_text(notes))).parts[0]
    assert sung(part) == "hel-lo~ la~ lo-ve さ~"


def test_voice_parts_of_a_track_join(tmp_path: Path) -> None:
    more = """- track_no: 0
  position: 960
  notes: [{position: 0, duration: 480, tone: 64, lyric: c}]
- track_no: 1
  position: 0
  notes: [{position: 0, duration: 480, tone: 50, lyric: d, tuning: 50}]"""
    score = read_ustx(write(tmp_path, ustx_text([(0, 480, 60, "a"), (480, 480, 62, "b")], more_parts=more)))
    assert [(part.name, sung(part)) for part in score.parts] == [("Singer", "a b c"), ("Choir", "d")]
    assert score.parts[1].notes[0].midi == 50.5


def test_lyrics_stay_text(tmp_path: Path) -> None:
    lyrics = ["no", "on", "yes", "1", "null", "!!python/name:os.system x"]
    text = ustx_text([(i * 480, 480, 60, "LYRIC") for i in range(len(lyrics))])
    for lyric in lyrics:
        text = text.replace("'LYRIC'", lyric, 1)
    assert sung(read_ustx(write(tmp_path, text)).parts[0]) == "no on yes 1 null x"


def test_overlap_names_the_bar(tmp_path: Path) -> None:
    text = ustx_text([(1440, 960, 60, "a"), (1920, 480, 62, "b")])
    with pytest.raises(ScoreError, match=r"part 'Singer', bar 2: two notes sound together"):
        read_ustx(write(tmp_path, text))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [("duration: 480", "duration: -480", "bar 1.*duration is '-480'"), ("duration: 480", "duration: .nan", "duration"),
     ("tone: 60", "tone: 6000", "tone"), ("tone: 60", "tone: [1]", "tone"), ("bpm: 90", "bpm: 0", "bpm"),
     ("bpm: 90", "bpm: .inf", "bpm"), ("position: 0, duration", "position: -1, duration", "position"),
     ("tracks:", "tracks: {", "damaged YAML"), ("name: Song", "name: &a [x]\nb: *a", "aliases"),
     ("name: Song", "name: " + "[" * 40 + "]" * 40, "nesting"),
     ("tone: 60", "tone: 20", "MIDI note 20")],
)  # fmt: skip
def test_damage_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = ustx_text([(0, 480, 60, "a"), (480, 480, 62, "b")]).replace(old, new, 1)
    with pytest.raises(ScoreError, match=message):
        read_ustx(write(tmp_path, text))


def test_no_notes_is_no_song(tmp_path: Path) -> None:
    with pytest.raises(ScoreError, match="no notes"):
        read_ustx(write(tmp_path, ustx_text([])))
