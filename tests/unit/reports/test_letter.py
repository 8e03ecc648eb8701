"""A family's letter: what it says, and above all what it does not."""

import re

import pytest

from graduation_model.reports.answers import answer_columns
from graduation_model.reports.letter import letters, may_be_told
from graduation_model.reports.pages import report_pages
from lib.pages import small_inputs

# Words that only those who made the list need.
JARGON = {
    "id": r"skor|nilai \+|peluang|log-odds|model|kontribusi|ambang|kuota|peringkat|persen|%|probabilitas",
    "en": r"score|chance|log-odds|model|contribution|threshold|quota|rank|per cent|%|probability",
}


def written(language="id", **changes):
    inputs = small_inputs(**changes)
    return list(letters(inputs, answer_columns(inputs, language), language))


def test_every_family_that_is_decided_on_gets_one():
    assert [(letter["household_id"], letter["standing"]) for letter in written()] == [
        ("K-1", "proposed"), ("K-2", "waiting"), ("K-3", "review"),
    ]  # fmt: skip


def test_it_says_after_how_many_months_somebody_comes_again():
    assert (
        written(followup_months=(6, 12, 24))[0]["visits"] == "Petugas akan berkunjung lagi sesudah 6, 12, dan 24 bulan."
    )
    assert written("en", followup_months=(6,))[0]["visits"] == "An officer will visit again after 6 months."
    assert written(followup_months=())[0]["visits"] == ""


def test_it_rests_on_the_familys_own_answers():
    assert written("en")[0]["reasons"] == ["Income: Rp\u00a01,250,000", "Status: poor", "People: 4"]


def test_a_family_that_is_visited_is_told_which_answers_to_look_at_again():
    assert written()[2]["reasons"] == ["Rooms (id): 2"]


@pytest.mark.parametrize("mark", ["subjective", "protected", "blocked"])
def test_what_others_judged_and_what_nobody_can_help_is_no_reason(mark):
    inputs = small_inputs()
    questions = tuple(
        question.model_copy(update={mark: True}) if question.name == "income" else question
        for question in inputs.instrument.questions
    )
    instrument = inputs.instrument.model_copy(update={"questions": questions})
    assert not may_be_told(instrument, "income")
    assert not any("Income" in reason for reason in written(instrument=instrument)[0]["reasons"])


@pytest.mark.parametrize("audience", ["reviewer", "facilitator"])
@pytest.mark.parametrize("language", ["id", "en"])
def test_no_score_and_no_jargon_stands_on_it_whoever_hands_it_over(language, audience):
    inputs = small_inputs(scores=small_inputs().scores.assign(facilitator_id="F-1"))
    pages = [page for page in report_pages(inputs, (language,), audience) if "letters/" in page.path]
    assert len(pages) == 3
    for page in pages:
        body = re.sub(r"<style>.*?</style>|<nav>.*?</nav>|<[^>]+>", " ", page.content, flags=re.DOTALL)
        assert re.findall(JARGON[language], body, flags=re.IGNORECASE) == []


def test_it_says_how_to_object_and_by_when():
    page = next(page for page in report_pages(small_inputs(), ("id",)) if page.path == "letters/K-1.html")
    assert "Object within 30 days." in page.content
    assert "Batas waktu: 30 hari sejak surat ini diterima." in page.content


def test_what_would_change_a_recommendation_is_not_told():
    page = next(page for page in report_pages(small_inputs(), ("id",)) if page.path == "letters/K-3.html")
    assert "Rencana pendampingan" not in page.content
