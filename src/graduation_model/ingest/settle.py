"""Typed rows in, among which all of a family's stand; the checked table out, and what was set aside and why."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from graduation_model.contract.tables import ANSWER_SET_ASIDE, ROW_SET_ASIDE
from graduation_model.ingest.derived import counts_of
from graduation_model.ingest.flags import count_flags, flagged_cells
from graduation_model.ingest.quarantine import as_quarantine
from graduation_model.ingest.reader import TableReader, TypedRows


@dataclass(frozen=True)
class Settled:
    """One table, or the part of it that some families have.

    Attributes
    ----------
    table : frame
        Kept rows, sorted by their key.
    kept : frame
        The same rows, each under its position among the typed ones.
    quarantine, set_aside : frame
    counts : dict
    """

    table: pd.DataFrame
    kept: pd.DataFrame
    quarantine: pd.DataFrame
    set_aside: pd.DataFrame
    counts: dict[str, int]


def settle(rows: TypedRows, reader: TableReader) -> Settled:
    """Collapse repeats, set aside what cannot be used, and flag what contradicts itself.

    Parameters
    ----------
    rows : TypedRows
        All rows of some families, or of all.
    reader : TableReader
    """
    typed, faults, keys = rows.table, rows.faults, reader.keys
    lost = faults.loc[faults["effect"] == ROW_SET_ASIDE, "row"].unique()
    kept, repeated, conflicting = _settle_repeats(_without(typed, lost), keys)
    lost = np.union1d(lost, conflicting["row"])
    flagged = [flagged_cells(kept, reader.rules)] if reader.rules else []
    cells = pd.concat([faults, conflicting, *flagged], ignore_index=True)
    table = kept.sort_values(list(keys), kind="stable", ignore_index=True)
    told = [question for question in reader.questions if question.name in rows.told]
    counts = {
        "read": len(typed),
        "kept": len(table),
        "identical_repeats": repeated,
        "rows_set_aside": len(lost),
        "answers_set_aside": int((cells["effect"] == ANSWER_SET_ASIDE).sum()),
        **(count_flags(flagged[0], reader.rules) if reader.rules else {}),
        **reader.corrections.of(reader.name, typed, told).counts,
        **counts_of(table),
    }
    return Settled(
        table=table,
        kept=kept,
        quarantine=as_quarantine(cells, rows, reader),
        set_aside=typed.loc[lost, list(keys)].reset_index(drop=True),
        counts=counts,
    )


def _without(typed: pd.DataFrame, rows: np.ndarray | pd.Index) -> pd.DataFrame:
    """The table without some rows; where there are none it is not copied."""
    return typed.drop(index=rows) if len(rows) else typed


def _settle_repeats(typed: pd.DataFrame, keys: tuple[str, ...]) -> tuple[pd.DataFrame, int, pd.DataFrame]:
    """Collapse identical repeats of a visit; set all of those aside that say different things."""
    repeated = typed[typed.duplicated(list(keys), keep=False)]
    distinct = repeated.drop_duplicates()
    clash = distinct.duplicated(list(keys), keep=False)
    of_clash = repeated.set_index(list(keys)).index.isin(distinct.loc[clash].set_index(list(keys)).index)
    rows = np.sort(repeated.index[of_clash].to_numpy()) if clash.any() else np.empty(0, dtype=np.int64)
    conflicting = pd.DataFrame(
        {
            "row": rows,
            "column": keys[0],
            "rule": "duplicate_key",
            "expected": f"one visit for each {' and '.join(keys)}",
            "effect": ROW_SET_ASIDE,
        }
    )
    kept = _without(typed, repeated.index.difference(distinct.index[~clash]))
    return kept, int(len(typed) - len(rows) - len(kept)), conflicting
