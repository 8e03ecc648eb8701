"""Outcomes, probabilities and weights in; one number a metric out.

Every metric is written once, for a whole table of weights (one row of weights a resample), so that the bootstrap and
the plain value cannot differ. The families at the quota come first: they are what a list is judged by.

The quota is a share of the total weight. The family at its edge, or all that share its probability, counts by the
fraction that still fits: what a fair lot among equals would give on average.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cached_property

import numpy as np
from scipy.special import expit

# Where log-odds hardly differ, a slope is noise: random order has none.
LEAST_SPREAD = 1e-3
NEAREST_TO_CERTAIN = 1e-6
NEWTON_STEPS, NEWTON_STEPS_FROM_NEARBY = 30, 3

Metric = Callable[[np.ndarray, np.ndarray, np.ndarray | None, float], float]


class Ranked:
    """Families in the order of their probability, highest first, with the places where it changes.

    Parameters
    ----------
    y : array (n,), 0 or 1
    p : array (n,), in [0, 1]

    Attributes
    ----------
    order : array (n,)
        Positions in the order given.
    ends : array (n_distinct,)
        Last place of each distinct probability.
    """

    def __init__(self, y: np.ndarray, p: np.ndarray) -> None:
        self.y, self.p = np.asarray(y, dtype=float), np.asarray(p, dtype=float)
        self.order = np.argsort(-self.p, kind="stable")
        ordered = self.p[self.order]
        self.ends = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True)) if len(ordered) else np.empty(0, int)

    @cached_property
    def z(self) -> np.ndarray:
        """Log-odds, standing in for certainty where p is 0 or 1."""
        p = np.clip(self.p, NEAREST_TO_CERTAIN, 1 - NEAREST_TO_CERTAIN)
        return np.log(p) - np.log1p(-p)

    @cached_property
    def sides(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Positions of the positives and of the negatives, each highest first; for each positive the number of
        negatives above it, and of those not below it (the same array where nobody is tied)."""
        positive = self.order[self.y[self.order] == 1]
        negative = self.order[self.y[self.order] != 1]
        rising, at = -self.p[negative], -self.p[positive]
        above, not_below = np.searchsorted(rising, at, side="left"), np.searchsorted(rising, at, side="right")
        return positive, negative, above, above if (above == not_below).all() else not_below

    @cached_property
    def line(self) -> np.ndarray:
        """Slope and intercept with equal weights: where the search of every resample starts."""
        return calibration_lines(self.z, self.y, np.ones((1, len(self.y))))[0]


class Resampled:
    """One set of families under B sets of weights: the shared sums of all metrics, each made when first needed.

    Parameters
    ----------
    ranked : Ranked
    weights : array (B, n), >= 0
    quota_share : float, in (0, 1)
    nearby : bool
        The weights are resamples, so that the calibration line is near the one with equal weights.
    """

    def __init__(self, ranked: Ranked, weights: np.ndarray, quota_share: float, *, nearby: bool = False) -> None:
        self.ranked, self.weights, self.quota_share, self.nearby = ranked, weights, quota_share, nearby

    @cached_property
    def total(self) -> np.ndarray:
        return self.weights.sum(axis=1)

    @cached_property
    def positives(self) -> np.ndarray:
        return self.weights @ self.ranked.y

    @cached_property
    def ordered(self) -> np.ndarray:
        return self.weights[:, self.ranked.order]

    @cached_property
    def taken(self) -> np.ndarray:
        """Weight (B, n_distinct) down to and with each distinct probability."""
        return np.cumsum(self.ordered, axis=1)[:, self.ranked.ends]

    @cached_property
    def hits(self) -> np.ndarray:
        """The positive part of `taken`."""
        return np.cumsum(self.ordered * self.ranked.y[self.ranked.order], axis=1)[:, self.ranked.ends]

    def mean(self, values: np.ndarray) -> np.ndarray:
        return _ratio(self.weights @ values, self.total)

    @cached_property
    def hits_at_quota(self) -> np.ndarray:
        """Positive weight (B,) within the quota."""
        quota = self.quota_share * self.total
        # The quota is reached near its share of the places: the rest of the list is not looked at, unless a resample
        # happens to weigh so little at the top that it must be.
        taken_to, hits_to = self._down_to(int(3 * self.quota_share * len(self.ranked.ends)) + 50)
        if (taken_to[:, -1] < quota).any():
            taken_to, hits_to = self.taken, self.hits
        rows = np.arange(len(quota))
        last = np.minimum((taken_to < quota[:, None]).sum(axis=1), taken_to.shape[1] - 1)
        before = np.maximum(last - 1, 0)
        taken = np.where(last > 0, taken_to[rows, before], 0.0)
        hits = np.where(last > 0, hits_to[rows, before], 0.0)
        rate = _ratio(hits_to[rows, last] - hits, taken_to[rows, last] - taken)
        return hits + np.nan_to_num(rate) * (quota - taken)

    def _down_to(self, places: int) -> tuple[np.ndarray, np.ndarray]:
        """The first columns of `taken` and `hits`."""
        ends = self.ranked.ends[:places]
        top = self.ranked.order[: ends[-1] + 1]
        weights = self.weights[:, top]
        return np.cumsum(weights, axis=1)[:, ends], np.cumsum(weights * self.ranked.y[top], axis=1)[:, ends]

    @cached_property
    def lines(self) -> np.ndarray:
        """Calibration slope and intercept (B, 2)."""
        ranked = self.ranked
        start = ranked.line if self.nearby else None
        return calibration_lines(ranked.z, ranked.y, self.weights, start=start)


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(
        part,
        whole,
        out=np.full(np.broadcast_shapes(np.shape(part), np.shape(whole)), np.nan),
        where=np.asarray(whole) > 0,
    )


def _auc(r: Resampled) -> np.ndarray:
    positive, negative, above, not_below = r.ranked.sides
    weights = r.weights[:, positive]
    passed = np.zeros((len(r.weights), len(negative) + 1))
    np.cumsum(r.weights[:, negative], axis=1, out=passed[:, 1:])
    # Each positive passes the negatives below it, and half of those beside it.
    missed = (weights * passed[:, above]).sum(axis=1)
    tied = 0.0 if above is not_below else (weights * (passed[:, not_below] - passed[:, above])).sum(axis=1) / 2
    pairs = weights.sum(axis=1) * passed[:, -1]
    return _ratio(pairs - missed - tied, pairs)


def _average_precision(r: Resampled) -> np.ndarray:
    step = np.diff(r.hits, axis=1, prepend=0.0)
    return _ratio((step * np.nan_to_num(_ratio(r.hits, r.taken))).sum(axis=1), r.positives)


def _brier(r: Resampled) -> np.ndarray:
    return r.mean((r.ranked.y - r.ranked.p) ** 2)


def _brier_skill(r: Resampled) -> np.ndarray:
    share = _share_positive(r)
    return 1.0 - _ratio(_brier(r), share * (1 - share))


def _log_loss(r: Resampled) -> np.ndarray:
    y, z = r.ranked.y, r.ranked.z
    return r.mean(np.logaddexp(0, z) - y * z)


def _precision_at_quota(r: Resampled) -> np.ndarray:
    return _ratio(r.hits_at_quota, r.quota_share * r.total)


def _recall_at_quota(r: Resampled) -> np.ndarray:
    return _ratio(r.hits_at_quota, r.positives)


def _false_graduations_at_quota(r: Resampled) -> np.ndarray:
    return 1.0 - _precision_at_quota(r)


def _calibration_slope(r: Resampled) -> np.ndarray:
    return r.lines[:, 0]


def _calibration_intercept(r: Resampled) -> np.ndarray:
    return r.lines[:, 1]


def _calibration_in_the_large(r: Resampled) -> np.ndarray:
    return r.mean(r.ranked.y - r.ranked.p)


def _share_positive(r: Resampled) -> np.ndarray:
    return r.mean(r.ranked.y)


RESAMPLED: dict[str, Callable[[Resampled], np.ndarray]] = {
    "precision_at_quota": _precision_at_quota,
    "recall_at_quota": _recall_at_quota,
    "false_graduations_at_quota": _false_graduations_at_quota,
    "auc": _auc,
    "average_precision": _average_precision,
    "brier": _brier,
    "brier_skill": _brier_skill,
    "log_loss": _log_loss,
    "calibration_slope": _calibration_slope,
    "calibration_intercept": _calibration_intercept,
    "calibration_in_the_large": _calibration_in_the_large,
    "share_positive": _share_positive,
}


def metric_values(resampled: Resampled, names: Collection[str] = tuple(RESAMPLED)) -> np.ndarray:
    """Return the metrics (B, n_names) of each row of weights; NaN where one is not defined."""
    return np.column_stack([RESAMPLED[name](resampled) for name in names])


def _plain(name: str) -> Metric:
    def metric(y: np.ndarray, p: np.ndarray, weight: np.ndarray | None = None, quota_share: float = 0.2) -> float:
        weights = np.ones((1, len(y))) if weight is None else np.asarray(weight, dtype=float)[None, :]
        return float(RESAMPLED[name](Resampled(Ranked(y, p), weights, quota_share))[0])

    metric.__name__ = name
    return metric


METRICS: dict[str, Metric] = {name: _plain(name) for name in RESAMPLED}


def auc(y: np.ndarray, p: np.ndarray, weight: np.ndarray | None = None, quota_share: float = 0.2) -> float:
    """Return the chance that a family that made it stands above one that did not; equals count half.

    Examples
    --------
    >>> auc(np.array([1, 0, 1, 0]), np.array([0.9, 0.5, 0.5, 0.1]))
    0.875
    """
    return METRICS["auc"](y, p, weight, quota_share)


def calibration_lines(
    z: np.ndarray, y: np.ndarray, weights: np.ndarray, *, start: np.ndarray | None = None
) -> np.ndarray:
    """Fit y ~ sigmoid(intercept + slope * z) under each set of weights, by Newton's method, all at once (Cox 1958).

    Parameters
    ----------
    z : array (n,)
        Log-odds that were said.
    y : array (n,), 0 or 1
    weights : array (B, n)
    start : array (2,), optional
        A slope and intercept nearby: three steps are then enough.

    Returns
    -------
    array (B, 2)
        Slope and intercept; NaN where z hardly varies, y is of one kind, or z separates the two kinds.
    """
    centre, spread = z.mean(), z.std()
    lines = np.full((len(weights), 2), np.nan)
    if not spread >= LEAST_SPREAD or (start is not None and np.isnan(start).any()):
        return lines
    x = (z - centre) / spread
    total, good = weights.sum(axis=1), weights @ y
    fit = np.flatnonzero((good > 0) & (good < total))
    rate = good[fit] / total[fit]
    if start is None:
        a, b, steps = np.log(rate / (1 - rate)), np.zeros(len(fit)), NEWTON_STEPS
    else:
        a, b = np.full(len(fit), start[1] + start[0] * centre), np.full(len(fit), start[0] * spread)
        steps = NEWTON_STEPS_FROM_NEARBY
    a, b, moved = _newton(x, y, weights[fit], a, b, steps)
    # A line that still runs has nowhere to arrive at.
    settled = (moved < 1e-3) & (np.abs(b) < 50)
    slope = b[settled] / spread
    lines[fit[settled]] = np.column_stack([slope, a[settled] - slope * centre])
    return lines


def _newton(
    x: np.ndarray, y: np.ndarray, weights: np.ndarray, a: np.ndarray, b: np.ndarray, steps: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    moved = np.full(len(a), np.inf)
    powers = np.column_stack([np.ones_like(x), x, x * x])
    for _ in range(steps):
        mu = expit(a[:, None] + b[:, None] * x)
        miss = weights * (y - mu)
        g = miss @ powers[:, :2]
        h = (weights * mu * (1 - mu)) @ powers
        determinant = h[:, 0] * h[:, 2] - h[:, 1] ** 2
        sound = determinant > 1e-12 * np.maximum(h[:, 0] * h[:, 2], 1e-300)
        inverse = np.divide(1.0, determinant, out=np.zeros_like(determinant), where=sound)
        step_a = np.clip((h[:, 2] * g[:, 0] - h[:, 1] * g[:, 1]) * inverse, -2, 2)
        step_b = np.clip((h[:, 0] * g[:, 1] - h[:, 1] * g[:, 0]) * inverse, -2, 2)
        a, b = a + step_a, b + step_b
        moved = np.where(sound, np.maximum(np.abs(step_a), np.abs(step_b)), np.inf)
        if np.all(moved < 1e-10):
            break
    return a, b, moved
