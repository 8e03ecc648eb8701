"""The annex of the minutes: who is on it, in which order, and how one family is taken off again."""

import io
import re
import zipfile

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
    rows = CalamineWorkbook.from_filelike(
        io.BytesIO(minutes_workbook(given, listed, "Kab. Serang", "id"))
    ).get_sheet_by_index(0)
    heading, first = rows.to_python()[:2]
    assert heading[0] == "Nomor keluarga"
    assert heading[-3:] == ["Keputusan", "Alasan", "Tanda tangan keluarga"]
    assert first[0] == hostile
    assert first[-3:] == ["", "", ""]


def test_a_workbook_says_of_which_place_it_is_and_who_signs():
    ((_, place, listed),) = by_subdistrict(small_inputs(area=""), "en")
    book = CalamineWorkbook.from_filelike(io.BytesIO(minutes_workbook(small_inputs(), listed, place, "en")))
    lines = [row[0] for row in book.get_sheet_by_name("About").to_python()]
    assert f"Annex to the minutes: {place}" in lines
    assert [line.split(":")[0] for line in lines if "signature" in line] == [
        "Facilitator", "Head of the village", "Head of the subdistrict", "Dinas Sosial",
    ]  # fmt: skip


def xml_of(content, name):
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return book.read(f"xl/{name}.xml").decode()


def test_a_workbook_keeps_its_headings_in_sight_and_has_filters_and_widths_for_what_is_written_by_hand():
    ((_, _, first), _) = by_subdistrict(inputs(), "id")
    sheet = xml_of(minutes_workbook(inputs(), first, "Kab. Serang", "id"), "worksheets/sheet1")
    assert 'ySplit="1" topLeftCell="B2" activePane="bottomRight" state="frozen"' in sheet
    assert '<autoFilter ref="A1:G3"/>' in sheet
    by_hand = [float(width) for last, width in re.findall(r'max="(\d)" width="([\d.]+)"', sheet) if int(last) > 4]
    assert min(by_hand) > 24


@pytest.mark.parametrize("hostile", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "http://a.b", "mailto:a@b.c", "12"])
def test_no_answer_becomes_a_formula_a_link_or_a_number_not_even_when_it_is_typed_again(hostile):
    given = small_inputs(((hostile, *FAMILIES[0][1:]),))
    scores = given.scores.assign(facilitator_id=hostile, village_code=hostile)
    given = small_inputs(((hostile, *FAMILIES[0][1:]),), scores=scores)
    ((_, _, listed),) = by_subdistrict(given, "id")
    content = minutes_workbook(given, listed, "Kab. Serang", "id")
    sheet, styles = xml_of(content, "worksheets/sheet1"), xml_of(content, "styles")
    assert "<f>" not in sheet  # nothing is computed, so there is no formula that anybody could break
    assert "hyperlink" not in sheet
    cells = dict(re.findall(r'<c r="([A-D]2)"([^>]*)>', sheet))
    assert all('t="s"' in kind for kind in cells.values())
    marked = re.findall(r"<xf [^>]*>", styles[styles.index("<cellXfs") :])
    for cell in "ACD":
        style = re.search(r's="(\d+)"', cells[f"{cell}2"])
        quoted = style is not None and 'quotePrefix="1"' in marked[int(style[1])]
        assert quoted == hostile.startswith(("=", "+", "-", "@", "\t"))


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
