"""A data folder and a table's name in; the table as read out, with the place of each row and what was left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from graduation_model.errors import DataError
from graduation_model.ingest.beside import beside_of
from graduation_model.ingest.formats import digest_of, find_parts, read_part, with_partition
from graduation_model.ingest.places import places_of
from graduation_model.ingest.repeats import RepeatRows, is_repeat


@dataclass(frozen=True)
class Raw:
    """One table as read.

    Attributes
    ----------
    frame : frame (n_rows, source columns)
    files, rows : Series (n_rows,)
        Where each row came from.
    sources : dict
        Path -> sha256 of what was read.
    repeats : tuple of RepeatRows
        The rows of members and the like, beside the table.
    ignored_sheets : dict
        `file#sheet` -> rows that were not read.
    """

    frame: pd.DataFrame
    files: pd.Series
    rows: pd.Series
    sources: dict[str, str]
    repeats: tuple[RepeatRows, ...] = ()
    ignored_sheets: Mapping[str, int] = field(default_factory=dict)

    @property
    def hands(self) -> pd.Series:
        """The file that each row came from, its sheets together: what one office wrote.

        Parquet files are written by programs, and however many there are they are one.
        """
        place, names = pd.factorize(self.files)
        files = pd.Series(names).str.replace(r"#.*$", "", regex=True)
        files = files.mask(files.str.endswith(".parquet"), ".parquet")
        return files.take(place).set_axis(self.files.index)

    @property
    def sheets(self) -> pd.Series:
        """The sheet of each row, or its file."""
        return self.files.str.rsplit("#", n=1).str[-1]


def read_table(folder: Path, name: str) -> Raw:
    """Read all files of a table.

    Raises
    ------
    DataError
        Where there are none, or they differ in their columns.
    """
    parts = find_parts(folder, name)
    if not parts:
        raise DataError(
            f"There is no table '{name}'",
            where=folder,
            mend=f"Put {name}.parquet, .csv, .xlsx, .zip or .sql.yaml there, or a folder {name}/ with its parts",
        )
    frames: dict[Path, pd.DataFrame] = {
        part: with_partition(read_part(part), part.relative_to(folder).as_posix()) for part in parts
    }
    tables = {part: frame for part, frame in frames.items() if not is_repeat(frame.columns)} or frames
    first = next(iter(tables.values()))
    for part, frame in tables.items():
        if set(frame.columns) != set(first.columns):
            raise DataError(
                "This part has other columns than the first one", where=part, mend="Give all parts the same columns"
            )
    files, rows, repeats, start = [], [], [], 0
    ignored: dict[str, int] = {}
    for part, frame in tables.items():
        shown, places, beside = part.relative_to(folder).as_posix(), places_of(frame, part), beside_of(frame)
        files.append(places.files(shown))
        rows.append(places.rows)
        ignored |= {f"{shown}#{sheet}": beside.rows.get(sheet, 0) for sheet in beside.ignored}
        stop = start + len(frame)
        repeats += [
            RepeatRows(sheet, f"{shown}#{sheet}", rows_, start, stop) for sheet, rows_ in beside.repeats.items()
        ]
        start = stop
    # A repeat that lies there as a file of its own belongs to all rows of the table.
    repeats += [
        RepeatRows(part.name, part.relative_to(folder).as_posix(), frame, 0, start)
        for part, frame in frames.items()
        if part not in tables
    ]
    return Raw(
        frame=pd.concat(list(tables.values()), ignore_index=True),
        files=pd.Series(np.concatenate(files)),
        rows=pd.Series(np.concatenate(rows)),
        sources={part.relative_to(folder).as_posix(): digest_of(part, frame) for part, frame in frames.items()},
        repeats=tuple(repeats),
        ignored_sheets=ignored,
    )
