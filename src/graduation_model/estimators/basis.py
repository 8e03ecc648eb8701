"""Features in; the terms of a smooth function of them out: straight lines, steps, and cosines that mix features.

Three blocks that a ridge regression can weigh apart: each feature as it is, each many-valued feature in steps (what
bends), and random cosines of all features together (what interacts; Rahimi and Recht 2007).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from graduation_model.estimators.scorecard import INDICATED_FROM, column_medians

# A unit of an answer that hardly anybody gives is no larger than that of one that 7 in 100 give.
LEAST_SPREAD = 0.25
_NARROWED = ("mean", "spread", "pull", "frequency", "phase", "centre")


@dataclass(frozen=True)
class Basis:
    """How a row of features becomes terms.

    Attributes
    ----------
    fill : array (n_features,)
        What stands for a missing answer.
    indicated : array (n_indicated,), int
        Features whose being missing is a column of its own.
    mean, spread, pull : array (n_columns,)
        Of features and indicators: centre, unit, and how much the cosines look at each.
    step_column, step_at : array (n_steps,)
        A step is 1 where its column lies above this value.
    frequency : array (n_columns, n_cosines)
    phase : array (n_cosines,)
    centre : array (n_steps + n_cosines,)
        Training means of steps and cosines.
    step_scale : float
        Makes all steps together of unit variance.
    """

    fill: np.ndarray
    indicated: np.ndarray
    mean: np.ndarray
    spread: np.ndarray
    pull: np.ndarray
    step_column: np.ndarray
    step_at: np.ndarray
    frequency: np.ndarray
    phase: np.ndarray
    centre: np.ndarray
    step_scale: float

    @classmethod
    def fit(cls, X: np.ndarray, *, pull: np.ndarray | None, steps: int, cosines: int, seed: int) -> Self:
        """Learn centres, units and steps.

        Parameters
        ----------
        X : array (n, n_features)
            NaN is missing.
        pull : array (n_columns,), optional
            None: the cosines look at every column alike.
        steps : int
            Parts of equal size that a many-valued feature is cut into.
        cosines : int
        seed : int
            Draws frequencies and phases.
        """
        share_missing = np.isnan(X).mean(axis=0)
        indicated = np.flatnonzero((share_missing > INDICATED_FROM) & (share_missing < 1 - INDICATED_FROM))
        fill = column_medians(X)
        columns = _columns(X, fill, indicated)
        mean, deviation = columns.mean(axis=0), columns.std(axis=0)
        least = LEAST_SPREAD * np.minimum(columns.max(axis=0) - columns.min(axis=0), 1.0)
        spread = np.where(deviation > 1e-9, np.maximum(deviation, least), np.inf)
        step_column, step_at = _steps(columns, steps)
        rng = np.random.default_rng(seed)
        n_columns = columns.shape[1]
        plain = cls(
            fill=fill,
            indicated=indicated,
            mean=mean,
            spread=spread,
            pull=np.ones(n_columns) if pull is None else pull,
            step_column=step_column,
            step_at=step_at,
            frequency=rng.normal(size=(n_columns, cosines)),
            phase=rng.uniform(0, 2 * np.pi, cosines),
            centre=np.zeros(len(step_at) + cosines),
            step_scale=1.0,
        )
        bent = plain.terms(X)[:, 1 + n_columns :]
        scale = float(np.sqrt(bent[:, : len(step_at)].var(axis=0).sum())) or 1.0
        centre = bent.mean(axis=0)
        centre[: len(step_at)] /= scale
        return cls(**{**plain.__dict__, "centre": centre, "step_scale": scale})

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Number of straight terms, steps and cosines; a constant stands before them."""
        return len(self.mean), len(self.step_at), len(self.phase)

    def in_single(self) -> Self:
        """Return the same basis with terms in float32; what is a step, and what stands for a missing answer, stays."""
        narrowed = {name: getattr(self, name).astype(np.float32) for name in _NARROWED}
        return replace(self, **narrowed)

    def terms(self, X: np.ndarray) -> np.ndarray:
        """Return the terms (n, 1 + n_columns + n_steps + n_cosines), each block of about unit variance in all."""
        columns = _columns(X, self.fill, self.indicated)
        n_straight, n_steps, _ = self.sizes
        terms = np.empty((len(X), 1 + sum(self.sizes)), dtype=self.frequency.dtype)
        constant, straight, bent = np.split(terms, [1, 1 + n_straight], axis=1)
        constant[:] = 1
        np.subtract(columns, self.mean, out=straight, casting="same_kind")
        straight /= self.spread
        straight /= np.sqrt(n_straight)
        np.divide(columns[:, self.step_column] > self.step_at, self.step_scale, out=bent[:, :n_steps])
        cosines = (straight * self.pull) @ self.frequency
        cosines += self.phase
        np.cos(cosines, out=cosines)
        cosines *= np.sqrt(2 / max(len(self.phase), 1))
        bent[:, n_steps:] = cosines
        bent -= self.centre
        return terms


def _columns(X: np.ndarray, fill: np.ndarray, indicated: np.ndarray) -> np.ndarray:
    missing = np.isnan(X)
    return np.hstack([np.where(missing, fill, X), missing[:, indicated]])


def _steps(columns: np.ndarray, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Cut each column with more than two values at its quantiles."""
    where: list[int] = []
    at: list[float] = []
    for place, column in enumerate(columns.T):  # as many turns as columns
        if len(np.unique(column)) <= 2:
            continue
        cuts = np.unique(np.quantile(column, np.arange(1, steps) / steps))
        cuts = cuts[cuts < column.max()]
        where += [place] * len(cuts)
        at += cuts.tolist()
    return np.array(where, dtype=int), np.array(at, dtype=float)
