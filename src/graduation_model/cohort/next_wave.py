"""Labels that stand in until sustained exits are known: how a family stood a wave later, and what people decided.

In: everybody's assessments, the follow-ups and decisions known by a date. Out: 1, 0 or missing for each assessment.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from graduation_model.cohort.dates import wave_of
from graduation_model.cohort.decided import decision_after
from graduation_model.cohort.observations import observations, outcome_met
from graduation_model.cohort.params import LabelParams
from graduation_model.contract.schemas import DEFERRED, GRADUATED, RETAINED


def next_wave_status(
    rows: pd.DataFrame,
    assessments: pd.DataFrame,
    followups: pd.DataFrame,
    wave_ends: Sequence[pd.Timestamp],
    *,
    label: LabelParams,
    decisions: pd.DataFrame | None = None,
) -> np.ndarray:
    """Return the status of each row's family in the wave after its own.

    Parameters
    ----------
    rows : frame (n, ...)
        Assessments to label: household_id, assessment_date.
    assessments, followups, decisions : frame
        What is known; whatever is dated after the last wave end is not looked at. Follow-ups count where
        `label.next_wave_followups` says so.
    wave_ends : sequence of Timestamp
        Ascending; see `wave_of`.
    label : LabelParams
        `status_now` is the outcome at an assessment; at a follow-up it is what the label says of one visit.

    Returns
    -------
    array (n,)
        1.0, 0.0, or NaN where the family was not seen in the next wave, or left the programme in between: life without
        aid and life with it are not one label.
    """
    seen = _observations(assessments, followups, wave_ends, label)
    ids = rows["household_id"].astype("str").to_numpy()
    wanted = pd.DataFrame({"household_id": ids, "wave": wave_of(rows["assessment_date"], wave_ends) + 1})
    found = wanted.merge(seen, on=["household_id", "wave"], how="left")
    status = found["good"].to_numpy(dtype=float, copy=True)
    if decisions is not None and len(decisions):
        decided = decision_after(
            rows, decisions, known_by=wave_ends[-1], within_months=label.clock.within_months, every=assessments
        )
        left = decided["decision"].notna() & ~decided["decision"].isin([RETAINED, DEFERRED])
        status[left.to_numpy() & (decided["effective_date"].to_numpy() <= found["date"].to_numpy())] = np.nan
    return status


def imitation_label(
    rows: pd.DataFrame,
    assessments: pd.DataFrame,
    decisions: pd.DataFrame | None,
    *,
    known_by: pd.Timestamp,
    label: LabelParams,
) -> np.ndarray:
    """Return what people decided after each assessment: 1.0 graduated, 0.0 retained, NaN neither.

    It says what people did, and not what became of the family.

    Parameters
    ----------
    rows, assessments : frame
        Assessments to label, and all of them: a decision made after a family's next one belongs to that.
    decisions : frame or None
    known_by
        Decisions dated later do not exist yet.
    label : LabelParams
        `clock.within_months` bounds how late a decision may be.
    """
    if decisions is None or decisions.empty:
        return np.full(len(rows), np.nan)
    decided = decision_after(
        rows, decisions, known_by=known_by, within_months=label.clock.within_months, every=assessments
    )["decision"]
    return decided.map({GRADUATED: 1.0, RETAINED: 0.0}).to_numpy(dtype=float)


def _observations(
    assessments: pd.DataFrame, followups: pd.DataFrame, wave_ends: Sequence[pd.Timestamp], label: LabelParams
) -> pd.DataFrame:
    """The last good or bad status of every family in every wave; of one day, the assessment's."""
    status = outcome_met(assessments[label.status_now.question], label.status_now)
    parts = [
        pd.DataFrame(
            {
                "household_id": assessments["household_id"].astype("str").to_numpy(),
                "date": assessments["assessment_date"].to_numpy(dtype="datetime64[s]"),
                "good": status,
            }
        )
    ]
    if label.next_wave_followups and len(followups):
        visits = observations(followups, known_by=wave_ends[-1], label=label)
        good = np.select([visits["good"], visits["bad"] != ""], [1.0, 0.0], np.nan)
        parts.insert(0, visits[["household_id", "date"]].assign(good=good))
    seen = pd.concat(parts, ignore_index=True).dropna(subset="good")
    seen = seen[(seen["date"] <= wave_ends[-1]).to_numpy()].sort_values("date", kind="stable")
    seen = seen.assign(wave=wave_of(seen["date"], wave_ends))
    return seen.drop_duplicates(["household_id", "wave"], keep="last")
