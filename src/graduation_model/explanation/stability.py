"""The contributions of two models to the same families in; how far they give the same reasons out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from graduation_model.explanation.reasons import TOP


def reasons_in_common(one: pd.DataFrame, other: pd.DataFrame, top: int = TOP) -> float:
    """Return the share of each family's strongest reasons that both models give, on average.

    Parameters
    ----------
    one, other : frame (n_households, n_questions)
        Contributions in log-odds, of the same families and questions.
    top : int
        So many reasons a family, by size whichever way they push.

    Examples
    --------
    >>> one = pd.DataFrame({"floor": [0.9], "income": [0.5], "size": [0.1]})
    >>> other = pd.DataFrame({"floor": [0.8], "income": [0.1], "size": [-0.4]})
    >>> reasons_in_common(one, other, top=2)
    0.5
    """
    top = min(top, one.shape[1])
    first, second = (_strongest(table.to_numpy(), top) for table in (one, other[list(one.columns)]))
    return float((first & second).sum(axis=1).mean() / top)


def _strongest(values: np.ndarray, top: int) -> np.ndarray:
    order = np.argsort(-np.abs(values), axis=1, kind="stable")[:, :top]
    chosen = np.zeros(values.shape, dtype=bool)
    np.put_along_axis(chosen, order, True, axis=1)
    return chosen
