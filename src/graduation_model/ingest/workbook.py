"""A workbook as a Dinas keeps it in, the rows of its table out: header found, sheets joined, nothing lost in silence.

calamine reads the values; `workbook_xml` says which cells it cannot show.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from graduation_model.errors import DataError
from graduation_model.ingest.archive import open_archive, refuse_bombs
from graduation_model.ingest.beside import Beside, put_beside
from graduation_model.ingest.headers import refuse_twice
from graduation_model.ingest.kobo import is_repeat, without_groups
from graduation_model.ingest.places import Places, at_places
from graduation_model.ingest.workbook_xml import Unreadable, unreadable_cells

logger = logging.getLogger(__name__)

_SEARCHED_ROWS = 40
_NEARLY_ALL, _MOST = 0.85, 0.6


def read_workbook(path: Path) -> pd.DataFrame:
    """Return the table of a workbook.

    A header is the first row that fills most of the table's width with at least three different texts; titles, blank
    rows and a row that only numbers the columns are passed over. Headings in two rows are read as `group/column`, and
    the group is left out where that is unique. Every visible sheet with the same columns is a part of the table
    (a sheet for each kecamatan); what sheets were left out, with the reason, and the rows of a Kobo export's repeats
    are in `beside.beside_of(frame)`.

    Raises
    ------
    DataError
        Where the workbook is damaged, a bomb, has a column twice, or a sheet resembles the others but differs in its
        columns or is hidden: leaving it out could lose families.
    """
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    with open_archive(path) as archive:
        refuse_bombs(archive.infolist(), path)
        unreadable = unreadable_cells(archive, path)
    workbook = CalamineWorkbook.from_path(str(path))
    sheets, repeats, ignored = [], {}, {}
    for meta in workbook.sheets_metadata:
        if meta.typ != SheetTypeEnum.WorkSheet:
            ignored[meta.name] = "it is no worksheet"
            continue
        sheet = workbook.get_sheet_by_name(meta.name)
        grid: list[list[object]] = [list(row) for row in sheet.to_python(skip_empty_area=False)]
        _show(grid, unreadable.get(meta.name, []))
        hidden = meta.visible != SheetVisibleEnum.Visible
        found = _sheet(meta.name, hidden, grid, sheet.merged_cell_ranges or [], path)
        if found is None:
            ignored[meta.name] = "there is no table on it"
        elif is_repeat(found.frame.columns):
            repeats[meta.name] = without_groups(found.frame)
        else:
            sheets.append(found)
    return _join(sheets, ignored, repeats, path)


@dataclass(frozen=True)
class _Sheet:
    name: str
    hidden: bool
    frame: pd.DataFrame
    rows: np.ndarray

    @property
    def columns(self) -> frozenset[str]:
        return frozenset(self.frame.columns)


def _join(sheets: list[_Sheet], ignored: dict[str, str], repeats: dict[str, pd.DataFrame], path: Path) -> pd.DataFrame:
    if not sheets:
        return pd.DataFrame()
    rows_of: Counter[frozenset[str]] = Counter()
    for sheet in sheets:
        rows_of[sheet.columns] += len(sheet.frame) * (not sheet.hidden)
    table = rows_of.most_common(1)[0][0]
    parts = []
    for sheet in sheets:
        alike = len(sheet.columns & table) > len(sheet.columns | table) / 2
        if not alike:
            ignored[sheet.name] = "its columns are those of another table"
        elif sheet.columns != table:
            raise DataError(
                f"Sheet '{sheet.name}' {_difference(sheet.columns, table)} than the other sheets",
                where=path.name,
                mend="Give all sheets of the table the same header, or take the sheet out",
            )
        elif sheet.hidden:
            raise DataError(
                f"Sheet '{sheet.name}' is hidden but has the table's columns",
                where=path.name,
                mend="Show it if its rows count, delete it if they do not",
            )
        else:
            parts.append(sheet)
    for name, reason in ignored.items():
        logger.warning("%s: sheet '%s' was left out: %s", path.name, name, reason)
    frame = parts[0].frame if len(parts) == 1 else pd.concat([part.frame for part in parts], ignore_index=True)
    rows = {sheet.name: len(sheet.frame) for sheet in sheets if sheet.name in ignored}
    put_beside(frame, Beside(ignored, rows, repeats))
    places = Places(
        rows=np.concatenate([part.rows for part in parts]),
        sheets=np.repeat(np.array([part.name for part in parts], dtype=object), [len(part.rows) for part in parts]),
    )
    return at_places(frame, places)


def _difference(columns: frozenset[str], table: frozenset[str]) -> str:
    def some(names: frozenset[str]) -> str:
        first = sorted(names)[:3]
        return ", ".join(first) + (f" and {len(names) - 3} more" if len(names) > 3 else "")

    lacks, adds = table - columns, columns - table
    said = ([f"lacks {some(lacks)}"] if lacks else []) + ([f"has also {some(adds)}"] if adds else [])
    return "has other columns (" + "; ".join(said) + ")"


# --- one sheet


def _sheet(
    name: str, hidden: bool, grid: list[list[object]], merged: list[tuple[tuple[int, int], tuple[int, int]]], path: Path
) -> _Sheet | None:
    """Find the table on a sheet; None where there is none."""
    filled = [sum(cell != "" for cell in row) for row in grid[:_SEARCHED_ROWS]]
    if not any(filled):
        return None
    top = [list(row) for row in grid[:_SEARCHED_ROWS]]
    reach = _fill_merged(top, merged)
    row = _header_row(top, filled)
    if row is None:
        return None
    start, end = _header_start(row, merged), _header_end(row, top, merged, reach)
    names = _names(top[start : end + 1])
    data = _data_start(grid, end + 1)
    body = grid[data:]
    columns = list(zip(*body, strict=True)) if body else [() for _ in names]
    kept = [place for place, name in enumerate(names) if name or any(cell != "" for cell in columns[place])]
    titles = [names[place] or f"(column {place + 1})" for place in kept]
    refuse_twice(titles, f"{path.name}#{name}")
    rows = np.arange(data + 1, data + 1 + len(body))
    held = {title: pd.Series(columns[place], dtype="object") for title, place in zip(titles, kept, strict=True)}
    frame = pd.DataFrame({title: column.mask(column == "", None) for title, column in held.items()})
    blank = frame.isna().all(axis=1).to_numpy(dtype=bool)
    if blank.any():
        frame, rows = frame[~blank].reset_index(drop=True), rows[~blank]
    return _Sheet(name, hidden, frame, rows)


def _fill_merged(
    top: list[list[object]], merged: list[tuple[tuple[int, int], tuple[int, int]]]
) -> dict[tuple[int, int], int]:
    """Write a merged cell's value into all it covers; return the last row that each of those cells belongs to."""
    reach = {}
    for (first_row, first_column), (last_row, last_column) in merged:
        if first_row >= len(top) or first_column >= len(top[0]):
            continue
        value = top[first_row][first_column]
        for row in range(first_row, min(last_row, len(top) - 1) + 1):
            for column in range(first_column, min(last_column, len(top[0]) - 1) + 1):
                top[row][column] = value
                reach[row, column] = last_row
    return reach


def _is_text(cell: object) -> bool:
    return isinstance(cell, str) and any(letter.isalpha() for letter in cell)


def _header_row(top: list[list[object]], filled: list[int]) -> int | None:
    """Return the first row that fills most of the width with text and has about as many different texts as any.

    A title merged over the whole width is one text; a row of places ("Kab.", "Serang") is short, or at least shorter
    than the header, which names each column.
    """
    widest = max(filled)
    texts = [[" ".join(str(cell).split()).casefold() for cell in row if _is_text(cell)] for row in top]
    different = [len(set(row)) for row in texts]
    least = max(min(3, widest), _NEARLY_ALL * max(different))
    for place, row in enumerate(texts):
        if different[place] >= least and len(row) >= _MOST * widest:
            return place
    return None


def _header_start(row: int, merged: list[tuple[tuple[int, int], tuple[int, int]]]) -> int:
    """Return the first row of a header: cells that reach down to its last row, or group headings just above it."""
    above = [first[0] for first, last in merged if last[0] >= row > first[0]]
    groups = [first[0] for first, last in merged if first[0] == last[0] == row - 1]
    start = min([row, *above, *groups])
    return start if start == row else _header_start(start, merged)


def _header_end(
    start: int,
    top: list[list[object]],
    merged: list[tuple[tuple[int, int], tuple[int, int]]],
    reach: dict[tuple[int, int], int],
) -> int:
    """Return the last row of a header: merged cells reach down to it, or group headings stand above it."""
    end = start
    for row in range(start, len(top)):
        if row > end:
            break
        end = max([end, *(reach.get((row, column), row) for column in range(len(top[row])))])
        groups = any(first[0] == row and last[0] == row and last[1] > first[1] for first, last in merged)
        if groups and row + 1 < len(top) and any(_is_text(cell) for cell in top[row + 1]):
            end = max(end, row + 1)
    return min(end, len(top) - 1)


def _names(rows: list[list[object]]) -> list[str]:
    """Header rows -> one name a column: `group/column` where the last part alone would stand there twice."""
    parts = [_distinct([" ".join(str(cell).split()) for cell in column]) for column in zip(*rows, strict=True)]
    last = [part[-1] if part else "" for part in parts]
    times = Counter(last)
    return [name if times[name] == 1 else "/".join(part) for name, part in zip(last, parts, strict=True)]


def _distinct(parts: list[str]) -> list[str]:
    return [part for place, part in enumerate(parts) if part and part not in parts[:place]]


def _data_start(grid: list[list[object]], start: int) -> int:
    """Pass over the row that only numbers the columns: 1 2 3 …, or (1) (2) (3) …"""
    if start >= len(grid):
        return start
    cells = [str(cell).strip("() ").removesuffix(".0") for cell in grid[start] if cell != ""]
    return start + 1 if len(cells) >= 4 and cells == [str(n) for n in range(1, len(cells) + 1)] else start


def _show(grid: list[list[object]], cells: list[Unreadable]) -> None:
    """Put a mark where a cell holds an error or a formula without a result, so that no reader takes it for blank."""
    for cell in cells:
        while len(grid) <= cell.row:
            grid.append([""] * (len(grid[0]) if grid else 0))
        if len(grid[0]) <= cell.column:
            for row in grid:
                row.extend([""] * (cell.column + 1 - len(row)))
        grid[cell.row][cell.column] = cell.text
