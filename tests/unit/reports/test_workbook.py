"""The workbook: what a spreadsheet shows, and nothing that it could run."""

import io
import zipfile

import pytest
from python_calamine import CalamineWorkbook

from graduation_model.reports.workbook import selection_workbook, workbook_table, workbook_without
from lib.pages import FAMILIES, small_inputs
from lib.small import small_instrument

INPUTS = small_inputs(
    tuple(
        (name, *family[1:])
        for name, family in zip(("=1+1", "@SUM(A1)", "K-3", "K-4", "mailto:a@b.c"), FAMILIES, strict=True)
    )
)


def made(language="id", **more):
    return selection_workbook(INPUTS.selection, INPUTS.scores, language, **more)


def rows(content):
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()


def test_the_list_stands_by_rank_in_words():
    table = rows(made(instrument=small_instrument()))
    assert table[0][:3] == ["Nomor keluarga", "Kedudukan", "Peringkat"]
    assert [row[:3] for row in table[1:]] == [
        ["=1+1", "Diusulkan", 1],
        ["@SUM(A1)", "Daftar tunggu", 2],
        ["K-3", "Perlu tinjauan", 3],
        ["K-4", "Belum siap", 4],
        ["mailto:a@b.c", "Belum dapat dinilai", ""],
    ]
    assert table[1][9] == "Income (id)"


def sheet_xml(content):
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return book.read("xl/worksheets/sheet1.xml").decode()


def test_no_cell_is_a_formula_or_a_link():
    xml = sheet_xml(made())
    assert "<f>" not in xml
    assert "hyperlink" not in xml


def test_headings_stay_and_can_be_filtered():
    xml = sheet_xml(made())
    assert 'state="frozen"' in xml
    assert '<autoFilter ref="A1:O6"/>' in xml


def test_a_family_of_which_nothing_is_said_shows_no_chance():
    table = workbook_table(INPUTS.selection, INPUTS.scores, "en")
    assert table["probability"].isna().tolist() == [False, False, False, False, True]


def test_both_languages_differ_and_the_same_list_gives_the_same_bytes():
    assert made("id") == made("id")
    assert rows(made("en"))[0] != rows(made("id"))[0]


@pytest.mark.parametrize("language", ["id", "en"])
def test_an_empty_list_is_a_workbook_too(language):
    content = selection_workbook(INPUTS.selection.iloc[:0], INPUTS.scores.iloc[:0], language)
    assert len(rows(content)) == 1


@pytest.mark.parametrize("language", ["id", "en"])
def test_a_list_without_a_family_is_the_same_workbook_but_for_its_row(language):
    before, after = made(language), workbook_without(made(language), {("@SUM(A1)",)})
    assert rows(after) == [row for row in rows(before) if row[0] != "@SUM(A1)"]
    about = [
        CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_index(1).to_python() for book in (before, after)
    ]
    assert about[0] == about[1]
    with zipfile.ZipFile(io.BytesIO(after)) as book:
        assert not any(b"@SUM" in book.read(name) for name in book.namelist())
    assert workbook_without(before, set()) == before
