from __future__ import annotations

import numpy as np
import pytest

from graduation_model.simulation.places import draw_places
from graduation_model.simulation.welfare import VISIT_STEPS, draw_welfare, outlook

N = 20_000


@pytest.fixture(scope="module")
def params(jamsosratu):
    return jamsosratu.simulation.model_copy(update={"province": "quiet"}).prepared()


@pytest.fixture(scope="module")
def places(params):
    return draw_places(N, params, households=N, rng=np.random.default_rng(1))


@pytest.fixture(scope="module")
def welfare(places, params):
    return draw_welfare(places, params, waves=1, rng=np.random.default_rng(2))


def test_the_static_part_explains_about_half(welfare):
    assert 0.4 < np.corrcoef(welfare.static, welfare.log_ratio[:, 0])[0, 1] ** 2 < 0.6


def test_what_lasts_fades_more_slowly_than_luck(welfare, params):
    kept = [np.corrcoef(part[:, 0], part[:, 2])[0, 1] for part in (welfare.persistent, welfare.transitory)]
    made = params.welfare
    assert kept == pytest.approx([made.persistent_kept**2, made.transitory_kept**2], abs=0.03)


def test_neighbours_are_alike(welfare, places):
    village = np.bincount(places.village, welfare.static) / np.maximum(np.bincount(places.village), 1)
    between = np.var(village[places.village])
    assert between > 1.2 * np.var(welfare.static) / (N / places.n_villages)


def test_the_outlook_is_what_the_paths_do(welfare, places, params):
    steps = np.array(VISIT_STEPS)
    shared = tuple(welfare.shared[places.district, step] for step in steps)
    parts = (welfare.static, welfare.persistent[:, 0], welfare.transitory[:, 0])
    seen = outlook(params, shared, *(part.astype(float) for part in parts))
    error = params.visits.measurement * np.random.default_rng(3).standard_normal((N, 2))
    first, second = (welfare.log_ratio[:, steps] + error - np.stack([seen.first, seen.second], axis=1)).T
    assert [first.mean(), second.mean()] == pytest.approx([0, 0], abs=0.01)
    assert [first.std(), second.std()] == pytest.approx(seen.sd, rel=0.02)
    assert np.cov(first, second)[0, 1] / first.var() == pytest.approx(seen.slope, abs=0.02)


def test_a_quiet_province_has_no_years_that_differ(welfare):
    assert np.ptp(welfare.shared, axis=1).max() == 0


def test_an_honest_province_has_them(jamsosratu, places):
    honest = draw_welfare(places, jamsosratu.simulation.prepared(), waves=1, rng=np.random.default_rng(2))
    assert np.ptp(honest.shared, axis=1).min() > 0
