"""Decisions and the follow-ups known by a day in; every visit that is due, with its window and how it stands, out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from graduation_model.cohort.cohorts import latest_rows
from graduation_model.cohort.dates import months_after, months_before
from graduation_model.cohort.decided import decision_after
from graduation_model.cohort.params import CohortParams, Condition, LabelParams, Visit
from graduation_model.contract.schemas import DEFERRED, RETAINED
from graduation_model.followup.params import FollowUpParams
from graduation_model.followup.visitors import assign_visitors

# How a visit stands: the family was met; it moved out or died before; somebody set out in vain and can try again, or no
# longer can; the window is not open; it is; its middle is past; it closed, and nobody had set out.
VISITED, ENDED, AGAIN, NOT_MET = "visited", "ended", "again", "not_met"
UPCOMING, OPEN, OVERDUE, MISSED = "upcoming", "open", "overdue", "missed"
DUE = (OVERDUE, AGAIN, OPEN, UPCOMING, VISITED, NOT_MET, MISSED, ENDED)
TO_DO = (OVERDUE, AGAIN, OPEN, UPCOMING)
PROPOSED = "proposed"  # a decision that the list expects, and nobody has made yet
COLUMNS = (
    "household_id", "decision", "effective_date", "months", "due_date", "opens", "closes", "status", "followup_date",
    "followup_status", "proposer", "visitor", "visitor_from", "listed",
)  # fmt: skip


def due_visits(
    assessments: pd.DataFrame,
    decisions: pd.DataFrame,
    followups: pd.DataFrame,
    *,
    as_of: pd.Timestamp,
    cohort: CohortParams,
    label: LabelParams,
    params: FollowUpParams,
    proposer: str,
    visitor: str,
    expected: tuple[Sequence[str], pd.Timestamp] | None = None,
) -> pd.DataFrame:
    """Return every visit after every decision that is followed.

    Parameters
    ----------
    assessments, decisions, followups : frame
        Typed tables; what is dated after `as_of` is not looked at.
    as_of
        The day on which the list is made.
    proposer, visitor : str
        Columns of the assessments and of the follow-ups: who assessed, who visited.
    expected : tuple, optional
        Families of a list on whom nobody decided yet, and the day from which their decision is expected to hold.

    Returns
    -------
    frame
        `COLUMNS` and the areas of `params`; a row a family, decision and visit, sorted by
        list, day and family. `listed`: it stands on the list to be done. Visitors are given to the visits that are
        still to be made.
    """
    known = assessments[(assessments["assessment_date"] <= as_of).to_numpy()].reset_index(drop=True)
    made = followups[(followups["followup_date"] <= as_of).to_numpy()]
    clocks = _clocks(known, decisions, made, as_of=as_of, label=label, params=params, expected=expected)
    areas = list(dict.fromkeys((*params.within, params.list_by, params.village)))
    own = known.iloc[clocks["row"].to_numpy()]
    clocks = pd.concat([clocks.drop(columns="row"), own[areas].reset_index(drop=True)], axis=1).assign(
        proposer=own[proposer].astype("str").to_numpy()
    )
    visits = _while_it_lasts(_every_visit(clocks, params.visits(label)), decisions, as_of)
    visits = visits.join(_attempts(visits, made, label))
    visits["status"] = _status(visits, as_of)
    visits["listed"] = visits["status"].isin(TO_DO) & (visits["opens"] <= as_of + pd.Timedelta(days=params.ahead_days))
    still = visits["status"].isin(TO_DO)
    staff = _staff(known, as_of, cohort, proposer, areas)
    families = clocks.loc[np.unique(visits.loc[still, "clock"])]
    families = families.assign(before=_visited_before(families, made, known, proposer, visitor))
    given = assign_visitors(families, staff, within=params.within)
    visits = visits.join(given, on="clock")
    visits.loc[~still, ["visitor", "visitor_from"]] = None
    order = [params.list_by, "due_date", "household_id", "months"]
    return visits.sort_values(order, kind="stable", ignore_index=True)[[*COLUMNS, *areas]]


def _clocks(
    known: pd.DataFrame,
    decisions: pd.DataFrame,
    made: pd.DataFrame,
    *,
    as_of: pd.Timestamp,
    label: LabelParams,
    params: FollowUpParams,
    expected: tuple[Sequence[str], pd.Timestamp] | None,
) -> pd.DataFrame:
    """Each family and decision that is followed: row (of the assessment), household_id, decision, effective_date."""
    decided = decision_after(known, decisions, known_by=as_of, within_months=label.clock.within_months)
    decided = decided.assign(row=np.arange(len(known)), household_id=known["household_id"].astype("str"))
    compared = decided[(decided["decision"] == RETAINED).to_numpy()]
    followed = decided["decision"].isin(label.clock.followed).to_numpy()
    parts = [decided[followed], _compared(compared, made, label, params)]
    if expected is not None:
        households, effective = expected
        last = decided.iloc[latest_rows(known, as_of)]
        undecided = last[(last["decision"].isna() & last["household_id"].isin(households)).to_numpy()]
        parts.append(undecided.assign(decision=PROPOSED, effective_date=np.datetime64(effective, "s")))
    table = pd.concat(parts)[["row", "household_id", "decision", "effective_date"]]
    return table.sort_values(["effective_date", "household_id"], kind="stable", ignore_index=True)


def _compared(retained: pd.DataFrame, made: pd.DataFrame, label: LabelParams, params: FollowUpParams) -> pd.DataFrame:
    """The comparison sample: whom somebody visits already; of decisions after which nobody does, a share by lot."""
    every = _every_visit(retained[["household_id", "effective_date"]], label.visits)
    found = _attempts(every, made, label)["followup_date"].notna()
    visited = retained.index.isin(every.loc[found, "clock"])
    begun = retained["effective_date"].isin(retained.loc[visited, "effective_date"])
    return retained[visited | (~begun & (_lot(retained) < params.comparison)).to_numpy()]


def _lot(families: pd.DataFrame) -> np.ndarray:
    """A number in [0, 1) for each family and decision, the same for whoever draws."""
    text = families["household_id"].astype("object") + families["effective_date"].dt.strftime(" %Y-%m-%d")
    return pd.util.hash_array(text.to_numpy(dtype=object)) / 2.0**64


def _every_visit(clocks: pd.DataFrame, visits: Sequence[Visit]) -> pd.DataFrame:
    """A row a clock and visit: the clock's columns, `clock` (its index), months, due_date, opens, closes."""
    parts = []
    for visit in visits:
        due, around = months_after(clocks["effective_date"], visit.months), pd.Timedelta(days=visit.tolerance_days)
        dates = {"due_date": due, "opens": due - around, "closes": due + around}
        parts.append(clocks.assign(clock=clocks.index, months=visit.months, **dates))
    dates = dict.fromkeys(("due_date", "opens", "closes"), "datetime64[s]")
    return pd.concat(parts, ignore_index=True).astype(dates)


def _while_it_lasts(visits: pd.DataFrame, decisions: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Without the visits of the comparison sample that open once the family has left: it compares no longer."""
    left = decisions[(decisions["decision_date"] <= as_of) & ~decisions["decision"].isin([RETAINED, DEFERRED])]
    first = left.sort_values("effective_date").drop_duplicates("household_id").set_index("household_id")
    gone = first["effective_date"].reindex(visits["household_id"]).to_numpy() <= visits["opens"].to_numpy()
    return visits[~(gone & (visits["decision"] == RETAINED))].reset_index(drop=True)


def _attempts(visits: pd.DataFrame, made: pd.DataFrame, label: LabelParams) -> pd.DataFrame:
    """What came of each visit: followup_date (missing: nobody set out), followup_status, met, ended_before.

    Of several attempts in one window the one that met the family counts, else the last.
    """
    keys = visits[["household_id", "opens", "closes"]].assign(place=visits.index)
    rows = pd.DataFrame(
        {
            "household_id": made["household_id"].astype("str"),
            "followup_date": made["followup_date"].astype("datetime64[s]"),
            "followup_status": _status_of(made, label),
            "met": _holds(made, label.interviewed, otherwise=True),
            "over": _holds(made, label.competing, otherwise=False),
        }
    ).sort_values(["met", "followup_date"], kind="stable")
    pairs = keys.merge(rows, on="household_id")
    over = pairs.loc[pairs["over"] & (pairs["followup_date"] < pairs["opens"]), "place"]
    within = (pairs["followup_date"] >= pairs["opens"]) & (pairs["followup_date"] <= pairs["closes"])
    best = pairs[within].drop_duplicates("place", keep="last").set_index("place")
    found = best.reindex(visits.index)[["followup_date", "followup_status"]]
    return found.assign(met=visits.index.isin(best.index[best["met"]]), ended_before=visits.index.isin(over))


def _status_of(made: pd.DataFrame, label: LabelParams) -> pd.Series:
    if label.interviewed is None:
        return pd.Series(None, index=made.index, dtype="str")
    return made[label.interviewed.question].astype("object").astype("str")


def _holds(made: pd.DataFrame, condition: Condition | None, *, otherwise: bool) -> np.ndarray:
    if condition is None:
        return np.full(len(made), otherwise)
    return made[condition.question].isin(condition.is_one_of).to_numpy(dtype=bool)


def _status(visits: pd.DataFrame, as_of: pd.Timestamp) -> np.ndarray:
    tried, closed = visits["followup_date"].notna(), visits["closes"] < as_of
    rules = [
        (visits["met"], VISITED),
        (visits["ended_before"], ENDED),
        (tried & closed, NOT_MET),
        (tried, AGAIN),
        (closed, MISSED),
        (visits["due_date"] < as_of, OVERDUE),
        (visits["opens"] <= as_of, OPEN),
    ]
    return np.select([np.asarray(holds, dtype=bool) for holds, _ in rules], [name for _, name in rules], UPCOMING)


def _staff(
    known: pd.DataFrame, as_of: pd.Timestamp, cohort: CohortParams, proposer: str, areas: Sequence[str]
) -> pd.DataFrame:
    """Who assessed families in the last wave, and where."""
    newest = min(known["assessment_date"].max(), as_of)
    recent = known[(known["assessment_date"] > months_before(newest, cohort.assessment_max_age_months)).to_numpy()]
    staff = recent[[proposer, *areas]].dropna(subset=proposer).drop_duplicates(ignore_index=True)
    return staff.rename(columns={proposer: "facilitator_id"})


def _visited_before(
    families: pd.DataFrame, made: pd.DataFrame, known: pd.DataFrame, proposer: str, visitor: str
) -> np.ndarray:
    """Who last visited each family after its decision and never assessed it; missing where nobody did."""
    if visitor not in made:
        return np.full(len(families), None, dtype=object)
    seen = made[["household_id", "followup_date", visitor]].dropna()
    keys = families[["household_id", "effective_date"]].assign(place=np.arange(len(families)))
    pairs = keys.merge(seen, on="household_id")
    assessed = pd.MultiIndex.from_frame(known[["household_id", proposer]].drop_duplicates())
    other = ~pd.MultiIndex.from_frame(pairs[["household_id", visitor]]).isin(assessed)
    pairs = pairs[(pairs["followup_date"] > pairs["effective_date"]) & other].sort_values("followup_date")
    last = pairs.drop_duplicates("place", keep="last").set_index("place")[visitor]
    return last.reindex(range(len(families))).to_numpy(dtype=object)
