"""The data dictionary says what the instrument says, and the committed one cannot go stale."""

from pathlib import Path

import pytest

from graduation_model.commands.dictionary import dictionary, dictionary_inputs
from graduation_model.config import load_programme
from graduation_model.errors import OutputError
from graduation_model.reports.dictionary import MARK, data_dictionary

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def programme():
    return load_programme(ROOT / "configs" / "jamsosratu")


@pytest.fixture(scope="module")
def rows(programme):
    lines = data_dictionary(dictionary_inputs(programme)).splitlines()
    return {line.split("`")[1]: line for line in reversed(lines) if line.startswith("| `")}


def test_the_committed_dictionary_is_what_the_instrument_says_now(programme):
    committed = (ROOT / "docs" / "privacy" / "data_dictionary_jamsosratu.md").read_text(encoding="utf-8")
    assert committed == data_dictionary(dictionary_inputs(programme)), "run: make docs"


def test_every_question_has_its_row(programme, rows):
    assert set(rows) == {*programme.instrument.by_name, *programme.instrument.followup_by_name}


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("income_month_idr", "menghitung nilai / the score"),
        ("income_month_idr", "uang / money (Rp)"),
        ("head_sex", "dilindungi: hanya diaudit"),
        ("facilitator_note", "teks bebas: dapat memuat apa saja"),
        ("facilitator_note", "tidak pernah menghitung nilai"),
        ("interview_mode", "pertimbangkan untuk tidak menanyakannya"),
        ("stunting_flag", "kesehatan / health<br>anak / child"),
        ("power_va", "hanya bila `lighting` = pln"),
        ("floor", "`good`: Keramik, ubin, marmer, atau vinil / Ceramic, tile, marble or vinyl"),
        ("has_bicycle", "tidak<br>no |"),
    ],
)
def test_a_row_says_what_is_asked_why_and_whether_it_is_specific(rows, question, says):
    assert says in rows[question]


def test_codes_of_every_codebook_stand_in_it(programme):
    text = data_dictionary(dictionary_inputs(programme))
    assert all(f"### {codebook.source}" in text for codebook in programme.codebooks)
    assert "| `has_motorbike` | 3 → `yes`, 4 → `no` |" in text


def test_the_other_shipped_programme_has_one_too():
    assert MARK in data_dictionary(dictionary_inputs(load_programme(ROOT / "configs" / "juntos")))


def test_an_earlier_dictionary_is_replaced_and_another_file_is_not(programme, tmp_path):
    for _ in range(2):
        dictionary(programme=programme, out=tmp_path / "dictionary.md")
    (tmp_path / "notes.md").write_text("mine")
    with pytest.raises(OutputError, match="something else of that name"):
        dictionary(programme=programme, out=tmp_path / "notes.md")
    assert (tmp_path / "notes.md").read_text() == "mine"
