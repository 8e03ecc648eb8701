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
from graduation_model.cohort.labels import LABELLED
from graduation_model.cohort.next_wave import imitation_label, next_wave_status
from graduation_model.cohort.params import CohortParams, LabelKind, LabelParams

BY_AS_OF, AFTER = "by_as_of", "after"
COLUMNS = ["household_id", "as_of_date", "row", "label", "weight"]


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
    kind: LabelKind

    def latest(self) -> pd.Timestamp:
        """Return the last day on which anything was seen of anybody."""
        dates = [self.assessments["assessment_date"].max()]
        if len(self.followups):
            dates.append(self.followups["followup_date"].max())
        if self.decisions is not None and len(self.decisions):
            dates.append(self.decisions["decision_date"].max())
        return pd.Timestamp(max(dates))


def labelled_rows(known: pd.DataFrame, outcomes: Outcomes, cohort: CohortParams, date: pd.Timestamp) -> pd.DataFrame:
    """Return what a model may learn from on a date: labelled rows of every cohort up to it, one an assessment.

    Parameters
    ----------
    known : frame
        Assessments dated on or before `date`; `row` counts in it.
    """
    if outcomes.kind == "sustained_exit":
        table = build_cohorts(known, outcomes.followups, date, params=cohort, label=outcomes.label)
        table = table[table["label_status"] == LABELLED]
    else:
        dates = as_of_dates(known, date, cohort)
        table = pd.concat([_rows(known, outcomes, cohort, one, known_by=date) for one in dates], ignore_index=True)
    # An assessment that stands in two cohorts is one family's one outcome.
    return table[COLUMNS].dropna(subset="label").drop_duplicates("row", ignore_index=True)


def tested_rows(known: pd.DataFrame, outcomes: Outcomes, cohort: CohortParams, date: pd.Timestamp) -> pd.DataFrame:
    """Return one cohort's labelled rows, by everything that the folder holds."""
    latest = max(outcomes.latest(), date)
    if outcomes.kind == "sustained_exit":
        table = build_cohort(known, outcomes.followups, date, known_by=latest, params=cohort, label=outcomes.label)
        table = table[table["label_status"] == LABELLED]
    else:
        table = _rows(known, outcomes, cohort, date, known_by=latest)
    return table[COLUMNS].dropna(subset="label").reset_index(drop=True)


def outcome_known_by(outcomes: Outcomes, cohort: CohortParams, date: pd.Timestamp, as_of: pd.Timestamp) -> str:
    """Return whether the outcomes of the cohort of a date were all known by the as-of date, or partly after."""
    if outcomes.kind == "sustained_exit":
        visits = outcomes.label.visits
        ends = [_later(date, visit.months) + pd.Timedelta(days=visit.tolerance_days) for visit in visits]
    else:
        ends = [_later(date, cohort.every_months)]
    return BY_AS_OF if max(ends) <= as_of else AFTER


def _rows(
    known: pd.DataFrame, outcomes: Outcomes, cohort: CohortParams, date: pd.Timestamp, *, known_by: pd.Timestamp
) -> pd.DataFrame:
    """One cohort, labelled by what was seen or decided in the wave after it, as far as that was known."""
    rows = eligible_rows(known, date, cohort)
    chosen = known.iloc[rows]
    end = min(_later(date, cohort.every_months), known_by)
    decisions = outcomes.decisions if outcomes.decisions is not None else pd.DataFrame()
    if outcomes.kind == "imitation":
        label = imitation_label(chosen, decisions, end, outcomes.label)
    elif end <= date:
        label = np.full(len(rows), np.nan)
    else:
        label = next_wave_status(
            chosen,
            outcomes.assessments,
            outcomes.followups,
            [date, end],
            label=outcomes.label,
            decisions=decisions,
        )
    return pd.DataFrame(
        {
            "household_id": chosen["household_id"].to_numpy(),
            "as_of_date": np.datetime64(date, "s"),
            "row": rows,
            "label": label,
            "weight": 1.0,
        }
    )


def _later(date: pd.Timestamp, months: int) -> pd.Timestamp:
    return pd.Timestamp(months_after(pd.Series([date]), months).iloc[0])
