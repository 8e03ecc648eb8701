"""Answers that cannot both be right: a spec table that a programme officer could read."""

import pandas as pd
import pytest
from pydantic import ValidationError

from graduation_model.contract.checks import check_across
from graduation_model.contract.instrument import CrossCheck, Instrument
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
        ({"at_most": None}, "needs either at_most or needs"),
        ({"at_most": "beds"}, "which is no number that is asked"),
        ({"at_most": "floor"}, "which is no number that is asked"),
        ({"at_most": None, "needs": {"question": "member", "equals": "maybe"}}, "needs an answer that no question has"),
    ],
)
def test_a_check_that_cannot_be_meant_is_refused(changes, message):
    with pytest.raises(ValidationError, match=message):
        Instrument(**{**dict(small_instrument()), "cross_checks": [{**ROOMS.model_dump(), **changes}]})
