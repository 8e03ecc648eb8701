"""The label of Jamsosratu as a programme officer would check it: a family's story, and what is said of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from graduation_model.cohort import build_cohort, label_assessments
from graduation_model.config import load_programme
from graduation_model.contract.schemas import DECISIONS

PROGRAMME = load_programme(Path(__file__).parents[2] / "configs" / "jamsosratu")
LABEL = PROGRAMME.label
LATE = pd.Timestamp("2030-01-01")
# Assessed on 10 October 2018; decided on 20 January 2019, effective on 1 February: visits are due on 1 August 2019 and
# 1 February 2020, give or take 60 days.
ASSESSED, AUGUST, FEBRUARY = "2018-10-10", "2019-08-01", "2020-02-01"

# A visit that finds a family above the line and short of nothing; a story says what differs.
FINE = {
    "followup_status": "interviewed",
    "observer_independent": "yes",
    "measure_basis": "expenditure",
    "welfare_to_line": 1.4,
    "food_deficit_3m": "no",
    "asset_sale_distress_12m": "no",
    "reentered_program": "no",
}
NOBODY = dict.fromkeys(FINE)  # not met: only the status is known


def not_met(status: str, **register: object) -> dict[str, object]:
    return {**NOBODY, "followup_status": status, **register}


def back(date: str | None, reason: str | None) -> dict[str, object]:
    return {"reentered_program": "yes", "reentry_date": date, "reentry_reason": reason}


def followups(visits: dict[str, dict[str, object]]) -> pd.DataFrame:
    rows = [{**FINE, **found, "household_id": "a", "followup_date": date} for date, found in visits.items()]
    typed = {question.name: question.dtype() for question in PROGRAMME.instrument.followup}
    columns = ["household_id", "followup_date", *typed]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.astype({**typed, "household_id": "str", "followup_date": "datetime64[s]"})


def decisions(*rows: dict[str, object]) -> pd.DataFrame:
    plain = {"household_id": "a", "decision_date": "2019-01-20", "effective_date": "2019-02-01"}
    plain |= {"decision": "graduated", "graduation_kind": "mandiri"}
    typed = {question.name: question.dtype() for question in DECISIONS}
    frame = pd.DataFrame([{**plain, **row} for row in rows], columns=["household_id", "decision_date", *typed])
    return frame.astype({**typed, "household_id": "str", "decision_date": "datetime64[s]"})


def assessed(*dates: str) -> pd.DataFrame:
    frame = pd.DataFrame({"household_id": "a", "assessment_date": list(dates)})
    return frame.astype({"household_id": "str", "assessment_date": "datetime64[s]"})


def said(
    visits: dict[str, dict[str, object]],
    *decided: dict[str, object],
    known_by: pd.Timestamp = LATE,
    at: tuple[str, ...] = (ASSESSED,),
    label=LABEL,
) -> pd.Series:
    table = decisions(*decided) if decided else decisions({})
    return label_assessments(assessed(*at), followups(visits), known_by=known_by, label=label, decisions=table).iloc[0]


def outcome(row: pd.Series) -> tuple[float | None, str, str]:
    return (None if np.isnan(row["label"]) else row["label"], row["label_status"], row["label_reason"])


BELOW = {"welfare_to_line": 1.19}
HUNGRY = {"food_deficit_3m": "yes"}
SOLD = {"asset_sale_distress_12m": "yes"}
PROXY = {"measure_basis": "proxy_index"}

# story, at 6 months (None: no visit), at 12 months, label, status, reason
GRADUATED = [
    ("above at both visits", {}, {}, 1.0, "labelled", "good_at_every_visit"),
    ("exactly 1.2 times the line", {}, {"welfare_to_line": 1.2}, 1.0, "labelled", "good_at_every_visit"),
    ("the interim visit was missed", None, {}, 1.0, "labelled", "good_at_every_visit"),
    ("nobody was found at the interim visit", not_met("not_found"), {}, 1.0, "labelled", "good_at_every_visit"),
    ("below at 6 months, above at 12: failure is absorbing", BELOW, {}, 0.0, "labelled", "bad_at_a_visit"),
    ("above at 6 months, below at 12", {}, BELOW, 0.0, "labelled", "bad_at_a_visit"),
    ("below at 6 months, then nobody found", BELOW, not_met("not_found"), 0.0, "labelled", "bad_at_a_visit"),
    ("below at 6 months, then no visit", BELOW, None, 0.0, "labelled", "bad_at_a_visit"),
    ("above the line and short of food", {}, HUNGRY, 0.0, "labelled", "food_deficit_3m"),
    ("short of food at 6 months, well at 12", HUNGRY, {}, 0.0, "labelled", "food_deficit_3m"),
    ("sold what it lives on", {}, SOLD, 0.0, "labelled", "asset_sale_distress_12m"),
    ("interviewed in part, and short of food", {}, {**HUNGRY, "followup_status": "partial", "welfare_to_line": None},
     0.0, "labelled", "food_deficit_3m"),
    ("not found at 12 months", {}, not_met("not_found"), None, "lost", "not_found"),
    ("refused at 12 months", {}, not_met("refused"), None, "lost", "refused"),
    ("moved within the province", {}, not_met("moved"), None, "lost", "moved"),
    ("no visit at 12 months", {}, None, None, "lost", "visit_missing"),
    ("never visited", None, None, None, "lost", "visit_missing"),
    ("interviewed, welfare not said", {}, {"welfare_to_line": None}, None, "lost", "answer_missing"),
    ("interviewed, food not asked", {}, {"food_deficit_3m": None}, None, "lost", "answer_missing"),
    ("no register was looked at", {}, {"reentered_program": None}, None, "lost", "answer_missing"),
    ("measured by an index of goods", {}, PROXY, None, "lost", "measured_otherwise"),
    ("an index of goods says it is poor", {**PROXY, **BELOW}, {}, 1.0, "labelled", "good_at_every_visit"),
    ("all adults died before the visit", {}, not_met("deceased"), None, "excluded", "deceased"),
    ("left the province", not_met("moved_out"), not_met("moved_out"), None, "excluded", "moved_out"),
    ("left the province, and was met at 12 months", not_met("moved_out"), {}, 1.0, "labelled", "good_at_every_visit"),
    ("fell below, then left the province", BELOW, not_met("moved_out"), 0.0, "labelled", "bad_at_a_visit"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("story", "at_6", "at_12", "label", "status", "reason"), GRADUATED, ids=[row[0] for row in GRADUATED]
)
def test_what_the_visits_say_of_a_graduated_family(story, at_6, at_12, label, status, reason):
    visits = {date: found for date, found in ((AUGUST, at_6), (FEBRUARY, at_12)) if found is not None}
    assert outcome(said(visits)) == (label, status, reason)


# What the register says of coming back, told at the visit at 12 months, which otherwise found the family well.
REENTRIES = [
    ("back for want after 8 months", back("2019-10-01", "welfare"), 0.0, "labelled", "reentered_program"),
    ("back for want on the day of the horizon", back("2020-02-01", "welfare"), 0.0, "labelled", "reentered_program"),
    ("back for want after the horizon", back("2020-02-20", "welfare"), 1.0, "labelled", "good_at_every_visit"),
    ("back for want before the decision held", back("2019-01-25", "welfare"), 1.0, "labelled", "good_at_every_visit"),
    ("a school allowance (PIP)", back("2019-10-01", "component"), 1.0, "labelled", "good_at_every_visit"),
    ("health insurance for all (JKN)", back("2019-10-01", "universal"), 1.0, "labelled", "good_at_every_visit"),
    ("back for nobody knows what", back("2019-10-01", None), None, "lost", "reentry_without_reason"),
    ("back for want, day unknown", back(None, "welfare"), 0.0, "labelled", "reentered_program"),
]


@pytest.mark.parametrize(
    ("story", "register", "label", "status", "reason"), REENTRIES, ids=[row[0] for row in REENTRIES]
)
def test_only_coming_back_for_want_within_the_horizon_is_a_failure(story, register, label, status, reason):
    visits = {AUGUST: {}, "2020-02-25" if register["reentry_date"] else FEBRUARY: register}
    assert outcome(said(visits)) == (label, status, reason)


def test_the_register_knows_also_of_families_whom_nobody_met():
    row = said({FEBRUARY: not_met("not_found", **back("2019-06-15", "welfare"))})
    assert outcome(row) == (0.0, "labelled", "reentered_program")
    assert row["failure_date"] == pd.Timestamp("2019-06-15")


def test_a_register_that_is_read_long_after_still_counts_by_its_own_date():
    late = not_met("not_found", **back("2019-12-01", "welfare"))
    assert outcome(said({AUGUST: {}, "2020-11-20": late})) == (0.0, "labelled", "reentered_program")


def test_the_earliest_failure_is_kept():
    row = said({AUGUST: HUNGRY, FEBRUARY: {**BELOW, **back("2019-07-01", "welfare")}})
    assert (row["failure_date"], row["label_reason"]) == (pd.Timestamp("2019-07-01"), "reentered_program")
    row = said({AUGUST: HUNGRY, FEBRUARY: BELOW})
    assert (row["failure_date"], row["label_reason"]) == (pd.Timestamp(AUGUST), "food_deficit_3m")


# story, what was decided, visited at 12 months?, label, status, reason, exit kind
EXITS = [
    ("graduated for welfare", {}, True, 1.0, "labelled", "good_at_every_visit", "mandiri"),
    ("removed by the programme", {"graduation_kind": "paksa"}, True, 1.0, "labelled", "good_at_every_visit", "paksa"),
    ("no component left", {"graduation_kind": "alamiah"}, False, None, "excluded", "alamiah", "alamiah"),
    ("end of membership", {"graduation_kind": "kepesertaan"}, False, None, "excluded", "kepesertaan", "kepesertaan"),
    ("no component left, and visited all the same", {"graduation_kind": "alamiah"}, True, 1.0, "labelled",
     "good_at_every_visit", "alamiah"),
    ("an administrative exit", {"decision": "exited_admin", "graduation_kind": None}, False, None, "excluded",
     "exited_admin", "exited_admin"),
    ("a natural exit", {"decision": "exited_natural", "graduation_kind": None}, False, None, "excluded",
     "exited_natural", "exited_natural"),
    ("stayed, and was in the comparison sample", {"decision": "retained", "graduation_kind": None}, True, 1.0,
     "labelled", "good_at_every_visit", "retained"),
    ("stayed, and nobody set out", {"decision": "retained", "graduation_kind": None}, False, None, "not_due",
     "not_followed", "retained"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("story", "decided", "visited", "label", "status", "reason", "kind"), EXITS, ids=[row[0] for row in EXITS]
)
def test_what_the_kind_of_exit_says(story, decided, visited, label, status, reason, kind):
    row = said({FEBRUARY: {}} if visited else {}, decided)
    assert (outcome(row), row["exit_kind"]) == ((label, status, reason), kind)


def test_a_register_alone_never_labels_those_whom_nobody_set_out_to_visit():
    told = {"2020-11-20": not_met("not_found", **back("2019-12-01", "welfare"))}
    retained = {"decision": "retained", "graduation_kind": None}
    assert outcome(said(told, retained)) == (None, "not_due", "not_followed")
    assert outcome(said(told, {"graduation_kind": "alamiah"})) == (None, "excluded", "alamiah")


# The last window is over 60 days after 1 February 2020.
@pytest.mark.parametrize("found", [BELOW, {}])
@pytest.mark.parametrize(
    ("known_by", "status"), [("2019-12-31", "not_due"), ("2020-03-31", "not_due"), ("2020-04-01", "labelled")]
)
def test_before_the_horizon_and_its_tolerance_are_over_nothing_is_said_not_even_of_failures(found, known_by, status):
    visits = {AUGUST: found, FEBRUARY: {}}
    row = said({date: seen for date, seen in visits.items() if date <= known_by}, known_by=pd.Timestamp(known_by))
    assert row["label_status"] == status
    if status == "not_due":
        assert outcome(row) == (None, "not_due", "horizon_not_over")


def test_what_is_dated_later_does_not_exist_yet():
    over = pd.Timestamp("2020-06-30")
    told_later = {AUGUST: {}, FEBRUARY: {}, "2020-08-20": not_met("moved", **back("2019-12-01", "welfare"))}
    assert said(told_later, known_by=over)["label"] == 1.0
    assert said(told_later)["label"] == 0.0
    assert outcome(said({}, known_by=pd.Timestamp("2019-01-19"))) == (None, "not_due", "not_decided")


# story, at 6 months, at 12 months, quality
QUALITIES = [
    ("seen twice by somebody independent", {}, {}, "A"),
    ("the last visit by the facilitator who proposed it", {}, {"observer_independent": "no"}, "B"),
    ("nobody says who came", {}, {"observer_independent": None}, "B"),
    ("the interim visit missed", None, {}, "B"),
    ("failed early and then lost", BELOW, None, "B"),
    ("no label", {}, None, None),
]


@pytest.mark.parametrize(("story", "at_6", "at_12", "quality"), QUALITIES, ids=[row[0] for row in QUALITIES])
def test_how_well_a_label_is_known(story, at_6, at_12, quality):
    visits = {date: found for date, found in ((AUGUST, at_6), (FEBRUARY, at_12)) if found is not None}
    found = said(visits)["label_quality"]
    assert (None if pd.isna(found) else found) == quality


@pytest.mark.parametrize(("date", "label"), [("2019-12-02", None), ("2019-12-03", 1.0), ("2020-04-01", 1.0)])
def test_a_visit_counts_within_two_months_of_its_day_and_not_outside(date, label):
    assert outcome(said({date: {}}))[0] == label


# story, assessments of the family, decisions (date, decision), what goes with the first assessment
RETAINED, DEFERRED = (
    {"decision": "retained", "graduation_kind": None},
    {"decision": "deferred", "graduation_kind": None},
)
JOINS = [
    ("the first after it", [ASSESSED], [("2019-01-20", {}), ("2019-06-20", RETAINED)], "mandiri"),
    ("made on the same day", [ASSESSED], [(ASSESSED, {})], "mandiri"),
    ("made before it", [ASSESSED], [("2018-10-09", {})], None),
    ("made more than 12 months later", [ASSESSED], [("2019-10-11", {})], None),
    ("made after the next assessment", [ASSESSED, "2019-03-01"], [("2019-04-01", {})], None),
    ("made before the next assessment", [ASSESSED, "2019-03-01"], [("2019-02-28", {})], "mandiri"),
    ("put off, then settled", [ASSESSED], [("2019-01-20", DEFERRED), ("2019-06-20", {})], "mandiri"),
    ("put off, and nothing more", [ASSESSED], [("2019-01-20", DEFERRED)], "deferred"),
    ("of another family", [ASSESSED], [("2019-01-20", {"household_id": "b"})], None),
]  # fmt: skip


@pytest.mark.parametrize(("story", "at", "decided", "kind"), JOINS, ids=[row[0] for row in JOINS])
def test_an_assessment_goes_with_the_decision_that_followed_it(story, at, decided, kind):
    rows = [{"decision_date": date, "effective_date": date, **what} for date, what in decided]
    found = said({}, *rows, at=tuple(at))["exit_kind"]
    assert (None if pd.isna(found) else found) == kind


def test_without_a_table_of_decisions_nobody_has_a_label():
    row = label_assessments(assessed(ASSESSED), followups({FEBRUARY: {}}), known_by=LATE, label=LABEL).iloc[0]
    assert outcome(row) == (None, "not_due", "not_decided")


@pytest.mark.parametrize(
    ("welfare", "labels"), [(0.9, (0, 0, 0)), (1.1, (1, 0, 0)), (1.3, (1, 1, 0)), (1.6, (1, 1, 1))]
)
def test_the_same_story_under_other_lines(welfare, labels):
    lines = (LABEL.at(1.0), LABEL, LABEL.at(1.5))
    assert tuple(said({FEBRUARY: {"welfare_to_line": welfare}}, label=line)["label"] for line in lines) == labels
    assert [line.name for line in lines] == [
        "sustained_exit_12m_at_1",
        "sustained_exit_12m",
        "sustained_exit_12m_at_1.5",
    ]


def test_the_visit_after_one_decision_says_nothing_of_the_next_years():
    """A family that stays is decided on every year: February's visit must not stand for the cohort that just began."""
    retained = {"decision": "retained", "graduation_kind": None}
    table = decisions(retained, {**retained, "decision_date": "2020-01-20", "effective_date": "2020-02-01"})
    rows = label_assessments(
        assessed(ASSESSED, "2019-10-10"), followups({"2020-02-20": BELOW}), known_by=LATE, label=LABEL, decisions=table
    )
    assert rows["label_reason"].tolist() == ["bad_at_a_visit", "not_followed"]


def test_a_test_may_end_in_the_middle_of_a_round_and_then_counts_those_alone_for_whom_somebody_set_out():
    middle = pd.Timestamp("2020-02-10")
    for last, label in (({}, 0.0), (None, None)):
        visits = {AUGUST: BELOW} | ({FEBRUARY: last} if last is not None else {})
        row = label_assessments(
            assessed(ASSESSED),
            followups(visits),
            known_by=middle,
            label=LABEL,
            decisions=decisions({}),
            visited_is_due=True,
        ).iloc[0]
        assert outcome(row)[0] == label


def test_a_cohorts_rows_say_what_was_decided():
    visits = assessed(ASSESSED).assign(facilitator_id="f")
    cohort = build_cohort(
        visits,
        followups({AUGUST: {}, FEBRUARY: {}}),
        pd.Timestamp("2018-12-31"),
        known_by=LATE,
        params=PROGRAMME.cohort,
        label=LABEL,
        decisions=decisions({}),
    ).iloc[0]
    assert (cohort["decision"], cohort["exit_kind"], cohort["label_quality"]) == ("graduated", "mandiri", "A")
    assert cohort["effective_date"] == pd.Timestamp("2019-02-01")
    assert cohort["label_due"] == pd.Timestamp("2020-04-01")
