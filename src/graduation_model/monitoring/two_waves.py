"""Can a model tell two waves apart? Features of both in; how well it can, and by which questions, out.

A classifier two-sample test (Friedman 2003; Lopez-Paz and Oquab 2017) sees what no single question shows: answers that
moved together. Amounts of money are ranks within their wave, so inflation alone tells nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from graduation_model.cohort.splits import group_folds
from graduation_model.estimators.boosting import LightGBMScorer
from graduation_model.explanation import exact_shap

FOLDS = 3
MOST_ROWS = 10_000


@dataclass(frozen=True)
class TwoWaves:
    """How far a model tells two waves apart.

    Attributes
    ----------
    auc : float
        Of families that it had not seen; .5 where it cannot.
    carried_by : Series
        Question -> its share of what the model said of them, largest first.
    """

    auc: float
    carried_by: pd.Series


def sampled(now: pd.DataFrame, before: pd.DataFrame, *, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return at most 10,000 visits of each wave, in their order."""
    rng = np.random.default_rng(seed)
    rows = [np.sort(rng.permutation(len(part))[:MOST_ROWS]) for part in (now, before)]
    return now.iloc[rows[0]], before.iloc[rows[1]]


def tell_apart(
    now: pd.DataFrame,
    before: pd.DataFrame,
    households: tuple[pd.Series, pd.Series],
    questions: Sequence[str],
    *,
    seed: int = 0,
) -> TwoWaves:
    """Train a model to tell two waves apart.

    Parameters
    ----------
    now, before : frame (n_visits, n_features)
        Of `sampled` visits.
    households : (ids of now, ids of before)
        A family of both waves stands on one side of every cut.
    questions : sequence of str (n_features,)
        Of each feature.
    """
    from sklearn.metrics import roc_auc_score

    X = pd.concat([now, before], ignore_index=True)
    ids = pd.concat(households, ignore_index=True)
    is_now = np.repeat([1, 0], [len(now), len(before)])
    fold = group_folds(pd.factorize(ids)[0], FOLDS, seed)
    log_odds, carried = np.empty(len(X)), np.zeros(X.shape[1])
    for number in range(FOLDS):
        seen, held_out = fold != number, fold == number
        # A quick model: the question is whether the waves differ plainly, not how finely.
        model = LightGBMScorer(rounds=60, learning_rate=0.1, leaves=8, min_in_leaf=50, seed=seed, threads=1)
        model.fit(X[seen], is_now[seen])
        rows = X[held_out].to_numpy()
        log_odds[held_out] = model.decision_of(rows)
        carried += np.abs(exact_shap(model.booster_, rows)).sum(axis=0)
    by_question = pd.Series(carried).groupby(np.array(questions)).sum().sort_values(ascending=False)
    return TwoWaves(float(roc_auc_score(is_now, log_odds)), by_question / max(by_question.sum(), 1e-12))
