"""Every check that takes nothing away, run on one table: typed visits in, flagged cells and findings out."""

from __future__ import annotations

import pandas as pd

from graduation_model.contract.checks import check_across, without_reference
from graduation_model.contract.findings import (
    identical_answers,
    missing_answers,
    not_checked,
    suspected_codebooks,
)
from graduation_model.contract.instrument import asked
from graduation_model.contract.tables import KEPT
from graduation_model.contract.waves import check_waves
from graduation_model.ingest.reader import Rules, TableReader, TypedRows
from graduation_model.ingest.typing import NOT_A_VALUE, NOT_IN_CODEBOOK


def flagged_cells(kept: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Return the cells that contradict others of the visit or of the family's visit before; all stay in the table.

    Parameters
    ----------
    kept : frame
        The visits that stay, all of a family among them.

    Returns
    -------
    frame: row (label in the index of `kept`), column, rule, expected, effect
    """
    instrument, checks = rules.instrument, rules.checks
    crossed = check_across(kept, instrument.cross_checks, rules.references).table
    over_time = check_waves(kept, assets=instrument.assets_lost, within=checks.round).table
    cells = pd.concat([crossed, over_time], ignore_index=True).drop_duplicates(["row", "column"], ignore_index=True)
    return cells.assign(row=kept.index.to_numpy()[cells["row"].to_numpy(dtype="int64")], effect=KEPT)


def count_flags(cells: pd.DataFrame, rules: Rules) -> dict[str, int]:
    """Return how many flagged cells are wrong, and how many may be right."""
    doubted = int(cells["rule"].isin(rules.doubts).sum())
    return {"contradictions": len(cells) - doubted, "doubts": doubted}


def findings_of(kept: pd.DataFrame, rows: TypedRows, reader: TableReader) -> pd.DataFrame:
    """Return what is odd about columns, files and facilitators: of a whole table, since shares are over all of it.

    Parameters
    ----------
    kept : frame
        The visits that stay, indexed by their position in `rows`.
    """
    assert reader.rules is not None, "only a table with rules has findings"
    instrument, checks = reader.rules.instrument, reader.rules.checks
    absent = reader.mapping.absent.questions if reader.mapping and reader.mapping.absent else ()
    told = [question for question in asked(instrument.questions) if question.name not in absent]
    typed, faults = rows.table, rows.faults
    visits = kept.assign(wave=kept["assessment_date"].dt.year)
    books = _books(rows.places["source_file"], typed)
    codes = faults[faults["rule"].isin((NOT_IN_CODEBOOK, NOT_A_VALUE))]
    references = reader.rules.references
    found = [
        missing_answers(visits, _failed(typed, faults).loc[kept.index], told, checks),
        identical_answers(visits, rows.places.loc[kept.index], instrument.questions, checks),
        suspected_codebooks(typed, _failed(typed, codes), books, instrument.questions, checks),
        not_checked(without_reference(kept, instrument.cross_checks, references)),
    ]
    return pd.concat(found, ignore_index=True)


def _failed(typed: pd.DataFrame, faults: pd.DataFrame) -> pd.DataFrame:
    """Where something stood that failed, a column a question that has any."""
    return pd.DataFrame({name: typed.index.isin(rows) for name, rows in faults.groupby("column")["row"]}, typed.index)


def _books(files: pd.Series, typed: pd.DataFrame) -> pd.Series:
    """What was coded by one hand: a file, and in it the rows of one codebook."""
    workbooks = files.str.replace(r"#.*$", "", regex=True)
    return workbooks + (" (" + typed["codebook"] + ")").fillna("") if "codebook" in typed else workbooks
