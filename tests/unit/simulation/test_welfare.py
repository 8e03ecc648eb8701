from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from graduation_model.simulation.places import draw_places
from graduation_model.simulation.welfare import both_above, draw_welfare, exit_probability


@pytest.mark.parametrize(("first", "second", "correlation"), [(0.0, 0.5, 0.3), (-2.0, -1.0, 0.6), (1.5, 2.0, 0.2)])
def test_the_chance_of_both_agrees_with_scipys_bivariate_normal(first, second, correlation):
    cov = [[1, correlation], [correlation, 1]]
    expected = multivariate_normal([0, 0], cov).cdf([-first, -second])
    assert both_above(np.array([first]), np.array([second]), correlation)[0] == pytest.approx(expected, abs=5e-4)


def test_hopeless_and_certain_families_stay_within_zero_and_one():
    chance = both_above(np.array([40.0, -40.0]), np.array([40.0, -40.0]), 0.5)
    assert chance.tolist() == pytest.approx([0, 1], abs=1e-6)


def test_the_static_part_explains_about_half(jamsosratu):
    rng = np.random.default_rng(1)
    places = draw_places(20_000, jamsosratu.simulation, households=20_000, rng=rng)
    welfare = draw_welfare(places, jamsosratu.simulation, waves=1, rng=rng)
    explained = np.corrcoef(welfare.static, welfare.log_ratio[:, 0])[0, 1] ** 2
    assert 0.4 < explained < 0.6


def test_what_lasts_fades_more_slowly_than_luck(jamsosratu):
    rng = np.random.default_rng(1)
    places = draw_places(20_000, jamsosratu.simulation, households=20_000, rng=rng)
    welfare = draw_welfare(places, jamsosratu.simulation, waves=1, rng=rng)
    kept = [np.corrcoef(part[:, 0], part[:, 2])[0, 1] for part in (welfare.persistent, welfare.transitory)]
    made = jamsosratu.simulation.welfare
    assert kept == pytest.approx([made.persistent_kept**2, made.transitory_kept**2], abs=0.03)


def test_neighbours_are_alike(jamsosratu):
    rng = np.random.default_rng(1)
    places = draw_places(20_000, jamsosratu.simulation, households=20_000, rng=rng)
    static = draw_welfare(places, jamsosratu.simulation, waves=1, rng=rng).static
    village = np.bincount(places.village, static) / np.maximum(np.bincount(places.village), 1)
    between = np.var(village[places.village])
    assert between > 1.2 * np.var(static) / (20_000 / places.n_villages)


def test_the_true_chance_rises_with_what_lasts(jamsosratu):
    rng = np.random.default_rng(1)
    places = draw_places(500, jamsosratu.simulation, households=500, rng=rng)
    welfare = draw_welfare(places, jamsosratu.simulation, waves=1, rng=rng)
    everybody, first = np.arange(500), np.zeros(500, dtype=int)
    before = exit_probability(welfare, places, jamsosratu.simulation, family=everybody, wave=first)
    welfare.persistent[:] += 1
    assert (exit_probability(welfare, places, jamsosratu.simulation, family=everybody, wave=first) > before).all()
