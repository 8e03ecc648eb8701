"""The outcome report's figures in; the same with those hidden that could point at families, out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from graduation_model.followup.outcomes import ENDS, EVERYBODY, FELL_BACK, FOLLOWED, REENTERED, STAYED_OUT
from graduation_model.followup.overrides import BOTH_LEAVE, OVERRIDES
from graduation_model.reports.disclosure import hidden_cells

KNOWN = (STAYED_OUT, FELL_BACK)
FIGURES = ["value", "low", "high", "lowest", "highest", "n"]


def hide_small(table: pd.DataFrame, min_cell: int) -> pd.DataFrame:
    """Return `followup.outcome_table` with `hidden`, and hidden figures missing.

    A count from 1 to below `min_cell` is hidden, with those that would betray it, and with a hidden count every share
    that is made of it. Of everybody together only what is of too few families at all is hidden.
    """
    hidden = pd.Series(False, index=table.index)
    counts = table[table["measure"].isin(ENDS)]
    for (families, group), own in counts.groupby(["families", "group"], sort=False):
        matrix = own.pivot(index="level", columns="measure", values="value").reindex(columns=list(ENDS)).fillna(0)
        small = group != EVERYBODY or matrix.to_numpy().sum() < min_cell
        masks = _masks(matrix.astype(int), min_cell) if small else matrix.astype(bool) & False
        of_group = (table["families"] == families) & (table["group"] == group)
        for level, mask in masks.iterrows():  # as many as levels
            here = of_group & (table["level"] == level)
            closed = {end for end in ENDS if mask[end]}
            hidden |= here & table["measure"].isin(closed)
            if closed & set(KNOWN):
                hidden |= here & ~table["measure"].isin([FOLLOWED, *ENDS])
            back = here & (table["measure"] == REENTERED)
            hidden |= back & (table["value"] > 0) & (table["value"] < min_cell)
    shown = table.assign(hidden=hidden)
    shown.loc[hidden, FIGURES] = np.nan
    return shown


def _masks(matrix: pd.DataFrame, min_cell: int) -> pd.DataFrame:
    """Which counts to hide: first among the two outcomes and all the rest, then among the rest, whose sum can be known.

    In one step a few deaths would hide how many stayed out.
    """
    rest = [end for end in ENDS if end not in KNOWN]
    three = matrix[list(KNOWN)].assign(rest=matrix[rest].sum(axis=1)).to_numpy()
    known = pd.DataFrame(hidden_cells(three, min_cell)[:, :2], index=matrix.index, columns=list(KNOWN))
    others = pd.DataFrame(hidden_cells(matrix[rest].to_numpy(), min_cell), index=matrix.index, columns=rest)
    return pd.concat([known, others], axis=1)


def hide_small_reasons(reasons: pd.DataFrame, min_cell: int) -> pd.DataFrame:
    """Return the reasons of overrides with `hidden`, and hidden counts missing; the sum of each way is shown."""
    table = reasons.assign(hidden=False, families=reasons["families"].astype("float64"))
    for _, own in table.groupby("way", sort=False):
        mask = hidden_cells(own["families"].to_numpy(dtype=int)[None, :], min_cell)[0]
        table.loc[own.index, "hidden"] = mask if len(own) > 1 else own["families"] < min_cell
    table.loc[table["hidden"], "families"] = np.nan
    return table


def hidden_ways(sizes: dict[str, int], min_cell: int) -> set[str]:
    """Return which ways of deciding have a count that must not be shown beside the others and their sum."""
    ways = [BOTH_LEAVE, *OVERRIDES]
    mask = hidden_cells(np.array([[sizes.get(way, 0) for way in ways]]), min_cell)[0]
    return {way for way, one in zip(ways, mask, strict=True) if one}
