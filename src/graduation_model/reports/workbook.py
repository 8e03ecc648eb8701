"""A selection or a quarantine in, a workbook for people out: a row a family or cell, headings that stay, filters.

A workbook that was made can be made again without some of its rows.
"""

from __future__ import annotations

import datetime
import io
from collections.abc import Mapping, Sequence, Set
from typing import TYPE_CHECKING, Any

import pandas as pd

from graduation_model.contract.instrument import Instrument
from graduation_model.params import LANGUAGES, Label, Language
from graduation_model.reports.check_page import expected_words, fault_words, mend_words
from graduation_model.reports.inputs import standing
from graduation_model.wording import has_text, text

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

TOP = 3
WIDEST = 44
# A workbook says when it was made; the same list shall give the same bytes, so it says nothing of the hour.
_MADE = datetime.datetime(2000, 1, 1)
_QUARANTINE = {
    "source_file": "file",
    "source_row": "row",
    "column": "column",
    "rule": "rule",
    "found": "found",
    "expected": "expected",
    "mend": "mend",
    "effect": "effect",
}
_FORMATS = {"probability": "0.00", "completeness": "0%", "as_of_date": "yyyy-mm-dd"}


def selection_workbook(
    selection: pd.DataFrame, scores: pd.DataFrame, language: Language, *, instrument: Instrument | None = None
) -> bytes:
    """Return the list as an .xlsx file.

    Text is written as text: an id such as `=1+1` is shown, never computed, and no address becomes a link.

    Parameters
    ----------
    selection, scores : frame
        As TABLES says.
    language : Language
        Of headings and words.
    instrument : Instrument, optional
        Puts the questions behind a score into words; else their names stand.
    """
    table = workbook_table(selection, scores, language, instrument=instrument)
    about = [text(f"workbook.about_{name}", language) for name in ("decide", "quota", "probability", "reasons")]
    headings = [_heading(str(name), language) for name in table]
    return _workbook(table, headings, about, text("index.title", language), language)


def quarantine_workbook(
    quarantine: pd.DataFrame, language: Language, rules: Mapping[str, Label] | None = None
) -> bytes:
    """Return the cells that were set aside as an .xlsx file that can be sent back to whoever can mend them.

    Parameters
    ----------
    quarantine : frame
        As TABLES says; one row a cell, with what was found there.
    language : Language
    rules : mapping, optional
        Rule -> its words, for the rules that a programme declares itself (cross-checks).
    """
    headings = [text(f"check.{name}", language) for name in _QUARANTINE.values()]
    about = [text("check.about_mend", language), text("check.about_kept", language)]
    return _workbook(
        quarantine_table(quarantine, language, rules),
        headings,
        about,
        text("check.title", language),
        language,
        freeze=3,
    )


def quarantine_table(
    quarantine: pd.DataFrame, language: Language, rules: Mapping[str, Label] | None = None
) -> pd.DataFrame:
    """Return what that workbook's list holds: rules, mends and effects in words."""
    declared = rules or {}
    table = quarantine[list(_QUARANTINE)].astype({"rule": "str", "expected": "str"})
    mends = dict(table.drop_duplicates("rule")[["rule", "mend"]].itertuples(index=False, name=None))
    return table.assign(
        rule=table["rule"].map({rule: fault_words(rule, language, declared) for rule in mends}),
        mend=table["rule"].map({rule: mend_words(rule, mend, language, declared) for rule, mend in mends.items()}),
        effect=_in_words(table["effect"], "effect", language),
        expected=table["expected"].map({said: expected_words(said, language) for said in table["expected"].unique()}),
    )


def workbook_without(content: bytes, rows: Set[tuple[str, ...]]) -> bytes:
    """Return one of these workbooks without some rows of its list, with its own headings, widths and filters.

    Parameters
    ----------
    content : bytes
        As `selection_workbook` or `quarantine_workbook` made it.
    rows : set of tuple of str
        What stands in the first cells of the rows to leave out; whole numbers without decimals.
    """
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    sheets = [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]
    (headings, *cells), about = sheets[0], [str(line[0]) for line in sheets[1]]
    keys = max((len(row) for row in rows), default=1)
    kept = [line for line in cells if tuple(_key(cell) for cell in line[:keys]) not in rows]
    language = next(known for known in LANGUAGES if text("workbook.list", known) == book.sheet_names[0])
    is_list = headings[0] == text("workbook.household_id", language)
    formatted = {text(f"workbook.{name}", language): name for name in _FORMATS}
    columns = [formatted.get(str(heading), str(heading)) for heading in headings]
    table = pd.DataFrame(kept, columns=columns, dtype="object").replace("", None)
    title = text("index.title" if is_list else "check.title", language)
    return _workbook(table, [str(heading) for heading in headings], about, title, language, freeze=1 if is_list else 3)


def _key(cell: object) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _workbook(
    table: pd.DataFrame, headings: Sequence[str], about: Sequence[str], title: str, language: Language, freeze: int = 1
) -> bytes:
    import xlsxwriter

    buffer = io.BytesIO()
    safe = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, safe) as book:
        book.set_properties({"title": title, "created": _MADE})
        _write_list(book, table, headings, language, freeze)
        _write_about(book, about, language)
    return buffer.getvalue()


def workbook_table(
    selection: pd.DataFrame, scores: pd.DataFrame, language: Language, *, instrument: Instrument | None = None
) -> pd.DataFrame:
    """Return what the workbook's list holds: one row a family by rank, our column names, words in one language."""
    twice = [name for name in scores if name in selection and name != "household_id"]
    both = selection.merge(scores.drop(columns=twice), on="household_id", how="left", validate="1:1")
    both = both.assign(standing=standing(both)).sort_values(["rank", "household_id"], kind="stable", ignore_index=True)
    rules = both["rule"].astype("str")
    table = pd.DataFrame(
        {
            "household_id": both["household_id"].astype("str"),
            "standing": _in_words(both["standing"], "standing", language),
            "rank": both["rank"],
            "waiting_list_position": both["waiting_list_position"],
            "probability": both["probability"].mask(both["recommendation"] == "cannot_say"),
            "rule": _in_words(rules, "rule", language),
            "quota_unit": both["quota_unit"].astype("str").replace("all", text("workbook.whole_list", language)),
            "completeness": both["completeness"],
            "as_of_date": both["as_of_date"],
        }
    )
    for side in ("for", "against"):
        for place in range(1, TOP + 1):
            if f"{side}_{place}" in both:
                table[f"{side}_{place}"] = _question_words(both[f"{side}_{place}"], instrument, language)
    return table


def _in_words(codes: pd.Series, family: str, language: Language) -> pd.Series:
    known = [str(code) for code in codes.dropna().unique()]
    words = {code: text(f"{family}.{code}", language) if has_text(f"{family}.{code}") else code for code in known}
    return codes.map(words).astype("str")


def _question_words(names: pd.Series, instrument: Instrument | None, language: Language) -> pd.Series:
    known = {} if instrument is None else instrument.by_name
    labels = {name: known[name].label.in_(language) if name in known else name for name in names.dropna().unique()}
    return names.map(labels).astype("str")


def _write_list(book: Workbook, table: pd.DataFrame, headings: Sequence[str], language: Language, freeze: int) -> None:
    sheet = book.add_worksheet(text("workbook.list", language))
    head = book.add_format({"bold": True, "bg_color": "#E9EDF0", "bottom": 1, "text_wrap": True, "valign": "top"})
    for place, (name, heading) in enumerate(zip(table.columns, headings, strict=True)):
        cells = _cells(table[name])
        sheet.write_string(0, place, heading, head)
        _write_column(sheet, place, cells)
        form = book.add_format({"num_format": _FORMATS[name]}) if name in _FORMATS else None
        sheet.set_column(place, place, _width(heading, cells), form)
    sheet.freeze_panes(1, freeze)
    sheet.autofilter(0, 0, max(1, len(table)), len(table.columns) - 1)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _heading(name: str, language: Language) -> str:
    side, _, place = name.partition("_")
    if side in ("for", "against"):
        return text(f"workbook.{side}", language, number=place)
    return text(f"workbook.{name}", language)


def _cells(values: pd.Series) -> list[Any]:
    """Plain Python values; None where there is nothing to write."""
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        dated = values.dt.to_pydatetime() if hasattr(values.dt, "to_pydatetime") else values
        return [None if pd.isna(value) else value for value in dated]
    return [None if missing else value for value, missing in zip(values.tolist(), values.isna(), strict=True)]


def _write_column(sheet: Worksheet, place: int, cells: Sequence[Any]) -> None:
    for row, cell in enumerate(cells, start=1):
        if isinstance(cell, str):
            sheet.write_string(row, place, cell)
        elif isinstance(cell, datetime.date):
            sheet.write_datetime(row, place, cell)
        elif cell is not None:
            sheet.write_number(row, place, cell)


def _width(heading: str, cells: Sequence[Any]) -> int:
    longest = max((len(cell) for cell in cells if isinstance(cell, str)), default=0)
    return min(WIDEST, max(12, len(heading) + 4, longest + 2))


def _write_about(book: Workbook, about: Sequence[str], language: Language) -> None:
    sheet = book.add_worksheet(text("workbook.about", language))
    sheet.set_column(0, 0, 110, book.add_format({"text_wrap": True, "valign": "top"}))
    for row, sentence in enumerate(about):
        sheet.write_string(row, 0, sentence)
