import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from graduation_model.estimators import ridge
from graduation_model.estimators.ridge import ridge_logistic


def rows(n: int = 500, p: int = 6):
    rng = np.random.default_rng(3)
    x = rng.normal(size=(n, p))
    y = (rng.random(n) < 1 / (1 + np.exp(-(x @ np.linspace(-1, 1, p) - 0.5)))).astype(int)
    return x, y, rng.uniform(0.5, 2.0, n)


def fit(x, y, weight, low=-np.inf, high=np.inf):
    bounds = {"lower": np.full(x.shape[1], low), "upper": np.full(x.shape[1], high)}
    return ridge_logistic(lambda part: x[part], y, weight, c=0.3, **bounds)


def test_without_bounds_it_is_scikit_learns():
    x, y, weight = rows()
    known = LogisticRegression(C=0.3, tol=1e-12, max_iter=1000).fit(x, y, sample_weight=weight)
    coef, intercept = fit(x, y, weight)
    np.testing.assert_allclose(coef, known.coef_[0], atol=1e-5)
    assert intercept == pytest.approx(known.intercept_[0], abs=1e-5)


def test_blocks_change_nothing(monkeypatch):
    x, y, weight = rows()
    whole = fit(x, y, weight)[0]
    monkeypatch.setattr(ridge, "BLOCK", 37)
    np.testing.assert_allclose(fit(x, y, weight)[0], whole, atol=1e-9)


def test_at_a_bound_the_slope_points_outward_and_elsewhere_it_is_flat():
    """The conditions of Karush, Kuhn and Tucker, which hold at the minimum alone."""
    x, y, weight = rows()
    coef, intercept = fit(x, y, weight, low=0.0)
    p = 1 / (1 + np.exp(-(x @ coef + intercept)))
    slope = 0.3 * x.T @ (weight * (p - y)) + coef
    assert (coef[:2] == 0).all()
    assert (slope[coef == 0] > 0).all()
    np.testing.assert_allclose(slope[coef > 0], 0, atol=1e-6)
