"""Scores with intervals and rules in, how surely each family would stand on the list if it were drawn again out.

A chance is known up to its interval. Each draw takes every family's log-odds from a normal distribution that has the
interval as its middle 90 %, and makes the whole list again with the same rules. Families are drawn apart from each
other; what their errors have in common moves the whole list up or down, and is not shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from scipy.stats import norm

from graduation_model.errors import ConfigError, DataError
from graduation_model.selection.checks import check_scores, in_order
from graduation_model.selection.conditions import numbers
from graduation_model.selection.params import SelectionParams
from graduation_model.selection.pool import Pool
from graduation_model.selection.proposal import propose

INTERVAL = 0.9  # what the scores' intervals hold


@dataclass(frozen=True)
class Stability:
    """How often families stood on lists that were drawn again.

    Attributes
    ----------
    table : frame (n_households, 2)
        household_id, selected_share in [0, 1].
    summary : dict
        draws, seed, without_list (draws in which no list kept the rules), kept (mean share of the proposed),
        below_half (proposed families on fewer than half of the lists).
    """

    table: pd.DataFrame
    summary: dict[str, Any]


def stability(
    scores: pd.DataFrame,
    params: SelectionParams,
    selected: pd.Series,
    *,
    draws: int,
    seed: int = 1,
    quota: int | None = None,
    seed_text: str,
    contributions: pd.DataFrame | None = None,
) -> Stability:
    """Draw the list again and again.

    Parameters
    ----------
    scores, params, quota, seed_text, contributions
        As for `select`.
    selected : Series
        Ids of the families on the list itself.
    draws, seed : int
        The same seed gives the same shares, in whatever order the rows come.

    Raises
    ------
    DataError
        The scores hold no intervals.
    """
    check_scores(scores, params)
    scores = scores.assign(household_id=scores["household_id"].astype("str"))
    scores = scores.sort_values("household_id", ignore_index=True)
    middle, spread = _distribution(scores)
    contributions = in_order(contributions, scores, params)
    quota = params.quota if quota is None else quota
    rng = np.random.default_rng(seed)
    times, without = np.zeros(len(scores), dtype=np.int64), 0
    for _ in range(draws):
        log_odds = middle + spread * rng.standard_normal(len(scores))
        drawn = scores.assign(probability=expit(log_odds), log_odds=log_odds)
        pool = Pool(drawn, params, quota, seed_text, contributions=contributions)
        try:
            best = propose(pool.probability(pool.ready), pool.limits(pool.ready))
        except ConfigError:  # the ready of this draw cannot meet a floor or a minimum
            without += 1
            continue
        times[pool.ready[best.chosen]] += 1
    table = pd.DataFrame({"household_id": scores["household_id"], "selected_share": times / draws})
    shares = table.loc[table["household_id"].isin(selected), "selected_share"]
    return Stability(
        table,
        {
            "draws": draws,
            "seed": seed,
            "without_list": without,
            "kept": float(shares.mean()) if len(shares) else None,
            "below_half": int((shares < 0.5).sum()),
        },
    )


def _distribution(scores: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Middle and spread of each family's log-odds; without an interval of its own a family is taken as it is."""
    low, high = (
        numbers(scores.get(f"probability_{side}", pd.Series(np.nan, scores.index))) for side in ("low", "high")
    )
    known = (low > 0) & (high < 1) & (low <= high)
    if not known.any():
        raise DataError(
            "No family has an interval to draw its chance from",
            where="scores: probability_low, probability_high",
            mend="Score with a model that was trained on enough outcomes, or leave --resamples out",
        )
    width = np.zeros(len(scores))
    width[known] = (logit(high[known]) - logit(low[known])) / (2 * norm.ppf((1 + INTERVAL) / 2))
    return logit(scores["probability"].to_numpy(dtype="float64").clip(1e-12, 1 - 1e-12)), width
