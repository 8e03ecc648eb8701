"""An interval for every family's true chance given its answers: labelled rows and a model in, low and high out.

A second look stands beside the model: a Bayesian logistic regression on a wide basis (`basis.py`) whose prior variances
are chosen by the evidence of the data (MacKay 1992). Its posterior is around for whatever the data did not settle,
including what any regularised model leaves out, which resampling the model cannot see; on average over families such
intervals cover the truth at about their level (Wahba 1983; Nychka 1988; Marra and Wood 2012). It decides nothing: the
interval is centred on the log-odds that decide, and as wide as it must be to hold `level` of that posterior. Where the
second look disagrees with the model, the interval is wider.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.special import expit, ndtr

from graduation_model.blas import one_thread
from graduation_model.estimators.basis import Basis
from graduation_model.estimators.guide import Guide, fit_guide
from graduation_model.estimators.params import IntervalParams
from graduation_model.estimators.second_look import (
    BLOCK,
    FREE_PRECISION,
    Design,
    Moments,
    precision_of_best_evidence,
    working_response,
)
from graduation_model.estimators.training_set import TrainingSet

# With more rows intervals are somewhat wider than they need be; the time goes with the rows.
MOST_ROWS = 50_000
# Beyond this share of the variance all further eigenvectors are one constant.
KEPT_VARIANCE = 0.98
# Precision of a slope that is held at nought.
NOT_BELIEVED = 1e9
# So few that their terms stay near the processor.
ROWS_AT_A_TIME = 512


@dataclass(frozen=True)
class Intervals:
    """The second look's posterior, as arrays.

    Attributes
    ----------
    basis : Basis
    mean : array (n_terms + 1,)
        Posterior mean: the second look's log-odds are terms @ mean; the last term is the log-odds that decide.
    factor : array (n_terms + 1, rank)
        Posterior variance of a family's log-odds: |terms @ factor|² + rest.
    rest : float
        Variance beyond the rank kept.
    level : float, in (0, 1)
        What an interval holds of the posterior.
    """

    basis: Basis
    mean: np.ndarray
    factor: np.ndarray
    rest: float
    level: float

    def posterior(self, X: pd.DataFrame, log_odds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and standard deviation (n,) of the log-odds that the second look holds for true, told those that
        decide (n,)."""
        values = X.to_numpy(dtype=float)
        mean, spread = np.empty(len(X)), np.empty(len(X))
        basis, weights = self._in_single
        says = log_odds.astype(np.float32)
        for start in range(0, len(X), ROWS_AT_A_TIME):
            part = slice(start, start + ROWS_AT_A_TIME)
            found = basis.terms(values[part]) @ weights[:-1] + np.outer(says[part], weights[-1])
            mean[part] = found[:, 0]
            spread[part] = np.sqrt((found[:, 1:] ** 2).sum(axis=1) + self.rest)
        return mean, spread

    @cached_property
    def _in_single(self) -> tuple[Basis, np.ndarray]:
        """In float32: a third of the time, and within 1e-6 of the bounds in float64."""
        return self.basis.in_single(), np.column_stack([self.mean, self.factor]).astype(np.float32)

    def bounds(self, X: pd.DataFrame, log_odds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the lowest and highest probability (n,) of the interval around the model's own.

        Parameters
        ----------
        X : frame (n, n_features)
        log_odds : array (n,)
            Of the model that decides.
        """
        mean, spread = self.posterior(X, log_odds)
        half = half_width(log_odds - mean, spread, self.level)
        return expit(log_odds - half), expit(log_odds + half)


def half_width(distance: np.ndarray, spread: np.ndarray, level: float) -> np.ndarray:
    """Return how far an interval around a point reaches to hold `level` of a normal whose mean lies elsewhere.

    Parameters
    ----------
    distance : array (n,)
        Of the point from the normal's mean.
    spread : array (n,), positive
        The normal's standard deviation.

    Examples
    --------
    >>> half_width(np.array([0.0, 1.0]), np.ones(2), 0.9).round(3).tolist()
    [1.645, 2.284]
    """
    short, long = np.zeros(len(spread)), np.abs(distance) + 6 * spread
    for _ in range(50):  # bisection: each step halves what is not known
        half = (short + long) / 2
        held = ndtr((half - distance) / spread) - ndtr((-half - distance) / spread)
        short, long = np.where(held < level, half, short), np.where(held < level, long, half)
    return long


def fit_intervals(training: TrainingSet, cross_fitted: np.ndarray, *, params: IntervalParams, seed: int) -> Intervals:
    """Fit the second look: one Newton step of the penalised likelihood from the model's own cross-fitted log-odds.

    Parameters
    ----------
    training : TrainingSet
        Where everybody's next wave is known, it guides the second look (`guide.py`), whichever model is looked at.
    cross_fitted : array (n,)
        Calibrated log-odds that the model gave to each row without having seen it.
    params : IntervalParams
    seed : int
        Draws the cosines; the same seed gives the same bytes.
    """
    training, cross_fitted = _at_most(training, cross_fitted, seed)
    X = training.X.to_numpy(dtype=float)
    target, weight = working_response(training.y, training.weight, cross_fitted)
    with one_thread():
        flat = Design(Basis.fit(X, pull=None, steps=params.steps, cosines=0, seed=seed), X)
        pull = _pull(flat, target, weight)
        basis = Basis.fit(X, pull=pull, steps=params.steps, cosines=params.cosines, seed=seed)
        guide = fit_guide(basis, training, seed=seed)
        lines = [*([] if guide is None else [guide.line]), cross_fitted]
        design = Design(basis, X, np.column_stack(lines))
        moments = Moments.of(design, target, weight)
        precision = _precision(design, lines, moments)
        covariance = np.linalg.inv(moments.gram + np.diag(precision))
        mean = covariance @ moments.cross
        scores = weight * (target - design.times(mean))
        covariance *= _cluster_inflation(design, scores, training.groups, covariance, precision)
        mean, covariance = _in_terms_of_the_basis(mean, covariance, guide)
        factor, rest = _factor(covariance, np.column_stack([basis.terms(X[:BLOCK]), cross_fitted[:BLOCK]]))
    return Intervals(basis=basis, mean=mean, factor=factor, rest=rest, level=params.level)


def _precision(design: Design, lines: list[np.ndarray], moments: Moments) -> np.ndarray:
    """What the terms may weigh is chosen as if the model had said nothing; then it is believed as its rows bear it out.

    A calibrated model leaves nothing in its own rows that would speak for the terms, and what it leaves out they are
    there for. It is never taken for a sign of the contrary.
    """
    unaided = replace(design, lines=np.column_stack(lines[:-1]) if len(lines) > 1 else None)
    terms = precision_of_best_evidence(unaided, Moments(moments.gram[:-1, :-1], moments.cross[:-1]))
    believed = np.append(terms, FREE_PRECISION)
    return believed if moments.mean(believed)[-1] > 0 else np.append(terms, NOT_BELIEVED)


def _in_terms_of_the_basis(
    mean: np.ndarray, covariance: np.ndarray, guide: Guide | None
) -> tuple[np.ndarray, np.ndarray]:
    """The guide's line is itself a sum of terms: write its slope out in them, and what is not known of the line too."""
    if guide is None:
        return mean, covariance
    slope, n = mean[-2], len(guide.mean)
    unfold = np.zeros((n + 1, n + 2))
    unfold[:n, :n], unfold[:n, n], unfold[n, n + 1] = np.eye(n), guide.mean, 1.0
    unfolded = unfold @ covariance @ unfold.T
    unfolded[:n, :n] += slope**2 * guide.covariance
    return unfold @ mean, unfolded


def _at_most(training: TrainingSet, scores: np.ndarray, seed: int) -> tuple[TrainingSet, np.ndarray]:
    if len(scores) <= MOST_ROWS:
        return training, scores
    rows = np.sort(np.random.default_rng(seed).permutation(len(scores))[:MOST_ROWS])
    kept = {name: getattr(training, name)[rows] for name in ("y", "weight", "groups")}
    return replace(training, X=training.X.iloc[rows].reset_index(drop=True), **kept), scores[rows]


def _pull(flat: Design, target: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Let the cosines look at a column as much as its straight line matters: most of many features do not."""
    straight = flat.basis.sizes[0]
    moments = Moments.of(flat, target, weight)
    lines = Moments(moments.gram[: 1 + straight, : 1 + straight], moments.cross[: 1 + straight])
    slopes = lines.mean(flat.precision((1.0, 1.0, 1.0))[: 1 + straight])[1:]
    size = np.sqrt((slopes**2).mean())
    return np.abs(slopes) / size if size > 0 else np.ones(len(slopes))


def _cluster_inflation(
    design: Design, scores: np.ndarray, groups: np.ndarray, covariance: np.ndarray, precision: np.ndarray
) -> float:
    """Return by how much families that share their luck widen the variance, at least 1: the sandwich over groups
    (Huber 1967; Liang and Zeger 1986), as one number for everybody."""
    summed = np.zeros((groups.max() + 1, len(covariance)))
    for rows, terms in design.blocks:
        np.add.at(summed, groups[rows], terms * scores[rows, None])
    terms = design.first()
    spread = terms @ covariance
    clustered = ((spread @ summed.T) ** 2).sum(axis=1) + (spread**2 * precision).sum(axis=1)
    alone = (spread * terms).sum(axis=1)
    return max(1.0, float(clustered.mean() / alone.mean()))


def _factor(covariance: np.ndarray, terms: np.ndarray) -> tuple[np.ndarray, float]:
    """Keep the directions in which families differ in how sure the posterior is; the rest becomes a constant."""
    root = np.linalg.cholesky(covariance)
    spread = terms @ root
    values, vectors = np.linalg.eigh(spread.T @ spread / len(terms))
    values, vectors = values[::-1], vectors[:, ::-1]
    rank = int(np.searchsorted(np.cumsum(values), KEPT_VARIANCE * values.sum())) + 1
    return root @ vectors[:, :rank], float(max(values[rank:].sum(), 0.0))
