import pytest

from svs_cli.alignment.geminates import CLOSURE_SECONDS, closures_in_stops


@pytest.mark.parametrize("stop", ["p", "t", "k", "tɕ", "ts"])
def test_the_silence_before_a_stop_or_affricate_becomes_the_stops(stop: str) -> None:
    ends = closures_in_stops(["o", "cl", stop, "o"], [0.3, 0.5, 0.55, 0.9])
    assert ends == pytest.approx((0.3, 0.3 + CLOSURE_SECONDS, 0.55, 0.9))


def test_before_a_fricative_it_stays_the_closures() -> None:
    assert closures_in_stops(["a", "cl", "s", "a"], [0.3, 0.5, 0.6, 0.9]) == (0.3, 0.5, 0.6, 0.9)


def test_a_shorter_closure_keeps_its_length_and_what_starts_or_ends_with_one_is_no_error() -> None:
    assert closures_in_stops(["cl", "k", "a", "cl"], [0.02, 0.1, 0.4, 0.6]) == (0.02, 0.1, 0.4, 0.6)
    assert closures_in_stops([], []) == ()
