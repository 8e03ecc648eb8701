"""How likely something was to happen to a family, from what was recorded of it before; and weights that follow.

Two uses. *Followed up*: families whose outcome is known stand for those like them that were lost (inverse probability
of observation; Robins, Rotnitzky and Zhao 1994). *Graduated*: outcomes after a graduation are known only of those whom
somebody chose. Both repair only what hangs on recorded answers; the rest is for bounds (`evaluation.bounds`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

from graduation_model.cohort.splits import group_folds
from graduation_model.estimators.calibration import fit_line
from graduation_model.estimators.params import FollowUpParams
from graduation_model.estimators.scorecard import LogisticScorecard

# A weaker penalty than the scorecard's: shrinking a propensity leaves bias that the weights were meant to remove.
PENALTY = 0.1
FEWEST_ROWS = 200
# More rows than that sharpen no propensity that anybody would notice, and cost time.
MOST_ROWS = 20_000
# A probability of nothing or everything has no weight.
NEAREST_TO_CERTAIN = 1e-4


@dataclass(frozen=True)
class Propensity:
    """A probability for each row from a fit that had not seen it, and how right these probabilities are.

    Attributes
    ----------
    probability : array (n,), in (0, 1)
    slope, intercept : float
        Of what happened on their log-odds; 1 and 0 if they are calibrated.
    """

    probability: np.ndarray
    slope: float
    intercept: float


def cross_fitted_propensity(
    X: pd.DataFrame, happened: np.ndarray, groups: np.ndarray, *, folds: int = 5, seed: int = 0
) -> Propensity:
    """Cross-fit a ridge-penalised logistic regression, groups apart.

    Parameters
    ----------
    X : frame (n, n_features)
        NaN is missing. See `with_levels` for district and cohort.
    happened : array (n,), bool
        Both present.
    groups : array (n,), int
        Rows of one number stand on one side of every cut.
    """
    happened = np.asarray(happened, dtype=int)
    fold = group_folds(np.unique(groups, return_inverse=True)[1], folds, seed)
    log_odds = np.full(len(X), float(np.log(happened.mean() / (1 - happened.mean()))))
    for number in range(folds):
        held_out, kept = fold == number, fold != number
        if held_out.any() and len(np.unique(happened[kept])) == 2:
            log_odds[held_out] = fit_propensity(X[kept], happened[kept], seed=seed).decision_function(X[held_out])
    slope, intercept = fit_line(log_odds, happened, np.ones(len(X)), lowest_slope=-np.inf)
    probability = np.clip(expit(log_odds), NEAREST_TO_CERTAIN, 1 - NEAREST_TO_CERTAIN)
    return Propensity(probability=probability, slope=slope, intercept=intercept)


def fit_propensity(X: pd.DataFrame, happened: np.ndarray, *, seed: int = 0) -> LogisticScorecard:
    """Fit log-odds of something having happened, on at most `MOST_ROWS` rows drawn by the seed."""
    happened = np.asarray(happened, dtype=int)
    rows = np.arange(len(X))
    if len(X) > MOST_ROWS:
        rows = np.sort(np.random.default_rng(seed).permutation(len(X))[:MOST_ROWS])
    return LogisticScorecard(c=PENALTY).fit(X.iloc[rows], happened[rows])


def with_levels(X: pd.DataFrame, **columns: Sequence[object]) -> pd.DataFrame:
    """Return features and a 0/1 column for each level of some further columns (district, cohort).

    Examples
    --------
    >>> with_levels(pd.DataFrame({"rooms": [1.0, 2.0]}), district=["A", "B"]).columns.tolist()
    ['rooms', 'district=A', 'district=B']
    """
    shown = {name: pd.Series(list(values), index=X.index).astype("str") for name, values in columns.items()}
    levels = [pd.get_dummies(values, prefix=name, prefix_sep="=", dtype="float32") for name, values in shown.items()]
    return pd.concat([X, *levels], axis=1)


def inverse_weights(probability: np.ndarray, *, truncate: float = 0.01) -> np.ndarray:
    """Return 1 / probability, cut off at its lowest and highest hundredth (Cole and Hernán 2008).

    Examples
    --------
    >>> inverse_weights(np.array([0.5, 0.25]), truncate=0).tolist()
    [2.0, 4.0]
    """
    weight = 1.0 / probability
    low, high = np.quantile(weight, [truncate, 1 - truncate])
    return np.clip(weight, low, high)


@dataclass(frozen=True)
class FollowUpWeights:
    """Weights of the families whose outcome is known.

    Attributes
    ----------
    weight : array (n,)
        Mean 1 over the known, 0 for the lost.
    known_share : float
        Of the due.
    slope, intercept : float
        Calibration of the probability of being followed; NaN where there is none.
    reason : str
        Why all weigh the same; empty where they do not.
    """

    weight: np.ndarray
    known_share: float
    slope: float = float("nan")
    intercept: float = float("nan")
    reason: str = ""


def follow_up_weights(
    X: pd.DataFrame,
    known: np.ndarray,
    groups: np.ndarray,
    *,
    known_anyway: np.ndarray | None = None,
    params: FollowUpParams,
    seed: int = 0,
) -> FollowUpWeights:
    """Weigh the families that were followed so that they stand for all that were due.

    Parameters
    ----------
    X : frame (n_due, n_features)
        What was recorded at the assessment, with district and cohort.
    known : array (n_due,), bool
        Whether the outcome is known.
    groups : array (n_due,), int
    known_anyway : array (n_due,), bool, optional
        Failures that a register shows (re-entry): seen with probability 1 whoever was visited, so they weigh 1 and say
        nothing about who is followed. A missing entry in a register is no success.
    params : FollowUpParams

    Returns
    -------
    FollowUpWeights
        Equal weights, with the reason, where nobody was lost, too many were, or the rows are few.
    """
    known = np.asarray(known, dtype=bool)
    anyway = np.zeros(len(known), dtype=bool) if known_anyway is None else np.asarray(known_anyway, dtype=bool)
    share = float(known.mean()) if len(known) else 1.0
    reason = _why_equal(known, anyway, share, params)
    if reason:
        return FollowUpWeights(weight=known.astype(float), known_share=share, reason=reason)
    visited = ~anyway
    found = cross_fitted_propensity(X[visited], known[visited], groups[visited], folds=params.folds, seed=seed)
    raw = np.ones(len(known))
    raw[visited] = 0.0
    seen = visited & known
    raw[seen] = inverse_weights(found.probability[known[visited]], truncate=params.truncate)
    return FollowUpWeights(
        weight=raw / raw[known].mean() * known, known_share=share, slope=found.slope, intercept=found.intercept
    )


def _why_equal(known: np.ndarray, anyway: np.ndarray, share: float, params: FollowUpParams) -> str:
    visited = known[~anyway]
    if not params.weights:
        return "the programme's file says so"
    if known.all():
        return "nobody was lost"
    if 1 - share > params.most_lost:
        return f"{1 - share:.0%} were lost, more than {params.most_lost:.0%}: bounds say more than weights"
    if len(visited) < FEWEST_ROWS or len(np.unique(visited)) < 2:
        return f"fewer than {FEWEST_ROWS} families were due"
    return ""
