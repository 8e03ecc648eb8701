"""Every check that takes nothing away, run on one table: typed visits in, flagged cells and findings out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from graduation_model.contract.checks import check_across, without_reference
from graduation_model.contract.findings import (
    identical_answers,
    missing_answers,
    not_checked,
    suspected_codebooks,
)
from graduation_model.contract.instrument import Instrument, asked
from graduation_model.contract.params import CheckParams
from graduation_model.contract.references import References
from graduation_model.contract.tables import KEPT, empty_findings
from graduation_model.contract.waves import check_waves, doubtful_rules
from graduation_model.ingest.typing import NOT_A_VALUE, NOT_IN_CODEBOOK


@dataclass(frozen=True)
class Rules:
    """What a programme declares about answers beyond a single cell.

    Attributes
    ----------
    instrument : Instrument
        Its cross-checks, assets and plausible shares.
    checks : CheckParams
    references : mapping
        Table -> amounts by area and year.
    """

    instrument: Instrument
    checks: CheckParams
    references: References

    @cached_property
    def doubts(self) -> frozenset[str]:
        """The rules whose findings may be true."""
        return doubtful_rules(self.instrument)


@dataclass(frozen=True)
class Flagged:
    """What was flagged; all of it stays in the table.

    Attributes
    ----------
    cells : frames with columns row, column, rule, expected, effect
        None where the table has no such checks.
    findings : frame
    doubts : frozenset of str
    """

    cells: tuple[pd.DataFrame, ...] = ()
    findings: pd.DataFrame = field(default_factory=empty_findings)
    doubts: frozenset[str] = frozenset()

    def counts(self) -> dict[str, int]:
        """Flagged cells for a manifest: nothing is said where nothing was looked at."""
        doubted = [cells["rule"].isin(self.doubts) for cells in self.cells]
        sums = {"contradictions": sum(int((~rows).sum()) for rows in doubted)}
        return sums | {"doubts": sum(int(rows.sum()) for rows in doubted)} if self.cells else {}


def flag(
    kept: pd.DataFrame,
    *,
    typed: pd.DataFrame,
    faults: pd.DataFrame,
    files: pd.Series,
    rows: pd.Series,
    rules: Rules,
    not_asked: Collection[str] = (),
) -> Flagged:
    """Flag what is odd between answers, between visits, and about columns, files and facilitators.

    Parameters
    ----------
    kept : frame
        The visits that stay, indexed by their position in `typed`.
    typed : frame (n_visits, …)
        All visits as typed, failing answers blanked.
    faults : frame
        The cells that failed.
    files, rows : Series (n_visits,)
        Where each visit stood.
    not_asked
        Questions that these files do not ask, as was said: nobody left them out.
    """
    instrument, checks = rules.instrument, rules.checks
    told = [question for question in asked(instrument.questions) if question.name not in not_asked]
    crossed = check_across(kept, instrument.cross_checks, rules.references).table
    over_time = check_waves(kept, assets=instrument.assets_lost, within=checks.round).table
    cells = pd.concat([crossed, over_time], ignore_index=True).drop_duplicates(["row", "column"], ignore_index=True)
    cells = cells.assign(row=kept.index.to_numpy()[cells["row"].to_numpy(dtype="int64")], effect=KEPT)
    visits = kept.assign(wave=kept["assessment_date"].dt.year)
    books = _books(files, typed)
    places = pd.DataFrame({"source_file": files, "source_row": rows}).loc[kept.index]
    codes = faults[faults["rule"].isin((NOT_IN_CODEBOOK, NOT_A_VALUE))]
    found = [
        missing_answers(visits, _failed(typed, faults).loc[kept.index], told, checks),
        identical_answers(visits, places, instrument.questions, checks),
        suspected_codebooks(typed, _failed(typed, codes), books, instrument.questions, checks),
        not_checked(without_reference(kept, instrument.cross_checks, rules.references)),
    ]
    return Flagged((cells,), pd.concat(found, ignore_index=True), rules.doubts)


def _failed(typed: pd.DataFrame, faults: pd.DataFrame) -> pd.DataFrame:
    """Where something stood that failed, a column a question that has any."""
    return pd.DataFrame({name: typed.index.isin(rows) for name, rows in faults.groupby("column")["row"]}, typed.index)


def _books(files: pd.Series, typed: pd.DataFrame) -> pd.Series:
    """What was coded by one hand: a file, and in it the rows of one codebook."""
    workbooks = files.str.replace(r"#.*$", "", regex=True)
    return workbooks + (" (" + typed["codebook"] + ")").fillna("") if "codebook" in typed else workbooks
