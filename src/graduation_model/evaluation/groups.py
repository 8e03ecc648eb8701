"""Answers to protected and other named questions in, the levels by which results are shown apart out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from graduation_model.contract.instrument import Instrument, Question
from graduation_model.evaluation.params import EvaluationParams

MISSING = "missing"


def group_questions(
    instrument: Instrument, params: EvaluationParams, assessments: pd.DataFrame
) -> tuple[Question, ...]:
    """Return the protected questions, and those that the programme wants shown apart, in the instrument's order."""
    return tuple(
        question
        for question in instrument.questions
        if (question.protected or question.name in params.groups)
        and question.name in assessments.columns
        and (question.is_numeric or question.levels)
    )


def levels_of(answers: pd.Series, question: Question) -> pd.Series:
    """Return the level of each answer as text: the answer itself, or the third of the families that a number lies in.

    Examples
    --------
    >>> from graduation_model.params import Label
    >>> size = Question(name="hh_size", kind="count", section="people", label=Label(id="Jumlah", en="Size"))
    >>> levels_of(pd.Series([1.0, 2.0, 4.0, 6.0, 8.0, 9.0, None]), size).tolist()
    ['up to 3.3', 'up to 3.3', '3.3 to 6.7', '3.3 to 6.7', 'over 6.7', 'over 6.7', 'missing']
    """
    if not question.is_numeric:
        return answers.astype("object").where(answers.notna(), MISSING).astype("str")
    values = answers.to_numpy(dtype=float)
    known = ~np.isnan(values)
    if not known.any():
        return pd.Series(MISSING, index=answers.index, dtype="str")
    # Thirds, not their ends: a smallest or largest value would be some family's own.
    low, high = np.quantile(values[known], [1 / 3, 2 / 3])
    level = np.select(
        [~known, values <= low, values <= high],
        [MISSING, f"up to {low:.2g}", f"{low:.2g} to {high:.2g}"],
        f"over {high:.2g}",
    )
    return pd.Series(level, index=answers.index, dtype="str")


def with_levels(made: pd.DataFrame, groups: Sequence[Question]) -> pd.DataFrame:
    """Return a table whose answers have become levels, over all its rows at once: a third is the same each year."""
    return made.assign(**{question.name: levels_of(made[question.name], question) for question in groups})
