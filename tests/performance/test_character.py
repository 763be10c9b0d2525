"""Words of character: what is understood, and what it does to a phrase."""

from __future__ import annotations

import numpy as np
import pytest

from svs_cli.performance.character import CHARACTERS, WORDS, effect_of, phrases, read_character, without_passing
from svs_cli.performance.document import NoteDetail
from svs_cli.performance.ds_file import from_json, to_json
from svs_cli.performance.energy import CURVE, rule_energy
from svs_cli.performance.overrides import NoteOverrides
from svs_cli.units import GRID
from tests.duration.fakes import performance, segment

NOTES = [("SP", [(None, 0.5)]), *[("a", [(60.0, 0.5)])] * 8, ("SP", [(None, 0.5)])]


@pytest.mark.parametrize(
    ("text", "characters"),
    [
        ("dolce", ("dolce",)),
        ("p dolce", ("dolce",)),
        ("sempre dolce", ("dolce",)),
        ("poco espr.", ("poco espressivo",)),
        ("più dolce", ("molto dolce",)),
        ("meno marcato", ("poco marcato",)),
        ("espressivo assai", ("molto espressivo",)),
        ("dolce molto espressivo", ("dolce", "molto espressivo")),
        ("dolciss.", ("molto dolce",)),
        ("con molta forza", ("molto con forza",)),
        ("SOTTO VOCE", ("sotto voce",)),
        ("zart", ("teneramente",)),
        ("Sehr kräftig", ("molto con forza",)),
        ("flüsternd", ("sussurrando",)),
        ("nicht zu schwer", ("poco pesante",)),
        ("mit inniger Empfindung", ("teneramente", "espressivo")),
        ("très doux et soutenu", ("molto dolce", "legato")),
        ("avec mélancolie, comme dans un souvenir", ("dolente",)),
        ("gently", ("dolce",)),
        ("Allegro ma non troppo, dolce", ("dolce",)),
        ("Allegro agitato", ("agitato",)),
        ("ordinario", ()),
        ("tempo ordinario", None),
        ("senza espressione", ("non espressivo",)),
        ("non legato", ("non legato",)),
        ("nicht zart", ("non teneramente",)),
        ("Allegretto grazioso", ("grazioso",)),
        ("rit.", None),
        ("Sopran", None),
        ("", None),
        ("dolce " * 40, None),
    ],
)
def test_words_of_four_languages(text, characters):
    assert read_character(text) == characters


def test_the_table_is_sound():
    assert set(WORDS) <= set(CHARACTERS)
    said = [phrase for name, words in WORDS.items() for phrase in (name, *words.split(", "))]
    assert len(said) == len(set(said))  # no word means two things
    assert len(phrases()) > 250
    assert all(read_character(name) == (name,) for name in CHARACTERS)
    assert all(0 <= effect.silent_share < 0.5 for effect in CHARACTERS.values())


def test_degrees_and_sums():
    dolce = effect_of(("dolce",))
    assert effect_of(("molto dolce",)).tension_db == pytest.approx(1.5 * dolce.tension_db)
    assert effect_of(("poco dolce",)).level_db == pytest.approx(0.5 * dolce.level_db)
    assert effect_of(("dolce", "espressivo")).swell == pytest.approx(dolce.swell + effect_of(("espressivo",)).swell)
    assert effect_of(("of a later version",)) == effect_of(())
    assert effect_of(("non legato", "non con forza")) == effect_of(())
    assert effect_of(("grazioso",)).silent_share == 0.0 < effect_of(("leggiero",)).silent_share
    assert without_passing(("poco morendo", "dolce")) == ("dolce",)


def curves(*characters: str, expression: float = 1.0, overrides: NoteOverrides | None = None) -> dict[str, np.ndarray]:
    """The curves of eight notes of which the last four have a character."""
    plain = [NoteDetail(beat=2.0)] * 5
    worded = [NoteDetail(beat=2.0, character=characters, overrides=overrides)] * 5
    song = performance(segment(NOTES).with_(details=(*plain, *worded))).with_(expression=expression)
    return {name: curve.values for name, curve in rule_energy(song).segments[0].curves.items()}


def mean(values: np.ndarray, start: float, end: float) -> float:
    return float(values[GRID.frame_of(start) : GRID.frame_of(end)].mean())


def test_level_breath_and_tension_change_where_the_words_stand():
    plain, soft = curves(), curves("sussurrando")
    assert "breathiness" not in plain
    change = soft[CURVE] - plain[CURVE]
    assert mean(change, 0.5, 2.3) == pytest.approx(0.0, abs=0.1)
    assert mean(change, 2.7, 4.4) == pytest.approx(CHARACTERS["sussurrando"].level_db, abs=1.0)
    assert mean(soft["breathiness"], 2.7, 4.4) == pytest.approx(CHARACTERS["sussurrando"].breathiness_db, abs=0.5)
    assert mean(soft["tension"], 2.7, 4.4) == pytest.approx(CHARACTERS["sussurrando"].tension_db, abs=0.5)
    assert mean(soft["tension"], 0.5, 2.3) == pytest.approx(0.0, abs=0.05)


def test_forceful_words_do_the_opposite():
    change = curves("con forza")[CURVE] - curves()[CURVE]
    assert mean(change, 2.7, 4.4) > 2.0
    assert mean(curves("con forza")["tension"], 2.7, 4.4) > 1.5


def test_marcato_is_louder_at_onsets_than_between():
    change = curves("marcato")[CURVE] - curves()[CURVE]
    onset, later = (np.mean([change[GRID.frame_of(s + d)] for s in (3.0, 3.5, 4.0)]) for d in (0.03, 0.4))
    assert onset > later + 1.0


def test_espressivo_arches_more():
    def span(of: dict[str, np.ndarray]) -> float:
        return float(np.ptp(of[CURVE][GRID.frame_of(0.6) : GRID.frame_of(4.0)]))

    assert span(curves("molto espressivo")) > span(curves()) + 0.5


def test_expression_scales_words_but_not_wishes():
    half, whole = (curves("dolce", expression=share)["tension"] for share in (0.5, 1.0))
    assert mean(half, 2.7, 4.4) == pytest.approx(0.5 * mean(whole, 2.7, 4.4), abs=0.05)
    assert "tension" not in curves("dolce", expression=0.0)
    wished = curves(expression=0.0, overrides=NoteOverrides(character=("dolce",)))
    assert mean(wished["tension"], 2.7, 4.4) == pytest.approx(CHARACTERS["dolce"].tension_db, abs=0.1)


def test_a_wish_takes_the_place_of_the_words():
    ordinary = curves("dolce", overrides=NoteOverrides(character=("ordinario",)))
    np.testing.assert_array_equal(ordinary[CURVE], curves()[CURVE])


def test_wishes_are_read_as_a_person_writes_them():
    assert NoteOverrides(character=("Sehr zart",)).character == ("molto teneramente",)
    with pytest.raises(ValueError, match="'furioso con salsa'"):
        NoteOverrides(character=("furioso con salsa",))


def test_the_document_keeps_them_and_old_ones_load():
    detail = NoteDetail(character=("molto dolce",), overrides=NoteOverrides(character=()))
    song = performance(segment(NOTES).with_(details=(detail,) * 10))
    text = to_json(song)
    assert from_json(text).segments[0].details[0] == detail
    assert '"character"' not in to_json(performance(segment(NOTES).with_(details=(NoteDetail(),) * 10)))
