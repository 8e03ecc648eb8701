"""Checks that follow from the instrument: typed answers in, every failing cell out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from graduation_model.contract.instrument import CrossCheck, Question


@dataclass(frozen=True)
class CellFaults:
    """Failing cells of one table: `row` is a position in the frame, not an index label.

    Attributes
    ----------
    table : frame with columns row, column, rule, expected
    """

    table: pd.DataFrame


def _schema(questions: tuple[Question, ...]):  # type: ignore[no-untyped-def]  # pandera is imported only here
    import pandera.pandas as pa

    columns = {}
    for question in questions:
        checks = []
        if question.minimum is not None:
            checks.append(pa.Check.ge(question.minimum, name="minimum", error=f"at least {question.minimum:g}"))
        if question.maximum is not None:
            checks.append(pa.Check.le(question.maximum, name="maximum", error=f"at most {question.maximum:g}"))
        if question.kind == "count":
            checks.append(pa.Check(lambda s: s == np.floor(s), name="whole_number", error="a whole number"))
        columns[question.name] = pa.Column(
            checks=checks, nullable=question.need != "required", required=True, coerce=False
        )
    return pa.DataFrameSchema(columns, strict=False)


def check_answers(answers: pd.DataFrame, questions: tuple[Question, ...]) -> CellFaults:
    """Return every cell that breaks the instrument.

    Parameters
    ----------
    answers : frame (n_visits, n_questions)
        Typed answers (`Question.dtype`): text that is no number was set aside before, since pandera would report one
        untyped cell and lose the others.
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
    import pandera.errors

    positioned = answers.reset_index(drop=True)
    try:
        _schema(questions).validate(positioned, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        cases = errors.failure_cases
    else:
        cases = pd.DataFrame({"index": [], "column": [], "check": []})
    table = pd.DataFrame(
        {
            "row": cases["index"].astype("int64"),
            "column": cases["column"].astype("str"),
            "expected": cases["check"].astype("str").replace("not_nullable", "an answer"),
        }
    ).drop_duplicates(ignore_index=True)
    table["rule"] = _rule_of(table["expected"])
    return CellFaults(table=table.sort_values(["row", "column", "rule"], ignore_index=True))


def _rule_of(expected: pd.Series) -> pd.Series:
    rules = {"an answer": "required", "a whole number": "whole_number"}
    bounds = expected.str.startswith("at least").map({True: "minimum", False: "maximum"})
    return expected.map(rules).fillna(bounds.astype("str")).astype("str")


def check_across(answers: pd.DataFrame, checks: tuple[CrossCheck, ...]) -> CellFaults:
    """Return every visit in which two answers contradict each other.

    Parameters
    ----------
    answers : frame (n_visits, n_questions)
        Typed answers. A missing answer contradicts nothing.
    checks : tuple of CrossCheck
        A check over a question that the frame does not have is left out.

    Examples
    --------
    >>> import pandas as pd
    >>> from graduation_model.params import Label
    >>> earners = CrossCheck(name="earners_within_members", label=Label(id="x", en="y"), question="n_earners",
    ...                      at_most="hh_size")
    >>> check_across(pd.DataFrame({"n_earners": [2.0, 5.0], "hh_size": [4.0, 4.0]}), (earners,)).table.values.tolist()
    [[1, 'n_earners', 'at most hh_size', 'earners_within_members']]
    """
    parts = [_crossed(answers.reset_index(drop=True), check) for check in checks]
    columns = ["row", "column", "expected", "rule"]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    return CellFaults(table=table[columns].astype({"row": "int64"}).sort_values(["row", "column"], ignore_index=True))


def _crossed(answers: pd.DataFrame, check: CrossCheck) -> pd.DataFrame:
    other = check.needs.question if check.needs else str(check.at_most)
    wrong, expected = pd.Series(False, index=answers.index), ""
    if {check.question, other} <= set(answers.columns):
        given = answers[check.question]
        if check.needs:
            there = given > 0 if pd.api.types.is_numeric_dtype(given.dtype) else given.notna()
            wrong = there & answers[other].notna() & (answers[other] != check.needs.equals)
            expected = f"only with {other} = {check.needs.equals}"
        else:
            wrong = given > check.times * answers[other]
            expected = f"at most {'' if check.times == 1 else f'{check.times:g} times '}{other}"
    rows = np.flatnonzero(wrong.to_numpy(dtype=bool))
    return pd.DataFrame({"row": rows, "column": check.question, "expected": expected, "rule": check.name})
