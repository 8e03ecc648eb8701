"""Raw columns in, typed answers out, and every cell that could not be typed with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from graduation_model.contract.instrument import Question
from graduation_model.ingest.codebooks import as_code, decode, maps_of
from graduation_model.ingest.notation import NO_ANSWER, is_blank, read_choices, read_dates, read_numbers, read_yes_no
from graduation_model.ingest.params import Codebook, DateRule

NOT_A_NUMBER, NOT_A_DATE, NOT_IN_CODEBOOK, NOT_A_VALUE = (
    "not_a_number",
    "not_a_date",
    "not_in_codebook",
    "not_an_allowed_answer",
)


@dataclass(frozen=True)
class Typed:
    """One typed column.

    Attributes
    ----------
    values : Series
        Of the question's dtype; missing where the raw cell was missing or failed.
    failed : Series of bool
        Cells that held something that is no answer.
    rule, expected : str
        Why they failed, and what was expected.
    """

    values: pd.Series
    failed: pd.Series
    rule: str
    expected: str


def type_question(
    raw: pd.Series, question: Question, versions: pd.Series | None, codebooks: Sequence[Codebook]
) -> Typed:
    """Type one question's raw answers.

    Numbers, dates and yes/no are read as the field writes them (`notation`); choices through the codebook of each
    row's own version, or, where the question has no codebook, as the instrument's own names or labels. What is not
    blank and cannot be read has failed, "does not know" (-98) and "refused" (-99) included: they are no numbers.
    """
    answered = ~is_blank(raw)
    if question.is_numeric:
        values = read_numbers(raw, question.kind)
        if question.minimum is None or question.minimum > max(NO_ANSWER):
            values = values.mask(values.isin(NO_ANSWER))
        return Typed(values, answered & values.isna(), NOT_A_NUMBER, "a number")
    if question.kind == "date":
        values = to_dates(raw, None)
        return Typed(values, answered & values.isna(), NOT_A_DATE, "a date as YYYY-MM-DD")
    if question.kind == "text":
        return Typed(as_code(raw).astype("str").where(answered, None), answered & False, "", "")
    maps = maps_of(question.name, codebooks)
    if maps and versions is not None:
        values, rule = decode(as_code(raw), versions, maps), NOT_IN_CODEBOOK
    elif question.kind == "yes_no":
        values, rule = read_yes_no(raw), NOT_A_VALUE
    else:
        values, rule = read_choices(raw, question.values), NOT_A_VALUE
    expected = "a code of that version's codebook" if maps else f"one of {', '.join(question.levels)}"
    return Typed(values.astype(question.dtype()), answered & values.isna(), rule, expected)


def to_dates(raw: pd.Series, rule: DateRule | None) -> pd.Series:
    """Return dates; missing where the cell is none. A year stands for its last day where the rule says so.

    A rule's own format is the only one that is read; without one, dates are read as the field writes them.

    Examples
    --------
    >>> to_dates(pd.Series(["2024-02-29", "2023-02-29"]), None).dt.strftime("%Y-%m-%d").tolist()
    ['2024-02-29', nan]
    >>> str(to_dates(pd.Series([2017]), DateRule(column="year", how="year_end"))[0].date())
    '2017-12-31'
    """
    if rule is not None and rule.how == "year_end":
        years = pd.to_numeric(raw, errors="coerce").astype("float64")
        years = years.where((years % 1 == 0) & years.between(1900, 2200))
        text = years.astype("Int64").astype("string") + "-12-31"
        return pd.to_datetime(text, format="%Y-%m-%d", errors="coerce").astype("datetime64[s]")
    if pd.api.types.is_datetime64_any_dtype(raw.dtype):
        return raw.dt.normalize().astype("datetime64[s]")
    if rule is None or rule.format is None:
        return read_dates(raw)
    # A sheet's date cell comes as a day at midnight. pandas, not Arrow: Arrow reads 31 February as 2 March.
    text = raw.astype("string").str.strip().str.replace(r"[ T]00:00:00(\.0+)?$", "", regex=True)
    return pd.to_datetime(text, format=rule.format, errors="coerce").astype("datetime64[s]")
