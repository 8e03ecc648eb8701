"""Report inputs in; how full the list is out, and what left places empty: too few who are ready, people, or rules.

Places that stay empty are said calmly: they are no failure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graduation_model.params import Language
from graduation_model.reports.inputs import ReportInputs
from graduation_model.selection.proposal import WAITS_FOR
from graduation_model.selection.standing import ASSET_ALONE, BEYOND_BOUND, NEVER_GRADUATED
from graduation_model.wording import in_hundred, number, plain, text

_HELD = (BEYOND_BOUND, ASSET_ALONE, NEVER_GRADUATED)


def quota_use(inputs: ReportInputs, language: Language) -> dict[str, Any]:
    """Return how full the list is: line, why, share in [0, 1], unfilled."""
    families, quota = inputs.families, inputs.ceiling
    n_selected = int(families["selected"].sum())
    n_waiting = int((families["standing"] == "waiting").sum())
    if quota is None:
        why = _left_out(inputs, language) if n_waiting else ""
        return {"line": text("cohort.quota_none", language), "why": why, "share": 1.0, "unfilled": 0}
    unfilled = max(0, quota - n_selected)
    line = text(
        "cohort.quota_line",
        language,
        quota=number(quota, language),
        selected=number(n_selected, language),
        unfilled=number(unfilled, language),
    )
    if unfilled:
        why = " ".join([_cleared(inputs, language), _left_out(inputs, language), _rest(inputs, unfilled, language)])
    elif n_waiting:
        why = text("cohort.quota_full", language, waiting=_families(n_waiting, language))
    else:
        why = text("cohort.quota_exact", language)
    return {
        "line": line,
        "why": " ".join(why.split()),
        "share": n_selected / quota if quota else 1.0,
        "unfilled": unfilled,
    }


def _cleared(inputs: ReportInputs, language: Language) -> str:
    """How many are past the safe limit, whatever became of them."""
    rules = inputs.selection_params
    return text(
        "cohort.cleared",
        language,
        families=_families(_counts(inputs)["cleared"], language),
        cut=number(in_hundred(min(1.0, rules.threshold + rules.band)), language),
        threshold=number(in_hundred(rules.threshold), language),
        band=plain(rules.band * 100, language),
    )


def _left_out(inputs: ReportInputs, language: Language) -> str:
    """Who of them is not proposed: those whom people look at first, and those who wait for a rule about the list."""
    labels = {guard.name: guard.label.in_(language) for guard in inputs.selection_params.guards}
    held = labels | {code: text(f"cohort.held_by.{code}", language) for code in _HELD}
    waits = {code: text(f"cohort.waits_for.{code}", language) for code in WAITS_FOR.values()}
    found = _counts(inputs)
    said = [
        text(f"cohort.{key}", language, families=_families(sum(counts.values()), language), rules=named)
        for key, counts, words in (("held", found["held"], held), ("waits", found["waits"], waits))
        if (named := _named(counts, words))
    ]
    return " ".join(said)


def _rest(inputs: ReportInputs, unfilled: int, language: Language) -> str:
    """Why the places that are left then are not filled with others."""
    found = _counts(inputs)
    by_people_and_rules = sum(found["held"].values()) + sum(found["waits"].values())
    return text("cohort.rest_empty" if by_people_and_rules < unfilled else "cohort.rest_ruled", language)


def _counts(inputs: ReportInputs) -> dict[str, Any]:
    """Families past the safe limit, and by rule those whom people look at first and those who wait."""
    families = inputs.families
    guards = {*_HELD, *(guard.name for guard in inputs.selection_params.guards)}
    held = families.loc[families["rule"].isin(guards), "rule"].value_counts().to_dict()
    waits = families.loc[families["standing"] == "waiting", "rule"].value_counts().to_dict()
    ready = int((families["recommendation"] == "ready").sum())
    return {"cleared": ready + sum(held.values()), "held": held, "waits": waits}


def _named(counts: Mapping[str, int], words: Mapping[str, str]) -> str:
    """Rules in words, the one about most families first. How many each is about stands in the table of rules."""
    return "; ".join(words[code] for code, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _families(count: int, language: Language) -> str:
    return text("common.families", language, count=number(count, language))
