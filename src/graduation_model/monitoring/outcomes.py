"""A model's chances beside what became of the families since; and what the chances alone promise of this wave.

Calibration of forecasts: Cox (1958). Performance without labels: chances that are calibrated say themselves how often
the model is right (confidence-based performance estimation: Bialek, Kuberski, Perrakis and Bifet 2024). That is an
estimate: where chances have stopped being true, it is wrong by as much, and only outcomes tell.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from graduation_model.evaluation.bootstrap import percentile_interval, resampled_weights
from graduation_model.evaluation.metrics import Ranked, Resampled, metric_values
from graduation_model.monitoring.params import OutcomeParams, ScoreDriftParams

GAP, LISTED_GAP, SLOPE = "outcome_gap", "listed_gap", "outcome_slope"
ESTIMATED_PRECISION, ESTIMATED_AUC = "estimated_precision", "estimated_auc"
INTERVAL = 0.95
# What `evaluation.metrics` calls them; those without a limit are shown beside what the chances promised.
_METRICS = ("calibration_in_the_large", "precision_at_quota", "calibration_slope", "auc", "brier")
_TYPES = {"measure": "str", **dict.fromkeys(("value", "low", "high", "promised", "lowest", "highest"), "float64")}


def outcome_table(
    families: pd.DataFrame, params: OutcomeParams, scores: ScoreDriftParams, *, seed: int = 0
) -> pd.DataFrame:
    """Hold chances against outcomes that became known after the model was made.

    Parameters
    ----------
    families : frame (n, 3)
        probability (in [0, 1]), y (0/1), cluster.
    params, scores
        Limits, and the share that counts as the list.

    Returns
    -------
    frame with columns measure, value, low, high, promised, lowest, highest, n, told
        Without rows where there are fewer families than `params.fewest`, or all came out alike. `outcome_gap`: share
        that made it minus the mean chance; `listed_gap`: the same among the best-scored; `outcome_slope`: of the
        calibration line in log-odds, 1 where chances are as sharp as they should be; `auc`, `brier`. promised: what the
        chances alone say of the same families. Intervals of 95 %: bootstrap of clusters. told: the whole interval and
        the value lie beyond the limits.
    """
    y, p = families["y"].to_numpy(dtype=float), families["probability"].to_numpy(dtype=float)
    if len(y) < params.fewest or len(np.unique(y)) < 2:
        return _typed(pd.DataFrame(columns=[*_TYPES, "n", "told"]))
    ranked = Ranked(y, p)
    plain = _figures(Resampled(ranked, np.ones((1, len(y))), scores.listed))[0]
    cluster = pd.factorize(families["cluster"])[0]
    rng = np.random.default_rng(seed)
    draws = [
        _figures(Resampled(ranked, weights, scores.listed, nearby=True))
        for weights in resampled_weights(cluster, np.ones(len(y)), params.resamples, rng)
    ]
    low, high = percentile_interval(np.concatenate(draws), INTERVAL)
    limits = {GAP: (-params.gap, params.gap), LISTED_GAP: (-params.gap, params.gap), SLOPE: params.slope}
    promised = {GAP: 0.0, LISTED_GAP: 0.0, SLOPE: 1.0, **estimates(p, scores.listed)}
    rows = [
        (name, *figures, promised[_promise(name)], *limits.get(name, (np.nan, np.nan)))
        for name, *figures in zip((GAP, LISTED_GAP, SLOPE, "auc", "brier"), plain, low, high, strict=True)
    ]
    table = _typed(pd.DataFrame(rows, columns=list(_TYPES)).assign(n=len(y), told=False))
    # Beyond the limit, and beyond chance: the interval lies on the same side of what was promised.
    above = (table["value"] > table["highest"]) & (table["low"] > table["promised"])
    below = (table["value"] < table["lowest"]) & (table["high"] < table["promised"])
    return table.assign(told=above | below)


def _promise(name: str) -> str:
    return {"auc": ESTIMATED_AUC, "brier": "estimated_brier"}.get(name, name)


def _figures(resampled: Resampled) -> np.ndarray:
    """Gap, gap of the list, slope, AUC, Brier score (B, 5)."""
    found = metric_values(resampled, _METRICS)
    found[:, 1] -= _mean_of_list(resampled)
    return found


def _mean_of_list(resampled: Resampled) -> np.ndarray:
    """What the chances promise of the list of each resample (B,)."""
    ranked = resampled.ranked
    alike = Ranked(ranked.p, ranked.p)
    taken = Resampled(alike, resampled.weights, resampled.quota_share)
    return metric_values(taken, ("precision_at_quota",))[:, 0]


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    return table.astype({**_TYPES, "n": "int64", "told": "bool"})


def estimates(probability: np.ndarray, listed: float) -> dict[str, float]:
    """Return what chances promise of a model's performance, if they are true: an estimate, before any outcome.

    Parameters
    ----------
    probability : array (n,), in [0, 1]
    listed : float
        Share of the families, the best, that counts as the list.

    Returns
    -------
    dict
        estimated_precision (of the list), estimated_auc, estimated_brier.

    Examples
    --------
    >>> {name: round(value, 3) for name, value in estimates(np.array([0.9, 0.5, 0.1]), 1 / 3).items()}
    {'estimated_precision': 0.9, 'estimated_auc': 0.94, 'estimated_brier': 0.143}
    """
    p = np.sort(np.asarray(probability, dtype=float))
    below = np.cumsum(1 - p) - (1 - p)
    pairs = p.sum() * (1 - p).sum() - (p * (1 - p)).sum()  # a family is no pair with itself
    return {
        ESTIMATED_PRECISION: float(p[-max(1, round(listed * len(p))) :].mean()),
        # Of two families with other outcomes, how often the one that makes it has the higher chance.
        ESTIMATED_AUC: float((p * below).sum() / pairs) if pairs > 0 else float("nan"),
        "estimated_brier": float((p * (1 - p)).mean()),
    }


def estimate_drift(now: pd.Series, before: pd.Series, params: OutcomeParams, scores: ScoreDriftParams) -> pd.DataFrame:
    """Return how far the promised performance moved between two waves.

    Returns
    -------
    frame with columns measure, value, limit, before, now, told
    """
    made = [estimates(part.to_numpy(), scores.listed) for part in (before, now)]
    rows = [
        (name, made[1][name] - made[0][name], params.estimate, made[0][name], made[1][name])
        for name in (ESTIMATED_PRECISION, ESTIMATED_AUC)
    ]
    table = pd.DataFrame(rows, columns=["measure", "value", "limit", "before", "now"])
    return table.assign(told=table["value"].abs() > table["limit"])
