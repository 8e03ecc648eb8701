"""What an output folder holds of one family: its rows, its pages, its places in lists and workbooks."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from graduation_model.commands.outputs import MANIFEST, read_any_manifest
from graduation_model.contract.tables import KEYS
from graduation_model.errors import DataError
from graduation_model.parquet import read_table
from graduation_model.reports.index_page import file_in_index
from graduation_model.reports.minutes import names_in_minutes

EXPORT = "record export"
RECORD = "record.json"
PAGES, MINUTES = ("households", "letters"), "minutes"
DATA_FOLDERS = ("simulate",)  # what other commands read as source data is not ours to change
# A shorter id may stand in a file by chance, as a number of something else.
TELLING = 8


@dataclass(frozen=True)
class Holding:
    """One family in one output folder.

    Attributes
    ----------
    folder : Path
    manifest : dict
    files : tuple of str
        Every file of the folder but the manifest.
    tables : dict
        Parquet file -> the family's rows (Arrow table); only files that have any.
    pages : tuple of str
        Pages about this family alone.
    indexes : tuple of str
        Pages that list it among others.
    whole : bool
        The folder is an export of this family: all of it is about it.
    """

    folder: Path
    manifest: dict[str, Any]
    files: tuple[str, ...]
    tables: dict[str, pa.Table] = field(default_factory=dict)
    pages: tuple[str, ...] = ()
    indexes: tuple[str, ...] = ()
    whole: bool = False

    @property
    def command(self) -> str:
        """The command that wrote the folder."""
        return str(self.manifest["command"])

    @property
    def rows(self) -> int:
        """Rows of tables."""
        return sum(table.num_rows for table in self.tables.values())

    @property
    def anything(self) -> bool:
        """Whether the folder holds anything of the family."""
        return bool(self.tables or self.pages or self.indexes or self.whole)


def holdings(folders: Sequence[str | Path], household: str) -> list[Holding]:
    """Look through output folders for one family.

    Parameters
    ----------
    folders
        Each written by a command of the package; hashes are checked before anything is read.
    household
        The id as the folders know it: a pseudonym where a key was used.

    Raises
    ------
    DataError
        Where a folder is no output of ours, changed since, holds files that its manifest does not list, or is source
        data.
    """
    places = dict.fromkeys(Path(folder).resolve() for folder in folders)
    return [_holding(folder, household) for folder in places]


def _holding(folder: Path, household: str) -> Holding:
    manifest = read_any_manifest(folder)
    if manifest["command"] in DATA_FOLDERS:
        raise DataError("This is source data, not an output folder", where=folder, mend="Give it as --data")
    files = _files(folder, manifest)
    rows = {name: rows_of(folder / name, household) for name in files if name.endswith(".parquet")}
    indexes, pages = [], []
    for name in (file for file in files if Path(file).name == "index.html"):
        file = file_in_index((folder / name).read_text(encoding="utf-8"), household)
        own = [(Path(name).parent / folder / f"{file}.html").as_posix() for folder in PAGES]
        indexes += [name] if file is not None else []
        pages += [page for page in own if file and page in files]
    annexes = (name for name in files if Path(name).parent.name == MINUTES and name.endswith(".html"))
    indexes += [name for name in annexes if names_in_minutes((folder / name).read_text("utf-8"), household)]
    return Holding(
        folder,
        manifest,
        files,
        tables={name: table for name, table in rows.items() if table.num_rows},
        pages=tuple(pages),
        indexes=tuple(indexes),
        whole=manifest["command"] == EXPORT and _is_export_of(folder / RECORD, household),
    )


def _files(folder: Path, manifest: dict[str, Any]) -> tuple[str, ...]:
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {MANIFEST}
    odd = sorted(there - set(manifest["outputs"]))
    if odd:
        raise DataError(
            f"{len(odd)} files are not in the manifest: somebody put them there",
            where=folder,
            mend="Move them away and look yourself whether they name the family",
        )
    return tuple(sorted(there))


def _is_export_of(path: Path, household: str) -> bool:
    return path.is_file() and json.loads(path.read_text(encoding="utf-8")).get("household_id") == household


def rows_of(path: Path, household: str) -> pa.Table:
    """Return a family's rows of a parquet file; none where the table is not about families."""
    table = read_table(path)
    key = KEYS["scores"][0]
    return table.filter(pc.equal(table[key], household)) if key in table.column_names else table.slice(0, 0)


def names_family(path: Path, household: str) -> bool:
    """Whether a file names a family anywhere, in whatever way the file is packed; False for ids that tell nothing."""
    if len(household) < TELLING:
        return False
    if path.suffix == ".parquet":
        table = read_table(path)
        texts = [
            column
            for column in table.columns
            if pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
        ]
        return any(pc.any(pc.match_substring(column, household)).as_py() for column in texts)
    content = path.read_bytes()
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            content = b"\n".join(book.read(name) for name in book.namelist())
    forms = {household, escape(household), json.dumps(household, ensure_ascii=False)[1:-1]}
    whole = "|".join(re.escape(form) for form in forms)
    return re.search(rf"(?<![A-Za-z0-9])(?:{whole})(?![A-Za-z0-9])".encode(), content) is not None
