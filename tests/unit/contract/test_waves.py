"""A family's visits over time: what is flagged, and what is not."""

import pandas as pd
import pytest

from graduation_model.contract.instrument import AssetsLost
from graduation_model.contract.params import Round
from graduation_model.contract.waves import check_waves

GOODS = ("fridge", "motorbike", "tv")


def _flagged(rows, *, at_least=2, within=None):
    visits = pd.DataFrame(rows, columns=["household_id", "assessment_date", *GOODS])
    visits = visits.astype({"assessment_date": "datetime64[s]"} | dict.fromkeys(GOODS, "category"))
    table = check_waves(visits, assets=AssetsLost(questions=GOODS, at_least=at_least), within=within).table
    return table[["row", "column", "rule"]].values.tolist()


def test_goods_that_are_gone_at_the_next_visit_are_flagged_from_so_many_on():
    rows = [
        ("a", "2020-10-01", "yes", "yes", "yes"),
        ("b", "2020-10-01", "yes", "yes", "no"),
        ("b", "2021-10-01", "no", None, "yes"),  # one gone, one not asked: too few
        ("a", "2021-10-01", "no", "no", "yes"),
    ]
    assert _flagged(rows) == [[3, "fridge", "assets_lost"], [3, "motorbike", "assets_lost"]]
    assert _flagged(rows, at_least=3) == []


def test_one_familys_goods_are_not_set_against_another_familys():
    assert _flagged([("a", "2020-10-01", "yes", "yes", "yes"), ("b", "2021-10-01", "no", "no", "no")]) == []


def test_both_of_two_visits_in_one_year_are_flagged():
    rows = [("a", "2020-02-01", "no", "no", "no"), ("a", "2020-10-01", "no", "no", "no")]
    assert _flagged(rows) == [
        [0, "assessment_date", "two_visits_in_wave"],
        [1, "assessment_date", "two_visits_in_wave"],
    ]


@pytest.mark.parametrize(("day", "late"), [("08-31", True), ("09-01", False), ("11-30", False), ("12-01", True)])
def test_a_visit_outside_of_the_round_is_flagged(day, late):
    flagged = _flagged([("a", f"2020-{day}", "no", "no", "no")], within=Round(first="09-01", last="11-30"))
    assert flagged == ([[0, "assessment_date", "outside_round"]] if late else [])


@pytest.mark.parametrize("days", [("09-01", "02-30"), ("11-30", "09-01"), ("9-1", "11-30")])
def test_a_round_that_cannot_be_meant_is_refused(days):
    with pytest.raises(ValueError, match=r"no day of the year|ends after it begins|should match pattern"):
        Round(first=days[0], last=days[1])
