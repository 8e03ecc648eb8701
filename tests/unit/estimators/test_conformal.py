import numpy as np
import pytest
from scipy.stats import false_discovery_control

from graduation_model.estimators.calibration import CalibratedAdditive
from graduation_model.estimators.conformal import FEWEST_UNLABELLED, MOST_STEPS, ConformalCalibration, as_often_as_now
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


def test_each_height_of_score_counts_as_often_as_among_the_families_to_be_scored():
    rng = np.random.default_rng(3)
    past, weight, now = rng.normal(size=2_000), rng.uniform(0.5, 2, 2_000), rng.normal(0.3, 1.2, 20_000)
    found = as_often_as_now(past, weight, now)
    for cut in (-1.0, 0.0, 1.0):
        assert np.average(past > cut, weights=found) == pytest.approx((now > cut).mean(), abs=0.02)
    assert np.average(past > 1.0, weights=weight) < (now > 1.0).mean() - 0.05


def test_scores_that_few_heights_tell_apart_are_weighed_by_the_heights_there_are():
    past, now = np.repeat([0.0, 1.0], 100), np.repeat([0.0, 1.0], [900, 300])
    assert as_often_as_now(past, np.ones(200), now)[[0, -1]].tolist() == [1.5, 0.5]


def test_too_few_families_to_be_scored_say_nothing_of_how_frequent_a_score_is():
    weight = np.arange(1.0, 6.0)
    assert (as_often_as_now(PAST, weight, np.full(FEWEST_UNLABELLED - 1, 9.0)) == weight).all()


def test_where_more_of_this_years_families_score_high_the_cap_holds_by_their_number():
    """Chances at one score are as they were; twice as many lie above it: the cut must not take the past's share."""
    rng = np.random.default_rng(5)
    false = {"as they come": [], "as often as now": []}
    for _ in range(40):
        past, now = rng.normal(0, 1, 1_500), rng.normal(0.3, 1.1, 1_500)
        y, good = (rng.random(1_500) < 1 / (1 + np.exp(2 - 2 * scores)) for scores in (past, now))
        ones = np.ones(1_500)
        for name, weight in {"as they come": ones, "as often as now": as_often_as_now(past, ones, now)}.items():
            p_values = ConformalCalibration.fit(past, y.astype(int), weight).p_values(now)
            taken = false_discovery_control(p_values) <= 0.2
            false[name].append(1 - good[taken].mean() if taken.any() else 0.0)
    assert np.mean(false["as often as now"]) < 0.2 + 2 * np.std(false["as often as now"]) / np.sqrt(40)
    assert np.mean(false["as they come"]) > 0.22


def test_the_lists_share_of_false_graduations_stays_within_its_cap_on_average():
    false = []
    for seed in range(12):
        world, new = known_world(600, seed), known_world(600, 100 + seed)
        model = CalibratedAdditive(LogisticScorecard(), folds=5, seed=1).fit(world.training)
        past = ConformalCalibration.fit(model.cross_fitted, world.training.y, world.training.weight)
        taken = false_discovery_control(past.p_values(model.log_odds(new.training.X))) <= 0.3
        false.append(1 - new.training.y[taken].mean() if taken.any() else 0.0)
    assert 0.15 < np.mean(false) < 0.3 + 2 * np.std(false) / np.sqrt(len(false))
