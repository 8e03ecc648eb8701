"""`record delete`: one family out of the package's own folders: rows, pages, lists, workbooks, corrections."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import secrets
import shutil
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from graduation_model.commands.holdings import Holding, holdings, names_family, rows_of
from graduation_model.commands.inputs import no_such_family, one_family, open_key
from graduation_model.commands.outputs import MANIFEST, PARTIAL, Output, beside, locked_all, swap_in
from graduation_model.errors import DataError, OutputError
from graduation_model.ingest.corrections import FILE as CORRECTIONS
from graduation_model.ingest.formats import sha256_of
from graduation_model.parquet import read_table
from graduation_model.reports.index_page import index_without
from graduation_model.reports.minutes import minutes_without
from graduation_model.reports.workbook import workbook_without

RECEIPT_BYTES = 16
# What may stand in an output folder and can be looked into: anything else could name the family unseen.
READABLE = (".parquet", ".html", ".xlsx", ".json", ".csv", ".txt", ".md", ".png", ".svg", ".yaml")
REMAINS = (
    "Left to people: the source files of the Dinas and its backups, copies of these folders made elsewhere, and paper.",
    "Not touched: models, evaluations and counts by area. They hold no family's row; MLflow's runs hold none either.",
)


@dataclass(frozen=True)
class Deletion:
    """What was found of one family, and whether it was deleted.

    Attributes
    ----------
    done : bool
        False for a look beforehand.
    found : dict
        Folder -> rows of tables, pages and lists that are about the family.
    corrections : int
        Corrections in the data folder.
    receipt : str
        The code that proves this deletion to whoever also knows the id; empty where nothing was deleted.
    """

    done: bool
    found: dict[Path, dict[str, int]]
    corrections: int
    receipt: str = ""

    def story(self) -> str:
        """What was found and what is left to do, for a terminal."""
        verb = "deleted" if self.done else "to delete"
        lines = [
            f"{folder}: {counts['rows']:,} rows, {counts['pages']:,} pages, {counts['lists']:,} lists {verb}"
            for folder, counts in self.found.items()
        ]
        if self.corrections:
            lines.append(f"{CORRECTIONS}: {self.corrections:,} corrections {verb}")
        if self.done:
            lines.append(f"Receipt: {self.receipt} (keep it: it is told only here)")
        else:
            lines.append("Nothing was changed. Add --yes to delete.")
        return "\n".join([*lines, *REMAINS])


def record_delete(
    *,
    household: str,
    folders: Sequence[str | Path],
    data: str | Path | None = None,
    key: str | Path | None = None,
    yes: bool = False,
) -> Deletion:
    """Delete one family from output folders, all of them or none.

    Everything is made again without the family beside its place, looked through once more, and only then moved there.
    Every other row, page and number stays as it is; manifests get the new hashes and an entry that tells the day and a
    receipt, and no id.

    Parameters
    ----------
    household
        The family's id as the folders show it, or, with `key`, as the source files have it.
    folders
        Folders that `check`, `train`, `score`, `select`, `report` or `record export` wrote. Give those together that
        were made from one another, so that they stay so.
    data
        A data folder whose corrections of this family are deleted, too. Its source files are not touched.
    key
        The key file that the folders were made with, where they were.
    yes
        Without it nothing is changed, and the result says what would be.

    Raises
    ------
    DataError
        Where a folder is not ours or was changed, holds a file that cannot be looked into, or no folder knows the
        family.
    """
    family = one_family(household, open_key(key, data))
    places = [Path(folder).resolve() for folder in folders]
    corrections = None if data is None else Path(data).resolve() / CORRECTIONS
    touched = [place for place in (*places, corrections) if place is not None and place.parent.is_dir()]
    with locked_all(touched) if yes else nullcontext():
        return _delete(family, places, corrections, yes=yes)


def _delete(family: str, places: Sequence[Path], corrections: Path | None, *, yes: bool) -> Deletion:
    for folder in places:
        _refuse_leftovers(folder)
    found = holdings(places, family)
    corrected = 0 if corrections is None or not corrections.is_file() else rows_of(corrections, family).num_rows
    mine = [holding for holding in found if holding.anything]
    if not mine and not corrected:
        raise no_such_family("these folders")
    for holding in found:
        _refuse(holding, family)
    counts = {holding.folder: _counts(holding) for holding in found}
    if not yes:
        return Deletion(False, counts, corrected)
    receipt = secrets.token_hex(RECEIPT_BYTES)
    entry = {"on": dt.datetime.now(dt.UTC).date().isoformat(), "receipt": _receipt(receipt, family)}
    _delete_all(found, family, entry, corrections if corrected else None)
    return Deletion(True, counts, corrected, receipt)


def _receipt(code: str, household: str) -> str:
    """What a manifest keeps: without the code nobody can try out which family it was."""
    return hmac.digest(code.encode(), household.encode(), hashlib.sha256).hex()


def _counts(holding: Holding) -> dict[str, int]:
    pages = len(holding.files) if holding.whole else len(holding.pages)
    return {"rows": holding.rows, "pages": pages, "lists": len(holding.indexes)}


def _refuse_leftovers(folder: Path) -> None:
    """Stop where a run that was stopped left families' answers beside a folder, whether or not that came to be."""
    mends = {PARTIAL: "Delete it, or let the same command go on to its end first"}
    again = "Run the folder's command again, or this one with --yes: either puts back what was moved aside"
    for ending in (PARTIAL, f"{PARTIAL}-*", "old-*"):
        for path in folder.parent.glob(f".{escape(folder.name)}.{ending}"):
            raise DataError(
                "A run that was stopped left families' answers beside this folder",
                where=path,
                mend=mends.get(ending, again),
            )


def _refuse(holding: Holding, household: str) -> None:
    """Stop before anything is changed where a file could name the family and cannot be made again without it."""
    if holding.whole:
        return
    closed = [name for name in holding.files if not name.endswith(READABLE)]
    if closed:
        raise DataError(
            f"{len(closed)} files cannot be looked into (first: {closed[0]})",
            where=holding.folder,
            mend="Take them out by running the folder's command again without them, or delete the folder yourself",
        )
    mended = {*holding.tables, *holding.pages, *holding.indexes}
    for name in holding.files:
        if name not in mended and not name.endswith(".xlsx") and names_family(holding.folder / name, household):
            raise _unmended(holding)


def _unmended(holding: Holding) -> DataError:
    return DataError(
        "A file names this family in a way that cannot be taken out",
        where=holding.folder,
        mend=f"Run '{holding.command}' again on data without the family, or delete the folder yourself",
    )


def _delete_all(found: Sequence[Holding], household: str, entry: dict[str, str], corrections: Path | None) -> None:
    work = {holding.folder: beside(holding.folder) for holding in found}
    places = [(work[holding.folder], holding.folder) for holding in found]
    renewed: dict[str, str] = {}
    try:
        if corrections is not None:
            places.append((_corrections_without(corrections, household, renewed), corrections))
        made = {holding.folder: _made_again(holding, household, work[holding.folder], renewed) for holding in found}
        for holding in found:
            _write_manifest(holding, made[holding.folder], renewed, entry)
            if any(names_family(path, household) for path in work[holding.folder].rglob("*") if path.is_file()):
                raise _unmended(holding)
        swap_in(places)
    except OSError as error:
        raise OutputError(
            f"The folders cannot be written, and nothing was changed ({error.strerror or type(error).__name__})",
            where=found[0].folder.parent,
            mend="Check your rights and the free space",
        ) from error
    finally:
        for place, _ in places:
            shutil.rmtree(place, ignore_errors=True) if place.is_dir() else place.unlink(missing_ok=True)


def _corrections_without(path: Path, household: str, renewed: dict[str, str]) -> Path:
    work = beside(path)
    table = read_table(path)
    pq.write_table(_without(table, household), work)
    renewed[sha256_of(path)] = sha256_of(work)
    return work


def _made_again(holding: Holding, household: str, work: Path, renewed: dict[str, str]) -> Output:
    """The folder without the family, beside its place; `renewed` learns which hash became which."""
    work.mkdir()
    output = Output(work)
    gone = set(holding.files) if holding.whole else set(holding.pages)
    for name in (file for file in holding.files if file not in gone):
        before = holding.folder / name
        if name in holding.tables:
            output.arrow(_without(read_table(before), household), name)
        elif name in holding.indexes:
            remake = index_without if Path(name).name == "index.html" else minutes_without
            output.text(remake(before.read_text(encoding="utf-8"), household), name)
        elif name.endswith(".xlsx") and (holding.tables or holding.indexes):
            output.text(workbook_without(before.read_bytes(), _workbook_rows(holding, household)), name)
        else:
            (work / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(before, work / name)
            continue
        renewed[sha256_of(before)] = sha256_of(work / name)
    return output


def _without(table: pa.Table, household: str) -> pa.Table:
    return table.filter(pc.fill_null(pc.not_equal(table["household_id"], household), True))


def _workbook_rows(holding: Holding, household: str) -> set[tuple[str, ...]]:
    """The keys of the family's rows: file, sheet and row in a quarantine, the id in a list."""
    if "quarantine.xlsx" not in holding.files:
        return {(household,)}
    cells = holding.tables.get("quarantine.parquet")
    if cells is None:
        return set()
    return {
        (*str(file).partition("#")[::2], str(row))
        for file, row in zip(cells["source_file"].to_pylist(), cells["source_row"].to_pylist(), strict=True)
    }


def _write_manifest(holding: Holding, output: Output, renewed: dict[str, str], entry: dict[str, str]) -> None:
    manifest: dict[str, Any] = dict(holding.manifest)
    files = (path for path in sorted(output.folder.rglob("*")) if path.is_file())
    outputs = {}
    for path in files:
        name = path.relative_to(output.folder).as_posix()
        known = manifest["outputs"][name]
        outputs[name] = {**known, "sha256": sha256_of(path)} | (
            {"rows": output.rows[name]} if name in output.rows else {}
        )
    manifest["outputs"] = outputs
    if "inputs" in manifest:
        manifest["inputs"] = {name: renewed.get(digest, digest) for name, digest in manifest["inputs"].items()}
    if holding.anything:
        manifest["deletions"] = [*manifest.get("deletions", []), {**entry, **_counts(holding)}]
    output.text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", MANIFEST)
