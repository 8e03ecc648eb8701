"""Due families with known and lost outcomes in; rows of the evaluation that say what the loss may have done, out.

Three answers beside the plain figures of the families that were found again: weighted ones, where who is found hangs on
what was recorded; bounds, where it may hang on anything; and who is found at all, by district and along the score.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from graduation_model.evaluation.bootstrap import bootstrap, percentile_interval
from graduation_model.evaluation.bounds import BOUNDED, metric_bounds
from graduation_model.evaluation.metrics import Ranked, Resampled, metric_values
from graduation_model.evaluation.params import EvaluationParams

WEIGHTED = ("share_positive", "precision_at_quota", "false_graduations_at_quota")
DECILE = "score_decile"
ROW = ("model", "group", "level", "metric", "value", "low", "high", "n")
Row = tuple[str, str, str, str, float, float, float, int]


def unknown_rows(
    due: pd.DataFrame,
    *,
    models: Sequence[str],
    area: str,
    params: EvaluationParams,
    test_year: int,
) -> pd.DataFrame:
    """Say what the families whose outcome is unknown may have done to a year's figures.

    Parameters
    ----------
    due : frame (n_due, ...)
        cluster (number), y (1, 0 or NaN), weight (0 where y is unknown), the area column, a column of probabilities a
        model.
    models : sequence of str
    area : str
    params : EvaluationParams
    test_year : int
        Seeds the bootstrap.

    Returns
    -------
    frame
        `ROW`: `followed_share` over all, by area and by decile of the score; `<metric>_weighted`; `<metric>_bounds`,
        whose value is that of the families found and whose low and high are the bounds.
    """
    rows: list[Row] = []
    for model in models:
        rows += _followed(due, model, area, params)
        rows += _weighted(due, model, params, test_year)
        rows += _bounds(due, model, params)
    return pd.DataFrame(rows, columns=list(ROW))


def unselected_rows(
    decided: pd.DataFrame, *, models: Sequence[str], params: EvaluationParams, test_year: int
) -> pd.DataFrame:
    """Say what would be known of everybody, had everybody been graduated: outcomes after a graduation are known only of
    the families that people chose, by more than what was recorded.

    Parameters
    ----------
    decided : frame (n_decided, ...)
        As `due` of `unknown_rows`; y is known of the graduated alone, weight stands for who was not chosen.

    Returns
    -------
    frame
        `ROW`: the same `_weighted` and `_bounds`, their names ending in `_if_all_graduated`.
    """
    rows: list[Row] = []
    for model in models:
        rows += _weighted(decided, model, params, test_year)
        rows += _bounds(decided, model, params)
    table = pd.DataFrame(rows, columns=list(ROW))
    return table.assign(metric=table["metric"].astype("str") + "_if_all_graduated")


def _followed(due: pd.DataFrame, model: str, area: str, params: EvaluationParams) -> Iterator[Row]:
    found = due["y"].notna().to_numpy(dtype=float)
    yield model, "all", "all", "followed_share", float(found.mean()), np.nan, np.nan, len(due)
    decile = (due[model].rank(method="first").to_numpy(dtype=int) - 1) * 10 // len(due) + 1
    for group, levels in ((DECILE, pd.Series(decile).map("{:02d}".format)), (area, due[area].astype("str"))):
        shares = pd.Series(found).groupby(levels.to_numpy()).agg(["mean", "size"])
        for level, share, size in shares.itertuples():
            if size >= params.min_group:
                yield model, group, str(level), "followed_share", float(share), np.nan, np.nan, int(size)


def _weighted(due: pd.DataFrame, model: str, params: EvaluationParams, year: int) -> list[Row]:
    found = due[due["y"].notna() & (due["weight"] > 0)]
    if found["y"].nunique() < 2 or found["weight"].nunique() < 2:
        return []
    y, p, weight = (found[name].to_numpy(dtype=float) for name in ("y", model, "weight"))
    point = metric_values(Resampled(Ranked(y, p), weight[None, :], params.quota_share), WEIGHTED)[0]
    draws = bootstrap(
        y,
        {model: p},
        cluster=pd.factorize(found["cluster"])[0],
        weight=weight,
        quota_share=params.quota_share,
        metrics=WEIGHTED,
        resamples=params.bootstrap,
        seed=year,
    )[model]
    low, high = percentile_interval(draws, params.interval)
    return [
        (model, "all", "all", f"{name}_weighted", float(point[k]), float(low[k]), float(high[k]), len(found))
        for k, name in enumerate(WEIGHTED)
    ]


def _bounds(due: pd.DataFrame, model: str, params: EvaluationParams) -> list[Row]:
    y, p = due["y"].to_numpy(dtype=float), due[model].to_numpy(dtype=float)
    found = ~np.isnan(y)
    if found.all() or len(np.unique(y[found])) < 2:
        return []
    plain = metric_values(Resampled(Ranked(y[found], p[found]), np.ones((1, found.sum())), params.quota_share), BOUNDED)
    return [
        (
            model,
            "all",
            "all",
            f"{name}_bounds",
            float(plain[0, k]),
            *metric_bounds(y, p, metric=name, quota_share=params.quota_share),
            len(due),
        )
        for k, name in enumerate(BOUNDED)
    ]
