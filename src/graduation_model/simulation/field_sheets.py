"""How an office writes: typed answers in, cells as people type them, sheets with titles and headings out."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from graduation_model.contract.instrument import Instrument, Question

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

_MONTHS = ("Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober",
           "November", "Desember")  # fmt: skip


@dataclass(frozen=True)
class Formula:
    """A cell that holds a formula: its stored result, or none where nobody calculated it."""

    text: str
    result: str | int = ""


@dataclass(frozen=True)
class Habit:
    """How one office fills in its workbook.

    Attributes
    ----------
    yes, no : str
    amounts, dates : str
        How money and days are written.
    titles : int
        Lines above the header.
    groups : bool
        Headings of sections stand merged above the header.
    numbered : bool
        A line under the header counts the columns.
    """

    yes: str
    no: str
    amounts: Literal["plain", "dots", "rp", "rp_dash"]
    dates: Literal["slashes", "cells", "words", "dashes", "iso"]
    titles: int = 3
    groups: bool = False
    numbered: bool = False


# One an office, in turn.
HABITS = (
    Habit("Ya", "Tidak", "dots", "slashes"),
    Habit("V", "-", "rp", "cells", titles=2, numbered=True),
    Habit("YA", "TIDAK", "rp_dash", "words", groups=True),
    Habit("√", "-", "dots", "dashes", titles=4),
    Habit("Ya", "Tdk", "plain", "slashes", groups=True, numbered=True),
    Habit("Y", "T", "rp", "slashes", titles=2),
    Habit("Ada", "Tidak ada", "dots", "iso"),
    Habit("V", "x", "rp_dash", "cells", titles=5, groups=True),
)


def written(answers: pd.Series, question: Question, habit: Habit, codes: Mapping[str, str] | None) -> pd.Series:
    """Return one question's answers as an office with that habit types them; blank where there is none.

    Parameters
    ----------
    answers : Series
        Typed as the instrument says.
    codes : mapping, optional
        Answer -> code, where the form has codes for this question.
    """
    if codes is not None:
        return answers.astype("object").map(dict(codes)).map(_as_code, na_action="ignore")
    if question.kind == "yes_no":
        return answers.astype("object").map({"yes": habit.yes, "no": habit.no})
    if question.levels:
        return answers.astype("object").map({value.name: value.label.id for value in question.values})
    if question.kind == "money":
        return _amounts(answers, habit)
    if question.kind == "date":
        return days(answers, habit)
    if question.is_numeric:
        return _decimal_comma(answers)
    return answers.astype("object")


def _as_code(code: str) -> int | str:
    return int(code) if code.isdigit() else code


def _amounts(answers: pd.Series, habit: Habit) -> pd.Series:
    whole = answers.round().astype("Int64")
    if habit.amounts == "plain":
        return whole.astype("object").where(answers.notna(), None)
    dots = whole.map(lambda amount: f"{amount:,}".replace(",", "."), na_action="ignore").astype("object")
    before, after = {"dots": ("", ""), "rp": ("Rp ", ""), "rp_dash": ("Rp", ",-")}[habit.amounts]
    return (before + dots + after).where(answers.notna(), None)


def _decimal_comma(answers: pd.Series) -> pd.Series:
    """Whole numbers as numbers, others as text with a comma."""
    return answers.map(
        lambda number: int(number) if number == int(number) else f"{number:g}".replace(".", ","), na_action="ignore"
    ).astype("object")


def days(dates: pd.Series, habit: Habit) -> pd.Series:
    """Return dates as that office writes them."""
    if habit.dates == "cells":
        return pd.Series(dates.dt.to_pydatetime(), index=dates.index, dtype="object").where(dates.notna(), None)
    if habit.dates == "words":
        names = dates.dt.month.map(dict(enumerate(_MONTHS, start=1)))
        return (dates.dt.day.astype("str") + " " + names + " " + dates.dt.year.astype("str")).astype("object")
    forms = {"slashes": "%d/%m/%Y", "dashes": "%d-%m-%Y", "iso": "%Y-%m-%d"}
    return dates.dt.strftime(forms[habit.dates]).astype("object")


def headers(instrument: Instrument, names: Sequence[str]) -> dict[str, str]:
    """Return our name -> the heading of that column: the question's Indonesian words in capitals."""
    fixed = {
        "household_id": "NO KPM",
        "assessment_date": "TANGGAL ASESMEN",
        "district_code": "KODE KABUPATEN",
        "subdistrict_code": "KODE KECAMATAN",
        "village_code": "KODE DESA",
        "facilitator_id": "KODE PENDAMPING",
    }
    asked = instrument.by_name
    return {name: asked[name].label.id.upper() if name in asked else fixed.get(name, name) for name in names}


def first_row(habit: Habit) -> int:
    """Return the row number of a sheet's first family, counted from 1 as people see it."""
    return habit.titles + 1 + habit.groups + 1 + habit.numbered


def workbook(
    sheets: Mapping[str, pd.DataFrame], habit: Habit, *, titles: Sequence[str], groups: Mapping[str, str]
) -> bytes:
    """Return a workbook with one sheet a kecamatan.

    Parameters
    ----------
    sheets : mapping of frames
        Sheet's name -> its cells, with the headings as columns; a cell is text, a number, a day, or a `Formula`.
    titles
        What stands above the header; lines beyond these are left blank.
    groups
        Heading -> the section that it stands under; a column without one has its heading merged over both lines.
    """
    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_urls": False}) as book:
        book.set_properties({"created": pd.Timestamp("2000-01-01").to_pydatetime()})
        for name, cells in sheets.items():
            _write_sheet(book, name, cells, habit, titles, groups)
    return buffer.getvalue()


def _write_sheet(
    book: Workbook, name: str, cells: pd.DataFrame, habit: Habit, titles: Sequence[str], groups: Mapping[str, str]
) -> None:
    sheet, day = book.add_worksheet(name), book.add_format({"num_format": "dd/mm/yyyy"})
    width = len(cells.columns)
    for row, title in enumerate([*titles[: habit.titles - 1], f"KECAMATAN {name}"][: habit.titles]):
        sheet.merge_range(row, 0, row, width - 1, title)
    top = habit.titles
    if habit.groups:
        _write_groups(sheet, top, list(cells.columns), groups)
    else:
        sheet.write_row(top, 0, list(cells.columns))
    if habit.numbered:
        sheet.write_row(top + habit.groups + 1, 0, [f"({place})" for place in range(1, width + 1)])
    start = first_row(habit) - 1
    for place, header in enumerate(cells.columns):
        for row, cell in enumerate(cells[header].tolist(), start=start):
            _write(sheet, row, place, cell, day)


def _write_groups(sheet: Worksheet, top: int, columns: Sequence[str], groups: Mapping[str, str]) -> None:
    place = 0
    while place < len(columns):
        group = groups.get(columns[place])
        end = place
        while group and end + 1 < len(columns) and groups.get(columns[end + 1]) == group:
            end += 1
        if group and end > place:
            sheet.merge_range(top, place, top, end, group)
            sheet.write_row(top + 1, place, columns[place : end + 1])
        else:
            sheet.merge_range(top, place, top + 1, place, columns[place])
        place = end + 1


def _write(sheet: Worksheet, row: int, place: int, cell: Any, day: Any) -> None:
    if cell is None or cell is pd.NaT or (isinstance(cell, float) and np.isnan(cell)):
        return
    if isinstance(cell, Formula):
        sheet.write_formula(row, place, cell.text, None, cell.result)
    elif isinstance(cell, str):
        sheet.write_string(row, place, cell)
    elif hasattr(cell, "year"):
        sheet.write_datetime(row, place, cell, day)
    else:
        sheet.write_number(row, place, cell)
