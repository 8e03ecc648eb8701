"""A Bayesian logistic regression on many terms: rows in, posterior out.

How strongly each block of terms is held down is chosen by the evidence of the data (MacKay 1992).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from scipy.special import expit

from graduation_model.estimators.basis import Basis

BLOCK = 10_000
# Prior standard deviations that the evidence chooses among, in log-odds for a whole block of terms.
SCALES = np.geomspace(0.05, 4.0, 12)
SWEEPS = 3
# The constant, and the slopes of lines, are all but free.
FREE_PRECISION = 1e-3
LEAST_CURVATURE = 0.01


@dataclass(frozen=True)
class Design:
    """Rows as terms: a constant, those of a basis, and last the lines of others where there are any.

    Attributes
    ----------
    basis : Basis
    X : array (n, n_features)
    lines : array (n, n_lines), optional
        Log-odds that others hold for true: what other labels lead to expect, what a model says.
    """

    basis: Basis
    X: np.ndarray
    lines: np.ndarray | None = None

    @property
    def n_lines(self) -> int:
        return 0 if self.lines is None else self.lines.shape[1]

    @property
    def n_terms(self) -> int:
        return 1 + sum(self.basis.sizes) + self.n_lines

    @cached_property
    def blocks(self) -> list[tuple[slice, np.ndarray]]:
        """Rows and their terms, kept: a fit goes over them many times, and its rows are some tens of thousands."""
        parts = [slice(start, start + BLOCK) for start in range(0, len(self.X), BLOCK)]
        return [(rows, self._terms(rows)) for rows in parts]

    def _terms(self, rows: slice) -> np.ndarray:
        terms = self.basis.terms(self.X[rows])
        return terms if self.lines is None else np.column_stack([terms, self.lines[rows]])

    def first(self) -> np.ndarray:
        """Return the terms of the first rows, which stand for all where a mean over rows is taken."""
        return self.blocks[0][1]

    def times(self, mean: np.ndarray) -> np.ndarray:
        """Return terms @ mean (n,)."""
        return np.concatenate([terms @ mean for _, terms in self.blocks])

    def taken(self, rows: np.ndarray) -> Self:
        """Return some of the rows."""
        return type(self)(self.basis, self.X[rows], None if self.lines is None else self.lines[rows])

    def precision(self, scales: Sequence[float]) -> np.ndarray:
        """Return the prior precision (n_terms,) that follows from a scale for each block of the basis."""
        blocks = [np.full(size, scale**-2.0) for scale, size in zip(scales, self.basis.sizes, strict=True)]
        return np.concatenate([[FREE_PRECISION], *blocks, np.full(self.n_lines, FREE_PRECISION)])


@dataclass(frozen=True)
class Moments:
    """What a weighted least-squares step needs of its rows: terms' W terms (k, k) and terms' W target (k,)."""

    gram: np.ndarray
    cross: np.ndarray

    @classmethod
    def of(cls, design: Design, target: np.ndarray, weight: np.ndarray) -> Self:
        gram, cross = np.zeros((design.n_terms, design.n_terms)), np.zeros(design.n_terms)
        for rows, terms in design.blocks:
            weighted = terms * weight[rows, None]
            gram += terms.T @ weighted
            cross += weighted.T @ target[rows]
        return cls(gram, cross)

    def without(self, other: Moments) -> Moments:
        """Return the moments of all rows but some."""
        return Moments(self.gram - other.gram, self.cross - other.cross)

    def mean(self, precision: np.ndarray) -> np.ndarray:
        """Return the posterior mean (k,)."""
        return np.linalg.solve(self.gram + np.diag(precision), self.cross)


def working_response(y: np.ndarray, weight: np.ndarray, log_odds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what one least-squares step of a logistic regression fits, and its weights (McCullagh and Nelder 1989).

    Examples
    --------
    >>> target, weight = working_response(np.array([1, 0]), np.ones(2), np.zeros(2))
    >>> target.tolist(), weight.tolist()
    ([2.0, -2.0], [0.25, 0.25])
    """
    chance = expit(log_odds)
    curvature = np.maximum(chance * (1 - chance), LEAST_CURVATURE)
    # Unequal weights hold less information than as many equal ones (Kish 1965).
    share = weight * weight.sum() / (weight**2).sum()
    return log_odds + (y - chance) / curvature, share * curvature


def precision_of_best_evidence(design: Design, moments: Moments) -> np.ndarray:
    """Go round the blocks: each prior variance becomes its mean under the evidence, the others held."""
    scales = [1.0, 0.5, 0.5]
    for _ in range(SWEEPS):
        for place in range(len(scales)):
            tried = [[*scales[:place], scale, *scales[place + 1 :]] for scale in SCALES]
            evidence = np.array([_log_evidence(moments, design.precision(one)) for one in tried])
            share = np.exp(evidence - evidence.max())
            scales[place] = float(np.sqrt((share * SCALES**2).sum() / share.sum()))
    return design.precision(scales)


def _log_evidence(moments: Moments, precision: np.ndarray) -> float:
    from scipy.linalg import solve_triangular

    root = np.linalg.cholesky(moments.gram + np.diag(precision))
    half = solve_triangular(root, moments.cross, lower=True)
    return float(half @ half / 2 + np.log(precision).sum() / 2 - np.log(np.diag(root)).sum())
