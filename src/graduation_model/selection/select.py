"""Scores and a programme's rules come in; a recommendation, a rank, a list, and what each rule cost go out.

`standing` says what is recommended of each family; the list is the best of the ready that keeps every rule, proven. The
quota is a ceiling and never a target, and no rule ever makes a family ready.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import pandas as pd

from graduation_model.selection.checks import check_rules, check_scores, in_order
from graduation_model.selection.optimum import Optimum
from graduation_model.selection.params import SelectionParams
from graduation_model.selection.pool import NO_PRICES, Pool, tie_key
from graduation_model.selection.proposal import IN_ONE, WAITS_FOR, propose, waits_for
from graduation_model.selection.standing import ASSET_ALONE, BEYOND_BOUND, NEVER_GRADUATED

logger = logging.getLogger(__name__)

RECOMMENDATIONS = ("ready", "review", "not_ready", "cannot_say")
RULES = (
    "out_of_support",
    "incomplete",
    NEVER_GRADUATED,
    BEYOND_BOUND,
    ASSET_ALONE,
    "above_threshold",
    *WAITS_FOR.values(),
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


@dataclass(frozen=True)
class Selection:
    """Who is proposed, what the rules cost, and the counts that a committee asks for.

    Attributes
    ----------
    table : frame (n_households, 7)
        `SELECTION_COLUMNS`; the best ranked first, those of whom nothing can be said last.
    rules : frame (n_rules, 8)
        `RULE_COLUMNS`. `used`: how much of its limit the list takes (of a guard and of the cap, how many families it
        holds back); `binding`: without it the list would be another; `price_exits`: expected sustained exits that the
        list loses by it; `families`: those who are on one of the two lists only. Prices do not add up: each is with
        all other rules in force.
    summary : dict
        Plain values, ready for a manifest: families, recommendations (counts), rules (counts), quota, selected,
        quota_unfilled, waiting_list, selected_by_unit, threshold, band, cost_ratio, min_completeness, conformal_level,
        expected_exits, expected_exits_bound, proven, only_best (no list as good comes before it),
        expected_false_graduations, tie_break, as_of_date, model, model_version, bundle_sha256.
    """

    table: pd.DataFrame
    rules: pd.DataFrame
    summary: dict[str, Any]


def select(
    scores: pd.DataFrame,
    params: SelectionParams,
    *,
    quota: int | None = None,
    seed_text: str,
    contributions: pd.DataFrame | None = None,
    prices: bool = True,
) -> Selection:
    """Recommend for every scored family, and propose the best list of the ready that keeps the rules.

    Parameters
    ----------
    scores : frame (n_households, ...)
        One row a household, as `score` writes them. The order of its rows never matters.
    params : SelectionParams
    quota : int, optional
        At most so many families in the whole list; None takes `params.quota`, and if that is None too, no number is
        set. `quota_unit` names what each family is counted under; the ceiling is one.
    seed_text : str
        The as-of date. It keys the hash that orders families alike in probability and completeness, so that a low
        household number wins nothing and the same year gives the same list.
    contributions : frame (n_households, ...), optional
        As `score` writes them: household_id and a column a question. Needed where `params.never_on_alone` is set.
    prices : bool
        Make the list again without each rule, to say what it costs; else `rules` has no rows.

    Returns
    -------
    Selection

    Raises
    ------
    DataError
        See `checks.check_scores`.
    ConfigError
        See `checks.check_rules` and `proposal.propose`.

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
    >>> chosen.rules[["rule", "limit", "used", "price_exits"]].values.tolist()
    [['quota', 1.0, 1.0, 0.9]]
    >>> select(scores.drop(columns="support"), SelectionParams(), quota=1, seed_text="2020-12-31")
    Traceback (most recent call last):
    ...
    graduation_model.errors.DataError: scores: Columns support are missing. Score again, and give select the whole \
folder that score wrote.
    """
    quota = params.quota if quota is None else quota
    check_rules(params, quota, RULES)
    check_scores(scores, params)
    # One order of rows before anything else, so that not even the last bit of a sum hangs on the order given.
    scores = scores.assign(household_id=scores["household_id"].astype("str"))
    scores = scores.sort_values("household_id", ignore_index=True)
    pool = Pool(scores, params, quota, seed_text, contributions=in_order(contributions, scores, params))
    limits = pool.limits(pool.ready)
    best = propose(pool.probability(pool.ready), limits)
    table = pool.listed(best.chosen, waits_for(limits, best.chosen))
    rules = pool.prices(best, limits) if prices else NO_PRICES
    by_rank = table.sort_values(["rank", "household_id"], na_position="last")
    probability = scores.loc[by_rank.index, "probability"].reset_index(drop=True)
    table = by_rank.loc[:, list(SELECTION_COLUMNS)].reset_index(drop=True)
    summary = _summary(table, probability, params, quota, best) | _origin(scores) | {"tie_break": _tie_break(seed_text)}
    logger.info(
        "selection: %d families, %d ready, %d selected",
        len(table),
        summary["recommendations"]["ready"],
        summary["selected"],
    )
    return Selection(table=table, rules=rules, summary=summary)


def _summary(
    table: pd.DataFrame, probability: pd.Series, params: SelectionParams, quota: int | None, best: Optimum
) -> dict[str, Any]:
    selected = int(table["selected"].sum())
    codes = (*RULES, *(guard.name for guard in params.guards))
    return {
        "families": len(table),
        "recommendations": _counts(table["recommendation"], RECOMMENDATIONS),
        "rules": _counts(table["rule"], codes),
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
        "expected_exits": best.value / IN_ONE,
        "expected_exits_bound": best.upper / IN_ONE,
        "proven": best.proven,
        "only_best": best.only,
        "expected_false_graduations": float((1 - probability[table["selected"]]).sum()),
    }


def _counts(column: pd.Series, names: Any) -> dict[str, int]:
    counts = column.value_counts()
    return {name: int(counts.get(name, 0)) for name in names}


def _tie_break(seed_text: str) -> dict[str, Any]:
    return {
        "list": ["expected exits in millionths", "sum of places", "first place on which two lists differ"],
        "order": ["probability", "completeness", "hash of household_id"],
        "seed_text": seed_text,
        "hash_key": tie_key(seed_text),
    }


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
