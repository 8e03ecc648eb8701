"""Ridge logistic regression with bounds on the coefficients: blocks of terms in, the one minimum out.

scikit-learn's logistic regression knows no bounds, and holds several copies of the table; this one sees a block at a
time, so that its memory does not grow with the families. Projected Newton steps (Bertsekas 1982): the problem is
strictly convex, and the coefficients at a bound that want to go beyond it sit a step out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit

BLOCK = 32_768
STEPS = 200
SETTLED = 1e-9


@dataclass(frozen=True)
class Slope:
    """Loss, gradient (p,) and Hessian (p, p) at one point."""

    loss: float
    gradient: np.ndarray
    hessian: np.ndarray


def ridge_logistic(
    terms: Callable[[slice], np.ndarray],
    target: np.ndarray,
    weight: np.ndarray,
    *,
    c: float,
    lower: np.ndarray,
    upper: np.ndarray,
) -> tuple[np.ndarray, float]:
    """Minimise `c * sum of weighted log-loss + ||coef||^2 / 2` within bounds.

    Parameters
    ----------
    terms : callable
        A slice of the n rows -> their standardised terms (b, p), float64.
    target : array (n,), 0 or 1
    weight : array (n,)
    c : float
        Inverse strength of the penalty, as scikit-learn's `C`; the intercept is free of it.
    lower, upper : array (p,)
        0 must lie between them.

    Returns
    -------
    coef : array (p,)
    intercept : float

    Examples
    --------
    >>> x = np.array([[-1.0], [-1.0], [1.0], [1.0]])
    >>> free = {"lower": np.array([-np.inf]), "upper": np.array([np.inf])}
    >>> coef, _ = ridge_logistic(lambda rows: x[rows], np.array([0, 0, 1, 1]), np.ones(4), c=1.0, **free)
    >>> round(float(coef[0]), 3)
    1.043
    >>> never_raises = {"lower": np.array([-np.inf]), "upper": np.array([0.0])}
    >>> ridge_logistic(lambda rows: x[rows], np.array([0, 0, 1, 1]), np.ones(4), c=1.0, **never_raises)[0].tolist()
    [0.0]
    """
    rate = float(np.average(target, weights=weight))
    at = np.append(np.zeros(len(lower)), np.log(rate / (1 - rate)))  # the intercept stands last
    low, high = np.append(lower, -np.inf), np.append(upper, np.inf)
    here = _slope(terms, target, weight, at, c)
    for _ in range(STEPS):
        step = _newton_step(here, at, low, high)
        if not step.any():
            break
        length = 1.0
        while True:
            there = np.clip(at + length * step, low, high)
            ahead = _slope(terms, target, weight, there, c)
            if ahead.loss <= here.loss + 1e-4 * float(here.gradient @ (there - at)) or length < 1e-6:
                break
            length /= 2
        moved = float(np.abs(there - at).max())
        at, here = there, ahead
        if moved < SETTLED:
            break
    return at[:-1], float(at[-1])


def _slope(
    terms: Callable[[slice], np.ndarray], target: np.ndarray, weight: np.ndarray, at: np.ndarray, c: float
) -> Slope:
    p = len(at) - 1
    loss, gradient, hessian = 0.0, np.zeros(p + 1), np.zeros((p + 1, p + 1))
    for start in range(0, len(target), BLOCK):
        rows = slice(start, start + BLOCK)
        x, y, w = terms(rows), target[rows], c * weight[rows]
        line = x @ at[:-1] + at[-1]
        mu = expit(line)
        loss += float((w * (np.logaddexp(0, line) - y * line)).sum())
        miss, bend = w * (mu - y), w * mu * (1 - mu)
        gradient[:-1] += miss @ x
        gradient[-1] += miss.sum()
        bent = bend[:, None] * x
        hessian[:-1, :-1] += bent.T @ x
        hessian[-1, :-1] += bent.sum(axis=0)
        hessian[-1, -1] += bend.sum()
    hessian[:-1, -1] = hessian[-1, :-1]
    coef = at[:-1]
    gradient[:-1] += coef
    hessian[np.arange(p), np.arange(p)] += 1.0
    hessian[-1, -1] += 1e-12  # probabilities of 0 and 1 alone would leave the intercept without a curve
    return Slope(loss + float(coef @ coef) / 2, gradient, hessian)


def _newton_step(here: Slope, at: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Newton's step over the coefficients that may move: none of them would leave its bound at once."""
    g = here.gradient
    moving = ~(((at <= low) & (g > 0)) | ((at >= high) & (g < 0)))
    while True:
        step = np.zeros(len(at))
        factor = cho_factor(here.hessian[np.ix_(moving, moving)])
        step[moving] = -cho_solve(factor, g[moving])
        outward = ((at <= low) & (step < 0)) | ((at >= high) & (step > 0))
        if not outward.any():
            return step
        moving &= ~outward
