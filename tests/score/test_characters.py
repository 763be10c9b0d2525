"""Words of character in MusicXML: where they begin, how long they hold, and what they do to lengths."""

from __future__ import annotations

from pathlib import Path

import pytest

from svs_cli.editing.sing_file import with_wishes
from svs_cli.errors import ScoreError
from svs_cli.frontend.draft import draft
from svs_cli.score.model import Score
from tests.score.musicxml_builder import FOUR_FOUR, REPEAT, bar, direction, note, read, slur


def words(text: str, staff: int | None = None) -> str:
    written = direction(f"<words>{text}</words>")
    return written.replace("</direction>", f"<staff>{staff}</staff></direction>") if staff else written


def four(*directions: str) -> list[str]:
    """Four quarters on "la", each with what stands above it."""
    above = [*directions, "", "", "", ""][:4]
    return [part for text in above for part in (text, note("C4", 1, "la"))]


def characters(score: Score) -> list[tuple[str, ...]]:
    return [one.character for one in score.parts[0].notes]


def test_they_hold_until_the_next_and_end_with_ordinario():
    score = read(bar(FOUR_FOUR, *four("", words("dolce"), "", words("poco marcato"))), bar(*four("", words("ord."))))
    dolce, marcato = ("dolce",), ("poco marcato",)
    assert characters(score) == [(), dolce, dolce, marcato, marcato, (), (), ()]


def test_what_is_negated_ends_alone():
    score = read(bar(FOUR_FOUR, *four(words("dolce e legato"), words("non legato"), words("forte, non dolce"), "")))
    assert characters(score) == [("dolce", "legato"), ("dolce",), (), ()]


@pytest.mark.parametrize(("text", "level", "stays"), [
    ("dolce", "ff", False), ("dolce", "f", True), ("dolce", "fff", False), ("dolce", "pp", True), ("dolce", "sf", True),
    ("con forza", "pp", False), ("con forza", "p", True), ("con forza", "ff", True), ("legato", "ff", True),
])  # fmt: skip
def test_a_contrary_level_ends_them(text, level, stays):
    mark = direction(f"<dynamics><{level}/></dynamics>")
    score = read(bar(FOUR_FOUR, *four(mark + words(text), "", mark, "")))
    assert characters(score) == [(text,)] * 2 + [(text,) if stays else ()] * 2  # words beside the mark know better


def test_unknown_words_and_other_marks_do_not_end_them():
    score = read(bar(FOUR_FOUR, *four(words("dolce"), words("rit."), words("Refrain"), words("f"))))
    assert characters(score) == [("dolce",)] * 4


def test_a_repeat_sings_what_the_page_says():
    score = read(bar(FOUR_FOUR, *four("", "", words("dolce")), REPEAT), bar(*four()))
    assert characters(score)[:4] == [(), (), ("dolce",), ("dolce",)]
    assert characters(score)[4:] == [("dolce",)] * 8  # nobody took it back


def test_morendo_ends_with_the_tempo():
    score = read(bar(FOUR_FOUR, *four(words("dolce e morendo"), "", words("a tempo"))))
    assert characters(score) == [("dolce", "morendo")] * 2 + [("dolce",)] * 2


def test_another_staff_says_nothing_of_this_one():
    score = read(bar(FOUR_FOUR, words("marcato", 2), *four(words("dolce", 1))))
    assert characters(score) == [("dolce",)] * 4


@pytest.mark.parametrize(("text", "level"), [("p dolce", 0.36), ("sempre pp", 0.25), ("sotto voce e cantabile", 0.25)])
def test_a_level_among_the_words_counts(text, level):
    assert [mark.level for mark in read(bar(FOUR_FOUR, *four(words(text)))).parts[0].dynamics] == [level]


@pytest.mark.parametrize("text", ["più f", "poco f", "p. 3", "Piano accompaniment", "dolce"])
def test_what_is_no_level_stays_none(text):
    assert read(bar(FOUR_FOUR, *four(words(text)))).parts[0].dynamics == ()


def drafted(score: Score, expression: float = 1.0):
    return draft(score, score.parts[0], language="it", expression=expression).segments[0]


def test_the_draft_hands_them_on_and_expression_0_drops_them():
    score = read(bar(FOUR_FOUR, *four(words("espressivo"))))
    assert [d.character for d in drafted(score).details if d.lyric] == [("espressivo",)] * 4
    assert [d.character for d in drafted(score, 0.0).details if d.lyric] == [()] * 4


def test_cantabile_is_legato_and_leggiero_detached():
    for text, legato, rests in (("cantabile", True, 0), ("leggiero", False, 3), ("molto espr.", False, 0)):
        song = drafted(read(bar(FOUR_FOUR, *four(words(text)))))
        sung = [d for d in song.details if d.lyric]
        assert [d.legato for d in sung] == [legato] * 4, text
        assert sum(midi is None for midi in song.notes[1:-1]) == rests, text


def test_a_word_is_not_cut_apart():
    cuck, oo = note("C4", 1, "cuck-"), note("C4", 1, "-oo")
    for text, rests in (("leggiero", 1), ("marcato", 1), ("Allegretto grazioso", 0), ("non legato", 0)):
        song = drafted(read(bar(FOUR_FOUR, words(text), cuck, oo, cuck, oo)))
        assert sum(midi is None for midi in song.notes[1:-1]) == rests, text


def test_under_a_slur_leggiero_detaches_nothing():
    notes = [note("C4", 1, "la", notations=slur("start")), note("D4", 1, "la"), note("E4", 1, "la"),
             note("F4", 1, "la", notations=slur("stop"))]  # fmt: skip
    song = drafted(read(bar(FOUR_FOUR, words("leggiero"), *notes)))
    assert None not in song.notes[1:-1]


def test_a_wish_beside_the_score(tmp_path: Path):
    path = tmp_path / "song.sing.toml"
    path.write_text('[all]\ncharacter = "sehr zart"\n[[note]]\nbar = 1\nbeat = 2\ncharacter = "ordinario"\n', "utf-8")
    asked = with_wishes(read(bar(FOUR_FOUR, *four(words("marcato")))), path).parts[0].notes
    assert [one.overrides.character for one in asked[:3]] == [("molto teneramente",), (), ("molto teneramente",)]
    path.write_text('[all]\ncharacter = "mit Senf"\n', "utf-8")
    with pytest.raises(ScoreError, match="mit Senf"):
        with_wishes(read(bar(FOUR_FOUR, *four())), path)
