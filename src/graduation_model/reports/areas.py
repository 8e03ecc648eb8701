"""Report inputs in; how many families of each area stand where, as a table and as a map of equal tiles, out.

Small counts are hidden, and with them those that would betray them; table and map hide the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from graduation_model.params import Language
from graduation_model.reports.disclosure import hidden_cells, pool_small
from graduation_model.reports.inputs import STANDINGS, ReportInputs
from graduation_model.wording import number, percent, text

HIDDEN = "*"
# Shades of a tile, by the share proposed among those scored, the darkest first.
_SHADES = 5


@dataclass(frozen=True)
class AreaCounts:
    """Families by area (rows) and place on the list (columns), and which of the counts stay hidden."""

    counts: pd.DataFrame
    hidden: np.ndarray


def area_counts(inputs: ReportInputs, language: Language) -> AreaCounts | None:
    """Return the counts; None where there is but one area."""
    families, minimum = inputs.families, inputs.params.min_cell
    names = families["area_name"].replace("", text("index.unknown_area", language))
    if names.nunique() < 2:
        return None
    counts = pd.crosstab(names, families["standing"])
    counts = counts.reindex(columns=[code for code in STANDINGS if code in counts])
    counts = pool_small(counts, minimum, text("cohort.other_areas", language))
    return AreaCounts(counts, hidden_cells(counts.to_numpy(), minimum))


def area_table(found: AreaCounts, minimum: int, language: Language) -> dict[str, Any]:
    """Return the table: columns, rows (name, cells, total), totals, total, note."""
    rows = [
        {
            "name": str(name),
            "total": number(int(line.sum()), language),
            "cells": [
                HIDDEN if mask else number(int(count), language) for count, mask in zip(line, masks, strict=True)
            ],
        }
        for name, line, masks in zip(found.counts.index, found.counts.to_numpy(), found.hidden, strict=True)
    ]
    totals = found.counts.sum()
    return {
        "columns": [text(f"standing.{code}", language) for code in found.counts.columns],
        "rows": rows,
        "totals": [number(int(total), language) for total in totals],
        "total": number(int(totals.sum()), language),
        "note": text("cohort.suppressed", language, minimum=number(minimum, language)) if found.hidden.any() else "",
    }


def tile_map(inputs: ReportInputs, found: AreaCounts | None, language: Language) -> list[dict[str, Any]]:
    """Return the tiles of the programme's map: column, row, name, proposed, share, shade (0: not told).

    Empty where the programme declares no map.
    """
    if found is None or not inputs.params.tiles:
        return []
    proposed = found.counts.get("proposed", pd.Series(0, index=found.counts.index))
    place = list(found.counts.columns).index("proposed") if "proposed" in found.counts else None
    masked = found.hidden[:, place] if place is not None else np.zeros(len(proposed), dtype=bool)
    shares = (proposed / found.counts.sum(axis=1)).mask(masked)
    highest = shares.max()
    tiles = []
    for code, (column, row) in inputs.params.tiles.items():
        name = inputs.params.area_names.get(code, code)
        share = shares.get(name, np.nan)
        told = not pd.isna(share)
        shade = 0 if not told else 1 if not highest else 1 + round(share / highest * (_SHADES - 1))
        tiles.append(
            {
                "column": column,
                "row": row,
                "name": name,
                "proposed": number(int(proposed[name]), language) if told else HIDDEN,
                "share": percent(share, language, 1) if told else "",
                "shade": shade,
            }
        )
    return tiles
