"""The cells that go back to who can mend them: in words, with their place, sorted by facilitator, never computed."""

import io
import zipfile

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from graduation_model.contract.instrument import CrossCheck
from graduation_model.contract.tables import QUARANTINE_COLUMNS, QUARANTINE_CONTEXT, empty_quarantine
from graduation_model.reports.quarantine_workbook import quarantine_workbook
from graduation_model.reports.workbook import workbook_without
from graduation_model.wording import text
from lib.small import label, small_instrument

CHECK = CrossCheck(name="rooms_within_people", label=label("Rooms within people"), question="rooms", at_most="size")
INSTRUMENT = small_instrument().model_copy(update={"cross_checks": (CHECK,)})
CODE = ("a code of that version's codebook", "x", "answer_set_aside")
CELLS = pd.DataFrame(
    [
        (
            "a.xlsx#Kec. Cikande",
            7,
            "rooms",
            "rooms_within_people",
            "9",
            "at most size",
            "y",
            "kept",
            "rooms",
            "F/2",
            2020,
            "H2",
        ),
        ("a.xlsx#Kec. Cikande", 4, "LANTAI", "not_in_codebook", "=9+9", *CODE, "floor", "F/1", 2020, "H1"),
        ("b.csv", 3, "LANTAI", "not_in_codebook", "8", *CODE, "floor", None, 2020, "H3"),
    ],
    columns=[*QUARANTINE_COLUMNS, *QUARANTINE_CONTEXT],
)


def sheets(cells=CELLS, language="en"):
    return sheets_of(quarantine_workbook(cells, language, INSTRUMENT))


def sheets_of(content):
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def test_each_cell_stands_with_its_file_sheet_row_question_and_mend_by_facilitator():
    head, *rows = sheets()["All"]
    assert head == [
        *("Facilitator", "File", "Sheet", "Row", "Column", "Heading in the file", "Finding", "Found"),
        *("Expected", "How to mend it", "Effect"),
    ]
    assert [row[:8] for row in rows] == [
        ["F/1", "a.xlsx", "Kec. Cikande", 4, "Floor", "LANTAI", "a code that the codebook does not hold", "=9+9"],
        ["F/2", "a.xlsx", "Kec. Cikande", 7, "Rooms", "rooms", "Rooms within people", "9"],
        ["", "b.csv", "", 3, "Floor", "LANTAI", "a code that the codebook does not hold", "8"],
    ]
    assert rows[1][8] == "at most People"
    assert rows[1][9] == "Ask which of the two answers is right, and correct the other."
    assert rows[1][10] == "kept: two answers contradict each other"


def test_each_facilitator_has_a_sheet_to_be_sent_back_alone():
    found = sheets()
    assert list(found) == ["All", "F 1", "F 2", "About"]
    assert [row[0] for row in found["F 2"][1:]] == ["F/2"]


def test_pseudonyms_too_long_for_a_sheet_keep_apart():
    cells = CELLS.assign(facilitator_id=["a" * 64, "a" * 63 + "b", "All"])
    assert list(sheets(cells)) == ["All", "All (2)", "a" * 31, "a" * 27 + " (2)", "About"]


def test_with_too_many_facilitators_the_filter_has_to_do():
    many = pd.concat([CELLS.assign(facilitator_id=f"F{number}") for number in range(61)], ignore_index=True)
    assert list(sheets(many)) == ["All", "About"]


def test_a_cell_is_never_computed_and_both_languages_differ():
    with zipfile.ZipFile(io.BytesIO(quarantine_workbook(CELLS, "id", INSTRUMENT))) as book:
        assert "<f>" not in book.read("xl/worksheets/sheet1.xml").decode()
    assert quarantine_workbook(CELLS, "id", INSTRUMENT) == quarantine_workbook(CELLS, "id", INSTRUMENT)
    assert sheets(language="id")["Semua"][0][:4] == ["Pendamping", "Berkas", "Lembar", "Baris"]


@pytest.mark.parametrize("language", ["id", "en"])
def test_a_check_that_found_nothing_is_a_workbook_too(language):
    first = next(iter(sheets(empty_quarantine(), language).values()))
    assert len(first) == 1


@pytest.mark.parametrize("language", ["id", "en"])
def test_a_quarantine_is_written_again_without_some_rows_of_a_file(language):
    before = quarantine_workbook(CELLS, language, INSTRUMENT)
    after = sheets_of(workbook_without(before, {("a.xlsx", "Kec. Cikande", "4")}))
    about = text("workbook.about", language)
    # The sheet of a facilitator with nothing left to mend is gone; what is said about the workbook stays.
    assert {**sheets(CELLS.drop(index=1), language), about: after[about]} == after
    assert sheets_of(workbook_without(before, set())) == sheets(language=language)
