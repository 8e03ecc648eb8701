"""The annex of the minutes: who is on it, in which order, and how one family is taken off again."""

import io

import pytest
from python_calamine import CalamineWorkbook

from graduation_model.reports.minutes import (
    by_subdistrict,
    minutes,
    minutes_without,
    minutes_workbook,
    names_in_minutes,
)
from graduation_model.reports.pages import report_pages
from graduation_model.reports.workbook import workbook_without
from lib.pages import FAMILIES, small_inputs

SUBDISTRICTS = ["0101", "0101", "0102", "0102", "0102"]


def inputs(**changes):
    scores = small_inputs().scores.assign(subdistrict_code=SUBDISTRICTS, village_code="010101", facilitator_id="F-7")
    return small_inputs(scores=scores, **changes)


def test_each_subdistrict_has_an_annex_of_the_families_to_be_decided_on():
    found = {annex["file"]: [row["household_id"] for row in annex["rows"]] for annex in minutes(inputs(), "id")}
    assert found == {"0101": ["K-1", "K-2"], "0102": ["K-3"]}


def test_without_subdistricts_the_district_stands_in():
    assert [annex["place"] for annex in minutes(small_inputs(), "id")] == ["North", "South"]


def test_the_proposed_come_first_whatever_their_rank():
    ranks = small_inputs().selection.assign(rank=[5, 4, 1, 2, 3], selected=[True, False, False, False, False])
    scores = small_inputs().scores.assign(subdistrict_code="0101")
    (annex,) = minutes(small_inputs(selection=ranks, scores=scores), "id")
    assert [row["household_id"] for row in annex["rows"]] == ["K-1", "K-2", "K-3"]


def test_a_workbook_has_room_to_decide_and_sign_and_nothing_in_it_is_computed():
    hostile = "=1+1"
    families = ((hostile, *FAMILIES[0][1:]),)
    given = small_inputs(families)
    ((_, _, listed),) = by_subdistrict(given, "id")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(minutes_workbook(given, listed, "id"))).get_sheet_by_index(0)
    heading, first = rows.to_python()[:2]
    assert heading[0] == "Nomor keluarga"
    assert heading[-3:] == ["Keputusan", "Alasan", "Tanda tangan keluarga"]
    assert first[0] == hostile
    assert first[-3:] == ["", "", ""]


@pytest.mark.parametrize("household", ["K-1", "<b>&'\"", "../x"])
def test_one_family_is_taken_off_a_page_and_off_its_workbook_and_the_others_stay(household):
    families = ((household, *FAMILIES[0][1:]), *FAMILIES[1:3])
    given = small_inputs(families, area="")
    pages = {page.path: page.content for page in report_pages(given, ("id",)) if page.path.startswith("minutes")}
    (page,) = (content for path, content in pages.items() if path.endswith(".html"))
    (book,) = (content for path, content in pages.items() if path.endswith(".xlsx"))
    assert names_in_minutes(page, household)
    left = minutes_without(page, household)
    assert not names_in_minutes(left, household)
    assert names_in_minutes(left, "K-2")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(workbook_without(book, {(household,)}))).get_sheet_by_index(0)
    assert [row[0] for row in rows.to_python()] == ["Nomor keluarga", "K-2", "K-3"]
