"""The outcome report's figures in; the same with those hidden that could point at families, out."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from graduation_model.followup.outcomes import (
    COHORT,
    ENDS,
    EVERYBODY,
    FELL_BACK,
    FOLLOWED,
    REENTERED,
    STAYED_OUT,
    UNKNOWN,
    UNSEEN,
)
from graduation_model.followup.overrides import BOTH_LEAVE, OVERRIDES
from graduation_model.reports.disclosure import hidden_cells

KNOWN = (STAYED_OUT, FELL_BACK)
REST = tuple(end for end in ENDS if end not in KNOWN)
FIGURES = ["value", "low", "high", "lowest", "highest", "n"]
KEYS = ["families", "group", "level", "cohort"]


def hide_small(table: pd.DataFrame, min_cell: int) -> pd.DataFrame:
    """Return `followup.outcome_table` with `hidden`, and hidden figures missing.

    A count from 1 to below `min_cell` is hidden, with those that would betray it, and with a hidden count every share
    that is made of it; where it is that of the families not found, bounds are made so much wider that they do not tell
    it. Of everybody together only what is of too few families at all is hidden.
    """
    counts = table[table["measure"].isin(ENDS)].pivot(index=KEYS, columns="measure", values="value")
    closed = pd.concat([_closed(own[[*KNOWN, *REST]], min_cell) for _, own in counts.groupby("families", sort=False)])
    here = pd.MultiIndex.from_frame(table[KEYS])
    hidden = np.zeros(len(table), dtype=bool)
    for end in ENDS:
        hidden |= (table["measure"] == end).to_numpy() & closed[end].reindex(here).to_numpy()
    shares = ~table["measure"].isin([FOLLOWED, UNSEEN, *ENDS]).to_numpy()
    hidden |= shares & closed[list(KNOWN)].any(axis=1).reindex(here).to_numpy()
    few = table["measure"].isin([REENTERED, UNSEEN]) & (table["value"] > 0) & (table["value"] < min_cell)
    shown = table.assign(hidden=hidden | few.to_numpy())
    shown.loc[shown["hidden"], FIGURES] = np.nan
    due = counts[[*KNOWN, UNKNOWN]].sum(axis=1).reindex(here).to_numpy(dtype=float)
    steps = np.minimum(min_cell / np.maximum(due, 1), 1)
    wider = shares & closed[UNKNOWN].reindex(here).to_numpy()
    for name, outwards in (("lowest", np.floor), ("highest", np.ceil)):
        rounded = np.clip(outwards(shown[name].to_numpy(dtype=float) / steps) * steps, 0, 1)
        shown[name] = shown[name].where(~wider, rounded)
    return shown


def _closed(counts: pd.DataFrame, min_cell: int) -> pd.DataFrame:
    """Which counts of one kind of families to hide (n, ends): each group, and its cohorts beside their sums."""
    parts, by_cohort = [], None
    for group in counts.index.unique("group"):
        own = counts.xs(group, level="group", drop_level=False)
        whole = own[own.index.get_level_values("cohort") == EVERYBODY]
        shown = group == EVERYBODY and whole.to_numpy().sum() >= min_cell
        mask = np.zeros((len(whole), 6), dtype=bool) if shown else _masks(whole.to_numpy(dtype=int), min_cell)
        parts.append(_of_ends(mask, whole))
        levels = whole.index.get_level_values("level")
        if group == COHORT:
            by_cohort = pd.DataFrame(mask, index=levels)
        apart = own.drop(whole.index)
        if len(apart) and by_cohort is not None:
            cells = pd.MultiIndex.from_product([levels, by_cohort.index], names=["level", "cohort"])
            cube = apart.droplevel(["families", "group"]).reindex(cells, fill_value=0).to_numpy(dtype=int)
            cube = cube.reshape(len(levels), len(by_cohort), -1)
            sums = {0: by_cohort.to_numpy(), 1: mask}
            of_cells = pd.DataFrame(_masks(cube, min_cell, sums).reshape(len(cells), -1), index=cells)
            found = of_cells.reindex(apart.index.droplevel(["families", "group"])).to_numpy()
            parts.append(_of_ends(found, apart))
    return pd.concat(parts)


def _of_ends(mask: np.ndarray, counts: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(np.delete(mask, len(KNOWN), axis=1), index=counts.index, columns=counts.columns)


def _masks(counts: np.ndarray, min_cell: int, sums: Mapping[int, np.ndarray] | None = None) -> np.ndarray:
    """Which to hide (..., 6) of counts (..., 5): the two outcomes, all the rest together, and each of the rest.

    First the two outcomes and the sum of the rest, then the rest beside that sum. In one step a few deaths would hide
    how many stayed out. `sums`: the same of sums along an axis, which are shown elsewhere or hidden there.
    """
    sums, known = sums or {}, len(KNOWN)
    together = np.concatenate([counts[..., :known], counts[..., known:].sum(axis=-1, keepdims=True)], axis=-1)
    first = hidden_cells(together, min_cell, {axis: mask[..., : known + 1] for axis, mask in sums.items()})
    of_rest = {axis: mask[..., known + 1 :] for axis, mask in sums.items()} | {counts.ndim - 1: first[..., known]}
    return np.concatenate([first, hidden_cells(counts[..., known:], min_cell, of_rest)], axis=-1)


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
