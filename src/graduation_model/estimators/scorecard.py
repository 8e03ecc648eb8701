"""The logistic scorecard: features and 0/1 labels in; log-odds that a committee can add up by hand out.

log-odds = base + sum of coef * (x - mean): a missing answer takes the training median, and where a feature is missing
more often than now and then, *that* it is missing has a weight of its own, on the account of the same feature.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.utils import Tags
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data
from threadpoolctl import threadpool_limits

from graduation_model.estimators.boosting import as_two_columns, two_classes
from graduation_model.estimators.training_set import AdditiveParts

# Below this share of missing rows an indicator would learn from a handful of families.
INDICATED_FROM = 0.01
# Divided by its own small spread, an answer that three families gave would weigh as much as one that splits them in
# halves, and would upset a later cohort where thirty give it. Cross-validation within the training rows of three real
# cohorts agreed (log-loss .464 against .476, .502 against .508, .499 against .505). Cf. Gelman et al. 2008.
LEAST_SPREAD = 0.5
FITTED = ("coef_", "missing_coef_", "fill_", "mean_", "missing_mean_")


class LogisticScorecard(ClassifierMixin, BaseEstimator):
    """Ridge-penalised logistic regression on standardised features, with exact parts in closed form.

    Parameters
    ----------
    c : float
        Inverse strength of the penalty, as scikit-learn's `C`.

    Attributes
    ----------
    classes_ : array (2,)
    base_ : float
        Log-odds of a family that is average in everything.
    coef_, missing_coef_ : array (n_features,)
        Log-odds a unit of the feature as it comes, and for its being missing.
    fill_, mean_, missing_mean_ : array (n_features,)
        Training medians; weighted means after filling; weighted shares missing.
    """

    def __init__(self, c: float = 0.02) -> None:
        self.c = c

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.classifier_tags.multi_class = False
        return tags

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit the coefficients.

        Parameters
        ----------
        X : frame or array (n, n_features)
            NaN is missing.
        y : array (n,)
            Two classes; the second in sorted order is the good outcome.
        sample_weight : array (n,), optional

        Raises
        ------
        ValueError
            If y holds one class, or more than two.
        """
        X, y = validate_data(self, X, y, ensure_all_finite="allow-nan", dtype=np.float64)
        weight = _check_sample_weight(sample_weight, X)
        counted = weight > 0  # a row without weight is no row: neither its range nor its median counts
        X, weight = X[counted], weight[counted]
        self.classes_, target = two_classes(y[counted])
        missing = np.isnan(X)
        self.fill_ = column_medians(X)
        terms = np.hstack([np.where(missing, self.fill_, X), missing])
        mean, spread = _mean_and_spread(terms, weight)
        used = spread > 0
        used[X.shape[1] :] &= mean[X.shape[1] :] > INDICATED_FROM
        self._solve(terms, target, weight, mean, spread, used)
        return self

    def _solve(
        self,
        terms: np.ndarray,
        target: np.ndarray,
        weight: np.ndarray,
        mean: np.ndarray,
        spread: np.ndarray,
        used: np.ndarray,
    ) -> None:
        coef, base = np.zeros(len(used)), float(np.log(weight[target == 1].sum() / weight[target == 0].sum()))
        if used.any():
            # One thread: the last bits of a product of matrices depend on how many there are.
            with threadpool_limits(limits=1, user_api="blas"):
                fitted = LogisticRegression(C=self.c, solver="newton-cholesky", tol=1e-8, max_iter=100).fit(
                    (terms[:, used] - mean[used]) / spread[used], target, sample_weight=weight
                )
            coef[used], base = fitted.coef_[0] / spread[used], float(fitted.intercept_[0])
        half = len(used) // 2
        self.base_, self.coef_, self.missing_coef_ = base, coef[:half], coef[half:]
        self.mean_, self.missing_mean_ = mean[:half], mean[half:]

    def additive_parts(self, X: Any) -> AdditiveParts:
        """Return `coef * (x - mean)` a feature, its being missing included; they add up to the log-odds."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, ensure_all_finite="allow-nan", dtype=np.float64)
        missing = np.isnan(X)
        parts = (np.where(missing, self.fill_, X) - self.mean_) * self.coef_
        return AdditiveParts(base=self.base_, parts=parts + (missing - self.missing_mean_) * self.missing_coef_)

    def decision_function(self, X: Any) -> np.ndarray:
        """Return log-odds (n,) of the good outcome."""
        return self.additive_parts(X).total()

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return probabilities (n, 2), each row adding up to 1."""
        return as_two_columns(self.decision_function(X))

    def predict(self, X: Any) -> np.ndarray:
        """Return the likelier class (n,)."""
        good = self.decision_function(X) > 0
        return self.classes_[good.astype(int)]

    def to_record(self) -> dict[str, Any]:
        """Return the fitted scorecard as plain numbers: one list a fitted attribute."""
        return {"base_": self.base_, **{name: getattr(self, name).tolist() for name in FITTED}}

    @classmethod
    def from_record(cls, record: Mapping[str, Any], features: Sequence[str]) -> Self:
        """Return a fitted scorecard from `to_record` and the features' names in their order.

        Raises
        ------
        ValueError
            If a list has another length than there are features.
        """
        scorecard = cls()
        scorecard.classes_ = np.array([0, 1])
        scorecard.feature_names_in_ = np.array(features, dtype=object)
        scorecard.n_features_in_ = len(features)
        scorecard.base_ = float(record["base_"])
        for name in FITTED:
            values = np.array(record[name], dtype=float)
            if values.shape != (len(features),):
                raise ValueError(f"{name} holds {values.size} numbers for {len(features)} features")
            setattr(scorecard, name, values)
        return scorecard


def column_medians(X: np.ndarray) -> np.ndarray:
    """Return the median of each column without its missing values; 0 for a column that nobody answered.

    Examples
    --------
    >>> column_medians(np.array([[1.0, np.nan], [3.0, np.nan], [np.nan, np.nan]])).tolist()
    [2.0, 0.0]
    """
    answered = ~np.isnan(X).all(axis=0)
    medians = np.zeros(X.shape[1])
    if answered.any():
        medians[answered] = np.nanmedian(X[:, answered], axis=0)
    return medians


def _mean_and_spread(terms: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return weighted means, and what one unit of the penalty is for each term; 0 where a term does not vary."""
    mean = np.average(terms, axis=0, weights=weight)
    spread = np.sqrt(np.average((terms - mean) ** 2, axis=0, weights=weight))
    varies = spread > 1e-9 * np.maximum(1.0, np.abs(mean))
    step = np.minimum(terms.max(axis=0) - terms.min(axis=0), 1.0)
    return mean, np.where(varies, np.maximum(spread, LEAST_SPREAD * step), 0.0)
