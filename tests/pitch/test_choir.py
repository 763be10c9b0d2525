"""Singers of a choir share a seed, and still do not move as one."""

from __future__ import annotations

import numpy as np
import pytest

from svs_cli.duration.feel import Feel, with_feel
from svs_cli.errors import PerformanceError
from svs_cli.frontend.draft import draft
from svs_cli.performance.document import Performance
from svs_cli.performance.ds_file import from_json, to_json
from svs_cli.voices.singer import RULE_PITCH, RULE_TIMING, load_duration_model, load_pitch_model
from tests.score.musicxml_builder import bar, note, read_parts_of

TUNE = [bar(note("C5", 4, "la")), bar(note("D5", 4, "la"))]


@pytest.fixture(scope="module")
def parts() -> list[Performance]:
    score = read_parts_of({"Soprano": TUNE, "Alto": TUNE})
    return [draft(score, part) for part in score.parts]


def f0_of(document: Performance, seed: int = 0) -> np.ndarray:
    timed = load_duration_model(RULE_TIMING).predict(document)
    f0 = load_pitch_model(RULE_PITCH).predict(timed, seed).segments[0].f0
    assert f0 is not None
    return f0.values


def test_two_parts_of_the_same_notes_are_two_singers(parts: list[Performance]) -> None:
    soprano, alto = (f0_of(part) for part in parts)
    assert not np.allclose(soprano, alto, rtol=1e-3)
    assert np.array_equal(alto, f0_of(from_json(to_json(parts[1])))), "the document knows which part it is"
    assert np.array_equal(soprano, f0_of(parts[1].with_(part_number=1)))


def test_onsets_off_by_chance_are_each_singers_own(parts: list[Performance]) -> None:
    soprano, alto = (with_feel(part, Feel(humanise_ms=20.0)).segments[0].note_durations_seconds for part in parts)
    assert soprano != alto


@pytest.mark.parametrize("number", ["0", "NaN", "1e400", '"x"', "-3"])
def test_a_part_that_cannot_be_is_told(parts: list[Performance], number: str) -> None:
    text = to_json(parts[1])
    assert '"part_number": 2' in text
    with pytest.raises(PerformanceError, match="part_number"):
        from_json(text.replace('"part_number": 2', f'"part_number": {number}'))
