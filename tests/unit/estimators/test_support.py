import numpy as np
import pandas as pd

from graduation_model.estimators.support import outside_support, support_ranges

SEEN = pd.DataFrame({"rooms": [1.0, 5.0], "roof=sheet": [0.0, 0.0], "previous": [np.nan, np.nan]}, dtype="float32")


def rows(**answers: float) -> pd.DataFrame:
    return pd.DataFrame([{"rooms": 2.0, "roof=sheet": 0.0, "previous": np.nan, **answers}], dtype="float32")


def test_a_family_like_those_in_training_lies_inside():
    assert not outside_support(rows(), support_ranges(SEEN)).any()


def test_a_tenth_of_the_span_beyond_the_edge_is_still_inside():
    support = support_ranges(SEEN)
    assert not outside_support(rows(rooms=5.39), support).any()
    assert outside_support(rows(rooms=5.41), support).all()
    assert outside_support(rows(rooms=0.5), support).all()


def test_a_level_that_training_never_saw_lies_outside():
    assert outside_support(rows(**{"roof=sheet": 1.0}), support_ranges(SEEN)).all()


def test_what_is_missing_or_was_never_answered_in_training_does_not_lie_outside():
    support = support_ranges(SEEN)
    assert not outside_support(rows(rooms=np.nan), support).any()
    assert not outside_support(rows(previous=3.0), support).any()


def test_columns_are_found_by_name():
    assert outside_support(rows(rooms=9.0)[["previous", "rooms", "roof=sheet"]], support_ranges(SEEN)).all()
