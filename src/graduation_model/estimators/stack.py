"""The additive stack: components that learnt from different labels and families in, one calibrated number out.

`log-odds = a + sum of b_m * f_m(x)`, b_m >= 0. Each f_m is a component with exact parts; a and b are a logistic
regression on scores that the components gave to rows whose households and clusters they had not seen, whatever label
and population they learnt from (stacking, Wolpert 1992; non-negative weights, Breiman 1996). That last step is the
calibration too (Platt 1999), so what is explained is what decides.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from graduation_model.blas import one_thread
from graduation_model.cohort.splits import group_folds
from graduation_model.errors import ModelError
from graduation_model.estimators.binary import BinaryScorer, two_classes
from graduation_model.estimators.boosting import LightGBMScorer
from graduation_model.estimators.calibration import Calibration, nobody, why_not_cross_fitted
from graduation_model.estimators.combination import Combination, combine, equal_parts
from graduation_model.estimators.scorecard import LogisticScorecard
from graduation_model.estimators.training_set import AdditiveParts, TrainingSet

logger = logging.getLogger(__name__)

OWN, NEXT_WAVE = "own", "next_wave"
PROGRAMME, EVERYBODY = "programme", "everybody"
# Above so many cells two fits at once would hold two copies of everything: they then come one after the other.
CELLS_AT_ONCE = 20_000_000

Source = tuple[str, str]


@dataclass(frozen=True)
class Component:
    """One member of a stack: what it is, and which label of which families it learns from.

    Attributes
    ----------
    name : str
    estimator : LightGBMScorer or LogisticScorecard
        Not fitted; it is cloned.
    label, population : str
        `own` of the `programme`, or `next_wave` of the `programme` or of `everybody` assessed.
    min_rows : int
        With fewer labelled rows, or labels of one kind only, it is left out and says so.
    max_rows : int or None
        It learns from so many rows at most, drawn by lot: beyond some tens of thousands they cost time and add little.
    """

    name: str
    estimator: Any
    label: str = OWN
    population: str = PROGRAMME
    min_rows: int = 200
    max_rows: int | None = None

    @property
    def source(self) -> Source:
        return (self.label, self.population)


@dataclass(frozen=True)
class Rows:
    """Labelled rows of one population: features (n, p), y (n,) of 0 and 1, weight (n,), group (n,)."""

    X: Any
    y: np.ndarray
    weight: np.ndarray
    groups: np.ndarray


class AdditiveStack(BinaryScorer):
    """Components of several labels and populations, combined by a non-negative logistic regression.

    Parameters
    ----------
    components : sequence of Component, optional
        Default: a scorecard and a small ensemble on the rows given.
    folds : int, >= 2
        Of the cross-fitting.
    pull : float, >= 0
        How strongly the weights are pulled to one another; see `combine`.
    caution : float, >= 0
        By how many standard errors the spread of the log-odds is drawn in; see `combine`.
    seed : int
        Deals the groups to folds.
    threads : int
        Fits that run at once. Speed only.

    Attributes
    ----------
    classes_ : array (2,)
    names_ : tuple of str
        The components that are in it.
    fitted_ : list of fitted components, in that order
    combination_ : Combination
        Their weights, intercept and what they rest on.
    left_out_ : dict of str to str
        Component -> why it is not in it.
    cross_fitted_ : array (n,) or None
        Calibrated log-odds of the programme's rows from fits that had not seen them; None where there are none.
    """

    def __init__(
        self,
        components: Sequence[Component] | None = None,
        folds: int = 5,
        pull: float = 10.0,
        caution: float = 1.0,
        seed: int = 0,
        threads: int = 2,
    ) -> None:
        self.components = components
        self.folds = folds
        self.pull = pull
        self.caution = caution
        self.seed = seed
        self.threads = threads

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        groups: np.ndarray | None = None,
        sources: Mapping[Source, Rows] | None = None,
    ) -> Self:
        """Cross-fit the components and combine them, then refit each on all of its rows.

        Parameters
        ----------
        X : frame or array (n, n_features)
            The programme's own rows; NaN is missing.
        y : array (n,)
            Two classes; the second in sorted order is the good outcome.
        sample_weight : array (n,), optional
        groups : array (n,) of int, optional
            Rows of one number stay together. Default: every row by itself.
        sources : mapping, optional
            (label, population) -> rows of the same features, whose groups are numbered as `groups` are.

        Raises
        ------
        ValueError
            If y holds one class, or more than two; if no component can be fitted.
        """
        checked, y = validate_data(self, X, y, ensure_all_finite="allow-nan", dtype=[np.float32, np.float64])
        X = X if isinstance(X, pd.DataFrame) else checked  # a frame's names are kept in the components
        weight = _check_sample_weight(sample_weight, checked)
        self.classes_, target = two_classes(y)
        groups = np.arange(len(target)) if groups is None else np.asarray(groups)
        rows = {(OWN, PROGRAMME): Rows(X, target, weight, groups), **(sources or {})}
        used, self.left_out_ = _usable(self.components or _plain_components(self.seed), rows)
        if not used:
            raise ValueError("No component of the stack can be fitted: " + "; ".join(self.left_out_.values()))
        own = rows[OWN, PROGRAMME]
        fold = _deal(own.groups, self.folds, self.seed)
        reason = why_not_cross_fitted(own.y, fold)
        jobs = [(member, None) for member in used]
        if not reason:
            jobs += [(member, number) for number in np.unique(fold) for member in used]
        results = _run(jobs, rows, fold, self.threads)
        self.names_ = tuple(member.name for member in used)
        self.fitted_ = results[: len(used)]
        self.cross_fitted_: np.ndarray | None = None
        self.combination_ = self._combine(results[len(used) :], own, fold, reason)
        return self

    def _combine(self, scores: list[Any], own: Rows, fold: np.ndarray, reason: str) -> Combination:
        if reason:
            raw = np.column_stack([member.decision_function(own.X) for member in self.fitted_])
            return equal_parts(raw, own.y, own.weight, reason=reason)
        raw = np.empty((len(own.y), len(self.names_)))
        for place, number in enumerate(np.unique(fold)):
            part = scores[place * len(self.names_) : (place + 1) * len(self.names_)]
            raw[fold == number] = np.column_stack(part)
        made = combine(
            raw, own.y, own.weight, pull=self.pull, caution=self.caution, folds=len(np.unique(fold)), groups=own.groups
        )
        self.cross_fitted_ = made.intercept + raw @ np.array(made.weights)
        return made

    def decision_function(self, X: Any) -> np.ndarray:
        """Return calibrated log-odds (n,) of the good outcome."""
        rows = self._checked_rows(X)
        total = np.full(len(rows), self.combination_.intercept)
        for weight, member in self.weighing():
            total += weight * member.decision_of(rows)
        return total

    def additive_parts(self, X: Any) -> AdditiveParts:
        """Return `sum of b_m * parts_m`: one part a feature, adding up to the calibrated log-odds."""
        X = self._checked(X)
        base, parts = self.combination_.intercept, np.zeros(X.shape)
        for weight, member in self.weighing():
            of_member = member.additive_parts(X)
            base += weight * of_member.base
            parts += weight * of_member.parts
        return AdditiveParts(base=float(base), parts=parts)

    def weighing(self) -> list[tuple[float, Any]]:
        """Return the components that weigh anything, with their weights."""
        pairs = zip(self.combination_.weights, self.fitted_, strict=True)
        return [(weight, member) for weight, member in pairs if weight > 0]

    def _checked(self, X: Any) -> Any:
        checked = self._checked_rows(X)
        return X if isinstance(X, pd.DataFrame) else checked

    def _checked_rows(self, X: Any) -> np.ndarray:
        check_is_fitted(self)
        return validate_data(self, X, reset=False, ensure_all_finite="allow-nan", dtype=[np.float32, np.float64])

    @classmethod
    def of_parts(
        cls, names: Sequence[str], fitted: Sequence[Any], combination: Combination, left_out: Mapping[str, str]
    ) -> Self:
        """Return a fitted stack from fitted components and their combination, as a bundle holds them."""
        stack = cls()
        stack.classes_ = np.array([0, 1])
        stack.names_, stack.fitted_ = tuple(names), list(fitted)
        stack.combination_, stack.left_out_, stack.cross_fitted_ = combination, dict(left_out), None
        stack.n_features_in_ = stack.fitted_[0].n_features_in_
        stack.feature_names_in_ = stack.fitted_[0].feature_names_in_
        return stack


class StackModel:
    """The stack as one of the models that a programme compares: a `TrainingSet` in, log-odds with parts out.

    Parameters
    ----------
    stack : AdditiveStack
    name : str
    """

    def __init__(self, stack: AdditiveStack, *, name: str = "stack") -> None:
        self.stack = stack
        self.name = name

    @property
    def calibration(self) -> Calibration:
        """What the combination rests on, in the words of a single model's calibration."""
        made = self.stack.combination_
        slope = float(sum(made.weights))
        return Calibration(slope, made.intercept, rows=made.rows, folds=made.folds, reason=made.reason)

    @property
    def cross_fitted(self) -> np.ndarray | None:
        """Calibrated log-odds of the training rows, each from fits that had not seen it."""
        return self.stack.cross_fitted_

    @property
    def members(self) -> dict[str, float]:
        """Component -> its weight."""
        return dict(zip(self.stack.names_, self.stack.combination_.weights, strict=True))

    @property
    def degraded(self) -> tuple[str, ...]:
        """What could not be done as declared, and why."""
        reason = self.stack.combination_.reason
        without = tuple(f"goes without {name}: {why}" for name, why in self.stack.left_out_.items())
        return (*without, f"takes its components in equal parts: {reason}") if reason else without

    def fit(self, training: TrainingSet) -> Self:
        """Fit on the programme's own rows, and on everybody's next wave where it is known.

        Raises
        ------
        ModelError
            If every label is the same, or no component has rows enough.
        """
        try:
            self.stack = clone(self.stack).fit(
                training.X,
                training.y,
                training.weight,
                groups=training.groups,
                sources=_sources(training),
            )
        except ValueError as error:
            raise ModelError(
                str(error), where=self.name, mend="Bring cohorts in which some families made it and some did not"
            ) from error
        return self

    @property
    def weighted_components(self) -> tuple[float, list[tuple[float, Any]]]:
        """Intercept, and each component that weighs anything with its weight: their sum is the log-odds."""
        return self.stack.combination_.intercept, self.stack.weighing()

    def log_odds(self, X: pd.DataFrame) -> np.ndarray:
        """Return calibrated log-odds (n,)."""
        return self.stack.decision_function(X) if len(X) else np.empty(0)

    def additive_parts(self, X: pd.DataFrame) -> AdditiveParts:
        """Return the parts of the calibrated log-odds."""
        # A base does not depend on the family; without families it is read off one that said nothing.
        parts = self.stack.additive_parts(X if len(X) else nobody(X))
        return AdditiveParts(base=parts.base, parts=parts.parts[: len(X)])


def cross_fitted_folds(model: Any, training: TrainingSet) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield, fold by fold, the fold of each own row and the components' scores so far (n, m); NaN is yet to come.

    Parameters
    ----------
    model : StackModel or CalibratedAdditive
        Unfitted; its components, or its one component, are cross-fitted as its own `fit` does.
    training : TrainingSet
    """
    if isinstance(model, StackModel):
        members, folds, seed, threads = model.stack.components, model.stack.folds, model.stack.seed, model.stack.threads
    else:
        members, folds, seed, threads = [Component(model.name, model.component, min_rows=1)], model.folds, model.seed, 1
    own = Rows(training.X, training.y, training.weight, training.groups)
    rows = {(OWN, PROGRAMME): own, **_sources(training)}
    used, _ = _usable(members or (), rows)
    fold = _deal(own.groups, folds, seed)
    scores = np.full((len(own.y), len(used)), np.nan)
    for number in np.unique(fold):
        scores[fold == number] = np.column_stack(_run([(member, number) for member in used], rows, fold, threads))
        yield fold, scores


def _sources(training: TrainingSet) -> dict[Source, Rows]:
    if training.everybody_next is None or training.everybody_groups is None:
        return {}
    known = ~np.isnan(training.everybody_next)
    masks = {EVERYBODY: known}
    if training.everybody_member is not None:
        masks[PROGRAMME] = known & training.everybody_member
    return {
        (NEXT_WAVE, population): Rows(
            X=training.everybody_X[mask],
            y=training.everybody_next[mask].astype(int),
            weight=np.ones(int(mask.sum())),
            groups=training.everybody_groups[mask],
        )
        for population, mask in masks.items()
    }


def _plain_components(seed: int) -> list[Component]:
    return [
        Component("linear", LogisticScorecard(), min_rows=1),
        Component("trees", LightGBMScorer(seed=seed), min_rows=1),
    ]


def _usable(components: Sequence[Component], rows: Mapping[Source, Rows]) -> tuple[list[Component], dict[str, str]]:
    reasons = {member.name: _why_left_out(member, rows) for member in components}
    used = [member for member in components if not reasons[member.name]]
    return used, {name: reason for name, reason in reasons.items() if reason}


def _why_left_out(member: Component, rows: Mapping[Source, Rows]) -> str:
    if member.source not in rows:
        return f"there is no {member.label} label of {member.population}"
    y = rows[member.source].y
    if len(y) < member.min_rows:
        return f"{len(y)} rows of {member.population} have a {member.label} label, and it wants {member.min_rows}"
    if len(np.unique(y)) < 2:
        return f"all {member.label} labels of {member.population} are the same"
    return ""


def _deal(groups: np.ndarray, folds: int, seed: int) -> np.ndarray:
    numbers = np.unique(groups, return_inverse=True)[1]
    return group_folds(numbers, max(1, min(folds, numbers.max() + 1)), seed)


def _run(
    jobs: Sequence[tuple[Component, Any]], rows: Mapping[Source, Rows], fold: np.ndarray, threads: int
) -> list[Any]:
    """Do every fit; a job of a fold returns the scores of the rows held out, the others the fitted component."""
    cells = max(_cells(member, rows[member.source]) for member, _ in jobs)
    at_once = threads if cells <= CELLS_AT_ONCE else 1

    def fit(job: tuple[Component, Any]) -> Any:
        member, number = job
        source = rows[member.source]
        estimator = clone(member.estimator)
        if at_once > 1 and "threads" in estimator.get_params():
            estimator.set_params(threads=1)  # the fits share the processors, not the loops inside them
        if number is None:
            return _fitted(estimator, source, np.ones(len(source.y), dtype=bool), member.max_rows)
        own = rows[OWN, PROGRAMME]
        held_out = fold == number
        kept = ~np.isin(source.groups, own.groups[held_out])
        return _fitted(estimator, source, kept, member.max_rows).decision_function(own.X[held_out])

    # Around all of them: threads of the pool are no BLAS threads.
    with one_thread():
        if at_once == 1:
            return [fit(job) for job in jobs]
        with ThreadPoolExecutor(at_once) as pool:
            return list(pool.map(fit, jobs))


def _cells(member: Component, source: Rows) -> int:
    rows, features = source.X.shape
    return min(rows, member.max_rows or rows) * features


def _fitted(estimator: Any, source: Rows, kept: np.ndarray, most: int | None) -> Any:
    if most is not None and kept.sum() > most:
        drawn = np.random.default_rng(most).permutation(np.flatnonzero(kept))[:most]
        kept = np.zeros(len(kept), dtype=bool)
        kept[drawn] = True
    X = source.X if kept.all() else source.X[kept]
    return estimator.fit(X, source.y[kept], sample_weight=source.weight[kept])
