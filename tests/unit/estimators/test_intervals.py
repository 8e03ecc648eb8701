"""A small sample of `make hard`: intervals against a truth that is known, and what must hold without any truth."""

import numpy as np
import pytest
from scipy.special import expit

from graduation_model.estimators.calibration import CalibratedAdditive
from graduation_model.estimators.intervals import fit_intervals, half_width
from graduation_model.estimators.params import IntervalParams
from graduation_model.estimators.scorecard import LogisticScorecard
from lib.known_truth import known_world
from lib.learning import calibrated, features, training

FEW = IntervalParams(cosines=60)


@pytest.fixture(scope="module")
def judged():
    """Intervals of a scorecard for families that no fit has seen, with their true chances."""
    world, new = known_world(1_000, 1), known_world(1_000, 2)
    model = CalibratedAdditive(LogisticScorecard(), folds=5, seed=1).fit(world.training)
    intervals = fit_intervals(world.training, model.cross_fitted, params=IntervalParams(), seed=1)
    log_odds = model.log_odds(new.training.X)
    return new.chance, log_odds, *intervals.bounds(new.training.X, log_odds)


def test_nine_in_ten_intervals_hold_the_true_chance_given_the_answers(judged):
    chance, _, low, high = judged
    assert ((low <= chance) & (chance <= high)).mean() == pytest.approx(0.9, abs=0.05)


def test_the_chance_that_decides_lies_within_its_interval(judged):
    _, log_odds, low, high = judged
    assert ((low > 0) & (low <= expit(log_odds)) & (expit(log_odds) <= high) & (high < 1)).all()


def test_more_labelled_families_give_narrower_intervals():
    widths = []
    for n in (300, 2_400):
        rows = training(n)
        intervals = fit_intervals(rows, calibrated("logistic", rows).cross_fitted, params=FEW, seed=1)
        widths.append(float(intervals.posterior(features(200, seed=9), np.zeros(200))[1].mean()))
    assert widths[1] < 0.7 * widths[0]


def test_a_family_unlike_any_other_has_a_wider_interval():
    rows = training(400)
    intervals = fit_intervals(rows, calibrated("logistic", rows).cross_fitted, params=FEW, seed=1)
    usual, said = features(1, seed=9).assign(size=4.0), np.zeros(1)
    assert intervals.posterior(usual.assign(size=40.0), said)[1] > 1.2 * intervals.posterior(usual, said)[1]


def test_an_interval_reaches_further_where_the_second_look_disagrees():
    agreeing, disagreeing = half_width(np.array([0.0, 2.0]), np.array([0.5, 0.5]), 0.9)
    assert agreeing == pytest.approx(0.822, abs=1e-3)
    assert 2.0 < disagreeing < 2.0 + agreeing


def test_the_same_rows_and_seed_give_the_same_numbers():
    rows = training(300)
    scores = calibrated("logistic", rows).cross_fitted
    one, other = (fit_intervals(rows, scores, params=FEW, seed=4) for _ in range(2))
    assert (one.factor == other.factor).all()
    assert (one.mean == other.mean).all()


def test_single_precision_moves_a_bound_by_less_than_a_millionth():
    rows = training(400)
    intervals = fit_intervals(rows, calibrated("logistic", rows).cross_fitted, params=FEW, seed=1)
    X, log_odds = features(600, seed=9), np.linspace(-3, 3, 600)
    terms = np.column_stack([intervals.basis.terms(X.to_numpy(dtype=float)), log_odds])
    spread = np.sqrt(((terms @ intervals.factor) ** 2).sum(axis=1) + intervals.rest)
    half = half_width(log_odds - terms @ intervals.mean, spread, intervals.level)
    low, high = intervals.bounds(X, log_odds)
    assert np.abs(low - expit(log_odds - half)).max() < 1e-6
    assert np.abs(high - expit(log_odds + half)).max() < 1e-6
