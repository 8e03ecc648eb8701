"""A data folder's corrections in; each corrected answer in the place of the one that was read, at every reading.

A family may have its record corrected. The file that came from the field is never changed: the new answer stands in
`corrections.parquet` beside it, with its reason, day and who entered it. It is put in while the tables are typed,
before any check, so it is held to the same rules as what it replaces. Of two corrections of one answer the later holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from graduation_model.contract.instrument import Question
from graduation_model.contract.tables import KEYS
from graduation_model.errors import DataError, pass_on_want_of_memory
from graduation_model.ingest.formats import find_parts, sha256_of
from graduation_model.ingest.typing import Typed
from graduation_model.parquet import read_frame

FILE = "corrections.parquet"
# `answer` is text: the instrument's own name of a choice, a number in figures, empty where an answer was taken back.
COLUMNS = ("household_id", "table", "visit_date", "question", "answer", "reason", "corrected_on", "corrected_by")
DATES = ("visit_date", "corrected_on")


@dataclass(frozen=True)
class CorrectedAnswers:
    """The corrections of one table, found in its rows.

    Attributes
    ----------
    cells : mapping
        Question -> rows of the table (array of positions) and the new answers (array of text).
    counts : dict
        corrected_answers, and corrections_unused: those whose visit or question the table does not have. Empty without
        corrections.
    """

    cells: Mapping[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def in_place_of(self, typed: Typed, question: Question) -> Typed:
        """Return a question's typed answers with the corrected ones in their places; those are no longer failed.

        Raises
        ------
        DataError
            Where a correction cannot be read any more, because the instrument changed.
        """
        if question.name not in self.cells:
            return typed
        rows, answers = self.cells[question.name]
        new = typed_answers(pd.Series(answers, dtype="object"), question)
        unread = int((new.isna() & (answers != "")).sum())
        if unread:
            raise DataError(
                f"{unread} corrections are no answer that the instrument has now",
                where=f"{FILE}, question {question.name}",
                mend="Enter them again with 'record correct'",
            )
        values, failed = typed.values.copy(), typed.failed.copy()
        values.iloc[rows] = new.array
        failed.iloc[rows] = False
        untold = {reason: said.copy() for reason, said in typed.no_answer.items()}
        for said in untold.values():
            said.iloc[rows] = False
        return replace(typed, values=values, failed=failed, no_answer=untold)


@dataclass(frozen=True)
class Corrections:
    """Every correction that a data folder holds.

    Attributes
    ----------
    table : frame (n_corrections, COLUMNS)
        In the order in which they were entered.
    sources : dict
        File -> sha256; empty where there is none.
    """

    table: pd.DataFrame = field(default_factory=lambda: no_corrections())
    sources: dict[str, str] = field(default_factory=dict)

    def of(self, name: str, typed: Mapping[str, pd.Series], questions: Sequence[Question]) -> CorrectedAnswers:
        """Find a table's corrections in its rows.

        Parameters
        ----------
        name : str
            `assessments` or `followups`.
        typed : mapping
            household_id and the visit's date, row by row. A visit that stands there twice is corrected twice.
        questions : sequence of Question
            Those that the source of today has; a correction of another one is of no use.
        """
        household, date = KEYS[name]
        mine = self.table[self.table["table"] == name]
        if mine.empty:
            return CorrectedAnswers()
        mine = mine.drop_duplicates(["household_id", "visit_date", "question"], keep="last")
        rows = pd.DataFrame({"household_id": typed[household].to_numpy(), "visit_date": typed[date].to_numpy()})
        rows = rows.assign(row=np.arange(len(rows)))[rows["household_id"].isin(mine["household_id"])]
        found = mine.merge(rows, on=["household_id", "visit_date"], how="left")
        used = found["row"].notna() & found["question"].isin([question.name for question in questions])
        placed = found[used].astype({"row": "int64"})
        cells = {
            str(question): (part["row"].to_numpy(), part["answer"].to_numpy(dtype=object))
            for question, part in placed.groupby("question")
        }
        return CorrectedAnswers(cells, {"corrected_answers": len(placed), "corrections_unused": int((~used).sum())})


def as_text(value: object, question: Question) -> str:
    """Return a typed answer as the table of corrections keeps it.

    Examples
    --------
    >>> from graduation_model.params import Label
    >>> area = Question(name="area", kind="number", unit="m2", section="home", label=Label(id="Luas", en="Area"))
    >>> as_text(0.125, area), as_text(float("nan"), area), typed_answers(pd.Series(["0.125", ""]), area).tolist()
    ('0.125', '', [0.125, nan])
    """
    if pd.isna(value):  # type: ignore[call-overload]
        return ""
    if question.is_numeric:
        return repr(float(str(value)))
    return pd.Timestamp(str(value)).date().isoformat() if question.kind == "date" else str(value)


def typed_answers(kept: pd.Series, question: Question) -> pd.Series:
    """Return answers that `as_text` wrote, typed; missing where empty, or where the instrument no longer has them.

    Not read as the field writes: there 0.125 may be a hundred and twenty-five.
    """
    answers = kept.where(kept != "", None)
    if question.is_numeric:
        return pd.to_numeric(answers, errors="coerce").astype("float64")
    if question.kind == "date":
        return pd.to_datetime(answers, format="%Y-%m-%d", errors="coerce").astype("datetime64[s]")
    known = answers.where(answers.isin(question.levels), None) if question.levels else answers
    return known.astype(question.dtype())


def no_corrections() -> pd.DataFrame:
    """Return a table of corrections without rows."""
    dtypes = {name: "datetime64[s]" if name in DATES else "str" for name in COLUMNS}
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in dtypes.items()})


def read_corrections(folder: Path) -> Corrections:
    """Read the corrections of a data folder, if it has any.

    Raises
    ------
    DataError
        Where they stand in another file than `record correct` writes, or that file holds something else.
    """
    path = folder / FILE
    if odd := [part for part in find_parts(folder, "corrections") if part != path]:
        raise DataError(
            f"Corrections are read from {FILE} alone",
            where=odd[0],
            mend="Enter them with 'record correct --file', and take this file out of the data folder",
        )
    if not path.is_file():
        return Corrections()
    try:
        table = read_frame(path)
    except Exception as error:  # a damaged file has many families of errors
        pass_on_want_of_memory(error)
        raise DataError(
            "The corrections cannot be read", where=path, mend="Bring the file back from a backup"
        ) from error
    strange = DataError(
        "These are no corrections that 'record correct' wrote",
        where=path,
        mend="Take the file away and enter the corrections again",
    )
    if tuple(table.columns) != COLUMNS:
        raise strange
    typed = {name: "datetime64[s]" if name in DATES else "str" for name in COLUMNS}
    try:
        return Corrections(table.astype(typed), {FILE: sha256_of(path)})
    except (TypeError, ValueError) as error:
        raise strange from error
