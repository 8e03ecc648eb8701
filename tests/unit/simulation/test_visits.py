from __future__ import annotations

import numpy as np
import pytest

from graduation_model.simulation.places import draw_places
from graduation_model.simulation.visits import INTERVIEWED, MOVED, draw_visits
from graduation_model.simulation.welfare import draw_welfare


@pytest.fixture
def visits(jamsosratu):
    rng = np.random.default_rng(3)
    places = draw_places(20_000, jamsosratu.simulation, households=20_000, rng=rng)
    return draw_visits(draw_welfare(places, jamsosratu.simulation, waves=2, rng=rng), jamsosratu.simulation, rng=rng)


def test_the_last_visit_misses_a_quarter_to_a_third(visits):
    assert 0.25 < (visits.status[..., 1] != INTERVIEWED).mean() < 0.35


def test_who_moved_is_not_met_at_the_last_visit(visits):
    gone = visits.moved & (visits.status[..., 1] == MOVED)
    assert gone.any()
    assert not (visits.moved & (visits.status[..., 1] == INTERVIEWED)).any()


def test_who_is_met_at_last_had_neither_moved_nor_died(visits):
    earlier = visits.status[..., 0][visits.status[..., 1] == INTERVIEWED]
    assert set(np.unique(earlier)) == {INTERVIEWED, "not_found"}


def test_families_that_fell_below_the_line_are_lost_more_often(visits, jamsosratu):
    failed = (visits.found < jamsosratu.simulation.exit_line).any(axis=2)
    lost = visits.status[..., 1] != INTERVIEWED
    assert 0.04 < lost[failed].mean() - lost[~failed].mean() < 0.12
