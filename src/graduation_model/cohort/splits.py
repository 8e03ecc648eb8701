"""Splits: rows that must stand on one side of every cut, and folds that keep them there.

Test folds are by time alone (see `evaluation.backtest`). Inside tuning and cross-fitting neither a household nor a
cluster may stand on both sides.
"""

from __future__ import annotations

import numpy as np
import pandas as pd


def independent_groups(household_ids: pd.Series, clusters: pd.Series) -> np.ndarray:
    """Return a group number a row, so that no two groups share a household or a cluster.

    A family that moved ties two clusters together: groups are the connected components of the graph of households
    and clusters. A row without a cluster is tied by its household alone.

    Examples
    --------
    >>> independent_groups(pd.Series(["a", "b", "b", "c"]), pd.Series(["x", "x", "y", "z"])).tolist()
    [0, 0, 0, 1]
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    household, _ = pd.factorize(household_ids)
    cluster, names = pd.factorize(clusters)
    n = household.max(initial=-1) + 1
    known = cluster >= 0
    size = n + len(names)
    ties = coo_matrix((np.ones(known.sum()), (household[known], n + cluster[known])), shape=(size, size))
    _, component = connected_components(ties, directed=False)
    return pd.factorize(component[household])[0]


def group_folds(groups: np.ndarray, k: int, seed: int) -> np.ndarray:
    """Return a fold number (0..k-1) a row; a group is never cut, and folds are near in size.

    Groups are dealt largest first to the fold with the fewest rows; among equals the seed decides.

    Examples
    --------
    >>> folds = group_folds(np.array([0, 0, 1, 2, 2, 3]), 2, seed=1)
    >>> bool(folds[0] == folds[1] and folds[3] == folds[4]), sorted(np.bincount(folds).tolist())
    (True, [3, 3])
    """
    sizes = np.bincount(groups)
    shuffled = np.random.default_rng(seed).permutation(len(sizes))
    order = shuffled[np.argsort(-sizes[shuffled], kind="stable")]
    fold_of_group = np.empty(len(sizes), dtype=np.int64)
    filled = np.zeros(k, dtype=np.int64)
    for group in order:  # as many steps as groups (clusters), not as rows
        fold = int(np.argmin(filled))
        fold_of_group[group] = fold
        filled[fold] += sizes[group]
    return fold_of_group[groups]
