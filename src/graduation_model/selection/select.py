"""Scores and a programme's rules come in; a recommendation, a rank and a list within the quota go out.

The order of the rules: what the model never saw is not judged, nor a family of which too little is known; then the
probability is compared with the threshold and its review band, and people look at whom it would call ready although
nobody like them was ever graduated; then the quota, a ceiling and never a target.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from graduation_model.selection.checks import check_rules, check_scores
from graduation_model.selection.params import SelectionParams

logger = logging.getLogger(__name__)

RECOMMENDATIONS = ("ready", "review", "not_ready", "cannot_say")
RULES = (
    "out_of_support",
    "incomplete",
    "never_graduated",
    "above_threshold",
    "beyond_bound",
    "over_quota",
    "near_threshold",
    "below_threshold",
)
SELECTION_COLUMNS = (
    "household_id",
    "recommendation",
    "rank",
    "selected",
    "waiting_list_position",
    "rule",
    "quota_unit",
)
# Probabilities are compared to this many decimals: 0.80 + 0.05 is a hair above 0.85 in binary, and a committee that
# wrote 0.85 means 0.85. It also keeps the last bit of another machine's arithmetic from deciding between families.
DECIMALS = 12


@dataclass(frozen=True)
class Selection:
    """Who is proposed, and the counts that a committee asks for.

    Attributes
    ----------
    table : frame (n_households, 7)
        `SELECTION_COLUMNS`; the best ranked first, those of whom nothing can be said last.
    summary : dict
        Plain values, ready for a manifest: families, recommendations (counts), rules (counts), quota, selected,
        quota_unfilled, waiting_list, selected_by_unit, threshold, band, cost_ratio, min_completeness, conformal_level,
        expected_false_graduations, tie_break, as_of_date, model, model_version, bundle_sha256.
    """

    table: pd.DataFrame
    summary: dict[str, Any]


def select(scores: pd.DataFrame, params: SelectionParams, *, quota: int | None = None, seed_text: str) -> Selection:
    """Recommend for every scored family, and propose the first of the ready within the quota.

    Parameters
    ----------
    scores : frame (n_households, ...)
        One row a household, as `score` writes them. The order of its rows never matters.
    params : SelectionParams
    quota : int, optional
        At most so many families in the whole list; None takes `params.quota`, and if that is None too, all who are
        ready are proposed. `quota_unit` names what each family is counted under; the ceiling is one.
    seed_text : str
        The as-of date. It keys the hash that orders families alike in probability and completeness, so that a low
        household number wins nothing and the same year gives the same list.

    Returns
    -------
    Selection

    Raises
    ------
    DataError
        See `checks.check_scores`.
    ConfigError
        See `checks.check_rules`.

    Examples
    --------
    >>> scores = pd.DataFrame({"household_id": ["A", "B", "C", "D"], "probability": [0.95, 0.90, 0.80, 0.20],
    ...     "support": "inside", "completeness": 1.0, "as_of_date": "2020-12-31",
    ...     "model": "lightgbm", "model_version": "1", "bundle_sha256": "0a"})
    >>> chosen = select(scores, SelectionParams(cost_ratio=4, band=0.05), quota=1, seed_text="2020-12-31")
    >>> chosen.table[["household_id", "recommendation", "selected", "rule"]].values.tolist()
    ... # doctest: +NORMALIZE_WHITESPACE
    [['A', 'ready', True, 'above_threshold'], ['B', 'ready', False, 'over_quota'],
     ['C', 'review', False, 'near_threshold'], ['D', 'not_ready', False, 'below_threshold']]
    >>> select(scores.drop(columns="support"), SelectionParams(), quota=1, seed_text="2020-12-31")
    Traceback (most recent call last):
    ...
    graduation_model.errors.DataError: scores: Columns support are missing. Score again, and give select the whole \
folder that score wrote.
    """
    quota = params.quota if quota is None else quota
    check_rules(params, quota)
    check_scores(scores, params)
    # One order of rows before anything else, so that not even the last bit of a sum hangs on the order given.
    scores = scores.assign(household_id=scores["household_id"].astype("str"))
    scores = scores.sort_values("household_id", ignore_index=True)
    table = _fill_quota(_ranked(_recommended(scores, params), scores, seed_text), quota)
    table["quota_unit"] = _unit(scores, params)
    by_rank = table.sort_values(["rank", "household_id"], na_position="last")
    probability = scores.loc[by_rank.index, "probability"].reset_index(drop=True)
    table = by_rank.loc[:, list(SELECTION_COLUMNS)].reset_index(drop=True)
    summary = _summary(table, probability, params, quota) | _origin(scores) | {"tie_break": _tie_break(seed_text)}
    logger.info(
        "selection: %d families, %d ready, %d selected",
        len(table),
        summary["recommendations"]["ready"],
        summary["selected"],
    )
    return Selection(table=table, summary=summary)


def _recommended(scores: pd.DataFrame, params: SelectionParams) -> pd.DataFrame:
    probability = _comparable(scores["probability"])
    upper, lower = (round(params.threshold + side * params.band, DECIMALS) for side in (1, -1))
    outside = (scores["support"] == "outside").to_numpy()
    incomplete = _comparable(scores["completeness"]) < round(params.min_completeness, DECIMALS)
    never = _never_graduated(scores)
    beyond = ~_within_bound(scores, ~outside & ~incomplete & ~never, params.conformal_level)
    high = probability >= upper
    conditions = [outside, incomplete, high & never, high & beyond, high, probability >= lower]
    recommendations = ["cannot_say", "cannot_say", "review", "review", "ready", "review"]
    rules = ["out_of_support", "incomplete", "never_graduated", "beyond_bound", "above_threshold", "near_threshold"]
    return pd.DataFrame(
        {
            "household_id": scores["household_id"],
            "recommendation": np.select(conditions, recommendations, "not_ready"),
            "rule": np.select(conditions, rules, "below_threshold"),
        }
    ).astype("str")


def _never_graduated(scores: pd.DataFrame) -> np.ndarray:
    """Whose readiness no graduation of the past can tell; nobody where the scores do not say."""
    return scores.get("never_graduated", pd.Series(False, index=scores.index)).to_numpy(dtype=bool)


def _within_bound(scores: pd.DataFrame, judged: np.ndarray, level: float | None) -> np.ndarray:
    """Which families the cut of Benjamini and Hochberg (1995) takes from the conformal p-values of all who are judged
    (Jin and Candès 2023); everybody where the programme sets no level."""
    if level is None or not judged.any():
        return np.ones(len(scores), dtype=bool)
    from scipy.stats import false_discovery_control

    within = np.zeros(len(scores), dtype=bool)
    within[judged] = _comparable(pd.Series(false_discovery_control(scores["conformal_p"][judged]))) <= level
    return within


def _comparable(share: pd.Series) -> np.ndarray:
    return np.round(share.to_numpy(dtype="float64"), DECIMALS)


def _ranked(table: pd.DataFrame, scores: pd.DataFrame, seed_text: str) -> pd.DataFrame:
    """Rank 1.. over everybody of whom something is said: the ready, then by probability, completeness, keyed hash."""
    # The ready have the highest probabilities in any case, unless p-values from elsewhere were put beside them.
    # lexsort reads its keys from the last to the first; the stable order below a hash collision is that of the ids.
    order = np.lexsort(
        (
            _hashed(table["household_id"], seed_text),
            -_comparable(scores["completeness"]),
            -_comparable(scores["probability"]),
            table["recommendation"] != "ready",
        )
    )
    order = order[(table["recommendation"] != "cannot_say").to_numpy()[order]]
    return table.assign(rank=_positions(order, len(table)))


def _positions(order: np.ndarray, size: int) -> pd.Series:
    """Rows in their order -> 1, 2, .. at those rows, missing elsewhere."""
    numbers = pd.array(np.zeros(size, dtype="int64"), dtype="Int64")
    numbers[:] = pd.NA
    numbers[order] = np.arange(1, len(order) + 1)
    return pd.Series(numbers)


def _tie_key(seed_text: str) -> str:
    return hashlib.sha256(seed_text.encode()).hexdigest()[:16]  # pandas' keyed hash takes 16 bytes


def _hashed(household_id: pd.Series, seed_text: str) -> np.ndarray:
    return pd.util.hash_array(household_id.to_numpy(dtype=object), hash_key=_tie_key(seed_text))


def _tie_break(seed_text: str) -> dict[str, Any]:
    return {
        "order": ["probability", "completeness", "hash of household_id"],
        "seed_text": seed_text,
        "hash_key": _tie_key(seed_text),
    }


def _fill_quota(table: pd.DataFrame, quota: int | None) -> pd.DataFrame:
    ready = table["recommendation"] == "ready"
    # The ready are the first ranks.
    selected = ready & (table["rank"] <= (len(table) if quota is None else quota)).fillna(False).astype(bool)
    waiting = ready & ~selected
    return table.assign(
        selected=selected,
        waiting_list_position=(table["rank"] - int(selected.sum())).where(waiting),
        rule=table["rule"].mask(waiting, "over_quota"),
    )


def _unit(scores: pd.DataFrame, params: SelectionParams) -> pd.Series:
    if params.quota_unit is None:
        return pd.Series("all", index=scores.index, dtype="str")
    unit = scores[params.quota_unit].astype("object")
    return unit.where(unit.notna(), "unknown").astype("str")


def _summary(table: pd.DataFrame, probability: pd.Series, params: SelectionParams, quota: int | None) -> dict[str, Any]:
    selected = int(table["selected"].sum())
    return {
        "families": len(table),
        "recommendations": _counts(table["recommendation"], RECOMMENDATIONS),
        "rules": _counts(table["rule"], RULES),
        "quota": quota,
        "selected": selected,
        "quota_unfilled": 0 if quota is None else quota - selected,
        "waiting_list": int(table["waiting_list_position"].notna().sum()),
        "selected_by_unit": _counts(table.loc[table["selected"], "quota_unit"], sorted(table["quota_unit"].unique())),
        "threshold": params.threshold,
        "band": params.band,
        "cost_ratio": params.cost_ratio,
        "min_completeness": params.min_completeness,
        "conformal_level": params.conformal_level,
        "expected_false_graduations": float((1 - probability[table["selected"]]).sum()),
    }


def _counts(column: pd.Series, names: Any) -> dict[str, int]:
    counts = column.value_counts()
    return {name: int(counts.get(name, 0)) for name in names}


def _origin(scores: pd.DataFrame) -> dict[str, str | None]:
    """The one model and date that `check_scores` made sure of."""
    return {
        name: _text(scores[name].iloc[0]) if len(scores) else None
        for name in ("as_of_date", "model", "model_version", "bundle_sha256")
    }


def _text(value: Any) -> str | None:
    if pd.isna(value):
        return None
    return value.date().isoformat() if isinstance(value, pd.Timestamp) else str(value)
