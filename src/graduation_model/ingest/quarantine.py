"""Failing and flagged cells in, the quarantine out: place, what stood there, what was expected, how to mend it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from graduation_model.contract.tables import QUARANTINE_COLUMNS, QUARANTINE_CONTEXT
from graduation_model.ingest.flags import Rules
from graduation_model.ingest.params import TableSource
from graduation_model.ingest.parts import Raw

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
DOUBT = "Ask again; leave it where it is so"


def as_quarantine(
    cells: pd.DataFrame, raw: Raw, source: TableSource, typed: pd.DataFrame, rules: Rules | None
) -> pd.DataFrame:
    """Return the quarantine of one table.

    Parameters
    ----------
    cells : frame
        row (a position in the table as read), column (our name), rule, expected, effect.
    raw : Raw
        The table as read, for what stood there and where.
    source : TableSource
        The source's names of the columns.
    typed : frame
        The table as typed, for who visited and when.
    rules : Rules, optional
        Which rules are doubts; None for a table that has no such rules.
    """
    rows = cells["row"].to_numpy(dtype=np.int64)
    names = {**source.columns, **{date: rule.column for date, rule in source.dates.items()}}
    found = np.full(len(cells), "", dtype=object)
    for column, places in cells.groupby("column").indices.items():
        origin = names.get(str(column), str(column))
        if origin in raw.frame:  # a derived answer stood in no cell
            found[places] = _mask(raw.frame[origin].iloc[rows[places]]).to_numpy()
    doubts, missing = rules.doubts if rules else frozenset(), pd.Series(None, index=typed.index, dtype="str")
    facilitators = typed.get(rules.checks.facilitator, missing) if rules else missing
    dates = typed[next(iter(source.dates))]
    table = cells.assign(
        source_file=raw.files.to_numpy()[rows],
        source_row=raw.rows.to_numpy()[rows],
        column=cells["column"].map(lambda name: names.get(name, name)),
        found=found,
        mend=cells["rule"].map(MENDS).fillna(cells["rule"].isin(doubts).map({True: DOUBT, False: CONTRADICTION})),
        question=cells["column"],
        facilitator_id=facilitators.to_numpy()[rows],
        wave=dates.dt.year.astype("Int64").to_numpy()[rows],
        household_id=typed["household_id"].fillna("").to_numpy()[rows],
    )[[*QUARANTINE_COLUMNS, *QUARANTINE_CONTEXT]]
    text = {name: "str" for name in (*QUARANTINE_COLUMNS, *QUARANTINE_CONTEXT) if name not in ("source_row", "wave")}
    table = table.astype({**text, "wave": "Int64"})
    return table.sort_values(["source_file", "source_row", "column"], ignore_index=True)


def _mask(found: pd.Series) -> pd.Series:
    """What stood there, short, and with long runs of digits hidden: they may be an identity number."""
    text = found.astype("string").fillna("").str.replace(r"^(-?\d+)\.0$", r"\1", regex=True).str.slice(0, 40)
    return text.str.replace(r"\d{9,}", "•••", regex=True)
