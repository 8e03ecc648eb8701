"""A sheet's content, looked at as a plain dict: no HTML here."""

import numpy as np
import pandas as pd
import pytest

from graduation_model.contract.instrument import Applies
from graduation_model.params import Label
from graduation_model.reports.answers import answer_columns
from graduation_model.reports.chance import TICK
from graduation_model.reports.sheet import data_age
from graduation_model.reports.sheet import sheets as sheets_of
from lib.pages import FAMILIES, small_inputs


def sheets(inputs, language):
    return sheets_of(inputs, answer_columns(inputs, language), language)


def first(language="id", **changes):
    return next(sheets(small_inputs(**changes), language))


def as_number(words):
    return float(words.replace("−", "-").replace(",", "."))


def test_only_proposed_waiting_and_review_families_get_a_sheet_by_rank():
    assert [sheet["household_id"] for sheet in sheets(small_inputs(), "id")] == ["K-1", "K-2", "K-3"]


def test_a_sheet_says_who_and_where_and_how_old():
    lines = {line["label"]: line["value"] for line in first()["who"]}
    assert lines == {"Wilayah": "North", "Asesmen": "14 September 2020", "Umur data": "3 bulan"}


def test_village_and_facilitator_are_shown_where_the_scores_carry_them():
    scores = small_inputs().scores.assign(village_code="0101", facilitator_id="F-7")
    values = [line["value"] for line in first(scores=scores)["who"]]
    assert values[0] == "North · 0101"
    assert values[-1] == "F-7"


def test_facts_show_now_and_then_and_what_did_not_change():
    facts = [(fact["label"], fact["now"], fact["before"], fact["changed"]) for fact in first()["facts"]]
    assert facts == [
        ("Status (id)", "poor (id)", "sama", False),
        ("People (id)", "4", "sama", False),
        ("Income (id)", "Rp1.250.000", "Rp900.000", True),
    ]


def test_a_family_without_an_earlier_assessment_has_an_empty_past():
    sheet = first(previous=pd.DataFrame())
    assert sheet["before_date"] == ""
    assert {fact["before"] for fact in sheet["facts"]} == {""}


@pytest.mark.parametrize(("place", "recommendation", "position"), [
    (0, "Siap graduasi", "Diusulkan dalam kuota"),
    (1, "Siap graduasi", "Daftar tunggu nomor 1"),
    (2, "Perlu tinjauan", ""),
])  # fmt: skip
def test_the_recommendation_stands_in_words(place, recommendation, position):
    sheet = list(sheets(small_inputs(), "id"))[place]
    assert (sheet["advice"]["recommendation"], sheet["place"]) == (recommendation, position)


def test_a_rule_that_has_no_words_yet_is_named():
    selection = small_inputs().selection.assign(rule="floor_of_the_district")
    assert first("en", selection=selection)["advice"]["rule"].endswith("people look first: floor_of_the_district.")


def test_a_chance_is_told_as_families_out_of_a_hundred():
    chance = first()["chance"]  # log-odds 2.4: 91.7 %
    assert (chance["yes"], chance["no"]) == ("92", "8")
    assert chance["sentence"].startswith("Dari 100 keluarga dengan catatan seperti ini, sekitar 92")
    assert chance["threshold"] == "Ambang batas: 83 dari 100. Antara 78 dan 88, keluarga ditinjau petugas dahulu."


def test_an_interval_is_shown_once_there_is_one():
    assert first()["chance"]["interval"] == ""
    scores = small_inputs().scores.assign(probability_low=0.81, probability_high=0.96)
    shown = first(scores=scores)["chance"]
    assert shown["interval"] == "Selang ketidakpastian: antara 81 dan 96 dari 100."
    assert shown["alt"].endswith(shown["interval"])
    assert shown["between"] == (81 * TICK, 96 * TICK)


def test_reasons_say_what_the_record_holds_with_signs_and_bars_on_one_scale():
    reasons = first()["reasons"]
    assert [reason["question"] for reason in reasons["for"]] == ["income", "status", "size", "member"]
    assert reasons["for"][0]["record"] == "Income (id): Rp1.250.000 (sebelumnya Rp900.000)"
    assert [(reason["points"], reason["start"], reason["width"]) for reason in reasons["for"][:2]] == [
        ("+1,50", 100, 100),
        ("+0,90", 100, 60),
    ]
    assert [(reason["points"], reason["start"], reason["width"]) for reason in reasons["against"]] == [("−0,10", 93, 7)]


def test_the_printed_terms_add_up_to_the_printed_score_by_hand():
    rng = np.random.default_rng(3)
    families = tuple(
        (f"F{i}", tuple(rng.normal(0.3, 0.6, 6)), "review", i + 1, False, None, "near_threshold") for i in range(30)
    )
    for sheet in sheets(small_inputs(families), "id"):
        printed = sum(as_number(term["points"]) for term in sheet["ledger"]["terms"])
        assert printed == pytest.approx(as_number(sheet["ledger"]["score"]), abs=1e-9)
        assert sheet["ledger"]["agrees"]


def test_contributions_that_miss_the_score_are_said_so():
    wrong = small_inputs().contributions.assign(income=9.0)
    ledger = first(contributions=wrong)["ledger"]
    assert not ledger["agrees"]
    assert "Jangan ditandatangani" in ledger["words"]


def test_a_probability_other_than_the_explained_one_is_said_so():
    scores = small_inputs().scores
    assert not first(scores=scores.assign(probability=scores["probability"] - 0.01))["ledger"]["agrees"]


def test_contributions_are_found_by_household_and_not_by_place():
    backwards = small_inputs().contributions.iloc[::-1]
    assert all(sheet["ledger"]["agrees"] for sheet in sheets(small_inputs(contributions=backwards), "id"))


def test_what_is_missing_is_listed_but_not_what_nobody_expects():
    missing = first()["missing"]
    assert missing["labels"] == ["Floor (id)"]  # the optional, blocked opinion is not asked for
    assert missing["more"] == ""


def test_a_question_that_does_not_apply_is_not_missing():
    inputs = small_inputs()
    only_others = Applies(question="member", equals="no")
    questions = tuple(
        question.model_copy(update={"asked_if": only_others}) if question.name == "floor" else question
        for question in inputs.instrument.questions
    )
    assert first(instrument=inputs.instrument.model_copy(update={"questions": questions}))["missing"]["labels"] == []


def test_both_languages_say_the_same_with_other_words():
    indonesian, english = first("id"), first("en")
    assert indonesian["chance"]["yes"] == english["chance"]["yes"]
    assert indonesian["advice"]["meaning"] != english["advice"]["meaning"]
    assert english["reasons"]["for"][0]["points"] == "+1.50"


def test_nobody_listed_gives_no_sheet():
    assert list(sheets(small_inputs(FAMILIES[3:]), "id")) == []


@pytest.mark.parametrize(("assessed", "expected"), [
    ("2020-12-31", "0 hari"), ("2020-12-30", "1 hari"), ("2020-10-31", "2 bulan"), ("2020-01-01", "11 bulan"),
])  # fmt: skip
def test_data_age(assessed, expected):
    assert data_age(assessed, "2020-12-31", "id") == expected


def test_an_area_without_a_name_keeps_its_code():
    params = small_inputs().params.model_copy(update={"area_names": {}})
    assert first(params=params)["who"][0]["value"] == "01"


def test_what_is_usual_in_the_village_is_told_of_enough_families_only():
    ids = [family[0] for family in FAMILIES]
    wave = pd.DataFrame(
        {"village_code": "0101", "district": "01", "size": [1.0, 2.0, 6.0, 7.0, 8.0], "income": 800_000.0}, index=ids
    )
    params = small_inputs().params
    few, enough = (params.model_copy(update={"min_cell": least}) for least in (6, 5))
    assert first(wave=wave, params=few)["compared"] == ""
    shown = first(wave=wave, params=enough)
    assert shown["compared"] == "Umumnya: nilai tengah 5 keluarga di desa/kelurahan 0101."
    assert [fact["usual"] for fact in shown["facts"]] == ["–", "6", "Rp800.000"]


def flag(question, rule, effect="kept"):
    return {"household_id": "K-1", "question": question, "rule": rule, "effect": effect}


def test_a_doubt_stands_beside_the_reason_that_rests_on_it_and_nowhere_else():
    flags = pd.DataFrame([flag("income", "assets_lost"), flag("rooms", "maximum", "answer_set_aside")])
    sheet = first(flags=flags)
    doubts = {reason["question"]: reason["doubts"] for reason in sheet["reasons"]["for"]}
    assert doubts["income"] == ["beberapa barang sekaligus tidak ada lagi sejak kunjungan lalu"]
    assert doubts["status"] == []
    assert sheet["doubts"][1] == "Rooms (id): terlalu besar. Jawaban itu tidak dipakai."


def test_a_family_is_contrasted_with_the_line_and_with_the_middle_of_many_never_with_one():
    assert first()["contrast"] == [
        "Garis untuk diusulkan: +2,02 poin (88 dari 100). Keluarga ini 0,38 poin di atasnya."
    ]
    params = small_inputs().params.model_copy(update={"min_cell": 1})
    families = (*FAMILIES[:1], *(("K-9", FAMILIES[2][1], *FAMILIES[2][2:]),))
    second = list(sheets(small_inputs(families, params=params), "en"))[1]
    assert second["contrast"][1].startswith(
        "Against the middle of 1 proposed families (the whole list), it differs most in"
    )


def test_history_tells_decisions_grants_and_the_list_before():
    selection = small_inputs().selection.assign(as_of_date="2019-12-31", selected=False, waiting_list_position=None)
    decisions = pd.DataFrame(
        {
            "household_id": ["K-1", "K-1"],
            "effective_date": pd.to_datetime(["2019-02-01", "2020-02-01"]),
            "decision": ["retained", "deferred"],
        }
    )
    uep = pd.DataFrame(
        {"household_id": ["K-1"], "grant_date": pd.to_datetime(["2018-06-11"]), "value_idr": [2_500_000.0]}
    )
    lines = {line["label"]: line["words"] for line in first(earlier=selection, decisions=decisions, uep=uep)["history"]}
    assert lines == {
        "Keputusan": "1 Februari 2020: ditunda; 1 Februari 2019: tetap peserta",
        "Saran sebelumnya": "Siap graduasi (per 31 Desember 2019)",
        "Bantuan modal usaha (UEP)": "11 Juni 2018 Rp2.500.000",
    }


def test_the_hand_weighted_sum_says_whether_it_agrees():
    points = pd.Series({"K-1": 10.0, "K-2": 60.0, "K-3": 5.0})
    rules = [sheet["hand_rule"] for sheet in sheets(small_inputs(hand_points=points), "en")]
    assert [rule["agrees"] for rule in rules] == [False, False, True]
    assert rules[0]["words"] == "10.0 points, place 2 of 3: not among the first 1."
    assert first(hand_points=None)["hand_rule"] is None


def test_follow_up_dates_are_told_or_left_to_be_filled_in():
    assert [visit["date"] for visit in first()["followups"]] == [""] * 4
    dated = first(effective=pd.Timestamp("2021-02-01"))["followups"]
    assert (dated[0]["after"], dated[0]["date"], dated[3]["date"]) == ("6 bulan", "1 Agustus 2021", "1 Februari 2023")


def test_the_distance_to_the_line_is_that_of_the_printed_figures():
    sheet = first(scores=small_inputs().scores.assign(log_odds=2.956))  # 0.931 above, of which nobody sees the rest
    assert sheet["ledger"]["score"] == "+2,96"
    assert sheet["contrast"] == ["Garis untuk diusulkan: +2,02 poin (88 dari 100). Keluarga ini 0,94 poin di atasnya."]


def changes(**columns):
    steps = {"household_id": "K-3", "direction": "to_ready", "step": [1, 2], "question": ["income", "status"],
             "now": ["1250000.0", "poor"], "then": ["1400000.0", "fine"], "reaches": True}  # fmt: skip
    return pd.DataFrame(steps | columns)


def test_a_mentoring_plan_names_what_to_work_for_in_steps():
    plans = {sheet["household_id"]: sheet["plan"] for sheet in sheets(small_inputs(changes=changes()), "id")}
    assert plans["K-1"] is None
    assert plans["K-3"]["title"].startswith("Bila ini tercapai")
    assert plans["K-3"]["steps"][0] == "Income (id): dari Rp1.250.000 menjadi Rp1.400.000"


def test_a_plan_that_does_not_reach_the_line_says_so():
    plan = list(sheets(small_inputs(changes=changes(reaches=False)), "en"))[2]["plan"]
    assert plan["title"].endswith("not enough yet:")


def test_a_facilitators_judgement_is_marked_as_one():
    inputs = small_inputs()
    questions = tuple(
        question.model_copy(update={"subjective": True}) if question.name == "status" else question
        for question in inputs.instrument.questions
    )
    reasons = first("en", instrument=inputs.instrument.model_copy(update={"questions": questions}))["reasons"]["for"]
    assert reasons[1]["doubts"] == ["the facilitator's judgement, not a fact that can be checked"]


def test_papers_and_the_way_back_are_the_programmes():
    said = Label(id="surat", en="paper")
    params = small_inputs().params.model_copy(update={"documents": (said,), "reentry": said, "ask": (said,)})
    sheet = first("en", params=params)
    assert (sheet["documents"], sheet["reentry"], sheet["ask"]) == (["paper"], "paper", "paper")


def test_what_keeps_a_family_ready_is_told_one_by_one():
    table = changes(household_id="K-1", direction="keeps_ready", reaches=[True, False])
    plan = first("en", changes=table)["plan"]
    assert plan["steps"][0].endswith("this family would fall below the line")
    assert plan["steps"][1].endswith("the score would fall, and still be above the line")
