import pytest

from svs_cli.alignment.conventions import (
    CLOSURE_SECONDS,
    GAP_SECONDS,
    SLIVER_SECONDS,
    STOP_AFTER_PAUSE_SECONDS,
    Convention,
    by_convention,
    closures_in_stops,
)


def labelled(text: str, *ends: float) -> tuple[tuple[str, ...], tuple[float, ...], tuple[float, ...]]:
    phones = tuple(text.split())
    return phones, ends, tuple(0.1 * index for index in range(len(phones)))


@pytest.mark.parametrize("stop", ["p", "t", "k", "tɕ", "ts"])
def test_the_silence_before_a_stop_or_affricate_becomes_the_stops(stop: str) -> None:
    ends = closures_in_stops(["o", "cl", stop, "o"], [0.3, 0.5, 0.55, 0.9])
    assert ends == pytest.approx((0.3, 0.3 + CLOSURE_SECONDS, 0.55, 0.9))


def test_before_a_fricative_it_stays_the_closures() -> None:
    assert closures_in_stops(["a", "cl", "s", "a"], [0.3, 0.5, 0.6, 0.9]) == (0.3, 0.5, 0.6, 0.9)


def test_a_shorter_closure_keeps_its_length_and_what_starts_or_ends_with_one_is_no_error() -> None:
    assert closures_in_stops(["cl", "k", "a", "cl"], [0.02, 0.1, 0.4, 0.6]) == (0.02, 0.1, 0.4, 0.6)
    assert closures_in_stops([], []) == ()


def test_a_voiceless_stop_after_a_pause_begins_with_its_closure() -> None:
    assert closures_in_stops(["SP", "t", "a"], [0.5, 0.53, 0.9]) == pytest.approx(
        (0.53 - STOP_AFTER_PAUSE_SECONDS, 0.53, 0.9)
    )
    assert closures_in_stops(["SP", "d", "a"], [0.5, 0.53, 0.9]) == (0.5, 0.53, 0.9)  # voicing is heard
    assert closures_in_stops(["AP", "t", "a"], [0.5, 0.6, 0.9]) == (0.5, 0.6, 0.9)  # long enough


def test_the_pause_before_such_a_stop_does_not_vanish() -> None:
    ends = closures_in_stops(["a", "SP", "t"], [0.5, 0.53, 0.54])
    assert ends == pytest.approx((0.5, 0.5 + SLIVER_SECONDS, 0.54))
    assert closures_in_stops(["a", "SP", "t"], [0.5, 0.505, 0.51]) == (0.5, 0.505, 0.51)


@pytest.mark.parametrize("convention", Convention)
def test_a_pause_of_two_boundaries_that_fell_together_is_none(convention: Convention) -> None:
    labels = labelled("SP a SP i", 0.3, 0.5, 0.501, 0.9)
    assert by_convention(labels, convention) == (("SP", "a", "i"), (0.3, 0.5, 0.9), (0.0, 0.1, pytest.approx(0.3)))


def test_at_the_end_it_is_the_last_phones_and_alone_it_stays() -> None:
    assert by_convention(labelled("a SP", 0.5, 0.505), Convention.sound) == (("a",), (0.505,), (0.0,))
    assert by_convention(labelled("SP", 0.005), Convention.sound) == labelled("SP", 0.005)


def test_a_short_gap_before_a_consonant_is_the_consonants_by_nits_convention() -> None:
    labels = labelled("o SP ɲ i", 0.3, 0.3 + 0.9 * GAP_SECONDS, 0.5, 0.9)
    assert by_convention(labels, Convention.sound) == labels
    assert by_convention(labels, Convention.nit)[:2] == (("o", "ɲ", "i"), (0.3, 0.5, 0.9))


@pytest.mark.parametrize(
    ("text", "gap_seconds"), [("o SP ɲ i", 0.2), ("o AP ɲ i", 0.1), ("o SP i k", 0.1)], ids=["rest", "breath", "vowel"]
)
def test_rests_breaths_and_gaps_before_vowels_stay(text: str, gap_seconds: float) -> None:
    labels = labelled(text, 0.3, 0.3 + gap_seconds, 0.55, 0.9)
    assert by_convention(labels, Convention.nit) == labels
