"""Report inputs in, the listed families' answers in words out: now, at the visit before, and what is usual there.

Columns are put into words once for all families; what is left for each family is picking from lists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from graduation_model.contract.instrument import Question
from graduation_model.explanation.sentences import column_words
from graduation_model.params import Language
from graduation_model.reports.inputs import SIDES, TOP, ReportInputs
from graduation_model.reports.usual import poverty_lines, usual_answers
from graduation_model.wording import money, number, plain, text


@dataclass(frozen=True)
class AnswerColumns:
    """Answers by question, each a list in the order of the listed families.

    Attributes
    ----------
    now, before, usual : mapping
        Question -> words; None where there is no answer.
    asked : mapping
        Question -> where it applies.
    has_before : array (n_listed,) of bool
    compared : list of str
        Whose answers `usual` sums up; '' where there are too few.
    line : list of str
        The poverty line and the family's multiple of it; '' where unknown.
    """

    now: Mapping[str, list[str | None]]
    before: Mapping[str, list[str | None]]
    usual: Mapping[str, list[str | None]]
    asked: Mapping[str, np.ndarray]
    has_before: np.ndarray
    compared: list[str]
    line: list[str]


def answer_columns(inputs: ReportInputs, language: Language) -> AnswerColumns:
    """Put into words what some page shows, and nothing else."""
    listed, params = inputs.listed, inputs.params
    shown = {*params.facts, *params.aid}
    for side in SIDES:
        for place in range(1, TOP + 1):
            shown |= set(listed[f"{side}_{place}"].dropna())
    ids = listed["household_id"].tolist()
    now, previous = inputs.answers.reindex(ids), inputs.previous.reindex(ids)
    known = {name: question for name, question in inputs.instrument.by_name.items() if name in shown}
    facts = {name: known[name] for name in params.facts if name in known}
    usual = usual_answers(
        inputs.wave, ids, places=(inputs.village, inputs.area), questions=facts, minimum=params.min_cell
    )
    places = zip(usual.column, usual.code, usual.families, strict=True)
    return AnswerColumns(
        now=_words(now, known, inputs, language),
        before=_words(previous, known, inputs, language),
        usual=_words(usual.answers, facts, inputs, language),
        asked={name: _asked(question, now) for name, question in inputs.instrument.by_name.items()},
        has_before=listed["household_id"].isin(inputs.previous.index).to_numpy(),
        compared=[_compared(inputs, *place, language) for place in places],
        line=_lines(inputs, ids, now, language),
    )


def _words(
    answers: pd.DataFrame, questions: Mapping[str, Question], inputs: ReportInputs, language: Language
) -> dict[str, list[str | None]]:
    nothing: list[str | None] = [None] * len(answers)
    return {
        name: column_words(question, answers[name], language, currency=inputs.currency) if name in answers else nothing
        for name, question in questions.items()
    }


def _asked(question: Question, answers: pd.DataFrame) -> np.ndarray:
    """Where a question applies: nobody is asked for the trade of a head who does not work."""
    if question.asked_if is None or question.asked_if.question not in answers:
        return np.ones(len(answers), dtype=bool)
    return (answers[question.asked_if.question].astype("str") == question.asked_if.equals).to_numpy()


def _compared(inputs: ReportInputs, column: str, code: str, families: int, language: Language) -> str:
    if not code:
        return ""
    key = "sheet.more.usual_village" if column == inputs.village else "sheet.more.usual_area"
    return text(key, language, place=inputs.params.area_names.get(code, code), count=number(families, language))


def _lines(inputs: ReportInputs, ids: list[str], now: pd.DataFrame, language: Language) -> list[str]:
    derived = next((question for question in inputs.instrument.questions if question.derived), None)
    if derived is None or derived.name not in now:
        return [""] * len(ids)
    lines = poverty_lines(inputs.wave, ids, inputs.instrument, area=inputs.area)
    return [
        ""
        if line is None or pd.isna(multiple)
        else text(
            "sheet.more.line", language, line=money(line, inputs.currency, language), multiple=plain(multiple, language)
        )
        for line, multiple in zip(lines, now[derived.name], strict=True)
    ]


def facts_of(inputs: ReportInputs, columns: AnswerColumns, place: int, language: Language) -> list[dict[str, Any]]:
    """Return one family's facts: label, now, missing, before, changed, usual."""
    facts = []
    for name in inputs.params.facts:
        if name not in columns.now:
            continue
        now, before = columns.now[name][place], columns.before[name][place]
        unasked = now is None and not columns.asked[name][place]
        nothing = text("common.not_asked" if unasked else "common.not_recorded", language)
        facts.append(
            {
                "label": inputs.question_label(name, language),
                "now": nothing if now is None else now,
                "missing": now is None,
                "before": _before(now, before, bool(columns.has_before[place]), language),
                "changed": now is not None and before is not None and now != before,
                "usual": columns.usual[name][place] or "–",
            }
        )
    return facts


def _before(now: str | None, before: str | None, was_assessed: bool, language: Language) -> str:
    """The previous answer, where it was another: what did not change should not catch the eye."""
    if before is None:
        return "–" if was_assessed else ""
    return text("sheet.same", language) if now == before else before
