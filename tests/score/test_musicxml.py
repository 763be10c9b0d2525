"""Reading whole MusicXML documents: lines, lyrics, ties, chords, errors."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svs_cli.errors import ScoreError, UsageError
from tests.score.musicxml_builder import (
    FOUR_FOUR,
    backup,
    bar,
    note,
    notes_of,
    read,
    read_parts_of,
    slur,
    texts,
    tie,
    words,
)


def test_words_pitches_and_positions() -> None:
    score = read(
        bar(FOUR_FOUR, note("C4", 1, "Tra-"), note("F#4", 0.5, "-la-"), note("Bb4", 0.5, "-li"), note(None, 2)),
        bar(note("C5", 4, "ja!")),
    )
    assert texts(score) == ["Tra-", "-la-", "-li", "ja!"]
    assert [sung.midi for sung in notes_of(score)] == [60, 66, 70, 72]
    assert [sung.onset_quarters for sung in notes_of(score)] == [0, 1, Fraction(3, 2), 4]
    assert [(sung.bar, sung.beat) for sung in notes_of(score)] == [("1", 1.0), ("1", 2.0), ("1", 2.5), ("2", 1.0)]
    assert score.end_quarters == 8
    assert score.warnings == ()


def test_unfinished_words_are_ended() -> None:
    score = read(bar(note("C4", 1, "Tra-"), note("C4", 1, "ja"), note("C4", 1, "-la-"), note("C4", 1, "Ho-")))
    assert texts(score) == ["Tra", "ja", "la", "Ho"]


def test_ties_merge_across_bars() -> None:
    score = read(
        bar(note("C4", 4, "long", notations=tie("start"))),
        bar(note("C4", 4, notations=tie("stop") + tie("start"))),
        bar(note("C4", 2, notations=tie("stop")), note("D4", 2, "end")),
    )
    assert [(sung.duration_quarters, sung.midi) for sung in notes_of(score)] == [(10, 60), (2, 62)]


def test_tie_to_another_pitch_warns_and_tie_to_a_syllable_repeats_the_note() -> None:
    score = read(bar(note("C4", 1, "a", notations=tie("start")), note("D4", 1, "b"), note(None, 2)))
    assert "1 ties lead to no note" in score.warnings[0]
    score = read(
        bar(note("C4", 1, "a", notations=tie("start")), note("C4", 1, "b", notations=tie("stop")), note(None, 2))
    )
    assert texts(score) == ["a", "b"]


@pytest.mark.parametrize(
    "first, second",
    [
        pytest.param(note("C4", 1, "a", notations=slur("start")), note("D4", 1, notations=slur("stop")), id="slur"),
        pytest.param(note("C4", 1, "a_"), note("D4", 1), id="extender"),
        pytest.param(note("C4", 1, "a-"), note("D4", 1), id="hyphen"),
        pytest.param(
            note("C4", 1, "a", inside='<beam number="1">begin</beam>'),
            note("D4", 1, inside='<beam number="1">end</beam>'),
            id="beam",
        ),
        pytest.param(note("C4", 1, "a"), note("D4", 1, "_"), id="extender drawn on the second note"),
    ],
)
def test_what_holds_a_syllable(first: str, second: str) -> None:
    score = read(bar(first, second, note("E4", 2, "b")))
    assert texts(score)[1] == "~"
    assert notes_of(score)[1].continues
    assert score.warnings == ()


def test_bare_notes_sing_the_default_syllable_and_say_so() -> None:
    score = read(bar(note("C4", 1, "a"), note("D4", 1), note(None, 1), note("D4", 1)), bar(note("D4", 4, "b")))
    assert texts(score) == ["a", "la", "la", "b"]
    assert score.warnings == ("part 'Voice': 2 notes without a lyric sing 'la' (bars 1)",)


def test_nothing_is_held_over_a_rest() -> None:
    score = read(bar(note("C4", 1, "a_"), note(None, 1), note("D4", 2)))
    assert texts(score) == ["a", "la"]


def test_unpaired_slurs_hold_nothing() -> None:
    score = read(
        bar(note("C4", 1, "a", notations=slur("start")), note("D4", 1), note("E4", 1, notations=slur("stop", 2)))
    )
    assert texts(score) == ["a", "la", "la"]


def test_two_syllables_typed_under_one_note_use_the_bare_note_after_it() -> None:
    assert texts(read(bar(note("C4", 1, "Bee‑tes".replace("‑", "-")), note("D4", 1)))) == ["Bee-", "-tes"]


def test_elisions() -> None:
    elided = (
        "<lyric><syllabic>end</syllabic><text>ti</text><elision>‿</elision>"
        "<syllabic>single</syllabic><text>a</text></lyric>"
    )
    score = read(
        bar(note("C4", 1, "can-"), note("C4", 1, inside=elided), note("C4", 1, "e‿un"), note("C4", 1, "toi !"))
    )
    assert texts(score) == ["can-", "-ti‿a", "e‿un", "toi !"]


def test_score_language() -> None:
    text = '<lyric><syllabic>single</syllabic><text xml:lang="de-AT">ja</text></lyric>'
    assert read(bar(note("C4", 4, inside=text))).parts[0].language == "de"
    assert read(bar(note("C4", 4, "ja"))).parts[0].language is None


@pytest.mark.parametrize("chord, midi", [("top", 67), ("bottom", 60), (1, 67), (2, 64), (9, 60)])
def test_chord_choice(chord: str | int, midi: int) -> None:
    score = read(bar(note("C4", 4, "a"), note("G4", 4, chord=True), note("E4", 4, chord=True)), chord=chord)
    assert [(sung.midi, sung.lyric.text) for sung in notes_of(score)] == [(midi, "a")]


def test_chord_number_must_be_positive() -> None:
    with pytest.raises(UsageError):
        read(bar(note("C4", 4, "a")), chord=0)


def test_two_texted_voices_are_two_parts() -> None:
    both = bar(note("C5", 2, "so"), note("D5", 2, "pran"), backup(4), note("C4", 4, "alt", voice=2))
    score = read_parts_of({"Soprano/Alto": [both]})
    assert [(part.name, part.id) for part in score.parts] == [("Soprano", "P1.1"), ("Alto", "P1.2")]
    assert texts(score, 1) == ["alt"]
    assert [part.name for part in read_parts_of({"Choir": [both]}).parts] == ["Choir 1", "Choir 2"]


def test_second_voice_borrows_lyrics_and_joins_in_unison() -> None:
    score = read(
        bar(note("C5", 2, "one"), note("D5", 2, "two"), backup(4), note("A4", 2, voice=2), note("B4", 2, voice=2)),
        bar(note("E5", 4, "three")),
    )
    assert texts(score, 1) == ["one", "two", "three"]
    assert [sung.midi for sung in notes_of(score, 1)] == [69, 71, 76]


def test_ossia_voice_is_left_out_with_a_warning() -> None:
    plain = [bar(note("C5", 4, "one"))] * 5
    score = read(*plain, bar(note("C5", 4, "one"), backup(4), note("A4", 4, voice=2)))
    assert len(score.parts) == 1
    assert "ossia" in score.warnings[0]


def test_piano_is_no_singer_and_untexted_choir_parts_borrow() -> None:
    tune = [bar(note("C5", 2, "one"), note("D5", 2, "two"))]
    bass = [bar(note("C3", 2), note("G3", 2))]
    score = read_parts_of({"Soprano": tune, "Bass": bass, "Piano": bass})
    assert [part.name for part in score.parts] == ["Soprano", "Bass"]
    assert texts(score, 1) == ["one", "two"]
    assert "sings those of 'Soprano'" in score.warnings[0]


def test_part_without_lyrics_says_so() -> None:
    score = read(bar(note("C4", 2), note("D4", 2)))
    assert texts(score) == ["la", "la"]
    assert score.warnings == ("part 'Voice': it has no lyrics: every note sings 'la'",)


def test_transposition_and_octave() -> None:
    transpose = (
        "<attributes><transpose><chromatic>-2</chromatic><octave-change>-1</octave-change></transpose></attributes>"
    )
    clef = (
        "<attributes><clef><sign>G</sign><line>2</line><clef-octave-change>-1</clef-octave-change></clef></attributes>"
    )
    assert notes_of(read(bar(transpose, note("D5", 4, "a"))))[0].midi == 60
    assert notes_of(read(bar(clef, note("C4", 4, "a"))))[0].midi == 60


def test_incomplete_and_overfull_bars_keep_parts_together() -> None:
    score = read_parts_of(
        {
            "Soprano": [bar(FOUR_FOUR, note("C5", 2, "a")), bar(note("C5", 4, "b"))],
            "Alto": [bar(FOUR_FOUR, note("C4", 5, "a")), bar(note("C4", 4, "b"))],
        }
    )
    assert [[sung.onset_quarters for sung in notes_of(score, i)] for i in (0, 1)] == [[0, 5], [0, 5]]


def test_singers_set_the_bar_length_where_time_signatures_differ() -> None:
    six = "<attributes><time><beats>12</beats><beat-type>8</beat-type></time></attributes>"
    score = read_parts_of(
        {"Voice": [bar(FOUR_FOUR, note("C5", 4, "a")), bar(note("D5", 4, "b"))], "Piano": [bar(six, note("C3", 6))] * 2}
    )
    assert notes_of(score)[1].onset_quarters == 4


def test_pickup_beats_count_from_the_missing_beginning() -> None:
    score = read(bar(FOUR_FOUR, note("G4", 1, "O"), number="0"), bar(note("C5", 4, "du"), number="1"))
    assert [(sung.bar, sung.beat, sung.onset_quarters) for sung in notes_of(score)] == [("0", 4.0, 0), ("1", 1.0, 1)]


def test_split_bar_keeps_its_number_and_counts_on() -> None:
    score = read(bar(FOUR_FOUR, note("G4", 3, "O"), number="5"), bar(note("C5", 1, "du"), number="X1"))
    assert notes_of(score)[1].bar == "5"
    assert notes_of(score)[1].beat == 4.0


def test_percent_sign_repeats_the_bar_before() -> None:
    percent = '<attributes><measure-style><measure-repeat type="start">1</measure-repeat></measure-style></attributes>'
    score = read(bar(note("C4", 4, "a")), bar(percent, note(None, 4)))
    assert texts(score) == ["a", "a"]


def test_marks_stay_on_the_note() -> None:
    marks = "<articulations><staccato/><breath-mark/></articulations><fermata/>"
    sf = "<direction><direction-type><dynamics><sfz/></dynamics></direction-type></direction>"
    first = notes_of(read(bar(sf, note("C4", 4, "a", notations=marks))))[0]
    assert first.breath_after and first.fermata
    assert first.articulations == {"staccato", "accent"}


@pytest.mark.parametrize(
    "content, message",
    [
        (note("C9", 4, "a"), "MIDI note 120 is outside"),
        (note("C4", 0, "a"), "a note has no duration"),
        (note("C4", -1, "a"), "negative duration"),
        (note("C4", 4, "a") + backup(2) + note("D4", 2, "b"), "overlap"),
        (note("C4", 4, "a").replace("<duration>192", "<duration>1e99"), "is no number"),
        (note("C4", 4, "a").replace("<duration>192</duration>", ""), "no value"),
        (note("C4", 4, "a").replace("<step>C", "<step>H"), "'H' is no note name"),
        ("<attributes><divisions>0</divisions></attributes>" + note("C4", 4, "a"), "must be positive"),
        (note("C4", 999_999, "a"), "longer than"),
    ],
)
def test_errors_name_part_and_bar(content: str, message: str) -> None:
    with pytest.raises(ScoreError, match=message) as caught:
        read(bar(note("C4", 4, "fine"), number="1"), bar(content, number="7"))
    assert (caught.value.part, caught.value.bar) == ("Voice", "7")


def test_nothing_to_sing() -> None:
    with pytest.raises(ScoreError, match="only rests"):
        read(bar(note(None, 4)))
    with pytest.raises(ScoreError, match="only unpitched"):
        read(bar("<note><unpitched/><duration>48</duration></note>"))


def test_piano_range_does_not_matter() -> None:
    score = read_parts_of({"Voice": [bar(note("C5", 4, "a"))], "Piano": [bar(note("A0", 4))]})
    assert len(score.parts) == 1


def test_words_in_the_score_are_no_lyrics() -> None:
    assert texts(read(bar(words("dolce"), note("C5", 4, "a")))) == ["a"]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["C4", "D4", "Eb5", None]), st.integers(1, 9), st.sampled_from(["a", "b-", "-c", None])
        ),
        min_size=1,
        max_size=12,
    )
)
def test_any_line_keeps_the_model(spec: list[tuple[str | None, int, str | None]]) -> None:
    """Whatever one voice holds: notes don't overlap, each has a lyric or continues, and time adds up."""
    content = [note(pitch, Fraction(length, 4), lyric if pitch else None) for pitch, length, lyric in spec]
    if not any(pitch for pitch, _, _ in spec):
        return
    score = read(bar(*content))
    sung = notes_of(score)
    assert score.end_quarters == sum(Fraction(length, 4) for _, length, _ in spec)
    assert sum(n.duration_quarters for n in sung) == sum(Fraction(length, 4) for pitch, length, _ in spec if pitch)
    assert all(a.end_quarters <= b.onset_quarters for a, b in zip(sung, sung[1:], strict=False))
    assert all((n.lyric is None) == n.continues for n in sung)
    assert not sung[0].continues
