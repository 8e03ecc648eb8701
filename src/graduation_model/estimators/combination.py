"""The stack's last step: components' cross-fitted scores and labels in, non-negative weights and an intercept out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit


@dataclass(frozen=True)
class Combination:
    """`log-odds = intercept + sum of weights * scores`, and what it rests on.

    Attributes
    ----------
    weights : tuple of float, each >= 0
        One a component; 0: it says nothing that the others do not.
    intercept : float
    rows, folds : int
        Cross-fitted rows that it was fitted on; 0 where they are equal parts.
    spread_error : float
        Standard error of the slope of the whole, as a share of it.
    reason : str
        Why the weights are equal parts; empty where they were fitted.
    """

    weights: tuple[float, ...]
    intercept: float
    rows: int = 0
    folds: int = 0
    spread_error: float = 0.0
    reason: str = ""


def combine(
    scores: np.ndarray,
    y: np.ndarray,
    weight: np.ndarray,
    *,
    pull: float = 10.0,
    caution: float = 0.0,
    folds: int = 0,
    groups: np.ndarray | None = None,
) -> Combination:
    """Fit the weighted logistic regression of y on several scores, no weight below zero.

    Parameters
    ----------
    scores : array (n, m)
        Log-odds of m components, given to rows that they had not seen.
    y : array (n,), 0 or 1
        Both present.
    weight : array (n,), >= 0
    pull : float, >= 0
        Ridge penalty on the weights' distance from their mean, in rows: as if so many rows had said that all
        components are alike. It decides little where there are thousands of rows, and much where there are hundreds.
    caution : float, >= 0
        The spread of the log-odds is drawn in by so many of its standard errors, around the mean: to be too sure of a
        family is the expensive mistake.
    folds : int
        For the record.
    groups : array (n,), optional
        Rows that share their luck: the standard error is the sandwich over them (Liang and Zeger 1986).

    Examples
    --------
    >>> said = np.array([[-1.0, 1.0], [-1.0, 2.0], [-1.0, 3.0], [1.0, 1.0], [1.0, 2.0], [1.0, 3.0]])
    >>> y = np.array([0, 0, 1, 0, 1, 1])
    >>> made = combine(np.column_stack([said[:, 0], -said[:, 1]]), y, np.ones(6), pull=0.0)
    >>> [round(weight, 3) for weight in made.weights]
    [0.693, 0.0]
    """
    n = len(y)
    weight = weight * (n / weight.sum())
    centre = np.average(scores, axis=0, weights=weight)
    z = scores - centre
    variance = float(np.average(z**2, axis=0, weights=weight).mean())
    unit = np.sqrt(variance) if variance > 1e-24 else 1.0
    z = z / unit  # one unit for all: what is alike stays alike
    m = z.shape[1]

    def loss(at: np.ndarray) -> tuple[float, np.ndarray]:
        line = at[0] + z @ at[1:]
        miss = weight * (expit(line) - y)
        apart = at[1:] - at[1:].mean()
        value = (weight * (np.logaddexp(0, line) - y * line)).sum() + pull / 2 * (apart @ apart)
        return float(value / n), np.append(miss.sum(), z.T @ miss + pull * apart) / n

    rate = float(np.average(y, weights=weight))
    start = np.append(np.log(rate / (1 - rate)), np.full(m, unit / m))
    # The bound of 50 standard units only stops weights that separate the classes from running away.
    bounds = [(None, None)] + [(0.0, 50.0)] * m
    options = {"ftol": 1e-15, "gtol": 1e-10, "maxiter": 1000}
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options).x
    whole = z @ found[1:]
    error = _relative_error(found[0] + whole, whole, y, weight, groups)
    kept = max(0.0, 1.0 - caution * error)
    weights = kept * found[1:] / unit
    level = _level(kept * whole, y, weight)
    return Combination(
        weights=tuple(float(value) for value in weights),
        intercept=float(level - centre @ weights),
        rows=n,
        folds=folds,
        spread_error=float(error),
    )


def equal_parts(scores: np.ndarray, y: np.ndarray, weight: np.ndarray, *, reason: str) -> Combination:
    """Return the mean of the components, at the level of the labels: what is said where nothing can be cross-fitted.

    Parameters
    ----------
    scores : array (n, m)
        Of the fitted components, on rows that they have seen.
    reason : str
        Why.
    """
    m = scores.shape[1]
    mean = scores.mean(axis=1)
    return Combination(
        weights=(1.0 / m,) * m, intercept=_level(mean, y, weight * (len(y) / weight.sum())), reason=reason
    )


def _level(line: np.ndarray, y: np.ndarray, weight: np.ndarray) -> float:
    """The intercept at which the mean probability is the share of good outcomes, by Newton's method."""
    rate = float(np.average(y, weights=weight))
    level = float(np.log(rate / (1 - rate)) - np.average(line, weights=weight))
    for _ in range(50):
        p = expit(level + line)
        step = float((weight * (y - p)).sum() / max((weight * p * (1 - p)).sum(), 1e-12))
        level += float(np.clip(step, -2, 2))
        if abs(step) < 1e-12:
            break
    return level


def _relative_error(
    log_odds: np.ndarray, whole: np.ndarray, y: np.ndarray, weight: np.ndarray, groups: np.ndarray | None
) -> float:
    """Standard error of the slope that the whole score has (it is 1 where it was fitted), robust to groups."""
    p = expit(log_odds)
    bread = weight * p * (1 - p)
    if bread.sum() <= 0:
        return 0.0
    x = whole - (bread * whole).sum() / bread.sum()
    information = float((bread * x * x).sum())
    if information <= 1e-12:
        return 0.0
    push = weight * (y - p) * x
    if groups is None:
        return float(np.sqrt(1 / information))
    meat = np.bincount(np.unique(groups, return_inverse=True)[1], weights=push)
    return float(np.sqrt((meat**2).sum()) / information)
