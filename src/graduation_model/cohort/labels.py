"""Labels: what became of a family by the horizon, as the programme's file declares it, and what is not known.

In: assessments, the decisions after them, follow-ups. Out: for each assessment 1, 0 or missing, with the reason.
Unknown is never filled. Absorbing failure, maturity, competing events and excluded exits: docs/decisions/0014.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from graduation_model.cohort.clocks import NEVER, beside_clocks, first_events
from graduation_model.cohort.dates import months_after
from graduation_model.cohort.decided import decision_after
from graduation_model.cohort.observations import observations, outcome_met, reentries
from graduation_model.cohort.params import LabelParams

__all__ = ["EXCLUDED", "LABELLED", "LOST", "NOT_DUE", "label_assessments", "outcome_met"]

LABELLED, NOT_DUE, LOST, EXCLUDED = "labelled", "not_due", "lost", "excluded"
GOOD, NO_VISIT = "good_at_every_visit", "visit_missing"
NOT_OVER, NOT_DECIDED, NOT_FOLLOWED = "horizon_not_over", "not_decided", "not_followed"
UNEXPLAINED = "reentry_without_reason"
QUALITY_A, QUALITY_B = "A", "B"


def label_assessments(
    assessments: pd.DataFrame,
    followups: pd.DataFrame,
    *,
    known_by: pd.Timestamp,
    label: LabelParams,
    decisions: pd.DataFrame | None = None,
    every: pd.DataFrame | None = None,
    visited_is_due: bool = False,
) -> pd.DataFrame:
    """Label each assessment with what was known by a date.

    Parameters
    ----------
    assessments : frame (n, ...)
        With household_id and assessment_date.
    followups : frame
        With household_id, followup_date and the questions that the label names.
    known_by
        Follow-ups and decisions dated later do not exist yet.
    label
        The programme's declaration.
    decisions : frame, optional
        As `contract.schemas` says.
    every : frame, optional
        All assessments: a decision made after a family's next one belongs to that.
    visited_is_due
        Whether a family is due as soon as somebody set out for its last visit. Only a test on a folder that ends in the
        middle of a round may say so; without it every window must be over.

    Returns
    -------
    frame (n, 14)
        label (1.0, 0.0, NaN), label_status, label_reason, label_quality (A, B, missing), failure_date, complete (every
        required visit is known), throughout (those not required, too), good_at_required (every required visit is good),
        in_register (came back by the horizon, whoever was visited), label_due (the day by which the last visit is
        certainly over), and decision, exit_kind, decision_date, effective_date; the index of `assessments`.
    """
    decided = decision_after(
        assessments,
        pd.DataFrame() if decisions is None else decisions,
        known_by=known_by,
        within_months=label.clock.within_months,
        every=every,
    )
    by_decision = label.clock.starts == "decision"
    start = decided["effective_date"] if by_decision else assessments["assessment_date"].astype("datetime64[s]")
    families = pd.DataFrame(
        {"household_id": assessments["household_id"].astype("str").to_numpy(), "start": start.array}
    )
    found = _found(families, followups, pd.Timestamp(known_by), label)
    due = _due_dates(families["start"], label)
    over = (due <= pd.Timestamp(known_by)).to_numpy()
    if visited_is_due:
        over = over | found.visited[:, _required(label)].all(axis=1)
    followed = found.visited.any(axis=1) | decided["decision"].isin(label.clock.followed).to_numpy()
    table = _combine(found, over, followed | (not by_decision), decided["exit_kind"], label)
    table["label_due"] = due.to_numpy()
    return pd.concat([table.set_index(assessments.index), decided], axis=1)


@dataclass(frozen=True)
class _Found:
    """What the follow-ups of n families say of v visits.

    Attributes
    ----------
    good, bad, visited, independent : bool array (n, v)
        `visited`: somebody set out. A visit that is neither good nor bad is not known.
    why : text array (n,)
        Why the last required visit is not known.
    failed : datetime array (n,), failure : text array (n,)
        The first failure, and which.
    ended : datetime array (n,), ending : text array (n,)
        The first competing event, and which.
    reentered : bool array (n,)
        Came back by the horizon for a reason that counts.
    unexplained : bool array (n,)
        Came back, and nobody knows for what.
    """

    good: np.ndarray
    bad: np.ndarray
    visited: np.ndarray
    independent: np.ndarray
    why: np.ndarray
    failed: np.ndarray
    failure: np.ndarray
    ended: np.ndarray
    ending: np.ndarray
    reentered: np.ndarray
    unexplained: np.ndarray


def _found(families: pd.DataFrame, followups: pd.DataFrame, known_by: pd.Timestamp, label: LabelParams) -> _Found:
    n, shape = len(families), (len(families), len(label.visits))
    marks = {name: np.zeros(shape, dtype=bool) for name in ("good", "bad", "visited", "independent")}
    why = np.full(n, NO_VISIT, dtype=object)
    last = max(np.flatnonzero(_required(label)), key=lambda visit: label.visits[visit].months)
    seen = beside_clocks(families, observations(followups, known_by=known_by, label=label))
    scheduled = np.zeros(len(seen), dtype=bool)
    for number, visit in enumerate(label.visits):
        late = seen["date"] - months_after(seen["start"], visit.months).astype("datetime64[s]")
        within = (late.abs() <= pd.Timedelta(days=visit.tolerance_days)).to_numpy()
        scheduled |= within
        rows, place = seen[within], seen.loc[within, "place"].to_numpy()
        marks["visited"][place, number] = True
        marks["good"][place[rows["good"]], number] = True
        marks["bad"][place[rows["bad"] != ""], number] = True
        marks["independent"][place[rows["independent"] & (rows["why"] == "")], number] = True
        if number == last:
            why[place] = np.where(rows["why"] == "", NO_VISIT, rows["why"])
    back = beside_clocks(families, reentries(followups, known_by=known_by, reentry=label.reentry))
    back = back[(back["date"] <= months_after(back["start"], label.horizon_months).astype("datetime64[s]")).to_numpy()]
    failed, failure = first_events(
        n,
        seen[scheduled & (seen["bad"] != "").to_numpy()].rename(columns={"bad": "what"}),
        back[back["counts"].to_numpy()].assign(what=label.reentry.question if label.reentry else ""),
    )
    over = seen["date"] <= _due_dates(seen["start"], label)
    ended, ending = first_events(
        n, seen[(over & (seen["competing"] != "")).to_numpy()].rename(columns={"competing": "what"})
    )
    reentered, unexplained = np.zeros((2, n), dtype=bool)
    reentered[back.loc[back["counts"].to_numpy(), "place"]] = True
    unexplained[back.loc[back["unexplained"].to_numpy(), "place"]] = True
    return _Found(
        **marks,
        why=why,
        failed=failed,
        failure=failure,
        ended=ended,
        ending=ending,
        reentered=reentered,
        unexplained=unexplained,
    )


def _required(label: LabelParams) -> np.ndarray:
    return np.array([visit.required for visit in label.visits])


def _due_dates(start: pd.Series, label: LabelParams) -> pd.Series:
    """The day on which the last visit is certainly over: before it successes cannot be seen, but failures can."""
    ends = [months_after(start, visit.months) + pd.Timedelta(days=visit.tolerance_days) for visit in label.visits]
    return pd.concat(ends, axis=1).max(axis=1).astype("datetime64[s]")


def _combine(
    found: _Found, over: np.ndarray, followed: np.ndarray, exit_kind: pd.Series, label: LabelParams
) -> pd.DataFrame:
    known = found.good | found.bad
    complete = known[:, _required(label)].all(axis=1)
    failed = ~np.isnat(found.failed)
    # NaT is never before anything: an event that did not happen comes first nowhere.
    ended = ~np.isnat(found.ended) & ~complete & ~(found.failed <= found.ended)
    left_out = exit_kind.isin(label.excluded_exits).to_numpy() & ~complete
    settled = (complete & ~(found.unexplained & ~failed)) | (failed & label.early_failure_counts)
    undecided = exit_kind.isna().to_numpy() & (label.clock.starts == "decision")
    # The first that holds says what is known. Maturity comes before all outcomes: a cohort whose horizon is not over
    # would show its failures and hide its successes.
    rules = [
        (undecided, NOT_DUE, NOT_DECIDED),
        (~over, NOT_DUE, NOT_OVER),
        (left_out, EXCLUDED, exit_kind.to_numpy(dtype=object)),
        (ended, EXCLUDED, found.ending),
        # Of those whom nobody set out to visit a register shows the failures alone.
        (~followed, NOT_DUE, NOT_FOLLOWED),
        (settled & failed, LABELLED, found.failure),
        (settled, LABELLED, GOOD),
        (found.unexplained & complete, LOST, UNEXPLAINED),
    ]
    holds = [rule[0] for rule in rules]
    status = np.select(holds, [rule[1] for rule in rules], LOST)
    reason = np.select(
        holds, [np.broadcast_to(np.asarray(rule[2], dtype=object), len(over)) for rule in rules], found.why
    )
    labelled = status == LABELLED
    return pd.DataFrame(
        {
            "label": np.where(labelled, np.where(failed, 0.0, 1.0), np.nan),
            "label_status": status,
            "label_reason": reason,
            "label_quality": _quality(found, known, labelled, label),
            "failure_date": np.where(labelled & failed, found.failed, NEVER),
            "complete": complete,
            "throughout": known.all(axis=1),
            "good_at_required": found.good[:, _required(label)].all(axis=1),
            "in_register": found.reentered,
        }
    ).astype({"label_status": "str", "label_reason": "str"})


def _quality(found: _Found, known: np.ndarray, labelled: np.ndarray, label: LabelParams) -> pd.Series:
    """A: seen at every visit, at the required ones by somebody independent. B: labelled on less."""
    if label.independent is None:
        return pd.Series(None, index=range(len(labelled)), dtype="str")
    best = known.all(axis=1) & found.independent[:, _required(label)].all(axis=1)
    return pd.Series(np.where(best, QUALITY_A, QUALITY_B)).where(labelled, None).astype("str")
