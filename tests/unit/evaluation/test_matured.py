"""Which outcomes became known between two days."""

import numpy as np
import pandas as pd

from graduation_model.evaluation.matured import matured, matured_by_cohort


def cohorts(rows: list[tuple[str, str, float, str]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["household_id", "as_of_date", "label", "label_status"])
    return table.assign(as_of_date=pd.to_datetime(table["as_of_date"]))


BEFORE = cohorts([("a", "2018-12-31", 1.0, "labelled"), ("b", "2018-12-31", np.nan, "not_due")])
NOW = cohorts(
    [
        ("a", "2018-12-31", 1.0, "labelled"),
        ("b", "2018-12-31", 0.0, "labelled"),
        ("a", "2019-12-31", np.nan, "lost"),
        ("c", "2019-12-31", np.nan, "not_due"),
    ]
)


def test_a_family_matures_once_in_each_of_its_cohorts():
    assert matured(BEFORE, NOW)[["household_id", "label"]].values.tolist() == [["b", 0.0]]


def test_cohorts_of_which_nothing_is_known_yet_are_counted_too():
    counted = matured_by_cohort(BEFORE, NOW).set_index("cohort")
    assert counted.loc["2018-12-31", ["known_before", "matured", "stayed_out"]].tolist() == [1, 1, 0]
    assert counted.loc["2019-12-31", ["families", "matured", "lost", "not_due"]].tolist() == [2, 0, 1, 1]


def test_where_nothing_was_known_before_everything_known_matured():
    nothing = BEFORE[BEFORE["label"].isna()]
    assert matured_by_cohort(nothing, NOW)["matured"].tolist() == [2, 0]
