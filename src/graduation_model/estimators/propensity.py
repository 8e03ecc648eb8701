"""How likely something was to happen to a family, from what was recorded of it before; and weights that follow.

Two uses. *Followed up*: families whose outcome is known stand for those like them that were lost (inverse probability
of observation; Robins, Rotnitzky and Zhao 1994). *Graduated*: outcomes after a graduation are known only of those whom
somebody chose. Both repair only what hangs on recorded answers; the rest is for bounds (`evaluation.bounds`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy.special import expit

from graduation_model.cohort.splits import group_folds
from graduation_model.estimators.boosting import LightGBMScorer
from graduation_model.estimators.calibration import fit_line
from graduation_model.estimators.params import FollowUpParams
from graduation_model.estimators.scorecard import LogisticScorecard

# To choose from on rows held out: a ridge where many answers matter a little; boosted stumps (Friedman, Hastie and
# Tibshirani 2000; McCaffrey, Ridgeway and Morral 2004) where few matter, perhaps in a step. Chosen wrongly, weights are
# noise, or the bias stays that they were meant to remove.
PENALTY = 0.01
CANDIDATES: tuple[Callable[[], Any], ...] = (
    lambda: LogisticScorecard(c=PENALTY),
    lambda: LogisticScorecard(c=0.1),
    lambda: LightGBMScorer(rounds=60, learning_rate=0.05, leaves=2, min_in_leaf=50, l2=10.0),
)
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
        Calibrated by that line.
    slope, intercept : float
        Of what happened on the log-odds as they were fitted: 1 and 0 if nothing had to be mended, 0 if the recorded
        answers do not tell to whom it happens.
    """

    probability: np.ndarray
    slope: float
    intercept: float


def cross_fitted_propensity(
    X: pd.DataFrame, happened: np.ndarray, groups: np.ndarray, *, folds: int = 5, seed: int = 0
) -> Propensity:
    """Cross-fit the logistic model of `CANDIDATES` that does best on rows held out, groups apart; then calibrate it.

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
    tried = [_cross_fitted(make, X, happened, fold, seed) for make in CANDIDATES]
    log_odds = max(tried, key=lambda one: float((happened * one - np.logaddexp(0, one)).sum()))
    slope, intercept = fit_line(log_odds, happened, np.ones(len(X)))
    probability = np.clip(expit(intercept + slope * log_odds), NEAREST_TO_CERTAIN, 1 - NEAREST_TO_CERTAIN)
    return Propensity(probability=probability, slope=slope, intercept=intercept)


def _cross_fitted(
    make: Callable[[], Any], X: pd.DataFrame, happened: np.ndarray, fold: np.ndarray, seed: int
) -> np.ndarray:
    log_odds = np.full(len(X), float(np.log(happened.mean() / (1 - happened.mean()))))
    for held_out in (fold == number for number in np.unique(fold)):
        if len(np.unique(happened[~held_out])) == 2:
            rows = _at_most(np.flatnonzero(~held_out), seed)
            log_odds[held_out] = make().fit(X.iloc[rows], happened[rows]).decision_function(X[held_out])
    return log_odds


def _at_most(rows: np.ndarray, seed: int) -> np.ndarray:
    if len(rows) <= MOST_ROWS:
        return rows
    return np.sort(np.random.default_rng(seed).permutation(rows)[:MOST_ROWS])


def fit_propensity(X: pd.DataFrame, happened: np.ndarray, *, seed: int = 0) -> LogisticScorecard:
    """Fit log-odds of something having happened, to be kept in a bundle."""
    rows = _at_most(np.arange(len(X)), seed)
    return LogisticScorecard(c=PENALTY).fit(X.iloc[rows], np.asarray(happened, dtype=int)[rows])


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


@dataclass(frozen=True)
class Followed:
    """How the outcome of each due family came to be known, if it did; bool arrays (n_due,).

    Attributes
    ----------
    known
        The outcome is known.
    complete
        It was found at every required visit.
    register
        A register shows its failure, whoever was visited. A missing entry is no success.
    early
        It is known to have failed before its last visit, whether that was done or not.
    throughout
        It was found at every visit, also at those that are not required.
    slipped
        It failed at a visit that is not required; every required visit found it well.
    good
        It is known to have made it.
    """

    known: np.ndarray
    complete: np.ndarray
    register: np.ndarray
    early: np.ndarray
    throughout: np.ndarray
    slipped: np.ndarray
    good: np.ndarray

    @classmethod
    def plainly(cls, known: np.ndarray, *, register: np.ndarray | None = None) -> Self:
        """Where nothing settles an outcome but the last visit, and perhaps a register."""
        known, nobody = np.asarray(known, dtype=bool), np.zeros(len(known), dtype=bool)
        register = nobody if register is None else np.asarray(register, dtype=bool)
        return cls(known, known, register, early=nobody, throughout=known, slipped=nobody, good=nobody)


def follow_up_weights(
    X: pd.DataFrame, followed: Followed, groups: np.ndarray, *, params: FollowUpParams, seed: int = 0
) -> FollowUpWeights:
    """Weigh the families whose outcome is known so that they stand for all that were due.

    Those found at every visit weigh 1/G, G the probability of that. A register's failures are seen with probability 1:
    they weigh 1 and say nothing of G. Failures seen at an earlier visit are known more often than successes can be:
    together they weigh what those of them who were found at the last visit, too, would. Successes that were not found
    at a visit that is not required may have failed there unseen: they weigh less by the share that is known to have.

    Parameters
    ----------
    X : frame (n_due, n_features)
        What was recorded at the assessment, with district and cohort.
    followed : Followed
    groups : array (n_due,), int
    params : FollowUpParams

    Returns
    -------
    FollowUpWeights
        Equal weights, with the reason, where nobody was lost, too many were, or the rows are few.
    """
    known, visited = followed.known, ~followed.register
    share = float(known.mean()) if len(known) else 1.0
    reason = _why_equal(followed, share, params)
    if reason:
        return FollowUpWeights(weight=known.astype(float), known_share=share, reason=reason)
    complete = followed.complete & known
    found = cross_fitted_propensity(X[visited], complete[visited], groups[visited], folds=params.folds, seed=seed)
    raw = (followed.register & known).astype(float)
    seen = known & visited
    raw[seen] = inverse_weights(found.probability[seen[visited]], truncate=params.truncate)
    unseen = _failed_unseen(raw, followed)
    early = seen & followed.early
    raw[early] *= complete[early].mean() if early.any() else 1.0
    raw = _doubted(raw, followed, unseen)
    return FollowUpWeights(
        weight=raw / raw[known].mean(), known_share=share, slope=found.slope, intercept=found.intercept
    )


def _failed_unseen(weight: np.ndarray, followed: Followed) -> float:
    """Return the share that failed in between, of the families whom every required visit finds well.

    It is known of those found throughout, and taken to be the same for the others.
    """
    seen = followed.throughout & (followed.good | followed.slipped) & ~followed.register
    return float(np.average(followed.slipped[seen], weights=weight[seen])) if seen.any() else 0.0


def _doubted(raw: np.ndarray, followed: Followed, unseen: float) -> np.ndarray:
    """Let successes that were not found throughout weigh less, and failures in between as much more.

    Without this a province counts the more successes the fewer visits it makes.
    """
    if unseen == 0:
        return raw
    doubtful = followed.good & ~followed.throughout
    moved = unseen * raw[doubtful].sum()
    factor = np.where(doubtful, 1 - unseen, np.where(followed.slipped, 1 + moved / raw[followed.slipped].sum(), 1.0))
    return raw * factor


def _why_equal(followed: Followed, share: float, params: FollowUpParams) -> str:
    known, visited = followed.known, followed.complete[~followed.register]
    if not params.weights:
        return "the programme's file says so"
    if known.all():
        return "nobody was lost"
    if 1 - share > params.most_lost:
        return f"{1 - share:.0%} were lost, more than {params.most_lost:.0%}: bounds say more than weights"
    if len(visited) < FEWEST_ROWS or len(np.unique(visited)) < 2:
        return f"fewer than {FEWEST_ROWS} families were due"
    return ""
