from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest
from sklearn.base import BaseEstimator

from graduation_model.errors import ModelError
from graduation_model.estimators.calibration import CalibratedAdditive, fit_line
from lib.learning import calibrated, component, features, training


def test_a_line_is_found_again():
    rng = np.random.default_rng(1)
    raw = rng.normal(size=50_000)
    y = rng.random(50_000) < 1 / (1 + np.exp(-(0.5 + 2 * raw)))
    slope, intercept = fit_line(raw, y.astype(float), np.ones(50_000))
    assert (slope, intercept) == (pytest.approx(2, abs=0.05), pytest.approx(0.5, abs=0.05))


def test_a_score_that_points_the_wrong_way_is_dropped_rather_than_turned_round():
    y = np.array([1.0, 1.0, 0.0, 0.0, 0.0, 1.0])
    slope, intercept = fit_line(np.array([-2.0, -1.0, 1.0, 2.0, 3.0, 0.0]), y, np.ones(6))
    assert (slope, intercept) == (0.0, pytest.approx(0.0, abs=1e-8))


def test_a_score_that_says_nothing_gives_the_base_rate():
    slope, intercept = fit_line(np.full(4, 7.0), np.array([1.0, 0.0, 0.0, 0.0]), np.ones(4))
    assert intercept + slope * 7.0 == pytest.approx(np.log(1 / 3))


def test_a_component_that_learnt_its_rows_by_heart_is_pulled_back():
    rows = training(600)
    greedy = component("lightgbm", rounds=300).set_params(learning_rate=0.3, min_in_leaf=2, l2=0.0)
    model = CalibratedAdditive(greedy, folds=4, seed=1).fit(rows)
    assert 0 < model.calibration.slope < 0.6


@pytest.mark.parametrize("kind", ["lightgbm", "logistic"])
def test_the_mean_probability_on_new_rows_is_near_the_share_that_made_it(kind):
    model, new = calibrated(kind, training(1500)), training(1500, seed=9)
    probability = 1 / (1 + np.exp(-model.log_odds(new.X)))
    assert probability.mean() == pytest.approx(new.y.mean(), abs=0.04)


class Spy(BaseEstimator):
    """A component that writes down which rows it was fitted on."""

    seen: ClassVar[list] = []

    def fit(self, X, y, sample_weight=None):
        Spy.seen.append(X.index.to_numpy())
        return self

    def decision_function(self, X):
        return X["size"].fillna(0).to_numpy()


def test_no_group_is_cut_by_a_fold_and_the_last_fit_sees_every_row():
    rows = training(300)
    Spy.seen.clear()
    CalibratedAdditive(Spy(), folds=3, seed=1).fit(rows)
    for kept in Spy.seen[:3]:
        assert not set(rows.groups[kept]) & set(np.delete(rows.groups, kept))
    assert [len(kept) for kept in Spy.seen] == [198, 201, 201, 300]  # of a hundred groups of three


def test_too_few_rows_are_said_and_left_as_they_come():
    model = calibrated("logistic", training(150))
    assert (model.calibration.slope, model.calibration.intercept, model.calibration.rows) == (1.0, 0.0, 0)
    assert "fewer than 200 labelled rows (150)" in model.calibration.reason


def test_rows_that_all_hang_together_are_said():
    model = calibrated("logistic", replace(training(300), groups=np.zeros(300, dtype=int)))
    assert "hang together" in model.calibration.reason


def test_labels_of_one_kind_are_an_error_that_says_what_to_bring():
    rows = training(300)
    with pytest.raises(ModelError, match=r"All 300 labels are the same\. Bring cohorts"):
        calibrated("logistic", replace(rows, y=np.ones(300, dtype=int)))


def test_no_family_gives_no_score_and_the_same_base():
    model = calibrated("lightgbm", training())
    nobody, some = model.additive_parts(features(0)), model.additive_parts(features(5))
    assert nobody.parts.shape == (0, some.parts.shape[1])
    assert nobody.base == some.base
    assert model.log_odds(features(0)).shape == (0,)
