"""Damaged `.ds` documents: they are sung, or refused in words; nothing else happens."""

from __future__ import annotations

import copy
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from svs_cli.duration.rule import RuleDuration
from svs_cli.errors import PerformanceError, SvsError
from svs_cli.performance.completion import filled, singable, with_energy
from svs_cli.performance.ds_file import from_json, to_json
from svs_cli.performance.energy import rule_energy
from svs_cli.performance.voicing import voiced_f0
from svs_cli.pitch.rule import RulePitch

WHOLE: list[dict[str, Any]] = [
    {
        "offset": 0.5, "text": "さら", "ph_seq": "SP s a ɾ a SP", "ph_num": "2 2 1 1",
        "ph_dur": "0.2 0.1 0.4 0.1 0.5 0.2",
        "note_seq": "rest A4 B4+20 rest", "note_dur": "0.3 0.5 0.5 0.2", "note_slur": "0 0 0 0",
        "f0_seq": "440 441 0 493", "f0_timestep": "0.5", "energy": "0 1 2", "energy_timestep": "0.5",
        "seed": 3, "spk_mix": {"a": 0.5, "b": 0.5},
        "svs": {"version": 1, "duration": 4.0, "title": "t", "part": "p", "language": "ja", "warnings": [],
                "notes": [{}, {"bar": "1", "lyric": "さ"}, {"dynamic": [0.5, 0.6]}, {}]},
    },
    {"offset": 2.5, "text": "あ", "ph_seq": "SP a", "ph_num": "1 1", "note_seq": "rest C4", "note_dur": "0.2 1"},
]  # fmt: skip
JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**9), 10**9), st.floats(), st.text(max_size=8), st.just([]), st.just({}),
    st.sampled_from([
        "nan", "inf", "-1 -1 -1 -1", "1e300", "0 0 0 0", "1 1 1 1 1 1", "0.0000001 1 1 1", "rest rest rest rest",
        "A4", "C99 C-99 A4 rest", "1e9 1e9 1e9 1e9", "SP SP SP SP SP SP", "a a a a a a", "1 1", "99999999999999999999",
    ]),
)  # fmt: skip
PLACES = [(i, key) for i, item in enumerate(WHOLE) for key in item] + [
    (0, f"svs/{key}") for key in ("version", "duration", "title", "part", "language", "warnings", "notes")
]  # fmt: skip


def sing(text: str) -> None:
    """All that happens to a document before the acoustic model."""
    document = filled(from_json(text), "phone_durations_seconds", RuleDuration().predict)
    document = singable(with_energy(filled(document, "f0", RulePitch().predict), rule_energy))
    for segment in document.segments:
        assert segment.start_frame >= 0
        assert segment.phone_frames().sum() == segment.frames
        assert np.isfinite(voiced_f0(segment)).all()
    assert from_json(to_json(document)).frames == document.frames


def test_the_whole_document_can_be_sung() -> None:
    sing(json.dumps(WHOLE))


@settings(deadline=None, max_examples=80, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(PLACES), JUNK | st.just("REMOVE")), min_size=1, max_size=3))
def test_damaged_values_are_sung_or_refused(changes: list[tuple[tuple[int, str], Any]]) -> None:
    damaged = copy.deepcopy(WHOLE)
    for (index, key), value in changes:
        table = damaged[index]
        if key.startswith("svs/"):
            table, key = table.get("svs"), key[4:]  # type: ignore[assignment]
        if isinstance(table, dict):
            table.pop(key, None) if value == "REMOVE" else table.update({key: value})
    attempt(json.dumps(damaged))


@settings(deadline=None, max_examples=80, derandomize=True)
@given(st.data())
def test_damaged_text_is_refused(data: st.DataObject) -> None:
    text = json.dumps(WHOLE, ensure_ascii=False)
    start = data.draw(st.integers(0, len(text)))
    stop = data.draw(st.integers(start, len(text)))
    attempt(text[:start] + data.draw(st.text(max_size=3)) + text[stop:])


@pytest.mark.parametrize("text", ["", "[]", "{}", "[[]]", "null", "[1]", "[" * 100_000, '[{"ph_seq": ""}]', "NaN"])
def test_no_documents_are_refused(text: str) -> None:
    with pytest.raises(SvsError):
        from_json(text)


@pytest.mark.parametrize(
    ("key", "value"),
    [("seed", float("nan")), ("seed", float("inf")), ("seed", "x"), ("spk_mix", "a"), ("spk_mix", [1])],
)
def test_seeds_and_mixes_that_are_none_are_refused(key: str, value: object) -> None:
    with pytest.raises(PerformanceError, match=f"segment 1.*{key}"):
        from_json(json.dumps([{**WHOLE[0], key: value}]))


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("beat", "x", "a number"), ("lyric", 5, "a string"), ("fermata", "x", "true or false"),
        ("nope", 1, "unknown key"),
    ],
)
def test_details_of_another_type_are_refused(key: str, value: object, message: str) -> None:
    damaged = copy.deepcopy(WHOLE)
    damaged[0]["svs"]["notes"][1][key] = value
    with pytest.raises(PerformanceError, match=f"segment 1, note 2: .*{message}"):
        from_json(json.dumps(damaged))


def test_a_segment_without_a_frame_is_refused() -> None:
    with pytest.raises(PerformanceError, match="segment 2 is shorter than a frame"):
        from_json(json.dumps([WHOLE[0], {**WHOLE[1], "note_dur": "0.002 0.003", "offset": 2.505}]))


def attempt(text: str) -> None:
    """Sing it, or be told why not."""
    try:
        sing(text)
    except SvsError as error:
        assert error.exit_code == 3
        assert error.message
