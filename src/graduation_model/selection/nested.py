"""Ceilings that count families in; the best list out, where any two of their groups are nested or apart.

Take the families by rank, each one that still fits: that is the best list. Proof. Groups of which any two are nested or
apart, with a ceiling each, make a matroid (laminar; Edmonds 1970): the lists that fit are its independent sets. There
the first k families that are taken come, one by one, no later in rank than the k first of any other list that fits
(Gale 1968). Gains fall with rank, so no list gains more; of those that gain as much none has a smaller sum of places;
and on the first family on which another list differs, this one holds it. That is the order of `optimum.best_list`.

Taken group by group it is the same list: of each smallest group the first so many, of these in each larger group the
first so many, and so on, since a ceiling over groups that are apart only cuts their lists off in order of rank.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from graduation_model.selection.ceilings import Ceilings


def taken_by_rank(gain: np.ndarray, ceilings: Ceilings) -> np.ndarray | None:
    """Return the best list of families that stand in their order of rank; None where the ceilings are not such groups.

    Parameters
    ----------
    gain : array of int (n_families,)
        None, too, where it rises with rank.
    ceilings : Ceilings
    """
    counts = _counts(ceilings)
    if counts is None or (np.diff(gain) > 0).any():
        return None
    member, most = counts
    # Rows from the smallest group to the largest: then the next row of a family's column is the next larger group.
    order = np.argsort(np.diff(member.indptr), kind="stable")
    column = member[order].tocsc()
    column.sort_indices()
    larger = _next_larger(column)
    if larger is None:
        return None
    depth = _depths(larger)
    family = np.repeat(np.arange(len(gain)), np.diff(column.indptr))
    kept = np.ones(len(gain), dtype=bool)
    for level in range(int(depth.max(initial=-1)) + 1):  # groups of one depth share nobody
        cells = depth[column.indices] == level
        group = np.full(len(gain), -1)
        group[family[cells]] = column.indices[cells]
        kept &= (group < 0) | (_place_within(group, kept) < most[order][group])
    return kept


def _counts(ceilings: Ceilings) -> tuple[Any, np.ndarray] | None:
    """Who is in which group, and how many of it at most; None where a ceiling does more than count."""
    rows = ceilings.matrix.tocsr()
    rows.eliminate_zeros()
    size = np.diff(rows.indptr)
    if not size.all() or (ceilings.bound < 0).any():
        return None
    first = rows.data[rows.indptr[:-1]] if len(size) else np.zeros(0)
    if (first <= 0).any() or (rows.data != np.repeat(first, size)).any():
        return None
    return rows, ceilings.bound // first


def _next_larger(column: Any) -> np.ndarray | None:
    """The next larger group around each group, -1 where there is none; None where its families do not agree on it."""
    indices, indptr = column.indices, column.indptr
    after = np.append(indices[1:], -1)
    after[indptr[1:][np.diff(indptr) > 0] - 1] = -1
    larger = np.full(column.shape[0], -1)
    larger[indices] = after
    return larger if (larger[indices] == after).all() else None


def _depths(larger: np.ndarray) -> np.ndarray:
    """How many groups, one in the other, stand within each."""
    depth = np.zeros(len(larger), dtype=np.int64)
    inner = np.flatnonzero(larger >= 0)
    while True:
        deeper = depth.copy()
        np.maximum.at(deeper, larger[inner], depth[inner] + 1)
        if (deeper == depth).all():
            return depth
        depth = deeper


def _place_within(group: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """How many of its own group stand before each family, counting those that are kept."""
    order = np.argsort(group, kind="stable")
    before = np.cumsum(kept[order]) - kept[order]
    starts = np.flatnonzero(np.append(True, np.diff(group[order]) != 0))
    place = np.empty(len(group), dtype=np.int64)
    place[order] = before - np.repeat(before[starts], np.diff(np.append(starts, len(group))))
    return place
