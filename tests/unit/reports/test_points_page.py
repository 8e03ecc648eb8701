"""The points card for a committee: conditions in words, sums with chances, how near it comes to the model."""

import pandas as pd

from graduation_model.estimators.points_card import PointsCard, Step
from graduation_model.evaluation.agreement import Agreement
from graduation_model.reports.points_page import PointsInputs, points_dict, points_markdown, points_page
from lib.small import label, small_instrument

STEPS = (
    Step("status", "status", "at_least", 2.0, "", 3),
    Step("size", "size", "at_least", 5.0, "", -2),
    Step("income", "income__rank", "rank_at_least", 0.5, "", 2),
    Step("floor", "floor=cement", "is", 1.0, "cement", 1),
)
INPUTS = PointsInputs(
    card=PointsCard(STEPS, slope=0.4, intercept=-1.0),
    agreement=Agreement(2017, 927, 0.764, 0.77, 0.78, 0.75, 0.777),
    model="lightgbm",
    as_of="2017-12-31",
    title=label("Programme"),
    outcome=label("Stayed out"),
    instrument=small_instrument(),
    amounts=pd.DataFrame({"quantity": "income", "quantile": [0.0, 0.5, 1.0], "value": [0.0, 1_234_567.0, 9e6]}),
    currency="Rp",
    quota_share=0.2,
    simulated=True,
)


def test_every_line_is_a_condition_that_a_person_can_check():
    rows = points_dict(INPUTS, "en")["rows"]
    said = {row["question"]: (row["lines"][0]["condition"], row["lines"][0]["points"]) for row in rows}
    assert said["Status"] == ("not_poor", "+3")
    assert said["People"] == ("5 or more", "−2")
    assert said["Income"][0].replace("\xa0", " ") == "Rp 1,230,000 or more (prices of the last assessment)"
    assert said["Floor"] == ("cement", "+1")


def test_sums_run_from_the_highest_to_the_lowest_with_their_chance():
    sums = points_dict(INPUTS, "id")["sums"]
    assert sums[0]["points"].endswith("6")
    assert sums[-1]["points"].startswith("−2")
    chances = [int(row["chance"]) for row in sums]
    assert chances == sorted(chances, reverse=True)


def test_the_agreement_with_the_model_is_said_with_its_year():
    line = points_dict(INPUTS, "en")["agreement"][0]
    assert line.startswith("Tested on 927 families of 2017: of 100 families that the model would propose")
    assert line.endswith("the card would propose 76 too.")
    untested = points_dict(PointsInputs(**{**vars(INPUTS), "agreement": None}), "en")["agreement"]
    assert untested == ["No test year yet: how near the card comes to the model is not known."]


def test_the_page_holds_both_languages_and_the_markdown_one():
    page = points_page(INPUTS)
    assert page.count('type="radio"') == 2
    assert "Kartu poin" in page
    assert "Points card" in page
    assert "SIMULATED" in page.upper()
    assert "http" not in page
    assert points_markdown(INPUTS, "id").startswith("# Kartu poin: Programme (id)")
