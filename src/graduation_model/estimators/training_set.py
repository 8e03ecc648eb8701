"""What an estimator learns from, and what it owes in return: rows with labels in, log-odds with exact parts out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class TrainingSet:
    """What was known on the day on which a model is fitted.

    Attributes
    ----------
    X : frame (n, n_features), float32
        The programme's own labelled rows; NaN is missing.
    y : array (n,), 0 or 1
    weight : array (n,), positive
    groups : array (n,), int
        Rows of one number stay on one side of every cut: households and clusters together.
    everybody_X : frame (m, n_features), float32
        Every assessed household, programme or not, of every wave up to that day.
    everybody_status : array (m,), 1, 0 or NaN
        Its status at that assessment, not later: what a proxy means test predicts.
    everybody_next : array (m,), 1, 0 or NaN, optional
        Its status one wave later, where it was seen again by that day.
    everybody_groups : array (m,), int, optional
        Numbered as `groups` are: no household and no cluster has two numbers, in whichever population.
    everybody_member : array (m,), bool, optional
        Which of them are the programme's.
    """

    X: pd.DataFrame
    y: np.ndarray
    weight: np.ndarray
    groups: np.ndarray
    everybody_X: pd.DataFrame
    everybody_status: np.ndarray
    everybody_next: np.ndarray | None = None
    everybody_groups: np.ndarray | None = None
    everybody_member: np.ndarray | None = None

    def not_seen_since(self, *, at_most: int, seed: int) -> pd.DataFrame:
        """Return features (r, n_features) of the programme's rows that have no next wave: like those to be scored.

        Parameters
        ----------
        at_most : int
            More are drawn by lot.
        seed : int
            Draws them.
        """
        if self.everybody_next is None or self.everybody_member is None:
            return self.everybody_X.iloc[:0]
        rows = np.flatnonzero(self.everybody_member & np.isnan(self.everybody_next))
        if len(rows) > at_most:
            rows = np.sort(np.random.default_rng(seed).permutation(rows)[:at_most])
        return self.everybody_X.iloc[rows]

    @property
    def base_rate(self) -> float:
        """The weighted share of positive labels, in [0, 1]."""
        return float(np.average(self.y, weights=self.weight))


@dataclass(frozen=True)
class AdditiveParts:
    """A score taken apart: `base + parts.sum(axis=1)` is the log-odds.

    Attributes
    ----------
    base : float
        Log-odds of the reference: what is said before anything is known of a family.
    parts : array (n, n_features), float64
    """

    base: float
    parts: np.ndarray

    def total(self) -> np.ndarray:
        """Return the log-odds (n,) that the parts add up to."""
        return self.base + self.parts.sum(axis=1)


@dataclass(frozen=True)
class LinearTerms:
    """A linear score in closed form, feature by feature; with the base it adds up to the log-odds.

    Attributes
    ----------
    base : float
    at_zero, unit : array (n_features,)
        A known x gives `at_zero + unit * x`.
    if_missing : array (n_features,)
    """

    base: float
    at_zero: np.ndarray
    unit: np.ndarray
    if_missing: np.ndarray

    def times(self, factor: float) -> LinearTerms:
        """Return the terms of `factor` times the score."""
        return LinearTerms(factor * self.base, factor * self.at_zero, factor * self.unit, factor * self.if_missing)


class AdditiveModel(Protocol):
    """A fitted or unfitted model whose number that decides is the number that is explained."""

    name: str

    def fit(self, training: TrainingSet) -> Self:
        """Learn; return the model itself."""

    def log_odds(self, X: pd.DataFrame) -> np.ndarray:
        """Return calibrated log-odds (n,); the probability is their sigmoid."""

    def additive_parts(self, X: pd.DataFrame) -> AdditiveParts:
        """Return the same log-odds as a base and one part a feature."""
