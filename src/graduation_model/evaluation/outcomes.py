"""What became of families, in the kind of label that a programme can have: tables and a date in, labelled rows out.

`sustained_exit` is what the programme declares; `next_wave` what was seen of a family one wave later; `imitation` what
people decided about it. The kinds never mix: a model learns and is tested by one of them, and says which.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from graduation_model.cohort.cohorts import build_cohort, build_cohorts, eligible_rows
from graduation_model.cohort.dates import as_of_dates, months_after
from graduation_model.cohort.labels import LABELLED, NOT_DUE
from graduation_model.cohort.next_wave import imitation_label, next_wave_status
from graduation_model.cohort.params import CohortParams, LabelKind, LabelParams

BY_AS_OF, AFTER = "by_as_of", "after"


@dataclass(frozen=True)
class Outcomes:
    """Everything in the folder that tells an outcome, and which kind of label is made of it.

    Attributes
    ----------
    assessments, followups : frame
    decisions : frame or None
    label : LabelParams
    kind : str
    """

    assessments: pd.DataFrame
    followups: pd.DataFrame
    decisions: pd.DataFrame | None
    label: LabelParams
    kind: LabelKind = "sustained_exit"

    def latest(self) -> pd.Timestamp:
        """Return the last day on which an outcome of this kind was seen of anybody; NaT where none was."""
        by_kind = {
            "sustained_exit": (self.followups, "followup_date"),
            "next_wave": (self.assessments, "assessment_date"),
            "imitation": (self.decisions, "decision_date"),
        }
        table, date = by_kind[self.kind]
        return pd.NaT if table is None or table.empty else pd.Timestamp(table[date].max())


def cohorts_by(known: pd.DataFrame, outcomes: Outcomes, cohort: CohortParams, date: pd.Timestamp) -> pd.DataFrame:
    """Return every cohort up to a date, labelled with what was known by then.

    Parameters
    ----------
    known : frame
        Assessments dated on or before `date`; `row` counts in it.

    Returns
    -------
    frame
        Of `build_cohorts`; of a stand-in label its `household_id, as_of_date, row, label, label_status, label_due,
        exit_kind, weight`.
    """
    if outcomes.kind == "sustained_exit":
        return build_cohorts(
            known, outcomes.followups, date, params=cohort, label=outcomes.label, decisions=outcomes.decisions
        )
    parts = [_stand_in(known, outcomes, cohort, one, known_by=date) for one in as_of_dates(known, date, cohort)]
    return pd.concat(parts, ignore_index=True)


def in_hindsight(outcomes: Outcomes, cohort: CohortParams, date: pd.Timestamp, as_of: pd.Timestamp) -> pd.DataFrame:
    """Return a cohort with every outcome that the folder holds: as a test it may know what came after.

    Its `row` is a position among the assessments known on `date`.
    """
    latest = as_of if pd.isna(outcomes.latest()) else max(outcomes.latest(), as_of)
    every = outcomes.assessments
    if outcomes.kind == "sustained_exit":
        table = build_cohort(
            every,
            outcomes.followups,
            date,
            known_by=latest,
            params=cohort,
            label=outcomes.label,
            decisions=outcomes.decisions,
            visited_is_due=True,
        )
    else:
        table = _stand_in(every, outcomes, cohort, date, known_by=latest)
    known = np.flatnonzero((every["assessment_date"] <= date).to_numpy())
    return table.assign(row=np.searchsorted(known, table["row"]))


def labelled(cohort: pd.DataFrame) -> pd.DataFrame:
    """Return the families of a cohort whose outcome is known."""
    return cohort[(cohort["label_status"] == LABELLED).to_numpy()].reset_index(drop=True)


def outcome_known(tested: pd.DataFrame, as_of: pd.Timestamp) -> str:
    """Return whether all outcomes of a tested cohort were known by the as-of date, or some only after."""
    return BY_AS_OF if (tested["label_due"] <= as_of).all() else AFTER


def _stand_in(
    assessments: pd.DataFrame,
    outcomes: Outcomes,
    cohort: CohortParams,
    date: pd.Timestamp,
    *,
    known_by: pd.Timestamp,
) -> pd.DataFrame:
    """One cohort, labelled by what was seen or decided in the wave after it, as far as that was known."""
    rows = eligible_rows(assessments, date, cohort)
    chosen = assessments.iloc[rows]
    due = pd.Timestamp(months_after(pd.Series([date]), cohort.every_months).iloc[0])
    end = min(due, known_by)
    if outcomes.kind == "imitation":
        label = imitation_label(chosen, assessments, outcomes.decisions, known_by=end, label=outcomes.label)
    elif end <= date:
        label = np.full(len(rows), np.nan)
    else:
        label = next_wave_status(
            chosen, assessments, outcomes.followups, [date, end], label=outcomes.label, decisions=outcomes.decisions
        )
    return pd.DataFrame(
        {
            "household_id": chosen["household_id"].to_numpy(),
            "as_of_date": np.datetime64(date, "s"),
            "row": rows,
            "label": label,
            "label_status": np.where(np.isnan(label), NOT_DUE, LABELLED),
            "label_due": np.datetime64(due, "s"),
            "exit_kind": pd.Series(None, index=range(len(rows)), dtype="str"),
            "weight": 1.0,
        }
    )
