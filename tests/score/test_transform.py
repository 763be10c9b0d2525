"""Key, tempo and the choice of the part."""

from __future__ import annotations

from fractions import Fraction

import pytest

from svs_cli.errors import ScoreError, UsageError
from svs_cli.score.model import Lyric, Note, Part, Score, TempoMap
from svs_cli.score.transform import scale_tempo, select_part, transpose
from svs_cli.units import midi_to_hz

NOTES = (
    Note(Fraction(0), Fraction(1), 60.0, Lyric("la")),
    Note(Fraction(1), Fraction(2), 67.5, Lyric("lo")),
)
PIANO = Part("P1", "Piano", ())
ALTO = Part("P2", "Alto", NOTES)
ALTO_2 = Part("P3", "Alto II", NOTES)
TENOR = Part("P4", "Tenor", NOTES)
SCORE = Score(
    "Song",
    (PIANO, ALTO, ALTO_2, TENOR),
    TempoMap(((Fraction(0), 60.0), (Fraction(1), 90.0))),
    Fraction(4),
)


def test_an_octave_doubles_f0() -> None:
    up = transpose(SCORE, 12)
    for before, after in zip(SCORE.parts[1].notes, up.parts[1].notes, strict=True):
        assert midi_to_hz(after.midi) == pytest.approx(2 * midi_to_hz(before.midi))
    assert transpose(up, -12) == SCORE


@pytest.mark.parametrize("semitones", [40, -40, float("nan"), float("inf")])
def test_leaving_the_range_is_refused(semitones: float) -> None:
    with pytest.raises(UsageError, match="transpos"):
        transpose(SCORE, semitones)
    with pytest.raises(UsageError) as caught:
        transpose(SCORE, 40)
    assert caught.value.fix == "choose a key change from -36 to +28.5"


def test_tempo_scales_every_time() -> None:
    fast = scale_tempo(SCORE, 1.25)
    for quarters in (Fraction(1, 3), Fraction(1), Fraction(7, 2)):
        assert fast.tempo.seconds_at(quarters) == pytest.approx(SCORE.tempo.seconds_at(quarters) / 1.25)


@pytest.mark.parametrize("factor", [0, -1, 0.01, 1000, float("nan")])
def test_absurd_tempo_is_refused(factor: float) -> None:
    with pytest.raises(UsageError, match="tempo factor"):
        scale_tempo(SCORE, factor)


@pytest.mark.parametrize(
    ("choice", "part"),
    [(None, ALTO), ("P3", ALTO_2), ("alto", ALTO), ("Alto II", ALTO_2), ("ten", TENOR), ("4", TENOR), ("1", PIANO)],
)
def test_parts_are_chosen(choice: str | None, part: Part) -> None:
    assert select_part(SCORE, choice) is part


@pytest.mark.parametrize("choice", ["soprano", "0", "5", "", "al"])
def test_unknown_or_ambiguous_parts_list_what_there_is(choice: str) -> None:
    with pytest.raises(UsageError) as caught:
        select_part(SCORE, choice)
    assert "2: Alto (id P2)" in str(caught.value.fix)


def test_nothing_to_sing() -> None:
    with pytest.raises(ScoreError, match="no part with notes"):
        select_part(Score("Song", (PIANO,), TempoMap(), Fraction(4)), None)
