"""Curves and shares against a province whose truth is known, with nobody lost and with some, and on tiny stories."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from graduation_model.cohort.after import after_decisions
from graduation_model.config import load_programme
from graduation_model.followup.curves import curve
from graduation_model.followup.outcomes import FELL_BACK_BY, SUSTAINED, UNSEEN, followed, outcome_table
from graduation_model.followup.shares import share_known
from graduation_model.simulation import simulate
from lib.followed import assessed, decided, visited

PROGRAMME = load_programme(Path(__file__).parents[3] / "configs" / "jamsosratu")
LABEL, VISITS = PROGRAMME.label, PROGRAMME.followup.visits(PROGRAMME.label)
LATE = pd.Timestamp("2022-06-30")
NOBODY_LOST = {"lost": 0.0, "interim_missed": 0.0, "moved": 0.0, "deceased": 0.0}


def lived(**visits: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What was seen of a province's families after their decisions, and the truth beside it."""
    changed = PROGRAMME.simulation.visits.model_copy(update={"retained": 0.3, **visits})
    params = PROGRAMME.simulation.model_copy(update={"visits": changed})
    made = simulate(PROGRAMME.instrument, params, households=2000, waves=1, seed=2, given_answers=0)
    after = after_decisions(made.assessments, made.decisions, made.followups, known_by=LATE, label=LABEL, visits=VISITS)
    found = followed(after, label=LABEL, groups={}, cluster=made.assessments["facilitator_id"].iloc[after["row"]])
    truth = made.truth.set_index("household_id")["stayed_out"]
    table = outcome_table(found, visits=VISITS, params=PROGRAMME.followup)
    return table, found.after.assign(truth=truth.reindex(found.after["household_id"]).to_numpy())


def figure(table: pd.DataFrame, families: str, measure: str, months: int | None = None) -> pd.Series:
    at = table["months"].isna() if months is None else (table["months"] == months).fillna(False)
    chosen = (table["families"] == families) & (table["group"] == "all") & (table["measure"] == measure) & at
    return table[chosen.to_numpy(dtype=bool)].iloc[0]


def test_who_was_well_at_last_and_not_met_halfway_is_counted_apart():
    """Visits at 6 (optional) and 12 months (required): `a` met at both, `b` at the last, `c` not found, `d` failed."""
    half, last = "2019-08-01", "2020-02-01"
    poor, not_found = {"welfare_to_line": 0.7}, {"followup_status": "not_found"}
    seen = [("a", half, {}), ("a", last, {}), ("b", half, not_found), ("b", last, {}), ("c", last, not_found)]
    families = ["a", "b", "c", "d"]
    after = after_decisions(
        assessed(families),
        decided(families),
        visited([*seen, ("d", half, poor), ("d", last, {})]),
        known_by=LATE,
        label=LABEL,
        visits=VISITS,
    )
    found = followed(after, label=LABEL, groups={}, cluster=pd.Series(["F1"] * 4))
    table = outcome_table(found, visits=VISITS, params=PROGRAMME.followup)
    assert figure(table, "left", "stayed_out")["value"] == 2
    assert figure(table, "left", UNSEEN)["value"] == 1


@pytest.fixture(scope="module")
def all_found():
    return lived(**NOBODY_LOST)


@pytest.fixture(scope="module")
def some_lost():
    return lived()


@pytest.mark.parametrize("families", ["left", "compared"])
def test_with_nobody_lost_curve_and_share_are_the_truth(all_found, families):
    table, after = all_found
    truth = after.loc[after["families"] == families, "truth"].mean()
    by_year = figure(table, families, FELL_BACK_BY, 12)
    assert by_year["value"] == pytest.approx(1 - truth, abs=1e-6)
    assert by_year["lowest"] == pytest.approx(by_year["highest"])
    assert by_year["low"] < 1 - truth < by_year["high"]
    assert figure(table, families, SUSTAINED)["value"] == pytest.approx(truth, abs=1e-6)
    assert 0 < figure(table, families, FELL_BACK_BY, 6)["value"] < by_year["value"]


@pytest.mark.parametrize("families", ["left", "compared"])
def test_with_some_lost_the_bounds_hold_the_truth(some_lost, families):
    table, after = some_lost
    own = after[(after["families"] == families).to_numpy()]
    due = own[own["end"].isin(["stayed_out", "fell_back", "lost"])]
    share = figure(table, families, SUSTAINED)
    assert (own["end"] == "lost").mean() > 0.1
    assert share["lowest"] <= due["truth"].mean() <= share["highest"]
    # On the curve whoever moved away or died without having fallen back did not fall back.
    truth = ((own["truth"] == 0) & own["ended"].isna()).mean()
    by_year = figure(table, families, FELL_BACK_BY, 12)
    assert by_year["lowest"] <= truth <= by_year["highest"]
    assert by_year["lowest"] < by_year["value"] < by_year["highest"]


def test_the_ways_to_end_add_up(some_lost):
    table, after = some_lost
    left = table[(table["families"] == "left") & (table["group"] == "all") & table["months"].isna()]
    counts = left.set_index("measure")["value"]
    ends = ["stayed_out", "fell_back", "ended", "lost", "not_due"]
    assert counts[ends].sum() == counts["followed"] == (after["families"] == "left").sum()


HUNGRY, GONE = {"food_deficit_3m": "yes"}, {"followup_status": "moved_out"}
NOT_MET = {"followup_status": "not_found"}
BACK = {**NOT_MET, "reentered_program": "yes", "reentry_reason": "welfare", "reentry_date": pd.Timestamp("2019-09-15")}
AUGUST, FEBRUARY = "2019-08-01", "2020-02-01"
# visits, as of -> failed, ended, last good, first missed round, last round that is over (months; None: never)
STORIES = [
    ("well at both", [(AUGUST, {}), (FEBRUARY, {})], (None, None, 12, None, 12)),
    ("fell back at 6", [(AUGUST, HUNGRY)], (6, None, 0, None, 12)),
    ("fell back at 12, found early in the round", [(AUGUST, {}), ("2019-12-10", HUNGRY)], (12, None, 6, None, 12)),
    ("fell back at 12, found late in it", [(AUGUST, {}), ("2020-03-28", HUNGRY)], (12, None, 6, None, 12)),
    ("never found", [(AUGUST, NOT_MET)], (None, None, 0, 6, 12)),
    ("missed at 6, well at 12", [(FEBRUARY, {})], (None, None, 12, None, 12)),
    ("well at 6, not found at 12", [(AUGUST, {}), (FEBRUARY, NOT_MET)], (None, None, 6, 12, 12)),
    ("moved out before 12", [(AUGUST, {}), (FEBRUARY, GONE)], (None, 12, 6, None, 12)),
    ("a register has it back after the visit at 6", [(AUGUST, {}), (FEBRUARY, BACK)], (12, None, 6, None, 12)),
    ("a register has it back, and nobody went at 6", [(FEBRUARY, BACK)], (6, None, 0, None, 12)),
]  # fmt: skip


@pytest.fixture(scope="module")
def told():
    """Every story is one family's."""
    families = [story for story, *_ in STORIES]
    made = visited([(story, day, found) for story, visits, _ in STORIES for day, found in visits])
    day = pd.Timestamp("2020-05-01")
    after = after_decisions(assessed(families), decided(families), made, known_by=day, label=LABEL, visits=VISITS)
    return after.set_index("household_id")


@pytest.mark.parametrize(("story", "rounds"), [(story, rounds) for story, _, rounds in STORIES])
def test_in_which_round_something_was_found(told, story, rounds):
    months = [f"{name}_month" for name in ("failed", "ended", "good", "missed", "over")]
    assert [None if pd.isna(month) else month for month in told.loc[story, months]] == list(rounds)


def test_early_visitors_do_not_leave_the_curve_before_the_others_fall():
    """Eight of ten families are well; those well are visited at the beginning of the round, the others at its end."""
    families = [f"K{number}" for number in range(10)]
    visits = [(one, "2019-12-10", {}) for one in families[:8]] + [(one, "2020-03-20", HUNGRY) for one in families[8:]]
    after = after_decisions(
        assessed(families), decided(families), visited(visits), known_by=LATE, label=LABEL, visits=LABEL.visits
    )
    found = curve(after, np.array(families), months=[6, 12], resamples=20, interval=0.95, seed=1)
    assert found.loc[(found["measure"] == "fell_back") & (found["months"] == 12), "value"].item() == pytest.approx(0.2)


def test_a_share_with_its_interval_and_bounds():
    y = np.array([1.0] * 18 + [0.0] * 6 + [np.nan] * 6)
    share, low, high, lowest, highest = share_known(y, np.arange(30) % 3, resamples=50, interval=0.95, seed=1)
    assert (share, lowest, highest) == (0.75, 0.6, 0.8)
    assert (low, high) == pytest.approx((0.551, 0.880), abs=1e-3)  # Wilson, 18 of 24
    # Families of one facilitator that all fare alike say less than as many by themselves.
    alike = np.repeat(np.arange(12) % 2, 10).astype(float)
    wide = share_known(alike, np.repeat(np.arange(12), 10), resamples=200, interval=0.95, seed=1)
    narrow = share_known(alike, np.arange(120), resamples=200, interval=0.95, seed=1)
    assert wide[2] - wide[1] > 1.5 * (narrow[2] - narrow[1])
    assert np.isnan(share_known(np.array([]), np.array([]), resamples=50, interval=0.95, seed=1)).all()
