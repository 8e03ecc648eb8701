"""One table of file formats: a path in, a raw frame of text, numbers and dates out, with each row's place."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import unquote

import pandas as pd

from graduation_model.errors import DataError, UserError, lacks_memory
from graduation_model.ingest import kobo, odk
from graduation_model.ingest.delimited import read_delimited
from graduation_model.ingest.headers import refuse_twice
from graduation_model.ingest.sql import DIGEST, read_sql
from graduation_model.ingest.workbook import read_workbook
from graduation_model.parquet import read_table

_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"


def _read_parquet(path: Path) -> pd.DataFrame:
    table = read_table(path)
    refuse_twice(table.column_names, path)
    return frame_of(table)


def frame_of(table, **how: bool) -> pd.DataFrame:  # type: ignore[no-untyped-def]  # a pyarrow.Table
    """Return a table's rows; a list or a record in a cell becomes text, which is set aside where it is no answer."""
    import pyarrow as pa

    for place, column in enumerate(table.schema):
        if pa.types.is_nested(column.type):
            texts = [None if cell is None else str(cell) for cell in table.column(place).to_pylist()]
            table = table.set_column(place, column.name, pa.array(texts, pa.string()))
    return table.to_pandas(**how)


def _read_csv(path: Path) -> pd.DataFrame:
    return _without_groups(read_delimited(path.read_bytes(), path))


def _read_xlsx(path: Path) -> pd.DataFrame:
    return _without_groups(read_workbook(path))


def _without_groups(frame: pd.DataFrame) -> pd.DataFrame:
    return odk.without_groups(kobo.without_groups(frame))


FORMATS: dict[str, Callable[[Path], pd.DataFrame]] = {
    ".parquet": _read_parquet,
    ".csv": _read_csv,
    ".xlsx": _read_xlsx,
    ".zip": odk.read_zip,
    ".sql.yaml": read_sql,
}


def find_parts(folder: Path, table: str) -> list[Path]:
    """Return the files of a table in a data folder: one file, or the parts in a folder of the table's name.

    Parts may stand in folders within it that say a column's value, as Spark and Arrow divide data sets:
    `assessments/wave=2020/part-0.parquet`.
    """
    single = [folder / f"{table}{ending}" for ending in FORMATS if (folder / f"{table}{ending}").is_file()]
    there = (path for path in (folder / table).rglob("*") if _ending(path) in FORMATS and path.is_file())
    parts = sorted(path for path in there if _is_divided(path.relative_to(folder / table).parts[:-1]))
    if len(single) > 1 or (single and parts):
        found = ", ".join(path.name for path in [*single, *parts][:3])
        raise DataError(
            f"The table '{table}' stands there more than once ({found})", where=folder, mend="Keep one of them"
        )
    return single or parts


def _is_divided(folders: Sequence[str]) -> bool:
    return all("=" in name for name in folders)


def partition_of(shown: str) -> dict[str, str | None]:
    """Return the columns that the folders of a part say, and their values.

    Examples
    --------
    >>> partition_of("assessments/wave=2020/district_code=36%2001/part-0.parquet")
    {'wave': '2020', 'district_code': '36 01'}
    """
    said = [folder.partition("=")[::2] for folder in shown.split("/")[:-1] if "=" in folder]
    return {name: None if value == _NO_VALUE else unquote(value) for name, value in said}


def with_partition(frame: pd.DataFrame, shown: str) -> pd.DataFrame:
    """Return a part's rows with the columns that its folders say, as text; a column of the file itself stays."""
    said = {name: value for name, value in partition_of(shown).items() if name not in frame}
    columns = {name: pd.Series(value, frame.index, dtype="str") for name, value in said.items()}
    return frame.assign(**columns) if columns else frame


def _ending(path: Path) -> str:
    return next((ending for ending in FORMATS if path.name.endswith(ending)), path.suffix)


def read_part(path: Path) -> pd.DataFrame:
    """Read one file, whatever its format. `places.places_of` tells where its rows stood.

    Raises
    ------
    DataError
        Where the file is empty, damaged, or holds a column twice.
    """
    try:
        frame = FORMATS[_ending(path)](path)
    except UserError:
        raise
    except Exception as error:  # each reader has its own family of errors for a damaged file
        if lacks_memory(error):
            raise DataError(
                "There is not enough memory to read the file, or it is damaged",
                where=path,
                mend="Close other programs, or save it again and retry",
            ) from error
        reason = type(error).__name__
        raise DataError(
            f"The file cannot be read as {_ending(path)[1:]} ({reason})",
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


def digest_of(path: Path, frame: pd.DataFrame) -> str:
    """Return the sha256 of what was read: of a file its bytes, of a table in a database its rows."""
    return str(frame.attrs.get(DIGEST) or sha256_of(path))
