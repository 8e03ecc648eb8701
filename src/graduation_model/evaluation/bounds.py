"""Outcomes of which some are unknown in; the lowest and highest that a figure can be, whatever became of the unknown.

No assumption on who is missing (Manski 1989): every unknown outcome is set to what hurts the figure most, then to what
helps it most. Wide bounds are an answer, too: the data say no more.
"""

from __future__ import annotations

import numpy as np

from graduation_model.evaluation.metrics import METRICS

# What is bounded, and what the unknown are taken to be, in and outside the quota, for its lowest and highest value.
LOWEST_HIGHEST: dict[str, tuple[tuple[float, float], tuple[float, float]]] = {
    "share_positive": ((0.0, 0.0), (1.0, 1.0)),
    "precision_at_quota": ((0.0, 0.0), (1.0, 1.0)),
    "false_graduations_at_quota": ((1.0, 1.0), (0.0, 0.0)),
    "recall_at_quota": ((0.0, 1.0), (1.0, 0.0)),
}
BOUNDED = tuple(LOWEST_HIGHEST)


def share_bounds(y: np.ndarray) -> tuple[float, float]:
    """Return the lowest and highest share of good outcomes (n,); NaN is unknown.

    Examples
    --------
    >>> share_bounds(np.array([1.0, 0.0, np.nan, 1.0]))
    (0.5, 0.75)
    """
    return float(np.nan_to_num(y, nan=0.0).mean()), float(np.nan_to_num(y, nan=1.0).mean())


def metric_bounds(y: np.ndarray, p: np.ndarray, *, metric: str, quota_share: float) -> tuple[float, float]:
    """Return the lowest and highest value of a metric at the quota.

    Parameters
    ----------
    y : array (n,), 1, 0 or NaN
        Of every family that was due; NaN is unknown.
    p : array (n,), in [0, 1]
        The list is the highest `quota_share` of them, whether followed or not.
    metric : str
        One of `BOUNDED`.

    Examples
    --------
    >>> y, p = np.array([1.0, np.nan, 0.0, np.nan]), np.array([0.9, 0.8, 0.3, 0.1])
    >>> metric_bounds(y, p, metric="precision_at_quota", quota_share=0.5)
    (0.5, 1.0)
    """
    listed = _listed(p, quota_share)
    low, high = (
        METRICS[metric](np.where(np.isnan(y), np.where(listed, inside, outside), y), p, None, quota_share)
        for inside, outside in LOWEST_HIGHEST[metric]
    )
    return low, high


def _listed(p: np.ndarray, quota_share: float) -> np.ndarray:
    """Families above the quota's edge; those that share the edge count as listed, as a lot might draw them."""
    edge = np.sort(p)[::-1][min(len(p) - 1, max(0, int(np.ceil(quota_share * len(p))) - 1))]
    return p >= edge
