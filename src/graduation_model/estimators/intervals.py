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
from typing import Self

import numpy as np
import pandas as pd
from scipy.special import expit, ndtr
from threadpoolctl import threadpool_limits

from graduation_model.estimators.basis import Basis
from graduation_model.estimators.params import IntervalParams
from graduation_model.estimators.training_set import TrainingSet

BLOCK = 10_000
# With more rows intervals are somewhat wider than they need be; the time goes with the rows.
MOST_ROWS = 50_000
# Prior standard deviations that the evidence chooses among, in log-odds for a whole block of terms.
SCALES = np.geomspace(0.05, 4.0, 12)
SWEEPS = 3
# The constant is all but free.
CONSTANT_PRECISION = 1e-3
# Beyond this share of the variance all further eigenvectors are one constant.
KEPT_VARIANCE = 0.98
LEAST_CURVATURE = 0.01


@dataclass(frozen=True)
class Intervals:
    """The second look's posterior, as arrays.

    Attributes
    ----------
    basis : Basis
    mean : array (n_terms,)
        Posterior mean: the second look's log-odds are terms @ mean.
    factor : array (n_terms, rank)
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

    def posterior(self, X: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and standard deviation (n,) of the log-odds that the second look holds for true."""
        values = X.to_numpy(dtype=float)
        mean, spread = np.empty(len(X)), np.empty(len(X))
        for start in range(0, len(X), BLOCK):
            part = slice(start, start + BLOCK)
            terms = self.basis.terms(values[part])
            mean[part] = terms @ self.mean
            spread[part] = np.sqrt(((terms @ self.factor) ** 2).sum(axis=1) + self.rest)
        return mean, spread

    def bounds(self, X: pd.DataFrame, log_odds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the lowest and highest probability (n,) of the interval around the model's own.

        Parameters
        ----------
        X : frame (n, n_features)
        log_odds : array (n,)
            Of the model that decides.
        """
        mean, spread = self.posterior(X)
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
    cross_fitted : array (n,)
        Calibrated log-odds that the model gave to each row without having seen it.
    params : IntervalParams
    seed : int
        Draws the cosines; the same seed gives the same bytes.
    """
    training, cross_fitted = _at_most(training, cross_fitted, seed)
    X = training.X.to_numpy(dtype=float)
    target, weight = _working_response(training, cross_fitted)
    # One thread: the last bits of a product of matrices depend on how many there are.
    with threadpool_limits(limits=1, user_api="blas"):
        flat = Basis.fit(X, pull=None, steps=params.steps, cosines=0, seed=seed)
        basis = Basis.fit(X, pull=_pull(flat, X, target, weight), steps=params.steps, cosines=params.cosines, seed=seed)
        moments = _Moments.of(basis, X, target, weight)
        precision = _precision_of_best_evidence(moments, basis.sizes)
        covariance = np.linalg.inv(moments.gram + np.diag(precision))
        mean = covariance @ moments.cross
        scores = weight * (target - _fitted(basis, X, mean))
        inflation = _cluster_inflation(basis, X, scores, training.groups, covariance, precision)
        factor, rest = _factor(covariance * inflation, basis.terms(X[:BLOCK]))
    return Intervals(basis=basis, mean=mean, factor=factor, rest=rest, level=params.level)


def _at_most(training: TrainingSet, scores: np.ndarray, seed: int) -> tuple[TrainingSet, np.ndarray]:
    if len(scores) <= MOST_ROWS:
        return training, scores
    rows = np.sort(np.random.default_rng(seed).permutation(len(scores))[:MOST_ROWS])
    kept = {name: getattr(training, name)[rows] for name in ("y", "weight", "groups")}
    return replace(training, X=training.X.iloc[rows].reset_index(drop=True), **kept), scores[rows]


def _working_response(training: TrainingSet, log_odds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what a weighted least-squares step of a logistic regression fits, and its weights (McCullagh, Nelder)."""
    chance = expit(log_odds)
    curvature = np.maximum(chance * (1 - chance), LEAST_CURVATURE)
    # Unequal weights hold less information than as many equal ones (Kish 1965).
    share = training.weight * training.weight.sum() / (training.weight**2).sum()
    return log_odds + (training.y - chance) / curvature, share * curvature


@dataclass(frozen=True)
class _Moments:
    gram: np.ndarray
    cross: np.ndarray

    @classmethod
    def of(cls, basis: Basis, X: np.ndarray, target: np.ndarray, weight: np.ndarray) -> Self:
        size = 1 + sum(basis.sizes)
        gram, cross = np.zeros((size, size)), np.zeros(size)
        for start in range(0, len(X), BLOCK):
            part = slice(start, start + BLOCK)
            terms = basis.terms(X[part])
            weighted = terms * weight[part, None]
            gram += terms.T @ weighted
            cross += weighted.T @ target[part]
        return cls(gram, cross)


def _pull(flat: Basis, X: np.ndarray, target: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Let the cosines look at a column as much as its straight line matters: most of many features do not."""
    moments = _Moments.of(flat, X, target, weight)
    straight = 1 + flat.sizes[0]
    gram, cross = moments.gram[:straight, :straight], moments.cross[:straight]
    slopes = np.linalg.solve(gram + np.diag(_precision((1.0,), (flat.sizes[0],))), cross)[1:]
    size = np.sqrt((slopes**2).mean())
    return np.abs(slopes) / size if size > 0 else np.ones(len(slopes))


def _precision(scales: tuple[float, ...], sizes: tuple[int, ...]) -> np.ndarray:
    blocks = [np.full(size, scale**-2.0) for scale, size in zip(scales, sizes, strict=True)]
    return np.concatenate([[CONSTANT_PRECISION], *blocks])


def _precision_of_best_evidence(moments: _Moments, sizes: tuple[int, int, int]) -> np.ndarray:
    """Go round the blocks: each prior variance becomes its mean under the evidence, the others held."""
    scales = [1.0, 0.5, 0.5]
    for _ in range(SWEEPS):
        for place in range(len(scales)):
            tried = [(*scales[:place], scale, *scales[place + 1 :]) for scale in SCALES]
            evidence = np.array([_log_evidence(moments, _precision(one, sizes)) for one in tried])
            share = np.exp(evidence - evidence.max())
            scales[place] = float(np.sqrt((share * SCALES**2).sum() / share.sum()))
    return _precision(tuple(scales), sizes)


def _log_evidence(moments: _Moments, precision: np.ndarray) -> float:
    from scipy.linalg import solve_triangular

    root = np.linalg.cholesky(moments.gram + np.diag(precision))
    half = solve_triangular(root, moments.cross, lower=True)
    return float(half @ half / 2 + np.log(precision).sum() / 2 - np.log(np.diag(root)).sum())


def _fitted(basis: Basis, X: np.ndarray, mean: np.ndarray) -> np.ndarray:
    return np.concatenate([basis.terms(X[start : start + BLOCK]) @ mean for start in range(0, len(X), BLOCK)])


def _cluster_inflation(
    basis: Basis, X: np.ndarray, scores: np.ndarray, groups: np.ndarray, covariance: np.ndarray, precision: np.ndarray
) -> float:
    """Return by how much families that share their luck widen the variance, at least 1: the sandwich over groups
    (Huber 1967; Liang and Zeger 1986), as one number for everybody."""
    summed = np.zeros((groups.max() + 1, len(covariance)))
    for start in range(0, len(X), BLOCK):
        part = slice(start, start + BLOCK)
        np.add.at(summed, groups[part], basis.terms(X[part]) * scores[part, None])
    terms = basis.terms(X[:BLOCK])
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
