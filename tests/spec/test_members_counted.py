"""Members of a visit, a row each, counted into the visit's own questions, as literal tables."""

from __future__ import annotations

import pandas as pd
import pytest

from graduation_model.contract.instrument import Question
from graduation_model.errors import DataError
from graduation_model.ingest.mapping import Repeat
from graduation_model.ingest.repeats import RepeatRows, answers_of
from lib.small import label

SIZE = Question(name="hh_size", kind="count", section="home", label=label("People"))
DEBT = Question(name="debt", kind="money", unit="idr", section="home", label=label("Debt"))
VISITS = pd.DataFrame({"_index": ["1", "2", "3"]})
MEMBERS = pd.DataFrame(
    {
        "_parent_index": ["1", "1", "1", "2", "2", "9"],
        "_parent_table_name": ["form"] * 6,
        "age": ["3", "40", "4", "5", None, "2"],
        "works": ["tidak", "Ya", None, "ya", "tidak", "ya"],
        "loan": ["", "Rp 1.500.000", None, "250.000", "0", "1"],
    }
)

RULES = [
    # rule                                                                       visit 1, 2, 3
    ({}, [3, 2, 0]),
    ({"where": [{"column": "age", "at_most": 4}]}, [2, "?", 0]),  # nobody knows how old one member of visit 2 is
    ({"where": [{"column": "age", "at_least": 5, "at_most": 18}]}, [0, "?", 0]),
    ({"where": [{"column": "works", "is_one_of": ["Ya"]}]}, ["?", 1, 0]),
    # of visit 2 the one without an age does not work, so that the age does not matter
    ({"where": [{"column": "works", "is_one_of": ["ya"]}, {"column": "age", "at_least": 5}]}, [1, 1, 0]),
]  # fmt: skip


def count(rule: dict[str, object], question: Question = SIZE, members: pd.DataFrame = MEMBERS) -> list[object]:
    repeats = [RepeatRows("anggota", "a.xlsx#anggota", members, 0, len(VISITS))]
    parsed = Repeat.model_validate({"repeat": "anggota", "question": question.name, **rule})
    found = answers_of(VISITS, pd.Series(["form"] * len(VISITS)), repeats, parsed, question)
    return ["?" if isinstance(answer, str) else answer for answer in found]


@pytest.mark.parametrize(("rule", "expected"), RULES)
def test_rows_are_counted_where_the_rule_holds_and_not_guessed(rule: dict[str, object], expected: list[object]) -> None:
    assert count(rule) == expected


def test_amounts_are_added_up_and_a_blank_one_is_not_nought() -> None:
    loans = MEMBERS.assign(loan=["100", "Rp 1.500.000", "0", "250.000", None, "1"])
    assert count({"sum": "loan"}, DEBT, loans) == [1_500_100, "?", 0]


REFUSED = [
    ({"repeat": "pinjaman"}, MEMBERS, "There is no repeat 'pinjaman' for 3 visits"),
    ({"sum": "amount"}, MEMBERS, "no column 'amount'"),
    ({}, MEMBERS.assign(_parent_table_name="anggota"), "a repeat within a repeat"),
]


@pytest.mark.parametrize(("rule", "members", "message"), REFUSED)
def test_what_cannot_be_joined_is_refused(rule: dict[str, object], members: pd.DataFrame, message: str) -> None:
    with pytest.raises(DataError, match=message):
        count(rule, members=members)


def test_visits_with_the_same_number_are_refused_since_a_member_could_be_of_either() -> None:
    repeats = [RepeatRows("anggota", "a.xlsx#anggota", MEMBERS, 0, 2)]
    twice, rule = VISITS.assign(_index="1").iloc[:2], Repeat(repeat="anggota", question="hh_size")
    with pytest.raises(DataError, match="1 visits share their _index"):
        answers_of(twice, pd.Series(["form"] * 2), repeats, rule, SIZE)
