"""The back-test: a programme's past in; models as they would have been fitted year by year, and how they did, out.

For each test year t the models are fitted with what was known at the end of t and tried on the cohort of t, whose
outcomes are read from every follow-up in the folder. Where t is the as-of date itself they are the models that a bundle
holds.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import expit

from graduation_model.cohort.cohorts import eligible_rows, in_programme
from graduation_model.cohort.dates import as_of_dates
from graduation_model.cohort.labels import outcome_met
from graduation_model.cohort.next_wave import next_wave_status
from graduation_model.cohort.params import CohortParams, Condition, LabelKind, LabelParams
from graduation_model.cohort.splits import independent_groups
from graduation_model.contract.instrument import Instrument, Question
from graduation_model.errors import DataError, ModelError
from graduation_model.estimators.calibration import CalibratedAdditive
from graduation_model.estimators.models import LEARNERS, make_learners, make_models
from graduation_model.estimators.params import EstimatorParams
from graduation_model.estimators.stack import StackModel
from graduation_model.estimators.training_set import AdditiveModel, TrainingSet
from graduation_model.evaluation.evaluate import evaluate
from graduation_model.evaluation.groups import group_questions, levels_of
from graduation_model.evaluation.outcomes import Outcomes, labelled_rows, outcome_known, tested_rows
from graduation_model.evaluation.params import EvaluationParams
from graduation_model.evaluation.pooled import pooled_differences
from graduation_model.features.catalogue import Catalogue, catalogue
from graduation_model.features.context import WaveContext, wave_context
from graduation_model.features.matrix import feature_matrix
from graduation_model.features.params import FeatureParams

logger = logging.getLogger(__name__)

POPULATION = "programme"
CLUSTER_SEEN = "cluster_in_training"
LABEL = "label"  # the group whose levels are other lines of the same label


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
    label_kind : str
        Which of `label.order` was there to learn from.
    """

    evaluation: pd.DataFrame
    training: TrainingSet
    models: dict[str, AdditiveModel]
    catalogue: Catalogue
    context: WaveContext
    cohorts: tuple[str, ...]
    predictions: pd.DataFrame
    notes: tuple[str, ...]
    label_kind: LabelKind = "sustained_exit"


@dataclass(frozen=True)
class Past:
    """A programme's tables and the declarations that a back-test reads them by."""

    assessments: pd.DataFrame
    followups: pd.DataFrame
    decisions: pd.DataFrame | None
    catalogue: Catalogue
    cohort: CohortParams
    label: LabelParams

    def outcomes(self, kind: LabelKind) -> Outcomes:
        """Return what is known of families' outcomes, and which kind of label is made of it."""
        return Outcomes(self.assessments, self.followups, self.decisions, self.label, kind)


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
    next_status : array (m,)
        One wave later: 1, 0 or NaN.
    groups : array (m,)
        Rows of one number share a household or a cluster, directly or through others.
    labelled : frame
        The programme's rows with a label by that date, one an assessment: row, as_of_date, household_id, label, weight.
    """

    assessments: pd.DataFrame
    positions: np.ndarray
    X: pd.DataFrame
    context: WaveContext
    next_status: np.ndarray
    groups: np.ndarray
    labelled: pd.DataFrame

    def places(self, rows: np.ndarray) -> np.ndarray:
        """Return where some positions stand among `positions`."""
        return np.searchsorted(self.positions, rows)

    def features(self, rows: np.ndarray) -> pd.DataFrame:
        """Return the features of some positions."""
        return self.X.iloc[self.places(rows)].reset_index(drop=True)


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
    decisions: pd.DataFrame | None = None,
) -> Backtest:
    """Fit and try every model on the last test years up to an as-of date.

    Parameters
    ----------
    assessments, followups : frame
        Typed tables of everybody. Assessments dated after `as_of` are not looked at, but where the label is the next
        wave's; follow-ups (and decisions) dated after it are looked at as tests alone.
    as_of : Timestamp
        On which the models of the bundle are fitted.
    decisions : frame, optional
        Where the programme has any.

    Returns
    -------
    Backtest

    Raises
    ------
    DataError
        If nothing can be learnt at `as_of`: no label is due, or all labels are the same.
    """
    as_of = pd.Timestamp(as_of)
    past = Past(assessments, followups, decisions, catalogue(instrument, features), cohort, label)
    dates = as_of_dates(assessments, as_of, cohort)[-evaluation.test_years :]
    if not dates:
        raise DataError(f"No assessment is dated on or before {as_of.date()}", mend="Take a later --as-of")
    kind, known, notes = first_label(past, as_of)
    training = training_set(past, known)
    models, more = fit_models(training, past, estimators, as_of)
    trial = _Trial(past, kind, as_of, estimators, evaluation, instrument, [*notes, *more])
    for date in dates:
        there = known if date == as_of else knowledge(past, date, kind)
        trial.of_programme(there, date, fitted=models if date == as_of else None)
        if kind == "sustained_exit":
            for population in evaluation.populations:
                trial.of_population(there, date, population.name, population.condition)
    return Backtest(
        evaluation=_together([*trial.tables, *trial.pooled()]),
        training=training,
        models=models,
        catalogue=past.catalogue,
        context=known.context,
        cohorts=_cohort_dates(known),
        predictions=_together(trial.predictions[POPULATION]),
        notes=tuple(dict.fromkeys(trial.notes)),
        label_kind=kind,
    )


class _Trial:
    """The test years as they are gone through: tables, predictions and notes gather here."""

    def __init__(
        self,
        past: Past,
        kind: LabelKind,
        as_of: pd.Timestamp,
        estimators: EstimatorParams,
        evaluation: EvaluationParams,
        instrument: Instrument,
        notes: Sequence[str],
    ) -> None:
        self.past, self.kind, self.as_of = past, kind, as_of
        self.estimators, self.params, self.notes = estimators, evaluation, list(notes)
        self.groups = group_questions(instrument, evaluation, past.assessments)
        self.tables: list[pd.DataFrame] = []
        self.predictions: dict[str, list[pd.DataFrame]] = {POPULATION: []}

    def of_programme(self, there: Knowledge, date: pd.Timestamp, fitted: dict[str, AdditiveModel] | None) -> None:
        """Try every model on the programme's cohort; `fitted` are the bundle's, where this is their year."""
        if fitted is None:
            earlier = training_set(self.past, there)
            reason = why_untrained(earlier)
            if reason:
                self.notes.append(f"Test year {date.year} is left out: {reason} by {date.date()}")
                return
            fitted, more = fit_models(earlier, self.past, self.estimators, date)
            self.notes += more
        self._test(there, date, POPULATION, self.past.cohort, fitted)
        if self.kind == "sustained_exit":
            self._under_other_lines(there, date, fitted[self.estimators.model])

    def of_population(self, there: Knowledge, date: pd.Timestamp, name: str, condition: Condition) -> None:
        """Fit the learners on another population's own labels, and try them on its cohort."""
        cohort = self.past.cohort.model_copy(update={"population": condition})
        labelled = labelled_rows(there.assessments, self.past.outcomes(self.kind), cohort, date)
        there = replace(there, labelled=labelled)
        training = training_set(self.past, there)
        reason = why_untrained(training)
        if reason:
            self.notes.append(f"Population {name} of {date.year} is left out: {reason} by {date.date()}")
            return
        fitted = {
            model: made.fit(training) for model, made in make_learners(self.estimators, self.past.catalogue).items()
        }
        self._test(there, date, name, cohort, fitted, grouped=False)

    def _test(
        self,
        there: Knowledge,
        date: pd.Timestamp,
        population: str,
        cohort: CohortParams,
        fitted: dict[str, AdditiveModel],
        *,
        grouped: bool = True,
    ) -> None:
        rows = tested_rows(self.past.outcomes(self.kind), cohort, date, self.as_of)
        if rows["label"].nunique() < 2:
            of = "" if population == POPULATION else f" of population {population}"
            self.notes.append(f"Test year {date.year}{of} is left out: its outcomes are unknown or all the same")
            return
        tested = _tested(rows, self.past, there)
        shown = _groups_of(rows, self.past, there, self.groups) if grouped else {}
        said = _probabilities(fitted, there.features(tested.pop("row").to_numpy()))
        tested = tested.assign(**shown).join(said)
        known = outcome_known(rows, self.as_of)
        self.tables.append(
            evaluate(
                tested,
                params=self.params,
                population=population,
                test_year=date.year,
                outcome_known=known,
                groups=tuple(shown),
            )
        )
        self.predictions.setdefault(population, []).append(tested.assign(test_year=date.year, outcome_known=known))
        logger.info("test year %d: %d models on %d labelled families", date.year, len(fitted), len(tested))

    def _under_other_lines(self, there: Knowledge, date: pd.Timestamp, model: AdditiveModel) -> None:
        """Try the bundle's model, as it was learnt, on the same cohort's outcomes under other lines."""
        label = self.past.label
        line = label.outcome.at_least
        for other in sorted({line, *label.sensitivity}) if line is not None and label.sensitivity else ():
            outcomes = replace(self.past.outcomes(self.kind), label=label.at(other))
            rows = tested_rows(outcomes, self.past.cohort, date, self.as_of)
            tested = _tested(rows, self.past, there)
            tested[self.estimators.model] = expit(model.log_odds(there.features(tested.pop("row").to_numpy())))
            self.tables.append(
                evaluate(
                    tested.assign(**{LABEL: f"at least {other:g}"}),
                    params=self.params,
                    population=POPULATION,
                    test_year=date.year,
                    outcome_known=outcome_known(rows, self.as_of),
                    groups=(LABEL,),
                    overall=False,
                )
            )

    def pooled(self) -> list[pd.DataFrame]:
        """Paired differences over all test years, a population."""
        return [
            pooled_differences(_together(parts), params=self.params, population=population)
            for population, parts in self.predictions.items()
            if len(parts) > 1
        ]


def first_training(past: Past, as_of: pd.Timestamp, params: EvaluationParams) -> TrainingSet:
    """Return what could be learnt at the end of the first test year that can be reported: what tuning may see.

    Raises
    ------
    DataError
        If nothing can be learnt by the as-of date.
    """
    kind, known, _ = first_label(past, as_of)
    for date in as_of_dates(past.assessments, as_of, past.cohort)[-params.test_years :]:
        training = training_set(past, known if date == as_of else knowledge(past, date, kind))
        if not why_untrained(training):
            return training
    return training_set(past, known)


def first_label(past: Past, as_of: pd.Timestamp) -> tuple[LabelKind, Knowledge, list[str]]:
    """Return the first label of the programme's order that can be learnt, what is known by it, and why not another.

    Raises
    ------
    DataError
        If none can be learnt.
    """
    reasons: list[str] = []
    thin: list[tuple[LabelKind, Knowledge]] = []
    for kind in past.label.order:
        known = knowledge(past, as_of, kind)
        y = known.labelled["label"]
        rare = min(int((y == 1).sum()), int((y == 0).sum()))
        if rare and len(y) >= past.label.min_rows and rare * 10 >= past.label.min_rows:
            return kind, known, reasons
        thin += [(kind, known)] if rare else []
        why = why_untrained(training_set(past, known))
        reasons.append(f"Label {kind} is passed over: {why or f'{len(y)} rows have it, {rare} of the rarer kind'}")
    if thin:  # none has rows enough: the best of those that can be learnt at all
        return (*thin[0], reasons[: past.label.order.index(thin[0][0])])
    raise DataError(
        f"{reasons[0].split(': ')[1].capitalize()} by {as_of.date()} (horizon {past.label.horizon_months} months)",
        mend="Take a later --as-of, or bring older assessments and their follow-ups",
    )


def knowledge(past: Past, date: pd.Timestamp, kind: LabelKind = "sustained_exit") -> Knowledge:
    """Return what was known on a date: nothing dated later is handed on to anything below."""
    known = past.assessments[(past.assessments["assessment_date"] <= date).to_numpy()].reset_index(drop=True)
    ends = as_of_dates(known, date, past.cohort)
    context = wave_context(known, ends, past.catalogue, cluster=past.cohort.cluster)
    positions = np.unique(
        np.concatenate([eligible_rows(known, end, past.cohort, everybody=True) for end in ends] or [np.empty(0, int)])
    )
    rows = known.iloc[positions]
    status = next_wave_status(rows, known, past.followups, ends, label=past.label, decisions=past.decisions)
    return Knowledge(
        assessments=known,
        positions=positions,
        X=feature_matrix(rows, context, past.catalogue),
        context=context,
        next_status=status,
        groups=independent_groups(rows["household_id"], rows[past.cohort.cluster]),
        labelled=labelled_rows(known, past.outcomes(kind), past.cohort, date),
    )


def training_set(past: Past, known: Knowledge) -> TrainingSet:
    """Turn what was known into what a model learns from."""
    rows = known.labelled["row"].to_numpy()
    everybody = known.assessments.iloc[known.positions]
    return TrainingSet(
        X=known.features(rows),
        y=known.labelled["label"].to_numpy(dtype=int),
        weight=known.labelled["weight"].to_numpy(dtype=float),
        groups=known.groups[known.places(rows)],
        everybody_X=known.X.reset_index(drop=True),
        everybody_status=outcome_met(everybody[past.label.status_now.question], past.label.status_now),
        everybody_next=known.next_status,
        everybody_groups=known.groups,
        everybody_member=in_programme(everybody, past.cohort),
    )


def why_untrained(training: TrainingSet) -> str:
    """Say why nothing can be learnt; nothing where it can."""
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
        if isinstance(model, CalibratedAdditive | StackModel):
            notes += [f"{name} of {date.year} {what}" for what in model.degraded]
    return fitted, notes


def _tested(rows: pd.DataFrame, past: Past, known: Knowledge) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "household_id": rows["household_id"].to_numpy(),
            "cluster": known.assessments[past.cohort.cluster].iloc[rows["row"].to_numpy()].to_numpy(),
            "y": rows["label"].to_numpy(dtype=float),
            "weight": rows["weight"].to_numpy(dtype=float),
            "row": rows["row"].to_numpy(),
        }
    )


def _groups_of(rows: pd.DataFrame, past: Past, known: Knowledge, questions: Sequence[Question]) -> dict[str, pd.Series]:
    """Return the level of each tested family in every group by which results are shown apart."""
    answers = known.assessments.iloc[rows["row"].to_numpy()].reset_index(drop=True)
    shown = {question.name: levels_of(answers[question.name], question) for question in questions}
    shown |= {past.cohort.area: answers[past.cohort.area], CLUSTER_SEEN: _clusters_seen(past, known, answers)}
    return shown | ({"exit_kind": rows["exit_kind"]} if rows["exit_kind"].notna().any() else {})


def _clusters_seen(past: Past, known: Knowledge, answers: pd.DataFrame) -> pd.Series:
    learnt = known.assessments[past.cohort.cluster].iloc[known.labelled["row"].to_numpy()].unique()
    return pd.Series(np.where(answers[past.cohort.cluster].isin(learnt), "seen", "unseen"))


def _probabilities(models: dict[str, AdditiveModel], X: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({name: expit(model.log_odds(X)) for name, model in models.items()})


def _cohort_dates(known: Knowledge) -> tuple[str, ...]:
    return tuple(str(pd.Timestamp(date).date()) for date in np.sort(known.labelled["as_of_date"].unique()))


def _together(tables: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame()
