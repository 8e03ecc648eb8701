"""Report inputs in, one plain dict a listed family out: everything its sheet says, already in words.

Columns are put into words once for all families; what is left for each family is picking from lists.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from graduation_model.contract.instrument import Question
from graduation_model.explanation.sentences import column_words, reason_sentence
from graduation_model.params import Language
from graduation_model.reports.chance import chance_words
from graduation_model.reports.evaluation_words import model_words
from graduation_model.reports.inputs import ReportInputs
from graduation_model.wording import day, has_text, number, percent, text

TOP = 5
# Contributions are checked to 1e-6 when they are made; what is read back from a file has lost nothing more.
AGREES_WITHIN = 1e-5
HALF_BAR = 100
MOST_MISSING = 14
# Whole months are told from here on: below it, days say more.
_MONTHS_FROM_DAYS = 61
_DAYS_A_MONTH = 30.4375


@dataclass(frozen=True)
class _Columns:
    """The listed families' answers in words, by question, each a list in the order of the families."""

    now: Mapping[str, list[str | None]]
    before: Mapping[str, list[str | None]]
    asked: Mapping[str, np.ndarray]
    has_before: np.ndarray


def sheets(inputs: ReportInputs, language: Language) -> Iterator[dict[str, Any]]:
    """Yield the content of every listed family's sheet, by rank.

    Parameters
    ----------
    inputs : ReportInputs
    language : Language

    Yields
    ------
    dict
        household_id, file, who, advice, chance, facts, reasons, ledger, missing, and what is the same on every sheet.
    """
    listed = inputs.listed
    if listed.empty:
        return
    columns = _columns(inputs, language)
    agrees = _agreement(inputs)
    missing = _missing(inputs, columns, language)
    same = _same_on_every_sheet(inputs, language)
    before_dates = _dates(inputs.previous, listed, language)
    for place, row in enumerate(listed.to_dict(orient="records")):
        yield {
            **same,
            "household_id": str(row["household_id"]),
            "file": row["file"],
            "who": _who(inputs, row, language),
            "advice": _advice(row, language),
            "chance": chance_words(row, inputs.selection_params, language),
            "now_date": day(row["assessment_date"], language),
            "before_date": before_dates[place],
            "facts": _facts(inputs, columns, place, language),
            "reasons": _reasons(inputs, columns, row, place, language),
            "ledger": _ledger(row, bool(agrees[place]), language),
            "missing": missing[place],
            "completeness": _completeness(row, language),
            "model": _model(row, language),
        }


def _same_on_every_sheet(inputs: ReportInputs, language: Language) -> dict[str, Any]:
    return {
        "programme": inputs.title.in_(language),
        "simulated": inputs.simulated,
        "label_stamp": inputs.label_stamp(language),
        "outcome": inputs.label_title.in_(language),
        "caveat": inputs.caveat.in_(language),
        "appeal": inputs.params.appeal.in_(language),
        "trained_as_of": day(inputs.model["as_of"], language) if inputs.model.get("as_of") else "",
    }


def _columns(inputs: ReportInputs, language: Language) -> _Columns:
    """Put into words only what some sheet shows."""
    listed = inputs.listed
    shown = set(inputs.params.facts)
    for side in ("for", "against"):
        for place in range(1, TOP + 1):
            shown |= set(listed[f"{side}_{place}"].dropna())
    ids = listed["household_id"]
    now, previous = inputs.answers.reindex(ids), inputs.previous.reindex(ids)
    known = {name: question for name, question in inputs.instrument.by_name.items() if name in shown}
    return _Columns(
        now=_words(now, known, inputs, language),
        before=_words(previous, known, inputs, language),
        asked={name: _asked(question, now) for name, question in inputs.instrument.by_name.items()},
        has_before=ids.isin(inputs.previous.index).to_numpy(),
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


def _agreement(inputs: ReportInputs) -> np.ndarray:
    """Whether base + contributions is the log-odds, and the log-odds the probability that decided."""
    listed = inputs.listed
    given = inputs.contributions.set_index("household_id").reindex(listed["household_id"])
    base = given.pop("base_log_odds").to_numpy(dtype=float)
    log_odds = listed["log_odds"].to_numpy(dtype=float)
    total = base + given.to_numpy(dtype=float).sum(axis=1)
    decided = 1 / (1 + np.exp(-log_odds))
    adds_up = np.abs(total - log_odds) <= AGREES_WITHIN
    return adds_up & (np.abs(decided - listed["probability"].to_numpy(dtype=float)) <= AGREES_WITHIN)


def _missing(inputs: ReportInputs, columns: _Columns, language: Language) -> list[dict[str, Any]]:
    ids = inputs.listed["household_id"]
    answers = inputs.answers.reindex(ids)
    expected = [
        question
        for question in inputs.instrument.questions
        if question.need != "optional" and not question.blocked and question.name in answers
    ]
    labels = [question.label.in_(language) for question in expected]
    empty = np.zeros((len(ids), len(expected)), dtype=bool)
    for column, question in enumerate(expected):
        empty[:, column] = answers[question.name].isna().to_numpy() & columns.asked[question.name]
    return [_missing_words([labels[column] for column in np.flatnonzero(row)], language) for row in empty]


def _missing_words(labels: list[str], language: Language) -> dict[str, Any]:
    more = len(labels) - MOST_MISSING
    rest = text("sheet.missing_more", language, count=number(more, language)) if more > 0 else ""
    return {"count": len(labels), "labels": labels[:MOST_MISSING], "more": rest}


def _dates(previous: pd.DataFrame, listed: pd.DataFrame, language: Language) -> list[str]:
    if "assessment_date" not in previous:
        return [""] * len(listed)
    dates = previous["assessment_date"].reindex(listed["household_id"])
    return [day(date, language) if pd.notna(date) else "" for date in dates]


def _who(inputs: ReportInputs, row: Mapping[str, Any], language: Language) -> list[dict[str, str]]:
    """The lines under a sheet's title."""
    area = row["area_name"]
    village = str(row[inputs.village]) if _given(row, inputs.village) and inputs.village != inputs.area else ""
    village = inputs.params.area_names.get(village, village)
    lines = [
        ("index.area", " · ".join(name for name in (area, village) if name) or text("index.unknown_area", language)),
        ("sheet.assessed", day(row["assessment_date"], language)),
        ("sheet.data_age", data_age(row["assessment_date"], row["as_of_date"], language)),
    ]
    if _given(row, inputs.facilitator):
        lines.append(("sheet.facilitator", str(row[inputs.facilitator])))
    return [{"label": text(key, language), "value": value} for key, value in lines]


def data_age(assessed: Any, as_of: Any, language: Language) -> str:
    """Return how old an assessment is on a date: in days at first, later in whole months.

    Examples
    --------
    >>> data_age("2020-09-01", "2020-12-15", "id"), data_age("2020-12-14", "2020-12-15", "en")
    ('3 bulan', '1 day')
    """
    days = (pd.Timestamp(as_of) - pd.Timestamp(assessed)).days
    if days < _MONTHS_FROM_DAYS:
        return text("sheet.data_age_days", language, count=number(days, language))
    return text("sheet.data_age_months", language, count=number(int(days / _DAYS_A_MONTH), language))


def _advice(row: Mapping[str, Any], language: Language) -> dict[str, str]:
    code, rule = row["standing"], str(row["rule"])
    long = {"proposed": "standing.proposed_long", "waiting": "standing.waiting_long"}.get(code)
    position = "" if pd.isna(row["waiting_list_position"]) else number(row["waiting_list_position"], language)
    key = f"rule.{rule}" if has_text(f"rule.{rule}") else "rule.other"
    return {
        "standing": code,
        "recommendation": text(f"recommendation.{row['recommendation']}", language),
        "place": text(long, language, position=position) if long else "",
        "meaning": text(f"advice.{'proposed' if code == 'ready' else code}", language),
        "rule": text(key, language, code=rule),
    }


def _facts(inputs: ReportInputs, columns: _Columns, place: int, language: Language) -> list[dict[str, Any]]:
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
            }
        )
    return facts


def _before(now: str | None, before: str | None, was_assessed: bool, language: Language) -> str:
    """The previous answer, where it was another: what did not change should not catch the eye."""
    if before is None:
        return "–" if was_assessed else ""
    return text("sheet.same", language) if now == before else before


def _reasons(
    inputs: ReportInputs, columns: _Columns, row: Mapping[str, Any], place: int, language: Language
) -> dict[str, list[dict[str, Any]]]:
    sides = {
        side: [
            (row[f"{side}_{rank}"], row[f"{side}_{rank}_contribution"])
            for rank in range(1, TOP + 1)
            if isinstance(row[f"{side}_{rank}"], str)
        ]
        for side in ("for", "against")
    }
    largest = max((abs(size) for side in sides.values() for _, size in side), default=0.0)
    return {
        side: [_reason(inputs, columns, name, size, largest, place, language) for name, size in reasons]
        for side, reasons in sides.items()
    }


def _reason(
    inputs: ReportInputs, columns: _Columns, name: str, size: float, largest: float, place: int, language: Language
) -> dict[str, Any]:
    question = inputs.instrument.by_name.get(name)
    now, before = (columns.now[name][place], columns.before[name][place]) if question else (None, None)
    width = max(1, round(HALF_BAR * abs(size) / largest)) if largest else 0
    return {
        "question": name,
        "sentence": reason_sentence(question, now, size, language, before=before) if question else name,
        "points": number(size, language, 2, signed=True),
        "size": round(size, 2),
        "start": HALF_BAR if size >= 0 else HALF_BAR - width,
        "width": width,
    }


def _ledger(row: Mapping[str, Any], agrees: bool, language: Language) -> dict[str, Any]:
    """Base, the rest and the score, so written that a reader who adds the printed figures gets the printed score."""
    base, score = round(row["base_log_odds"], 2), round(row["log_odds"], 2)
    told = {side: sum(round(size, 2) for size in _sizes(row, side)) for side in ("for", "against")}
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


def _model(row: Mapping[str, Any], language: Language) -> dict[str, str]:
    version = row.get("model_version")
    return {
        "name": model_words(str(row["model"]), language),
        "version": "" if version is None or pd.isna(version) else str(version),
        "sha256": str(row["bundle_sha256"]),
    }


def _given(row: Mapping[str, Any], column: str) -> bool:
    return bool(column) and column in row and not pd.isna(row[column]) and str(row[column]) != ""


def _completeness(row: Mapping[str, Any], language: Language) -> str:
    share = row["completeness"]
    return "" if pd.isna(share) else text("sheet.completeness", language, share=percent(share, language))
