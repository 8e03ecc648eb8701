"""A points card and how near it comes to its model in, a page that a committee can work with by hand out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from graduation_model.contract.instrument import Instrument, Question
from graduation_model.estimators.points_card import PointsCard, Step
from graduation_model.evaluation.agreement import Agreement
from graduation_model.explanation.sentences import answer_words
from graduation_model.features.context import mid_rank
from graduation_model.params import Label, Language
from graduation_model.reports.evaluation_words import model_words
from graduation_model.reports.render import render, render_both
from graduation_model.wording import day, in_hundred, number, percent, text

SUMS_SHOWN = 8  # lines of the table that turns a sum into a chance
LEVELS_NAMED = 4
EMPTY_LINES = 3  # on paper, for a family's own sum


@dataclass(frozen=True)
class PointsInputs:
    """What the page is made from.

    Attributes
    ----------
    card : PointsCard
    agreement : Agreement or None
        None where there was no test year.
    model, as_of : str
    title, outcome : Label
        The programme's name; the measured outcome.
    instrument : Instrument
    amounts : frame
        The bundle's reference context: it turns a rank into an amount of the last wave.
    currency : str
    quota_share : float
    simulated : bool
    """

    card: PointsCard
    agreement: Agreement | None
    model: str
    as_of: str
    title: Label
    outcome: Label
    instrument: Instrument
    amounts: pd.DataFrame
    currency: str
    quota_share: float
    simulated: bool = False


def points_page(inputs: PointsInputs) -> str:
    """Return the points card as one HTML page with a switch between the languages."""
    return render_both("points_card.html.j2", inputs.title, partial(points_dict, inputs))


def points_markdown(inputs: PointsInputs, language: Language) -> str:
    """Return the points card as Markdown in one language."""
    return render("points_card.md.j2", points_dict(inputs, language), language)


def points_dict(inputs: PointsInputs, language: Language) -> dict[str, Any]:
    """Return what the page says in one language.

    Returns
    -------
    dict
        rows (question, condition, points), sums (points, chance), agreement (sentences), and the fixed words.
    """
    values = {"model": model_words(inputs.model, language), "date": day(inputs.as_of, language)}
    return {
        "language": language,
        "programme": inputs.title.in_(language),
        "outcome": inputs.outcome.in_(language),
        "simulated": inputs.simulated,
        "stamp": text("common.simulated", language),
        "decide": text("common.people_decide", language),
        "lead": text("points.lead", language, **values),
        "rows": _rows(inputs, language),
        "sums": _sums(inputs.card, language),
        "agreement": _agreement(inputs, language),
        "how": [text(f"points.how_{place}", language) for place in (1, 2, 3)],
        "empty": list(range(EMPTY_LINES)),
    }


def _rows(inputs: PointsInputs, language: Language) -> list[dict[str, Any]]:
    by_question: dict[str, list[Step]] = {}
    for step in inputs.card.steps:
        by_question.setdefault(step.question, []).append(step)
    rows = []
    for name, steps in by_question.items():
        question = inputs.instrument.named(name)
        lines = [
            {"condition": _condition(step, question, inputs, language), "points": _signed(step.points, language)}
            for step in sorted(steps, key=lambda step: (step.bound, step.level))
        ]
        rows.append({"question": question.label.in_(language), "lines": lines, "several": len(lines) > 1})
    return rows


def _condition(step: Step, question: Question, inputs: PointsInputs, language: Language) -> str:
    if step.kind == "is":
        return str(answer_words(question, step.level, language))
    if step.kind == "rank_at_least":
        amount = _amount_at(inputs.amounts, step.feature.split("__")[0], step.bound)
        words = answer_words(question, amount, language, currency=inputs.currency)
        return text("points.at_least_of_wave", language, value=words)
    if question.levels:
        from_here = _levels_from(step.bound, question)
        named = [str(answer_words(question, level, language)) for level in from_here]
        if len(named) > LEVELS_NAMED:
            return text("points.from_level", language, level=named[0])
        return " / ".join(named)
    return text("points.at_least", language, value=answer_words(question, step.bound, language))


def _levels_from(bound: float, question: Question) -> Sequence[str]:
    return question.levels[int(np.ceil(bound)) :]


def _amount_at(amounts: pd.DataFrame, quantity: str, rank: float) -> float:
    """The smallest amount of the last wave whose rank reaches a bound, in three figures."""
    values = amounts.loc[amounts["quantity"] == quantity, "value"].to_numpy(dtype=float)
    reached = values[mid_rank(values, values) >= rank] if len(values) else values
    return float(f"{reached[0]:.3g}") if len(reached) else 0.0


def _signed(points: int, language: Language) -> str:
    return number(points, language, signed=True)


def _sums(card: PointsCard, language: Language) -> list[dict[str, str]]:
    """Sums of points in a few steps, highest first, with the chance at the middle of each."""
    width = max(1, int(np.ceil((card.highest - card.lowest + 1) / SUMS_SHOWN)))
    rows = []
    for low in range(card.lowest, card.highest + 1, width):
        high = min(low + width - 1, card.highest)
        chance = float(card.chance(np.array([(low + high) / 2]))[0])
        words = [number(value, language) for value in (low, high)]
        shown = words[0] if low == high else text("points.span", language, low=words[0], high=words[1])
        rows.append({"points": shown, "chance": str(in_hundred(chance))})
    return rows[::-1]


def _agreement(inputs: PointsInputs, language: Language) -> list[str]:
    found = inputs.agreement
    if found is None:
        return [text("points.untested", language)]
    values = {
        "year": found.year,
        "families": text("common.families", language, count=number(found.families, language)),
        "quota": percent(inputs.quota_share, language),
        "chosen": number(round(found.chosen * 100), language),
        "auc_card": number(found.auc_card, language, 2),
        "auc_model": number(found.auc_model, language, 2),
        "precision_card": percent(found.precision_card, language),
        "precision_model": percent(found.precision_model, language),
    }
    return [text(f"points.{key}", language, **values) for key in ("chosen", "measured", "differs")]
