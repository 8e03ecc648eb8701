"""The summary, looked at as a plain dict."""

import pandas as pd
import pytest

from graduation_model.reports.cohort_page import cohort_dict
from graduation_model.reports.params import ReportParams
from lib.pages import FAMILIES, small_inputs


def test_every_recommendation_is_counted_also_where_nobody_has_it():
    tiles = {tile["code"]: tile["count"] for tile in cohort_dict(small_inputs(FAMILIES[:2]), "id")["tiles"]}
    assert tiles == {"ready": "2", "review": "0", "not_ready": "0", "cannot_say": "0"}


def test_an_unfilled_quota_is_a_calm_fact_with_its_reason():
    quota = cohort_dict(small_inputs(FAMILIES[:1], summary={"quota": 40}), "en")["quota"]
    assert quota["unfilled"] == 39
    assert quota["line"] == "Quota 40; proposed 1; places left unfilled 39."
    assert quota["why"].startswith("1 family cleared the safe limit, a chance of at least 88 in 100")


def test_a_full_quota_names_those_who_wait():
    quota = cohort_dict(small_inputs(), "en")["quota"]
    assert quota["unfilled"] == 0
    assert quota["why"] == "The quota is full. Also ready, and on the waiting list: 1 family."


def test_a_full_quota_may_leave_nobody_out():
    assert "tidak ada keluarga siap yang tertinggal" in cohort_dict(small_inputs(FAMILIES[:1]), "id")["quota"]["why"]


def test_without_a_quota_everybody_ready_is_proposed():
    assert cohort_dict(small_inputs(summary={"quota": None}), "id")["quota"]["line"].startswith("Tidak ada kuota")


def test_expected_false_graduations_are_the_proposed_families_own_chances():
    words = cohort_dict(small_inputs(), "en")["false"]  # 1 - sigmoid(2.4) = 0.083
    rest = "can be expected not to reach the measured outcome (8.3%)."
    assert words == f"Of 1 family proposed, less than one family {rest}"
    many = tuple((f"K-{i}", FAMILIES[0][1], "ready", i, True, None, "x") for i in range(18))
    assert cohort_dict(small_inputs(many), "en")["false"] == f"Of 18 families proposed, about 1.5 families {rest}"


def test_nobody_proposed_means_no_false_graduation():
    assert cohort_dict(small_inputs(FAMILIES[2:]), "en")["false"].startswith("No family is proposed")


def many(n_ready, n_not_ready, district):
    return [
        (f"{district}-{i}", FAMILIES[0][1], "ready" if i < n_ready else "not_ready", None, False, None, "x")
        for i in range(n_ready + n_not_ready)
    ]


def test_small_cells_by_area_are_hidden_with_what_would_betray_them():
    inputs = small_inputs((*many(3, 40, "A"), *many(30, 20, "B")))
    scores = inputs.scores.assign(district=inputs.scores["household_id"].str[0])
    areas = cohort_dict(small_inputs((*many(3, 40, "A"), *many(30, 20, "B")), scores=scores), "id")["areas"]
    assert [(row["name"], row["cells"], row["total"]) for row in areas["rows"]] == [
        ("A", ["*", "*"], "43"),
        ("B", ["*", "*"], "50"),
    ]
    assert areas["totals"] == ["33", "60"]
    assert "10" in areas["note"]


def test_large_cells_are_shown():
    families = (*many(30, 40, "A"), *many(30, 20, "B"))
    scores = small_inputs(families).scores
    scores = scores.assign(district=scores["household_id"].str[0])
    areas = cohort_dict(small_inputs(families, scores=scores), "id")["areas"]
    assert [row["cells"] for row in areas["rows"]] == [["30", "40"], ["30", "20"]]
    assert areas["note"] == ""


def test_the_least_cell_is_the_programmes():
    params = ReportParams(appeal=small_inputs().params.appeal, min_cell=1)
    assert cohort_dict(small_inputs(), "id")["areas"]["rows"][0]["name"] == "Wilayah lain, digabung"
    areas = cohort_dict(small_inputs(params=params), "id")["areas"]
    assert "*" not in [cell for row in areas["rows"] for cell in row["cells"]]


def test_questions_are_ordered_by_what_they_carried_among_the_proposed():
    carried = cohort_dict(small_inputs(), "id")["carried"]
    assert [row["question"] for row in carried["questions"]][:3] == ["income", "status", "size"]
    assert carried["questions"][0]["points"] == "+1,50"
    assert "1 keluarga yang diusulkan" in carried["note"]


def test_counts_by_reason_stand_in_words_the_largest_first():
    counts = {"not_in_programme": 3, "assessment_too_old": 1200, "brand_new": 5}
    page = cohort_dict(small_inputs(not_scored=counts), "id")
    assert [(row["words"], row["count"]) for row in page["not_scored"]] == [
        ("Asesmen terakhir sudah terlalu lama", "1.200"),
        ("brand_new", "5"),
        ("Bukan keluarga penerima program", "3"),
    ]


def test_other_methods_are_shown_where_an_evaluation_is_given():
    columns = ["model", "value", "low", "high", "baseline"]
    evaluation = pd.DataFrame(
        [
            ("status_now", 0.6, 0.5, 0.7, ""),
            ("lightgbm", 0.7, 0.6, 0.8, ""),
            ("lightgbm", 0.1, 0.02, 0.18, "status_now"),
        ],
        columns=columns,
    ).assign(
        population="programme",
        group="all",
        level="all",
        test_year=2018,
        metric="precision_at_quota",
        n=900,
        outcome_known="by_as_of",
    )
    assert cohort_dict(small_inputs(), "id")["baselines"] is None
    rows = cohort_dict(small_inputs(evaluation=evaluation), "id")["baselines"]["rows"]
    assert [(row["model"], row["precision"]["value"], row["difference"]["value"]) for row in rows] == [
        ("LightGBM", "70,0%", "+10,0"),
        ("Status saat ini saja", "60,0%", "–"),
    ]


@pytest.mark.parametrize("language", ["id", "en"])
def test_an_empty_selection_still_has_a_page(language):
    page = cohort_dict(small_inputs(FAMILIES[3:4]), language)
    assert page["tiles"][2]["count"] == "1"
    assert page["carried"] is None


def test_it_says_for_how_many_proposed_families_the_interval_reaches_below_the_threshold():
    scores = small_inputs().scores.assign(probability_low=0.7, probability_high=0.95)
    (line,) = cohort_dict(small_inputs(scores=scores), "en")["unsure"]
    assert line.startswith("For 1 family of the proposed")
    assert "83 in 100" in line
    assert cohort_dict(small_inputs(), "en")["unsure"] == []


def test_a_cap_on_false_graduations_is_called_an_estimate_and_no_promise():
    (line,) = cohort_dict(small_inputs(summary={"quota": 1, "conformal_level": 0.1}), "en")["unsure"]
    assert "a cap of 10%" in line
    assert line.endswith("not a promise for this list.")
