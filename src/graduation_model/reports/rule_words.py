"""Codes of rules in; what the rules say, and what each cost, in words out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from graduation_model.params import Language
from graduation_model.selection.params import SelectionParams
from graduation_model.wording import has_text, money, number, percent, text


class RuleWords:
    """The rules of a programme in one language.

    Parameters
    ----------
    params : SelectionParams, optional
        Where the programme names its guards and floors; without it their codes stand.
    area_names : mapping, optional
        Code of an area -> its name.
    currency : str
        Sign before a budget.
    """

    def __init__(
        self,
        language: Language,
        params: SelectionParams | None = None,
        *,
        area_names: Mapping[str, str] | None = None,
        currency: str = "",
    ) -> None:
        self.language, self.areas, self.currency = language, area_names or {}, currency
        groups = (*params.guards, *params.floors) if params else ()
        self.labels = {group.name: group.label.in_(language) for group in groups}

    def decided(self, code: str) -> str:
        """Return why a family stands where it stands."""
        if has_text(f"rule.{code}"):
            return text(f"rule.{code}", self.language)
        return text("rules.guarded", self.language, guard=self.labels.get(code, code))

    def name(self, rule: Mapping[str, Any]) -> str:
        """Return a row of `rules.parquet` as the name of a rule."""
        kind, level = str(rule["kind"]), str(rule["level"])
        known = {"area": self.areas.get(level, level), "group": self.labels.get(level or str(rule["rule"]), level)}
        key = f"rules.{rule['rule']}" if has_text(f"rules.{rule['rule']}") else f"rules.{kind}"
        return text(key, self.language, column=str(rule["rule"]).removeprefix("spread_"), **known)

    def limit(self, rule: Mapping[str, Any]) -> str:
        """Return a limit: families, money or a share; '' where a rule has none."""
        if pd.isna(rule["limit"]):
            return ""
        is_share = rule["kind"] == "cap" or _of_list(rule)
        return percent(rule["limit"], self.language) if is_share else self._amount(rule, rule["limit"])

    def used(self, rule: Mapping[str, Any]) -> str:
        """Return how much of its limit the list takes; of a guard and of the cap, how many families they hold back."""
        if rule["kind"] in ("guard", "cap"):
            return text("common.families", self.language, count=number(rule["used"], self.language))
        return percent(rule["used"], self.language) if _of_list(rule) else self._amount(rule, rule["used"])

    def _amount(self, rule: Mapping[str, Any], value: float) -> str:
        if rule["kind"] == "budget":
            return money(value, self.currency, self.language)
        return number(value, self.language)

    def price(self, rule: Mapping[str, Any]) -> str:
        """Return what a rule cost, as a sentence."""
        if not rule["binding"]:
            return text("rules.free", self.language)
        return text(
            "rules.price",
            self.language,
            exits=number(rule["price_exits"], self.language, 1),
            families=text("common.families", self.language, count=number(rule["families"], self.language)),
        )


def _of_list(rule: Mapping[str, Any]) -> bool:
    return rule["kind"] == "floor" and rule["limit"] < 1


def rules_table(rules: pd.DataFrame, words: RuleWords) -> pd.DataFrame:
    """Return what a page or a workbook shows of the rules: a row a rule, in words."""
    rows = [
        {
            "name": words.name(rule),
            "limit": words.limit(rule),
            "used": words.used(rule),
            "price_heading": words.price(rule),
        }
        for rule in rules.to_dict(orient="records")
    ]
    return pd.DataFrame(rows, columns=["name", "limit", "used", "price_heading"])


def list_words(summary: Mapping[str, Any], language: Language) -> list[str]:
    """Return how good the list is, and how to read the rules' costs."""
    figures = {name: number(summary[f"expected_{name}"], language, 1) for name in ("exits", "exits_bound")}
    proven = "proven" if summary["proven"] else "not_proven"
    return [
        text(f"rules.{proven}", language, **figures),
        text("rules.about", language),
        *_stable(summary.get("stability"), language),
    ]


def _stable(drawn: Mapping[str, Any] | None, language: Language) -> list[str]:
    if not drawn or drawn["kept"] is None:
        return []
    families = text("common.families", language, count=number(drawn["below_half"], language))
    return [
        text("rules.stable", language, draws=number(drawn["draws"], language), share=percent(drawn["kept"], language)),
        text("rules.below_half", language, families=families),
    ]
