"""What the summary says of the list as a whole: bound, prices of rules, steadiness, swaps; small counts hidden."""

import numpy as np
import pandas as pd
import pytest

from graduation_model.reports.areas import area_counts, tile_map
from graduation_model.reports.list_facts import conformal_bound, rule_costs, steadiness, swaps
from lib.pages import FAMILIES, small_inputs


def crowd(n_proposed, n_not, name="A"):
    return tuple(
        (f"{name}-{i}", FAMILIES[0][1], "ready" if i < n_proposed else "not_ready", i + 1, i < n_proposed, None, "x")
        for i in range(n_proposed + n_not)
    )


def test_the_bound_is_the_level_at_which_the_whole_list_passes():
    families = crowd(2, 2)
    p = [0.01, 0.02, 0.5, 0.9]  # by Benjamini and Hochberg: .04, .04, .67, .9
    scores = small_inputs(families).scores.assign(conformal_p=p)
    assert "keeps to 4% false graduations, less than one family." in conformal_bound(
        small_inputs(families, scores=scores), "en"
    )
    assert conformal_bound(small_inputs(families), "en") == ""


def test_nobody_proposed_has_no_bound():
    scores = small_inputs(FAMILIES[2:]).scores.assign(conformal_p=0.5)
    assert conformal_bound(small_inputs(FAMILIES[2:], scores=scores), "id") == ""


def rules(**columns):
    return pd.DataFrame(
        {"rule": ["quota", "least_01"], "kind": ["quota", "district_min"], "level": ["", "01"], "limit": [40.0, 12.0],
         "used": [40.0, 12.0], "binding": [True, False], "price_exits": [3.25, 0.0], "families": [15, 0]} | columns
    )  # fmt: skip


def test_a_rule_is_told_with_its_price_and_its_place():
    quota, least = rule_costs(small_inputs(rules=rules()), "en")
    assert (quota["limit"], quota["used"]) == ("40", "40")
    assert "3.2" in quota["price"]
    assert "North" in least["name"]


def test_a_rule_that_counts_or_moved_few_families_does_not_tell_how_many():
    least = rule_costs(small_inputs(rules=rules(used=[40.0, 4.0], families=[15, 4], binding=True)), "en")[1]
    assert (least["used"], least["price"]) == ("*", "Moves a few families; how many is hidden.")


@pytest.mark.parametrize(("often", "expected"), [
    ([1.0] * 30, "Of 30 families proposed, 30 are chosen again in at least 90% of resamples; on average 100%."),
    ([1.0] * 26 + [0.5] * 4, "The 30 families proposed are chosen again in 93% of resamples on average."),
])  # fmt: skip
def test_steadiness_is_counted_unless_the_count_points_at_few(often, expected):
    families = crowd(30, 0)
    stability = pd.DataFrame({"household_id": [family[0] for family in families], "selected_share": often})
    assert steadiness(small_inputs(families, stability=stability), "en") == expected


def swapped(n_left, n_entered):
    families = crowd(40, 40)
    now = small_inputs(families).selection
    before = now.assign(selected=np.roll(now["selected"].to_numpy(), n_left), as_of_date="2019-12-31")
    assert n_left == n_entered  # a roll moves as many out as in
    return swaps(small_inputs(families, earlier=before), "en")["words"]


def test_swaps_are_counted():
    assert swapped(12, 12).endswith("proposed 40, this one 40: 28 stayed, 12 entered, 12 left.")


def test_few_swaps_are_hidden_with_what_would_betray_them():
    assert swapped(3, 3).endswith("this one 40: * stayed, * entered, * left.")


def test_the_causes_of_swaps_are_told_where_the_lists_were_compared():
    compared = pd.DataFrame({"change": ["entered"] * 12 + ["left"] * 12, "cause": ["answers"] * 24})
    families = crowd(40, 40)
    before = small_inputs(families).selection.assign(as_of_date="2019-12-31")
    causes = swaps(small_inputs(families, earlier=before, compared=compared), "id")["causes"]
    assert [(row["cause"], row["change"], row["count"]) for row in causes] == [
        ("jawaban keluarga", "keluar" if row["change"] == "keluar" else "masuk", "12") for row in causes
    ]
    assert len(causes) == 2


def mapped(*, proposed):
    families = (*crowd(proposed, 40, "A"), *crowd(30, 20, "B"))
    scores = small_inputs(families).scores
    scores = scores.assign(district=np.where(scores["household_id"].str[0] == "A", "01", "02"))
    params = small_inputs().params.model_copy(update={"tiles": {"01": (1, 1), "02": (2, 1), "03": (3, 1)}})
    inputs = small_inputs(families, scores=scores, params=params)
    return {tile["name"]: tile for tile in tile_map(inputs, area_counts(inputs, "id"), "id")}


def test_tiles_are_darker_where_more_are_proposed():
    tiles = mapped(proposed=20)
    assert (tiles["North"]["proposed"], tiles["North"]["share"]) == ("20", "33,3%")
    assert tiles["South"]["shade"] > tiles["North"]["shade"] > 0


def test_a_map_hides_what_the_table_hides():
    tiles = mapped(proposed=3)
    assert (tiles["North"]["proposed"], tiles["North"]["shade"]) == ("*", 0)
    assert tiles["South"]["proposed"] == "*"
    assert tiles["03"]["proposed"] == "*"  # a district without families tells nothing
