import numpy as np
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from graduation_model.estimators.combination import combine, equal_parts


def scores(n: int = 3000, seed: int = 1):
    """Two components that say the truth with different noise, and one that says nothing."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=n)
    y = (rng.random(n) < expit(truth - 0.5)).astype(int)
    noise = rng.normal(size=(n, 3))
    return np.column_stack([truth + 0.7 * noise[:, 0], truth + noise[:, 1], noise[:, 2]]), y


def test_without_pull_and_caution_it_is_the_logistic_regression():
    raw, y = scores()
    made = combine(raw[:, :2], y, np.ones(len(y)), pull=0.0)
    known = LogisticRegression(C=np.inf, tol=1e-10).fit(raw[:, :2], y)
    np.testing.assert_allclose(made.weights, known.coef_[0], atol=1e-4)
    assert made.intercept == pytest.approx(known.intercept_[0], abs=1e-4)


def test_no_weight_is_negative_even_for_a_component_that_is_wrong():
    raw, y = scores()
    made = combine(np.column_stack([raw[:, 0], -raw[:, 1]]), y, np.ones(len(y)), pull=0.0)
    assert made.weights[0] > 0.5
    assert made.weights[1] == 0.0


def test_a_strong_pull_gives_all_components_one_weight():
    raw, y = scores()
    weights = combine(raw, y, np.ones(len(y)), pull=1e9).weights
    np.testing.assert_allclose(weights, weights[0], rtol=1e-3)


def test_the_pull_counts_less_the_more_rows_there_are():
    raw, y = scores()
    few = combine(raw[:200], y[:200], np.ones(200), pull=10.0).weights
    many = combine(raw, y, np.ones(len(y)), pull=10.0).weights
    assert few[2] > many[2]


def test_caution_draws_the_log_odds_in_and_leaves_their_mean_level():
    raw, y = scores(400)
    bold, careful = (combine(raw, y, np.ones(400), caution=caution) for caution in (0.0, 1.0))
    assert bold.spread_error == careful.spread_error > 0
    np.testing.assert_allclose(np.array(careful.weights), (1 - bold.spread_error) * np.array(bold.weights))
    assert expit(careful.intercept + raw @ np.array(careful.weights)).mean() == pytest.approx(y.mean(), abs=1e-6)


def test_a_weight_of_two_counts_as_a_row_twice():
    raw, y = scores(300)
    weight = np.where(np.arange(300) < 100, 2.0, 1.0)
    twice = np.r_[np.arange(300), np.arange(100)]
    one = combine(raw, y, weight, pull=0.0)
    other = combine(raw[twice], y[twice], np.ones(400), pull=0.0)
    np.testing.assert_allclose(one.weights, other.weights, atol=1e-5)


def test_components_that_say_nothing_leave_the_base_rate():
    y = np.arange(300) % 3 == 0
    made = combine(np.zeros((300, 2)), y.astype(int), np.ones(300))
    assert expit(made.intercept) == pytest.approx(1 / 3, abs=1e-6)


def test_equal_parts_stand_at_the_level_of_the_labels_and_say_why():
    raw, y = scores(150)
    made = equal_parts(raw + 5, y, np.ones(150), reason="too few")
    assert made.weights == (1 / 3,) * 3
    assert expit(made.intercept + (raw + 5).mean(axis=1)).mean() == pytest.approx(y.mean(), abs=1e-6)
    assert (made.rows, made.reason) == (0, "too few")
