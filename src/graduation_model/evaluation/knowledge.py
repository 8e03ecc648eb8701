"""A programme's tables and a date in; what was known on that date, and what a model could learn from it, out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from graduation_model.cohort.cohorts import eligible_rows, in_programme
from graduation_model.cohort.dates import as_of_dates
from graduation_model.cohort.labels import LABELLED, outcome_met
from graduation_model.cohort.next_wave import next_wave_status
from graduation_model.cohort.params import CohortParams, LabelKind, LabelParams
from graduation_model.cohort.splits import independent_groups
from graduation_model.contract.instrument import Instrument
from graduation_model.errors import DataError
from graduation_model.estimators.training_set import TrainingSet
from graduation_model.evaluation.due import decided_families, due_families
from graduation_model.evaluation.outcomes import Outcomes, cohorts_by, labelled
from graduation_model.evaluation.params import EvaluationParams
from graduation_model.features.catalogue import Catalogue
from graduation_model.features.context import WaveContext, wave_context
from graduation_model.features.matrix import feature_matrix


@dataclass(frozen=True)
class Past:
    """A programme's typed tables of everybody, and the declarations that a back-test reads them by."""

    assessments: pd.DataFrame
    followups: pd.DataFrame
    decisions: pd.DataFrame | None
    instrument: Instrument
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
    due : frame
        The programme's rows whose outcome was due by that date, one an assessment: row, as_of_date, household_id,
        label, label_status, label_reason.
    decided : frame
        The programme's rows on whom a decision is on file: row, graduated, label.
    kind : str
        Of the label.
    """

    assessments: pd.DataFrame
    positions: np.ndarray
    X: pd.DataFrame
    context: WaveContext
    next_status: np.ndarray
    groups: np.ndarray
    due: pd.DataFrame
    decided: pd.DataFrame
    kind: LabelKind

    @property
    def labelled(self) -> pd.DataFrame:
        """The due rows whose outcome is known."""
        return labelled(self.due)

    def places(self, rows: np.ndarray) -> np.ndarray:
        """Return where some positions stand among `positions`."""
        return np.searchsorted(self.positions, rows)

    def features(self, rows: np.ndarray) -> pd.DataFrame:
        """Return the features of some positions."""
        return self.X.iloc[self.places(rows)].reset_index(drop=True)


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
    cohorts = cohorts_by(known, past.outcomes(kind), past.cohort, date)
    status = next_wave_status(rows, known, past.followups, ends, label=past.label, decisions=past.decisions)
    return Knowledge(
        assessments=known,
        positions=positions,
        X=feature_matrix(rows, context, past.catalogue),
        context=context,
        next_status=status,
        groups=independent_groups(rows["household_id"], rows[past.cohort.cluster]),
        due=due_families(cohorts),
        decided=decided_families(cohorts),
        kind=kind,
    )


def training_set(past: Past, known: Knowledge, weights: np.ndarray | None = None) -> TrainingSet:
    """Turn what was known into what a model learns from; `weights` are those of the due families."""
    found = (known.due["label_status"] == LABELLED).to_numpy()
    rows = known.labelled["row"].to_numpy()
    everybody = known.assessments.iloc[known.positions]
    return TrainingSet(
        X=known.features(rows),
        y=known.labelled["label"].to_numpy(dtype=int),
        weight=np.ones(len(rows)) if weights is None else weights[found],
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
