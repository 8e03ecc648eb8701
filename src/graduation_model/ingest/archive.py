"""Zip archives, workbooks among them: refused where what they would unpack to is out of all proportion."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from graduation_model.errors import DataError, pass_on_want_of_memory

MAX_BYTES = 2_000_000_000
MAX_RATIO = 200
# Below this nobody is hurt, and small files of one repeated value are honestly compressed far.
HARMLESS_BYTES = 50_000_000
MAX_MEMBERS = 10_000


@contextmanager
def open_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a zip file; a damaged one is a DataError, wherever in the reading that shows.

    Raises
    ------
    DataError
        Where the archive is damaged, encrypted, or holds too many members.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if len(archive.infolist()) > MAX_MEMBERS:
                raise DataError(
                    f"The archive holds more than {MAX_MEMBERS} files",
                    where=path,
                    mend="Export again without attachments",
                )
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError) as error:
        pass_on_want_of_memory(error)
        raise DataError(
            f"The file cannot be read as {path.suffix[1:]} ({type(error).__name__})",
            where=path,
            mend="It may be cut short, protected by a password or of another format: save it again and retry",
        ) from error


def refuse_bombs(members: Iterable[zipfile.ZipInfo], path: Path) -> None:
    """Refuse members that would unpack to too much. zipfile itself reads no further than the sizes declared here."""
    declared = list(members)
    unpacked = sum(member.file_size for member in declared)
    packed = sum(member.compress_size for member in declared)
    if unpacked > MAX_BYTES or (unpacked > HARMLESS_BYTES and unpacked > MAX_RATIO * max(packed, 1)):
        raise DataError(
            f"The file would unpack to {unpacked / 1e6:,.0f} MB from {packed / 1e6:,.1f} MB",
            where=path,
            mend="Export it again; split it into parts where it is really as large as that",
        )
