"""Outcomes of some families in, of which some are unknown; the share that made it, its interval and its bounds, out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from graduation_model.evaluation.bootstrap import cluster_counts, percentile_interval
from graduation_model.evaluation.bounds import share_bounds

FEWEST_CLUSTERS = 10


def share_known(
    y: np.ndarray, cluster: np.ndarray, *, resamples: int, interval: float, seed: int
) -> tuple[float, float, float, float, float]:
    """Return share, low, high, lowest, highest.

    Parameters
    ----------
    y : array (n,), 1, 0 or NaN
        Of every family that was due; NaN is unknown.
    cluster : array (n,)
        What shares its luck: a facilitator's families.

    Returns
    -------
    tuple of float
        The share of the known; the wider of Wilson's (1927) interval and a cluster bootstrap's at each end, since few
        families make the one too narrow and families of one facilitator the other; and the share if all of the unknown
        failed, or made it. NaN where nobody is known, or due.
    """
    from statsmodels.stats.proportion import proportion_confint

    known = ~np.isnan(y)
    nan = float("nan")
    if not len(y):
        return nan, nan, nan, nan, nan
    lowest, highest = share_bounds(y)
    if not known.any():
        return nan, nan, nan, lowest, highest
    good, n = float(y[known].sum()), int(known.sum())
    low, high = (float(end) for end in proportion_confint(good, n, alpha=1 - interval, method="wilson"))
    codes, names = pd.factorize(cluster[known])
    if len(names) >= FEWEST_CLUSTERS:
        drawn = cluster_counts(len(names), resamples, np.random.default_rng(seed))
        shares = (drawn @ np.bincount(codes, weights=y[known])) / (drawn @ np.bincount(codes).astype(float))
        again = percentile_interval(shares[:, None], interval)
        low, high = min(low, float(again[0][0])), max(high, float(again[1][0]))
    return good / n, low, high, lowest, highest
