"""Per-note overrides: what is written comes back, what nobody can sing is refused by name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from svs_cli.errors import PerformanceError
from svs_cli.performance.document import NoteDetail
from svs_cli.performance.ds_file import from_json, to_json
from svs_cli.performance.overrides import NoteOverrides, VibratoOverride, read_overrides
from tests.duration.fakes import performance, segment

ALL = NoteOverrides(
    phone_lengths_seconds={-1: 0.12, 1: 0.08}, nucleus_offset_seconds=-0.02,
    vibrato=VibratoOverride(5.5, 60.0, 0.3, 0.4), portamento_seconds=0.2, scoop_cents=80.0, dynamic=(0.3, 0.7),
    style="pop", language="ja", phones=("k", "a"),
)  # fmt: skip


def test_all_of_them_survive_the_file() -> None:
    details = (NoteDetail(), NoteDetail(overrides=ALL), NoteDetail(overrides=NoteOverrides(vibrato="off")))
    song = performance(segment([("SP", [(None, 0.5)]), ("a", [(60.0, 1.0)]), ("a", [(62.0, 1.0)])]))
    song = song.with_(segments=(song.segments[0].with_(details=details),))
    text = to_json(song)
    assert from_json(text).segments[0].details == details
    assert to_json(from_json(text)) == text
    notes = json.loads(text)[0]["svs"]["notes"]
    assert "overrides" not in notes[0]
    assert notes[2]["overrides"] == {"vibrato": "off"}


def test_the_stronger_wish_wins_key_by_key() -> None:
    own = NoteOverrides(vibrato=VibratoOverride(depth_cents=20.0), phone_lengths_seconds={-1: 0.2})
    both = own.over(ALL)
    assert both.vibrato == VibratoOverride(5.5, 20.0, 0.3, 0.4)
    assert both.phone_lengths_seconds == {-1: 0.2, 1: 0.08}
    assert both.scoop_cents == 80.0
    assert NoteOverrides(vibrato="off").over(ALL).vibrato == "off"
    assert own.over(None) is own
    assert not NoteOverrides() and own


@pytest.mark.parametrize(
    ("raw", "message", "fix"),
    [
        ({"vibrato": {"deph_cents": 3}}, "deph_cents", "depth_cents"),
        ({"scoop": 3}, "'scoop'", "scoop_cents"),
        ({"vibrato": "of"}, "vibrato", None),
        ({"vibrato": {"rate_hz": 50}}, "rate_hz must lie between 0.1 and 15", None),
        ({"dynamic": [0.2, 1.5]}, "between 0", None),
        ({"phone_lengths_seconds": {"0": 0.1}}, "the vowel", None),
        ({"phone_lengths_seconds": {"x": 0.1}}, "'x'", None),
        ({"phone_lengths_seconds": {"-1": -0.1}}, "positive", None),
        ({"phones": []}, "phones must be", None),
        ({"phones": ["k a"]}, "phones must be", None),
        ({"portamento_seconds": float("nan")}, "portamento_seconds", None),
        ([], "must be a table", None),
    ],
)
def test_what_nobody_can_sing_is_refused(raw: Any, message: str, fix: str | None) -> None:
    with pytest.raises(PerformanceError) as caught:
        read_overrides(raw, "segment 1, note 2")
    assert message in caught.value.message
    assert caught.value.message.startswith("segment 1, note 2")
    assert fix is None or fix in str(caught.value.fix)


def test_a_document_with_a_bad_override_says_which_note() -> None:
    song = performance(segment([("SP", [(None, 0.5)]), ("a", [(60.0, 1.0)])]))
    song = song.with_(segments=(song.segments[0].with_(details=(NoteDetail(), NoteDetail())),))
    raw = json.loads(to_json(song))
    raw[0]["svs"]["notes"][1]["overrides"] = {"scoop_cents": "deep"}
    with pytest.raises(PerformanceError, match=r"segment 1, note 2, overrides: scoop_cents must be a number"):
        from_json(json.dumps(raw))
