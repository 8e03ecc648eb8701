"""Labels: what became of a family by the horizon, as the programme's file declares it, and what is not known.

In: assessments and follow-ups. Out: 1, 0 or missing for each assessment, with the reason. Unknown is never filled.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from graduation_model.cohort.dates import months_after
from graduation_model.cohort.params import LabelParams, Outcome, Visit

LABELLED, NOT_DUE, LOST, EXCLUDED = "labelled", "not_due", "lost", "excluded"


def outcome_met(answers: pd.Series, outcome: Outcome) -> np.ndarray:
    """Return 1.0 where the outcome is good, 0.0 where it is not, NaN where the answer is missing.

    Examples
    --------
    >>> outcome_met(pd.Series([1.3, 1.1, None]), Outcome(question="welfare_to_line", at_least=1.2)).tolist()
    [1.0, 0.0, nan]
    """
    good = answers.isin(outcome.is_one_of) if outcome.at_least is None else answers >= outcome.at_least
    met = good.to_numpy(dtype=float, copy=True)
    met[answers.isna().to_numpy()] = np.nan
    return met


def label_assessments(
    assessments: pd.DataFrame, followups: pd.DataFrame, *, known_by: pd.Timestamp, label: LabelParams
) -> pd.DataFrame:
    """Label each assessment with what was known by a date.

    Parameters
    ----------
    assessments : frame (n, ...)
        With household_id and assessment_date.
    followups : frame
        With household_id, followup_date and the outcome's question.
    known_by
        Follow-ups dated later do not exist yet.
    label
        The programme's declaration.

    Returns
    -------
    frame (n, 3)
        label (1.0, 0.0, NaN), label_status, label_reason; the index of `assessments`.
    """
    known = _observations(followups, known_by, label)
    outcomes = [_outcome_at(assessments, known, visit) for visit in label.visits]
    due = _due_dates(assessments["assessment_date"], label) <= pd.Timestamp(known_by)
    return _combine(np.column_stack(outcomes), due.to_numpy(), label).set_index(assessments.index)


def _observations(followups: pd.DataFrame, known_by: pd.Timestamp, label: LabelParams) -> pd.DataFrame:
    seen = followups["followup_date"] <= pd.Timestamp(known_by)
    if label.interviewed is not None:
        seen &= followups[label.interviewed.question].isin(label.interviewed.is_one_of)
    known = followups.loc[seen, ["household_id", "followup_date"]].copy()
    known["good"] = outcome_met(followups.loc[seen, label.outcome.question], label.outcome)
    return known.dropna(subset="good").sort_values("followup_date", kind="stable")


def _due_dates(dates: pd.Series, label: LabelParams) -> pd.Series:
    """The day on which the last visit is certainly over: before it successes cannot be seen, but failures can."""
    ends = [months_after(dates, visit.months) + pd.Timedelta(days=visit.tolerance_days) for visit in label.visits]
    return pd.concat(ends, axis=1).max(axis=1)


def _outcome_at(assessments: pd.DataFrame, known: pd.DataFrame, visit: Visit) -> np.ndarray:
    """The outcome at the follow-up nearest to the day on which this visit is due; NaN where there is none."""
    due = (
        pd.DataFrame(
            {
                "household_id": assessments["household_id"].to_numpy(),
                "due": months_after(assessments["assessment_date"], visit.months).astype("datetime64[s]").to_numpy(),
                "place": np.arange(len(assessments)),
            }
        )
        .astype({"household_id": "str"})
        .sort_values("due", kind="stable")
    )
    seen = known.astype({"household_id": "str", "followup_date": "datetime64[s]"})
    nearest = pd.merge_asof(
        due,
        seen,
        left_on="due",
        right_on="followup_date",
        by="household_id",
        direction="nearest",
        tolerance=pd.Timedelta(days=visit.tolerance_days),
    )
    outcome = np.full(len(assessments), np.nan)
    outcome[nearest["place"].to_numpy()] = nearest["good"].to_numpy()
    return outcome


def _combine(outcomes: np.ndarray, due: np.ndarray, label: LabelParams) -> pd.DataFrame:
    required = np.array([visit.required for visit in label.visits])
    complete = ~np.isnan(outcomes[:, required]).any(axis=1)
    failed = (outcomes == 0).any(axis=1)
    settled = complete | (failed & label.early_failure_counts)
    value = np.where(failed, 0.0, 1.0)
    # Maturity: a cohort whose horizon is not over would show its failures and hide its successes.
    labelled = settled & due
    status = np.select([labelled, ~due], [LABELLED, NOT_DUE], LOST)
    reason = np.select(
        [~due, labelled & ~failed, labelled & failed],
        ["horizon_not_over", "good_at_every_visit", "bad_at_a_visit"],
        "visit_missing",
    )
    return pd.DataFrame({"label": np.where(labelled, value, np.nan), "label_status": status, "label_reason": reason})
