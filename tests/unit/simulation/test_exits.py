from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from graduation_model.simulation.exits import chance_of_no_failure, exit_chance
from graduation_model.simulation.params import Hardship
from graduation_model.simulation.welfare import Outlook


def seen_as(first, second, correlation=0.5, sd=0.4):
    left = sd * np.sqrt(1 - correlation**2)
    return Outlook(np.array([first]), np.array([second]), (sd, sd), correlation, left)


@pytest.fixture
def untroubled(jamsosratu):
    never = Hardship(most=0, middle=1, steepness=1)
    visits = jamsosratu.simulation.visits.model_copy(update={"food": never, "distress": never, "reentry": never})
    return jamsosratu.simulation.model_copy(update={"visits": visits})


@pytest.mark.parametrize(("first", "second", "correlation"), [(0.2, 0.4, 0.3), (-0.5, 0.1, 0.6), (0.9, 0.8, 0.2)])
def test_without_other_failures_it_is_the_bivariate_normals_upper_corner(untroubled, first, second, correlation):
    line, sd = np.log(untroubled.exit_line), 0.4
    cov = sd**2 * np.array([[1, correlation], [correlation, 1]])
    expected = multivariate_normal([-first, -second], cov).cdf([-line, -line])
    assert exit_chance(seen_as(first, second, correlation), untroubled, graduated=False)[0] == pytest.approx(
        expected, abs=2e-3
    )


def test_hopeless_and_certain_families_stay_within_zero_and_one(untroubled):
    assert exit_chance(seen_as(-4.0, -4.0), untroubled, graduated=False)[0] == pytest.approx(0, abs=1e-9)
    assert exit_chance(seen_as(3.0, 3.0), untroubled, graduated=False)[0] == pytest.approx(1, abs=2e-3)


@pytest.mark.parametrize("graduated", [False, True])
def test_it_is_what_drawn_lives_do(jamsosratu, graduated):
    params, rng, n = jamsosratu.simulation, np.random.default_rng(1), 200_000
    seen = seen_as(0.3, 0.35)
    first = 0.3 + 0.4 * rng.standard_normal(n)
    second = 0.35 + 0.5 * (first - 0.3) + seen.sd_given_first * rng.standard_normal(n)
    good = [rng.random(n) < chance_of_no_failure(found, params, graduated=graduated) for found in (first, second)]
    drawn = (good[0] & good[1]).mean()
    assert exit_chance(seen, params, graduated=graduated)[0] == pytest.approx(drawn, abs=0.005)


def test_capital_lifts_and_leaving_risks(jamsosratu):
    params, seen = jamsosratu.simulation, seen_as(0.3, 0.3)
    kept, gone = (exit_chance(seen, params, graduated=graduated)[0] for graduated in (False, True))
    helped = exit_chance(seen, params, graduated=True, lift=0.2)[0]
    assert gone < kept < 1
    assert helped > gone


def test_a_visit_below_the_line_is_a_failure_whatever_else(jamsosratu):
    below = np.log(jamsosratu.simulation.exit_line) - 1e-9
    assert chance_of_no_failure(np.array([below]), jamsosratu.simulation, graduated=False)[0] == 0
