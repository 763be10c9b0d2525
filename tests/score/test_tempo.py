"""Tempo maps from numbers, words, gradual changes and fermatas; dynamics."""

from __future__ import annotations

import pytest

from svs_cli.score.tempo_words import read_tempo_words
from tests.score.musicxml_builder import REPEAT, bar, direction, metronome, note, notes_of, read, read_parts_of, words

FOUR = note("C4", 4, "a")


def qpm(score, *quarters):
    return [round(score.tempo.quarters_per_minute_at(position), 2) for position in quarters]


def test_default_and_metronome_marks() -> None:
    assert qpm(read(bar(FOUR)), 0) == [120]
    assert qpm(read(bar(metronome("quarter", 60), FOUR)), 0) == [60]
    assert qpm(read(bar(metronome("quarter", "ca. 60", dots=1), FOUR)), 0) == [90]
    assert qpm(read(bar(metronome("half", "50-60"), FOUR)), 0) == [100]
    assert qpm(read(bar(words("♩. = 60"), FOUR)), 0) == [90]
    assert qpm(read(bar(words("Andante"), FOUR)), 0) == [76]


def test_playback_number_wins_over_mark_and_words() -> None:
    mark = metronome("quarter", 60).replace("</direction>", '<sound tempo="66"/></direction>')
    assert qpm(read(bar(mark, FOUR)), 0) == [66]
    assert qpm(read(bar(words("Allegro", 'tempo="90"'), FOUR)), 0) == [90]


def test_metric_modulation() -> None:
    equal = direction("<metronome><beat-unit>quarter</beat-unit><beat-unit>eighth</beat-unit></metronome>")
    assert qpm(read(bar(metronome("quarter", 80), FOUR), bar(equal, FOUR)), 0, 4) == [80, 40]


def test_change_inside_a_bar() -> None:
    score = read(bar(metronome("quarter", 60), note("C4", 2, "a"), metronome("quarter", 120), note("C4", 2, "b")))
    assert qpm(score, 0, 1, 2, 3) == [60, 60, 120, 120]
    assert score.duration_seconds == pytest.approx(3.0)


def test_offset_moves_a_direction() -> None:
    mark = metronome("quarter", 60).replace("</direction>", "<offset>96</offset></direction>")
    assert qpm(read(bar(metronome("quarter", 120), mark, FOUR)), 0, 2) == [120, 60]


def test_first_tempo_counts_from_the_pickup_on() -> None:
    score = read(bar(note("G4", 1, "O"), number="0"), bar(metronome("quarter", 50), FOUR, number="1"))
    assert qpm(score, 0, 1) == [50, 50]


def test_ritardando_until_a_tempo() -> None:
    score = read(bar(metronome("quarter", 100), FOUR), bar(words("rit."), FOUR), bar(words("a tempo"), FOUR))
    tempos = qpm(score, 3, 4, 5, 6, 7, 8)
    assert tempos[0] == 100 and tempos[-1] == 100
    assert 100 > tempos[1] > tempos[2] > tempos[3] > tempos[4] > 72


def test_ritardando_in_several_parts_counts_once_and_at_the_end_lasts_to_the_end() -> None:
    voice = [bar(metronome("quarter", 100), FOUR), bar(words("rit."), FOUR)]
    piano = [bar(note("C3", 4)), bar(words("rit."), note("C3", 2), words("rit."), note("C3", 2))]
    score = read_parts_of({"Voice": voice, "Piano": piano})
    assert 72 < qpm(score, 7)[0] < 80


def test_lone_ritardando_returns_by_itself() -> None:
    score = read(bar(metronome("quarter", 100), words("accel."), FOUR), *[bar(FOUR)] * 10)
    tempos = qpm(score, 0, 7, 8, 20)
    assert 100 < tempos[0] < tempos[1] < 125
    assert tempos[2:] == [100, 100]


def test_repeat_returns_to_the_tempo_of_its_beginning() -> None:
    score = read(bar(metronome("quarter", 100), FOUR), bar(metronome("quarter", 50), FOUR, REPEAT))
    assert qpm(score, 0, 4, 8, 12) == [100, 50, 100, 50]
    score = read(
        bar(metronome("quarter", 100), FOUR),
        bar('<barline location="left"><repeat direction="forward"/></barline>', FOUR),
        bar(words("rit."), FOUR, REPEAT),
    )
    assert qpm(score, 12) == [100]


def test_tempo_primo() -> None:
    score = read(bar(metronome("quarter", 100), FOUR), bar(metronome("quarter", 60), FOUR), bar(words("Tempo I"), FOUR))
    assert qpm(score, 0, 4, 8) == [100, 60, 100]


@pytest.mark.parametrize(
    "text, kinds",
    [
        ("poco rit.", ["gradual"]),
        ("rit. a tempo", ["gradual", "return"]),
        ("Plus lent", ["relative"]),
        ("etwas zurückhaltend", ["gradual"]),
        ("1° Tempo", ["primo"]),
        ("Tempo I", ["primo"]),
        ("tempo", ["return"]),
        ("Langsam", ["absolute"]),
        ("Ziemlich langsam, mit inniger Empfindung", ["absolute"]),
        ("senza rit.", []),
        ("nicht schleppend", []),
        ("dolce", []),
        ("Un peu plus vite", ["relative"]),
        ("critical", []),
        ("Fine", []),
    ],
)
def test_tempo_words(text: str, kinds: list[str]) -> None:
    assert [word.kind for word in read_tempo_words(text)] == kinds


def test_little_and_much() -> None:
    little, plain, much = (read_tempo_words(text)[0].value for text in ("poco rit.", "rit.", "molto rit."))
    assert little > plain > much


def test_fermata_stretches_its_note_only() -> None:
    score = read(
        bar(metronome("quarter", 60), note("C4", 2, "a"), note("C4", 2, "b", notations="<fermata/>")), bar(FOUR)
    )
    assert score.tempo.seconds_at(2) == pytest.approx(2.0)
    assert score.tempo.seconds_at(4) == pytest.approx(2.0 + 2 * 1.75)
    assert score.duration_seconds == pytest.approx(2.0 + 3.5 + 4.0)


def test_fermatas_of_several_parts_stretch_what_all_hold() -> None:
    soprano = [bar(metronome("quarter", 60), note("C5", 4, "a", notations="<fermata/>"))]
    bass = [bar(note("C3", 2, "a"), note("G3", 2, "b", notations="<fermata/>"))]
    assert read_parts_of({"Soprano": soprano, "Bass": bass}).duration_seconds == pytest.approx(2 + 3.5)


def test_fermata_of_the_piano_does_not_stop_a_moving_voice() -> None:
    voice = [bar(metronome("quarter", 60), note("C5", 2, "a"), note("D5", 2, "b"))]
    piano = [bar(note("C3", 4, notations="<fermata/>"))]
    assert read_parts_of({"Voice": voice, "Piano": piano}).duration_seconds == pytest.approx(4.0)


def dynamics(text: str) -> str:
    return direction(f"<dynamics><{text}/></dynamics>")


def wedge(kind: str) -> str:
    return direction(f'<wedge type="{kind}"/>')


def test_levels_and_hairpins() -> None:
    score = read(
        bar(dynamics("p"), note("C4", 2, "a"), wedge("crescendo"), note("C4", 2, "b")),
        bar(wedge("stop"), dynamics("f"), FOUR),
        bar(dynamics("fp"), FOUR),
    )
    marks = [(mark.onset_quarters, mark.text or "-", mark.hairpin) for mark in score.parts[0].dynamics]
    assert marks == [(0, "p", False), (2, "crescendo", True), (4, "f", False), (8, "fp", False), (8.5, "-", False)]
    levels = [mark.level for mark in score.parts[0].dynamics]
    assert levels[0] == levels[1] < levels[2] == levels[3] > levels[4]


def test_hairpin_without_a_target_moves_a_step() -> None:
    score = read(bar(dynamics("mf"), note("C4", 1, "a"), wedge("diminuendo"), note("C4", 2, "b"), wedge("stop")))
    first, start, end = score.parts[0].dynamics
    assert start.hairpin and start.level == first.level > end.level and end.onset_quarters == 3


def test_cresc_in_words_reaches_the_next_mark() -> None:
    score = read(bar(dynamics("p"), note("C4", 2, "a"), words("cresc."), note("C4", 2, "b")), bar(dynamics("ff"), FOUR))
    assert [(mark.onset_quarters, mark.hairpin) for mark in score.parts[0].dynamics] == [
        (0, False),
        (2, True),
        (4, False),
    ]


def test_singer_without_dynamics_follows_the_piano() -> None:
    score = read_parts_of({"Voice": [bar(FOUR)], "Piano": [bar(dynamics("pp"), note("C3", 4))]})
    assert [mark.text for mark in score.parts[0].dynamics] == ["pp"]
    assert len(notes_of(score)) == 1
