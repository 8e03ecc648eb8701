"""What people decided after an assessment, and from when it holds: assessments and decisions in, the pairs out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from graduation_model.cohort.dates import months_after
from graduation_model.contract.schemas import DEFERRED

COLUMNS = {
    "decision": "str",
    "exit_kind": "str",
    "decision_date": "datetime64[s]",
    "effective_date": "datetime64[s]",
}


def decision_after(
    assessments: pd.DataFrame,
    decisions: pd.DataFrame,
    *,
    known_by: pd.Timestamp,
    within_months: int,
    every: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the decision that followed each assessment: made on or after it, before the next one, within some months.

    A decision that was put off gives way to a later one that settles the matter.

    Parameters
    ----------
    assessments : frame (n, ...)
        With household_id and assessment_date.
    decisions : frame
        As `contract.schemas` says; may be empty.
    known_by
        Decisions dated later do not exist yet.
    every : frame, optional
        All assessments, among which the next one is looked up; those of `assessments` where it is left out.

    Returns
    -------
    frame (n, 4)
        decision, exit_kind (the kind of graduation, or the decision where it names none), decision_date,
        effective_date; missing where nothing was decided. The index of `assessments`.
    """
    if decisions.empty:
        nothing = {name: pd.Series(None, index=assessments.index, dtype=dtype) for name, dtype in COLUMNS.items()}
        return pd.DataFrame(nothing)
    known = decisions[(decisions["decision_date"] <= pd.Timestamp(known_by)).to_numpy()]
    table = pd.DataFrame(
        {
            "household_id": known["household_id"].astype("str"),
            "decision_date": known["decision_date"].astype("datetime64[s]"),
            "effective_date": known["effective_date"].astype("datetime64[s]"),
            "decision": known["decision"].astype("str"),
            "exit_kind": known["graduation_kind"].astype("str").where(known["graduation_kind"].notna(), None),
        }
    ).sort_values("decision_date", kind="stable")
    table["exit_kind"] = table["exit_kind"].fillna(table["decision"])
    asked = _asked(assessments, assessments if every is None else every, within_months)
    put_off = (table["decision"] == DEFERRED).to_numpy()
    settled, deferred = (_first(asked, part) for part in (table[~put_off], table[put_off]))
    found = settled.where(settled["decision"].notna(), deferred)
    return found.set_axis(assessments.index)[list(COLUMNS)].astype(COLUMNS)


def _asked(assessments: pd.DataFrame, every: pd.DataFrame, within_months: int) -> pd.DataFrame:
    """Each assessment with the last day on which its decision can be made, in order of dates."""
    keys = ["household_id", "assessment_date"]
    dates = every[keys].drop_duplicates().sort_values(keys)
    dates["next"] = dates.groupby("household_id", sort=False)["assessment_date"].shift(-1)
    asked = assessments[keys].merge(dates, on=keys, how="left", validate="many_to_one")
    latest = months_after(asked["assessment_date"], within_months)
    day_before = asked["next"] - pd.Timedelta(days=1)
    asked["latest"] = latest.where(~(day_before < latest), day_before)
    asked["place"] = np.arange(len(asked))
    return asked.astype({"household_id": "str", "assessment_date": "datetime64[s]"}).sort_values(
        "assessment_date", kind="stable"
    )


def _first(asked: pd.DataFrame, decisions: pd.DataFrame) -> pd.DataFrame:
    found = pd.merge_asof(
        asked,
        decisions,
        left_on="assessment_date",
        right_on="decision_date",
        by="household_id",
        direction="forward",
    ).sort_values("place", ignore_index=True)
    return found[list(COLUMNS)].where(found["decision_date"] <= found["latest"])
