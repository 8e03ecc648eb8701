"""Cohorts: the families that stand before a decision on an as-of date, with their labels."""

from __future__ import annotations

import numpy as np
import pandas as pd

from graduation_model.cohort.dates import as_of_dates, months_before
from graduation_model.cohort.labels import label_assessments
from graduation_model.cohort.params import CohortParams, LabelParams

IN_COHORT, NOT_IN_PROGRAMME, TOO_OLD = "in_cohort", "not_in_programme", "assessment_too_old"


def in_programme(assessments: pd.DataFrame, params: CohortParams) -> np.ndarray:
    """Return which rows are the programme's own families; unknown membership is no membership."""
    if params.population is None:
        return np.ones(len(assessments), dtype=bool)
    return assessments[params.population.question].isin(params.population.is_one_of).to_numpy()


def latest_rows(assessments: pd.DataFrame, as_of: pd.Timestamp) -> np.ndarray:
    """Return the position of every family's last assessment dated on or before `as_of`, in the table's order."""
    known = np.flatnonzero((assessments["assessment_date"] <= as_of).to_numpy())
    dated = assessments.iloc[known][["household_id", "assessment_date"]]
    order = np.argsort(dated["assessment_date"].to_numpy(), kind="stable")
    last = ~dated["household_id"].iloc[order].duplicated(keep="last").to_numpy()
    return np.sort(known[order[last]])


def standing(assessments: pd.DataFrame, as_of: pd.Timestamp, params: CohortParams) -> pd.DataFrame:
    """Return where every family that was ever assessed stands on an as-of date.

    Returns
    -------
    frame (n_families, 3)
        household_id, row (position of its last assessment), reason: `in_cohort`, `not_in_programme` or
        `assessment_too_old`.
    """
    rows = latest_rows(assessments, as_of)
    last = assessments.iloc[rows]
    fresh = (last["assessment_date"] > months_before(as_of, params.assessment_max_age_months)).to_numpy()
    member = in_programme(last, params)
    reason = np.select([~member, ~fresh], [NOT_IN_PROGRAMME, TOO_OLD], IN_COHORT)
    return pd.DataFrame({"household_id": last["household_id"].to_numpy(), "row": rows, "reason": reason})


def eligible_rows(
    assessments: pd.DataFrame, as_of: pd.Timestamp, params: CohortParams, *, everybody: bool = False
) -> np.ndarray:
    """Return the positions of the assessments that stand in a cohort; `everybody` leaves the programme aside."""
    where = standing(assessments, as_of, params)
    if everybody:
        last = assessments["assessment_date"].iloc[where["row"].to_numpy()]
        fresh = (last > months_before(as_of, params.assessment_max_age_months)).to_numpy()
        return where.loc[fresh, "row"].to_numpy()
    return where.loc[where["reason"] == IN_COHORT, "row"].to_numpy()


def build_cohort(
    assessments: pd.DataFrame,
    followups: pd.DataFrame,
    as_of: pd.Timestamp,
    *,
    known_by: pd.Timestamp,
    params: CohortParams,
    label: LabelParams,
    decisions: pd.DataFrame | None = None,
    visited_is_due: bool = False,
) -> pd.DataFrame:
    """Return the cohort of one as-of date, labelled with what was known by another.

    Parameters
    ----------
    assessments, followups : frame
        Typed tables; see `contract.tables`.
    as_of
        Whose cohort: only assessments dated on or before it are looked at.
    known_by
        Follow-ups and decisions dated later are not looked at. Training uses the date on which the model is fitted; a
        test may use any later one.
    decisions : frame, optional
        Typed; a label whose clock starts at the decision needs them.
    visited_is_due
        See `label_assessments`.

    Returns
    -------
    frame (n_families, 17)
        household_id, as_of_date, assessment_date, row (position in `assessments`), the columns of `label_assessments`,
        weight.
    """
    rows = eligible_rows(assessments, as_of, params)
    chosen = assessments.iloc[rows]
    cohort = pd.DataFrame(
        {
            "household_id": chosen["household_id"].to_numpy(),
            "as_of_date": np.datetime64(as_of, "s"),
            "assessment_date": chosen["assessment_date"].to_numpy(),
            "row": rows,
        }
    )
    labels = label_assessments(
        chosen,
        followups,
        known_by=known_by,
        label=label,
        decisions=decisions,
        every=assessments,
        visited_is_due=visited_is_due,
    )
    return pd.concat([cohort, labels.reset_index(drop=True)], axis=1).assign(weight=1.0)


def build_cohorts(
    assessments: pd.DataFrame,
    followups: pd.DataFrame,
    as_of: pd.Timestamp,
    *,
    params: CohortParams,
    label: LabelParams,
    decisions: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return every cohort up to `as_of`, labelled with what was known by then: what a model may learn from."""
    parts = [
        build_cohort(assessments, followups, date, known_by=as_of, params=params, label=label, decisions=decisions)
        for date in as_of_dates(assessments, as_of, params)
    ]
    return pd.concat(parts, ignore_index=True)
