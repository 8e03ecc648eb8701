"""A table of counts in, which of its cells must stay hidden out: small numbers point at families."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd


def pool_small(counts: pd.DataFrame, minimum: int, name: str) -> pd.DataFrame:
    """Return the table with rows of too few families summed into one last row.

    Where even their sum is too small, the next smallest row joins them.

    Examples
    --------
    >>> pool_small(pd.DataFrame({"ready": [2, 40, 3], "not_ready": [1, 60, 9]}, index=["a", "b", "c"]), 10, "other")
           ready  not_ready
    b         40         60
    other      5         10
    """
    totals = counts.sum(axis=1).sort_values(kind="stable")
    n_small = int((totals < minimum).sum())
    if n_small == 0:
        return counts
    while totals.iloc[:n_small].sum() < minimum and n_small < len(totals):
        n_small += 1
    small = totals.index[:n_small]
    pooled = counts.loc[small].sum().to_frame(name).T
    return pd.concat([counts.drop(index=small), pooled])


def hidden_cells(counts: np.ndarray, minimum: int, hidden_sums: Mapping[int, np.ndarray] | None = None) -> np.ndarray:
    """Return which cells to hide where the sums along every axis are shown: of rows and columns, or of a cube's lines.

    Counts from 1 to `minimum` - 1 are hidden; then, in any line whose hidden cells could be worked out from its sum
    (only one, or together fewer than `minimum`), the next smallest cell is hidden too, until none can.

    Parameters
    ----------
    counts : array (n_rows, n_columns, ...) of int
    minimum : int
    hidden_sums : mapping, optional
        Axis -> which of the sums along it are hidden elsewhere: not all cells of their lines may be shown, or their
        sum would tell.

    Returns
    -------
    array (n_rows, n_columns, ...) of bool

    Examples
    --------
    >>> hidden_cells(np.array([[3, 40, 50], [30, 20, 60]]), 10).tolist()
    [[True, True, False], [True, True, False]]
    >>> hidden_cells(np.array([[12, 40, 50]]), 10, {1: np.array([True])}).tolist()
    [[True, True, False]]
    """
    counts = np.asarray(counts)
    hidden = (counts > 0) & (counts < minimum)
    for axis, sums in (hidden_sums or {}).items():
        for (line, mask), secret in zip(_lines(counts, hidden, axis), sums.ravel(), strict=True):
            if secret and not mask.any():
                _hide_smallest(line, mask)
    before = -1
    while hidden.sum() != before:
        before = int(hidden.sum())
        for axis in reversed(range(counts.ndim)):
            for line, mask in _lines(counts, hidden, axis):
                _close(line, mask, minimum)
    return hidden


def _lines(counts: np.ndarray, hidden: np.ndarray, axis: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Every line along an axis, and what is hidden of it, as views."""
    along, mask = np.moveaxis(counts, axis, -1), np.moveaxis(hidden, axis, -1)
    return ((along[place], mask[place]) for place in np.ndindex(along.shape[:-1]))


def _close(line: np.ndarray, mask: np.ndarray, minimum: int) -> None:
    """Hide further cells of one line, in place, until its hidden ones cannot be worked out from the sum."""
    while mask.any() and not mask.all() and (mask.sum() == 1 or line[mask].sum() < minimum):
        _hide_smallest(line, mask)


def _hide_smallest(line: np.ndarray, mask: np.ndarray) -> None:
    # A cell of zero tells nothing by being hidden, unless there is no other.
    open_cells = np.where(mask, np.inf, np.where(line == 0, np.iinfo(np.int64).max, line))
    mask[np.argmin(open_cells)] = True
