"""Families with intervals, p-values and outcomes in; what can be seen of whether both hold, out.

The true chance of a family is never seen, only what became of it. So families of like chance are put together, and the
share of them that made it is held against their mean interval: an interval that misses its bin is wrong; one that holds
it may still be wrong family by family.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control

from graduation_model.estimators.training_set import AdditiveModel
from graduation_model.estimators.uncertainty import Uncertainty
from graduation_model.evaluation.params import EvaluationParams
from graduation_model.evaluation.unknown import ROW, Row

FAMILIES_A_BIN = 30
MOST_BINS = 10


def seen_of_uncertainty(
    uncertainty: Uncertainty,
    fitted: AdditiveModel,
    tested: pd.DataFrame,
    X: pd.DataFrame,
    *,
    model: str,
    groups: Sequence[str],
    params: EvaluationParams,
) -> pd.DataFrame:
    """Return `coverage_rows` of tested families, whose intervals and p-values are those of the fitted model."""
    log_odds = fitted.log_odds(X)
    low, high = uncertainty.bounds(X, log_odds)
    families = tested.assign(low=low, high=high, conformal_p=uncertainty.conformal_p(log_odds))
    return coverage_rows(families, model=model, groups=groups, params=params)


def coverage_rows(
    families: pd.DataFrame, *, model: str, groups: Sequence[str], params: EvaluationParams
) -> pd.DataFrame:
    """Hold intervals and the list's bound against what happened.

    Parameters
    ----------
    families : frame (n, ...)
        y (0/1), low, high (of the interval), conformal_p, a column of probabilities named as the model, and a column a
        group.
    model : str
    groups : sequence of str
    params : EvaluationParams

    Returns
    -------
    frame
        `unknown.ROW`. `interval_bins_held`: the share of bins whose share of good outcomes lies in their mean interval;
        `interval_width`: its mean; for all and by group. `bounded_list_share` and `bounded_list_false`: how many
        families the conformal cut at `params.list_level` would list, and the share of them that failed.
    """
    rows: list[Row] = []
    parts = [("all", "all", families)]
    parts += [(name, str(level), part) for name in groups for level, part in families.groupby(name, observed=True)]
    for group, level, part in parts:
        if group != "all" and len(part) < max(params.min_group, 2 * FAMILIES_A_BIN):
            continue
        known = part[["low", "high"]].notna().all(axis=1)
        if known.any():
            held, width = bins_held(part[known], model), float((part["high"] - part["low"]).mean())
            rows.append((model, group, level, "interval_bins_held", held, np.nan, np.nan, len(part)))
            rows.append((model, group, level, "interval_width", width, np.nan, np.nan, len(part)))
    rows += _bounded_list(families, model, params)
    return pd.DataFrame(rows, columns=list(ROW))


def bins_held(families: pd.DataFrame, model: str) -> float:
    """Return the share of bins of like probability whose share of good outcomes lies in their mean interval.

    Examples
    --------
    >>> families = pd.DataFrame({"y": [1, 0] * 30, "low": 0.4, "high": 0.6, "m": 0.5})
    >>> bins_held(families, "m"), bins_held(families.assign(low=0.55), "m")
    (1.0, 0.0)
    """
    bins = max(1, min(MOST_BINS, len(families) // FAMILIES_A_BIN))
    place = (families[model].rank(method="first").to_numpy() - 1) * bins // len(families)
    means = families[["y", "low", "high"]].groupby(place).mean()
    return float(((means["y"] >= means["low"]) & (means["y"] <= means["high"])).mean())


def _bounded_list(families: pd.DataFrame, model: str, params: EvaluationParams) -> list[Row]:
    p_values = families["conformal_p"].to_numpy(dtype=float)
    if not len(p_values) or np.isnan(p_values).any():
        return []
    # Benjamini and Hochberg (1995), as selection cuts the list.
    listed = false_discovery_control(p_values) <= params.list_level
    share = ("bounded_list_share", float(listed.mean()))
    false = [("bounded_list_false", float(1 - families["y"].to_numpy()[listed].mean()))] if listed.any() else []
    return [(model, "all", "all", name, value, np.nan, np.nan, len(listed)) for name, value in (share, *false)]
