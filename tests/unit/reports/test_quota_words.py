"""What the summary says of places: how many are filled, and what truly left the others empty."""

import pytest

from graduation_model.params import Label
from graduation_model.reports.quota_words import quota_use
from graduation_model.selection.params import Condition, Guard, SelectionParams
from lib.pages import FAMILIES, small_inputs

LEFT = "more likely to fall back"
RULED = "not for want of families"
GUARD = Guard(
    name="elderly_only", label=Label(id="-", en="all are old"), all_of=(Condition(column="completeness", at_least=0),)
)


def why(*standings: tuple[str, bool, int | None, str], quota: int = 4) -> str:
    """Recommendation, selected, place on the waiting list, rule of each family in; why places are empty, out."""
    families = tuple(
        (f"K-{rank}", FAMILIES[0][1], recommendation, rank, selected, waiting, rule)
        for rank, (recommendation, selected, waiting, rule) in enumerate(standings, start=1)
    )
    params = SelectionParams(quota=quota, guards=(GUARD,))
    return quota_use(small_inputs(families, summary={"quota": quota}, selection_params=params), "en")["why"]


PROPOSED = ("ready", True, None, "above_threshold")
BELOW = ("not_ready", False, None, "below_threshold")


def waits(place: int, rule: str) -> tuple[str, bool, int, str]:
    return ("ready", False, place, rule)


def held(rule: str) -> tuple[str, bool, None, str]:
    return ("review", False, None, rule)


@pytest.mark.parametrize(("standings", "says", "not_says"), [
    # too few are past the limit, and nothing else
    ((PROPOSED, BELOW, BELOW), ("1 family cleared", LEFT), ("people look first", "Ready, but waiting", RULED)),
    # a rule about the whole list keeps out as many as there are places
    ((PROPOSED, waits(1, "over_spread"), waits(2, "over_area"), waits(3, "over_spread")),
     ("4 families cleared", "3 families (the most from one village or facilitator; the most from one area)", RULED),
     (LEFT, "people look first")),
    # people look first, and the rest is too few
    ((PROPOSED, held("elderly_only"), held("asset_alone"), BELOW),
     ("3 families cleared", "2 families (ready by one answer about goods alone; all are old)", LEFT), (RULED,)),
    # the cap and the budget together
    ((PROPOSED, held("beyond_bound"), waits(1, "over_budget"), held("never_graduated")),
     ("the cap on expected false graduations", "1 family (the budget)", RULED), (LEFT,)),
])  # fmt: skip
def test_what_left_places_empty_is_told(standings, says, not_says):
    said = why(*standings)
    assert [words for words in says if words not in said] == []
    assert [words for words in not_says if words in said] == []


def test_without_a_quota_it_is_told_who_waits_for_another_rule():
    families = tuple((f"K-{n}", FAMILIES[0][1], *one[:1], n, *one[1:]) for n, one in
                     enumerate((PROPOSED, waits(1, "over_budget")), start=1))  # fmt: skip
    said = quota_use(small_inputs(families, summary={"quota": None}), "id")
    assert said["why"] == "1 keluarga siap, tetapi menunggu karena aturan untuk seluruh daftar: anggaran."
