"""What a run keeps of its test families: forecasts, no ids."""

import pandas as pd

from graduation_model.evaluation.forecasts import forecasts, without_ids


def made(ids: list[str]) -> pd.DataFrame:
    families = pd.DataFrame({"household_id": ids, "cluster": [f"village {name}" for name in ids], "sex": "woman"})
    tested = pd.DataFrame({"household_id": ["b"], "y": [1.0], "weight": [2.0]})
    known = pd.DataFrame({"household_id": ["b"], "label": [1.0]})
    said = pd.DataFrame({"m": [0.1 * len(name) for name in ids]})
    return forecasts(families, said, test_year=2016, tested=tested, known=known)


def test_no_id_of_a_family_or_village_is_kept():
    kept = without_ids(made(["secret-1", "b", "secret-2"]), ["m"])
    text = kept.astype("str").to_csv()
    assert "secret" not in text
    assert "village" not in text
    assert list(kept["sex"].unique()) == ["woman"]


def test_the_order_of_rows_does_not_matter_and_other_families_are_told_apart():
    one, other = (without_ids(made(ids), ["m"]) for ids in (["a", "b", "c"], ["c", "a", "b"]))
    pd.testing.assert_frame_equal(one, other)
    assert without_ids(made(["a", "b", "d"]), ["m"])["cohort"].iloc[0] != one["cohort"].iloc[0]


def test_families_without_an_outcome_are_kept_for_the_year_in_which_it_is_known():
    kept = without_ids(made(["a", "b"]), ["m"])
    assert kept["y_by_as_of"].isna().tolist() == [True, False]
    assert kept["weight"].tolist() == [1.0, 2.0]
