"""What an instrument may not say."""

import pytest
from pydantic import ValidationError

from graduation_model.contract.instrument import Applies, Derived, Instrument, Question, Value
from lib.small import label, small_instrument

VALUES = (Value(name="a", label=label("A")), Value(name="b", label=label("B")))
REFUSED = [
    ({"kind": "choice", "values": VALUES, "direction": "never_lowers"}, "its answers have no order"),
    ({"kind": "choice"}, "needs at least two values"),
    ({"kind": "count", "values": VALUES}, "cannot have values"),
    ({"kind": "money"}, "needs a unit"),
    ({"kind": "choice", "values": (VALUES[0], VALUES[0])}, "names the same value twice"),
    ({"kind": "text", "direction": "never_raises"}, "its answers have no order"),
    ({"kind": "count", "derived": Derived(amount="income")}, "is derived: it is of kind number"),
]


@pytest.mark.parametrize(("says", "message"), REFUSED)
def test_a_question_that_cannot_be_meant_is_refused(says, message):
    with pytest.raises(ValidationError, match=message):
        Question(name="q", section="home", label=label("Q"), **says)


def test_a_question_twice_or_in_no_section_is_refused():
    fields = dict(small_instrument())
    with pytest.raises(ValidationError, match="names status twice"):
        Instrument(**{**fields, "questions": (*fields["questions"], fields["questions"][0])})
    with pytest.raises(ValidationError, match="which sections does not list"):
        Instrument(**{**fields, "sections": ()})


@pytest.mark.parametrize(
    ("says", "message"),
    [
        ({"derived": Derived(amount="floor")}, "derived from floor, which the same visit asks no number for"),
        ({"derived": Derived(amount="income", heads="nobody")}, "derived from nobody"),
        ({"asked_if": Applies(question="income", equals="yes")}, "asked_if an answer that no question has"),
    ],
)
def test_a_question_that_hangs_on_what_its_visit_does_not_ask_is_refused(says, message):
    fields = dict(small_instrument())
    odd = Question(name="odd", kind="number", unit="ratio", section="home", label=label("Odd"), **says)
    with pytest.raises(ValidationError, match=message):
        Instrument(**{**fields, "questions": (*fields["questions"], odd)})


def test_objects_are_frozen():
    with pytest.raises(ValidationError, match="frozen"):
        small_instrument().version = "2"


def test_yes_is_higher_than_no():
    question = small_instrument().named("member")
    assert question.levels == ("no", "yes")
    assert question.dtype().ordered
