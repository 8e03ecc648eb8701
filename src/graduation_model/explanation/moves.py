"""The instrument and some families' answers in, every single step that could change one of them out.

A step is one answer, one plausible move in its promised direction: what the instrument calls actionable, and nothing
that is fixed, protected, derived, blocked, or somebody's judgement.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from graduation_model.contract.instrument import Instrument, Question
from graduation_model.features.catalogue import LEVEL, Catalogue
from graduation_model.features.context import number

# A plausible step of an amount; who has none starts with what the lower quarter of those have who have any.
FACTOR = 1.25
START = 0.25


@dataclass(frozen=True)
class Moves:
    """Every step of every family.

    Attributes
    ----------
    rows : frame (n_families, ...)
        Typed answers as they are.
    questions : tuple of Question
        Those that steps may move.
    then : array (n_families, n_questions)
        Each answer after its step, as a number (of a choice, its place); NaN where there is no such step.
    derived : tuple of Question
        Answers that follow from others.
    dependents : tuple of Question
        Questions that are asked only where one of `questions` has some answer.
    lines : array (n_families,)
        The line that derived answers are set against; NaN where nobody knows it.
    """

    rows: pd.DataFrame
    questions: tuple[Question, ...]
    then: np.ndarray
    derived: tuple[Question, ...]
    dependents: tuple[Question, ...]
    lines: np.ndarray

    def moved(self, family: np.ndarray, steps: np.ndarray) -> pd.DataFrame:
        """Return families' answers after some steps.

        Parameters
        ----------
        family : array of int (n,)
            Rows of `rows`; a family may come many times.
        steps : array of bool (n, n_questions)
        """
        moved = self.rows.iloc[family].reset_index(drop=True)
        for place, question in enumerate(self.questions):
            chosen = steps[:, place] & ~np.isnan(self.then[family, place])
            if chosen.any():
                moved[question.name] = _replaced(moved[question.name], chosen, self.then[family, place])
        for question in self.dependents:
            condition = question.asked_if
            assert condition is not None, "a dependent is asked under a condition"
            not_asked = (moved[condition.question] != condition.equals).to_numpy(dtype=bool)
            moved[question.name] = moved[question.name].mask(not_asked & moved[question.name].notna().to_numpy())
        for question in self.derived:
            moved[question.name] = self._derived(question, moved, family)
        return moved

    def _derived(self, question: Question, moved: pd.DataFrame, family: np.ndarray) -> np.ndarray:
        """The derived answer, computed again only for whom one of its parts moved."""
        assert question.derived is not None, "only derived questions are computed"
        parts = list(question.derived.parts)
        before = self.rows[parts].to_numpy(dtype=np.float64)[family]
        changed = (np.nan_to_num(moved[parts].to_numpy(dtype=np.float64)) != np.nan_to_num(before)).any(axis=1)
        again = _per_head(moved, question) / self.lines[family]
        return np.where(changed, again, moved[question.name].to_numpy(dtype=np.float64))

    def words(self, family: np.ndarray, place: np.ndarray) -> tuple[pd.Series, pd.Series]:
        """Return what one question of each family says now and after its step, as text."""
        now, then = np.empty(len(family), dtype=object), np.empty(len(family), dtype=object)
        for one, question in enumerate(self.questions):
            at = place == one
            if at.any():
                now[at] = _as_text(number(self.rows[question.name].iloc[family[at]]), question)
                then[at] = _as_text(self.then[family[at], one], question)
        return pd.Series(now, dtype="str"), pd.Series(then, dtype="str")


def moves(
    rows: pd.DataFrame,
    instrument: Instrument,
    catalogue: Catalogue,
    *,
    forwards: bool = True,
    starts: dict[str, np.ndarray] | None = None,
    area_lines: pd.Series | None = None,
    leave_out: Collection[str] = (),
) -> Moves:
    """Find every step of some families.

    Parameters
    ----------
    rows : frame (n_families, ...)
        Typed answers.
    forwards : bool
        Steps that never lower readiness; else the steps back.
    starts : dict question -> array, optional
        Amounts of the wave, sorted: where a family that has none would start.
    area_lines : Series, optional
        As `lines_by_area` returns them, for families whose own answers do not tell their line.
    leave_out : collection of str
        Questions that no step moves.
    """
    derived = tuple(question for question in instrument.questions if question.derived and question.name in rows)
    questions = tuple(one for one in movable(instrument, catalogue) if one.name not in leave_out)
    then = np.empty((len(rows), len(questions)))
    for place, question in enumerate(questions):
        then[:, place] = _step(rows, question, instrument, forwards, (starts or {}).get(question.name))
    names = {question.name for question in questions}
    dependents = tuple(
        question
        for question in instrument.questions
        if question.asked_if and question.asked_if.question in names and question.name in rows
    )
    lines = _lines(rows, derived)
    if area_lines is not None:
        lines = np.where(np.isnan(lines), rows[area_lines.name].astype("object").map(area_lines), lines)
    return Moves(rows, questions, then, derived, dependents, lines.astype(np.float64))


def lines_by_area(rows: pd.DataFrame, instrument: Instrument, area: str) -> pd.Series:
    """Return the line that derived answers of each area were set against.

    Parameters
    ----------
    rows : frame (n_families, ...)
        Typed answers of one wave.
    area : str
        The column of the families that have one line.

    Returns
    -------
    Series
        Index area, its name that of the column.
    """
    derived = [question for question in instrument.questions if question.derived and question.name in rows]
    lines = pd.Series(_lines(rows, derived), index=rows[area].astype("object"))
    return lines.groupby(level=0).median().rename(area)


def movable(instrument: Instrument, catalogue: Catalogue) -> Sequence[Question]:
    """Return the questions that a step may move: those that the model hears of, in the instrument's order."""
    heard = heard_of(instrument, catalogue)
    return [question for question in instrument.questions if question.name in heard and _may_move(question)]


def heard_of(instrument: Instrument, catalogue: Catalogue) -> set[str]:
    """Return the questions that the model hears of, be it through an answer derived from them."""
    heard = {name for quantity in catalogue.quantities for name in (quantity.numerator, quantity.denominator) if name}
    heard |= set(catalogue.of(LEVEL)["quantity"])
    derived = [question.derived for question in instrument.questions if question.derived and question.name in heard]
    return heard.union(*(one.parts for one in derived))


def _may_move(question: Question) -> bool:
    fixed = question.protected or question.blocked or question.subjective or question.derived is not None
    return not fixed and question.actionable != "no" and question.sign != 0


def _step(
    rows: pd.DataFrame, question: Question, instrument: Instrument, forwards: bool, among: np.ndarray | None
) -> np.ndarray:
    """Each family's answer after its step; NaN where it has none."""
    now = number(rows[question.name])
    up = question.sign if forwards else -question.sign
    then = _amount(now, up, question, among) if question.kind in ("money", "number") else now + up
    low, high = _range(question)
    then = np.where((then >= low) & (then <= high) & (then != now), then, np.nan)
    for check in instrument.cross_checks:
        if check.question == question.name and check.at_most in rows and check.per is None:
            then = np.where(then > number(rows[check.at_most]), np.nan, then)
    if question.asked_if is not None:
        applies = (rows[question.asked_if.question] == question.asked_if.equals).to_numpy(dtype=bool)
        then = np.where(applies, then, np.nan)
    return then


def _range(question: Question) -> tuple[float, float]:
    if question.levels:
        return 0.0, float(len(question.levels) - 1)
    low = -np.inf if question.minimum is None else question.minimum
    return low, np.inf if question.maximum is None else question.maximum


def _amount(now: np.ndarray, up: int, question: Question, among: np.ndarray | None) -> np.ndarray:
    moved = _rounded(now * (FACTOR if up > 0 else 1 / FACTOR))
    if up > 0:
        having = np.empty(0) if among is None else among[among > 0]
        moved = np.where(now == 0, _rounded(np.quantile(having, START)) if len(having) else np.nan, moved)
        return np.minimum(moved, np.inf if question.maximum is None else question.maximum)
    return moved


def _rounded(amount: np.ndarray | float) -> np.ndarray:
    """Three figures, as people say amounts.

    Examples
    --------
    >>> _rounded(np.array([1_234_567.0, 0.0, 52.5])).tolist()
    [1230000.0, 0.0, 52.5]
    """
    amount = np.asarray(amount, dtype=np.float64)
    size = 10.0 ** (np.floor(np.log10(np.where(amount > 0, amount, 1.0))) - 2)
    return np.round(amount / size) * size


def _lines(rows: pd.DataFrame, derived: Sequence[Question]) -> np.ndarray:
    """The line behind each family's derived answers; NaN where they do not tell it."""
    line = np.full(len(rows), np.nan)
    for question in derived:
        told = _per_head(rows, question) / rows[question.name].to_numpy(dtype=np.float64)
        line = np.where(np.isnan(line) & (told > 0), told, line)
    return line


def _per_head(rows: pd.DataFrame, question: Question) -> np.ndarray:
    assert question.derived is not None, "only derived questions are computed"
    amount = rows[question.derived.amount].to_numpy(dtype=np.float64)
    if question.derived.heads is None:
        return amount
    heads = rows[question.derived.heads].to_numpy(dtype=np.float64)
    return np.divide(amount, heads, out=np.full(len(rows), np.nan), where=heads > 0)


def _replaced(column: pd.Series, chosen: np.ndarray, then: np.ndarray) -> pd.Series:
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes = np.where(chosen, then, column.cat.codes).astype(np.int64)
        return pd.Series(pd.Categorical.from_codes(codes, dtype=column.dtype), index=column.index)
    return pd.Series(np.where(chosen, then, column.to_numpy(dtype=np.float64)), index=column.index)


def _as_text(values: np.ndarray, question: Question) -> list[str]:
    if question.levels:
        return [question.levels[int(value)] for value in values]
    return [f"{value:.10g}" for value in values]
