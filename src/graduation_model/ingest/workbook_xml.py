"""A workbook's own XML in; the cells that calamine shows as nothing, out.

It shows neither error cells (`#DIV/0!` comes as nothing) nor whether a formula was ever calculated, so the sheets are
looked through for both, and for cells so far out that the sheet's rectangle would not fit into memory.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from graduation_model.errors import DataError

NOT_CALCULATED = "#NOT_CALCULATED"
_CHUNK = 1 << 22
# Cells of the rectangle: never more than this; where many, not far more than those that hold something.
_MAX_SPAN, _SMALL_SPAN, _MAX_BLANKS = 60_000_000, 2_000_000, 20
_ERROR = re.compile(rb"<(?:\w+:)?c\s(?=[^>]*\bt=[\"']e[\"'])([^>]*)>(.*?)</(?:\w+:)?c>", re.DOTALL)
_FORMULA = re.compile(rb"<(?:\w+:)?c(?=[\s>])([^>]*)(?<!/)>\s*<(?:\w+:)?f[\s/>](.*?)</(?:\w+:)?c>", re.DOTALL)
_VALUE = re.compile(rb"<(?:\w+:)?(?:v|is)(?:\s[^>/]*)?>(?!\s*</)")
_IS_TEXT = re.compile(rb"\bt=[\"']str[\"']")
_ERROR_TEXT = re.compile(rb"<(?:\w+:)?v[^>]*>(#[A-Z0-9/!?_]{1,20})<")
_PLACE = re.compile(rb"\br=[\"']([A-Z]{1,3})(\d{1,7})[\"']")
_CELL_COLUMN = re.compile(rb"\sr=[\"']([A-Z]{1,3})\d")
_CELL_ROW = re.compile(rb"\sr=[\"'][A-Z]{1,3}(\d{5,7})[\"']")
_ROW = re.compile(rb"row\s[^>]*?\br=[\"'](\d{1,7})[\"']")


@dataclass(frozen=True)
class Unreadable:
    """A cell, by position, and what to show instead of nothing."""

    row: int
    column: int
    text: str


def unreadable_cells(archive: zipfile.ZipFile, path: Path) -> dict[str, list[Unreadable]]:
    """Return, sheet by sheet, the cells that hold an error or a formula without a result.

    Raises
    ------
    DataError
        Where a cell stands so far out that the sheet's rectangle would not fit into memory, or nobody knows where one
        stands.
    """
    members = _sheet_members(archive)
    recalculate = _wants_recalculation(archive)
    for member in archive.infolist():
        if member.filename.startswith("xl/") and member.filename not in members.values():
            for _ in _chunks(archive, member.filename):  # checks the size and checksum that it declares
                pass
    return {
        name: _scan(archive, member, recalculate, f"{path.name}#{name}")
        for name, member in members.items()
        if member in archive.namelist()
    }


def _local(tag: str) -> str:
    return tag.rsplit("}", 1)[-1]


def _sheet_members(archive: zipfile.ZipFile) -> dict[str, str]:
    """Sheet name -> its member of the archive."""
    # `_small` refuses what declares entities.
    relations = ElementTree.fromstring(_small(archive, "xl/_rels/workbook.xml.rels"))  # noqa: S314
    targets = {item.get("Id"): item.get("Target", "") for item in relations.iter()}
    found = {}
    for item in ElementTree.fromstring(_small(archive, "xl/workbook.xml")).iter():  # noqa: S314
        if _local(item.tag) == "sheet":
            relation = next((value for key, value in item.attrib.items() if _local(key) == "id"), None)
            target = targets.get(relation, "")
            found[item.get("name", "")] = (
                target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
            )
    return found


def _wants_recalculation(archive: zipfile.ZipFile) -> bool:
    """Tell whether the file says that its formulas' stored results are not to be believed.

    Programs that write formulas without calculating them say so, and store 0; Excel takes the word away when it saves.
    """
    return re.search(rb"fullCalcOnLoad=[\"'](?:1|true)", _small(archive, "xl/workbook.xml")) is not None


def _small(archive: zipfile.ZipFile, member: str) -> bytes:
    text = archive.read(member) if archive.getinfo(member).file_size < _CHUNK else b""
    if not text or b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise zipfile.BadZipFile(member)
    return text


def _chunks(archive: zipfile.ZipFile, member: str) -> Iterator[bytes]:
    with archive.open(member) as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _scan(archive: zipfile.ZipFile, member: str, recalculate: bool, where: str) -> list[Unreadable]:
    """Look through a sheet's XML, piece by piece, for errors, formulas without a result, and far-off cells."""
    found: list[Unreadable] = []
    extent = _Extent()
    carried = b""
    for chunk in _chunks(archive, member):
        text = carried + chunk
        cut = max(text.rfind(b"<row"), text.rfind(b":row "))
        cut = cut if cut > 0 else max(text.rfind(b"<c "), 0)
        found += _in_text(text[:cut], recalculate, where)
        extent.widen(text[:cut])
        carried = text[cut:]
    found += _in_text(carried, recalculate, where)
    extent.widen(carried)
    extent.refuse_far(where)
    return found


@dataclass
class _Extent:
    """The rectangle that a sheet's cells span, which calamine fills whole, and how many cells there are."""

    row: int = 0
    column: int = 0
    cells: int = 0

    def widen(self, text: bytes) -> None:
        columns = _CELL_COLUMN.findall(text)
        self.cells += len(columns)
        self.column = max([self.column, *map(_column_number, set(columns))])
        rows = set(_ROW.findall(text)) | set(_CELL_ROW.findall(text))
        self.row = max([self.row, *map(int, rows)])

    def refuse_far(self, where: str) -> None:
        span = self.row * self.column
        if span > _MAX_SPAN or (span > _SMALL_SPAN and span > _MAX_BLANKS * self.cells):
            raise DataError(
                f"A cell stands as far out as row {self.row}, column {self.column}",
                where=where,
                mend="Delete the stray cells to the right of the table and below it",
            )


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _in_text(text: bytes, recalculate: bool, where: str) -> list[Unreadable]:
    found = []
    if b'="e"' in text or b"='e'" in text:
        for match in _ERROR.finditer(text):
            shown = _ERROR_TEXT.search(match.group(2))
            found.append(_unreadable(match.group(1), shown.group(1).decode() if shown else "#ERROR", where))
    if re.search(rb"<(?:\w+:)?f[\s/>]", text):
        for match in _FORMULA.finditer(text):
            # A formula may have calculated to a blank text: then it has no value, and says that it is text.
            has_result = _VALUE.search(match.group(2)) or _IS_TEXT.search(match.group(1))
            if recalculate or not has_result:
                found.append(_unreadable(match.group(1), NOT_CALCULATED, where))
    return found


def _unreadable(attributes: bytes, text: str, where: str) -> Unreadable:
    place = _PLACE.search(b" " + attributes)
    if place is None:
        raise DataError(
            "There are cells with errors or formulas, and the file does not say where they stand",
            where=where,
            mend="Open it in a spreadsheet program, save it again and retry",
        )
    return Unreadable(int(place.group(2)) - 1, _column_number(place.group(1)) - 1, text)
