"""What the codes of Peru's household survey mean, as literal tables, and what its instrument must hold."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from graduation_model.config import Programme, load_programme
from graduation_model.features.catalogue import catalogue
from graduation_model.ingest.codebooks import decode, maps_of

FOLDER = Path(__file__).parents[2] / "configs" / "juntos"

# (column, year, code) -> the instrument's answer; None: that year's codebook does not know the code.
TRAPS = [
    ("toilet_type", 2011, 3, "septic"),
    ("toilet_type", 2011, 4, "pit_or_latrine"),
    ("toilet_type", 2011, 5, "river"),
    ("toilet_type", 2011, 6, "none"),
    ("toilet_type", 2011, 7, None),
    ("toilet_type", 2011, 8, None),
    ("toilet_type", 2012, 3, "pit_or_latrine"),
    ("toilet_type", 2012, 4, "septic"),
    ("toilet_type", 2014, 5, "pit_or_latrine"),
    ("toilet_type", 2017, 6, "river"),
    ("toilet_type", 2017, 7, "other"),
    ("toilet_type", 2017, 8, "none"),
    ("toilet_type", 2017, 9, None),
    ("toilet_type", 2018, 6, "river"),
    ("toilet_type", 2018, 8, None),
    ("toilet_type", 2019, 9, "none"),
    ("water_source", 2011, 6, "river_or_spring"),
    ("water_source", 2017, 6, "river_or_spring"),
    ("water_source", 2017, 8, None),
    ("water_source", 2018, 6, "river_or_spring"),
    ("water_source", 2018, 8, "river_or_spring"),
    ("water_source", 2019, 5, "well"),
    ("cooking_fuel", 2016, 4, "kerosene"),
    ("cooking_fuel", 2017, 4, None),
    ("cooking_fuel", 2019, 8, "no_cooking"),
    ("cooking_fuel", 2018, 9, None),
    ("cooking_fuel", 2019, 9, None),
    ("wall_material", 2017, 8, "mat_or_other"),
    ("wall_material", 2019, 9, "mat_or_other"),
    ("roof_material", 2011, 6, "mat_or_other"),
    ("roof_material", 2019, 5, "cane_and_mud"),
    ("head_educ", 2016, 12, None),
    ("head_educ", 2017, 11, "postgraduate"),
    ("head_educ", 2017, 12, "special"),
    ("max_educ_level", 2019, 11, "postgraduate"),
    ("max_educ_level", 2019, 12, None),
    ("head_language", 2012, 5, "other_foreign"),
    ("head_language", 2015, 5, None),
    ("head_language", 2017, 8, "sign_or_none"),
    ("head_language", 2017, 9, None),
    ("head_language", 2018, 9, "sign_or_none"),
    ("geo_stratum", 2011, 1, "from_500000"),
    ("geo_stratum", 2012, 4, "from_20000"),
    ("geo_stratum", 2012, 5, "from_2000"),
    ("geo_stratum", 2015, 6, "from_500"),
    ("geo_stratum", 2019, 8, "rural_simple"),
    ("has_title", 2016, 1, "yes"),
    ("has_title", 2016, 2, "no"),
    ("has_title", 2016, 3, "in_process"),
    ("head_worked", 2014, 2, "no"),
    ("head_informal", 2014, 1, "yes"),
    ("head_informal", 2014, 2, "no"),
    ("receives_cct_juntos", 2011, 0, "no"),
    ("receives_cct_juntos", 2011, 1, "yes"),
    ("receives_cct_juntos", 2011, 2, None),
    ("has_cellphone", 2019, 0, "no"),
    ("poverty_status", 2011, 1, "extreme_poor"),
    ("poverty_status", 2013, 3, "not_poor"),
    ("poverty_status", 2016, 2, "poor"),
]

ORDERS = {
    "poverty_status": ("extreme_poor", "poor", "not_poor"),
    "floor_material": ("earth", "other", "wood", "cement", "tiles", "vinyl", "parquet"),
    "toilet_type": ("none", "river", "other", "pit_or_latrine", "septic", "network_building", "network_dwelling"),
    "has_title": ("no", "in_process", "yes"),
}

# A region's number is its name, the same in every year.
WITHOUT_CODES = {"region_code"}
YEARS = (2011, 2012, 2014, 2015, 2016, 2017, 2018, 2019)


@pytest.fixture(scope="module")
def juntos() -> Programme:
    return load_programme(FOLDER)


@pytest.mark.parametrize(("column", "year", "code", "meaning"), TRAPS)
def test_a_code_means_what_the_codebook_of_its_own_year_says(juntos, column, year, code, meaning):
    maps = maps_of(column, juntos.codebooks)
    found = decode(pd.Series([str(code)]), pd.Series([str(year)]), maps)
    assert found.tolist() == [meaning]


@pytest.mark.parametrize(("column", "order"), ORDERS.items())
def test_an_ordered_answer_goes_from_poor_to_good(juntos, column, order):
    question = juntos.instrument.named(column)
    assert (question.kind, question.levels) == ("ordered_choice", order)


def test_every_coded_question_has_a_codebook_for_every_year(juntos):
    without = [
        (question.name, year)
        for question in juntos.instrument.questions
        if question.levels and question.name not in WITHOUT_CODES
        for year in YEARS
        if not any(str(year) in code_map.versions for code_map in maps_of(question.name, juntos.codebooks))
    ]
    assert without == []


def test_every_answer_of_a_question_is_reached_by_some_code(juntos):
    unreached = {
        question.name: set(question.levels)
        - {value for code_map in maps_of(question.name, juntos.codebooks) for value in code_map.codes.values()}
        for question in juntos.instrument.questions
        if question.levels and question.name not in WITHOUT_CODES
    }
    assert {name: values for name, values in unreached.items() if values} == {}


def test_at_least_forty_five_questions_can_be_features(juntos):
    assert sum(not question.blocked for question in juntos.instrument.questions) >= 45


def test_every_question_is_worded_in_two_different_languages(juntos):
    questions = (*juntos.instrument.questions, *juntos.instrument.followup)
    labels = {question.name: question.label for question in questions}
    unsaid = [
        name
        for name, label in labels.items()
        if not (label.id.strip() and label.en.strip() and (label.es or "").strip()) or label.id == label.en
    ]
    assert unsaid == []


def test_every_answer_is_worded_and_no_two_answers_share_their_words(juntos):
    for question in juntos.instrument.questions:
        for language in ("id", "en"):
            words = [value.label.in_(language).strip() for value in question.values]
            assert all(words), (question.name, language)
            assert len(set(words)) == len(words), (question.name, language)


def test_the_occupation_codes_are_no_feature_while_their_codebook_is_missing(juntos):
    blocked = {question.name for question in juntos.instrument.questions if question.blocked}
    assert blocked == {"head_occupation", "head_industry"}


def test_of_who_the_head_is_and_where_the_family_lives_the_region_alone_is_a_feature(juntos):
    features = catalogue(juntos.instrument, juntos.features)
    protected = {"head_sex", "head_age", "head_language", "head_marital", "geo_domain", "geo_stratum", "region_code"}
    assert protected & set(features.questions) == {"region_code"}
    assert {question.name for question in juntos.instrument.questions if question.protected} == protected


def test_the_family_without_both_visits_is_unknown_even_if_it_failed_at_the_first(juntos):
    label = juntos.label
    assert [(visit.months, visit.tolerance_days, visit.required) for visit in label.visits] == [
        (12, 0, True),
        (24, 0, True),
    ]
    assert not label.early_failure_counts


def test_the_caveat_says_that_the_label_is_no_life_after_an_exit(juntos):
    assert "not life after an exit" in juntos.label.caveat.en
    assert "bukan kehidupan setelah bantuan berhenti" in juntos.label.caveat.id
