"""The back-test: a programme's past in; models as they would have been fitted year by year, and how they did, out.

For each test year t the models are fitted with what was known at the end of t and tried on the cohort of t, whose
outcomes are read from every follow-up in the folder. Where t is the as-of date itself they are the models that a bundle
holds.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

from graduation_model.cohort.cohorts import build_cohort, build_cohorts, eligible_rows
from graduation_model.cohort.dates import as_of_dates, months_after
from graduation_model.cohort.labels import LABELLED, outcome_met
from graduation_model.cohort.params import CohortParams, LabelParams
from graduation_model.cohort.splits import independent_groups
from graduation_model.contract.instrument import Instrument, Question
from graduation_model.errors import DataError, ModelError
from graduation_model.estimators.calibration import CalibratedAdditive
from graduation_model.estimators.models import LEARNERS, make_models
from graduation_model.estimators.params import EstimatorParams
from graduation_model.estimators.training_set import AdditiveModel, TrainingSet
from graduation_model.estimators.uncertainty import Uncertainty, fit_uncertainty
from graduation_model.evaluation.coverage import coverage_rows
from graduation_model.evaluation.due import (
    decided_families,
    due_families,
    follow_up_note,
    scored_due,
    selection_weights,
    weigh,
)
from graduation_model.evaluation.evaluate import COLUMNS, evaluate
from graduation_model.evaluation.params import EvaluationParams
from graduation_model.evaluation.unknown import unknown_rows, unselected_rows
from graduation_model.features.catalogue import Catalogue, catalogue
from graduation_model.features.context import WaveContext, wave_context
from graduation_model.features.matrix import feature_matrix
from graduation_model.features.params import FeatureParams

logger = logging.getLogger(__name__)

POPULATION = "programme"
BY_AS_OF, AFTER = "by_as_of", "after"
CLUSTER_SEEN = "cluster_in_training"
MISSING = "missing"


@dataclass(frozen=True)
class Backtest:
    """What was fitted, and what came of it.

    Attributes
    ----------
    evaluation : frame
        TABLES' `evaluation`, every test year.
    training : TrainingSet
        At the as-of date.
    models : dict
        Name -> model, fitted on `training`.
    uncertainty : Uncertainty
        Of the model that the programme names.
    catalogue : Catalogue
    context : WaveContext
        Of the assessments up to the as-of date.
    cohorts : tuple of str
        ISO as-of dates of the cohorts that gave `training` its labels.
    predictions : frame
        Of every test year, for figures: test_year, household_id, cluster, y, weight, the groups, and a column of
        probabilities a model.
    notes : tuple of str
        What was left out, and why.
    """

    evaluation: pd.DataFrame
    training: TrainingSet
    models: dict[str, AdditiveModel]
    uncertainty: Uncertainty
    catalogue: Catalogue
    context: WaveContext
    cohorts: tuple[str, ...]
    predictions: pd.DataFrame
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Past:
    """A programme's tables and the declarations that a back-test reads them by."""

    assessments: pd.DataFrame
    followups: pd.DataFrame
    catalogue: Catalogue
    cohort: CohortParams
    label: LabelParams


@dataclass(frozen=True)
class Knowledge:
    """What was known on a date, as features: every family that stood in a cohort up to it.

    Attributes
    ----------
    assessments : frame
        Dated on or before it; positions below are in it.
    positions : array (m,), ascending
    X : frame (m, n_features)
    context : WaveContext
    due : frame
        The programme's rows whose outcome was due by that date, one an assessment: row, as_of_date, household_id,
        label, label_status, label_reason.
    decided : frame
        The programme's rows on whom a decision is on file: row, graduated, label.
    """

    assessments: pd.DataFrame
    positions: np.ndarray
    X: pd.DataFrame
    context: WaveContext
    due: pd.DataFrame
    decided: pd.DataFrame

    @property
    def labelled(self) -> pd.DataFrame:
        """The due rows whose outcome is known."""
        return self.due[(self.due["label_status"] == LABELLED).to_numpy()].reset_index(drop=True)

    def features(self, rows: np.ndarray) -> pd.DataFrame:
        """Return the features of some positions."""
        return self.X.iloc[np.searchsorted(self.positions, rows)].reset_index(drop=True)


def backtest(
    assessments: pd.DataFrame,
    followups: pd.DataFrame,
    as_of: pd.Timestamp,
    *,
    instrument: Instrument,
    cohort: CohortParams,
    label: LabelParams,
    features: FeatureParams,
    estimators: EstimatorParams,
    evaluation: EvaluationParams,
) -> Backtest:
    """Fit and try every model on the last test years up to an as-of date.

    Parameters
    ----------
    assessments, followups : frame
        Typed tables of everybody. Assessments dated after `as_of` are not looked at; follow-ups dated after it are
        looked at as tests alone.
    as_of : Timestamp
        On which the models of the bundle are fitted.

    Returns
    -------
    Backtest

    Raises
    ------
    DataError
        If nothing can be learnt at `as_of`: no label is due, or all labels are the same.
    """
    as_of = pd.Timestamp(as_of)
    past = Past(assessments, followups, catalogue(instrument, features), cohort, label)
    dates = as_of_dates(assessments, as_of, cohort)[-evaluation.test_years :]
    if not dates:
        raise DataError(f"No assessment is dated on or before {as_of.date()}", mend="Take a later --as-of")
    known = knowledge(past, as_of)
    learnt = _learn(past, known, estimators, as_of)
    if isinstance(learnt, str):
        raise DataError(
            f"{learnt.capitalize()} by {as_of.date()} (horizon {label.horizon_months} months)",
            mend="Take a later --as-of, or bring older assessments and their follow-ups",
        )
    groups = group_questions(instrument, evaluation, assessments)
    notes = list(learnt.notes)
    tables, cohorts = [], []
    for date in dates:
        at, there = learnt, known
        if date != as_of:
            there = knowledge(past, date)
            earlier = _learn(past, there, estimators, date)
            if isinstance(earlier, str):
                notes.append(f"Test year {date.year} is left out: {earlier} by {date.date()}")
                continue
            at = earlier
            notes += at.notes
        tested, names, outcome_known = tested_cohort(past, there, date, as_of, groups)
        if tested["y"].nunique() < 2:
            notes.append(f"Test year {date.year} is left out: its outcomes are unknown or all the same")
            continue
        X = there.features(tested.pop("row").to_numpy())
        tested = tested.join(_probabilities(at.models, X))
        stamp = {"population": POPULATION, "test_year": date.year, "outcome_known": outcome_known}
        tables.append(evaluate(tested, params=evaluation, groups=names, **stamp))
        seen = _what_else_is_seen(at, tested, X, names, estimators, evaluation)
        unknown, more = _what_is_unknown(past, there, at, date, as_of, estimators, evaluation)
        tables.append(pd.concat([seen, unknown], ignore_index=True).assign(baseline="", **stamp)[list(COLUMNS)])
        notes += more
        cohorts.append(tested.assign(test_year=date.year))
        logger.info("test year %d: %d models on %d labelled families", date.year, len(at.models), len(tested))
    return Backtest(
        evaluation=_together(tables),
        training=learnt.training,
        models=learnt.models,
        uncertainty=learnt.uncertainty,
        catalogue=past.catalogue,
        context=known.context,
        cohorts=_cohort_dates(known),
        predictions=_together(cohorts),
        notes=tuple(notes),
    )


@dataclass(frozen=True)
class _Learnt:
    training: TrainingSet
    models: dict[str, AdditiveModel]
    uncertainty: Uncertainty
    notes: tuple[str, ...]


def _learn(past: Past, known: Knowledge, estimators: EstimatorParams, date: pd.Timestamp) -> _Learnt | str:
    """Fit everything on what was known, or say why nothing can be learnt."""
    weights = weigh(
        known.due,
        known.features(known.due["row"].to_numpy()),
        known.assessments,
        cohort=past.cohort,
        params=estimators.follow_up,
        seed=estimators.seed,
    )
    training = training_set(past, known, weights.weight)
    reason = _why_untrained(training)
    if reason:
        return reason
    models, notes = fit_models(training, past, estimators, date)
    cross_fitted = getattr(models[estimators.model], "cross_fitted", None)
    uncertainty = fit_uncertainty(
        training,
        cross_fitted,
        params=estimators,
        graduated=known.decided["graduated"].to_numpy(),
        graduated_X=known.features(known.decided["row"].to_numpy()),
    )
    notes += follow_up_note(weights, f"Training of {date.year}")
    return _Learnt(training, models, uncertainty, tuple(notes))


def _what_else_is_seen(
    at: _Learnt,
    tested: pd.DataFrame,
    X: pd.DataFrame,
    groups: Sequence[str],
    estimators: EstimatorParams,
    evaluation: EvaluationParams,
) -> pd.DataFrame:
    """Whether the intervals and the list's bound held, as far as outcomes can show it."""
    log_odds = at.models[estimators.model].log_odds(X)
    low, high = at.uncertainty.bounds(X, log_odds)
    families = tested.assign(low=low, high=high, conformal_p=at.uncertainty.conformal_p(log_odds))
    return coverage_rows(families, model=estimators.model, groups=groups, params=evaluation)


def _what_is_unknown(
    past: Past,
    known: Knowledge,
    at: _Learnt,
    date: pd.Timestamp,
    as_of: pd.Timestamp,
    estimators: EstimatorParams,
    evaluation: EvaluationParams,
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """What the lost families of a test cohort may have done to its figures."""
    cohort = _test_cohort(past, known, date, as_of)
    due, decided = due_families(cohort), decided_families(cohort)
    X = known.features(due["row"].to_numpy())
    found = weigh(due, X, known.assessments, cohort=past.cohort, params=estimators.follow_up, seed=estimators.seed)
    models: dict[str, AdditiveModel] = {estimators.model: at.models[estimators.model]}
    scored = scored_due(due, X, known.assessments, models, found.weight, past.cohort)
    rows = unknown_rows(scored, models=list(models), area=past.cohort.area, params=evaluation, test_year=date.year)
    if decided["graduated"].any() and not decided["graduated"].all():
        X = known.features(decided["row"].to_numpy())
        weight = selection_weights(decided, X, known.assessments, cohort=past.cohort, seed=estimators.seed)
        scored = scored_due(decided, X, known.assessments, models, weight, past.cohort)
        rows = pd.concat([rows, unselected_rows(scored, models=list(models), params=evaluation, test_year=date.year)])
    if found.known_share >= evaluation.least_followed:
        return rows, ()
    return rows, (
        f"Test year {date.year}: {found.known_share:.0%} of the follow-ups that were due were done, fewer than "
        f"{evaluation.least_followed:.0%}. Rely on the bounds, not on the plain figures",
    )


def knowledge(past: Past, date: pd.Timestamp) -> Knowledge:
    """Return what was known on a date: nothing dated later is handed on to anything below."""
    known = past.assessments[(past.assessments["assessment_date"] <= date).to_numpy()].reset_index(drop=True)
    ends = as_of_dates(known, date, past.cohort)
    context = wave_context(known, ends, past.catalogue, cluster=past.cohort.cluster)
    positions = np.unique(
        np.concatenate([eligible_rows(known, end, past.cohort, everybody=True) for end in ends] or [np.empty(0, int)])
    )
    X = feature_matrix(known.iloc[positions], context, past.catalogue)
    cohorts = build_cohorts(known, past.followups, date, params=past.cohort, label=past.label)
    due, decided = due_families(cohorts), decided_families(cohorts)
    return Knowledge(assessments=known, positions=positions, X=X, context=context, due=due, decided=decided)


def training_set(past: Past, known: Knowledge, weights: np.ndarray | None = None) -> TrainingSet:
    """Turn what was known into what a model learns from; `weights` are those of the due families."""
    rows = known.labelled["row"].to_numpy()
    found = (known.due["label_status"] == LABELLED).to_numpy()
    own = known.assessments.iloc[rows]
    status = known.assessments[past.label.status_now.question].iloc[known.positions]
    return TrainingSet(
        X=known.features(rows),
        y=known.labelled["label"].to_numpy(dtype=int),
        weight=np.ones(len(rows)) if weights is None else weights[found],
        groups=independent_groups(own["household_id"], own[past.cohort.cluster]),
        everybody_X=known.X.reset_index(drop=True),
        everybody_status=outcome_met(status, past.label.status_now),
    )


def _why_untrained(training: TrainingSet) -> str:
    if not len(training.y):
        return "no label is due"
    return "" if len(np.unique(training.y)) == 2 else "all labels are the same"


def fit_models(
    training: TrainingSet, past: Past, params: EstimatorParams, date: pd.Timestamp
) -> tuple[dict[str, AdditiveModel], list[str]]:
    """Fit every model; a baseline that cannot be fitted is left out with a note, a learner is not."""
    fitted: dict[str, AdditiveModel] = {}
    notes = []
    made = make_models(params, past.catalogue, status_question=past.label.status_now.question)
    for name, model in made.items():
        try:
            fitted[name] = model.fit(training)
        except ModelError as error:
            if name in LEARNERS:
                raise
            notes.append(f"{name} of {date.year} is left out: {error.what}")
        if isinstance(model, CalibratedAdditive) and model.calibration.reason:
            notes.append(f"{name} of {date.year} is not calibrated: {model.calibration.reason}")
    return fitted, notes


def tested_cohort(
    past: Past, known: Knowledge, date: pd.Timestamp, as_of: pd.Timestamp, groups: Sequence[Question]
) -> tuple[pd.DataFrame, tuple[str, ...], str]:
    """Return the labelled families of a cohort, the names of their group columns, and when the outcomes were known."""
    cohort = _test_cohort(past, known, date, as_of)
    cohort = cohort[cohort["label_status"] == LABELLED]
    answers = known.assessments.iloc[cohort["row"].to_numpy()].reset_index(drop=True)
    families = pd.DataFrame(
        {
            "household_id": cohort["household_id"].to_numpy(),
            "cluster": answers[past.cohort.cluster],
            "y": cohort["label"].to_numpy(dtype=float),
            "weight": cohort["weight"].to_numpy(dtype=float),
            "row": cohort["row"].to_numpy(),
        }
    )
    shown = {question.name: levels_of(answers[question.name], question) for question in groups}
    shown |= {past.cohort.area: answers[past.cohort.area], CLUSTER_SEEN: _clusters_seen(past, known, answers)}
    return families.assign(**shown), tuple(shown), _outcome_known(cohort, past.label, as_of)


def _test_cohort(past: Past, known: Knowledge, date: pd.Timestamp, as_of: pd.Timestamp) -> pd.DataFrame:
    """A cohort with every outcome in the folder: as a test it may know what came after."""
    latest = past.followups["followup_date"].max() if len(past.followups) else as_of
    return build_cohort(
        known.assessments, past.followups, date, known_by=max(latest, as_of), params=past.cohort, label=past.label
    )


def group_questions(
    instrument: Instrument, params: EvaluationParams, assessments: pd.DataFrame
) -> tuple[Question, ...]:
    """Return the protected questions, and those that the programme wants shown apart, in the instrument's order."""
    return tuple(
        question
        for question in instrument.questions
        if (question.protected or question.name in params.groups)
        and question.name in assessments.columns
        and (question.is_numeric or question.levels)
    )


def levels_of(answers: pd.Series, question: Question) -> pd.Series:
    """Return the level of each answer as text: the answer itself, or the third of the families that a number lies in.

    Examples
    --------
    >>> from graduation_model.params import Label
    >>> size = Question(name="hh_size", kind="count", section="people", label=Label(id="Jumlah", en="Size"))
    >>> levels_of(pd.Series([1.0, 2.0, 4.0, 6.0, 8.0, 9.0, None]), size).tolist()
    ['up to 3.3', 'up to 3.3', '3.3 to 6.7', '3.3 to 6.7', 'over 6.7', 'over 6.7', 'missing']
    """
    if not question.is_numeric:
        return answers.astype("object").where(answers.notna(), MISSING).astype("str")
    values = answers.to_numpy(dtype=float)
    known = ~np.isnan(values)
    if not known.any():
        return pd.Series(MISSING, index=answers.index, dtype="str")
    # Thirds, not their ends: a smallest or largest value would be some family's own.
    low, high = np.quantile(values[known], [1 / 3, 2 / 3])
    level = np.select(
        [~known, values <= low, values <= high],
        [MISSING, f"up to {low:.2g}", f"{low:.2g} to {high:.2g}"],
        f"over {high:.2g}",
    )
    return pd.Series(level, index=answers.index, dtype="str")


def _clusters_seen(past: Past, known: Knowledge, answers: pd.DataFrame) -> np.ndarray:
    learnt = known.assessments[past.cohort.cluster].iloc[known.labelled["row"].to_numpy()].unique()
    return np.where(answers[past.cohort.cluster].isin(learnt), "seen", "unseen")


def _outcome_known(cohort: pd.DataFrame, label: LabelParams, as_of: pd.Timestamp) -> str:
    ends = [
        months_after(cohort["assessment_date"], visit.months) + pd.Timedelta(days=visit.tolerance_days)
        for visit in label.visits
    ]
    return BY_AS_OF if all((end <= as_of).all() for end in ends) else AFTER


def _probabilities(models: dict[str, AdditiveModel], X: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({name: expit(model.log_odds(X)) for name, model in models.items()})


def _cohort_dates(known: Knowledge) -> tuple[str, ...]:
    return tuple(str(pd.Timestamp(date).date()) for date in np.sort(known.labelled["as_of_date"].unique()))


def _together(tables: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
