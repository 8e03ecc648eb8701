"""The bytes of a csv file in, a frame of text out: every cell as it was written, and the row it stood in."""

from __future__ import annotations

import csv
import io

import numpy as np
import pandas as pd

from graduation_model.errors import DataError
from graduation_model.ingest.headers import refuse_twice
from graduation_model.ingest.places import Places, at_places

_SEPARATORS = ",;\t|"
_MARK = b"\xef\xbb\xbf"
_LONGEST_HEADER = 1_000_000


def read_delimited(data: bytes, where: object) -> pd.DataFrame:
    """Return a csv's cells as text: '007' must not become 7, nor 'NA' a missing answer, before a question says so.

    Parameters
    ----------
    data
        The file's bytes: UTF-8, cells parted by comma, semicolon, tab or bar.
    where
        The file, for messages.

    Raises
    ------
    DataError
        Where the bytes are no UTF-8 text, are cut short, or rows differ in their number of cells.
    """
    import pyarrow as pa
    import pyarrow.csv as pc

    _refuse_damage(data, where)
    body = data.removeprefix(_MARK).lstrip(b"\r\n")
    header, separator = header_of(body, where)
    columns = [f"{place}" for place in range(len(header))]
    odd: list[tuple[int, int]] = []

    def note(row: pc.InvalidRow) -> str:
        odd.append((row.number or 0, row.actual_columns))
        return "error"

    try:
        table = pc.read_csv(
            pa.BufferReader(body),
            read_options=pc.ReadOptions(use_threads=False, column_names=columns, skip_rows_after_names=1),
            parse_options=pc.ParseOptions(
                delimiter=separator,
                newlines_in_values=True,
                invalid_row_handler=note,
            ),
            convert_options=pc.ConvertOptions(
                column_types={column: pa.string() for column in columns},
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
    except pa.ArrowInvalid as error:
        if not odd:
            raise
        row, cells = odd[0]
        raise DataError(
            f"Row {row} has {cells} cells and the header {len(header)}",
            where=where,
            mend="Put the header into the first row, and text that holds a separator between quotation marks",
        ) from error
    names, kept = _named(header, table)
    refuse_twice(names, where)
    frame = table.select(kept).rename_columns(names).to_pandas()
    above = data[: len(data) - len(body)].count(b"\n")
    rows = _row_numbers(body, separator, len(frame)) + above
    filled = ~frame.isna().all(axis=1).to_numpy() if len(frame.columns) else np.empty(0, dtype=bool)
    if not filled.all():
        frame, rows = frame[filled].reset_index(drop=True), rows[filled]
    return at_places(frame, Places(rows=rows))


def _refuse_damage(data: bytes, where: object) -> None:
    if b"\0" in data:
        raise DataError(
            "The file holds NUL bytes: it is damaged, or no UTF-8 text", where=where, mend="Save it again as CSV UTF-8"
        )
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"The text is not encoded in UTF-8 (first seen in line {line})",
            where=where,
            mend="Save it again as CSV UTF-8",
        ) from error
    # Cut inside its last number, 1250000 reads as 125: only the end of the line shows that it is whole.
    closed = data.endswith(b'"') and data.count(b'"') % 2 == 0
    if data.strip() and not data.endswith((b"\n", b"\r")) and not closed:
        raise DataError(
            "The last line has no end, as in a file that was cut short",
            where=where,
            mend="Compare the last row with the source; if nothing is missing, end it with a line break",
        )


def header_of(body: bytes, where: object) -> tuple[list[str], str]:
    """Return the names in the first row of a csv's bytes, and what separates its cells."""
    body = body.removeprefix(_MARK)
    text = body[:_LONGEST_HEADER].decode("utf-8", errors="ignore")
    first = text.splitlines()[0] if text else ""
    separator = max(_SEPARATORS, key=first.count)
    names = next(csv.reader(io.StringIO(text, newline=""), delimiter=separator), [])
    if not any(name.strip() for name in names):
        raise ValueError("no header")
    return [" ".join(name.split()) for name in names], separator


def _named(header: list[str], table) -> tuple[list[str], list[int]]:  # type: ignore[no-untyped-def]  # a pyarrow.Table
    """Leave out columns that have neither a name nor a cell; a sheet saved as csv often ends with some."""
    kept = [place for place, name in enumerate(header) if name or table.column(place).null_count < table.num_rows]
    return [header[place] or f"(column {place + 1})" for place in kept], kept


def _row_numbers(body: bytes, separator: str, rows: int) -> np.ndarray:
    """Count records as a sheet shows them: a blank line is a row, a line break inside a cell is none."""
    plain = np.arange(2, rows + 2)
    if not any(blank in body for blank in (b"\n\n", b"\n\r\n", b"\r\r")):
        return plain
    records = csv.reader(io.StringIO(body.decode("utf-8"), newline=""), delimiter=separator)
    filled = [number for number, record in enumerate(records, start=1) if record][1:]
    return np.array(filled) if len(filled) == rows else plain
