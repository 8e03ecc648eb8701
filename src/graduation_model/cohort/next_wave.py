"""What was seen of a family one wave later: the label that a programme has before it has followed anybody up.

In: everybody's assessments, the follow-ups and decisions known by a date. Out: 1, 0 or missing for each assessment.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from graduation_model.cohort.dates import wave_of
from graduation_model.cohort.labels import outcome_met
from graduation_model.cohort.params import Condition, LabelParams
from graduation_model.errors import DataError


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
        `status_now` is the outcome at an assessment, `outcome` that at a follow-up.

    Returns
    -------
    array (n,)
        1.0, 0.0, or NaN where the family was not seen in the next wave, or left the programme in between
        (`label.graduated`): life without aid and life with it are not one label.
    """
    seen = _observations(assessments, followups, wave_ends, label)
    wave = wave_of(rows["assessment_date"], wave_ends)
    wanted = pd.DataFrame({"household_id": rows["household_id"].to_numpy(), "wave": wave + 1})
    found = wanted.merge(seen, on=["household_id", "wave"], how="left")
    status = found["good"].to_numpy(dtype=float, copy=True)
    status[_left_between(rows, found["date"], decisions, label)] = np.nan
    return status


def imitation_label(rows: pd.DataFrame, decisions: pd.DataFrame, until: pd.Timestamp, label: LabelParams) -> np.ndarray:
    """Return what people decided after each assessment: 1.0 graduated, 0.0 something else, NaN nothing.

    It says what people did, and not what became of the family.

    Parameters
    ----------
    rows : frame (n, ...)
        household_id, assessment_date.
    decisions : frame
        household_id, decision_date, and the question of `label.graduated`.
    until : Timestamp
        Decisions dated later are another round's.
    """
    if label.graduated is None or decisions.empty:
        return np.full(len(rows), np.nan)
    _check_decisions(decisions, label.graduated)
    made = decisions.assign(good=decisions[label.graduated.question].isin(label.graduated.is_one_of).astype(float))
    next_one = _first_after(rows, made.rename(columns={"decision_date": "date"})[["household_id", "date", "good"]])
    in_time = (next_one["date"] <= until).to_numpy()
    return np.where(in_time, next_one["good"].to_numpy(dtype=float), np.nan)


def _observations(
    assessments: pd.DataFrame, followups: pd.DataFrame, wave_ends: Sequence[pd.Timestamp], label: LabelParams
) -> pd.DataFrame:
    """The last good or bad status of every family in every wave; an assessment before a follow-up of the same day."""
    parts = []
    if label.next_wave_followups and len(followups):
        kept = followups
        if label.interviewed is not None:
            kept = followups[followups[label.interviewed.question].isin(label.interviewed.is_one_of).to_numpy()]
        parts.append(_dated(kept, "followup_date", outcome_met(kept[label.outcome.question], label.outcome)))
    status = outcome_met(assessments[label.status_now.question], label.status_now)
    parts.append(_dated(assessments, "assessment_date", status))
    seen = pd.concat(parts, ignore_index=True).dropna(subset="good")
    seen = seen[(seen["date"] <= wave_ends[-1]).to_numpy()].sort_values("date", kind="stable")
    seen = seen.assign(wave=wave_of(seen["date"], wave_ends))
    return seen.drop_duplicates(["household_id", "wave"], keep="last")


def _dated(table: pd.DataFrame, date: str, good: np.ndarray) -> pd.DataFrame:
    ids = table["household_id"].astype("str").to_numpy()
    return pd.DataFrame({"household_id": ids, "date": table[date].astype("datetime64[s]").to_numpy(), "good": good})


def _left_between(
    rows: pd.DataFrame, seen: pd.Series, decisions: pd.DataFrame | None, label: LabelParams
) -> np.ndarray:
    if label.graduated is None or decisions is None or decisions.empty:
        return np.zeros(len(rows), dtype=bool)
    _check_decisions(decisions, label.graduated)
    left = decisions[decisions[label.graduated.question].isin(label.graduated.is_one_of).to_numpy()]
    next_one = _first_after(rows, left.rename(columns={"decision_date": "date"})[["household_id", "date"]])
    return (next_one["date"].to_numpy() <= seen.to_numpy()) & next_one["date"].notna().to_numpy()


def _check_decisions(decisions: pd.DataFrame, graduated: Condition) -> None:
    missing = sorted({"household_id", "decision_date", graduated.question} - set(decisions.columns))
    if missing:
        raise DataError(
            f"Columns are missing: {', '.join(missing)}", where="decisions", mend="Add them, or mend label.graduated"
        )


def _first_after(rows: pd.DataFrame, dated: pd.DataFrame) -> pd.DataFrame:
    """The first of the dated things of each row's family after its assessment, in the order of the rows."""
    asked = pd.DataFrame(
        {
            "household_id": rows["household_id"].astype("str").to_numpy(),
            "assessed": rows["assessment_date"].astype("datetime64[s]").to_numpy(),
            "place": np.arange(len(rows)),
        }
    ).sort_values("assessed", kind="stable")
    things = dated.assign(household_id=dated["household_id"].astype("str"), date=dated["date"].astype("datetime64[s]"))
    found = pd.merge_asof(
        asked,
        things.sort_values("date", kind="stable"),
        left_on="assessed",
        right_on="date",
        by="household_id",
        direction="forward",
        allow_exact_matches=False,
    )
    return found.sort_values("place", ignore_index=True)
