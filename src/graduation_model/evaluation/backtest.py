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
from graduation_model.cohort.dates import as_of_dates
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
from graduation_model.evaluation.coverage import seen_of_uncertainty
from graduation_model.evaluation.due import decided_families, due_families, follow_up_note, weigh
from graduation_model.evaluation.evaluate import COLUMNS, evaluate
from graduation_model.evaluation.follow_up import what_is_unknown
from graduation_model.evaluation.forecasts import forecasts
from graduation_model.evaluation.groups import group_questions, levels_of, with_levels
from graduation_model.evaluation.params import EvaluationParams
from graduation_model.features.catalogue import Catalogue, catalogue
from graduation_model.features.context import WaveContext, wave_context
from graduation_model.features.matrix import feature_matrix
from graduation_model.features.params import FeatureParams

logger = logging.getLogger(__name__)

POPULATION = "programme"
BY_AS_OF, AFTER = "by_as_of", "after"
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
    forecasts : frame
        Every family of every test cohort, its outcome known or not; see `forecasts.forecasts`.
    groups : tuple of str
        The columns of `forecasts` whose levels are compared.
    trials : tuple of Trial
        A test year each, oldest first.
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
    forecasts: pd.DataFrame
    groups: tuple[str, ...]
    trials: tuple[Trial, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Trial:
    """The models of one test year, with what they learnt from and what they were tried on.

    Attributes
    ----------
    year : int
    models : dict
        Name -> model.
    learnt : frame (n, n_features)
    X : frame (m, n_features)
        Of the tested families, in the order of the year's `predictions`.
    """

    year: int
    models: dict[str, AdditiveModel]
    learnt: pd.DataFrame
    X: pd.DataFrame


@dataclass(frozen=True)
class Past:
    """A programme's tables and the declarations that a back-test reads them by."""

    assessments: pd.DataFrame
    followups: pd.DataFrame
    decisions: pd.DataFrame | None
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
    decisions: pd.DataFrame | None = None,
) -> Backtest:
    """Fit and try every model on the last test years up to an as-of date.

    Parameters
    ----------
    assessments, followups : frame
        Typed tables of everybody. Assessments dated after `as_of` are not looked at; follow-ups (and decisions) dated
        after it are looked at as tests alone.
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
    past = Past(assessments, followups, decisions, catalogue(instrument, features), cohort, label)
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
    tables, cohorts, said, trials = [], [], [], []
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
        said.append(_forecasts(past, there, known, date, at.models, tested, groups))
        if tested["y"].nunique() < 2:
            notes.append(f"Test year {date.year} is left out: its outcomes are unknown or all the same")
            continue
        X = there.features(tested.pop("row").to_numpy())
        trials.append(Trial(date.year, at.models, at.training.X, X))
        tested = tested.join(_probabilities(at.models, X))
        stamp = {"population": POPULATION, "test_year": date.year, "outcome_known": outcome_known}
        tables.append(evaluate(tested, params=evaluation, groups=names, **stamp))
        model = at.models[estimators.model]
        seen = seen_of_uncertainty(
            at.uncertainty,
            model,
            tested,
            X,
            model=estimators.model,
            groups=names,
            params=evaluation,
        )
        unknown, more = what_is_unknown(
            cohort_in_hindsight(past, date, as_of, past.label),
            there.features,
            there.assessments,
            model,
            cohort_params=past.cohort,
            label=past.label,
            estimators=estimators,
            params=evaluation,
            test_year=date.year,
        )
        tables.append(pd.concat([seen, unknown], ignore_index=True).assign(baseline="", **stamp)[list(COLUMNS)])
        notes += more
        tables.append(_sensitivity(past, there, date, as_of, model, estimators.model, evaluation))
        cohorts.append(tested.assign(test_year=date.year))
        logger.info("test year %d: %d models on %d labelled families", date.year, len(at.models), len(tested))
    return Backtest(
        evaluation=_together(tables, COLUMNS),
        training=learnt.training,
        models=learnt.models,
        uncertainty=learnt.uncertainty,
        catalogue=past.catalogue,
        context=known.context,
        cohorts=_cohort_dates(known),
        predictions=_together(cohorts),
        forecasts=with_levels(_together(said), groups),
        groups=tuple(question.name for question in groups),
        trials=tuple(trials),
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
        label=past.label,
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


def knowledge(past: Past, date: pd.Timestamp) -> Knowledge:
    """Return what was known on a date: nothing dated later is handed on to anything below."""
    known = past.assessments[(past.assessments["assessment_date"] <= date).to_numpy()].reset_index(drop=True)
    ends = as_of_dates(known, date, past.cohort)
    context = wave_context(known, ends, past.catalogue, cluster=past.cohort.cluster)
    positions = np.unique(
        np.concatenate([eligible_rows(known, end, past.cohort, everybody=True) for end in ends] or [np.empty(0, int)])
    )
    X = feature_matrix(known.iloc[positions], context, past.catalogue)
    cohorts = build_cohorts(known, past.followups, date, params=past.cohort, label=past.label, decisions=past.decisions)
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


def cohort_in_hindsight(past: Past, date: pd.Timestamp, as_of: pd.Timestamp, label: LabelParams) -> pd.DataFrame:
    """Return a cohort with every outcome that the folder holds: as a test it may know what came after.

    Their `row` is a position among the assessments known on `date`.
    """
    latest = past.followups["followup_date"].max() if len(past.followups) else as_of
    cohort = build_cohort(
        past.assessments,
        past.followups,
        date,
        known_by=max(latest, as_of),
        params=past.cohort,
        label=label,
        decisions=past.decisions,
        visited_is_due=True,
    )
    known = np.flatnonzero((past.assessments["assessment_date"] <= date).to_numpy())
    return cohort.assign(row=np.searchsorted(known, cohort["row"]))


def labelled_cohort(past: Past, date: pd.Timestamp, as_of: pd.Timestamp, label: LabelParams) -> pd.DataFrame:
    """Return the families of `cohort_in_hindsight` whose outcome is known."""
    cohort = cohort_in_hindsight(past, date, as_of, label)
    return cohort[cohort["label_status"] == LABELLED].reset_index(drop=True)


def tested_cohort(
    past: Past, known: Knowledge, date: pd.Timestamp, as_of: pd.Timestamp, groups: Sequence[Question]
) -> tuple[pd.DataFrame, tuple[str, ...], str]:
    """Return the labelled families of a cohort, the names of their group columns, and when the outcomes were known."""
    cohort = labelled_cohort(past, date, as_of, past.label)
    families = _tested(cohort, past, known)
    answers = known.assessments.iloc[cohort["row"].to_numpy()].reset_index(drop=True)
    shown = {question.name: levels_of(answers[question.name], question) for question in groups}
    shown |= {past.cohort.area: answers[past.cohort.area], CLUSTER_SEEN: _clusters_seen(past, known, answers)}
    if cohort["exit_kind"].notna().any():
        shown["exit_kind"] = cohort["exit_kind"]
    outcome_known = BY_AS_OF if (cohort["label_due"] <= as_of).all() else AFTER
    return families.assign(**shown), tuple(shown), outcome_known


def _tested(cohort: pd.DataFrame, past: Past, known: Knowledge) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "household_id": cohort["household_id"].to_numpy(),
            "cluster": known.assessments[past.cohort.cluster].iloc[cohort["row"].to_numpy()].to_numpy(),
            "y": cohort["label"].to_numpy(dtype=float),
            "weight": cohort["weight"].to_numpy(dtype=float),
            "row": cohort["row"].to_numpy(),
        }
    )


def _sensitivity(
    past: Past,
    known: Knowledge,
    date: pd.Timestamp,
    as_of: pd.Timestamp,
    model: AdditiveModel,
    name: str,
    params: EvaluationParams,
) -> pd.DataFrame:
    """The bundle's model, as it was learnt, tried on the same cohort's outcomes under other lines."""
    line, tables = past.label.outcome.at_least, []
    for other in sorted({line, *past.label.sensitivity}) if line is not None and past.label.sensitivity else ():
        cohort = labelled_cohort(past, date, as_of, past.label.at(other))
        tested = _tested(cohort, past, known)
        tested[name] = expit(model.log_odds(known.features(tested.pop("row").to_numpy())))
        tables.append(
            evaluate(
                tested.assign(**{LABEL: f"at least {other:g}"}),
                params=params,
                population=POPULATION,
                test_year=date.year,
                outcome_known=BY_AS_OF if (cohort["label_due"] <= as_of).all() else AFTER,
                groups=(LABEL,),
                overall=False,
            )
        )
    return _together(tables)


def _forecasts(
    past: Past,
    there: Knowledge,
    known: Knowledge,
    date: pd.Timestamp,
    models: dict[str, AdditiveModel],
    tested: pd.DataFrame,
    groups: Sequence[Question],
) -> pd.DataFrame:
    rows = eligible_rows(there.assessments, date, past.cohort)
    answers = there.assessments.iloc[rows].reset_index(drop=True)
    shown = {question.name: answers[question.name] for question in groups}
    families = answers[["household_id"]].assign(cluster=answers[past.cohort.cluster], **shown)
    return forecasts(
        families,
        _probabilities(models, there.features(rows)),
        test_year=date.year,
        tested=tested[["household_id", "y", "weight"]],
        known=known.labelled[known.labelled["as_of_date"] == date],
    )


def _clusters_seen(past: Past, known: Knowledge, answers: pd.DataFrame) -> np.ndarray:
    learnt = known.assessments[past.cohort.cluster].iloc[known.labelled["row"].to_numpy()].unique()
    return np.where(answers[past.cohort.cluster].isin(learnt), "seen", "unseen")


def _probabilities(models: dict[str, AdditiveModel], X: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({name: expit(model.log_odds(X)) for name, model in models.items()})


def _cohort_dates(known: Knowledge) -> tuple[str, ...]:
    return tuple(str(pd.Timestamp(date).date()) for date in np.sort(known.labelled["as_of_date"].unique()))


def _together(tables: list[pd.DataFrame], columns: Sequence[str] = ()) -> pd.DataFrame:
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=list(columns))
