"""The last step: a component's raw score in, the log-odds that decide out, with their parts.

`log-odds = a + b * raw`, b >= 0, fitted on scores that the component gave to rows it had not seen (cross-fitting, with
households and clusters apart). It is a logistic of the score (Platt 1999), so the parts of the component times b are
the parts of the decision: no second number behind the explained one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import clone

from graduation_model.cohort.splits import group_folds
from graduation_model.errors import ModelError
from graduation_model.estimators.training_set import AdditiveParts, TrainingSet

logger = logging.getLogger(__name__)

# With fewer rows a slope would be noise: its standard error alone is some tenths.
FEWEST_ROWS = 200


@dataclass(frozen=True)
class Calibration:
    """A straight line in log-odds, and what it rests on.

    Attributes
    ----------
    slope : float, >= 0
        Below 1: the component exaggerates.
    intercept : float
    rows : int
        Out-of-fold rows that the line was fitted on; 0 where it was not fitted.
    folds : int
    reason : str
        Why it was not fitted; empty where it was.
    """

    slope: float = 1.0
    intercept: float = 0.0
    rows: int = 0
    folds: int = 0
    reason: str = ""


def fit_line(raw: np.ndarray, y: np.ndarray, weight: np.ndarray, *, lowest_slope: float = 0.0) -> tuple[float, float]:
    """Return slope and intercept of the weighted logistic regression of y on one score.

    Parameters
    ----------
    raw : array (n,)
        Finite.
    y : array (n,), 0 or 1
        Both present.
    weight : array (n,), positive
    lowest_slope
        The slope is not allowed below it: 0 keeps the score's order, or drops it. -inf: free.

    Examples
    --------
    >>> raw, y = np.array([-1.0, -1.0, -1.0, 1.0, 1.0, 1.0]), np.array([0, 0, 1, 0, 1, 1])
    >>> slope, intercept = fit_line(raw, y, np.ones(6))
    >>> round(slope, 3), abs(round(intercept, 3))
    (0.693, 0.0)
    >>> fit_line(-raw, y, np.ones(6))[0]
    0.0
    """
    from scipy.optimize import minimize
    from scipy.special import expit

    share = weight / weight.sum()
    rate = float((share * y).sum())
    centre = float((share * raw).sum())
    spread = float(np.sqrt((share * (raw - centre) ** 2).sum()))
    if spread < 1e-12:
        return max(1.0, lowest_slope), float(np.log(rate / (1 - rate))) - max(1.0, lowest_slope) * centre
    z = (raw - centre) / spread

    def loss(line: np.ndarray) -> tuple[float, np.ndarray]:
        at = line[0] + line[1] * z
        miss = share * (expit(at) - y)
        return float((share * (np.logaddexp(0, at) - y * at)).sum()), np.array([miss.sum(), (miss * z).sum()])

    start = np.array([np.log(rate / (1 - rate)), max(0.0, lowest_slope * spread)])
    # The bound of 50 standard units only stops a line that separates the classes from running away.
    bounds = [(None, None), (lowest_slope * spread, 50.0)]
    found = minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-15, "gtol": 1e-10, "maxiter": 500}
    ).x
    slope = float(found[1] / spread)
    return slope, float(found[0] - slope * centre)


class CalibratedAdditive:
    """An additive component with its calibrated line: a model that decides and is explained by one number.

    Parameters
    ----------
    component : LightGBMScorer or LogisticScorecard
        Not fitted; it is cloned for every fold.
    folds : int, >= 2
    seed : int
        Deals the groups to folds.
    name : str
    """

    def __init__(self, component: Any, folds: int = 5, seed: int = 0, *, name: str = "model") -> None:
        self.component = component
        self.folds = folds
        self.seed = seed
        self.name = name
        self.calibration = Calibration()
        # Calibrated log-odds of the training rows, each from a fit that had not seen it; None where there is none.
        self.cross_fitted: np.ndarray | None = None

    def fit(self, training: TrainingSet) -> Self:
        """Cross-fit the line, then refit the component on every row.

        Raises
        ------
        ModelError
            If every label is the same: nothing can be learnt from them.
        """
        if len(np.unique(training.y)) < 2:
            raise ModelError(
                f"All {len(training.y)} labels are the same",
                where=self.name,
                mend="Bring cohorts in which some families made it and some did not",
            )
        self.calibration = self._cross_fit(training)
        self.component = clone(self.component).fit(training.X, training.y, sample_weight=training.weight)
        return self

    def _cross_fit(self, training: TrainingSet) -> Calibration:
        folds = min(self.folds, len(np.unique(training.groups)))
        fold = _folds(training, folds, self.seed)
        reason = why_not_cross_fitted(training.y, fold)
        if reason:
            logger.info("%s: its scores are taken as they come, since %s", self.name, reason)
            return Calibration(reason=reason)
        raw = np.empty(len(training.y))
        for held_out in (fold == number for number in range(folds)):
            kept = ~held_out
            fitted = clone(self.component).fit(training.X[kept], training.y[kept], sample_weight=training.weight[kept])
            raw[held_out] = fitted.decision_function(training.X[held_out])
        slope, intercept = fit_line(raw, training.y, training.weight)
        self.cross_fitted = intercept + slope * raw
        return Calibration(slope=slope, intercept=intercept, rows=len(raw), folds=folds)

    @property
    def degraded(self) -> tuple[str, ...]:
        """What could not be done as declared, and why."""
        return (f"is not calibrated: {self.calibration.reason}",) if self.calibration.reason else ()

    @property
    def weighted_components(self) -> tuple[float, list[tuple[float, Any]]]:
        """Intercept, and the component with its weight where it has one: their sum is the log-odds."""
        line = self.calibration
        return line.intercept, [(line.slope, self.component)] if line.slope > 0 else []

    def log_odds(self, X: pd.DataFrame) -> np.ndarray:
        """Return calibrated log-odds (n,)."""
        line = self.calibration
        return line.intercept + line.slope * _on_rows(self.component.decision_function, X)

    def additive_parts(self, X: pd.DataFrame) -> AdditiveParts:
        """Return the parts of the calibrated log-odds."""
        line = self.calibration
        # A base does not depend on the family; without families it is read off one that said nothing.
        raw = self.component.additive_parts(X if len(X) else nobody(X))
        return AdditiveParts(base=line.intercept + line.slope * raw.base, parts=line.slope * raw.parts[: len(X)])


def _folds(training: TrainingSet, folds: int, seed: int) -> np.ndarray:
    numbers = np.unique(training.groups, return_inverse=True)[1]
    return group_folds(numbers, max(folds, 1), seed)


def why_not_cross_fitted(y: np.ndarray, fold: np.ndarray) -> str:
    """Say why nothing can be cross-fitted on labels (n,) in their folds (n,); nothing where it can."""
    n = len(fold)
    if n < FEWEST_ROWS:
        return f"there are fewer than {FEWEST_ROWS} labelled rows ({n})"
    if max(np.bincount(fold)) > n / 2:
        return "more than half of the rows hang together by household or cluster"
    seen = [y[fold != number] for number in np.unique(fold)]
    return "a fold leaves labels of one kind only" if any(len(np.unique(part)) < 2 for part in seen) else ""


def nobody(X: pd.DataFrame) -> pd.DataFrame:
    """Return one row of the same features that says nothing."""
    return pd.DataFrame(np.full((1, X.shape[1]), np.nan, dtype="float32"), columns=X.columns)


def _on_rows(score: Callable[[pd.DataFrame], np.ndarray], X: pd.DataFrame) -> np.ndarray:
    return score(X) if len(X) else np.empty(0)
