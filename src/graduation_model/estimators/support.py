"""Where a model has seen families: ranges of the training features in; which rows lie outside them out."""

from __future__ import annotations

import numpy as np
import pandas as pd

# A little beyond the edge is no other world: the oldest head, one more room.
WIDENED_BY = 0.10


def support_ranges(X: pd.DataFrame) -> pd.DataFrame:
    """Return the range of every feature in training.

    Parameters
    ----------
    X : frame (n, n_features)

    Returns
    -------
    frame (n_features, 3)
        feature, low, high; NaN for a feature that nobody had.

    Examples
    --------
    >>> support_ranges(pd.DataFrame({"hh_size": [2.0, 7.0, None]})).values.tolist()
    [['hh_size', 2.0, 7.0]]
    """
    return pd.DataFrame(
        {
            "feature": [str(name) for name in X.columns],
            "low": X.min(axis=0).to_numpy(dtype=float),
            "high": X.max(axis=0).to_numpy(dtype=float),
        }
    )


def outside_support(X: pd.DataFrame, support: pd.DataFrame) -> np.ndarray:
    """Return which rows (n,) have a feature beyond its range in training, widened by a tenth of the span.

    A level that training never saw has the range 0 to 0, so that a family with it lies outside. A missing value never
    does, and neither does a feature that nobody had in training: no model learnt from it.

    Examples
    --------
    >>> seen = support_ranges(pd.DataFrame({"rooms": [1.0, 5.0], "roof=sheet": [0.0, 0.0]}))
    >>> rows = pd.DataFrame({"rooms": [5.4, 5.5, 3.0, None], "roof=sheet": [0.0, 0.0, 1.0, None]})
    >>> outside_support(rows, seen).tolist()
    [False, True, True, False]
    """
    values = X[support["feature"].tolist()].to_numpy(dtype=float)
    low, high = support["low"].to_numpy(dtype=float), support["high"].to_numpy(dtype=float)
    margin = WIDENED_BY * (high - low)
    return ((values < low - margin) | (values > high + margin)).any(axis=1)
