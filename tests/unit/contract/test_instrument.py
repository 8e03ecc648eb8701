"""What an instrument may not say."""

import pytest
from pydantic import ValidationError

from graduation_model.contract.instrument import Instrument, Question, Value
from lib.small import label, small_instrument

VALUES = (Value(name="a", label=label("A")), Value(name="b", label=label("B")))
REFUSED = [
    ({"kind": "choice", "values": VALUES, "direction": "never_lowers"}, "its answers have no order"),
    ({"kind": "choice"}, "needs at least two values"),
    ({"kind": "count", "values": VALUES}, "cannot have values"),
    ({"kind": "money"}, "needs a unit"),
    ({"kind": "choice", "values": (VALUES[0], VALUES[0])}, "names the same value twice"),
    ({"kind": "text", "direction": "never_raises"}, "its answers have no order"),
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


def test_objects_are_frozen():
    with pytest.raises(ValidationError, match="frozen"):
        small_instrument().version = "2"


def test_yes_is_higher_than_no():
    question = small_instrument().named("member")
    assert question.levels == ("no", "yes")
    assert question.dtype().ordered
