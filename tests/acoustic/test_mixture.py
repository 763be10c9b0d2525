"""Who sings each frame, from words and from spk_mix."""

from __future__ import annotations

import numpy as np
import pytest

from svs_cli.acoustic.mixture import TIMESTEP_KEY, Part, mixture_of
from svs_cli.errors import PerformanceError
from svs_cli.performance.document import Performance, Segment
from svs_cli.performance.ds_file import from_json, to_json
from svs_cli.units import GRID

SEGMENT = Segment(0.0, ("a",), (1,), (57.0,), (1.0,), (0,), phone_durations_seconds=(1.0,))


def test_words_hold_for_every_frame() -> None:
    (one, much), (other, little) = mixture_of(SEGMENT, "ann:3,bob/strong:1")
    assert (one.speaker, other.speaker, other.style) == ("ann", "bob", "strong")
    assert (much == 0.75).all() and (little == 0.25).all() and len(much) == SEGMENT.frames


def test_curves_of_a_document_move_and_win() -> None:
    mixed = SEGMENT.with_(speaker_mix={"ann": [1.0, 0.0], "bob/strong": "0 1"}, other={TIMESTEP_KEY: "0.5"})
    (one, ann), (other, bob) = mixture_of(mixed, "cleo")
    assert one == Part("ann") and other == Part("bob", "strong")
    np.testing.assert_allclose(ann + bob, 1.0, atol=1e-6)
    assert ann[0] == 1.0 and bob[-1] == 1.0
    assert ann[GRID.frame_of(0.25)] == pytest.approx(0.5, abs=0.02)
    still = SEGMENT.with_(speaker_mix={"ann": 2.0, "bob": 6.0})
    assert [float(share[7]) for _, share in mixture_of(still, "cleo")] == [0.25, 0.75]


def test_curves_come_through_a_file() -> None:
    mixed = SEGMENT.with_(speaker_mix={"ann": "1 0", "bob": "0 1"}, other={TIMESTEP_KEY: "0.5"})
    read = from_json(to_json(Performance((mixed,), 1.0))).segments[0]
    np.testing.assert_array_equal(mixture_of(read, "cleo")[1][1], mixture_of(mixed, "cleo")[1][1])
    assert not read.curves


@pytest.mark.parametrize(
    ("mix", "message"),
    [({"ann": -1.0}, "'ann'"), ({"ann": 0.0}, "sum to nothing"), ({"ann": [1.0, 0.5]}, TIMESTEP_KEY),
     ({"ann": "much"}, "'ann'"), ({"ann": []}, "'ann'")],
)  # fmt: skip
def test_what_is_no_mixture_is_said(mix: dict[str, object], message: str) -> None:
    with pytest.raises(PerformanceError, match=message):
        mixture_of(SEGMENT.with_(speaker_mix=mix), "cleo")
