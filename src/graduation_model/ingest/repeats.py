"""The rows of a repeat (members of a visit, its loans) in; what a mapping counts or sums of them, a visit, out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from graduation_model.contract.instrument import Question
from graduation_model.errors import DataError
from graduation_model.ingest import kobo
from graduation_model.ingest.codebooks import as_code
from graduation_model.ingest.mapping import Repeat, Where
from graduation_model.ingest.notation import NO_ANSWER, read_numbers

_ODK_PARENT, _ODK_KEY = "PARENT_KEY", "KEY"
_KOBO_PARENT, _KOBO_TABLE, _KOBO_KEY = "_parent_index", "_parent_table_name", "_index"


@dataclass(frozen=True, eq=False)
class RepeatRows:
    """One repeat of one file.

    Attributes
    ----------
    name : str
        Its sheet or csv.
    file : str
        Where it stands, as it is shown.
    frame : frame
        Its rows.
    start, stop : int
        The rows of the table that came from the same file.
    """

    name: str
    file: str
    frame: pd.DataFrame
    start: int
    stop: int


def is_repeat(columns: Iterable[object]) -> bool:
    """Tell whether a table's columns are those of a repeat, in a Kobo or an ODK export.

    Examples
    --------
    >>> is_repeat(["name", "age", "PARENT_KEY", "KEY"]), is_repeat(["household_id", "KEY"])
    (True, False)
    """
    names = {str(column) for column in columns}
    return _ODK_PARENT in names or kobo.is_repeat(names)


def answers_of(
    table: pd.DataFrame, sheets: pd.Series, repeats: Sequence[RepeatRows], rule: Repeat, question: Question
) -> pd.Series:
    """Return a question's answer for every visit, counted or summed over a repeat's rows.

    A visit without rows has 0. Where a row of the visit cannot be read (an age that is blank), nobody can tell whether
    it counts: the visit's cell says so in words, which no question takes for a number.

    Parameters
    ----------
    table : frame (n_visits, columns)
        As read.
    sheets : Series (n_visits,) of str
        The sheet of each visit.
    repeats : sequence of RepeatRows
        All that stood beside the table.
    rule, question
        What is counted, and into what.

    Raises
    ------
    DataError
        Where a file does not have the repeat, or its rows cannot be joined to their visits.
    """
    result = pd.Series(None, index=table.index, dtype="object")
    covered = np.zeros(len(table), dtype=bool)
    for rows in repeats:
        if rule.repeat in (rows.name, rows.name.rsplit(".", 1)[0]):
            part = slice(rows.start, rows.stop)
            parents = _parents(table.iloc[part], sheets.iloc[part], rows, {other.name for other in repeats})
            result.iloc[part] = _counted(rows, parents, rows.stop - rows.start, rule, question)
            covered[part] = True
    if not covered.all():
        known = ", ".join(sorted({rows.name for rows in repeats})) or "none"
        raise DataError(
            f"There is no repeat '{rule.repeat}' for {int((~covered).sum()):,} visits (found: {known})",
            where=question.name,
            mend="Mend its name in the mapping, or take the line out",
        )
    return result


def _counted(rows: RepeatRows, parents: np.ndarray, visits: int, rule: Repeat, question: Question) -> np.ndarray:
    counts, unknown = _which(rows, rule.where)
    amounts = np.ones(len(parents))
    if rule.sum is not None:
        amounts = _numbers(rows, rule.sum, question.kind)
        unknown |= counts & np.isnan(amounts)
    counts &= ~unknown & (parents >= 0)
    unknown &= parents >= 0
    totals = np.bincount(parents[counts], weights=amounts[counts], minlength=visits)
    doubtful = np.bincount(parents[unknown], minlength=visits)
    answers = totals.astype(object)
    for visit in np.flatnonzero(doubtful):
        answers[visit] = f"{doubtful[visit]} rows of {rows.name} cannot be read"
    return answers


def _which(rows: RepeatRows, conditions: Sequence[Where]) -> tuple[np.ndarray, np.ndarray]:
    """Return which rows count, and of which nobody can tell."""
    counts, unknown = np.ones(len(rows.frame), dtype=bool), np.zeros(len(rows.frame), dtype=bool)
    fails = unknown.copy()
    for condition in conditions:
        if condition.is_one_of:
            text = as_code(_column(rows, condition.column)).str.strip().str.casefold()
            blank = text.isna() | text.isin([str(int(code)) for code in NO_ANSWER])
            holds = text.isin([value.strip().casefold() for value in condition.is_one_of])
        else:
            numbers = pd.Series(_numbers(rows, condition.column, "count"))
            low = -np.inf if condition.at_least is None else condition.at_least
            high = np.inf if condition.at_most is None else condition.at_most
            blank, holds = numbers.isna(), numbers.between(low, high)
        unknown |= blank.to_numpy(dtype=bool)
        fails |= (~blank & ~holds).to_numpy(dtype=bool)
    unknown &= ~fails
    return counts & ~fails & ~unknown, unknown


def _numbers(rows: RepeatRows, column: str, kind: str) -> np.ndarray:
    numbers = read_numbers(_column(rows, column), kind)  # type: ignore[arg-type]  # a question's kind
    return numbers.mask(numbers.isin(list(NO_ANSWER))).to_numpy(dtype="float64")


def _column(rows: RepeatRows, column: str) -> pd.Series:
    if column not in rows.frame.columns:
        raise DataError(
            f"The repeat has no column '{column}'",
            where=rows.file,
            mend="Mend its name in the mapping",
        )
    return rows.frame[column].reset_index(drop=True)


def _parents(table: pd.DataFrame, sheets: pd.Series, rows: RepeatRows, repeats: set[str]) -> np.ndarray:
    """Return the position of each row's visit within `table`; -1 where it is not there."""
    odk = _ODK_PARENT in rows.frame.columns
    parent, key = (_ODK_PARENT, _ODK_KEY) if odk else (_KOBO_PARENT, _KOBO_KEY)
    if key not in table.columns:
        raise DataError(
            f"The table has no column {key}, so that the rows of '{rows.name}' cannot be joined to their visits",
            where=rows.file,
            mend="Export again with all columns",
        )
    own, theirs = as_code(table[key]), as_code(rows.frame[parent])
    nested = np.zeros(len(theirs), dtype=bool)
    if not odk:
        above = rows.frame[_KOBO_TABLE].astype("str")
        nested = above.isin(repeats).to_numpy(dtype=bool)
        if sheets.nunique() > 1:
            own, theirs = sheets + "\0" + own.astype("str"), above + "\0" + theirs.astype("str")
    if nested.all() and len(nested):
        raise DataError(
            f"'{rows.name}' is a repeat within a repeat", where=rows.file, mend="Count it before it comes in"
        )
    if own.duplicated().any():
        raise DataError(
            f"{int(own.duplicated().sum()):,} visits share their {key} with another, so that rows of '{rows.name}' "
            "cannot be joined",
            where=rows.file,
            mend="Export again; put each export in as a file of its own",
        )
    parents = pd.Index(own).get_indexer(pd.Index(theirs))
    return np.where(nested | theirs.isna().to_numpy(dtype=bool), -1, parents)
