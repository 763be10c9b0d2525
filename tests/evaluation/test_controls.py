"""Technique curves: the change that is heard, where it is known how the sound was changed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from svs_cli.acoustic.conditions import TECHNIQUES
from svs_cli.acoustic.response import Response
from svs_cli.analysis.technique import technique
from svs_cli.errors import UsageError
from svs_cli.evaluation.controls import (
    Change,
    changes_db,
    checked_offsets,
    control_changes,
    responses_of,
    with_all_curves,
    with_offset,
)
from svs_cli.evaluation.controls_report import as_json, as_text
from svs_cli.evaluation.extract import F0Extractor
from svs_cli.evaluation.likeness import PitchErrors
from svs_cli.evaluation.made_vowels import MadeVowel, made_vowel
from svs_cli.evaluation.rows import Cast, Material, Singing
from svs_cli.performance.document import SampledCurve
from tests.evaluation.signals import Tune


def test_gain_moves_energy_alone_and_hiss_moves_breathiness() -> None:
    samples, f0_hz = made_vowel(MadeVowel("a", 220.0))
    first = technique(samples, f0_hz)
    louder = changes_db(technique(2 * samples, f0_hz), first)
    assert louder == {
        "energy": pytest.approx(6.02, abs=0.01), "breathiness": pytest.approx(0, abs=0.01),
        "tension": pytest.approx(0, abs=0.01),
    }  # fmt: skip
    hiss = np.random.default_rng(4).normal(0, 0.005, len(samples)).astype(np.float32)
    breathy = changes_db(technique(samples + hiss, f0_hz), first)
    assert breathy["breathiness"] > 10
    assert abs(breathy["energy"]) < 0.2 and abs(breathy["tension"]) < 1


def test_the_voice_by_rule_follows_energy_alone() -> None:
    cast = Cast(Singing(voices=("formant",), vocoder="world"), lambda stage, share_done: None)
    material = Material(Tune(midis=(60, 64), consonants=("k", "n"), note_seconds=0.3).document())
    found = list(control_changes(cast, cast.voices[0], "tune", material, (-6.0,), F0Extractor()))
    assert [(one.curve, one.asked_db) for one in found] == [(name, -6.0) for name in TECHNIQUES]
    softer, breathier, tenser = (one.changes_db for one in found)
    assert softer["energy"] == pytest.approx(-6, abs=0.1)
    assert softer["breathiness"] == pytest.approx(0, abs=0.5)
    assert set(breathier.values()) == set(tenser.values()) == {0.0}
    assert found[0].pitch.values()["f0_median_absolute_cents"] < 1


def test_nothing_voiced_means_no_figure() -> None:
    silent = technique(np.zeros(9000, np.float32), np.zeros(18, np.float32))
    assert set(changes_db(silent, silent).values()) == {None}


def test_curves_are_kept_and_moved() -> None:
    document = Tune(midis=(60,), consonants=("k",)).document()
    (segment,) = document.segments
    drawn = SampledCurve(np.array([1, 2], np.float32), 0.5)
    whole = with_all_curves(document.with_(segments=(segment.with_(curves={"tension": drawn, "gender": drawn}),)))
    assert set(whole.segments[0].curves) == {*TECHNIQUES, "gender"}
    assert not whole.segments[0].curves["energy"].at_frames(segment.frames).any()
    moved = with_offset(whole, "tension", -6.0).segments[0].curves
    assert moved["tension"].values.tolist() == [-5, -4]
    assert moved["gender"] == drawn


def test_offsets_that_tell_nothing_are_refused() -> None:
    assert checked_offsets((-6.0, 6.0)) == (-6.0, 6.0)
    for wrong in (0.0, 40.0):
        with pytest.raises(UsageError, match="tells nothing"):
            checked_offsets((wrong,))


def test_the_table_means_over_documents() -> None:
    pitch = PitchErrors(np.array([1, 3], np.float32), 0, 4)
    changes = [Change("kumi", title, "energy", 6.0, {"energy": heard, "breathiness": None, "tension": 0.5}, pitch)
               for title, heard in (("one", 5.0), ("two", 6.0))]  # fmt: skip
    text = as_text(changes, F0Extractor())
    line = next(line for line in text.splitlines() if line.startswith("  energy +6"))
    assert line.split() == ["energy", "+6", "+5.50", "-", "+0.50", "2.0", "100.0", "0.0"]
    (row,) = as_json(changes, F0Extractor())["rows"]
    assert (row["documents"], row["changes_db"]["breathiness"]) == (2, None)


def test_the_response_is_what_was_in_force_times_what_was_measured() -> None:
    known = Response(tension=(0.0, 0.0, 0.5))
    follows = {"energy": (1.0, 0.0, 0.0), "breathiness": (0.1, 0.5, 0.0), "tension": (0.0, -0.1, 0.8)}

    def change(curve: str, asked_db: float, model: str = "own") -> Change:
        heard = dict(zip(TECHNIQUES, (asked_db * share for share in follows[curve]), strict=True))
        return Change("ann", "song", curve, asked_db, heard, PitchErrors(), model, known)

    changes = [change(curve, asked_db) for curve in TECHNIQUES for asked_db in (-6.0, 3.0)]
    by_rule = Change("formant", "song", "energy", 6.0, dict.fromkeys(TECHNIQUES, 0.0), PitchErrors(), "rule")
    (response,) = responses_of([*changes, by_rule]).values()
    assert response == Response((1.0, 0.1, 0.0), (0.0, 0.5, -0.05), (0.0, 0.0, 0.4))
    text = as_text(changes, F0Extractor())
    assert text.splitlines()[-4:] == [
        "[response]", "energy = [1.0, 0.1, 0.0]", "breathiness = [0.0, 0.5, -0.05]", "tension = [0.0, 0.0, 0.4]",
    ]  # fmt: skip
    assert as_json(changes, F0Extractor())["responses"]["own"]["tension"] == (0.0, 0.0, 0.4)
    assert not responses_of([change("energy", 6.0)])  # nothing is known of the others
    beyond = replace(change("tension", 20.0), changes_db=change("tension", known.reach_db("tension")).changes_db)
    assert responses_of([*changes, beyond])["own"] == response  # no more was told than half of 15 dB
