"""Failing and flagged cells in, the quarantine out: place, what stood there, what was expected, how to mend it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from graduation_model.contract.tables import QUARANTINE_COLUMNS, QUARANTINE_CONTEXT
from graduation_model.ingest.notation import distinct_cells
from graduation_model.ingest.reader import TableReader, TypedRows

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
    "never_assessed": "Correct the id, or bring the family's assessment",
    "before_decision": "Correct the date, or the date of the decision",
    "not_decided": "Bring the decision on this family: without it the visit counts for nothing",
    "by_proposer": "Send somebody else; where somebody else did go, correct the visitor's code",
    "unknown_reason_code": "Use a code of the programme, or add it to ingest.reason_codes",
    "other_currency": "Give the amounts in the programme's currency",
    "other_poverty_line": "Give the amounts; they are set against the programme's own line",
    "other_line": "Ask which line it was set against; the amount against the programme's line is what counts",
}

CONTRADICTION = "Ask which of the two answers is right, and correct the other"
DOUBT = "Ask again; leave it where it is so"


def as_quarantine(cells: pd.DataFrame, rows: TypedRows, reader: TableReader) -> pd.DataFrame:
    """Return the quarantine of one table.

    Parameters
    ----------
    cells : frame
        row (a position among the typed rows), column (our name), rule, expected, effect; found where the cell failed
        by itself.
    rows : TypedRows
        For what stood there and where, who visited and when.
    reader : TableReader
    """
    places, typed, rules = cells["row"].to_numpy(dtype=np.int64), rows.table, reader.rules
    doubts, missing = rules.doubts if rules else frozenset(), pd.Series(None, index=typed.index, dtype="str")
    facilitators = typed.get(rules.checks.facilitator, missing) if rules else missing
    stood = pd.Series(stood_there(cells, rows.stood), index=cells.index)
    table = cells.assign(
        source_file=rows.places["source_file"].to_numpy()[places],
        source_row=rows.places["source_row"].to_numpy()[places],
        column=cells["column"].map(lambda name: rows.names.get(name, name)),
        found=cells["found"].where(cells["found"].notna(), stood),
        mend=cells["rule"].map(MENDS).fillna(cells["rule"].isin(doubts).map({True: DOUBT, False: CONTRADICTION})),
        question=cells["column"],
        facilitator_id=facilitators.to_numpy()[places],
        wave=typed[reader.keys[1]].dt.year.astype("Int64").to_numpy()[places],
        household_id=typed["household_id"].fillna("").to_numpy()[places],
    )[[*QUARANTINE_COLUMNS, *QUARANTINE_CONTEXT]]
    text = {name: "str" for name in (*QUARANTINE_COLUMNS, *QUARANTINE_CONTEXT) if name not in ("source_row", "wave")}
    table = table.astype({**text, "wave": "Int64"})
    return table.sort_values(["source_file", "source_row", "column"], ignore_index=True)


def stood_there(cells: pd.DataFrame, frame: pd.DataFrame, names: Mapping[str, str] = {}) -> np.ndarray:
    """Return what stood in each cell, short and masked; nothing where it is no cell of the frame, as for a derived one.

    Parameters
    ----------
    cells : frame
        row (a position in the frame) and column.
    names : mapping
        The column's name in the frame, where it is another.
    """
    found = np.full(len(cells), "", dtype=object)
    rows = cells["row"].to_numpy(dtype=np.int64)
    for column, places in cells.groupby("column").indices.items():
        origin = names.get(str(column), str(column))
        if origin in frame:
            found[places] = _mask(frame[origin].iloc[rows[places]]).to_numpy()
    return found


def masked(raw: pd.Series) -> pd.Series:
    """Return a whole column, short and masked, as categories: read by its distinct cells."""
    if pd.api.types.is_numeric_dtype(raw.dtype) or pd.api.types.is_datetime64_any_dtype(raw.dtype):
        place, distinct = pd.factorize(raw, use_na_sentinel=False)
        cells = pd.Series(distinct)
    else:
        place, cells = distinct_cells(raw)
    codes, texts = pd.factorize(_mask(cells).astype("str"))
    return pd.Series(pd.Categorical.from_codes(codes[place], texts), index=raw.index)


def _mask(found: pd.Series) -> pd.Series:
    """What stood there, short, and with long runs of digits hidden: they may be an identity number."""
    text = found.astype("string").fillna("").str.replace(r"^(-?\d+)\.0$", r"\1", regex=True).str.slice(0, 40)
    return text.str.replace(r"\d{9,}", "•••", regex=True)
