"""Predictions of several test years in; paired differences between models over all of them, with intervals, out.

A year with some nine hundred families leaves an AUC within .03 or so: what counts between two models is the difference
on the same families, over all years.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from graduation_model.estimators.models import LEARNERS
from graduation_model.evaluation.bootstrap import percentile_interval, resampled_weights
from graduation_model.evaluation.evaluate import COLUMNS, REFERENCE, cluster_numbers
from graduation_model.evaluation.metrics import Ranked, Resampled, metric_values
from graduation_model.evaluation.params import EvaluationParams

GROUP = "test_years"
METRICS = ("auc", "brier", "precision_at_quota")
BASELINES = (*LEARNERS, "weighted_sum", "pmt", REFERENCE)


def pooled_differences(predictions: pd.DataFrame, *, params: EvaluationParams, population: str) -> pd.DataFrame:
    """Return the mean over test years of the difference between two models, under resampled clusters.

    Parameters
    ----------
    predictions : frame (n, ...)
        test_year, outcome_known, cluster, y, weight, and a column of probabilities a model.
    params : EvaluationParams
    population : str

    Returns
    -------
    frame
        `evaluation` of docs/reference/tables.md: group `test_years`, level such as `2015-2017`, test_year the last one.
        A cluster is drawn in all of its years at once, since its families are mostly the same.
    """
    models = [name for name in (*BASELINES, "random") if name in predictions]
    pairs = [
        (model, baseline)
        for model in models
        for baseline in BASELINES
        if model in LEARNERS and baseline in models and baseline != model
    ]
    years = sorted(int(year) for year in predictions["test_year"].unique())
    cluster = cluster_numbers(predictions["cluster"])
    weight = predictions["weight"].to_numpy(dtype=float)
    rng = np.random.default_rng(years[-1])
    points = _means(predictions, models, years, weight[None, :], params)
    blocks = [
        _means(predictions, models, years, weights, params)
        for weights in resampled_weights(cluster, weight, params.bootstrap, rng)
    ]
    rows = []
    for model, baseline in pairs:
        point = (points[model] - points[baseline])[0]
        draws = np.concatenate([block[model] - block[baseline] for block in blocks])
        low, high = percentile_interval(draws, params.interval)
        rows += [
            (model, metric, float(point[k]), float(low[k]), float(high[k]), baseline)
            for k, metric in enumerate(METRICS)
        ]
    table = pd.DataFrame(rows, columns=["model", "metric", "value", "low", "high", "baseline"]).assign(
        population=population,
        group=GROUP,
        level=f"{years[0]}-{years[-1]}",
        test_year=years[-1],
        n=len(predictions),
        outcome_known=predictions["outcome_known"].iloc[-1],
    )
    return table.loc[table["value"].notna(), list(COLUMNS)].reset_index(drop=True)


def _means(
    predictions: pd.DataFrame, models: list[str], years: list[int], weights: np.ndarray, params: EvaluationParams
) -> dict[str, np.ndarray]:
    """Each model's metrics (resamples, n_metrics), meaned over the years."""
    total = {model: np.zeros((len(weights), len(METRICS))) for model in models}
    for year in years:
        part = (predictions["test_year"] == year).to_numpy()
        y = predictions.loc[part, "y"].to_numpy(dtype=float)
        for model in models:
            ranked = Ranked(y, predictions.loc[part, model].to_numpy(dtype=float))
            resampled = Resampled(ranked, weights[:, part], params.quota_share)
            total[model] += metric_values(resampled, METRICS) / len(years)
    return total
