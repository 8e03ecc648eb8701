"""The table of years out of what is remembered."""

import pandas as pd

from graduation_model.commands.history import years
from graduation_model.tracking import Memory, Step

TRAINED = Step(
    kind="training",
    as_of="2019-12-31",
    digest="",
    params={"model": "stack", "training_rows": "900", "label_kind": "sustained_exit"},
    figures={"stack.programme.auc": 0.8},
    version="1",
    model="small",
)
FIRST = Step(kind="list", as_of="2020-12-31", digest="a", figures={"selected": 3.0}, version="1", model="small")
AGAIN = Step(kind="list", as_of="2020-12-31", digest="b", figures={"selected": 5.0}, bundle_sha256="c" * 64)
FOUND = Step(kind="follow-up", as_of="2020-12-31", digest="d", figures={"stayed_out": 30.0, "lost": 12.0})
APPROVED = {("small", "1"): {"gate.opens": "true", "promotion.approver": "Siti", "bundle_sha256": "0"}}


def test_a_year_says_what_was_trained_who_approved_and_what_became_of_the_families():
    table = years(Memory((TRAINED, FIRST, FOUND), APPROVED, ("small", "1"))).set_index("as_of")
    trained, decided = table.loc["2019-12-31"], table.loc["2020-12-31"]
    assert (trained["trained"], trained["auc"], trained["gate"], trained["approver"]) == ("1", 0.8, "opened", "Siti")
    assert trained["champion"]
    assert (decided["decided"], decided["proposed"], decided["stayed_out"], decided["lost"]) == ("1", 3, 30, 12)
    assert pd.isna(decided["fell_back"])  # too few to show, and so not remembered
    assert pd.isna(decided["auc"])


def test_of_two_lists_for_one_date_the_last_counts_and_an_unregistered_model_goes_by_its_fingerprint():
    table = years(Memory((FIRST, AGAIN), {}, None))
    assert table[["decided", "proposed"]].values.tolist() == [["c" * 12, 5]]


def test_a_store_that_remembers_nothing_is_an_empty_table():
    assert years(Memory((), {}, None)).empty
