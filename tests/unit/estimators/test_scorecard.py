import json

import numpy as np
import pandas as pd
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from graduation_model.estimators.scorecard import LogisticScorecard
from lib.learning import training


@parametrize_with_checks([LogisticScorecard(c=1.0)])
def test_it_keeps_scikit_learns_promises(estimator, check):
    check(estimator)


def test_the_scorecard_can_be_added_up_by_hand():
    rows = training()
    scorecard = LogisticScorecard().fit(rows.X, rows.y)
    family = pd.DataFrame([dict(zip(rows.X.columns, scorecard.mean_, strict=True))])
    better = family.assign(status=family["status"] + 1)
    difference = scorecard.decision_function(better) - scorecard.decision_function(family)
    np.testing.assert_allclose(difference, scorecard.coef_[list(rows.X.columns).index("status")])


def test_the_base_is_the_mean_of_the_training_rows_log_odds():
    rows = training()
    scorecard = LogisticScorecard().fit(rows.X, rows.y)
    assert scorecard.decision_function(rows.X).mean() == pytest.approx(scorecard.base_)


def test_being_missing_counts_to_the_feature_that_is_missing():
    y = np.arange(400) % 2
    X = pd.DataFrame({"income": np.where(y == 1, np.nan, 1.0), "size": 3.0})
    parts = LogisticScorecard(c=1.0).fit(X, y).additive_parts(X).parts
    assert parts[y == 1, 0].min() > 0 > parts[y == 0, 0].max()
    assert (parts[:, 1] == 0).all()


def test_a_feature_that_misses_once_in_a_thousand_gets_no_indicator():
    rng = np.random.default_rng(1)
    income = rng.random(1000)
    income[0] = np.nan
    scorecard = LogisticScorecard().fit(pd.DataFrame({"income": income}), rng.integers(0, 2, 1000))
    assert scorecard.missing_coef_.tolist() == [0.0]


def test_a_rare_answer_is_not_blown_up_by_its_own_small_spread():
    y = np.arange(400) % 2
    X = pd.DataFrame({"rare": np.zeros(400), "common": np.tile([0.0, 0.0, 1.0, 1.0], 100)})
    X.loc[[1, 3, 5], "rare"] = 1.0
    scorecard = LogisticScorecard(c=0.02).fit(X, y)
    assert 0 < scorecard.coef_[0] < 0.3


def test_a_column_that_nobody_answered_counts_for_nothing():
    rows = training()
    X = rows.X.assign(size=np.float32(np.nan))
    scorecard = LogisticScorecard().fit(X, rows.y)
    place = list(X.columns).index("size")
    assert scorecard.coef_[place] == scorecard.missing_coef_[place] == 0


def test_a_scorecard_read_from_its_record_gives_identical_scores():
    rows = training()
    scorecard = LogisticScorecard().fit(rows.X, rows.y)
    record = json.loads(json.dumps(scorecard.to_record()))
    again = LogisticScorecard.from_record(record, list(rows.X.columns))
    assert (again.decision_function(rows.X) == scorecard.decision_function(rows.X)).all()


def test_a_record_for_other_features_is_refused():
    rows = training()
    record = LogisticScorecard().fit(rows.X, rows.y).to_record()
    with pytest.raises(ValueError, match=r"coef_ holds \d+ numbers for 2 features"):
        LogisticScorecard.from_record(record, ["a", "b"])
