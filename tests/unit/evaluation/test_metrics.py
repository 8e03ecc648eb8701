import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from graduation_model.evaluation.metrics import METRICS, Ranked, Resampled, metric_values

RNG = np.random.default_rng(1)
P = np.round(RNG.random(400), 2)  # ties on purpose
Y = (RNG.random(400) < P).astype(int)
W = RNG.random(400) + 0.5


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("auc", roc_auc_score),
        ("average_precision", average_precision_score),
        ("brier", brier_score_loss),
    ],
)
def test_a_weighted_metric_equals_scikit_learns(name, reference):
    assert METRICS[name](Y, P, W, 0.2) == pytest.approx(reference(Y, P, sample_weight=W), abs=1e-12)


def test_log_loss_equals_scikit_learns():
    inside = np.clip(P, 0.01, 0.99)
    assert METRICS["log_loss"](Y, inside, W, 0.2) == pytest.approx(log_loss(Y, inside, sample_weight=W))


def test_the_calibration_line_is_a_logistic_regression_on_the_log_odds():
    p = np.clip(P, 0.02, 0.98)
    z = np.log(p / (1 - p))[:, None]
    line = LogisticRegression(C=1e12, tol=1e-10).fit(z, Y, sample_weight=W)
    assert METRICS["calibration_slope"](Y, p, W, 0.2) == pytest.approx(line.coef_[0, 0], abs=1e-4)
    assert METRICS["calibration_intercept"](Y, p, W, 0.2) == pytest.approx(line.intercept_[0], abs=1e-4)


def test_exaggerated_log_odds_have_a_slope_below_one():
    z = RNG.normal(size=20_000)
    y = RNG.random(20_000) < 1 / (1 + np.exp(-z))
    assert METRICS["calibration_slope"](y, 1 / (1 + np.exp(-2 * z)), None, 0.2) == pytest.approx(0.5, abs=0.03)


def test_the_base_rate_for_everybody_has_no_skill_and_no_slope():
    y = np.array([1, 0, 0, 0])
    p = np.full(4, 0.25)
    assert METRICS["brier_skill"](y, p, None, 0.2) == pytest.approx(0)
    assert METRICS["auc"](y, p, None, 0.2) == 0.5
    assert np.isnan(METRICS["calibration_slope"](y, p, None, 0.2))


def test_probabilities_that_separate_the_two_kinds_have_no_slope():
    assert np.isnan(METRICS["calibration_slope"](np.array([0, 0, 1, 1]), np.array([0.1, 0.2, 0.8, 0.9]), None, 0.2))


@pytest.mark.parametrize("name", ["auc", "average_precision", "recall_at_quota", "calibration_slope"])
def test_what_needs_a_family_that_made_it_is_not_defined_without_one(name):
    assert np.isnan(METRICS[name](np.zeros(4), np.array([0.1, 0.2, 0.3, 0.4]), None, 0.5))


def test_a_table_of_weights_gives_what_each_row_of_weights_gives_alone():
    weights = RNG.integers(0, 4, size=(5, 400)).astype(float)
    together = metric_values(Resampled(Ranked(Y, P), weights, 0.2, nearby=True))
    alone = np.array([[metric(Y, P, weight, 0.2) for metric in METRICS.values()] for weight in weights])
    np.testing.assert_allclose(together, alone, atol=1e-6)
