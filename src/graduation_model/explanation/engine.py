"""Trees, straight lines and rows in, their exact contributions out: pattern tables kept ready and run on threads."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from graduation_model.estimators.training_set import LinearTerms
from graduation_model.explanation.patterns import compile_tables
from graduation_model.explanation.trees import Forest, together

# A stack of small ensembles takes a few megabytes, 400 trees of 31 leaves some 100.
MOST_BYTES = 1 << 30
# So many rows that a table is fetched from memory seldom, so few that their sums stay near the processor.
ROWS_AT_A_TIME = 8192


class Engine:
    """Exact contributions of a sum of trees and straight lines, compiled once.

    What a row gets depends neither on the rows beside it nor on how many threads there are, to the last bit.

    Parameters
    ----------
    forests : sequence of Forest
        Path-dependent SHAP values (Lundberg et al. 2020); of a sum of models they are the sum.
    linear : sequence of LinearTerms
        Of linear parts in closed form.
    output_of : int array (n_features,)
        Which output each feature is summed into: itself, or its question.
    n_outputs : int
    precise : bool
        Sum in float64 (1e-9) instead of float32 (1e-5).
    budget : int
        Bytes that tables may take.

    Raises
    ------
    NotTabulated
        If the tables would exceed the budget.

    Attributes
    ----------
    base : float
        What is said of a row before anything is known; with a row's contributions it adds up to the score.
    table_bytes : int
    """

    def __init__(
        self,
        forests: Sequence[Forest],
        *,
        output_of: np.ndarray,
        n_outputs: int,
        linear: Sequence[LinearTerms] = (),
        precise: bool = True,
        budget: int = MOST_BYTES,
    ) -> None:
        self._dtype: type[np.floating[Any]] = np.float64 if precise else np.float32
        self.n_outputs = n_outputs
        self.base, self.table_bytes, self._tables = sum(terms.base for terms in linear), 0, None
        if forests:
            forest = together(forests)
            self.base += forest.base
            self._tables = compile_tables(
                forest, output_of=output_of, n_outputs=n_outputs, budget=budget, dtype=self._dtype
            )
            self.table_bytes = self._tables.table.nbytes
        self._linear = _as_one(linear, output_of)

    def values(self, X: np.ndarray, *, threads: int = 1) -> np.ndarray:
        """Return the contributions of some rows.

        Parameters
        ----------
        X : array (n_rows, n_features), float32 or float64
            NaN is missing; categories are their codes.
        threads : int

        Returns
        -------
        array (n_rows, n_outputs)
            float64 where `precise`, else float32; each column is contiguous.
        """
        out = np.zeros((self.n_outputs, len(X)), dtype=self._dtype)
        edges = shares(len(X), threads)
        run = partial(self._fill, X, out)
        if threads == 1:
            for pair in pairwise(edges):
                run(pair)
        else:
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(run, pairwise(edges)))
        return out.T

    def _fill(self, X: np.ndarray, out: np.ndarray, rows: tuple[int, int]) -> None:
        from graduation_model.explanation.kernels import contributions_into, linear_into

        start, end = rows
        columns = np.ascontiguousarray(X[start:end].T)
        if self._tables is None:
            linear_into(out, start, columns, self._linear)
            return
        tables = self._tables
        feature, way, threshold, *rest = tables.conditions
        if X.dtype == np.float32:
            threshold = round_down(threshold)
        contributions_into(
            out,
            start,
            columns,
            self._linear,
            (feature, way, threshold, *rest),
            tables.trees,
            tables.groups,
            tables.bits,
            tables.terms,
            tables.outputs,
            tables.table,
            tables.quadrature,
        )


def _as_one(linear: Sequence[LinearTerms], output_of: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return the sum of linear parts as the kernel wants it: only features that weigh anything."""
    parts = [(terms.at_zero, terms.unit, terms.if_missing) for terms in linear]
    at_zero, unit, if_missing = np.sum(parts, axis=0) if parts else np.zeros((3, len(output_of)))
    used = np.flatnonzero((at_zero != 0) | (unit != 0) | (if_missing != 0))
    return used, output_of[used], at_zero[used], unit[used], if_missing[used]


def shares(n: int, threads: int) -> list[int]:
    """Return where rows are parted: alike, none above ROWS_AT_A_TIME, as many for each thread.

    Examples
    --------
    >>> shares(10_000, 1), shares(10_000, 2)
    ([0, 5000, 10000], [0, 5000, 10000])
    """
    turns = -(-n // (threads * ROWS_AT_A_TIME)) * threads
    return [n * turn // turns for turn in range(turns + 1)] if n else [0]


def round_down(threshold: np.ndarray) -> np.ndarray:
    """Return the largest float32 not above each float64: a float32 is at most the one if and only if the other.

    Examples
    --------
    >>> bool(round_down(np.array([0.1]))[0] <= 0.1)
    True
    """
    with np.errstate(over="ignore"):  # beyond float32 is infinite: stepped back below
        single = threshold.astype(np.float32)
    return np.where(single.astype(np.float64) > threshold, np.nextafter(single, np.float32(-np.inf)), single)
