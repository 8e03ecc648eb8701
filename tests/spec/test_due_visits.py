"""Who is to be visited, as a programme officer would check it: what was decided and tried, and how the visit stands."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from graduation_model.config import load_programme
from graduation_model.followup import assign_visitors, due_visits
from lib.followed import assessed, decided, visited

PROGRAMME = load_programme(Path(__file__).parents[2] / "configs" / "jamsosratu")
# Decided on 20 January 2019, effective on 1 February. Visits are due on 1 August 2019, 1 February and 1 August 2020,
# and 1 February 2021, give or take 60 days.


def due(visits: pd.DataFrame, as_of: str, *, decisions: pd.DataFrame | None = None, **changes: object) -> pd.DataFrame:
    return due_visits(
        assessed(["a"]),
        decided(["a"]) if decisions is None else decisions,
        visits,
        as_of=pd.Timestamp(as_of),
        cohort=PROGRAMME.cohort,
        label=PROGRAMME.label,
        params=PROGRAMME.followup,
        proposer="facilitator_id",
        visitor="visitor_id",
        **changes,
    )


# the day, what was tried (day, result), how the visits at 6, 12, 18 and 24 months stand
STORIES = [
    ("2019-02-15", [], ["upcoming", "upcoming", "upcoming", "upcoming"]),
    ("2019-06-02", [], ["open", "upcoming", "upcoming", "upcoming"]),
    ("2019-08-01", [], ["open", "upcoming", "upcoming", "upcoming"]),
    ("2019-08-02", [], ["overdue", "upcoming", "upcoming", "upcoming"]),
    ("2019-09-30", [], ["overdue", "upcoming", "upcoming", "upcoming"]),
    ("2019-10-01", [], ["missed", "upcoming", "upcoming", "upcoming"]),
    ("2019-08-05", [("2019-08-03", "interviewed")], ["visited", "upcoming", "upcoming", "upcoming"]),
    ("2019-08-05", [("2019-08-03", "partial")], ["visited", "upcoming", "upcoming", "upcoming"]),
    ("2019-08-05", [("2019-08-03", "not_found")], ["again", "upcoming", "upcoming", "upcoming"]),
    ("2019-10-01", [("2019-08-03", "not_found")], ["not_met", "upcoming", "upcoming", "upcoming"]),
    ("2019-08-09", [("2019-07-01", "interviewed"), ("2019-08-03", "refused")],
     ["visited", "upcoming", "upcoming", "upcoming"]),
    ("2019-08-02", [("2019-05-30", "interviewed")], ["overdue", "upcoming", "upcoming", "upcoming"]),
    ("2019-08-02", [("2019-08-03", "interviewed")], ["overdue", "upcoming", "upcoming", "upcoming"]),
    ("2020-02-02", [("2019-08-03", "moved_out")], ["not_met", "ended", "ended", "ended"]),
    ("2021-02-02", [("2020-08-03", "interviewed")], ["missed", "missed", "visited", "overdue"]),
]  # fmt: skip


@pytest.mark.parametrize(("as_of", "tried", "stand"), STORIES)
def test_how_each_visit_stands(as_of, tried, stand):
    rows = due(visited([("a", day, {"followup_status": result}) for day, result in tried]), as_of)
    assert rows.sort_values("months")["months"].tolist() == [6, 12, 18, 24]
    assert rows.sort_values("months")["status"].tolist() == stand


@pytest.mark.parametrize(
    ("decision", "status", "followed"),
    [("graduated", None, True), ("retained", "not_found", True), ("exited_natural", None, False),
     ("exited_admin", None, False), ("deferred", None, False)],
)  # fmt: skip
def test_the_graduated_are_visited_and_of_the_others_whom_somebody_visits_already(decision, status, followed):
    visits = visited([] if status is None else [("a", "2019-08-01", {"followup_status": status})])
    rows = due(visits, "2020-02-01", decisions=decided(["a"], decision=decision))
    assert (len(rows) > 0) == followed


def test_a_share_of_the_retained_is_drawn_the_same_way_by_everybody():
    families = [f"K{number:04}" for number in range(1000)]

    def drawn(order: list[str]) -> list[str]:
        rows = due_visits(
            assessed(order),
            decided(order, decision="retained"),
            visited([]),
            as_of=pd.Timestamp("2019-02-15"),
            cohort=PROGRAMME.cohort,
            label=PROGRAMME.label,
            params=PROGRAMME.followup,
            proposer="facilitator_id",
            visitor="visitor_id",
        )
        return sorted(rows["household_id"].unique())

    assert drawn(families) == drawn(families[::-1])
    assert 30 <= len(drawn(families)) <= 70  # one in twenty


def test_the_proposed_of_a_list_are_planned_for_once_nobody_decided_on_them_yet():
    nobody = decided([])
    rows = due(visited([]), "2019-01-31", decisions=nobody, expected=(["a", "z"], pd.Timestamp("2019-03-01")))
    assert rows["decision"].unique().tolist() == ["proposed"]
    assert rows["due_date"].min() == pd.Timestamp("2019-09-01")
    assert due(visited([]), "2019-01-31", expected=(["a"], pd.Timestamp("2019-03-01")))["decision"].unique() == [
        "graduated"
    ]


# who works where, who proposed, who went before -> who goes, and from where
VISITORS = [
    ("another of the same subdistrict", {"F1": "x", "F2": "x", "F3": "y"}, "F1", None, "F2", "subdistrict_code"),
    ("nobody else there: the district", {"F1": "x", "F3": "y"}, "F1", None, "F3", "district_code"),
    ("nobody else at all", {"F1": "x"}, "F1", None, None, None),
    ("who knows the family goes again", {"F1": "x", "F2": "x", "F3": "y"}, "F1", "F3", "F3", "as_before"),
    ("who left the service does not", {"F1": "x", "F2": "x"}, "F1", "F9", "F2", "subdistrict_code"),
]


@pytest.mark.parametrize(("story", "staff", "proposer", "before", "visitor", "origin"), VISITORS)
def test_who_goes(story, staff, proposer, before, visitor, origin):
    family = pd.DataFrame(
        {"household_id": ["a"], "proposer": proposer, "subdistrict_code": "x", "district_code": "d", "before": before}
    )
    people = pd.DataFrame(
        {"facilitator_id": list(staff), "subdistrict_code": list(staff.values()), "district_code": "d"}
    )
    given = assign_visitors(family, people, within=["subdistrict_code", "district_code"]).iloc[0]
    assert (given["visitor"] if pd.notna(given["visitor"]) else None) == visitor
    assert (given["visitor_from"] if pd.notna(given["visitor_from"]) else None) == origin


def test_visits_are_shared_out_evenly():
    families = pd.DataFrame(
        {
            "household_id": [f"K{number}" for number in range(90)],
            "proposer": ["F1"] * 50 + ["F2"] * 30 + ["F3"] * 10,
            "subdistrict_code": "x",
            "district_code": "d",
            "before": None,
        }
    )
    people = pd.DataFrame({"facilitator_id": ["F1", "F2", "F3"], "subdistrict_code": "x", "district_code": "d"})
    given = assign_visitors(families, people, within=["subdistrict_code", "district_code"])
    assert (given["visitor"] != families["proposer"]).all()
    # F1 cannot visit its own fifty; the other two share them.
    assert given["visitor"].value_counts().max() <= 35


def test_a_family_of_the_comparison_sample_that_leaves_is_visited_as_one_that_left():
    stayed = decided(["a"], decision="retained")
    left = decided(["a"], decision="graduated", decision_date="2020-01-20", effective_date="2020-02-01")
    assessments = pd.concat([assessed(["a"]), assessed(["a"]).assign(assessment_date=pd.Timestamp("2019-10-10"))])
    rows = due_visits(
        assessments,
        pd.concat([stayed, left]),
        visited([("a", "2019-08-01", {})]),
        as_of=pd.Timestamp("2020-02-15"),
        cohort=PROGRAMME.cohort,
        label=PROGRAMME.label,
        params=PROGRAMME.followup,
        proposer="facilitator_id",
        visitor="visitor_id",
    )
    assert rows.groupby("decision", observed=True)["months"].agg(list).to_dict() == {
        "retained": [6, 12],
        "graduated": [6, 12, 18, 24],
    }
