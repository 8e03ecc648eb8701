"""A model's log-odds and the answers behind them in; the nearest card of whole points that people add up by hand out.

The card imitates the model, not the outcome: it sees no label. Answers are cut into few steps, the steps that explain
most of the model's log-odds are chosen one after the other within the catalogue's directions, and their weights become
small integers by rounding and coordinate descent, after the idea of Ustun and Rudin (2019, RiskSLIM): the loss of a
round number is looked at in the scale of the whole card, and one point up or down is tried until nothing gets better.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
from scipy.special import expit

from graduation_model.errors import ModelError
from graduation_model.estimators.calibration import fit_line
from graduation_model.features.catalogue import ANSWER, LEVEL, RANK, Catalogue

SOURCES = (ANSWER, LEVEL, RANK)  # what one visit records: history and neighbours are in no committee's hands
CUTS = (0.2, 0.4, 0.6, 0.8, 0.9)  # the last for lists that take few
MOST_STEPS, STEPS_A_QUESTION, MOST_POINTS = 12, 3, 5
# A step that (nearly) all families or none are over says nothing of the others.
LEAST_SHARE = 0.02
ROUNDS = 50


@dataclass(frozen=True)
class Step:
    """One line of a points card.

    Attributes
    ----------
    question : str
    feature : str
    kind : str
        `at_least` (the answer is at least `bound`), `rank_at_least` (its rank within the wave is), or `is` (the answer
        is `level`).
    bound : float
    level : str
    points : int, not 0
    """

    question: str
    feature: str
    kind: str
    bound: float
    level: str
    points: int


@dataclass(frozen=True)
class PointsCard:
    """A card of whole points, and what a sum of them says.

    Attributes
    ----------
    steps : tuple of Step
        In the order of the questions; an answer that is missing earns nothing.
    slope, intercept : float
        log-odds = intercept + slope * points: the line nearest to the model's chances.
    """

    steps: tuple[Step, ...]
    slope: float
    intercept: float

    @property
    def lowest(self) -> int:
        """The fewest points that anybody can have, as far as steps go."""
        return sum(min(step.points, 0) for step in self.steps)

    @property
    def highest(self) -> int:
        """The most points that anybody can have, as far as steps go."""
        return sum(max(step.points, 0) for step in self.steps)

    def total(self, X: pd.DataFrame) -> np.ndarray:
        """Return the points (n,) of families from their features."""
        points = np.zeros(len(X))
        for step in self.steps:
            points += step.points * _reaches(X[step.feature].to_numpy(dtype=float), step.kind, step.bound)
        return points

    def chance(self, points: np.ndarray) -> np.ndarray:
        """Return the chance in [0, 1] that the model gives on average to families with so many points."""
        return expit(self.intercept + self.slope * np.asarray(points, dtype=float))


def points_card(X: pd.DataFrame, log_odds: np.ndarray, catalogue: Catalogue) -> PointsCard:
    """Make the points card nearest to a model.

    Parameters
    ----------
    X : frame (n, n_features)
        In the catalogue's columns; NaN is missing.
    log_odds : array (n,)
        What the model says of these rows.
    catalogue : Catalogue

    Returns
    -------
    PointsCard

    Raises
    ------
    ModelError
        Where no answer tells the families apart.
    """
    steps, reached, bounds = _candidates(X, catalogue)
    chosen = _choose(steps, reached, log_odds, bounds)
    if not chosen:
        raise ModelError(
            "No points card can be made: no answer tells the families apart as the model does",
            mend="Check that the features vary",
        )
    points = _whole_points(reached[:, chosen], log_odds, bounds[chosen])
    kept = [
        Step(**{**vars(steps[place]), "points": int(worth)})
        for place, worth in sorted(zip(chosen, points, strict=True))
        if worth
    ]
    total = reached[:, chosen] @ points
    slope, intercept = fit_line(total, expit(log_odds), np.ones(len(total)))
    return PointsCard(tuple(kept), slope, intercept)


def _reaches(values: np.ndarray, kind: str, bound: float) -> np.ndarray:
    """1.0 where an answer earns the step's points; a missing answer never does."""
    return (values == 1.0).astype(float) if kind == "is" else (values >= bound).astype(float)


def _candidates(X: pd.DataFrame, catalogue: Catalogue) -> tuple[list[Step], np.ndarray, np.ndarray]:
    """Every step that could stand on a card, who reaches it (n, m), and its lowest and highest sign (m, 2)."""
    steps, columns, bounds = [], [], []
    table = catalogue.table[catalogue.table["source"].isin(SOURCES)]
    for row in table.itertuples(index=False):
        values = X[row.feature].to_numpy(dtype=float)
        kind = "is" if row.source == LEVEL else "rank_at_least" if row.source == RANK else "at_least"
        for bound in [1.0] if kind == "is" else CUTS if kind == "rank_at_least" else _cuts(values):
            reached = _reaches(values, kind, bound)
            if LEAST_SHARE <= reached.mean() <= 1 - LEAST_SHARE:
                steps.append(Step(row.question, row.feature, kind, float(bound), str(row.level), 0))
                columns.append(reached)
                bounds.append((-1.0 if row.sign <= 0 else 0.0, 1.0 if row.sign >= 0 else 0.0))
    matrix = np.column_stack(columns) if columns else np.empty((len(X), 0))
    return steps, matrix, np.array(bounds).reshape(-1, 2)


def _cuts(values: np.ndarray) -> list[float]:
    """A few round numbers at which families part; every value but the lowest where there are few."""
    known = values[~np.isnan(values)]
    distinct = np.unique(known)
    if len(distinct) <= len(CUTS):
        return [float(value) for value in distinct[1:]]
    return sorted({_rounded(value) for value in np.quantile(known, CUTS)} - {float(distinct[0])})


def _rounded(value: float) -> float:
    """Two figures are enough for a person.

    Examples
    --------
    >>> _rounded(1234.0), _rounded(0.0367), _rounded(0.0)
    (1200.0, 0.037, 0.0)
    """
    return float(f"{value:.2g}")


def _choose(steps: list[Step], reached: np.ndarray, target: np.ndarray, bounds: np.ndarray) -> list[int]:
    """Take the step that explains most of what is left, and so on; never against its direction."""
    from scipy.optimize import lsq_linear

    centred = reached - reached.mean(axis=0)
    norm = np.sqrt((centred**2).sum(axis=0))
    wanted = target - target.mean()
    limits = np.where(bounds == 0, 0.0, np.copysign(np.inf, bounds))
    left = wanted
    chosen: list[int] = []
    a_question: dict[str, int] = {}
    while len(chosen) < MOST_STEPS:
        pull = np.divide(centred.T @ left, norm, out=np.zeros(len(norm)), where=norm > 0)
        allowed = np.clip(pull, *limits.T)
        full = [a_question.get(step.question, 0) >= STEPS_A_QUESTION for step in steps]
        gain = np.where(full, 0.0, np.abs(allowed))
        gain[chosen] = 0.0
        best = int(np.argmax(gain)) if len(gain) else 0
        if not len(gain) or gain[best] <= 1e-3 * np.sqrt((wanted**2).sum()):
            break
        chosen.append(best)
        a_question[steps[best].question] = a_question.get(steps[best].question, 0) + 1
        weights = lsq_linear(centred[:, chosen], wanted, limits[chosen].T).x
        left = wanted - centred[:, chosen] @ weights
    return chosen


def _whole_points(reached: np.ndarray, target: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    """Small integers whose sum runs most nearly in step with the log-odds."""
    centred = reached - reached.mean(axis=0)
    together, along = centred.T @ centred, centred.T @ (target - target.mean())
    weights = np.linalg.lstsq(together, along, rcond=None)[0]
    lowest, highest = (np.rint(bounds[:, side] * MOST_POINTS) for side in (0, 1))
    largest = max(float(np.abs(weights).max()), 1e-12)
    starts = [np.clip(np.rint(weights / largest * most), lowest, highest) for most in range(1, MOST_POINTS + 1)]
    tried = [_descended(start, together, along, lowest, highest) for start in starts]
    return max(tried, key=lambda points: _fit(points, together, along))


def _descended(
    points: np.ndarray, together: np.ndarray, along: np.ndarray, lowest: np.ndarray, highest: np.ndarray
) -> np.ndarray:
    best = _fit(points, together, along)
    for _ in range(ROUNDS):
        before = best
        for place, move in product(range(len(points)), (-1.0, 1.0)):
            moved = points.copy()
            moved[place] = np.clip(moved[place] + move, lowest[place], highest[place])
            fit = _fit(moved, together, along)
            if fit > best + 1e-12:
                points, best = moved, fit
        if best == before:
            break
    return points


def _fit(points: np.ndarray, together: np.ndarray, along: np.ndarray) -> float:
    """The variance of the log-odds that a line over the points explains; points that run against them explain none."""
    spread = float(points @ together @ points)
    pull = float(points @ along)
    return pull * pull / spread if spread > 0 and pull > 0 else 0.0
