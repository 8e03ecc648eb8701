"""The logistic scorecard: features and 0/1 labels in; log-odds that a committee can add up by hand out.

log-odds = base + sum of coef * (x - mean): a missing answer takes the training median, and where a feature is missing
more often than now and then, *that* it is missing has a weight of its own, on the account of the same feature.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from graduation_model.blas import one_thread
from graduation_model.estimators.binary import BinaryScorer, two_classes
from graduation_model.estimators.ridge import ridge_logistic
from graduation_model.estimators.training_set import AdditiveParts, LinearTerms

# Below this share of missing rows an indicator would learn from a handful of families.
INDICATED_FROM = 0.01
# Divided by its own small spread, an answer that three families gave would weigh as much as one that splits them in
# halves, and would upset a later cohort where thirty give it. Cross-validation within the training rows of three real
# cohorts agreed (log-loss .464 against .476, .502 against .508, .499 against .505). Cf. Gelman et al. 2008.
LEAST_SPREAD = 0.5
CELLS_AT_ONCE = 10_000_000
FITTED = ("coef_", "missing_coef_", "fill_", "mean_", "missing_mean_")


class LogisticScorecard(BinaryScorer):
    """Ridge-penalised logistic regression on standardised features, with exact parts in closed form.

    Parameters
    ----------
    c : float
        Inverse strength of the penalty, as scikit-learn's `C`.
    signs : sequence of int (n_features,), optional
        1: a higher value never lowers the score; -1: never raises it; 0: free. None: all free.

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

    def __init__(self, c: float = 0.02, signs: Sequence[int] | None = None) -> None:
        self.c = c
        self.signs = signs

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
        X, y = validate_data(self, X, y, ensure_all_finite="allow-nan", dtype=[np.float64, np.float32])
        weight = _check_sample_weight(sample_weight, X)
        counted = weight > 0  # a row without weight is no row: neither its range nor its median counts
        if not counted.all():
            X, y, weight = X[counted], y[counted], weight[counted]
        self.classes_, target = two_classes(y)
        self.fill_ = column_medians(X)
        columns = [_of_column(X[:, j], fill, weight) for j, fill in enumerate(self.fill_)]
        self.mean_, spread, self.missing_mean_, missing_spread = np.array(columns).T
        missing_spread[self.missing_mean_ <= INDICATED_FROM] = 0.0
        self._solve(X, target, weight, spread, missing_spread)
        return self

    def _solve(
        self, X: np.ndarray, target: np.ndarray, weight: np.ndarray, spread: np.ndarray, missing_spread: np.ndarray
    ) -> None:
        used, indicated = np.flatnonzero(spread > 0), np.flatnonzero(missing_spread > 0)

        def terms(rows: slice) -> np.ndarray:
            block = X[rows].astype(np.float64, copy=False)
            missing = np.isnan(block)
            filled = np.where(missing, self.fill_, block)[:, used]
            return np.hstack(
                [
                    (filled - self.mean_[used]) / spread[used],
                    (missing[:, indicated] - self.missing_mean_[indicated]) / missing_spread[indicated],
                ]
            )

        # Made once where they fit, anew for each step where they would fill the memory.
        whole = terms(slice(None)) if X.size <= CELLS_AT_ONCE else None
        signs = np.append(np.zeros(X.shape[1]) if self.signs is None else self.signs, np.zeros(X.shape[1]))
        signs = signs[np.append(used, X.shape[1] + indicated)]
        with one_thread():
            found, self.base_ = ridge_logistic(
                terms if whole is None else whole.__getitem__,
                target,
                weight,
                c=self.c,
                lower=np.where(signs > 0, 0.0, -np.inf),
                upper=np.where(signs < 0, 0.0, np.inf),
            )
        self.coef_, self.missing_coef_ = np.zeros(X.shape[1]), np.zeros(X.shape[1])
        self.coef_[used] = found[: len(used)] / spread[used]
        self.missing_coef_[indicated] = found[len(used) :] / missing_spread[indicated]

    def additive_parts(self, X: Any) -> AdditiveParts:
        """Return `coef * (x - mean)` a feature, its being missing included; they add up to the log-odds."""
        check_is_fitted(self)
        return self._parts(validate_data(self, X, reset=False, ensure_all_finite="allow-nan", dtype=np.float64))

    def _parts(self, X: np.ndarray) -> AdditiveParts:
        missing = np.isnan(X)
        parts = (np.where(missing, self.fill_, X) - self.mean_) * self.coef_
        return AdditiveParts(base=self.base_, parts=parts + (missing - self.missing_mean_) * self.missing_coef_)

    def linear_terms(self) -> LinearTerms:
        """Return the same parts as a straight line a feature, and what stands for a missing answer."""
        known = -self.missing_mean_ * self.missing_coef_
        return LinearTerms(
            base=self.base_,
            at_zero=known - self.mean_ * self.coef_,
            unit=self.coef_,
            if_missing=known + self.missing_coef_ + (self.fill_ - self.mean_) * self.coef_,
        )

    def decision_function(self, X: Any) -> np.ndarray:
        """Return log-odds (n,) of the good outcome."""
        return self.additive_parts(X).total()

    def decision_of(self, rows: np.ndarray) -> np.ndarray:
        """Return log-odds (n,) of rows that have been checked."""
        return self._parts(rows.astype(np.float64, copy=False)).total()

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
    # Column by column: the whole table would be copied twice.
    answered = (column[~np.isnan(column)] for column in X.T)
    return np.array([np.median(column.astype(float)) if len(column) else 0.0 for column in answered])


def _of_column(values: np.ndarray, fill: float, weight: np.ndarray) -> tuple[float, float, float, float]:
    """Return the mean and the unit of a feature after filling, and the same of its being missing."""
    missing = np.isnan(values)
    filled = np.where(missing, fill, values.astype(np.float64, copy=False))
    return (*_mean_and_spread(filled, weight), *_mean_and_spread(missing.astype(np.float64), weight))


def _mean_and_spread(term: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """Return the weighted mean of a term, and what one unit of the penalty is for it; 0 where it does not vary."""
    mean = float(np.average(term, weights=weight))
    spread = float(np.sqrt(np.average((term - mean) ** 2, weights=weight)))
    if not spread > 1e-9 * max(1.0, abs(mean)):
        return mean, 0.0
    return mean, max(spread, LEAST_SPREAD * min(float(term.max() - term.min()), 1.0))
