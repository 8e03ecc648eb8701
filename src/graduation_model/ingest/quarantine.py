"""Failing cells and the table as read in, the quarantine out: where each stood, what was found, how to mend it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from graduation_model.contract.tables import QUARANTINE_COLUMNS
from graduation_model.ingest.codebooks import as_code
from graduation_model.ingest.params import TableSource

MENDS = {
    "not_a_number": "Write the number in figures, or leave the cell empty",
    "not_a_date": "Write the date as YYYY-MM-DD or dd/mm/yyyy",
    "not_in_codebook": "Correct the code, or add it to the codebook of its version",
    "not_an_allowed_answer": "Use one of the allowed answers",
    "minimum": "Check the answer with the family or the facilitator",
    "maximum": "Check the answer with the family or the facilitator",
    "whole_number": "Write a whole number",
    "required": "Ask again: a visit cannot be used without this answer",
    "duplicate_key": "Keep the right one of the visits with this id and date, and delete the others",
}
CONTRADICTION = "Ask which of the two answers is right, and correct the other"


def as_quarantine(
    cells: pd.DataFrame, raw: pd.DataFrame, files: pd.Series, places: pd.Series, source: TableSource
) -> pd.DataFrame:
    """Return one row a failing cell, as `QUARANTINE_COLUMNS` says.

    Parameters
    ----------
    cells : frame
        row (a position in the table), column, rule, expected, effect.
    raw : frame
        The table as it was read, behind the door.
    files, places : Series
        The file and the row in it, of each row of the table.
    source : TableSource
        Which source column each of ours is.
    """
    rows = cells["row"].to_numpy(dtype=np.int64)
    names = {**source.columns, **{date: rule.column for date, rule in source.dates.items()}}
    found = np.full(len(cells), "", dtype=object)
    for column, where in cells.groupby("column").indices.items():
        origin = names.get(str(column), str(column))
        if origin in raw:  # a derived answer stood in no cell
            found[where] = _mask(raw[origin].iloc[rows[where]]).to_numpy()
    table = cells.assign(
        source_file=files.to_numpy()[rows],
        source_row=places.to_numpy()[rows],
        column=cells["column"].map(lambda name: names.get(name, name)),
        found=found,
        mend=cells["rule"].map(MENDS).fillna(CONTRADICTION),
        household_id=as_code(raw[names.get("household_id", "household_id")]).iloc[rows].fillna("").to_numpy(),
    )[list(QUARANTINE_COLUMNS)]
    text = {name: "str" for name in QUARANTINE_COLUMNS if name != "source_row"}
    return table.astype(text).sort_values(["source_file", "source_row", "column"], ignore_index=True)


def _mask(found: pd.Series) -> pd.Series:
    """What stood there, short, and with long runs of digits hidden: they may be an identity number."""
    text = found.astype("string").fillna("").str.slice(0, 40)
    return text.str.replace(r"\d{9,}", "•••", regex=True)
