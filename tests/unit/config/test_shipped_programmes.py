"""Every programme that ships loads, and says what its rooms need."""

from __future__ import annotations

from pathlib import Path

import pytest

from graduation_model.config import load_programme

CONFIGS = Path(__file__).parents[3] / "configs"
SHIPPED = sorted(path.parent.name for path in CONFIGS.glob("*/programme.yaml"))


def test_jamsosratu_is_shipped():
    assert "jamsosratu" in SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_programme_loads_under_its_own_name(name):
    programme = load_programme(CONFIGS / name)
    assert programme.name == name
    assert programme.instrument.questions


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_programme_names_everything_in_both_languages(name):
    programme = load_programme(CONFIGS / name)
    questions = (*programme.instrument.questions, *programme.instrument.followup)
    labels = [question.label for question in questions] + [v.label for question in questions for v in question.values]
    labels += [section.label for section in programme.instrument.sections]
    assert all(label.id.strip() and label.en.strip() for label in labels)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_section_of_a_shipped_instrument_holds_a_question(name):
    instrument = load_programme(CONFIGS / name).instrument
    used = {question.section for question in (*instrument.questions, *instrument.followup)}
    assert used == {section.name for section in instrument.sections}


def test_jamsosratu_blocks_what_says_the_wanted_decision():
    instrument = load_programme(CONFIGS / "jamsosratu").instrument
    blocked = {question.name for question in instrument.questions if question.blocked}
    assert blocked == {
        "facilitator_recommendation",
        "willing_to_graduate",
        "dtsen_decile",
        "uep_received",
        "facilitator_note",
    }
    protected = {question.name for question in instrument.questions if question.protected}
    assert protected == {"head_sex", "head_age", "head_marital", "n_disabled_severe", "worst_difficulty", "n_65plus"}


def test_jamsosratu_names_every_district_that_it_simulates():
    programme = load_programme(CONFIGS / "jamsosratu")
    assert {one.code for one in programme.simulation.districts} == set(programme.reports.area_names)


def test_jamsosratu_money_is_hidden_from_its_proxy_means_test():
    programme = load_programme(CONFIGS / "jamsosratu")
    money = {question.name for question in programme.instrument.questions if question.kind == "money"}
    assert money <= set(programme.estimators.pmt_exclude)
