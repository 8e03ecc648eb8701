"""What every model has to beat: random order, status now, the hand-weighted sum, a proxy means test.

Training rows in; log-odds with additive parts out, as from any other model. Each baseline is a score made of terms that
add up, turned into a probability by a logistic regression on that one score.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

import numpy as np
import pandas as pd

from graduation_model.blas import one_thread
from graduation_model.errors import ModelError
from graduation_model.estimators.calibration import fit_line
from graduation_model.estimators.scorecard import column_medians
from graduation_model.estimators.training_set import AdditiveParts, TrainingSet

# Far below what any metric can see, far above what float64 cannot: it orders the families and says nothing else.
JITTER = 1e-7
# A hand-made order stays that order, however little it tells.
KEEPS_ORDER = 1e-6


def _base_log_odds(training: TrainingSet, name: str) -> float:
    rate = training.base_rate
    if not 0 < rate < 1:
        raise ModelError(
            f"All {len(training.y)} labels are the same",
            where=name,
            mend="Bring cohorts in which some families made it and some did not",
        )
    return float(np.log(rate / (1 - rate)))


class RandomOrder:
    """The base rate for everybody, in an order that is drawn by lot.

    Parameters
    ----------
    seed : int
        The same seed and number of families give the same lots.
    """

    def __init__(self, seed: int = 0) -> None:
        self.name = "random"
        self.seed = seed
        self.base = 0.0

    def fit(self, training: TrainingSet) -> Self:
        """Learn the base rate."""
        self.base = _base_log_odds(training, self.name)
        return self

    def log_odds(self, X: pd.DataFrame) -> np.ndarray:
        """Return the base rate's log-odds (n,), apart by less than 1e-7."""
        return self.base + JITTER * (np.random.default_rng(self.seed).random(len(X)) - 0.5)

    def additive_parts(self, X: pd.DataFrame) -> AdditiveParts:
        """Return no parts: nothing that a family answered counts."""
        return AdditiveParts(base=self.base, parts=np.zeros(X.shape))


class OneScore(ABC):
    """A baseline whose score is a sum of terms, one a feature, and whose probability is a logistic of that score."""

    lowest_slope: ClassVar[float] = KEEPS_ORDER

    def __init__(self, name: str) -> None:
        self.name = name
        self.slope, self.intercept, self.mean = 1.0, 0.0, np.zeros(0)

    @property
    @abstractmethod
    def features(self) -> tuple[str, ...]:
        """The features that have a term."""

    @abstractmethod
    def learn(self, training: TrainingSet) -> None:
        """Learn what the terms need."""

    @abstractmethod
    def terms(self, X: pd.DataFrame) -> np.ndarray:
        """Return the terms (n, n_terms), finite."""

    def fit(self, training: TrainingSet) -> Self:
        """Learn the score, then the line from score to log-odds on the programme's own rows.

        Raises
        ------
        ModelError
            If every label is the same, or the score cannot be made from these rows.
        """
        _base_log_odds(training, self.name)
        self.learn(training)
        terms = self.terms(training.X)
        self.mean = terms.mean(axis=0)
        self.slope, self.intercept = fit_line(
            terms.sum(axis=1), training.y, training.weight, lowest_slope=self.lowest_slope
        )
        return self

    def log_odds(self, X: pd.DataFrame) -> np.ndarray:
        """Return log-odds (n,)."""
        return self.intercept + self.slope * self.terms(X).sum(axis=1)

    def additive_parts(self, X: pd.DataFrame) -> AdditiveParts:
        """Return each term's distance from its mean, in log-odds."""
        parts = np.zeros(X.shape)
        parts[:, X.columns.get_indexer(list(self.features))] = self.slope * (self.terms(X) - self.mean)
        return AdditiveParts(base=float(self.intercept + self.slope * self.mean.sum()), parts=parts)


class StatusNow(OneScore):
    """Today's status alone: whoever is well now is taken to stay well.

    Parameters
    ----------
    feature : str
        The main feature of the status question.
    """

    # Some statuses rise with need (a decile of poverty): the sign is learnt.
    lowest_slope = -np.inf

    def __init__(self, feature: str) -> None:
        super().__init__("status_now")
        self.feature, self.fill = feature, 0.0

    @property
    def features(self) -> tuple[str, ...]:
        return (self.feature,)

    def learn(self, training: TrainingSet) -> None:
        self.fill = float(column_medians(_values(training.X, self.features))[0])

    def terms(self, X: pd.DataFrame) -> np.ndarray:
        values = _values(X, self.features)
        return np.where(np.isnan(values), self.fill, values)


class WeightedSum(OneScore):
    """The programme's hand-weighted sum: points for each question, on the scale from its lowest to its highest answer.

    Parameters
    ----------
    points : mapping
        Feature -> points for going from the lowest answer seen to the highest.
    """

    def __init__(self, points: Mapping[str, float]) -> None:
        super().__init__("weighted_sum")
        self.points = dict(points)
        self.low = self.span = self.fill = np.zeros(len(self.points))

    @property
    def features(self) -> tuple[str, ...]:
        return tuple(self.points)

    def learn(self, training: TrainingSet) -> None:
        # The scale is everybody's, where everybody was assessed: a programme's own families stand close together.
        everybody = training.everybody_X if len(training.everybody_X) else training.X
        self.low, self.span = _scale(_values(everybody, self.features))
        self.fill = column_medians(_values(training.X, self.features))

    def terms(self, X: pd.DataFrame) -> np.ndarray:
        values = _values(X, self.features)
        filled = np.where(np.isnan(values), self.fill, values)
        return np.clip((filled - self.low) / self.span, 0, 1) * np.array(list(self.points.values()))


def _scale(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The lowest answer of each column, and how far the highest is from it; 1 where all are alike."""
    answered = ~np.isnan(values).all(axis=0)
    low, span = np.zeros(values.shape[1]), np.ones(values.shape[1])
    low[answered] = np.nanmin(values[:, answered], axis=0)
    span[answered] = np.nanmax(values[:, answered], axis=0) - low[answered]
    span[span == 0] = 1.0
    return low, span


def hand_weighted(X: pd.DataFrame, points: Mapping[str, float]) -> np.ndarray:
    """Return the hand-weighted sum of families seen against each other: no outcome is needed for it.

    Parameters
    ----------
    X : frame (n, n_features)
        A missing answer counts as the middle of the others.
    points : mapping
        As for `WeightedSum`.

    Returns
    -------
    array (n,), from 0 to the sum of the points

    Examples
    --------
    >>> hand_weighted(pd.DataFrame({"rooms": [1.0, 3.0, np.nan]}), {"rooms": 10})
    array([ 0., 10.,  5.])
    """
    rule = WeightedSum(points)
    values = _values(X, rule.features)
    rule.low, rule.span = _scale(values)
    rule.fill = column_medians(values)
    return rule.terms(X).sum(axis=1)


class ProxyMeansTest(OneScore):
    """A proxy means test: linear regression of everybody's status on what can be seen and counted.

    It learns who *is* well off now, from every assessed household, and is then used to say who will be (the usual
    practice; see Brown, Ravallion and van de Walle 2018).

    Parameters
    ----------
    features : sequence of str
        Without money and status themselves, which it stands in for.
    """

    def __init__(self, features: Sequence[str]) -> None:
        super().__init__("pmt")
        self._features = tuple(features)
        self.coef = self.fill = np.zeros(len(self._features))

    @property
    def features(self) -> tuple[str, ...]:
        return self._features

    def learn(self, training: TrainingSet) -> None:
        known = ~np.isnan(training.everybody_status)
        status = training.everybody_status[known].astype(float)
        if len(np.unique(status)) < 2:
            raise ModelError(
                "Everybody's status now is unknown, or the same",
                where=self.name,
                mend="Bring assessments that hold label.status_now's question",
            )
        values = _values(training.everybody_X, self.features)[known]
        self.fill = column_medians(values)
        filled = np.where(np.isnan(values), self.fill, values)
        centred = filled - filled.mean(axis=0)
        spread = centred.std(axis=0)
        spread[spread < 1e-9] = 1.0
        # Answers of one choice add up to 1, so the shortest of the many solutions is taken (minimum norm).
        with one_thread():
            scaled = np.linalg.lstsq(centred / spread, status - status.mean(), rcond=1e-8)[0]
        self.coef = scaled / spread

    def terms(self, X: pd.DataFrame) -> np.ndarray:
        values = _values(X, self.features)
        return np.where(np.isnan(values), self.fill, values) * self.coef


def _values(X: pd.DataFrame, features: Sequence[str]) -> np.ndarray:
    return X[list(features)].to_numpy(dtype=float)
