"""The closed forms against a numerical integration of the same second-order system."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import TransferFunction, impulse, step

from svs_cli.pitch import saitou

SYSTEMS = [(34.8, 0.5422), (29.2, 0.6681), (120.0, 0.3), (10.0, 0.9)]


@pytest.mark.parametrize(("rate", "damping"), SYSTEMS)
def test_closed_forms_agree_with_the_differential_equation(rate, damping):
    system = TransferFunction([rate**2], [1.0, 2.0 * damping * rate, rate**2])
    times = np.linspace(0.0, 0.5, 500)
    np.testing.assert_allclose(saitou.step_response(times, rate, damping), step(system, T=times)[1], atol=1e-6)
    reference = impulse(system, T=times)[1]
    fine = impulse(system, T=np.linspace(0.0, 0.5, 50_000))[1].max()
    np.testing.assert_allclose(saitou.impulse_response(times, rate, damping), reference / fine, atol=1e-4)


@pytest.mark.parametrize(("rate", "damping"), SYSTEMS)
def test_arrival_overshoot_and_settling(rate, damping):
    arrival = saitou.arrival_seconds(rate, damping)
    assert saitou.step_response(np.array([arrival]), rate, damping)[0] == pytest.approx(1.0)
    assert saitou.rad_per_second_for(arrival, damping) == pytest.approx(rate)
    times = np.linspace(0.0, 2.0, 200_000)
    response = saitou.step_response(times, rate, damping)
    assert response.max() - 1.0 == pytest.approx(saitou.overshoot_of(damping), rel=1e-3)
    assert saitou.damping_of(saitou.overshoot_of(damping)) == pytest.approx(damping)
    settled = saitou.step_response(np.array([saitou.settled_seconds(rate, damping)]), rate, damping)
    assert abs(settled[0] - 1.0) < 1e-3


def test_nothing_happens_before_the_step():
    assert np.all(saitou.step_response(np.array([-1.0, 0.0]), 34.8, 0.5422) == 0.0)
    assert np.all(saitou.impulse_response(np.array([-1.0, 0.0]), 34.8, 0.5422) == 0.0)
