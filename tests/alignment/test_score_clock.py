"""When a score guides an alignment, and when it does not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from svs_cli.alignment.aligner import Aligner, Alignment, Heard
from svs_cli.alignment.network import AlignerConfig, AlignerNetwork
from svs_cli.alignment.score_clock import aligned_by_score, on_singers_clock

ASKED = (0.0, 0.5, 1.0, 2.0, 2.5, 3.0, 3.25, 3.5, 4.0, 5.0)


def sung(starts_seconds: Sequence[float]) -> Alignment:
    """Vowels that start there, each after a consonant."""
    ends = [time for start in starts_seconds for time in (start, start + 0.05)][1:]
    phones = ("SP", *("a", "k") * len(starts_seconds))[: len(ends) + 1]
    return Alignment(tuple(phones), (starts_seconds[0], *ends), (1.0,) * len(phones), 0.0)


@settings(max_examples=40, deadline=None)
@given(st.floats(0.6, 1.8), st.floats(0.3, 9.0), st.sampled_from(range(1, len(ASKED) - 1)))
def test_the_singers_clock_is_found_past_a_wrong_nucleus(stretch: float, offset: float, wrong: int) -> None:
    starts = [stretch * asked + offset for asked in ASKED]
    starts[wrong] += 0.08
    known = on_singers_clock(ASKED, sung(starts))
    assert known == pytest.approx([stretch * asked + offset for asked in ASKED], abs=0.03)


def test_a_nucleus_without_a_note_of_its_own_stays_free() -> None:
    asked = [None if k == 3 else at for k, at in enumerate(ASKED)]
    known = on_singers_clock(asked, sung([at + 0.2 for at in ASKED]))
    assert known[3] is None and known[4] == pytest.approx(2.7)


def test_who_does_not_follow_the_score_is_not_held_to_it() -> None:
    rubato = [at + 0.5 * np.sin(3.0 * at) + 1.0 for at in ASKED]
    assert on_singers_clock(ASKED, sung(rubato)) == []
    assert on_singers_clock(ASKED[:-1], sung(ASKED)) == []
    assert on_singers_clock(ASKED[:7], sung(ASKED[:7])) == []
    assert on_singers_clock(ASKED, sung([3.0 * at + 0.1 for at in ASKED])) == []


class TwoLooks(Aligner):
    """Hears nothing; finds one vowel late unless it is told when it begins."""

    def __init__(self) -> None:
        super().__init__(AlignerNetwork(3, AlignerConfig(4, 1, (1,))), ("SP", "a", "k"))
        self.told: list[tuple[float | None, ...]] = []

    def hear(self, samples: NDArray[np.float32]) -> Heard:
        return Heard(np.zeros((1, 3), np.float32), np.zeros(1, np.float32), len(samples) / 44_100)

    def align(self, heard: Heard, words: list[list[str]], nuclei_seconds: Sequence[float | None] = ()) -> Alignment:
        self.told.append(tuple(nuclei_seconds))
        return sung([at + 1.0 + (0.2 if k == 4 and not nuclei_seconds else 0.0) for k, at in enumerate(ASKED)])


def test_the_second_look_is_told_what_the_first_found() -> None:
    aligner = TwoLooks()
    found = aligned_by_score(aligner, np.zeros(44_100, np.float32), [["a"]], ASKED)
    assert aligner.told[0] == () and aligner.told[1] == pytest.approx([at + 1.0 for at in ASKED])
    assert found.ends_seconds == sung([at + 1.0 for at in ASKED]).ends_seconds
    aligned_by_score(aligner, np.zeros(44_100, np.float32), [["a"]], ())
    assert aligner.told[2:] == [()]
