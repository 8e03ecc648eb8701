"""One listed family's contributions in; reasons in words with what is doubtful beside them, and their sum, out.

A reason is contrasted with the line and with the middle of the proposed families of the same district, never with one
other family: no sheet tells of anybody else.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from graduation_model.contract.instrument import Instrument, Question
from graduation_model.explanation.sentences import record_words
from graduation_model.params import Language
from graduation_model.reports.answers import AnswerColumns
from graduation_model.reports.check_words import CheckWords
from graduation_model.reports.inputs import SIDES, TOP, ReportInputs
from graduation_model.wording import in_hundred, number, percent, text

# Contributions are checked to 1e-6 when they are made; what is read back from a file has lost nothing more.
AGREES_WITHIN = 1e-5
HALF_BAR = 100
CONTRASTS = 3
# Below this a difference is not worth a line on paper.
_TELLING = 0.05


def agreement(inputs: ReportInputs) -> np.ndarray:
    """Return whether base + contributions is the log-odds, and the log-odds the probability that decided."""
    listed = inputs.listed
    base, given = _contributions(inputs)
    log_odds = listed["log_odds"].to_numpy(dtype=float)
    decided = 1 / (1 + np.exp(-log_odds))
    adds_up = np.abs(base + given.to_numpy(dtype=float).sum(axis=1) - log_odds) <= AGREES_WITHIN
    return adds_up & (np.abs(decided - listed["probability"].to_numpy(dtype=float)) <= AGREES_WITHIN)


def _contributions(inputs: ReportInputs) -> tuple[np.ndarray, pd.DataFrame]:
    given = inputs.contributions.set_index("household_id").reindex(inputs.listed["household_id"])
    return given["base_log_odds"].to_numpy(dtype=float), given.drop(columns="base_log_odds")


@dataclass(frozen=True)
class Doubted:
    """How doubts find their reasons: which answers each question rests on, and their words."""

    rests_on: Mapping[str, frozenset[str]]
    words: CheckWords

    def beside(self, question: str, flags: Sequence[tuple[str, str, str]]) -> list[str]:
        """Return what is doubtful about the answers that a question's reason rests on, each once."""
        own = self.rests_on.get(question, frozenset((question,)))
        return list(dict.fromkeys(self.words.fault(rule) for name, rule, _ in flags if name in own))


def reasons_of(
    inputs: ReportInputs,
    columns: AnswerColumns,
    row: Mapping[str, Any],
    place: int,
    flags: Sequence[tuple[str, str, str]],
    doubted: Doubted,
    language: Language,
) -> dict[str, list[dict[str, Any]]]:
    """Return the reasons for and against: question, record, doubts, points, size, start, width."""
    sides = {
        side: [
            (row[f"{side}_{rank}"], row[f"{side}_{rank}_contribution"])
            for rank in range(1, TOP + 1)
            if isinstance(row[f"{side}_{rank}"], str)
        ]
        for side in SIDES
    }
    largest = max((abs(size) for side in sides.values() for _, size in side), default=0.0)

    def reason(name: str, size: float) -> dict[str, Any]:
        question = inputs.instrument.by_name.get(name)
        now, before = (columns.now[name][place], columns.before[name][place]) if question else (None, None)
        width = max(1, round(HALF_BAR * abs(size) / largest)) if largest else 0
        return {
            "question": name,
            "record": record_words(question, now, language, before=before) if question else name,
            "doubts": [*_nature(question, language), *doubted.beside(name, flags)],
            "points": number(size, language, 2, signed=True),
            "size": round(size, 2),
            "start": HALF_BAR if size >= 0 else HALF_BAR - width,
            "width": width,
        }

    return {side: [reason(name, size) for name, size in found] for side, found in sides.items()}


def records_of(reasons: Mapping[str, list[dict[str, Any]]], instrument: Instrument) -> dict[str, list[dict[str, Any]]]:
    """Return the same reasons without their weights, in the instrument's order, which tells nothing of them either."""
    order = {question.name: place for place, question in enumerate(instrument.questions)}
    return {
        side: [
            {"record": reason["record"], "doubts": reason["doubts"]}
            for reason in sorted(found, key=lambda reason: order.get(reason["question"], len(order)))
        ]
        for side, found in reasons.items()
    }


def _nature(question: Question | None, language: Language) -> list[str]:
    return [text("doubt.judgement", language)] if question is not None and question.subjective else []


def ledger_of(row: Mapping[str, Any], agrees: bool, language: Language) -> dict[str, Any]:
    """Return base, the rest and the score, so written that whoever adds the printed figures gets the printed score."""
    base, score = round(row["base_log_odds"], 2), round(row["log_odds"], 2)
    told = {side: sum(round(size, 2) for size in _sizes(row, side)) for side in SIDES}
    probability = percent(row["probability"], language, 1)
    words = text("sheet.check_agrees", language, score=number(score, language, 2, signed=True), probability=probability)
    return {
        "terms": [
            {"words": text(f"sheet.{key}", language), "points": number(points, language, 2, signed=True)}
            for key, points in (
                ("base", base),
                ("sum_for", told["for"]),
                ("sum_against", told["against"]),
                ("others", score - base - sum(told.values())),
            )
        ],
        "score": number(score, language, 2, signed=True),
        "agrees": agrees,
        "words": words if agrees else text("sheet.check_differs", language),
    }


def _sizes(row: Mapping[str, Any], side: str) -> list[float]:
    sizes = [row[f"{side}_{rank}_contribution"] for rank in range(1, TOP + 1)]
    return [size for size in sizes if not pd.isna(size)]


def contrasts(inputs: ReportInputs, language: Language) -> list[list[str]]:
    """Return what sets each listed family apart from the line, and from the middle of the proposed of its district.

    Returns
    -------
    list of list of str, (n_listed,)
        One or two sentences each. Where a district has fewer proposed families than the least cell, the whole list's
        middle stands in; where that has too few, only the line is told.
    """
    listed, minimum = inputs.listed, inputs.params.min_cell
    _, given = _contributions(inputs)
    given = given.reset_index(drop=True)
    proposed = (listed["standing"] == "proposed").to_numpy()
    area = listed["area_name"].to_numpy(dtype=object)
    whole = given[proposed].median() if proposed.sum() >= minimum else None
    middles = {}
    for name in pd.unique(area):
        there = proposed & (area == name)
        if there.sum() >= minimum and name:
            middles[name] = (given[there].median(), name, int(there.sum()))
        elif whole is not None:
            middles[name] = (whole, text("contrast.whole_list", language), int(proposed.sum()))
    line = _line(inputs)
    return [
        _contrast(row, own, middles.get(row["area_name"]), line, inputs, language)
        for row, own in zip(inputs.listed_rows, given.to_numpy(dtype=float), strict=True)
    ]


def _line(inputs: ReportInputs) -> tuple[float, int]:
    """The chance from which a family is ready, as log-odds and out of a hundred."""
    chance = inputs.selection_params.line
    return math.log(chance / (1 - chance)), in_hundred(chance)


def _contrast(
    row: Mapping[str, Any],
    own: np.ndarray,
    middle: tuple[pd.Series, str, int] | None,
    line: tuple[float, int],
    inputs: ReportInputs,
    language: Language,
) -> list[str]:
    # As the printed figures give it: whoever subtracts them shall find the same.
    away = round(row["log_odds"], 2) - round(line[0], 2)
    key = "contrast.above" if away >= 0 else "contrast.below"
    points = {"line": number(line[0], language, 2, signed=True), "away": number(abs(away), language, 2)}
    said = [text(key, language, chance=number(line[1], language), **points)]
    if middle is None:
        return said
    values, whose, count = middle
    gaps = own - values.to_numpy()
    order = np.argsort(-np.abs(gaps), kind="stable")[:CONTRASTS]
    named = [
        f"{inputs.question_label(str(values.index[place]), language)} ({number(gaps[place], language, 2, signed=True)})"
        for place in order
        if abs(gaps[place]) >= _TELLING
    ]
    key = "contrast.others" if named else "contrast.alike"
    words = {"place": whose, "families": number(count, language)}
    return [*said, text(key, language, questions="; ".join(named), **words)]
