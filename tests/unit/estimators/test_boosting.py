import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from graduation_model.estimators import boosting
from graduation_model.estimators.boosting import LightGBMScorer
from lib.learning import component, training

# LightGBM counts rows where it forms leaves and draws rows by number where it bags: a row of weight 2 is not two rows,
# and one of weight 0 is still a row.
NOT_ROWS = {"check_sample_weight_equivalence_on_dense_data": "LightGBM counts rows, whatever they weigh"}


@parametrize_with_checks([LightGBMScorer(min_in_leaf=5)], expected_failed_checks=lambda _: NOT_ROWS)
def test_it_keeps_scikit_learns_promises(estimator, check):
    check(estimator)


def test_it_ranks_families_by_what_helps():
    rows = training()
    scorer = component("lightgbm").fit(rows.X, rows.y)
    assert roc_auc_score(rows.y, scorer.decision_function(rows.X)) > 0.75


def test_parts_add_up_to_the_raw_score_and_the_noise_has_the_smaller_ones():
    rows = training()
    scorer = component("lightgbm").fit(rows.X, rows.y)
    parts = scorer.additive_parts(rows.X)
    np.testing.assert_allclose(parts.total(), scorer.decision_function(rows.X), atol=1e-9)
    size = pd.Series(np.abs(parts.parts).mean(axis=0), index=rows.X.columns)
    assert size["status"] > 3 * size["floor=earth"]


def test_one_and_two_threads_write_the_same_text(monkeypatch):
    monkeypatch.setattr(boosting, "CELLS_FOR_THREADS", 0)
    rows = training()
    one, two = (component("lightgbm", threads, rounds=8).fit(rows.X, rows.y).text_ for threads in (1, 2))
    assert one == two


def test_a_scorer_read_from_its_text_gives_identical_scores():
    rows = training()
    scorer = component("lightgbm").fit(rows.X, rows.y)
    again = LightGBMScorer.from_text(scorer.text_, list(rows.X.columns))
    assert (again.decision_function(rows.X) == scorer.decision_function(rows.X)).all()


def test_the_text_names_the_features_of_the_catalogue():
    rows = training()
    text = component("lightgbm").fit(rows.X, rows.y).text_
    assert f"feature_names={' '.join(rows.X.columns)}\n" in text


def test_names_that_lightgbm_refuses_are_left_to_numbers():
    X = pd.DataFrame({"a [b]": np.arange(40.0), "c,d": 1.0})
    scorer = LightGBMScorer(rounds=2, min_in_leaf=5).fit(X, np.arange(40) % 3 == 0)
    assert "feature_names=Column_0 Column_1\n" in scorer.text_


def test_columns_in_another_order_are_refused():
    rows = training()
    scorer = component("lightgbm").fit(rows.X, rows.y)
    with pytest.raises(ValueError, match="feature names should match"):
        scorer.decision_function(rows.X[rows.X.columns[::-1]])


def test_rows_too_few_for_a_single_split_give_the_base_rate():
    X = pd.DataFrame({"size": np.arange(20.0)})
    scorer = LightGBMScorer(rounds=5).fit(X, np.arange(20) < 5)
    np.testing.assert_allclose(scorer.predict_proba(X)[:, 1], 0.25, atol=1e-6)
    np.testing.assert_allclose(scorer.additive_parts(X).total(), scorer.decision_function(X))
