"""Checks that follow from the instrument: typed answers in, every failing cell out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from graduation_model.contract.instrument import CrossCheck, Question, Reference
from graduation_model.contract.references import References, amounts


@dataclass(frozen=True)
class CellFaults:
    """Failing cells of one table: `row` is a position in the frame, not an index label.

    Attributes
    ----------
    table : frame with columns row, column, rule, expected
    """

    table: pd.DataFrame


def check_answers(answers: pd.DataFrame, questions: tuple[Question, ...]) -> CellFaults:
    """Return every cell that breaks the instrument.

    Parameters
    ----------
    answers : frame (n_visits, n_questions)
        Typed answers (`Question.dtype`).
    questions : tuple of Question

    Returns
    -------
    CellFaults
        One row a failing cell and rule, none repeated.

    Examples
    --------
    >>> import pandas as pd
    >>> from graduation_model.params import Label
    >>> size = Question(name="hh_size", kind="count", section="people", label=Label(id="Jumlah", en="Size"), minimum=1)
    >>> faults = check_answers(pd.DataFrame({"hh_size": [4.0, 0.0, 2.5]}), (size,)).table
    >>> faults[["row", "column", "rule"]].values.tolist()
    [[1, 'hh_size', 'minimum'], [2, 'hh_size', 'whole_number']]
    """
    faults = [
        pd.DataFrame({"row": np.flatnonzero(broken), "column": question.name, "expected": expected, "rule": rule})
        for question in questions
        for rule, expected, broken in _held_against(answers[question.name], question)
        if broken.any()
    ]
    typed = {"row": "int64", "column": "str", "expected": "str", "rule": "str"}
    table = pd.concat(faults or [pd.DataFrame(columns=list(typed))], ignore_index=True).astype(typed)
    return CellFaults(table=table.sort_values(["row", "column", "rule"], ignore_index=True))


def _held_against(answers: pd.Series, question: Question) -> Iterator[tuple[str, str, np.ndarray]]:
    """Each rule of a question: its name, what it expects, and which answers break it. A missing one breaks no bound."""
    if question.need == "required":
        yield "required", "an answer", answers.isna().to_numpy()
    if not question.is_numeric:
        return
    values = answers.to_numpy(dtype=float)
    if question.minimum is not None:
        yield "minimum", f"at least {question.minimum:g}", values < question.minimum
    if question.maximum is not None:
        yield "maximum", f"at most {question.maximum:g}", values > question.maximum
    if question.kind == "count":
        yield "whole_number", "a whole number", (values != np.floor(values)) & ~np.isnan(values)


def check_across(
    answers: pd.DataFrame, checks: tuple[CrossCheck, ...], references: References | None = None
) -> CellFaults:
    """Return every visit in which answers contradict each other, or can hardly be.

    Parameters
    ----------
    answers : frame (n_visits, n_questions)
        Typed answers; for a check against a table also assessment_date and the area's column. A missing answer
        contradicts nothing.
    checks : tuple of CrossCheck
        A check over a column that the frame does not have is left out.
    references : mapping, optional
        Table -> its rows, for checks against a table.

    Examples
    --------
    >>> import pandas as pd
    >>> from graduation_model.params import Label
    >>> earners = CrossCheck(name="earners_within_members", label=Label(id="x", en="y"), question="n_earners",
    ...                      at_most="hh_size")
    >>> check_across(pd.DataFrame({"n_earners": [2.0, 5.0], "hh_size": [4.0, 4.0]}), (earners,)).table.values.tolist()
    [[1, 'n_earners', 'at most hh_size', 'earners_within_members']]
    >>> floor = CrossCheck(name="floor_a_head", label=Label(id="x", en="y"), question="area", per="hh_size", lowest=1)
    >>> check_across(pd.DataFrame({"area": [9.0, 3.0], "hh_size": [4.0, 4.0]}), (floor,)).table.values.tolist()
    [[1, 'area', 'at least 1 for each hh_size', 'floor_a_head']]
    """
    positioned = answers.reset_index(drop=True)
    parts = [_crossed(positioned, check, references or {}) for check in checks]
    columns = ["row", "column", "expected", "rule"]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    return CellFaults(table=table[columns].astype({"row": "int64"}).sort_values(["row", "column"], ignore_index=True))


def _crossed(answers: pd.DataFrame, check: CrossCheck, references: References) -> pd.DataFrame:
    wrong = pd.Series(False, index=answers.index)
    expected = ""
    if _columns_of(check) <= set(answers.columns):
        given = answers[check.question]
        expected = _expected(check)
        if check.needs:
            there = given > 0 if pd.api.types.is_numeric_dtype(given.dtype) else given.notna()
            other = answers[check.needs.question]
            wrong = there & other.notna() & (other != check.needs.equals)
        else:
            wrong = _beyond(_each(answers, check), check, answers, references)
    rows = np.flatnonzero(wrong.to_numpy(dtype=bool))
    return pd.DataFrame({"row": rows, "column": check.question, "expected": expected, "rule": check.name})


def _columns_of(check: CrossCheck) -> set[str]:
    needed = {check.question, check.per, check.at_most, check.needs.question if check.needs else None}
    if check.at_most_in:
        needed |= {check.at_most_in.area, "assessment_date"}
    return {name for name in needed if name is not None}


def _each(answers: pd.DataFrame, check: CrossCheck) -> pd.Series:
    """The answer, or its share of each earner or head; missing where there is nobody to share it."""
    given = answers[check.question]
    return given if check.per is None else given / answers[check.per].where(answers[check.per] > 0)


def _beyond(each: pd.Series, check: CrossCheck, answers: pd.DataFrame, references: References) -> pd.Series:
    if check.at_most:
        return each > check.times * answers[check.at_most]
    if check.at_most_in:
        return each > check.times * _reference(answers, check.at_most_in, references)
    low = -np.inf if check.lowest is None else check.lowest
    return (each < low) | (each > (np.inf if check.highest is None else check.highest))


def _reference(answers: pd.DataFrame, reference: Reference, references: References) -> pd.Series:
    year = answers["assessment_date"].dt.year
    return amounts(references.get(reference.table, ()), area=answers[reference.area], year=year)


def _expected(check: CrossCheck) -> str:
    if check.needs:
        return f"only with {check.needs.question} = {check.needs.equals}"
    most = check.at_most or (check.at_most_in.table if check.at_most_in else "")
    each = f" for each {check.per}" if check.per else ""
    if most:
        return f"at most {'' if check.times == 1 else f'{check.times:g} times '}{most}{each}"
    if check.highest is None:
        return f"at least {check.lowest:g}{each}"
    return (f"at most {check.highest:g}" if check.lowest is None else f"{check.lowest:g} to {check.highest:g}") + each


def without_reference(
    answers: pd.DataFrame, checks: tuple[CrossCheck, ...], references: References | None = None
) -> pd.DataFrame:
    """Return where a check against a table was left out, since the table has no amount of that area and year.

    Returns
    -------
    frame: rule (the check's name), column, area_code, year, count (visits with an answer that was held against nothing)
    """
    parts = [pd.DataFrame(columns=["rule", "column", "area_code", "year", "count"])]
    for check in checks:
        if check.at_most_in is None or not _columns_of(check) <= set(answers.columns):
            continue
        unknown = _each(answers, check).notna() & _reference(answers, check.at_most_in, references or {}).isna()
        places = answers.loc[unknown, check.at_most_in.area].fillna("")
        years = answers.loc[unknown, "assessment_date"].dt.year
        left_out = pd.DataFrame({"area_code": places, "year": years}).value_counts(sort=False).reset_index()
        parts.append(left_out.assign(rule=check.name, column=check.question))
    return pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)[parts[0].columns]
