"""Report inputs in; how the list hangs together out: its bound, what its rules cost, how steady it is, who was swapped.

Counts of few families are hidden, and so is whatever would betray them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from graduation_model.params import Language
from graduation_model.reports.areas import HIDDEN
from graduation_model.reports.disclosure import hidden_cells
from graduation_model.reports.inputs import ReportInputs, standing
from graduation_model.reports.rule_words import RuleWords
from graduation_model.wording import day, has_text, number, percent, text

STEADY = 0.9


def conformal_bound(inputs: ReportInputs, language: Language) -> str:
    """Return the lowest share of false graduations at which the conformal cap would let the whole list through.

    By the p-values that decide the cap (Jin and Candès 2023), cut as Benjamini and Hochberg (1995) do; '' where there
    are none, or nobody is proposed.
    """
    families = inputs.families
    if "conformal_p" not in families:
        return ""
    judged = families[(families["recommendation"] != "cannot_say") & families["conformal_p"].notna()]
    chosen = judged["selected"].to_numpy(dtype=bool)
    if not chosen.any():
        return ""
    from scipy.stats import false_discovery_control

    level = float(false_discovery_control(judged["conformal_p"].to_numpy(dtype=float))[chosen].max())
    return text(
        "cohort.bound",
        language,
        share=percent(level, language),
        families=about_families(level * chosen.sum(), language),
    )


def about_families(expected: float, language: Language, decimals: int = 0) -> str:
    """Return an expected number of families in words.

    Examples
    --------
    >>> about_families(3.24, "id", 1), about_families(0.02, "id", 1)
    ('sekitar 3,2 keluarga', 'kurang dari satu keluarga')
    """
    if expected < 0.5:
        return text("common.families_below_one", language)
    return text("common.families_about", language, count=number(expected, language, decimals))


def rule_costs(inputs: ReportInputs, language: Language) -> list[dict[str, str]]:
    """Return what each rule cost: name, limit, used, price."""
    if inputs.rules is None:
        return []
    words = RuleWords(language, inputs.selection_params, area_names=inputs.params.area_names, currency=inputs.currency)
    minimum = inputs.params.min_cell
    return [
        {
            "name": words.name(rule),
            "limit": words.limit(rule),
            # Money and shares of the list count nobody.
            "used": HIDDEN if rule["used"] >= 1 and _few(rule["used"], minimum) else words.used(rule),
            "price": text("cohort.price_few", language) if _few(rule["families"], minimum) else words.price(rule),
        }
        for rule in inputs.rules.to_dict(orient="records")
    ]


def _few(value: Any, minimum: int) -> bool:
    return value is not None and not pd.isna(value) and 0 < float(value) < minimum


def steadiness(inputs: ReportInputs, language: Language) -> str:
    """Return how many of the proposed most resamples propose, too; '' where nobody resampled."""
    if inputs.stability is None:
        return ""
    chosen = inputs.families.loc[inputs.families["selected"].to_numpy(dtype=bool), "household_id"]
    share = inputs.stability.set_index("household_id")["selected_share"].reindex(chosen).dropna()
    if share.empty:
        return ""
    steady, minimum = int((share >= STEADY).sum()), inputs.params.min_cell
    few = _few(steady, minimum) or _few(len(share) - steady, minimum)
    return text(
        "cohort.steady_few" if few else "cohort.steady",
        language,
        selected=text("common.families", language, count=number(len(share), language)),
        steady=number(steady, language),
        often=percent(STEADY, language),
        mean=percent(float(share.mean()), language),
    )


def swaps(inputs: ReportInputs, language: Language) -> dict[str, Any] | None:
    """Return who stayed, entered and left since the list before, and what did it; None without such a list."""
    if inputs.earlier is None:
        return None
    now = pd.Series(standing(inputs.selection) == "proposed", index=inputs.selection["household_id"])
    before = pd.Series(standing(inputs.earlier) == "proposed", index=inputs.earlier["household_id"])
    both = pd.concat({"now": now, "before": before}, axis=1).fillna(False).astype(bool)
    counts = np.array(
        [[(both["now"] & both["before"]).sum(), (both["now"] & ~both["before"]).sum()],
         [(~both["now"] & both["before"]).sum(), (~both["now"] & ~both["before"]).sum()]]
    )  # fmt: skip
    hidden = hidden_cells(counts, inputs.params.min_cell)
    shown = np.where(hidden, HIDDEN, [[number(int(count), language) for count in line] for line in counts])
    words = text(
        "cohort.swapped",
        language,
        date=day(inputs.earlier["as_of_date"].iloc[0], language) if len(inputs.earlier) else "–",
        before=number(int(counts[:, 0].sum()), language),
        now=number(int(counts[0].sum()), language),
        stayed=shown[0, 0],
        entered=shown[0, 1],
        left=shown[1, 0],
    )
    return {"words": words, "causes": _causes(inputs, language)}


def _causes(inputs: ReportInputs, language: Language) -> list[dict[str, str]]:
    if inputs.compared is None:
        return []
    moved = inputs.compared[inputs.compared["change"] != "stayed"]
    counts = pd.crosstab(moved["cause"], moved["change"])
    hidden = hidden_cells(counts.to_numpy(), inputs.params.min_cell)
    return [
        {
            "cause": text(f"swap_causes.{cause}", language) if has_text(f"swap_causes.{cause}") else str(cause),
            "change": text(f"swap_changes.{change}", language),
            "count": HIDDEN if hidden[row, column] else number(int(counts.iat[row, column]), language),
        }
        for row, cause in enumerate(counts.index)
        for column, change in enumerate(counts.columns)
        if counts.iat[row, column]
    ]
