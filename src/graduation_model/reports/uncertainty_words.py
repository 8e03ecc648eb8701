"""The evaluation table in; what the card says of lost families, of intervals and of the list's cap, in words, out."""

from __future__ import annotations

from typing import Any

import pandas as pd

from graduation_model.evaluation.params import EvaluationParams
from graduation_model.params import Language
from graduation_model.reports.evaluation_words import IF_ALL, figure, main_population, tested_years
from graduation_model.reports.group_words import GroupWords
from graduation_model.wording import number, percent, text

# In the order of the card: who is known, what weighing and the worst case say, whether intervals and cap held.
FIGURES = (
    "followed_share",
    "share_positive_weighted",
    "share_positive_bounds",
    "precision_at_quota_weighted",
    "precision_at_quota_bounds",
    "false_graduations_at_quota_weighted",
    "false_graduations_at_quota_bounds",
    *(
        f"{name}_{kind}{IF_ALL}"
        for name in ("share_positive", "precision_at_quota", "false_graduations_at_quota")
        for kind in ("weighted", "bounds")
    ),
    "interval_bins_held",
    "interval_width",
    "bounded_list_share",
    "bounded_list_false",
)
GROUP_FIGURES = ("followed_share", "interval_bins_held", "interval_width")


def uncertainty_dict(
    model: str, evaluation: pd.DataFrame | None, words: GroupWords, params: EvaluationParams, language: Language
) -> dict[str, Any] | None:
    """Return the card's section on what is not known; None where no test year says anything of it.

    Parameters
    ----------
    model : str
        The one in use.
    evaluation : frame or None
    words : GroupWords
    params : EvaluationParams

    Returns
    -------
    dict
        title, note, cap, what, families, rows (label, value, interval), columns, groups (group, level, n, cells).
    """
    years = tested_years(evaluation)
    if evaluation is None or not years:
        return None
    rows = main_population(evaluation)
    rows = rows[(rows["model"] == model) & (rows["test_year"] == years[0]) & rows["metric"].isin(FIGURES)]
    if rows.empty:
        return None
    overall = {row["metric"]: row for row in rows[rows["group"] == "all"].to_dict(orient="records")}
    return {
        "title": text("uncertainty.title", language),
        "note": text("uncertainty.note", language, year=years[0]),
        "cap": text("uncertainty.cap_note", language, level=percent(params.list_level, language)),
        "group": text("card.group", language),
        "families": text("card.families", language),
        "rows": [
            {"label": text(f"uncertainty.{name}", language), **figure(overall[name], language)}
            for name in FIGURES
            if name in overall
        ],
        "columns": [text(f"uncertainty.{name}", language) for name in GROUP_FIGURES],
        "groups": _groups(rows[(rows["group"] != "all") & rows["metric"].isin(GROUP_FIGURES)], words, language),
    }


def _groups(rows: pd.DataFrame, words: GroupWords, language: Language) -> list[dict[str, Any]]:
    parts = [(str(group), str(level), part) for (group, level), part in rows.groupby(["group", "level"])]
    shown = []
    for group, level, part in sorted(parts, key=lambda found: words.order(*found[:2])):
        by_metric = {row["metric"]: row for row in part.to_dict(orient="records")}
        decile = group == "score_decile"
        shown.append(
            {
                "group": text("uncertainty.score_decile", language) if decile else words.group(group, level, language),
                "level": number(int(level), language) if decile else words.level(group, level, language),
                "n": number(int(part["n"].max()), language),
                "cells": [figure(by_metric.get(name), language) for name in GROUP_FIGURES],
            }
        )
    return shown
