"""A selection in, a workbook for people out: a row a family, headings that stay, filters; and how a list is written.

A workbook that was made can be made again without some of its rows.
"""

from __future__ import annotations

import datetime
import io
from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pandas as pd

from graduation_model.contract.instrument import Instrument
from graduation_model.params import LANGUAGES, Language
from graduation_model.reports.inputs import standing
from graduation_model.reports.rule_words import RuleWords, rules_table
from graduation_model.wording import has_text, text

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

TOP = 3
ABOUT = ("decide", "quota", "probability", "reasons")
WIDEST, TO_FILL_IN = 44, 24
A4, TWO_LINES = 9, 31
# A text that begins so is taken for a formula once somebody types it again, unless its cell is marked as text.
_LIKE_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# A workbook says when it was made; the same list shall give the same bytes, so it says nothing of the hour.
_MADE = datetime.datetime(2000, 1, 1)
_DAYS = ("as_of_date", "due_date", "opens", "closes", "last_tried")
_FORMATS = {"probability": "0.00", "selected_share": "0%", "completeness": "0%", **dict.fromkeys(_DAYS, "yyyy-mm-dd")}


def selection_workbook(
    selection: pd.DataFrame,
    scores: pd.DataFrame,
    language: Language,
    *,
    instrument: Instrument | None = None,
    words: RuleWords | None = None,
    rules: pd.DataFrame | None = None,
    notes: Sequence[str] = (),
) -> bytes:
    """Return the list as an .xlsx file: a row a family, a row a rule, and what a reader should know.

    Text is written as text: an id such as `=1+1` is shown, never computed, and no address becomes a link.

    Parameters
    ----------
    selection, scores : frame
        As docs/reference/tables.md says.
    language : Language
        Of headings and words.
    instrument : Instrument, optional
        Puts the questions behind a score into words; else their names stand.
    words : RuleWords, optional
        Puts rules into words; default those of the house.
    rules : frame, optional
        What each rule cost, as `select` returns it.
    notes : sequence of str
        Sentences that come before what every workbook says.
    """
    words = words or RuleWords(language)
    table = workbook_table(selection, scores, language, instrument=instrument, words=words)
    about = [*notes, *(text(f"workbook.about_{name}", language) for name in ABOUT)]
    headings = [_heading(str(name), language) for name in table]
    with new_workbook(text("index.title", language)) as (book, buffer):
        write_list(book, text("workbook.list", language), table, headings)
        if rules is not None:
            cost = rules_table(rules, words)
            write_list(book, text("rules.title", language), cost, [text(f"rules.{name}", language) for name in cost])
        write_about(book, about, language)
    return buffer.getvalue()


@contextmanager
def new_workbook(title: str) -> Iterator[tuple[Workbook, io.BytesIO]]:
    """Give an empty workbook in which text stays text, and the buffer that holds it once it is closed."""
    import xlsxwriter

    buffer = io.BytesIO()
    safe = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, safe) as book:
        book.set_properties({"title": title, "created": _MADE})
        yield book, buffer


def workbook_without(content: bytes, rows: Set[tuple[str, ...]]) -> bytes:
    """Return one of the house's workbooks without some rows of its lists, with its own headings, widths and filters.

    Parameters
    ----------
    content : bytes
        As `selection_workbook` or `quarantine_workbook` made it.
    rows : set of tuple of str
        What the rows to leave out hold in their key: the family's id in a list; file, sheet and row in a quarantine.
    """
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    sheets = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    language = next(known for known in LANGUAGES if text("workbook.about", known) == book.sheet_names[-1])
    *lists, about = sheets.items()
    is_list = lists[0][1][0][0] == text("workbook.household_id", language)
    keys = slice(0, 1) if is_list else slice(1, 4)
    with new_workbook(text("index.title" if is_list else "check.title", language)) as (again, buffer):
        for name, (headings, *cells) in lists:
            kept = [line for line in cells if tuple(map(_key, line[keys])) not in rows]
            if kept or name == lists[0][0]:  # the sheet of a facilitator with nothing left to mend goes
                table = pd.DataFrame(kept, columns=_names_of(headings, language), dtype="object").replace("", None)
                write_list(again, name, table, [str(heading) for heading in headings], freeze=1 if is_list else 4)
        write_about(again, [str(line[0]) for line in about[1]], language)
    return buffer.getvalue()


def _names_of(headings: Sequence[object], language: Language) -> list[str]:
    """The columns that are written in a format of their own have their names again; the others keep their headings."""
    families = ("workbook", "due")
    formatted = {
        text(f"{family}.{name}", language): name
        for name in _FORMATS
        for family in families
        if has_text(f"{family}.{name}")
    }
    return [formatted.get(str(heading), str(heading)) for heading in headings]


def _key(cell: object) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def workbook_table(
    selection: pd.DataFrame,
    scores: pd.DataFrame,
    language: Language,
    *,
    instrument: Instrument | None = None,
    words: RuleWords | None = None,
) -> pd.DataFrame:
    """Return what the workbook's list holds: one row a family by rank, our column names, words in one language."""
    twice = [name for name in scores if name in selection and name != "household_id"]
    both = selection.merge(scores.drop(columns=twice), on="household_id", how="left", validate="1:1")
    both = both.assign(standing=standing(both)).sort_values(["rank", "household_id"], kind="stable", ignore_index=True)
    rules, words = both["rule"].astype("str"), words or RuleWords(language)
    table = pd.DataFrame(
        {
            "household_id": both["household_id"].astype("str"),
            "standing": _in_words(both["standing"], "standing", language),
            "rank": both["rank"],
            "waiting_list_position": both["waiting_list_position"],
            "probability": both["probability"].mask(both["recommendation"] == "cannot_say"),
            "rule": rules.map({code: words.decided(code) for code in rules.unique()}),
            "quota_unit": both["quota_unit"].astype("str").replace("all", text("workbook.whole_list", language)),
            "completeness": both["completeness"],
            "as_of_date": both["as_of_date"],
        }
    )
    if "selected_share" in both:
        table["selected_share"] = both["selected_share"]
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


def write_list(book: Workbook, name: str, table: pd.DataFrame, headings: Sequence[str], *, freeze: int = 1) -> None:
    """Write a table as a sheet of its own, with headings that stay and filters."""
    sheet = book.add_worksheet(name)
    as_text = book.add_format({"quote_prefix": True})
    head = book.add_format({"bold": True, "bg_color": "#E9EDF0", "bottom": 1, "text_wrap": True, "valign": "top"})
    for place, (name, heading) in enumerate(zip(table.columns, headings, strict=True)):
        cells = _cells(table[name])
        sheet.write_string(0, place, heading, head)
        _write_column(sheet, place, cells, as_text)
        # Days stand below their heading, not against the text to their right.
        side = {"align": "left"} if name in _DAYS else {}
        form = book.add_format({"num_format": _FORMATS[name], **side}) if name in _FORMATS else None
        sheet.set_column(place, place, _width(heading, cells, by_hand=form is None), form)
    sheet.freeze_panes(1, freeze)
    sheet.autofilter(0, 0, max(1, len(table)), len(table.columns) - 1)
    sheet.set_row(0, TWO_LINES)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.set_footer("&L&A&R&P / &N")
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


def _write_column(sheet: Worksheet, place: int, cells: Sequence[Any], as_text: Format) -> None:
    for row, cell in enumerate(cells, start=1):
        if isinstance(cell, str):
            sheet.write_string(row, place, cell, as_text if cell.startswith(_LIKE_A_FORMULA) else None)
        elif isinstance(cell, datetime.date):
            sheet.write_datetime(row, place, cell)
        elif cell is not None:
            sheet.write_number(row, place, cell)


def _width(heading: str, cells: Sequence[Any], *, by_hand: bool) -> int:
    """Room for the longest text, for the heading on two lines beside its filter, and for a hand where all is empty."""
    if by_hand and cells and all(cell is None for cell in cells):
        return max(TO_FILL_IN, len(heading) + 4)
    longest = max((len(cell) for cell in cells if isinstance(cell, str)), default=0)
    halves = min(max(len(heading[:cut]), len(heading[cut:])) for cut in [*_spaces(heading), len(heading)])
    return min(WIDEST, max(11, halves + 3, longest + 1))


def _spaces(heading: str) -> list[int]:
    return [place for place, sign in enumerate(heading) if sign == " "]


def write_about(book: Workbook, about: Sequence[str], language: Language) -> None:
    """Write sentences that a reader should know as the last sheet."""
    sheet = book.add_worksheet(text("workbook.about", language))
    sheet.set_column(0, 0, 110, book.add_format({"text_wrap": True, "valign": "top"}))
    for row, sentence in enumerate(about):
        sheet.write_string(row, 0, sentence)
