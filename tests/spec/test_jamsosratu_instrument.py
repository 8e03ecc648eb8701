"""What Jamsosratu asks, in which order answers go from poor to good, and what never becomes a feature."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from graduation_model.config import Programme, load_programme
from graduation_model.features.catalogue import catalogue

FOLDER = Path(__file__).parents[2] / "configs" / "jamsosratu"

ASKED = {
    "family": "hh_size n_under5 n_school_age n_pregnant n_65plus n_disabled_severe worst_difficulty head_sex head_age "
    "head_marital head_education",
    "work": "n_earners head_works head_work_status head_sector",
    "money": "income_month_idr percap_to_line income_sources_n food_spend_month_idr nonfood_spend_month_idr "
    "remittance_month_idr savings_idr debt_idr debt_lender_kind meals_skipped_12m food_worry_12m",
    "housing": "house_ownership land_ownership floor_area_m2 floor wall wall_condition roof roof_condition water "
    "lighting power_va cooking_fuel toilet_access toilet_type waste_disposal",
    "assets": "has_gas_12kg has_fridge has_ac has_water_heater has_tv has_motorbike has_car has_bicycle has_boat "
    "has_motor_boat has_smartphone has_laptop has_gold_10g has_other_house has_other_land land_area_m2 n_cattle "
    "n_buffalo n_pig n_poultry n_goat_sheep",
    "school_health": "n_school_age_attending n_child_working n_chronic_ill n_under5_immunised stunting_flag jkn_active",
    "business": "has_business business_profit_month_idr business_age_months business_turnover_band business_kind "
    "n_workers_paid has_nib",
    "programme": "months_in_program p2k2_sessions_offered p2k2_sessions_attended transfer_total_12m_idr gets_pkh "
    "gets_bpnt gets_pip gets_blt_dd has_kur",
    "interview": "interview_duration_min interview_mode respondent_relation",
    "judgement": "mindset_score social_support_score has_business_plan willing_to_graduate facilitator_recommendation "
    "dtsen_decile uep_received facilitator_note",
}

ORDERS = {
    "head_education": ("none", "sd", "smp", "sma", "tertiary"),
    "worst_difficulty": ("none", "some", "much", "cannot"),
    "floor": ("poor", "medium", "good"),
    "wall": ("poor", "medium", "good"),
    "roof": ("poor", "medium", "good"),
    "wall_condition": ("poor", "good"),
    "roof_condition": ("poor", "good"),
    "water": ("unimproved", "improved"),
    "lighting": ("none", "non_pln", "pln"),
    "power_va": ("up_to_450", "900", "1300_plus"),
    "toilet_access": ("none", "shared", "own"),
    "toilet_type": ("none", "pit", "squat", "gooseneck"),
    "waste_disposal": ("open", "pit", "safe"),
    "business_turnover_band": ("under_5m", "from_5m", "from_15m", "from_25m"),
}

# The question, and the only answer after which it is asked.
ASKED_ONLY_IF = {
    "head_work_status": ("head_works", "yes"),
    "head_sector": ("head_works", "yes"),
    "power_va": ("lighting", "pln"),
    "toilet_type": ("toilet_access", "own"),
    "land_area_m2": ("has_other_land", "yes"),
    "business_profit_month_idr": ("has_business", "yes"),
    "business_age_months": ("has_business", "yes"),
    "business_turnover_band": ("has_business", "yes"),
    "business_kind": ("has_business", "yes"),
    "n_workers_paid": ("has_business", "yes"),
    "has_nib": ("has_business", "yes"),
}

NO_FEATURE = [
    ("facilitator_recommendation", "says what somebody wants decided"),
    ("willing_to_graduate", "says what somebody wants decided"),
    ("dtsen_decile", "is a score itself"),
    ("uep_received", "follows from the decision"),
    ("facilitator_note", "free text"),
    ("mindset_score", "an impression"),
    ("social_support_score", "an impression"),
    ("has_business_plan", "an impression"),
    ("interview_duration_min", "measures the facilitator"),
    ("interview_mode", "measures the facilitator"),
    ("respondent_relation", "measures the facilitator"),
    ("head_sex", "who the head is"),
    ("head_age", "who the head is"),
    ("head_marital", "who the head is"),
    ("n_65plus", "who the members are"),
    ("n_disabled_severe", "who the members are"),
    ("worst_difficulty", "who the members are"),
]

# What partners' tables also hold. The instrument asks none of it, and only what it asks can become a feature.
NEVER_ASKED = ("household_id", "nik", "nama", "facilitator_id", "decision")


@pytest.fixture(scope="module")
def jamsosratu() -> Programme:
    return load_programme(FOLDER)


@pytest.mark.parametrize(("section", "names"), ASKED.items())
def test_a_section_asks_these_questions(jamsosratu, section, names):
    found = [question.name for question in jamsosratu.instrument.questions if question.section == section]
    assert sorted(found) == sorted(names.split())


@pytest.mark.parametrize(("name", "order"), ORDERS.items())
def test_an_ordered_answer_goes_from_the_lowest_to_the_highest(jamsosratu, name, order):
    question = jamsosratu.instrument.named(name)
    assert (question.kind, question.levels) == ("ordered_choice", order)


def test_a_question_is_asked_only_where_it_makes_sense(jamsosratu):
    found = {
        question.name: (question.asked_if.question, question.asked_if.equals)
        for question in jamsosratu.instrument.questions
        if question.asked_if
    }
    assert found == ASKED_ONLY_IF


@pytest.mark.parametrize(("name", "because"), NO_FEATURE)
def test_this_answer_never_becomes_a_feature(jamsosratu, name, because):
    assert name in jamsosratu.instrument.by_name
    assert name not in set(catalogue(jamsosratu.instrument, jamsosratu.features).questions), because


def test_what_nobody_is_asked_cannot_become_a_feature(jamsosratu):
    features = catalogue(jamsosratu.instrument, jamsosratu.features)
    assert not set(NEVER_ASKED) & {*features.questions, *features.names, *jamsosratu.instrument.by_name}


def test_only_a_blocked_question_is_answered_in_free_text_or_by_a_date(jamsosratu):
    questions = (*jamsosratu.instrument.questions, *jamsosratu.instrument.followup)
    free = {question.name for question in questions if question.kind in ("text", "date")}
    assert free == {"facilitator_note", "reentry_date"}  # the second is asked after the decision alone


def test_what_is_derived_is_asked_of_nobody(jamsosratu):
    questions = (*jamsosratu.instrument.questions, *jamsosratu.instrument.followup)
    assert {question.name: question.derived.parts for question in questions if question.derived} == {
        "percap_to_line": ("income_month_idr", "hh_size"),
        "welfare_to_line": ("percap_month_idr",),
    }


def test_every_number_has_bounds(jamsosratu):
    without = [
        question.name
        for question in jamsosratu.instrument.questions
        if question.is_numeric and (question.minimum is None or question.maximum is None)
    ]
    assert without == []


def test_no_two_answers_of_a_question_share_their_words(jamsosratu):
    for question in (*jamsosratu.instrument.questions, *jamsosratu.instrument.followup):
        for language in ("id", "en"):
            words = [value.label.in_(language).strip() for value in question.values]
            assert len(set(words)) == len(words), (question.name, language)


def test_no_two_questions_share_their_words(jamsosratu):
    for language in ("id", "en"):
        words = [question.label.in_(language).strip() for question in jamsosratu.instrument.questions]
        assert len(set(words)) == len(words), language


def test_poverty_lines_are_the_printed_ones_and_none_is_interpolated():
    lines = pd.read_csv(FOLDER / "poverty_lines.csv", dtype={"area_code": str, "period": str})
    assert list(lines.columns) == ["area_code", "period", "line_idr", "basis", "source"]
    found = lines.set_index(["area_code", "period"])["line_idr"]
    assert found.index.is_unique
    assert found["3602", "2021-03"] == 358_479
    assert found["3674", "2021-03"] == 665_610
    assert found["36", "2025-03"] == 684_232
    assert {period for area, period in found.index if area != "36"} == {"2021-03"}
    assert not {("36", "2019-09"), ("36", "2021-03"), ("36", "2023-09")} & set(found.index)


def test_the_simulated_lines_are_those_of_the_table(jamsosratu):
    lines = pd.read_csv(FOLDER / "poverty_lines.csv", dtype={"area_code": str, "period": str})
    table = lines[lines["period"] == "2021-03"].set_index("area_code")["line_idr"].to_dict()
    assert {one.code: one.line for one in jamsosratu.simulation.districts} == table
