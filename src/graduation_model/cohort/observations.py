"""What each follow-up says of a family: typed answers in; good, bad and why, or why it is not known, out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from graduation_model.cohort.params import Condition, LabelParams, Outcome, ReEntry

BAD_OUTCOME = "bad_at_a_visit"
ANSWER_MISSING, OTHER_MEASURE = "answer_missing", "measured_otherwise"


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


def observations(followups: pd.DataFrame, *, known_by: pd.Timestamp, label: LabelParams) -> pd.DataFrame:
    """Return what every follow-up known by a date says.

    Returns
    -------
    frame (n_followups, 7)
        household_id, date, good (bool), bad (the question that failed, or ''), why (there is neither, or ''), competing
        (the event, or ''), independent (bool).
    """
    known = followups[(followups["followup_date"] <= pd.Timestamp(known_by)).to_numpy()]
    met = _holds(known, label.interviewed, otherwise=True)
    measured = _holds(known, label.measured_by, otherwise=True)
    outcome = np.where(met & measured, outcome_met(known[label.outcome.question], label.outcome), np.nan)
    bad = np.where(outcome == 0, BAD_OUTCOME, "").astype(object)
    complete = met & ~np.isnan(outcome)
    for failure in label.failures:
        bad[met & (bad == "") & _holds(known, failure)] = failure.question
        complete &= known[failure.question].notna().to_numpy()
    if label.reentry is not None:  # absence of a record is no success
        complete &= known[label.reentry.question].notna().to_numpy()
    why = np.where(met & ~measured, OTHER_MEASURE, ANSWER_MISSING).astype(object)
    if label.interviewed is not None:
        why = np.where(met, why, _text(known, label.interviewed.question))
    happened = _holds(known, label.competing)
    return pd.DataFrame(
        {
            "household_id": known["household_id"].astype("str").to_numpy(),
            "date": known["followup_date"].to_numpy(dtype="datetime64[s]"),
            "good": complete & (bad == ""),
            "bad": bad,
            "why": np.where(complete | (bad != ""), "", why),
            "competing": np.where(happened, _text(known, label.competing.question), "") if label.competing else "",
            "independent": _holds(known, label.independent),
        }
    )


def reentries(followups: pd.DataFrame, *, known_by: pd.Timestamp, reentry: ReEntry | None) -> pd.DataFrame:
    """Return every re-entry known by a date, met or not.

    Returns
    -------
    frame (n, 4)
        household_id, date (its own, else that of the visit which told of it), counts (bool: for a reason that is a
        failure), unexplained (bool: no reason is known).
    """
    if reentry is None:
        empty = {"household_id": "str", "date": "datetime64[s]", "counts": "bool", "unexplained": "bool"}
        return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in empty.items()})
    known = followups["followup_date"] <= pd.Timestamp(known_by)
    told = followups[(known & (followups[reentry.question] == "yes")).to_numpy(dtype=bool)]
    return pd.DataFrame(
        {
            "household_id": told["household_id"].astype("str"),
            "date": told[reentry.date].fillna(told["followup_date"]).astype("datetime64[s]"),
            "counts": told[reentry.reason].isin(reentry.counts).to_numpy(dtype=bool),
            "unexplained": told[reentry.reason].isna().to_numpy(dtype=bool),
        }
    )


def _holds(rows: pd.DataFrame, condition: Condition | None, *, otherwise: bool = False) -> np.ndarray:
    if condition is None:
        return np.full(len(rows), otherwise)
    return rows[condition.question].isin(condition.is_one_of).to_numpy(dtype=bool)


def _text(rows: pd.DataFrame, question: str) -> np.ndarray:
    return rows[question].astype("object").fillna(ANSWER_MISSING).to_numpy(dtype=object)
