"""One promise of `select` a test, on a handful of families."""

from __future__ import annotations

import json
import logging

import pandas as pd
import pytest

from graduation_model.errors import ConfigError, DataError
from graduation_model.selection.params import SelectionParams
from graduation_model.selection.select import SELECTION_COLUMNS, select

RULES = SelectionParams(cost_ratio=4, band=0.05)  # threshold 0.80: review from 0.75, ready from 0.85
DATE = "2020-12-31"


def scored(**columns: list[object]) -> pd.DataFrame:
    """Scores with only what a test varies written out."""
    size = len(next(iter(columns.values())))
    usual = {
        "household_id": [f"H{number}" for number in range(size)],
        "as_of_date": DATE,
        "probability": 0.9,
        "support": "inside",
        "completeness": 1.0,
        "model": "lightgbm",
        "model_version": "1",
        "bundle_sha256": "0a",
    }
    return pd.DataFrame(usual | columns)


def test_the_table_has_the_columns_of_the_contract_and_the_best_first() -> None:
    table = select(scored(probability=[0.2, 0.9, 0.8]), RULES, seed_text=DATE).table
    assert tuple(table.columns) == SELECTION_COLUMNS
    assert table["household_id"].tolist() == ["H1", "H2", "H0"]
    assert table["rank"].tolist() == [1, 2, 3]


def test_the_programmes_quota_holds_where_none_is_given() -> None:
    rules = RULES.model_copy(update={"quota": 1})
    assert select(scored(probability=[0.9, 0.95]), rules, seed_text=DATE).summary["selected"] == 1


def test_a_given_quota_stands_before_the_programmes() -> None:
    rules = RULES.model_copy(update={"quota": 2})
    assert select(scored(probability=[0.9, 0.95]), rules, quota=0, seed_text=DATE).summary["selected"] == 0


def test_without_any_quota_all_who_are_ready_are_proposed() -> None:
    chosen = select(scored(probability=[0.9, 0.95, 0.5]), RULES, seed_text=DATE)
    assert chosen.table["selected"].tolist() == [True, True, False]
    assert chosen.summary["quota"] is None


def test_a_family_of_whom_nothing_can_be_said_has_no_rank_and_stands_last() -> None:
    table = select(scored(probability=[0.99, 0.1], support=["outside", "inside"]), RULES, seed_text=DATE).table
    assert table["household_id"].tolist() == ["H1", "H0"]
    assert table["rank"].isna().tolist() == [False, True]


def test_a_family_is_counted_under_its_unit() -> None:
    rules = RULES.model_copy(update={"quota_unit": "district", "carry": ("district",)})
    chosen = select(scored(probability=[0.9, 0.95, 0.1], district=["Lebak", None, "Serang"]), rules, seed_text=DATE)
    assert chosen.summary["selected_by_unit"] == {"Lebak": 1, "Serang": 0, "unknown": 1}


def test_the_summary_says_how_many_false_graduations_to_expect() -> None:
    chosen = select(scored(probability=[0.90, 0.95, 0.86]), RULES, quota=2, seed_text=DATE)
    assert chosen.summary["expected_false_graduations"] == pytest.approx(0.15)
    assert chosen.summary["quota_unfilled"] == 0


def test_the_summary_fits_into_a_manifest() -> None:
    summary = select(scored(probability=[0.9, 0.2]), RULES, quota=5, seed_text=DATE).summary
    assert json.loads(json.dumps(summary)) == summary
    assert summary["quota_unfilled"] == 4
    assert summary["recommendations"] == {"ready": 1, "review": 0, "not_ready": 1, "cannot_say": 0}


def test_ties_are_ordered_by_more_answers_first() -> None:
    table = select(scored(probability=[0.9, 0.9], completeness=[0.8, 0.9]), RULES, quota=1, seed_text=DATE).table
    assert table["household_id"].tolist() == ["H1", "H0"]


def test_full_ties_are_not_won_by_low_numbers_and_change_with_the_year() -> None:
    scores = scored(probability=[0.9] * 50)
    first, again = (select(scores, RULES, seed_text=DATE).table["household_id"].tolist() for _ in range(2))
    other = select(scores, RULES, seed_text="2021-12-31").table["household_id"].tolist()
    assert first == again
    assert first != sorted(first)
    assert first != other


def test_a_probability_written_as_the_bound_is_at_the_bound() -> None:
    # 0.8 + 0.05 is 0.8500000000000001 in binary.
    assert select(scored(probability=[0.85]), RULES, seed_text=DATE).table["recommendation"].item() == "ready"
    assert select(scored(probability=[0.75]), RULES, seed_text=DATE).table["recommendation"].item() == "review"


def test_no_scores_give_an_empty_list() -> None:
    chosen = select(scored(probability=[0.9]).head(0), RULES, quota=3, seed_text=DATE)
    assert (len(chosen.table), chosen.summary["selected"], chosen.summary["quota_unfilled"]) == (0, 0, 3)


def test_numeric_household_ids_become_text() -> None:
    table = select(scored(household_id=[7, 12], probability=[0.9, 0.1]), RULES, seed_text=DATE).table
    assert table["household_id"].tolist() == ["7", "12"]


def test_the_log_holds_counts_and_no_household(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="graduation_model"):
        select(scored(household_id=["3601-ANI"], probability=[0.9123]), RULES, seed_text=DATE)
    assert "1 families" in caplog.text
    assert "ANI" not in caplog.text
    assert "0.91" not in caplog.text


def test_the_given_scores_stay_as_they_were() -> None:
    scores = scored(probability=[0.2, 0.9])
    before = scores.copy()
    select(scores, RULES, seed_text=DATE)
    pd.testing.assert_frame_equal(scores, before)


REFUSED = {
    "a missing probability": ({"probability": [0.9, None]}, "probability is missing or outside 0-1 in 1 rows"),
    "a probability above one": ({"probability": [0.9, 1.2]}, "probability is missing or outside 0-1 in 1 rows"),
    "a missing completeness": ({"completeness": [None, 1.0]}, "completeness is missing or outside 0-1 in 1 rows"),
    "a household twice": ({"household_id": ["A", "A"]}, "1 rows repeat a household_id"),
    "a household without an id": ({"household_id": ["A", None]}, "household_id is empty in 1 rows"),
    "two models": ({"model": ["lightgbm", "logistic"]}, "Column model holds 2 different values"),
    "two versions": ({"model_version": ["1", None]}, "Column model_version holds 2 different values"),
    "two bundles": ({"bundle_sha256": ["0a", "0b"]}, "Column bundle_sha256 holds 2 different values"),
    "two dates": ({"as_of_date": [DATE, "2021-12-31"]}, "Column as_of_date holds 2 different values"),
    "an unknown support": ({"support": ["inside", "maybe"]}, "support holds neither inside nor outside in 1 rows"),
}


@pytest.mark.parametrize(("columns", "said"), REFUSED.values(), ids=REFUSED)
def test_scores_that_make_no_fair_list_are_refused(columns: dict[str, list[object]], said: str) -> None:
    with pytest.raises(DataError, match=said):
        select(scored(**columns), RULES, seed_text=DATE)


def test_a_column_that_the_programme_carries_must_be_there() -> None:
    rules = RULES.model_copy(update={"carry": ("district",), "quota_unit": "district"})
    with pytest.raises(DataError, match="Columns district are missing, which selection carries"):
        select(scored(probability=[0.9]), rules, seed_text=DATE)


def test_a_negative_quota_is_refused() -> None:
    with pytest.raises(ConfigError, match="quota is negative"):
        select(scored(probability=[0.9]), RULES, quota=-1, seed_text=DATE)


def test_rules_under_which_nobody_could_be_proposed_are_refused() -> None:
    with pytest.raises(ConfigError, match="nobody could ever be proposed"):
        select(scored(probability=[1.0]), SelectionParams(cost_ratio=99, band=0.05), seed_text=DATE)
