"""Columns, files and facilitators that are odd: found from so many visits on, and not before."""

import numpy as np
import pandas as pd

from graduation_model.contract.findings import identical_answers, missing_answers, not_checked, suspected_codebooks
from graduation_model.contract.instrument import Question
from graduation_model.contract.params import CheckParams
from lib.small import label, small_instrument

HOME = {"section": "home", "label": label("x")}
ASKED = Question(
    name="profit", kind="money", unit="idr_month", asked_if={"question": "member", "equals": "yes"}, **HOME
)
QUESTIONS = (*small_instrument().questions, ASKED)
PARAMS = CheckParams(fewest=10, fewest_coded=10, identical_families=3)


def _visits(n=20, **changes):
    plain = {
        "household_id": [f"h{i}" for i in range(n)],
        "wave": 2020,
        "facilitator_id": "F1",
        "status": "poor",
        "size": np.arange(1, n + 1),
        "rooms": 2.0,
        "income": 100.0,
        "floor": "earth",
        "member": "yes",
        "profit": 1.0,
    }
    return pd.DataFrame({**plain, **changes})


def _some(n, missing):
    return [np.nan] * missing + [1.0] * (n - missing)


def _missing(visits, set_aside=None):
    failed = pd.DataFrame(index=visits.index) if set_aside is None else set_aside
    return missing_answers(visits, failed, QUESTIONS, PARAMS)


def test_a_question_that_is_too_often_unanswered_is_found():
    found = _missing(_visits(rooms=_some(20, 5), income=_some(20, 4)))
    assert found[["rule", "column", "count", "of", "wave"]].values.tolist() == [
        ["missing_answers", "rooms", 5, 20, 2020]  # four of twenty are allowed
    ]


def test_one_facilitator_may_leave_more_out_and_is_named():
    visits = _visits(40, rooms=[np.nan] * 7 + [1.0] * 33, facilitator_id=["F1"] * 15 + ["F2"] * 25)
    found = _missing(visits)
    assert found[["rule", "facilitator_id", "count", "of"]].values.tolist() == [
        ["missing_answers_of_facilitator", "F1", 7, 15]
    ]


def test_what_was_not_asked_is_not_missing_and_a_few_visits_say_nothing():
    assert _missing(_visits(member="no", profit=np.nan)).empty
    assert _missing(_visits(9, rooms=np.nan)).empty
    nobody = _missing(_visits(profit=np.nan))  # told once, and not of each facilitator again
    assert nobody[["rule", "column"]].values.tolist() == [["missing_answers", "profit"]]


def test_an_answer_that_was_set_aside_is_reported_as_that_and_not_as_missing():
    assert _missing(_visits(rooms=np.nan), pd.DataFrame({"rooms": [True] * 20})).empty


def _identical(visits, **changes):
    places = pd.DataFrame({"source_file": "a.xlsx", "source_row": range(len(visits))})
    return identical_answers(visits, places, QUESTIONS, PARAMS.model_copy(update=changes))


def test_families_with_the_same_answers_to_everything_are_found_with_their_rows():
    found = _identical(_visits(size=[4.0] * 3 + list(range(10, 27))))
    assert found[["rule", "facilitator_id", "count", "of", "detail"]].values.tolist() == [
        ["identical_answers", "F1", 3, 20, "a.xlsx: 0, 1, 2"]
    ]


def test_answers_are_alike_only_within_one_facilitator_and_wave():
    alike = _visits(6, size=4.0, facilitator_id=["F1"] * 2 + ["F2"] * 2 + ["F3"] * 2)
    assert _identical(alike).empty
    assert _identical(_visits(4, size=4.0, wave=[2019, 2019, 2020, 2020])).empty


def test_one_family_twice_an_empty_form_and_left_out_questions_are_no_copies():
    assert _identical(_visits(3, size=4.0, household_id=["h0"] * 3)).empty
    blank = dict.fromkeys(("status", "size", "rooms", "income", "floor", "member", "profit"))
    assert _identical(_visits(5, **blank)).empty
    assert len(_identical(_visits(5), identical_without=("size",))) == 1


def _suspected(floor, unreadable=0, n=20):
    floor_question = small_instrument().named("floor").model_dump()
    question = Question(**floor_question | {"plausible": [{"value": "earth", "least": 0.1, "most": 0.6}]})
    visits = pd.DataFrame({"floor": pd.Series(floor, dtype=question.dtype())})
    bad = pd.DataFrame({"floor": [True] * unreadable + [False] * (n - unreadable)})
    files = pd.Series(["a.xlsx"] * n)
    return suspected_codebooks(visits, bad, files, (question,), PARAMS)[
        ["count", "of", "limit", "detail"]
    ].values.tolist()


def test_answers_far_more_or_less_common_than_plausible_suspect_the_codebook():
    assert _suspected(["earth"] * 10 + ["cement"] * 10) == []
    assert _suspected(["earth"] * 13 + ["cement"] * 7) == [[13, 20, 0.6, "earth"]]
    assert _suspected(["cement"] * 20) == [[0, 20, 0.1, "earth"]]


def test_codes_that_the_codebook_does_not_know_suspect_it():
    assert _suspected([None] * 6 + ["earth"] * 7 + ["cement"] * 7, unreadable=6) == [[6, 20, 0.25, ""]]
    assert _suspected([None] * 5 + ["earth"] * 7 + ["cement"] * 8, unreadable=5) == []


def test_a_check_that_was_left_out_is_told_once_a_year_with_its_areas():
    rows = [("wage", "income", "3602", 2020, 5), ("wage", "income", "3601", 2020, 2)]
    left_out = pd.DataFrame(rows, columns=["rule", "column", "area_code", "year", "count"])
    assert not_checked(left_out)[["rule", "wave", "count", "detail"]].values.tolist() == [
        ["not_checked", 2020, 7, "wage: 3601, 3602"]
    ]
