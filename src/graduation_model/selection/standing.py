"""Scores and rules in, what is recommended of each family before any list is made out.

What the model never saw is not judged, nor a family of which too little is known. The probability is compared with the
threshold and its review band; and people look at whom it would call ready although nobody like them was ever graduated,
a guard stands before them, the answer to one question about goods carries them alone, or the list's cap is passed.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import logit

from graduation_model.selection.conditions import could_hold
from graduation_model.selection.params import DECIMALS, SelectionParams

ASSET_ALONE, BEYOND_BOUND, NEVER_GRADUATED = "asset_alone", "beyond_bound", "never_graduated"
READY, READY_RULE = "ready", "above_threshold"


def standing(
    scores: pd.DataFrame, params: SelectionParams, contributions: pd.DataFrame | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what is recommended, and who holds a family back.

    Parameters
    ----------
    scores : frame (n_households, ...)
    params : SelectionParams
    contributions : frame (n_households, ...), optional
        Log-odds of each question, in the rows of `scores`; needed for `never_on_alone`.

    Returns
    -------
    frame (n_households, 3)
        household_id, recommendation, rule.
    frame (n_households, n_guards) of bool
        A column a guard, in the order in which they decide: true where it holds back a family that would be ready.
    """
    probability = comparable(scores["probability"])
    outside = (scores["support"] == "outside").to_numpy()
    incomplete = comparable(scores["completeness"]) < round(params.min_completeness, DECIMALS)
    high = (probability >= params.line) & ~outside & ~incomplete
    held = _held_back(scores, params, contributions, judged=~outside & ~incomplete)
    held = held & high[:, np.newaxis]
    near = probability >= round(params.threshold - params.band, DECIMALS)
    conditions = [outside, incomplete, *(held[name].to_numpy() for name in held), high, near]
    rules = ["out_of_support", "incomplete", *held, READY_RULE, "near_threshold"]
    recommendations = ["cannot_say", "cannot_say", *["review"] * len(held.columns), READY, "review"]
    table = pd.DataFrame(
        {
            "household_id": scores["household_id"],
            "recommendation": np.select(conditions, recommendations, "not_ready"),
            "rule": np.select(conditions, rules, "below_threshold"),
        }
    )
    return table.astype("str"), held


def comparable(share: pd.Series) -> np.ndarray:
    """Return a column as it is compared."""
    return np.round(share.to_numpy(dtype="float64"), DECIMALS)


def _held_back(
    scores: pd.DataFrame, params: SelectionParams, contributions: pd.DataFrame | None, *, judged: np.ndarray
) -> pd.DataFrame:
    never = _never_graduated(scores)
    held = {NEVER_GRADUATED: never}
    # The cap does not ask about guards: with one guard fewer the list can only gain.
    if params.conformal_level is not None:
        held[BEYOND_BOUND] = ~_within_bound(scores, judged & ~never, params.conformal_level)
    held |= {guard.name: could_hold(scores, guard.all_of) for guard in params.guards}
    if params.never_on_alone and contributions is not None:
        held[ASSET_ALONE] = _on_one_alone(scores, contributions, params)
    return pd.DataFrame(held, index=scores.index)


def _never_graduated(scores: pd.DataFrame) -> np.ndarray:
    """Whose readiness no graduation of the past can tell; nobody where the scores do not say."""
    return scores.get("never_graduated", pd.Series(False, index=scores.index)).to_numpy(dtype=bool)


def _within_bound(scores: pd.DataFrame, judged: np.ndarray, level: float) -> np.ndarray:
    """Which families the cut of Benjamini and Hochberg (1995) takes from the conformal p-values of all who are judged
    (Jin and Candès 2023)."""
    from scipy.stats import false_discovery_control

    within = np.zeros(len(scores), dtype=bool)
    if judged.any():
        adjusted = false_discovery_control(scores["conformal_p"][judged])
        within[judged] = comparable(pd.Series(adjusted)) <= level
    return within


def _on_one_alone(scores: pd.DataFrame, contributions: pd.DataFrame, params: SelectionParams) -> np.ndarray:
    """Who is below the line without what the answer to one of the questions adds."""
    asked = [name for name in params.never_on_alone if name in contributions]  # the others are no features
    if not asked:
        return np.zeros(len(scores), dtype=bool)
    most = contributions[asked].to_numpy(dtype="float64").max(axis=1)
    return np.round(scores["log_odds"].to_numpy(dtype="float64") - most, DECIMALS) < round(
        float(logit(params.line)), DECIMALS
    )
