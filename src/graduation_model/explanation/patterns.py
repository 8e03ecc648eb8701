"""Trees in, pattern tables out: path-dependent SHAP as a look-up, a few bits of a household at a time.

What one leaf gives to a feature depends only on which conditions of its path a household meets (Lundberg et al. 2020),
hence on a few bits. Leaves that stand together share most of their bits: each tree is cut into runs of neighbouring
leaves of at most `MOST_BITS`, and for every pattern of a run's bits a table holds what the run gives to each output.
Scoring is then a comparison a node, a shift a bit and a look-up an output, without recursion and without branches. A
leaf with more than `MOST_BITS` features on its path would need a table of many thousand patterns: what it gives is
worked out for each household instead. Fast TreeSHAP v2 (Yang 2021) tabulates single leaves; WOODELF (Wettenstein et al.
2025) patterns of whole trees; Linear TreeShap (Yu et al. 2022) evaluates the same polynomials.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from graduation_model.explanation.trees import (
    CATEGORICAL,
    DEFAULT_LEFT,
    MISSING_NAN,
    MISSING_SHIFT,
    MISSING_ZERO,
    Forest,
    NotTabulated,
)

# 13 bits are 8,192 patterns: a table of 64 kB an output.
MOST_BITS = 13


@dataclass(frozen=True)
class PatternTables:
    """A compiled forest: flat arrays for `kernels.contributions_into`, which says what each is.

    Attributes
    ----------
    conditions, trees, groups, bits, terms, outputs, table, quadrature
        As the kernel wants them; thresholds in float64.
    long_leaves : int
        Leaves without a table.
    """

    conditions: tuple[np.ndarray, ...]
    trees: tuple[np.ndarray, np.ndarray]
    groups: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
    bits: np.ndarray
    terms: tuple[np.ndarray, np.ndarray]
    outputs: np.ndarray
    table: np.ndarray
    quadrature: tuple[np.ndarray, np.ndarray]

    @property
    def long_leaves(self) -> int:
        return int(self.groups[3].sum())


def compile_tables(
    forest: Forest, *, output_of: np.ndarray, n_outputs: int, budget: int, dtype: type[np.floating[Any]]
) -> PatternTables:
    """Compile the tables of a forest.

    Parameters
    ----------
    forest : Forest
    output_of : int array (n_features,)
        The column that each feature's contributions are summed into: itself, or its question.
    n_outputs : int
    budget : int
        Bytes that the tables may take.
    dtype
        Of the tables.

    Raises
    ------
    NotTabulated
        If the tables would exceed the budget.
    """
    from graduation_model.explanation import tabulate

    starts = (forest.node_start, forest.leaf_start)
    low, mid, high, leaf_at = tabulate.leaf_ranges(*starts, forest.left, forest.right)
    about = (forest.feature, low, mid, high, output_of, n_outputs)
    cut = tabulate.cut_trees(*starts, *about, MOST_BITS)
    tree_group, group_leaf, group_bit, group_output, group_table, is_long, bits, *terms, outputs = (
        tabulate.write_groups(*starts, *about, cut, int(cut.sum()), MOST_BITS, int((high - low).sum()))
    )
    if group_table[-1] * np.dtype(dtype).itemsize > budget:
        raise NotTabulated("its tables would take more memory than they may")
    groups = (group_bit, group_output, group_table, is_long)
    quadrature = gauss_legendre(int(np.diff(group_bit).max(initial=1)))
    table = np.zeros(group_table[-1], dtype=dtype)
    tabulate.write_tables(
        table,
        *starts,
        (forest.feature, forest.left, forest.right, low, mid, high, leaf_at),
        (forest.node_count, forest.leaf_count),
        forest.leaf_value,
        output_of,
        tree_group,
        group_leaf,
        groups,
        outputs,
        MOST_BITS,
        quadrature,
    )
    return PatternTables(
        conditions=conditions(forest),
        trees=(forest.node_start, tree_group),
        groups=groups,
        bits=bits,
        terms=(terms[0], terms[1]),
        outputs=outputs,
        table=table,
        quadrature=quadrature,
    )


def gauss_legendre(most: int) -> tuple[np.ndarray, np.ndarray]:
    """Return nodes and weights on [0, 1] for leaves of up to `most` features; row d holds ceil(d / 2) of them.

    Examples
    --------
    >>> nodes, weights = gauss_legendre(3)
    >>> round(float(weights[3] @ nodes[3] ** 3), 12)
    0.25
    """
    nodes, weights = np.zeros((most + 1, (most + 1) // 2)), np.zeros((most + 1, (most + 1) // 2))
    for d in range(1, most + 1):
        size = (d + 1) // 2
        at, weight = np.polynomial.legendre.leggauss(size)
        nodes[d, :size], weights[d, :size] = (at + 1) / 2, weight / 2
    return nodes, weights


def conditions(forest: Forest) -> tuple[np.ndarray, ...]:
    """Return what the kernel compares at each node: feature, way, threshold, where missing goes, and its set."""
    from graduation_model.explanation.kernels import AT_MOST, IN_SET, NOT_ABOVE, ZERO_IS_MISSING

    missing = forest.decision >> MISSING_SHIFT & 3
    default_left = (forest.decision & DEFAULT_LEFT) > 0
    # Where no row was missing in training, LightGBM reads a missing number as 0.
    goes_left = np.where(missing == MISSING_NAN, default_left, forest.threshold >= 0)
    way = np.where(goes_left, NOT_ABOVE, AT_MOST)
    way = np.where(missing == MISSING_ZERO, ZERO_IS_MISSING, way)
    way = np.where(forest.decision & CATEGORICAL, IN_SET, way)
    return (
        forest.feature.astype(np.int32),
        way.astype(np.int8),
        beside_zero(forest.threshold),
        default_left.astype(np.uint8),
        forest.set_start,
        forest.set_words,
        forest.words,
    )


def beside_zero(threshold: np.ndarray) -> np.ndarray:
    """Return thresholds that part numbers as LightGBM does, which takes those within 1e-35 of 0 for 0 itself."""
    from graduation_model.explanation.kernels import ZERO

    below = np.where((threshold >= -ZERO) & (threshold < 0), np.nextafter(-ZERO, -np.inf), threshold)
    return np.where((threshold >= 0) & (threshold <= ZERO), ZERO, below)
