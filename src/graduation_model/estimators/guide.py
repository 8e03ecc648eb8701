"""What other labels lead to expect: everybody's next wave in, one more line for the second look out.

A programme labels a few thousand families; many times as many are assessed a second time. A model that learnt from both
is surer than the programme's own labels alone could tell, so an interval that looks at these alone is too wide for it.
The guide is the same regression on the same terms, fitted on the next wave: the second look takes its line with a slope
of its own and learns from the programme's labels how far they part from it (an informative prior whose strength the
evidence chooses; Ibrahim and Chen 2000 weigh other data's likelihood instead).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from graduation_model.cohort.splits import group_folds
from graduation_model.estimators.basis import Basis
from graduation_model.estimators.second_look import Design, Moments, precision_of_best_evidence, working_response
from graduation_model.estimators.training_set import TrainingSet

FOLDS = 5
# Fewer say little that the programme's own labels do not; more cost time.
FEWEST_ROWS, MOST_ROWS = 1_000, 50_000
STEPS = 3


@dataclass(frozen=True)
class Guide:
    """A posterior of terms, and its line for the programme's rows from fits that had not seen their families.

    Attributes
    ----------
    mean : array (n_terms,)
    covariance : array (n_terms, n_terms)
    line : array (n,)
    """

    mean: np.ndarray
    covariance: np.ndarray
    line: np.ndarray


def fit_guide(basis: Basis, training: TrainingSet, *, seed: int) -> Guide | None:
    """Fit the guide, its line cross-fitted with households and clusters apart; None where it would know too little."""
    seen_again = _seen_again(training, seed)
    if seen_again is None:
        return None
    X, y, groups = seen_again
    design = Design(basis, X)
    own_fold, fold = _folds(training.groups, groups, seed)
    log_odds = np.full(len(y), np.log(y.mean() / (1 - y.mean())))
    for _ in range(STEPS):  # each a Newton step; after three nothing moves that an interval would show
        target, weight = working_response(y, np.ones(len(y)), log_odds)
        moments = Moments.of(design, target, weight)
        precision = precision_of_best_evidence(design, moments)
        log_odds = design.times(moments.mean(precision))
    line = np.empty(len(training.y))
    own = Design(basis, training.X.to_numpy(dtype=float))
    for number in range(FOLDS):
        seen, held_out = fold == number, own_fold == number
        other = moments.without(Moments.of(design.taken(seen), target[seen], weight[seen])) if seen.any() else moments
        if held_out.any():
            line[held_out] = own.taken(held_out).times(other.mean(precision))
    return Guide(moments.mean(precision), np.linalg.inv(moments.gram + np.diag(precision)), line)


def _seen_again(training: TrainingSet, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Features, next status and groups of everybody whose next wave is known; None where they say too little."""
    if training.everybody_next is None or training.everybody_groups is None:
        return None
    rows = np.flatnonzero(~np.isnan(training.everybody_next))
    if len(rows) < FEWEST_ROWS or len(np.unique(training.everybody_next[rows])) < 2:
        return None
    if len(rows) > MOST_ROWS:
        rows = np.sort(np.random.default_rng(seed).permutation(rows)[:MOST_ROWS])
    X = training.everybody_X.iloc[rows].to_numpy(dtype=float)
    return X, training.everybody_next[rows].astype(int), training.everybody_groups[rows]


def _folds(own: np.ndarray, others: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    numbers = np.unique(np.concatenate([own, others]), return_inverse=True)[1]
    fold = group_folds(numbers, min(FOLDS, numbers.max() + 1), seed)
    return fold[: len(own)], fold[len(own) :]
