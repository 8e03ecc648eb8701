"""Report inputs in; what was decided, granted and recommended before for each listed family, in words, out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from graduation_model.params import Language
from graduation_model.reports.answers import AnswerColumns
from graduation_model.reports.inputs import ReportInputs, standing
from graduation_model.wording import day, has_text, money, text

LAST = 3
History = dict[str, list[str]]  # household -> sentences, the latest first


def decisions_before(inputs: ReportInputs, language: Language) -> History:
    """Return the last decisions on each listed family."""
    return _last(
        inputs.decisions,
        inputs.listed["household_id"],
        "effective_date",
        lambda row: text(
            "history.decided",
            language,
            date=day(row["effective_date"], language),
            decision=_code("history.decisions", row["decision"], language),
        ),
    )


def grants_before(inputs: ReportInputs, language: Language) -> History:
    """Return the last business grants (UEP) of each listed family."""

    def said(row: Mapping[str, Any]) -> str:
        value = row.get("value_idr")
        amount = "" if value is None or pd.isna(value) else f" {money(value, inputs.currency, language)}"
        return f"{day(row['grant_date'], language)}{amount}"

    return _last(inputs.uep, inputs.listed["household_id"], "grant_date", said)


def recommended_before(inputs: ReportInputs, language: Language) -> dict[str, str]:
    """Return what the list before this one said of each listed family; nothing of those that it did not know."""
    if inputs.earlier is None or inputs.earlier.empty:
        return {}
    earlier = inputs.earlier[inputs.earlier["household_id"].isin(inputs.listed["household_id"])]
    words = pd.Series(standing(earlier), index=earlier["household_id"])
    said = {code: _code("standing", code, language) for code in words.unique()}
    date = day(inputs.earlier["as_of_date"].iloc[0], language)
    return {
        household: text("history.recommended", language, date=date, standing=said[code])
        for household, code in words.items()
    }


def aid_of(inputs: ReportInputs, columns: AnswerColumns, place: int, language: Language) -> str:
    """Return which other aid a family said that it gets; '' where the programme names none."""
    asked = [name for name in inputs.params.aid if name in columns.now]
    if not asked:
        return ""
    yes = text("common.yes", language)
    got = [inputs.question_label(name, language) for name in asked if columns.now[name][place] == yes]
    return "; ".join(got) if got else text("history.no_aid", language)


def _last(table: pd.DataFrame, households: pd.Series, date: str, said: Any) -> History:
    if table.empty or date not in table:
        return {}
    own = table[table["household_id"].isin(households) & table[date].notna()]
    own = own.sort_values([date], kind="stable", ascending=False).groupby("household_id", sort=False).head(LAST)
    found: History = {}
    for row in own.to_dict(orient="records"):
        found.setdefault(str(row["household_id"]), []).append(said(row))
    return found


def _code(family: str, code: Any, language: Language) -> str:
    key = f"{family}.{code}"
    return text(key, language) if has_text(key) else str(code)
