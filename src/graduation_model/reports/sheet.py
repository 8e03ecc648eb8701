"""Report inputs in, one plain dict a listed family out: everything its sheet says, already in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from graduation_model.params import Language
from graduation_model.reports.answers import AnswerColumns, facts_of
from graduation_model.reports.chance import chance_words
from graduation_model.reports.check_words import CheckWords
from graduation_model.reports.doubts import doubts_of, flags_by_family, missing_of_all, rests_on
from graduation_model.reports.evaluation_words import model_words, version_words
from graduation_model.reports.follow_up import followup_dates
from graduation_model.reports.hand_rule import hand_rule
from graduation_model.reports.history import aid_of, decisions_before, grants_before, recommended_before
from graduation_model.reports.inputs import ReportInputs
from graduation_model.reports.mentoring import plans
from graduation_model.reports.reasons import Doubted, agreement, contrasts, ledger_of, reasons_of, records_of
from graduation_model.reports.rule_words import RuleWords
from graduation_model.wording import day, number, percent, text

# Whole months are told from here on: below it, days say more.
_MONTHS_FROM_DAYS = 61
_DAYS_A_MONTH = 30.4375


def sheets(inputs: ReportInputs, columns: AnswerColumns, language: Language) -> Iterator[dict[str, Any]]:
    """Yield the content of every listed family's sheet, by rank.

    Parameters
    ----------
    inputs : ReportInputs
    columns : AnswerColumns
        The listed families' answers in the same language.
    language : Language

    Yields
    ------
    dict
        household_id, file, who, advice, chance, facts, reasons, records, ledger, contrast, missing, doubts, history,
        plan, and what is the same on every sheet; `audience.PARTS` says who sees what of it.
    """
    listed = inputs.listed
    if listed.empty:
        return
    agrees = agreement(inputs)
    missing = missing_of_all(inputs, columns, language)
    words = CheckWords(inputs.instrument, language)
    doubted = Doubted(rests_on(inputs.instrument), words)
    flags = flags_by_family(inputs)
    rules = RuleWords(language, inputs.selection_params)
    same = _same_on_every_sheet(inputs, language)
    before_dates = _dates(inputs.previous, listed, language)
    apart, by_hand = contrasts(inputs, language), hand_rule(inputs, language)
    history, plan = _History(inputs, columns, language), plans(inputs, language)
    for place, row in enumerate(inputs.listed_rows):
        household = str(row["household_id"])
        own = flags.get(household, [])
        yield {
            **same,
            "household_id": household,
            "file": row["file"],
            "who": _who(inputs, row, language),
            "advice": _advice(row, rules, language),
            "place": _place(row, language),
            "chance": chance_words(row, inputs.selection_params, language),
            "before_date": before_dates[place],
            "facts": facts_of(inputs, columns, place, language),
            "compared": columns.compared[place],
            "line": columns.line[place],
            "reasons": (reasons := reasons_of(inputs, columns, row, place, own, doubted, language)),
            "records": records_of(reasons, inputs.instrument),
            "ledger": ledger_of(row, bool(agrees[place]), language),
            "contrast": apart[place],
            "missing": missing[place],
            "doubts": doubts_of(row, own, words, language),
            "completeness": _completeness(row, language),
            "hand_rule": by_hand[place],
            "history": history.of(household, place),
            "plan": plan.get(household),
            "model": _model(row, language),
        }


def _same_on_every_sheet(inputs: ReportInputs, language: Language) -> dict[str, Any]:
    params = inputs.params
    return {
        "programme": inputs.title.in_(language),
        "simulated": inputs.simulated,
        "label_stamp": inputs.label_stamp(language),
        "outcome": inputs.label_title.in_(language),
        "caveat": inputs.caveat.in_(language),
        "ask": "; ".join(label.in_(language) for label in params.ask) or text("sheet.ask_what", language),
        "documents": [label.in_(language) for label in params.documents],
        "appeal": params.appeal.in_(language),
        "followups": followup_dates(inputs, language),
        "reentry": params.reentry.in_(language) if params.reentry else "",
        "to_decide": True,
        "trained_as_of": day(inputs.model["as_of"], language) if inputs.model.get("as_of") else "",
    }


class _History:
    """What is on file about each listed family from before this list."""

    def __init__(self, inputs: ReportInputs, columns: AnswerColumns, language: Language) -> None:
        self.inputs, self.columns, self.language = inputs, columns, language
        self.decided = decisions_before(inputs, language)
        self.granted = grants_before(inputs, language)
        self.recommended = recommended_before(inputs, language)

    def of(self, household: str, place: int) -> list[dict[str, str]]:
        """Return one family's lines: label and words."""
        nothing = text("history.none", self.language)
        lines = [
            ("history.decisions_label", "; ".join(self.decided.get(household, ())) or nothing),
            ("history.recommended_label", self.recommended.get(household, "")),
            ("history.uep_label", "; ".join(self.granted.get(household, ())) or nothing),
            ("history.aid_label", aid_of(self.inputs, self.columns, place, self.language)),
        ]
        return [{"label": text(key, self.language), "words": words} for key, words in lines if words]


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


def _advice(row: Mapping[str, Any], rules: RuleWords, language: Language) -> dict[str, str]:
    code = row["standing"]
    return {
        "standing": code,
        "recommendation": text(f"recommendation.{row['recommendation']}", language),
        "place": text(f"standing.{code}", language) if code in ("proposed", "waiting") else "",
        "meaning": text(f"advice.{'proposed' if code == 'ready' else code}", language),
        "rule": rules.decided(str(row["rule"])),
    }


def _place(row: Mapping[str, Any], language: Language) -> str:
    """The place on the list with its number, which is a rank among those who wait."""
    long = {"proposed": "standing.proposed_long", "waiting": "standing.waiting_long"}.get(row["standing"])
    position = "" if pd.isna(row["waiting_list_position"]) else number(row["waiting_list_position"], language)
    return text(long, language, position=position) if long else ""


def _model(row: Mapping[str, Any], language: Language) -> dict[str, str]:
    version = row.get("model_version")
    return {
        "name": model_words(str(row["model"]), language),
        "version": "" if version is None or pd.isna(version) else version_words(str(version), language),
        "sha256": str(row["bundle_sha256"]),
    }


def _given(row: Mapping[str, Any], column: str) -> bool:
    return bool(column) and column in row and not pd.isna(row[column]) and str(row[column]) != ""


def _completeness(row: Mapping[str, Any], language: Language) -> str:
    share = row["completeness"]
    return "" if pd.isna(share) else text("sheet.completeness", language, share=percent(share, language))
