"""One table of file formats: a path in, a raw frame of text, numbers and dates out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from graduation_model.errors import DataError


def _read_parquet(path: Path) -> pd.DataFrame:
    import pyarrow.parquet as pq

    table = pq.read_table(path, partitioning=None)
    _refuse_twice(table.column_names, path)
    return table.to_pandas()


def _read_csv(path: Path) -> pd.DataFrame:
    """Everything as text: '007' must not become 7, nor 'NA' a missing answer, before a question says what it is."""
    import pyarrow as pa
    import pyarrow.csv as pc

    with path.open(encoding="utf-8-sig", newline="") as file:
        header = file.readline()
    separator = max(",;\t|", key=header.count)
    names = next(
        pd.read_csv(
            path, sep=separator, header=None, nrows=1, dtype=str, keep_default_na=False, encoding="utf-8-sig"
        ).itertuples(index=False, name=None)
    )
    _refuse_twice([str(name) for name in names], path)
    table = pc.read_csv(
        path,
        read_options=pc.ReadOptions(use_threads=False),
        parse_options=pc.ParseOptions(delimiter=separator, newlines_in_values=True),
        convert_options=pc.ConvertOptions(
            column_types={str(name): pa.string() for name in names},
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
        ),
    )
    return table.to_pandas()


def _read_xlsx(path: Path) -> pd.DataFrame:
    from python_calamine import CalamineWorkbook

    workbook = CalamineWorkbook.from_path(str(path))
    rows = workbook.get_sheet_by_index(0).to_python(skip_empty_area=True)
    if not rows:
        return pd.DataFrame()
    names = [str(name).strip() for name in rows[0]]
    _refuse_twice(names, path)
    frame = pd.DataFrame(rows[1:], columns=names, dtype=object)
    return frame.mask(frame == "", None)


def _refuse_twice(names: list[str], path: Path) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(
            f"Column {', '.join(twice)} stands there twice",
            where=path.name,
            mend="Keep one of them: nobody can tell which is meant",
        )


FORMATS: dict[str, Callable[[Path], pd.DataFrame]] = {
    ".parquet": _read_parquet,
    ".csv": _read_csv,
    ".xlsx": _read_xlsx,
}


def find_parts(folder: Path, table: str) -> list[Path]:
    """Return the files of a table in a data folder: one file, or the parts in a folder of the table's name."""
    single = [folder / f"{table}{ending}" for ending in FORMATS if (folder / f"{table}{ending}").is_file()]
    parts = sorted(path for path in (folder / table).glob("*") if path.suffix in FORMATS)
    if len(single) > 1 or (single and parts):
        found = ", ".join(path.name for path in [*single, *parts][:3])
        raise DataError(
            f"The table '{table}' stands there more than once ({found})", where=folder, mend="Keep one of them"
        )
    return single or parts


def read_part(path: Path) -> pd.DataFrame:
    """Read one file, whatever its format.

    Raises
    ------
    DataError
        Where the file is empty, damaged, or holds a column twice.
    """
    try:
        frame = FORMATS[path.suffix](path)
    except DataError:
        raise
    except Exception as error:  # each reader has its own family of errors for a damaged file
        reason = type(error).__name__
        raise DataError(
            f"The file cannot be read as {path.suffix[1:]} ({reason})",
            where=path,
            mend="It may be empty, cut short or of another format: save it again and retry",
        ) from error
    if frame.empty:
        raise DataError("The file holds no rows", where=path, mend="Put the data there, or take the file away")
    return frame


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
