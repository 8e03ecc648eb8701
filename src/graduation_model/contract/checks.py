"""Checks that follow from the instrument: typed answers in, every failing cell out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from graduation_model.contract.instrument import Question


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
