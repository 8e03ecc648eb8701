"""What would change a recommendation in, a plan for the facilitator in words out. No family's own page shows it."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import pandas as pd

from graduation_model.contract.instrument import Question
from graduation_model.explanation.sentences import answer_words
from graduation_model.params import Language
from graduation_model.reports.inputs import ReportInputs
from graduation_model.wording import text

TO_READY = "to_ready"
Plan = dict[str, Any]


def plans(inputs: ReportInputs, language: Language) -> dict[str, Plan]:
    """Return each family's plan: title, steps in words, and whether they carry it over the line.

    Families without one have no entry: no change that can be worked for was found. Where none was looked for, since the
    model is gone, each plan says so.
    """
    changes = inputs.changes
    if changes is None:
        unknown = {"title": text("mentoring.not_looked_for", language), "steps": []}
        return dict.fromkeys(inputs.listed["household_id"].astype(str), unknown)
    if changes.empty:
        return {}
    ordered = changes.sort_values(["household_id", "direction", "step"], kind="stable").to_dict(orient="records")
    found: dict[str, Plan] = {}
    for (household, direction), group in groupby(ordered, key=lambda step: (step["household_id"], step["direction"])):
        steps = list(group)
        key = "falls_short" if direction == TO_READY and not steps[-1]["reaches"] else direction
        said = [_step(inputs, step, language) for step in steps]
        found[str(household)] = {"title": text(f"mentoring.{key}", language), "steps": said}
    return found


def _step(inputs: ReportInputs, step: dict[str, Any], language: Language) -> str:
    question = inputs.instrument.by_name.get(step["question"])
    now, then = (_answer(question, step[name], inputs, language) for name in ("now", "then"))
    label = inputs.question_label(step["question"], language)
    key = "step" if step["direction"] == TO_READY else "falls" if step["reaches"] else "lowers"
    return text(f"mentoring.{key}", language, label=label, now=now, then=then)


def _answer(question: Question | None, value: Any, inputs: ReportInputs, language: Language) -> str:
    """An answer of the table, in which numbers and words share a column of text."""
    if value is None or pd.isna(value):
        return text("common.not_recorded", language)
    if question is None:
        return str(value)
    typed = float(value) if question.is_numeric else str(value)
    return answer_words(question, typed, language, currency=inputs.currency) or str(value)
