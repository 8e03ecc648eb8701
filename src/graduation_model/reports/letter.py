"""Report inputs in, one plain dict a listed family out: the letter that it gets. No score, no chance, no jargon.

A letter tells what is proposed, on which of the family's own answers it rests, and how to object by when.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from graduation_model.contract.instrument import Instrument
from graduation_model.params import Language
from graduation_model.reports.answers import AnswerColumns
from graduation_model.reports.inputs import TOP, ReportInputs
from graduation_model.wording import day, number, text

REASONS = 3


def letters(inputs: ReportInputs, columns: AnswerColumns, language: Language) -> Iterator[dict[str, Any]]:
    """Yield the content of every listed family's letter, by rank.

    Yields
    ------
    dict
        household_id, file, standing, says (paragraphs), why, reasons (its own answers), and what is the same on every
        letter.
    """
    same = {
        "audience": "",  # whoever hands it over, it is the family's
        "programme": inputs.title.in_(language),
        "simulated": inputs.simulated,
        "label_stamp": inputs.label_stamp(language),
        "office": inputs.params.office.in_(language) if inputs.params.office else "",
        "objection": inputs.params.appeal.in_(language),
        "days": number(inputs.params.appeal_days, language),
        "reentry": inputs.params.reentry.in_(language) if inputs.params.reentry else "",
        "visits": _visits([number(months, language) for months in inputs.followup_months], language),
    }
    for place, row in enumerate(inputs.listed_rows):
        yield {
            **same,
            "household_id": str(row["household_id"]),
            "file": row["file"],
            "standing": row["standing"],
            "area": row["area_name"],
            "says": [
                text(f"letter.{row['standing']}_{part}", language, programme=same["programme"]) for part in (1, 2)
            ],
            "why": text(f"letter.why_{row['standing']}", language, date=day(row["assessment_date"], language)),
            "reasons": _answers(inputs, columns, row, place, language),
        }


def _visits(months: Sequence[str], language: Language) -> str:
    """When somebody comes again, in a sentence; '' where nobody does."""
    if not months:
        return ""
    *first, last = months
    listed = text("letter.visits_and", language, months=", ".join(first), last=last) if first else last
    return text("letter.visits", language, months=listed)


def _answers(
    inputs: ReportInputs, columns: AnswerColumns, row: Mapping[str, Any], place: int, language: Language
) -> list[str]:
    """The family's own answers that speak most for what is proposed, without what others judged of it."""
    side = "against" if row["standing"] == "review" else "for"
    names = [row[f"{side}_{rank}"] for rank in range(1, TOP + 1)]
    told = [name for name in names if isinstance(name, str) and may_be_told(inputs.instrument, name)]
    return [
        f"{inputs.question_label(name, language)}: {columns.now[name][place]}"
        for name in told
        if not pd.isna(columns.now[name][place])
    ][:REASONS]


def may_be_told(instrument: Instrument, name: str) -> bool:
    """Return whether a family is told of an answer as a reason: what it said itself, and no protected attribute."""
    question = instrument.by_name.get(name)
    return question is not None and not (question.subjective or question.protected or question.blocked)
