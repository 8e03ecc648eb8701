"""Completeness counts what was asked and answered, and nothing that did not apply."""

import pandas as pd
import pytest

from graduation_model.contract.instrument import Applies, Question
from graduation_model.scoring.completeness import completeness
from lib.small import label, small_instrument


def _instrument():
    instrument = small_instrument()
    trade = Question(
        name="trade",
        kind="count",
        section="home",
        label=label("Trade"),
        asked_if=Applies(question="member", equals="yes"),
    )
    return instrument.model_copy(update={"questions": (*instrument.questions, trade)})


@pytest.mark.parametrize(
    ("answers", "share"),
    [
        ({}, 1.0),
        ({"rooms": None}, 6 / 7),
        ({"trade": None}, 6 / 7),
        ({"member": "no", "trade": None}, 1.0),  # not asked: not missing
        ({"member": None, "trade": None}, 5 / 6),
    ],
)
def test_a_question_counts_where_it_applies(answers, share):
    whole = {"status": "poor", "size": 4, "rooms": 2, "income": 1.0, "floor": "earth", "member": "yes", "trade": 1}
    assert completeness(pd.DataFrame([{**whole, **answers}]), _instrument())[0] == pytest.approx(share)


def test_optional_and_blocked_questions_do_not_count():
    rows = pd.DataFrame(
        [
            {
                "status": "poor",
                "size": 4,
                "rooms": 2,
                "income": 1.0,
                "floor": "earth",
                "member": "yes",
                "trade": 1,
                "opinion": None,
            }
        ]
    )
    assert completeness(rows, _instrument())[0] == 1.0
