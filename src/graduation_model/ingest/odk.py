"""An ODK Central export: a zip of csv files in, the rows of the form itself out."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from graduation_model.errors import DataError
from graduation_model.ingest.archive import open_archive, refuse_bombs
from graduation_model.ingest.beside import Beside, put_beside
from graduation_model.ingest.delimited import read_delimited
from graduation_model.ingest.headers import strip_groups
from graduation_model.ingest.places import Places, at_places, places_of

_REPEAT = "PARENT_KEY"
_OWN = frozenset({"SubmissionDate", "meta-instanceID", "instanceID"})


def read_zip(path: Path) -> pd.DataFrame:
    """Return the main table of an ODK Central zip; the tables of repeats (`PARENT_KEY`) are put beside it.

    `group-question` becomes `question` wherever that is unique.

    Raises
    ------
    DataError
        Where the zip is damaged, a bomb, or holds no main csv or several.
    """
    with open_archive(path) as archive:
        members = [member for member in archive.infolist() if _is_table(member.filename)]
        refuse_bombs(members, path)
        tables = {
            member.filename: read_delimited(archive.read(member), f"{path}#{member.filename}") for member in members
        }
    main = {name: table for name, table in tables.items() if _REPEAT not in table.columns}
    if len(main) != 1:
        raise DataError(
            f"There are {len(main)} csv files in it that are no repeat, not one",
            where=path,
            mend="Put the zip of one form there, as ODK Central exports it",
        )
    ((name, frame),) = main.items()
    places = places_of(frame, path)
    repeats = {PurePosixPath(other).name: without_groups(table) for other, table in tables.items() if other != name}
    frame = at_places(without_groups(frame), Places(rows=places.rows, sheets=np.full(len(frame), name, dtype=object)))
    return put_beside(frame, Beside(repeats=repeats))


def without_groups(frame: pd.DataFrame) -> pd.DataFrame:
    """Return an ODK export with `group-question` as `question` wherever that is unique; any other frame as it is.

    Examples
    --------
    >>> list(without_groups(pd.DataFrame({"SubmissionDate": ["x"], "house-floor": ["earth"], "KEY": ["uuid:1"]})))
    ['SubmissionDate', 'floor', 'KEY']
    """
    names = [str(column) for column in frame.columns]
    is_odk = "KEY" in names and bool({*_OWN, _REPEAT} & set(names))
    return frame.set_axis(strip_groups(names, "-"), axis=1) if is_odk else frame


def _is_table(name: str) -> bool:
    path = PurePosixPath(name)
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return path.suffix.lower() == ".csv" and "media" not in path.parts[:-1] and not hidden
