"""Dynamics by rule: marks move the level, the rest only shades it."""

from __future__ import annotations

import time

import numpy as np
import pytest

from svs_cli.performance.completion import with_energy
from svs_cli.performance.document import NoteDetail, SampledCurve
from svs_cli.performance.energy import CURVE, rule_energy
from svs_cli.performance.overrides import NoteOverrides
from svs_cli.units import GRID
from tests.duration.fakes import performance, segment

WORDS = [("SP", [(None, 0.5)]), *[("a", [(60.0, 0.5)])] * 8, ("SP", [(None, 0.5)])]


def energy(words=WORDS, details=(), offset=0.0) -> np.ndarray:
    plain = segment(words, offset).with_(details=tuple(details))
    result = rule_energy(performance(plain)).segments[0]
    assert len(result.curves[CURVE].values) == result.frames
    assert np.all(np.isfinite(result.curves[CURVE].values))
    return result.curves[CURVE].values


def at(curve: np.ndarray, seconds: float) -> float:
    return float(curve[GRID.frame_of(seconds)])


def marked(*dynamics: float) -> list[NoteDetail]:
    return [NoteDetail(dynamic=(level, level), beat=2.0) for level in dynamics]


def test_mezzo_forte_is_about_zero_with_a_gentle_arch():
    curve = energy()
    assert np.abs(curve).max() < 4.5
    assert at(curve, 2.9) > at(curve, 0.7) + 1.0
    assert at(curve, 4.45) < at(curve, 2.9) - 2.0


def test_dynamics_from_pp_to_ff():
    quiet, loud = energy(details=marked(*[0.25] * 10)), energy(details=marked(*[0.8] * 10))
    normal = energy(details=marked(*[0.55] * 10))
    np.testing.assert_allclose(quiet - normal, -12.0, atol=0.01)
    np.testing.assert_allclose(loud - normal, 8.0, atol=0.01)


def test_hairpin_rises_within_a_long_note():
    note = [("a", [(60.0, 4.0)])]
    curve = energy(note, [NoteDetail(dynamic=(0.3, 0.85))])
    assert at(curve, 2.5) - at(curve, 0.5) > 5.0
    assert np.abs(np.diff(curve)).max() < 0.5


def test_accent_is_an_attack_that_decays():
    details = [NoteDetail(beat=2.0)] * 10
    accented = list(details)
    accented[4] = NoteDetail(beat=2.0, articulations=("accent",))
    difference = energy(details=accented) - energy(details=details)
    assert at(difference, 1.0) == pytest.approx(0.0, abs=1e-5)
    assert 1.2 < difference.max() < 3.0
    assert GRID.frame_of(2.0) <= difference.argmax() <= GRID.frame_of(2.1)
    assert at(difference, 2.6) < 0.2


def test_marks_differ_in_size():
    def peak(mark: str) -> float:
        details = [NoteDetail(beat=2.0)] * 10
        marked_ = [*details[:4], NoteDetail(beat=2.0, articulations=(mark,)), *details[5:]]
        difference = energy(details=marked_) - energy(details=details)
        return float(difference[np.abs(difference).argmax()])

    assert peak("sforzando") == pytest.approx(1.5 * peak("accent"), rel=1e-4)
    assert peak("unstress") < 0 < peak("soft-accent") < peak("accent")
    assert peak("tenuto") == pytest.approx(1.0, abs=0.05)
    assert peak("staccato") == 0.0


def test_a_tenuto_does_not_die_away_at_the_end_of_a_phrase():
    details = [NoteDetail(beat=2.0)] * 10
    held = [*details[:8], NoteDetail(beat=2.0, articulations=("tenuto",)), details[9]]
    assert at(energy(details=held), 4.45) > at(energy(details=details), 4.45) + 2.0


def test_expression_scales_the_marks_but_not_what_a_person_asks():
    asked = NoteOverrides(dynamic=(0.25, 0.25))
    for wish, span_db in ((None, -24.0), (asked, -12.0)):
        details = [NoteDetail(dynamic=(0.25, 0.25), beat=2.0, overrides=wish)] * 10
        plain = [NoteDetail(beat=2.0)] * 10
        curves = [
            rule_energy(performance(segment(WORDS).with_(details=tuple(own))).with_(expression=2.0)).segments[0]
            for own in (details, plain)
        ]
        np.testing.assert_allclose(curves[0].curves[CURVE].values - curves[1].curves[CURVE].values, span_db, atol=0.01)
    flat = rule_energy(performance(segment(WORDS)).with_(expression=0.0)).segments[0].curves[CURVE].values
    assert not flat.any()


def test_downbeats_and_high_notes_are_a_little_louder():
    flat = energy(details=[NoteDetail(beat=2.0)] * 10)
    down = energy(details=[NoteDetail(beat=1.0 if i == 3 else 2.0) for i in range(10)])
    assert at(down - flat, 1.75) == pytest.approx(0.7, abs=0.02)
    high = [("a", [(60.0, 0.5)]), ("a", [(60.0, 0.5)]), ("a", [(72.0, 0.5)]), ("a", [(60.0, 0.5)])]
    low = [("a", [(60.0, 0.5)])] * 4
    assert at(energy(high) - energy(low), 1.25) == pytest.approx(1.8, abs=0.02)


def test_a_curve_drawn_by_the_user_stays():
    own = SampledCurve(np.array([1.0, 2.0], np.float32), 0.5)
    whole = performance(segment(WORDS).with_(curves={CURVE: own}))
    assert with_energy(whole, rule_energy).segments[0].curves[CURVE] is own
    assert rule_energy(whole).segments[0].curves[CURVE] is not own


def test_rests_only_one_frame_and_speed():
    assert np.all(energy([("SP", [(None, 1.0)])]) == 0.0)
    energy([("a", [(60.0, 0.012)])], offset=0.3)
    long = performance(*[segment(WORDS * 2, 10.0 * i) for i in range(60)])
    started = time.process_time()
    rule_energy(long)
    assert time.process_time() - started < 1.0


def curves(details, expression: float = 1.0) -> dict[str, np.ndarray]:
    document = performance(segment(WORDS).with_(details=tuple(details))).with_(expression=expression)
    return {name: curve.values for name, curve in rule_energy(document).segments[0].curves.items()}


def test_a_loud_voice_is_tenser_and_less_breathy():
    loud, quiet = curves(marked(*[0.8] * 10)), curves(marked(*[0.25] * 10))
    np.testing.assert_allclose(loud["tension"], 0.43 * 8.0, atol=0.01)
    np.testing.assert_allclose(loud["breathiness"], -0.24 * 8.0, atol=0.01)
    assert quiet["breathiness"].min() > 2.5 and quiet["tension"].max() < -4.5
    half = curves(marked(*[0.8] * 10), expression=0.5)
    np.testing.assert_allclose(half["tension"], 0.5 * loud["tension"], atol=0.01)
    accented = [NoteDetail(articulations=("accent",) * (i == 4)) for i in range(10)]
    tension = curves(accented)["tension"]
    assert at(tension, 2.05) > 0.6 and abs(at(tension, 1.5)) < 0.01


def test_without_marks_the_voice_does_what_is_usual():
    assert set(curves(())) == set(curves([NoteDetail(articulations=("accent",))] * 10, expression=0.0)) == {CURVE}
    assert set(curves(marked(*[0.8] * 10), expression=0.0)) == {CURVE}
    own = segment(WORDS).with_(
        details=tuple(marked(*[0.8] * 10)),
        curves={"tension": SampledCurve(np.full(5, 3.0, np.float32), 1.0)},
    )
    found = rule_energy(performance(own)).segments[0].curves
    assert found["tension"] is own.curves["tension"] and "breathiness" in found
