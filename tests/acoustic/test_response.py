"""What a network is told for what is drawn: the inverse of how it follows."""

from __future__ import annotations

import numpy as np
import pytest

from svs_cli.acoustic.conditions import TECHNIQUE_LIMIT_DB
from svs_cli.acoustic.response import HEARD_ENERGY_DB, Response

FOLLOWS = Response((1.0, -0.1, 0.02), (-0.05, 0.5, 0.01), (0.05, 0.06, 0.3))


def curve(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def heard(told: tuple[np.ndarray | None, ...], gain: np.ndarray | None) -> np.ndarray:
    """What a network that follows as it should makes of what it is told, (3, frames)."""
    frames = next(len(one) for one in told if one is not None)
    known = np.stack([np.zeros(frames) if one is None else np.nan_to_num(one) for one in told])
    sound = FOLLOWS.matrix @ known
    sound[0] += 0 if gain is None else gain
    return sound


def test_what_is_drawn_is_heard() -> None:
    told, gain = FOLLOWS.told((curve(2, -4, 0), curve(3, 0, -3), curve(-2, 4, 0)))
    np.testing.assert_allclose(heard(told, gain), [[2, -4, 0], [3, 0, -3], [-2, 4, 0]], atol=1e-5)


def test_what_is_not_drawn_is_not_told() -> None:
    assert FOLLOWS.told((None, None, None)) == ((None, None, None), None)
    (energy, breath, tension), gain = FOLLOWS.told((None, None, curve(3)))
    assert energy is None and breath is None and gain is None
    np.testing.assert_allclose(tension, 10, rtol=1e-6)
    told, gain = FOLLOWS.told((curve(3, 3), curve(np.nan, 2), None))
    assert told[1] is not None and np.isnan(told[1][0]) and told[0] is not None and told[0][0] == 3
    np.testing.assert_allclose(heard(told, gain)[:2], [[3, 3], [-0.15, 2]], atol=1e-5)
    unknown, gain = FOLLOWS.told((curve(np.nan), curve(1), None))
    assert unknown[0] is not None and np.isnan(unknown[0][0]) and gain is not None and gain[0] == 0


def test_beyond_what_was_learned_energy_alone_goes_on() -> None:
    told, gain = FOLLOWS.told((curve(20), curve(0), curve(-12)))
    energy, _, tension = told
    assert energy is not None and energy[0] == HEARD_ENERGY_DB and tension is not None
    assert tension[0] == -TECHNIQUE_LIMIT_DB
    np.testing.assert_allclose(heard(told, gain)[0], 20, atol=1e-5)


def test_a_response_that_cannot_be_turned_round_is_refused() -> None:
    for rows in (
        {"tension": (0.0, 0.0, 0.05)}, {"energy": (1.0, 1.0, 0.0)}, {"energy": (float("nan"), 0.0, 0.0)},
    ):  # fmt: skip
        with pytest.raises(ValueError, match="move itself"):
            Response(**rows)
