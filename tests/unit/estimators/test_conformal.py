import numpy as np
import pytest
from scipy.stats import false_discovery_control

from graduation_model.estimators.calibration import CalibratedAdditive
from graduation_model.estimators.conformal import MOST_STEPS, ConformalCalibration
from graduation_model.estimators.scorecard import LogisticScorecard
from lib.known_truth import known_world

ONES = np.ones(5)
PAST = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])


def test_a_tie_with_a_family_that_failed_counts_against_the_new_one():
    past = ConformalCalibration.fit(PAST, np.array([0, 0, 0, 1, 1]), ONES)
    assert past.p_values(np.array([0.0, 0.001])).tolist() == pytest.approx([2 / 6, 1 / 6])


def test_a_higher_score_never_has_a_larger_p_value():
    rng = np.random.default_rng(1)
    scores = rng.normal(size=6_000)
    past = ConformalCalibration.fit(scores, (rng.random(6_000) < 0.4).astype(int), rng.uniform(0.5, 2, 6_000))
    p_values = past.p_values(np.linspace(-5, 5, 500))
    assert (np.diff(p_values) <= 0).all()
    assert 0 < p_values.min() <= p_values.max() <= 1


def test_thinning_many_steps_never_flatters_a_family():
    scores = np.random.default_rng(2).normal(size=3 * MOST_STEPS)
    past = ConformalCalibration.fit(scores, np.zeros(len(scores)), np.ones(len(scores)))
    new = np.linspace(-3, 3, 101)
    exact = (1 + (scores[None, :] >= new[:, None]).sum(axis=1)) / (1 + len(scores))
    assert len(past.log_odds) == MOST_STEPS
    assert (past.p_values(new) >= exact - 1e-12).all()
    assert np.abs(past.p_values(new) - exact).max() < 2e-3


def test_a_heavy_family_that_failed_counts_by_its_weight_and_the_new_one_by_the_largest():
    weight = np.array([1.0, 1.0, 3.0, 1.0, 1.0])
    past = ConformalCalibration.fit(PAST, np.array([0, 0, 0, 1, 1]), weight)
    assert past.p_values(np.array([-0.5])).tolist() == pytest.approx([(3 + 3) / (7 + 3)])


def test_where_nobody_failed_the_p_value_is_that_of_the_new_family_alone():
    assert ConformalCalibration.fit(PAST, np.ones(5), ONES).p_values(np.array([0.0])).tolist() == [1 / 6]


def test_the_lists_share_of_false_graduations_stays_within_its_cap_on_average():
    false = []
    for seed in range(12):
        world, new = known_world(600, seed), known_world(600, 100 + seed)
        model = CalibratedAdditive(LogisticScorecard(), folds=5, seed=1).fit(world.training)
        past = ConformalCalibration.fit(model.cross_fitted, world.training.y, world.training.weight)
        taken = false_discovery_control(past.p_values(model.log_odds(new.training.X))) <= 0.3
        false.append(1 - new.training.y[taken].mean() if taken.any() else 0.0)
    assert 0.15 < np.mean(false) < 0.3 + 2 * np.std(false) / np.sqrt(len(false))
