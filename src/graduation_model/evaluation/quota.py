"""Families with their probabilities and weights in; how much of each stands within the quota out.

The quota is a share of each test year's total weight. All that share the probability at its edge count by the fraction
that still fits: what a fair lot among equals would give on average.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from graduation_model.evaluation.metrics import Ranked


def within_quota(ranked: Ranked, weights: np.ndarray, quota_share: float) -> np.ndarray:
    """Return the weight (B, n) of each family that stands within the quota, in the order that the families came in.

    Parameters
    ----------
    ranked : Ranked
        Of n families.
    weights : array (B, n), >= 0
    quota_share : float, in (0, 1)

    Examples
    --------
    >>> ranked = Ranked(np.zeros(4), np.array([0.2, 0.9, 0.5, 0.5]))
    >>> within_quota(ranked, np.ones((1, 4)), 0.5).tolist()
    [[0.0, 1.0, 0.5, 0.5]]
    """
    order, ends = ranked.order, ranked.ends
    ordered = weights[:, order]
    down_to = np.cumsum(ordered, axis=1)[:, ends]
    of_equals = np.diff(down_to, axis=1, prepend=0.0)
    quota = quota_share * weights.sum(axis=1, keepdims=True)
    fits = np.clip(quota - (down_to - of_equals), 0.0, of_equals)
    share = np.divide(fits, of_equals, out=np.zeros_like(fits), where=of_equals > 0)
    taken = np.empty_like(ordered)
    taken[:, order] = ordered * np.repeat(share, np.diff(ends, prepend=-1), axis=1)
    return taken


@dataclass(frozen=True)
class YearsOfFamilies:
    """Families of several test years, each year with a quota of its own, under one model's probabilities.

    Attributes
    ----------
    ranked : tuple of Ranked
        A year each.
    rows : tuple of array
        Where the families of each year stand among all.
    quota_share : float
    """

    ranked: tuple[Ranked, ...]
    rows: tuple[np.ndarray, ...]
    quota_share: float

    @classmethod
    def of(cls, year: np.ndarray, y: np.ndarray, p: np.ndarray, quota_share: float) -> YearsOfFamilies:
        """Rank each year's families by probability."""
        rows: Sequence[np.ndarray] = [np.flatnonzero(year == one) for one in np.unique(year)]
        return cls(tuple(Ranked(y[at], p[at]) for at in rows), tuple(rows), quota_share)

    def taken(self, weights: np.ndarray) -> np.ndarray:
        """Return the weight (B, n) of each family within its year's quota."""
        taken = np.zeros_like(weights)
        for ranked, at in zip(self.ranked, self.rows, strict=True):
            taken[:, at] = within_quota(ranked, weights[:, at], self.quota_share)
        return taken
