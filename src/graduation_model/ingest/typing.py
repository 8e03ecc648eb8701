"""Raw columns in, typed answers out, and every cell that could not be typed with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import pandas as pd

from graduation_model.contract.instrument import Question
from graduation_model.ingest.codebooks import OWN, as_code, decode, maps_of, own_values
from graduation_model.ingest.notation import (
    NO_ANSWER,
    distinct_cells,
    is_blank,
    no_answers,
    read_choices,
    read_dates,
    read_numbers,
    read_yes_no,
)
from graduation_model.ingest.params import Codebook, CodeMap, DateRule

NOT_A_NUMBER, NOT_A_DATE, NOT_IN_CODEBOOK, NOT_A_VALUE = (
    "not_a_number",
    "not_a_date",
    "not_in_codebook",
    "not_an_allowed_answer",
)
FEW = 100


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
    no_answer : dict
        Reason (`does_not_know`, `refused`) -> which cells say so. They are missing, and did not fail.
    """

    values: pd.Series
    failed: pd.Series
    rule: str
    expected: str
    no_answer: dict[str, pd.Series] = field(default_factory=dict)


def type_question(
    raw: pd.Series,
    question: Question,
    versions: pd.Series | None,
    codebooks: Sequence[Codebook],
    *,
    habit: pd.Series | None = None,
) -> Typed:
    """Type one question's raw answers.

    Numbers, dates and yes/no are read as the field writes them (`notation`); choices through the codebook of each
    row's own version, or, where the question or the row has no codebook, as the instrument's own names or labels.
    -98 (does not know) and -99 (refused) become missing with that reason, unless they are answers: a codebook lists
    them, or the question's range reaches so far down. What else is not blank and cannot be read has failed.

    Parameters
    ----------
    raw : Series (n_rows,)
    question : Question
    versions : Series (n_rows,), optional
        The codebook's version of each row.
    codebooks : sequence of Codebook
    habit : Series of text, optional
        The distinct cells of the whole column, where `raw` is a block of it: what settles a doubt stands among them.
    """
    maps = maps_of(question.name, codebooks)
    versions = versions if maps else None
    if not (raw.dtype == object or isinstance(raw.dtype, pd.StringDtype | pd.CategoricalDtype)):
        return _with_reasons(raw, question, versions, maps)
    place, cells = distinct_cells(raw)
    if versions is not None:  # the same code of two versions is two cells
        version, known = pd.factorize(versions, use_na_sentinel=False)
        place, pairs = pd.factorize(place * len(known) + version)
        cells = cells.iloc[pairs // len(known)].reset_index(drop=True)
        versions = pd.Series(np.asarray(known, dtype=object)[pairs % len(known)], dtype="object")
    if habit is not None:
        versions = None if versions is None else versions.reindex(range(len(cells) + len(habit)), fill_value=OWN)
        cells = pd.concat([cells.astype("str"), habit.astype("str")], ignore_index=True)
    if len(cells) <= FEW and isinstance(cells.dtype, pd.StringDtype):
        typed = _few_texts(tuple(cells), question, None if versions is None else tuple(versions), maps)
    else:
        typed = _with_reasons(cells, question, versions, maps)

    def at_rows(of_cells: pd.Series) -> pd.Series:
        return of_cells.take(place).set_axis(raw.index).rename(raw.name)

    no_answer = {reason: at_rows(said) for reason, said in typed.no_answer.items()}
    failed = at_rows(typed.failed) if typed.failed.any() else pd.Series(False, index=raw.index)
    return Typed(at_rows(typed.values), failed, typed.rule, typed.expected, no_answer)


@lru_cache(maxsize=512)
def _few_texts(
    cells: tuple[str, ...], question: Question, versions: tuple[str, ...] | None, maps: tuple[CodeMap, ...]
) -> Typed:
    """Type the distinct cells of a column, and keep them: in the next block of the table they are the same."""
    of_cells = None if versions is None else pd.Series(versions, dtype="object")
    return _with_reasons(pd.Series(cells, dtype="str"), question, of_cells, maps)


def _with_reasons(raw: pd.Series, question: Question, versions: pd.Series | None, maps: tuple[CodeMap, ...]) -> Typed:
    typed = _typed(raw, question, versions, maps)
    reasons = no_answers(raw)
    if not any(cells.any() for cells in reasons.values()):
        return typed
    values, failed = typed.values, typed.failed
    if question.is_numeric and (question.minimum is None or question.minimum > max(NO_ANSWER)):
        values = values.mask(values.isin(list(NO_ANSWER)))
    elif question.kind == "text":
        values = values.mask(pd.concat(reasons, axis=1).any(axis=1))
    missing = values.isna()
    reasons = {reason: cells & missing for reason, cells in reasons.items()}
    said = pd.concat(reasons, axis=1).any(axis=1)
    return Typed(values, failed & ~said, typed.rule, typed.expected, reasons)


def _typed(raw: pd.Series, question: Question, versions: pd.Series | None, maps: tuple[CodeMap, ...]) -> Typed:
    answered = ~is_blank(raw)
    if question.is_numeric:
        values = read_numbers(raw, question.kind)
        return Typed(values, answered & values.isna(), NOT_A_NUMBER, "a number")
    if question.kind == "date":
        values = to_dates(raw, None)
        return Typed(values, answered & values.isna(), NOT_A_DATE, "a date as YYYY-MM-DD")
    if question.kind == "text":
        return Typed(as_code(raw).astype("str").where(answered, None), answered & False, "", "")
    if versions is not None:
        values, rule = _coded(raw, question, versions, maps), NOT_IN_CODEBOOK
    else:
        values, rule = _named(raw, question), NOT_A_VALUE
    expected = (
        "a code of that version's codebook" if rule == NOT_IN_CODEBOOK else f"one of {', '.join(question.levels)}"
    )
    return Typed(values.astype(question.dtype()), answered & values.isna(), rule, expected)


def _coded(raw: pd.Series, question: Question, versions: pd.Series, maps: Sequence[CodeMap]) -> pd.Series:
    codes, own = as_code(raw), versions == OWN
    values = decode(codes, versions, maps)
    if values.isna().any():
        values = values.where(values.notna(), own_values(codes, question.levels, maps))
    return values.mask(own, _named(raw.where(own, None), question)) if own.any() else values


def _named(raw: pd.Series, question: Question) -> pd.Series:
    return read_yes_no(raw) if question.kind == "yes_no" else read_choices(raw, question.values)


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
