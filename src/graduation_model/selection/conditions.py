"""Conditions over the columns of scores in, who meets them out: yes, no, or not known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from graduation_model.selection.params import Condition

UNKNOWN = 0.5


def could_hold(scores: pd.DataFrame, conditions: Sequence[Condition]) -> np.ndarray:
    """Return for whom all conditions hold, or might: an answer that is not recorded rules nothing out.

    Examples
    --------
    >>> scores = pd.DataFrame({"n_65plus": [2, 1, None], "hh_size": [2, 4, 3]})
    >>> elderly_only = [Condition(column="n_65plus", at_least="hh_size")]
    >>> could_hold(scores, elderly_only).tolist(), hold(scores, elderly_only).tolist()
    ([True, False, True], [True, False, False])
    """
    return _least(scores, conditions) > 0


def hold(scores: pd.DataFrame, conditions: Sequence[Condition]) -> np.ndarray:
    """Return for whom all conditions are known to hold."""
    return _least(scores, conditions) == 1


def _least(scores: pd.DataFrame, conditions: Sequence[Condition]) -> np.ndarray:
    return np.min([_met(scores, condition) for condition in conditions], axis=0)


def _met(scores: pd.DataFrame, condition: Condition) -> np.ndarray:
    """1 where met, 0 where not, between them where nobody knows."""
    column = scores[condition.column]
    parts = []
    if condition.is_one_of:
        known = column.astype("object").where(column.notna())
        parts.append(np.where(column.isna(), UNKNOWN, known.astype("str").isin(condition.is_one_of)))
    for limit, sign in ((condition.at_least, 1), (condition.at_most, -1)):
        if limit is not None:
            above = sign * (numbers(column) - (numbers(scores[limit]) if isinstance(limit, str) else limit))
            parts.append(np.where(np.isnan(above), UNKNOWN, above >= 0))
    return np.min(parts, axis=0)


def numbers(column: pd.Series) -> np.ndarray:
    """Return a column as numbers; NaN where it holds none."""
    return pd.to_numeric(column, errors="coerce").to_numpy(dtype="float64", na_value=np.nan)
