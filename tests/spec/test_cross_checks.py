"""Answers that cannot both be right: a spec table that a programme officer could read."""

import pandas as pd
import pytest
from pydantic import ValidationError

from graduation_model.contract.checks import check_across, without_reference
from graduation_model.contract.instrument import CrossCheck, Instrument
from graduation_model.contract.references import AreaYear
from lib.small import label, small_instrument

ROOMS = CrossCheck(name="rooms_within_people", label=label("Rooms"), question="rooms", at_most="size", times=3)
INCOME = CrossCheck(
    name="income_needs_membership",
    label=label("Income"),
    question="income",
    needs={"question": "member", "equals": "yes"},
)

CONTRADICTIONS = [
    # rooms, people, income, member, which rule is broken
    (3, 4, 100, "yes", []),
    (12, 4, 100, "yes", []),  # three times is still allowed
    (13, 4, 100, "yes", ["rooms_within_people"]),
    (None, 4, 100, "yes", []),  # a missing answer contradicts nothing
    (13, None, 100, "yes", []),
    (3, 4, 100, "no", ["income_needs_membership"]),
    (3, 4, 0, "no", []),
    (3, 4, 100, None, []),
    (13, 4, 100, "no", ["income_needs_membership", "rooms_within_people"]),
]


@pytest.mark.parametrize(("rooms", "size", "income", "member", "rules"), CONTRADICTIONS)
def test_two_answers_contradict_each_other_or_do_not(rooms, size, income, member, rules):
    answers = pd.DataFrame({"rooms": [rooms], "size": [size], "income": [income]}, dtype="float64")
    answers["member"] = pd.Series([member], dtype=small_instrument().named("member").dtype())
    assert check_across(answers, (ROOMS, INCOME)).table["rule"].sort_values().tolist() == rules


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"at_most": None}, "needs exactly one of at_most, needs"),
        ({"lowest": 1}, "needs exactly one of at_most, needs"),
        ({"per": "beds"}, "which is no number that is asked"),
        ({"at_most": "beds"}, "which is no number that is asked"),
        ({"at_most": "floor"}, "which is no number that is asked"),
        ({"at_most": None, "needs": {"question": "member", "equals": "maybe"}}, "needs an answer that no question has"),
    ],
)
def test_a_check_that_cannot_be_meant_is_refused(changes, message):
    with pytest.raises(ValidationError, match=message):
        Instrument(**{**dict(small_instrument()), "cross_checks": [{**ROOMS.model_dump(), **changes}]})


EACH = CrossCheck(name="income_a_room", label=label("Income"), question="income", per="rooms", lowest=10, highest=200)
SHORT = CrossCheck(name="few_rooms", label=label("Few rooms"), question="rooms", lowest=2)

DOUBTS = [
    # income, rooms, which rule is doubted
    (400, 2, []),
    (20, 2, []),  # ten a room is still believed
    (19, 2, ["income_a_room"]),
    (401, 2, ["income_a_room"]),
    (100, 1, ["few_rooms"]),
    (100, 0, ["few_rooms"]),  # nobody to share it: nothing is said of the share
    (None, 2, []),
    (900, None, []),
]


@pytest.mark.parametrize(("income", "rooms", "rules"), DOUBTS)
def test_an_answer_beyond_what_is_believed_is_doubted(income, rooms, rules):
    answers = pd.DataFrame({"rooms": [rooms], "income": [income]}, dtype="float64")
    assert check_across(answers, (EACH, SHORT)).table["rule"].tolist() == rules
    assert EACH.is_doubt
    assert not ROOMS.is_doubt


WAGE = CrossCheck(
    name="income_over_wage",
    label=label("Income"),
    question="income",
    per="rooms",
    at_most_in={"table": "wage", "area": "district"},
    times=5,
)
WAGES = {"wage": [AreaYear(area_code="3601", year=2023, idr=100, source="a test")]}

WAGED = [
    # district, year, income, earners: is it doubted, is it held against anything
    ("3601", 2023, 1000, 2, False, True),  # five times 100 for each of two
    ("3601", 2023, 1001, 2, True, True),
    ("3601", 2022, 9999, 2, False, False),  # last year's wage does not stand for this year's
    ("3602", 2023, 9999, 2, False, False),
    ("3601", 2023, 9999, 0, False, True),  # nobody earns: nothing to compare, and nothing left out
]


@pytest.mark.parametrize(("district", "year", "income", "earners", "doubted", "known"), WAGED)
def test_income_an_earner_is_held_against_the_wage_of_its_district_and_year(
    district, year, income, earners, doubted, known
):
    answers = pd.DataFrame({"district": [district], "income": [float(income)], "rooms": [float(earners)]})
    answers["assessment_date"] = pd.to_datetime([f"{year}-10-01"])
    assert bool(len(check_across(answers, (WAGE,), WAGES).table)) is doubted
    left_out = without_reference(answers, (WAGE,), WAGES)
    assert left_out[["area_code", "year", "count"]].values.tolist() == ([] if known else [[district, year, 1]])
