"""The workbook of visits to be made: what whoever sends visitors out prints, and reads first."""

import io
import re
import zipfile

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from graduation_model.reports.due_list import due_workbooks

DAY = pd.Timestamp("2021-08-01")


def workbook(language: str) -> bytes:
    visits = pd.DataFrame(
        {
            "household_id": ["S1", "S2"],
            "area": "3601",
            "village": ["3601010001", "3601010002"],
            "months": [6, 18],
            "status": ["open", "again"],
            "due_date": DAY,
            "opens": DAY - pd.Timedelta(days=60),
            "closes": DAY + pd.Timedelta(days=60),
            "visitor": ["F2", "F3"],
            "visitor_from": ["before", "district_code"],
            "proposer": "F1",
            "decision": ["graduated", "retained"],
            "followup_date": pd.NaT,
            "listed": True,
        }
    )
    names = {"3601": "Kab. Pandeglang"}
    ((file, content),) = due_workbooks(
        visits, language, list_by="area", village="village", area_names=names, as_of=pd.Timestamp("2021-07-20")
    )
    assert file == "3601"
    return content


@pytest.mark.parametrize("language", ["id", "en"])
def test_a_list_can_be_read_on_a_printed_page(language):
    with zipfile.ZipFile(io.BytesIO(workbook(language))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    widths = [float(width) for width in re.findall(r'<col [^>]*width="([\d.]+)"', sheet)]
    spans = [int(last) - int(first) + 1 for first, last in re.findall(r'<col min="(\d+)" max="(\d+)"', sheet)]
    # A4 across holds some 130 characters of 11 points: at two thirds of that it can still be read.
    assert sum(width * span for width, span in zip(widths, spans, strict=True)) < 195
    assert 'paperSize="9"' in sheet
    assert 'orientation="landscape"' in sheet


@pytest.mark.parametrize(("language", "said"), [("id", "20 Juli 2021"), ("en", "20 July 2021")])
def test_it_says_of_which_area_and_day_it_is(language, said):
    about = CalamineWorkbook.from_filelike(io.BytesIO(workbook(language))).get_sheet_by_index(1).to_python()
    assert "Kab. Pandeglang" in about[0][0]
    assert said in about[0][0]
