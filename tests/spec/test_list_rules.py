"""The rules about the whole list, and the guards before it, as tables.

In every table a family is ready from a chance of 0.85: one false graduation weighs as four families wrongly kept, and
the band is 0.05. Left what is known of each family, right what the list must say.
"""

from __future__ import annotations

import pandas as pd
import pytest

from graduation_model.errors import ConfigError, DataError
from graduation_model.params import Label
from graduation_model.selection import Selection, SelectionParams, select
from graduation_model.selection.params import Areas, Budget, Condition, Floor, Guard, Spread

DATE = "2020-12-31"
KNOWN = ("district", "village", "facilitator", "head", "disabled", "old", "size", "earners", "grant")
WORDS = Label(id="-", en="-")
WOMEN = (Condition(column="head", is_one_of=("woman",)),)


def read(table: str) -> pd.DataFrame:
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in table.strip().splitlines()]
    return pd.DataFrame(rows[1:], columns=rows[0])


def made(table: str, *, contributions: pd.DataFrame | None = None, **rules: object) -> Selection:
    known = read(table)
    scores = pd.DataFrame(
        {
            "household_id": known["family"],
            "probability": known["chance"].astype(float),
            "completeness": 1.0,
            "support": "inside",
            "as_of_date": DATE,
            "model": "stack",
            "model_version": "1",
            "bundle_sha256": "0a",
            "log_odds": known.get("log-odds", pd.Series("0", index=known.index)).astype(float),
        }
    )
    carried = tuple(name for name in KNOWN if name in known)
    scores = scores.join(known[list(carried)].replace("-", None))
    params = SelectionParams(cost_ratio=4, band=0.05, carry=carried, **rules)  # type: ignore[arg-type]
    return select(scores, params, seed_text=DATE, contributions=contributions)


def check(table: str, **rules: object) -> Selection:
    expected = read(table)
    selection = made(table, **rules)
    found = selection.table.set_index("household_id").loc[expected["family"]]
    found = found.assign(listed=found["selected"].map({True: "yes", False: "no"}))
    for column in expected.columns.intersection(["recommendation", "rule", "listed"]):
        assert found[column].tolist() == expected[column].tolist(), column
    return selection


def cost(selection: Selection, rule: str) -> tuple[float, int]:
    row = selection.rules.set_index("rule").loc[rule]
    return round(float(row["price_exits"]), 4), int(row["families"])


def test_a_family_with_a_severe_disability_is_reviewed_and_what_is_not_recorded_rules_nothing_out() -> None:
    guard = Guard(name="severe_disability", label=WORDS, all_of=(Condition(column="disabled", at_least=1),))
    check(
        """
        family | chance | disabled | recommendation | rule              | listed
        A      | 0.95   | 1        | review         | severe_disability | no
        B      | 0.93   | -        | review         | severe_disability | no
        C      | 0.90   | 0        | ready          | above_threshold   | yes
        D      | 0.50   | 1        | not_ready      | below_threshold   | no
    """,
        guards=(guard,),
    )


def test_a_household_of_old_people_only_is_reviewed() -> None:
    guard = Guard(name="elderly_only", label=WORDS, all_of=(Condition(column="old", at_least="size"),))
    check(
        """
        family | chance | old | size | recommendation | rule
        A      | 0.95   | 2   | 2    | review         | elderly_only
        B      | 0.95   | 2   | 3    | ready          | above_threshold
        C      | 0.95   | 1   | -    | review         | elderly_only
    """,
        guards=(guard,),
    )


def test_a_guard_with_two_conditions_is_ruled_out_by_either() -> None:
    both = (Condition(column="earners", at_most=0), Condition(column="head", is_one_of=("woman",)))
    check(
        """
        family | chance | earners | head  | recommendation
        A      | 0.95   | 0       | woman | review
        B      | 0.95   | 0       | man   | ready
        C      | 0.95   | -       | man   | ready
        D      | 0.95   | -       | woman | review
        E      | 0.95   | 1       | -     | ready
    """,
        guards=(Guard(name="alone", label=WORDS, all_of=both),),
    )


def test_nobody_graduates_on_one_answer_about_goods_alone() -> None:
    # Ready is a log-odds of 1.735. Without its car A has 1.6; B keeps 1.8; C is carried by income, not by goods.
    contributions = pd.DataFrame(
        {"household_id": ["A", "B", "C"], "car": [0.6, 0.4, 0.0], "gold": [0.1, 0.3, 0.0], "income": [1.5, 1.5, 2.2]}
    )
    check(
        """
        family | chance | log-odds | recommendation | rule
        A      | 0.90   | 2.20     | review         | asset_alone
        B      | 0.90   | 2.20     | ready          | above_threshold
        C      | 0.90   | 2.20     | ready          | above_threshold
    """,
        never_on_alone=("car", "gold"),
        contributions=contributions,
    )


def test_the_budget_buys_the_most_expected_exits_not_the_highest_chances() -> None:
    selection = check(
        """
        family | chance | grant | listed | rule
        A      | 0.99   | 5     | no     | over_budget
        B      | 0.90   | 2     | yes    | above_threshold
        C      | 0.88   | 3     | yes    | above_threshold
    """,
        budget=Budget(at_most=5, cost="grant"),
    )
    assert cost(selection, "budget") == (0.99, 1)


def test_a_district_has_at_most_its_share_and_the_next_ones_of_others_come_in() -> None:
    selection = check(
        """
        family | chance | district | listed | rule
        A      | 0.99   | 3601     | yes    | above_threshold
        B      | 0.95   | 3601     | no     | over_area
        C      | 0.90   | 3602     | yes    | above_threshold
        D      | 0.86   | 3602     | no     | over_quota
    """,
        quota=2,
        areas=(Areas(column="district", max={"3601": 1}),),
    )
    assert cost(selection, "max") == (0.05, 2)
    assert cost(selection, "quota") == (0.86, 1)


def test_a_floor_takes_the_best_of_its_group_among_the_ready() -> None:
    selection = check(
        """
        family | chance | head  | listed | recommendation
        A      | 0.99   | man   | yes    | ready
        B      | 0.95   | man   | no     | ready
        C      | 0.88   | woman | yes    | ready
        D      | 0.84   | woman | no     | review
    """,
        quota=2,
        floors=(Floor(name="women", label=WORDS, all_of=WOMEN, count=1),),
    )
    assert cost(selection, "women") == (0.07, 2)


def test_a_floor_by_share_counts_the_list_as_it_is() -> None:
    check(
        """
        family | chance | head  | listed | rule
        A      | 0.99   | man   | yes    | above_threshold
        B      | 0.95   | man   | no     | over_floor
        C      | 0.88   | woman | yes    | above_threshold
    """,
        floors=(Floor(name="women", label=WORDS, all_of=WOMEN, share=0.5),),
    )


def test_no_village_and_no_facilitator_carries_the_list_and_the_best_pair_is_not_the_first_come() -> None:
    check(
        """
        family | chance | village | facilitator | listed | rule
        A      | 0.99   | 1       | x           | no     | over_spread
        B      | 0.98   | 1       | y           | yes    | above_threshold
        C      | 0.97   | 2       | x           | yes    | above_threshold
        D      | 0.86   | 3       | y           | no     | over_spread
    """,
        spread=(Spread(column="village", most=1), Spread(column="facilitator", most=1)),
    )


def test_families_whose_village_nobody_knows_are_counted_as_one_village() -> None:
    check(
        """
        family | chance | village | listed
        A      | 0.99   | -       | yes
        B      | 0.98   | -       | no
    """,
        spread=(Spread(column="village", most=1),),
    )


SMALL = """
    family | chance | district | head  | grant
    A      | 0.99   | 3601     | man   | 1
    B      | 0.95   | 3601     | man   | 1
    C      | 0.50   | 3602     | woman | 1
"""


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        (
            {"floors": (Floor(name="women", label=WORDS, all_of=WOMEN, count=1),), "quota": 2},
            "no list keeps this rule: floor women (at least 1, 0 are ready)",
        ),
        (
            {"areas": (Areas(column="district", min={"3601": 2}),), "quota": 1},
            "no list keeps these rules together: quota (at most 1), min 3601 (at least 2, 2 are ready)",
        ),
        (
            {
                "areas": (Areas(column="district", min={"3601": 2}),),
                "budget": Budget(at_most=1, cost="grant"),
                "quota": 2,
            },
            "no list keeps these rules together: budget (at most 1), min 3601 (at least 2, 2 are ready)",
        ),
    ],
)
def test_rules_that_cannot_hold_together_are_named_and_nobody_is_made_ready_for_them(
    rules: dict[str, object], words: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        made(SMALL, **rules)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"areas": (Areas(column="district", max={"3699": 5}),)}, "No scored family has district 3699"),
        ({"budget": Budget(at_most=5, cost="head")}, "What 3 families would cost is not known"),
        ({"budget": Budget(at_most=5, cost="head", amounts={"man": 1})}, "What 1 families would cost is not known"),
        ({"never_on_alone": ("car",)}, "Contributions or log-odds are missing for 3 families"),
    ],
)
def test_a_rule_that_the_scores_cannot_answer_is_refused(rules: dict[str, object], words: str) -> None:
    with pytest.raises(DataError, match=words):
        made(SMALL, **rules)


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"spread": ({"column": "vilage_code", "most": 1},)}, "spread.0.column names column vilage_code"),
        ({"spread": ({"column": "district"},)}, "needs either most or share"),
        ({"floors": ({"name": "women", "label": WORDS, "all_of": WOMEN},)}, "needs either count or share"),
        ({"guards": ({"name": "g", "label": WORDS, "all_of": ({"column": "head"},)},)}, "needs is_one_of"),
        ({"budget": {"at_most": 1, "cost": 1, "amounts": {"a": 1}}}, "need the column"),
        ({"budget": {"at_most": 1, "cost": -1}}, "negative cost"),
        ({"spread": ({"column": "district", "share": 0.1},)}, "needs a quota"),
    ],
)
def test_a_rule_that_nobody_can_have_meant_is_refused_when_the_programme_is_read(
    rules: dict[str, object], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        SelectionParams(carry=("district", "head"), **rules)  # type: ignore[arg-type]


def test_a_guard_may_not_take_the_name_of_a_rule_of_the_house() -> None:
    guard = Guard(name="over_quota", label=WORDS, all_of=WOMEN)
    with pytest.raises(ConfigError, match="means something else"):
        made(SMALL, guards=(guard,))
