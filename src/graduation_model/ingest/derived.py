"""Derived questions: a visit's typed answers and the poverty lines in, what follows from them out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from graduation_model.contract.instrument import Question
from graduation_model.ingest.params import PovertyLineParams, TableSource
from graduation_model.ingest.poverty_lines import PROVINCE, PovertyLines, areas_of, lines_as_of

BASIS = "line_basis"
NO_AREA = "no_area"


@dataclass(frozen=True)
class Against:
    """What derived questions are set against.

    Attributes
    ----------
    lines : PovertyLines
    params : PovertyLineParams
    assessments : frame, optional
        Where a table without an area of its own looks up its families'.
    """

    lines: PovertyLines
    params: PovertyLineParams
    assessments: pd.DataFrame | None = None

    def areas(self, visits: pd.DataFrame, date: str) -> pd.Series:
        """Return the area of each visit; missing where nobody knows it."""
        if self.assessments is None or self.params.area in visits:
            return visits[self.params.area]
        return areas_of(visits, date, self.assessments, self.params.area)


def computed(
    visits: pd.DataFrame, questions: tuple[Question, ...], against: Against, *, date: str, table: str
) -> pd.DataFrame:
    """Return derived answers, and whose line they were set against.

    Parameters
    ----------
    visits : frame (n, ...)
        Typed answers with the column `date`. A part that is missing, or no head, makes the whole missing.
    questions : tuple of Question
        All of them derived.
    table : str
        For a message.

    Returns
    -------
    frame (n, n_questions + 1)
        A column a question, and line_basis: `district`, `province`, `no_area` where nobody knows whose line it is (the
        answer stays missing), and missing where no line was needed.
    """
    amounts = {question.name: _amount(visits, question) for question in questions}
    areas = against.areas(visits, date)
    needed = pd.DataFrame(amounts).notna().any(axis=1) & visits[date].notna()
    known = needed & areas.notna()
    found = lines_as_of(areas[known], visits.loc[known, date], against.lines, against.params, table=table)
    line = found["line"].reindex(visits.index)
    ratios = {name: amount / line for name, amount in amounts.items()}
    basis = found[BASIS].reindex(visits.index).mask(needed & ~known, NO_AREA)
    return pd.DataFrame({**ratios, BASIS: basis}).astype({BASIS: "str"})


def _amount(visits: pd.DataFrame, question: Question) -> pd.Series:
    assert question.derived is not None, "only derived questions are computed"
    amount = visits[question.derived.amount]
    if question.derived.heads is None:
        return amount
    heads = visits[question.derived.heads]
    return amount / heads.where(heads > 0, np.nan)


def counts_of(table: pd.DataFrame) -> dict[str, int]:
    """Return how many visits were set against their province's line or against none, where an answer is derived."""
    if BASIS not in table:
        return {}
    return {"on_province_line": int((table[BASIS] == PROVINCE).sum()), NO_AREA: int((table[BASIS] == NO_AREA).sum())}


def not_believed(frame: pd.DataFrame, questions: tuple[Question, ...], source: TableSource) -> dict[str, int]:
    """Return the source columns that claim to hold a derived answer, and how many rows have something there."""
    names = [source.columns.get(question.name, question.name) for question in questions]
    return {name: int(frame[name].notna().sum()) for name in names if name in frame}
