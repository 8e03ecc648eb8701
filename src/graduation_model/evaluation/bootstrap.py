"""Families with their clusters in; metrics under resampled clusters out.

Clusters are drawn with replacement, since families of one village or facilitator share their luck. Every model is
measured on the same draws, so that a difference between two models has its own interval.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import numpy as np

from graduation_model.evaluation.metrics import Ranked, Resampled, metric_values

# Cells of weights held at once: some 16 MB, whatever the number of families.
CELLS = 2_000_000


def cluster_counts(clusters: int, resamples: int, rng: np.random.Generator) -> np.ndarray:
    """Return how often each cluster was drawn (resamples, clusters); each row adds up to `clusters`.

    Examples
    --------
    >>> cluster_counts(3, 2, np.random.default_rng(1)).sum(axis=1).tolist()
    [3.0, 3.0]
    """
    drawn = rng.integers(0, clusters, size=(resamples, clusters))
    drawn += clusters * np.arange(resamples)[:, None]
    return np.bincount(drawn.ravel(), minlength=resamples * clusters).reshape(resamples, clusters).astype(float)


def resampled_weights(
    cluster: np.ndarray, weight: np.ndarray, resamples: int, rng: np.random.Generator
) -> Iterator[np.ndarray]:
    """Yield blocks of weights (b, n), `resamples` rows in all.

    Parameters
    ----------
    cluster : array (n,), 0 to n_clusters - 1
    weight : array (n,)
    """
    clusters = int(cluster.max()) + 1
    block = max(1, min(resamples, CELLS // max(len(cluster), 1)))
    for start in range(0, resamples, block):
        yield cluster_counts(clusters, min(block, resamples - start), rng)[:, cluster] * weight


def bootstrap(
    y: np.ndarray,
    probabilities: Mapping[str, np.ndarray],
    *,
    cluster: np.ndarray,
    weight: np.ndarray,
    quota_share: float,
    metrics: Collection[str],
    resamples: int,
    seed: int | tuple[int, ...],
) -> dict[str, np.ndarray]:
    """Measure every model on the same resamples.

    Parameters
    ----------
    y : array (n,), 0 or 1
    probabilities : mapping
        Model -> array (n,).
    cluster : array (n,), 0 to n_clusters - 1
    weight : array (n,)
    metrics : collection of str

    Returns
    -------
    dict
        Model -> array (resamples, n_metrics); NaN where a resample does not define the metric, or where there is one
        cluster alone: drawing it again says nothing.
    """
    if cluster.max(initial=0) == 0:
        return {name: np.full((resamples, len(metrics)), np.nan) for name in probabilities}
    rng = np.random.default_rng(seed)
    ranked = {name: Ranked(y, p) for name, p in probabilities.items()}
    blocks: dict[str, list[np.ndarray]] = {name: [] for name in ranked}
    for weights in resampled_weights(cluster, weight, resamples, rng):
        for name, families in ranked.items():
            blocks[name].append(metric_values(Resampled(families, weights, quota_share, nearby=True), metrics))
    return {name: np.concatenate(parts) for name, parts in blocks.items()}


def percentile_interval(values: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the percentile interval of each column of (resamples, k); NaN where a column has hardly any number.

    Examples
    --------
    >>> low, high = percentile_interval(np.arange(101.0)[:, None], 0.9)
    >>> round(float(low[0]), 6), round(float(high[0]), 6)
    (5.0, 95.0)
    """
    tail = (1 - level) / 2
    low, high = np.full(values.shape[1], np.nan), np.full(values.shape[1], np.nan)
    known = (~np.isnan(values)).sum(axis=0) >= len(values) / 2
    if known.any():
        low[known], high[known] = np.nanquantile(values[:, known], [tail, 1 - tail], axis=0)
    return low, high
