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

from graduation_model.cohort.cohorts import eligible_rows
from graduation_model.cohort.dates import as_of_dates
from graduation_model.cohort.params import Condition, LabelKind
from graduation_model.contract.instrument import Question
from graduation_model.errors import DataError
from graduation_model.estimators.models import make_learners
from graduation_model.estimators.params import EstimatorParams
from graduation_model.estimators.training_set import AdditiveModel, TrainingSet
from graduation_model.estimators.uncertainty import Uncertainty
from graduation_model.evaluation.coverage import seen_of_uncertainty
from graduation_model.evaluation.due import decided_families, due_families
from graduation_model.evaluation.evaluate import COLUMNS, evaluate
from graduation_model.evaluation.follow_up import what_is_unknown
from graduation_model.evaluation.forecasts import forecasts
from graduation_model.evaluation.groups import group_questions, levels_of, with_levels
from graduation_model.evaluation.knowledge import Knowledge, Past, first_label, knowledge, why_untrained
from graduation_model.evaluation.learning import Learnt, learn, weighted_training
from graduation_model.evaluation.outcomes import cohorts_by, in_hindsight, labelled, outcome_known
from graduation_model.evaluation.params import EvaluationParams
from graduation_model.evaluation.pooled import pooled_differences
from graduation_model.features.catalogue import Catalogue
from graduation_model.features.context import WaveContext

logger = logging.getLogger(__name__)

POPULATION = "programme"
CLUSTER_SEEN, EXIT_KIND = "cluster_in_training", "exit_kind"
NO_ROWS = pd.DataFrame(columns=list(COLUMNS))
LABEL = "label"  # the group whose levels are other lines of the same label


@dataclass(frozen=True)
class Backtest:
    """What was fitted, and what came of it.

    Attributes
    ----------
    evaluation : frame
        `evaluation` of docs/reference/tables.md, every test year.
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
    label_kind : str
        Which of `label.order` was there to learn from.
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
    label_kind: LabelKind = "sustained_exit"


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


def backtest(past: Past, as_of: pd.Timestamp, *, estimators: EstimatorParams, evaluation: EvaluationParams) -> Backtest:
    """Fit and try every model on the last test years up to an as-of date.

    Parameters
    ----------
    past : Past
        Its assessments dated after `as_of` are not looked at, but where the label is the next wave's; its follow-ups
        and decisions dated after it are looked at as tests alone.
    as_of : Timestamp
        On which the models of the bundle are fitted.
    estimators, evaluation
        What is fitted, and how it is tried.

    Returns
    -------
    Backtest

    Raises
    ------
    DataError
        If nothing can be learnt at `as_of`: no label is due, or all labels are the same.
    """
    as_of = pd.Timestamp(as_of)
    dates = as_of_dates(past.assessments, as_of, past.cohort)[-evaluation.test_years :]
    if not dates:
        raise DataError(f"No assessment is dated on or before {as_of.date()}", mend="Take a later --as-of")
    kind, known, notes = first_label(past, as_of)
    learnt = learn(past, known, estimators, as_of)
    assert isinstance(learnt, Learnt), "first_label returns what can be learnt"
    tests = _Tests(past, kind, as_of, known, estimators, evaluation, [*notes, *learnt.notes])
    for date in dates:
        there = known if date == as_of else knowledge(past, date, kind)
        tests.of_programme(there, date, learnt if date == as_of else None)
        if kind == "sustained_exit":
            for population in evaluation.populations:
                tests.of_population(there, date, population.name, population.condition)
    return Backtest(
        evaluation=_together([*tests.tables, *tests.pooled(), NO_ROWS]),
        training=learnt.training,
        models=learnt.models,
        uncertainty=learnt.uncertainty,
        catalogue=past.catalogue,
        context=known.context,
        cohorts=_cohort_dates(known),
        predictions=_together(tests.predictions[POPULATION]),
        forecasts=with_levels(_together(tests.forecasts), tests.groups),
        groups=tuple(question.name for question in tests.groups),
        trials=tuple(tests.trials),
        notes=tuple(dict.fromkeys(tests.notes)),
        label_kind=kind,
    )


class _Tests:
    """The test years as they are gone through: tables, predictions and notes gather here."""

    def __init__(
        self,
        past: Past,
        kind: LabelKind,
        as_of: pd.Timestamp,
        known: Knowledge,
        estimators: EstimatorParams,
        evaluation: EvaluationParams,
        notes: Sequence[str],
    ) -> None:
        self.past, self.kind, self.as_of, self.known = past, kind, as_of, known
        self.estimators, self.params, self.notes = estimators, evaluation, list(notes)
        self.groups = group_questions(past.instrument, evaluation, past.assessments)
        self.tables: list[pd.DataFrame] = []
        self.predictions: dict[str, list[pd.DataFrame]] = {POPULATION: []}
        self.forecasts: list[pd.DataFrame] = []
        self.trials: list[Trial] = []

    def of_programme(self, there: Knowledge, date: pd.Timestamp, learnt: Learnt | None) -> None:
        """Try every model on the programme's cohort; `learnt`: the bundle's, in their own year."""
        if learnt is None:
            earlier = learn(self.past, there, self.estimators, date)
            if isinstance(earlier, str):
                self.notes.append(f"Test year {date.year} is left out: {earlier} by {date.date()}")
                return
            learnt = earlier
            self.notes += learnt.notes
        cohort = in_hindsight(self.past.outcomes(self.kind), self.past.cohort, date, self.as_of)
        rows = labelled(cohort)
        tested = _tested(rows, self.past, there)
        self.forecasts.append(_forecasts(self.past, there, self.known, date, learnt.models, tested, self.groups))
        X = self._test(there, date, POPULATION, rows, learnt.models, _groups_of(rows, self.past, there, self.groups))
        if X is None:
            return
        self.trials.append(Trial(date.year, learnt.models, learnt.training.X, X))
        self._uncertain(there, date, learnt, cohort, X)
        if self.kind == "sustained_exit":
            self._under_other_lines(there, date, learnt.models[self.estimators.model])

    def _shown(self, tested: pd.DataFrame) -> list[str]:
        """The columns of a tested cohort by whose levels results are shown apart."""
        names = [*(question.name for question in self.groups), self.past.cohort.area, CLUSTER_SEEN, EXIT_KIND]
        return [name for name in names if name in tested]

    def _uncertain(
        self, there: Knowledge, date: pd.Timestamp, learnt: Learnt, cohort: pd.DataFrame, X: pd.DataFrame
    ) -> None:
        """Hold intervals against what happened, and say what the families may have done of whom nothing is known."""
        name = self.estimators.model
        model, tested = learnt.models[name], self.predictions[POPULATION][-1]
        tables = [
            seen_of_uncertainty(
                learnt.uncertainty, model, tested, X, model=name, groups=self._shown(tested), params=self.params
            )
        ]
        if self.kind == "sustained_exit":
            unknown, notes = what_is_unknown(
                cohort,
                there.features,
                there.assessments,
                model,
                cohort_params=self.past.cohort,
                label=self.past.label,
                estimators=self.estimators,
                params=self.params,
                test_year=date.year,
            )
            tables.append(unknown)
            self.notes += notes
        stamp = {"population": POPULATION, "test_year": date.year, "outcome_known": tested["outcome_known"].iloc[0]}
        self.tables.append(pd.concat(tables, ignore_index=True).assign(baseline="", **stamp)[list(COLUMNS)])

    def of_population(self, there: Knowledge, date: pd.Timestamp, name: str, condition: Condition) -> None:
        """Fit the learners on another population's own labels, and try them on its cohort."""
        cohort = self.past.cohort.model_copy(update={"population": condition})
        past = replace(self.past, cohort=cohort)
        known = cohorts_by(there.assessments, past.outcomes(self.kind), cohort, date)
        there = replace(there, due=due_families(known), decided=decided_families(known))
        training, _ = weighted_training(past, there, self.estimators)
        reason = why_untrained(training)
        if reason:
            self.notes.append(f"Population {name} of {date.year} is left out: {reason} by {date.date()}")
            return
        fitted = {model: made.fit(training) for model, made in make_learners(self.estimators, past.catalogue).items()}
        rows = labelled(in_hindsight(past.outcomes(self.kind), cohort, date, self.as_of))
        self._test(there, date, name, rows, fitted, {})

    def _test(
        self,
        there: Knowledge,
        date: pd.Timestamp,
        population: str,
        rows: pd.DataFrame,
        models: dict[str, AdditiveModel],
        shown: dict[str, pd.Series],
    ) -> pd.DataFrame | None:
        """Measure the models on the labelled rows of one cohort; return these families' features, if they tell."""
        if rows["label"].nunique() < 2:
            of = "" if population == POPULATION else f" of population {population}"
            self.notes.append(f"Test year {date.year}{of} is left out: its outcomes are unknown or all the same")
            return None
        tested = _tested(rows, self.past, there)
        X = there.features(tested.pop("row").to_numpy())
        tested = tested.assign(**shown).join(_probabilities(models, X))
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
        logger.info("test year %d: %d models on %d labelled families", date.year, len(models), len(tested))
        return X

    def _under_other_lines(self, there: Knowledge, date: pd.Timestamp, model: AdditiveModel) -> None:
        """Try the bundle's model, as it was learnt, on the same cohort's outcomes under other lines."""
        label = self.past.label
        line = label.outcome.at_least
        for other in sorted({line, *label.sensitivity}) if line is not None and label.sensitivity else ():
            outcomes = replace(self.past.outcomes(self.kind), label=label.at(other))
            rows = labelled(in_hindsight(outcomes, self.past.cohort, date, self.as_of))
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
    return shown | ({EXIT_KIND: rows[EXIT_KIND]} if rows[EXIT_KIND].notna().any() else {})


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


def _clusters_seen(past: Past, known: Knowledge, answers: pd.DataFrame) -> pd.Series:
    learnt = known.assessments[past.cohort.cluster].iloc[known.labelled["row"].to_numpy()].unique()
    return pd.Series(np.where(answers[past.cohort.cluster].isin(learnt), "seen", "unseen"))


def _probabilities(models: dict[str, AdditiveModel], X: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({name: expit(model.log_odds(X)) for name, model in models.items()})


def _cohort_dates(known: Knowledge) -> tuple[str, ...]:
    return tuple(str(pd.Timestamp(date).date()) for date in np.sort(known.labelled["as_of_date"].unique()))


def _together(tables: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else (tables or [pd.DataFrame()])[-1]
