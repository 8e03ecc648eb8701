"""One test cohort's outcomes and every model's probabilities in; the evaluation table's rows out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from graduation_model.estimators.models import LEARNERS
from graduation_model.evaluation.bootstrap import bootstrap, percentile_interval
from graduation_model.evaluation.metrics import RESAMPLED, Ranked, Resampled, metric_values
from graduation_model.evaluation.params import EvaluationParams

COLUMNS = (
    "model",
    "population",
    "group",
    "level",
    "test_year",
    "metric",
    "value",
    "low",
    "high",
    "n",
    "baseline",
    "outcome_known",
)
KEYS = ("household_id", "cluster", "y", "weight")
ALL = "all"
REFERENCE = "status_now"
# What a group needs: is it told apart, are its probabilities right, is it proposed in vain.
GROUP_METRICS = (
    "auc",
    "brier",
    "precision_at_quota",
    "false_graduations_at_quota",
    "share_positive",
    "calibration_in_the_large",
)
# A difference between two models means something where a higher (or lower) value is better.
COMPARED_METRICS = (
    "precision_at_quota",
    "recall_at_quota",
    "false_graduations_at_quota",
    "auc",
    "average_precision",
    "brier",
    "brier_skill",
    "log_loss",
)


def evaluate(
    predictions: pd.DataFrame,
    *,
    params: EvaluationParams,
    population: str,
    test_year: int,
    outcome_known: str,
    groups: Sequence[str] = (),
    overall: bool = True,
) -> pd.DataFrame:
    """Measure every model on one test cohort.

    Parameters
    ----------
    predictions : frame (n_families, ...)
        household_id, cluster, y (0/1), weight (optional), a column a group, and a column of probabilities a model.
        A family without a cluster is a cluster of its own.
    params : EvaluationParams
    population : str
    test_year : int
    outcome_known : str
        `by_as_of` or `after`.
    groups : sequence of str
        Columns by whose levels results are shown apart.
    overall : bool
        Whether the rows of all families together are wanted.

    Returns
    -------
    frame
        `evaluation` of docs/reference/tables.md. Overall: every metric of every model, its paired difference to
        `status_now`, and those of the learners to each other. Groups with fewer than `params.min_group` families or of
        one outcome have no row; neither has a metric that is not defined.
    """
    models = [name for name in predictions.columns if name not in {*KEYS, *groups}]
    families = predictions[predictions["y"].notna()]
    rows = list(_overall(families, models, params, test_year)) if overall else []
    for group in groups:
        for level, part in families.groupby(group, observed=True, sort=True):
            rows += _plain_rows(part, models, params, (group, str(level)), test_year)
    table = pd.DataFrame(rows, columns=["model", "group", "level", "metric", "value", "low", "high", "n", "baseline"])
    table = table.assign(population=population, test_year=test_year, outcome_known=outcome_known)
    return table.loc[table["value"].notna(), list(COLUMNS)].reset_index(drop=True)


def _overall(families: pd.DataFrame, models: list[str], params: EvaluationParams, year: int) -> Iterator[tuple]:
    if not _both(families):
        return
    names = tuple(RESAMPLED)
    points, draws = _measure(families, models, names, params, year)
    where = (ALL, ALL)
    for model in models:
        yield from _rows(model, where, names, points[model], draws[model], params, len(families))
    compared = [names.index(name) for name in COMPARED_METRICS]
    for model, baseline in _pairs(models):
        yield from _rows(
            model,
            where,
            COMPARED_METRICS,
            (points[model] - points[baseline])[compared],
            (draws[model] - draws[baseline])[:, compared],
            params,
            len(families),
            baseline,
        )


def _plain_rows(
    families: pd.DataFrame, models: list[str], params: EvaluationParams, where: tuple[str, str], year: int
) -> list[tuple]:
    if len(families) < params.min_group or not _both(families):
        return []
    points, draws = _measure(families, models, GROUP_METRICS, params, year)
    return [
        row
        for model in models
        for row in _rows(model, where, GROUP_METRICS, points[model], draws[model], params, len(families))
    ]


def _both(families: pd.DataFrame) -> bool:
    return families["y"].nunique() == 2


def _pairs(models: list[str]) -> list[tuple[str, str]]:
    pairs = [(model, REFERENCE) for model in models if model != REFERENCE and REFERENCE in models]
    learners = [name for name in LEARNERS if name in models]
    return pairs + [(one, other) for one in learners for other in learners if one != other]


def _measure(
    families: pd.DataFrame, models: list[str], metrics: tuple[str, ...], params: EvaluationParams, year: int
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return the metrics of every model as they are (n_metrics,), and under every resample (resamples, n_metrics)."""
    y = families["y"].to_numpy(dtype=float)
    weight = families["weight"].to_numpy(dtype=float) if "weight" in families else np.ones(len(y))
    probabilities = {model: families[model].to_numpy(dtype=float) for model in models}
    points = {
        model: metric_values(Resampled(Ranked(y, p), weight[None, :], params.quota_share), metrics)[0]
        for model, p in probabilities.items()
    }
    draws = bootstrap(
        y,
        probabilities,
        cluster=cluster_numbers(families["cluster"]),
        weight=weight,
        metrics=metrics,
        quota_share=params.quota_share,
        resamples=params.bootstrap,
        seed=year,
    )
    return points, draws


def cluster_numbers(clusters: pd.Series) -> np.ndarray:
    """Return a number a family, 0 to n_clusters - 1; one without a cluster is a cluster of its own."""
    numbers, names = pd.factorize(clusters)
    alone = numbers < 0
    numbers[alone] = len(names) + np.arange(alone.sum())
    return numbers


def _rows(
    model: str,
    where: tuple[str, str],
    metrics: Sequence[str],
    point: np.ndarray,
    draws: np.ndarray,
    params: EvaluationParams,
    n: int,
    baseline: str = "",
) -> list[tuple]:
    low, high = percentile_interval(draws, params.interval)
    return [
        (model, *where, name, float(point[k]), float(low[k]), float(high[k]), n, baseline)
        for k, name in enumerate(metrics)
    ]
