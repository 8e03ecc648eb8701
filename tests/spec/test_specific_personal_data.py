"""Which questions are specific personal data (UU PDP 27/2022, article 4(2)): a table for an officer to agree with."""

from pathlib import Path

import pytest

from graduation_model.config import load_programme

ROOT = Path(__file__).parents[2]

JAMSOSRATU = {
    "health": {"n_pregnant", "n_disabled_severe", "worst_difficulty", "n_chronic_ill", "n_under5_immunised",
               "stunting_flag", "jkn_active"},
    "disability": {"n_disabled_severe", "worst_difficulty"},
    "child": {"n_under5", "n_school_age", "n_school_age_attending", "n_child_working", "n_under5_immunised",
              "stunting_flag", "gets_pip"},
}  # fmt: skip


@pytest.mark.parametrize("kind", JAMSOSRATU)
def test_what_is_health_disability_or_of_children_in_jamsosratu(kind):
    instrument = load_programme(ROOT / "configs" / "jamsosratu").instrument
    assert {question.name for question in instrument.questions if kind in question.sensitive} == JAMSOSRATU[kind]


@pytest.mark.parametrize("programme", ["jamsosratu", "juntos"])
def test_every_amount_of_money_is_personal_finance(programme):
    instrument = load_programme(ROOT / "configs" / programme).instrument
    money = [question for question in (*instrument.questions, *instrument.followup) if question.kind == "money"]
    assert money
    assert [question.name for question in money if "finance" not in question.sensitive] == []
