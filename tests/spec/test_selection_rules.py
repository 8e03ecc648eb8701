"""The rules of selection as tables: left what is known of each family, right what the list must say.

In every table the programme weighs one false graduation as four families wrongly kept, so the threshold is 0.80; the
review band is 0.05 on both sides of it; a family needs 70 % of its answers.
"""

from __future__ import annotations

import pandas as pd

from graduation_model.selection.params import SelectionParams
from graduation_model.selection.select import select

RULES = SelectionParams(cost_ratio=4, band=0.05, min_completeness=0.7)
DATE = "2020-12-31"


def read(table: str) -> pd.DataFrame:
    """A table drawn with bars -> a frame of text."""
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in table.strip().splitlines()]
    return pd.DataFrame(rows[1:], columns=rows[0])


def check(table: str, *, quota: int | None = None, rules: SelectionParams = RULES) -> None:
    """Select from the known columns, and compare with the expected ones."""
    expected = read(table)
    scores = pd.DataFrame(
        {
            "household_id": expected["family"],
            "probability": expected["probability"].astype(float),
            "support": expected.get("seen before", pd.Series("inside", index=expected.index)).map(
                {"yes": "inside", "no": "outside", "inside": "inside"}
            ),
            "never_graduated": expected.get("like graduated", pd.Series("yes", index=expected.index)) == "no",
            "completeness": expected.get("answered", pd.Series("1", index=expected.index)).astype(float),
            "conformal_p": expected.get("p-value", pd.Series("0", index=expected.index)).astype(float),
            "as_of_date": DATE,
            "model": "lightgbm",
            "model_version": "1",
            "bundle_sha256": "0a",
        }
    )
    found = select(scores, rules, quota=quota, seed_text=DATE).table.set_index("household_id")
    found = found.loc[expected["family"]]
    shown = found.assign(
        selected=found["selected"].map({True: "yes", False: "no"}),
        rank=found["rank"].astype("str").fillna("-").replace("<NA>", "-"),
        waiting=found["waiting_list_position"].astype("str").fillna("-").replace("<NA>", "-"),
    )
    for column in expected.columns.intersection(["recommendation", "rule", "rank", "selected", "waiting"]):
        assert shown[column].tolist() == expected[column].tolist(), column


def test_threshold_and_band_part_the_ready_from_review_and_not_ready() -> None:
    check("""
        family | probability | recommendation | rule            | rank
        A      | 0.97        | ready          | above_threshold | 1
        B      | 0.85        | ready          | above_threshold | 2
        C      | 0.849       | review         | near_threshold  | 3
        D      | 0.80        | review         | near_threshold  | 4
        E      | 0.75        | review         | near_threshold  | 5
        F      | 0.749       | not_ready      | below_threshold | 6
        G      | 0.10        | not_ready      | below_threshold | 7
    """)


def test_the_quota_is_a_ceiling_the_next_ones_wait() -> None:
    check(
        """
        family | probability | recommendation | selected | waiting | rule
        A      | 0.97        | ready          | yes      | -       | above_threshold
        B      | 0.95        | ready          | yes      | -       | above_threshold
        C      | 0.90        | ready          | no       | 1       | over_quota
        D      | 0.86        | ready          | no       | 2       | over_quota
        E      | 0.80        | review         | no       | -       | near_threshold
    """,
        quota=2,
    )


def test_the_quota_is_never_filled_with_families_that_are_not_ready() -> None:
    check(
        """
        family | probability | recommendation | selected | waiting
        A      | 0.90        | ready          | yes      | -
        B      | 0.84        | review         | no       | -
        C      | 0.50        | not_ready      | no       | -
    """,
        quota=3,
    )


def test_a_quota_of_zero_proposes_nobody_and_everybody_ready_waits() -> None:
    check(
        """
        family | probability | recommendation | selected | waiting | rule
        A      | 0.90        | ready          | no       | 1       | over_quota
        B      | 0.40        | not_ready      | no       | -       | below_threshold
    """,
        quota=0,
    )


def test_of_a_family_unlike_any_seen_before_nothing_is_said() -> None:
    check(
        """
        family | probability | seen before | recommendation | rule            | rank | selected
        A      | 0.99        | no          | cannot_say     | out_of_support  | -    | no
        B      | 0.90        | yes         | ready          | above_threshold | 1    | yes
    """,
        quota=1,
    )


def test_of_a_family_with_too_few_answers_nothing_is_said() -> None:
    check(
        """
        family | probability | answered | recommendation | rule            | rank | selected
        A      | 0.99        | 0.69     | cannot_say     | incomplete      | -    | no
        B      | 0.90        | 0.70     | ready          | above_threshold | 1    | yes
        C      | 0.10        | 0.20     | cannot_say     | incomplete      | -    | no
    """,
        quota=2,
    )


def test_unlike_any_seen_before_is_said_before_too_few_answers() -> None:
    check("""
        family | probability | seen before | answered | recommendation | rule
        A      | 0.99        | no          | 0.10     | cannot_say     | out_of_support
    """)


def test_people_look_at_whom_the_chance_alone_would_call_ready_though_nobody_alike_was_graduated() -> None:
    check("""
        family | probability | like graduated | recommendation | rule            | selected
        A      | 0.99        | no             | review         | never_graduated | no
        B      | 0.90        | yes            | ready          | above_threshold | yes
        C      | 0.80        | no             | review         | near_threshold  | no
        D      | 0.10        | no             | not_ready      | below_threshold | no
    """)


def test_what_the_model_never_saw_is_not_judged_whoever_was_graduated() -> None:
    check("""
        family | probability | seen before | answered | like graduated | recommendation | rule
        A      | 0.99        | no          | 1.00     | no             | cannot_say     | out_of_support
        B      | 0.99        | yes         | 0.10     | no             | cannot_say     | incomplete
    """)


def test_families_unlike_any_graduated_take_no_part_in_the_cap() -> None:
    # Two are judged, so the smaller p-value may be at most half of the cap of 0.10; of three it could be a third only.
    check(
        """
        family | probability | p-value | like graduated | recommendation | rule
        A      | 0.99        | 0.900   | no             | review         | never_graduated
        B      | 0.97        | 0.045   | yes            | ready          | above_threshold
        C      | 0.95        | 0.900   | yes            | review         | beyond_bound
    """,
        rules=RULES.model_copy(update={"conformal_level": 0.1}),
    )


def test_between_equal_probabilities_the_better_known_family_comes_first() -> None:
    check(
        """
        family | probability | answered | rank | selected | waiting
        A      | 0.90        | 0.80     | 3    | no       | 2
        B      | 0.90        | 0.95     | 1    | yes      | -
        C      | 0.90        | 0.90     | 2    | no       | 1
    """,
        quota=1,
    )


def test_between_families_equal_in_everything_a_lot_decides_that_can_be_drawn_again() -> None:
    # The lot is a hash of the household's number and of the date: neither the number nor the order of rows wins.
    check("""
        family | probability | rank
        A      | 0.90        | 3
        B      | 0.90        | 1
        C      | 0.90        | 2
    """)


def test_with_a_cap_on_false_graduations_the_families_beyond_it_are_reviewed() -> None:
    # Five are judged; the k-th smallest p-value may be at most k/5 of the cap of 0.10: 0.02, 0.04, 0.06, ...
    check(
        """
        family | probability | p-value | seen before | recommendation | rule            | selected | waiting
        A      | 0.97        | 0.010   | yes         | ready          | above_threshold | yes      | -
        B      | 0.95        | 0.045   | yes         | ready          | above_threshold | yes      | -
        C      | 0.92        | 0.060   | yes         | ready          | over_quota      | no       | 1
        D      | 0.90        | 0.081   | yes         | review         | beyond_bound    | no       | -
        E      | 0.50        | 0.700   | yes         | not_ready      | below_threshold | no       | -
        F      | 0.99        | 0.001   | no          | cannot_say     | out_of_support  | no       | -
    """,
        quota=2,
        rules=RULES.model_copy(update={"conformal_level": 0.1}),
    )


def test_the_cap_never_makes_a_family_ready_whose_chance_is_too_low() -> None:
    check(
        """
        family | probability | p-value | recommendation | rule
        A      | 0.80        | 0.001   | review         | near_threshold
        B      | 0.30        | 0.001   | not_ready      | below_threshold
    """,
        rules=RULES.model_copy(update={"conformal_level": 0.1}),
    )
