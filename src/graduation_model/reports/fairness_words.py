"""The fairness table in; a plain verdict for each group, and figures that single nobody out, out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from graduation_model.evaluation.fairness import METRICS, NO_DIFFERENCE, TIMES, TOO_FEW, WORSE, verdicts
from graduation_model.params import Language
from graduation_model.reports.disclosure import hidden_cells
from graduation_model.reports.group_words import GroupWords
from graduation_model.wording import number, percent, span, text

SHOWN = ("selection_rate", "false_graduations", "reached", "calibration")
HIDDEN = "*"


def fairness_section(
    table: pd.DataFrame | None, words: GroupWords, language: Language, *, min_cell: int
) -> dict[str, Any]:
    """Return what a page says of groups.

    Parameters
    ----------
    table : frame or None
        As `evaluation.fairness` gives it.
    min_cell : int
        Counts below it are hidden, and with them those from which they could be worked out.

    Returns
    -------
    dict
        groups (each with its rows: level, n, selected, cells, verdict, finding), crossed (rows of the pairs that are
        worse off), counted (sentences on how many pairs were looked at), metrics.
    """
    if table is None or table.empty:
        return {"groups": [], "crossed": [], "counted": [], "metrics": []}
    found = verdicts(table)
    single = [group for group in found["group"].unique() if TIMES not in group]
    groups = [_group(group, table, found, words, language, min_cell) for group in sorted(single, key=words.place)]
    pairs = found[found["group"].str.contains(TIMES, regex=False)]
    worse = pairs[pairs["finding"] == WORSE]
    return {
        "groups": groups,
        "crossed": [
            {
                "level": _crossed(row.group, row.level, words, language),
                "verdict": _verdict(table, row, language, hide=_few_proposed(table, row, min_cell)),
            }
            for row in worse.itertuples(index=False)
        ],
        "counted": _counted(pairs["finding"], language),
        "metrics": [text(f"fairness.{metric}", language) for metric in SHOWN],
    }


def hidden_levels(table: pd.DataFrame | None, min_cell: int) -> frozenset[tuple[str, str]]:
    """Return the groups' levels of which so few families are proposed that no figure at the quota is told."""
    if table is None or table.empty:
        return frozenset()
    rates = table[(table["metric"] == "selection_rate") & ~table["group"].str.contains(TIMES, regex=False)]
    found: set[tuple[str, str]] = set()
    for group, rows in rates.groupby("group"):
        few = rows[_hidden_counts(rows, min_cell).any(axis=1)]
        found |= {(str(group), str(level)) for level in few["level"]}
    return frozenset(found)


def _hidden_counts(rows: pd.DataFrame, min_cell: int) -> np.ndarray:
    """Which of the proposed and of the others of each level are hidden."""
    counts = rows[["n_selected", "n"]].to_numpy()
    return hidden_cells(np.column_stack([counts[:, 0], counts[:, 1] - counts[:, 0]]), min_cell)


def _group(
    group: str, table: pd.DataFrame, found: pd.DataFrame, words: GroupWords, language: Language, min_cell: int
) -> dict[str, Any]:
    rows = found[found["group"] == group]
    rows = rows.iloc[sorted(range(len(rows)), key=lambda place: words.order(group, rows["level"].iloc[place]))]
    figures = table[table["group"] == group].set_index(["level", "metric"])
    rates = figures.xs("selection_rate", level="metric").loc[rows["level"]]
    counts, hidden = rates[["n_selected", "n"]].to_numpy(), _hidden_counts(rates, min_cell)
    shown = []
    for place, row in enumerate(rows.itertuples(index=False)):
        secret = hidden[place].any()
        shown.append(
            {
                "level": words.level(group, row.level, language),
                "n": HIDDEN if hidden[place].all() else number(counts[place, 1], language),
                "selected": HIDDEN if secret else number(counts[place, 0], language),
                "cells": [_cell(figures.loc[(row.level, metric)], metric, language, hide=secret) for metric in SHOWN],
                "finding": row.finding,
                "verdict": _verdict(table, row, language, hide=secret),
            }
        )
    return {"title": words.group(group, "", language), "rows": shown}


def _cell(row: pd.Series, metric: str, language: Language, *, hide: bool) -> dict[str, str]:
    if hide or pd.isna(row["value"]):
        return {"value": HIDDEN, "interval": ""}
    if metric == "calibration":
        value, low, high = (number(row[name] * 100, language, 1, signed=True) for name in ("value", "low", "high"))
        return {"value": value, "interval": f"{low} … {high}"}
    value, low, high = (percent(row[name], language, 1) for name in ("value", "low", "high"))
    return {"value": value, "interval": span(low, high)}


def _few_proposed(table: pd.DataFrame, row: Any, min_cell: int) -> bool:
    of_level = table[(table["group"] == row.group) & (table["level"] == row.level)]
    return bool((of_level["n_selected"] < min_cell).any())


def _verdict(table: pd.DataFrame, row: Any, language: Language, *, hide: bool) -> str:
    """The finding of one row of `verdicts` in words; without figures where they would tell of a few families."""
    if row.finding != WORSE:
        return text(f"fairness.{row.finding}", language)
    if hide:
        return text("fairness.worse_hidden", language)
    rows = table[(table["group"] == row.group) & (table["level"] == row.level)].set_index("metric")
    said = [
        text(
            f"fairness.worse_{metric}",
            language,
            points=number(abs(rows.at[metric, "difference"]) * 100, language, 1),
        )
        for metric in METRICS
        # What is right less often is wrong more often: said once.
        if metric in row.worse_in and metric != "precision"
    ]
    return text("fairness.worse", language, what="; ".join(said))


def _crossed(group: str, level: str, words: GroupWords, language: Language) -> str:
    pairs = zip(group.split(TIMES), level.split(TIMES), strict=True)
    return " × ".join(f"{words.group(one, '', language)}: {words.level(one, at, language)}" for one, at in pairs)


def _counted(findings: pd.Series, language: Language) -> list[str]:
    counts = {name: int((findings == name).sum()) for name in (NO_DIFFERENCE, WORSE, TOO_FEW)}
    if not len(findings):
        return []
    return [
        text(
            "fairness.pairs",
            language,
            all=number(len(findings), language),
            none=number(counts[NO_DIFFERENCE], language),
            worse=number(counts[WORSE], language),
            few=number(counts[TOO_FEW], language),
        )
    ]
