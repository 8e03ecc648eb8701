"""What became of families after a decision, as far as anybody saw it: tables and a day in, a row a decision out.

The label says one thing by one horizon. This says when it was seen, for as long as visits are made: the first failure
and the last day before it on which all was well, since a visit finds what happened some day before.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from graduation_model.cohort.clocks import beside_clocks, first_events
from graduation_model.cohort.dates import months_after
from graduation_model.cohort.labels import label_assessments
from graduation_model.cohort.observations import observations, reentries
from graduation_model.cohort.params import LabelParams, Visit


def after_decisions(
    assessments: pd.DataFrame,
    decisions: pd.DataFrame,
    followups: pd.DataFrame,
    *,
    known_by: pd.Timestamp,
    label: LabelParams,
    visits: Sequence[Visit],
) -> pd.DataFrame:
    """Return every decision after an assessment, with what was seen of its family until a day.

    Parameters
    ----------
    assessments, decisions, followups : frame
        Typed tables; what is dated after `known_by` is not looked at.
    visits : sequence of Visit
        Every visit that is made, those of the label and further ones; what is seen outside of their windows does not
        count, as it does not for the label.

    Returns
    -------
    frame
        household_id, assessment_date, row (position among `assessments`); the columns of `label_assessments`;
        failed, failure (the first bad outcome and its question, ''), ended, ending (a competing event before any
        failure, ''), good_until (the last good visit before a failure, or at all). Then the same by round, in months of
        `visits`, since nobody knows the day between two visits on which a family fell back, and since families that
        are visited early in a round must not leave it before the others are: failed_month, ended_month, good_month (0:
        none), missed_month (the first round after the last good one that is over and says nothing), over_month (the
        last round that is over). Missing where nothing happened.
    """
    known = assessments[(assessments["assessment_date"] <= known_by).to_numpy()].reset_index(drop=True)
    labels = label_assessments(known, followups, known_by=known_by, label=label, decisions=decisions)
    rows = np.flatnonzero(labels["decision"].notna().to_numpy())
    table = labels.iloc[rows].reset_index(drop=True)
    table.insert(0, "row", rows)
    for place, name in enumerate(("household_id", "assessment_date")):
        table.insert(place, name, known[name].to_numpy()[rows])
    clocks = pd.DataFrame({"household_id": table["household_id"].astype("str"), "start": table["effective_date"].array})
    seen = beside_clocks(clocks, observations(followups, known_by=known_by, label=label))
    seen = seen[_in_a_window(seen, visits)]
    back = beside_clocks(clocks, reentries(followups, known_by=known_by, reentry=label.reentry))
    back = back[(back["counts"] & (back["date"] <= _closes(back["start"], visits).max(axis=1))).to_numpy()]
    n = len(clocks)
    failed, failure = first_events(
        n,
        seen[(seen["bad"] != "").to_numpy()].rename(columns={"bad": "what"}),
        back.assign(what=label.reentry.question if label.reentry else ""),
    )
    ended, ending = first_events(n, seen[(seen["competing"] != "").to_numpy()].rename(columns={"competing": "what"}))
    good_until = _good_until(seen, failed)
    # NaT is before and after nothing. Who was met well later had not left for good.
    over = ~np.isnat(ended) & ~(failed <= ended) & ~(good_until > ended)
    table = table.assign(
        failed=np.where(over, np.datetime64("NaT", "s"), failed),
        failure=np.where(over, "", failure),
        good_until=good_until,
        ended=np.where(over, ended, np.datetime64("NaT", "s")),
        ending=np.where(over, ending, ""),
    )
    return pd.concat([table, _rounds(table, visits, known_by)], axis=1)


def _closes(start: pd.Series, visits: Sequence[Visit]) -> pd.DataFrame:
    """The last day of each visit's window (n, v)."""
    ends = [months_after(start, visit.months) + pd.Timedelta(days=visit.tolerance_days) for visit in visits]
    return pd.concat(ends, axis=1, keys=range(len(visits))).astype("datetime64[s]")


def _in_a_window(seen: pd.DataFrame, visits: Sequence[Visit]) -> np.ndarray:
    inside = np.zeros(len(seen), dtype=bool)
    for visit in visits:
        late = seen["date"] - months_after(seen["start"], visit.months).astype("datetime64[s]")
        inside |= (late.abs() <= pd.Timedelta(days=visit.tolerance_days)).to_numpy()
    return inside


def _good_until(seen: pd.DataFrame, failed: np.ndarray) -> np.ndarray:
    good = seen[seen["good"].to_numpy()]
    before = ~(good["date"].to_numpy() > failed[good["place"].to_numpy()])
    last = good[before].drop_duplicates("place", keep="last").set_index("place")["date"]
    return last.reindex(range(len(failed))).to_numpy(dtype="datetime64[s]")


def _rounds(table: pd.DataFrame, visits: Sequence[Visit], known_by: pd.Timestamp) -> pd.DataFrame:
    """In which round each event was found, in months."""
    months = np.array([visit.months for visit in visits], dtype=float)
    closes = _closes(table["effective_date"], visits).to_numpy()
    opens = closes - np.array([np.timedelta64(2 * visit.tolerance_days, "D") for visit in visits])
    good = table["good_until"].to_numpy()[:, None]
    seen = np.where((good >= opens) & (good <= closes), months, 0.0).max(axis=1)
    failed, ended = (_round(table[name].to_numpy(), closes, months, seen) for name in ("failed", "ended"))
    over = np.where(closes <= np.datetime64(known_by), months, np.nan)
    settled = ~(np.isnan(failed) & np.isnan(ended))
    missed = np.where((over > seen[:, None]) & ~settled[:, None], months, np.inf).min(axis=1)
    return pd.DataFrame(
        {
            "failed_month": failed,
            "ended_month": ended,
            "good_month": seen,
            "missed_month": np.where(np.isinf(missed), np.nan, missed),
            "over_month": np.nan_to_num(over).max(axis=1),
        }
    )


def _round(dates: np.ndarray, closes: np.ndarray, months: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """The first round after the last good one whose window had not closed before a day; NaN without a day."""
    possible = (dates[:, None] <= closes) & (months > seen[:, None])
    first = np.where(possible, months, np.inf).min(axis=1)
    return np.where(np.isinf(first), np.where(np.isnat(dates), np.nan, months.max()), first)
