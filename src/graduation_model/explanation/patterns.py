"""Trees in, pattern tables out: path-dependent SHAP as a look-up, a few bits of a household at a time.

What one leaf gives to a feature depends only on which conditions of its path a household meets (Lundberg et al. 2020),
hence on a few bits. Leaves that stand together share most of their bits: each tree is cut into runs of neighbouring
leaves of at most `MOST_BITS`, and for every pattern of a run's bits a table holds what the run gives to each output.
Scoring is then a comparison a node, a shift a bit and a gather an output, without recursion and without branches. Fast
TreeSHAP v2 (Yang 2021) tabulates single leaves; WOODELF (Wettenstein et al. 2025) patterns of whole trees.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from graduation_model.explanation.trees import (
    CATEGORICAL,
    DEFAULT_LEFT,
    MISSING_NAN,
    MISSING_SHIFT,
    MISSING_ZERO,
    Ensemble,
    NotTabulated,
    Tree,
)

# Runs are cut at this many bits; a single leaf may need more, up to DEEPEST.
MOST_BITS = 10
DEEPEST = 18


@dataclass(frozen=True)
class PatternTables:
    """A compiled ensemble: flat arrays for `kernels.contributions_into`, float64.

    Attributes
    ----------
    conditions, trees, groups, bits, terms, outputs
        As the kernel wants them.
    table : array (n_entries,)
    base : float
        Raw score of a household of whom nothing is known.
    n_features, n_outputs : int
    """

    conditions: tuple[np.ndarray, ...]
    trees: tuple[np.ndarray, np.ndarray]
    groups: tuple[np.ndarray, np.ndarray, np.ndarray]
    bits: np.ndarray
    terms: tuple[np.ndarray, np.ndarray]
    outputs: np.ndarray
    table: np.ndarray
    base: float
    n_features: int
    n_outputs: int


def compile_tables(
    ensemble: Ensemble, *, output_of: np.ndarray, n_outputs: int, scale: float, budget: int
) -> PatternTables:
    """Compile the tables of an ensemble.

    Parameters
    ----------
    ensemble : Ensemble
    output_of : int array (n_features,)
        The column that each feature's contributions are summed into: itself, or its question.
    n_outputs : int
    scale : float
        Factor of every value.
    budget : int
        Bytes that the tables may take, in float64.

    Raises
    ------
    NotTabulated
        If the tables would exceed the budget, or a path has too many features.
    """
    from graduation_model.explanation import kernels

    writer = _Writer(budget)
    for tree in ensemble.trees:
        if len(tree.feature):
            _add_tree(writer, tree, output_of, n_outputs, scale, kernels)
    base = scale * sum(tree.expected for tree in ensemble.trees)
    return writer.finish(base=base, n_features=ensemble.n_features, n_outputs=n_outputs)


@dataclass(frozen=True)
class _Shape:
    """A tree with its leaves in a row: which of them stand below each node, and each leaf's path."""

    leaves: np.ndarray
    low: np.ndarray
    mid: np.ndarray
    high: np.ndarray
    paths: list[list[tuple[int, bool]]]


def _shape(tree: Tree) -> _Shape:
    nodes = len(tree.feature)
    low, mid, high = (np.zeros(nodes, dtype=np.int64) for _ in range(3))
    leaves: list[int] = []
    paths: list[list[tuple[int, bool]]] = []

    # Without recursion: a tree of a thousand leaves in one line is deeper than Python's stack.
    todo: list[tuple[int, str, list[tuple[int, bool]]]] = [(0, "left", [])]
    while todo:
        node, stage, path = todo.pop()
        if node < 0:
            leaves.append(~node)
            paths.append(path)
        elif stage == "left":
            low[node] = len(leaves)
            todo += [(node, "right", path), (int(tree.left[node]), "left", [*path, (node, True)])]
        elif stage == "right":
            mid[node] = len(leaves)
            todo += [(node, "done", path), (int(tree.right[node]), "left", [*path, (node, False)])]
        else:
            high[node] = len(leaves)
    return _Shape(np.array(leaves), low, mid, high, paths)


def _add_tree(writer: _Writer, tree: Tree, output_of: np.ndarray, n_outputs: int, scale: float, kernels: Any) -> None:
    shape = _shape(tree)
    n = len(shape.leaves)
    touched = [np.unique(output_of[[tree.feature[node] for node, _ in path]]) for path in shape.paths]
    start = np.cumsum([0, *map(len, touched)])
    outputs = kernels.count_outputs(start, np.concatenate(touched), n, n_outputs)
    for most in range(MOST_BITS, DEEPEST + 1):
        bits = kernels.group_bits(shape.low, shape.mid, shape.high, tree.feature, n, most)
        starts = kernels.cut_leaves(bits, outputs, most)
        if len(starts):
            break
    else:
        raise NotTabulated(f"a path has more than {DEEPEST} features")
    writer.open_tree(tree)
    edges = [*np.flatnonzero(starts), n]
    for first, last in pairwise(edges):
        _add_group(writer, tree, shape, range(first, last), output_of, scale, kernels)


def _add_group(
    writer: _Writer, tree: Tree, shape: _Shape, run: range, output_of: np.ndarray, scale: float, kernels: Any
) -> None:
    """Give every condition of a run its bit, and tabulate the run's leaves."""
    bit_of: dict[tuple[int, ...], int] = {}
    terms: list[list[tuple[int, int]]] = []
    bit_of_node: dict[int, int] = {}
    for node in sorted({node for leaf in run for node, _ in shape.paths[leaf]}):
        low, high = max(run.start, shape.low[node]), min(run.stop, shape.high[node])
        parts = low < shape.mid[node] < high
        key = (node,) if parts else (int(tree.feature[node]), int(low), int(high))
        if key not in bit_of:
            bit_of[key] = len(terms)
            terms.append([])
        bit_of_node[node] = bit_of[key]
        goes_left = parts or high <= shape.mid[node]
        terms[bit_of[key]].append((node, 0 if goes_left else 1))
    columns = sorted({int(output_of[tree.feature[node]]) for node in bit_of_node})
    table = writer.open_group(terms, columns)
    for leaf in run:
        _add_leaf(table, tree, shape, leaf, run, bit_of_node, columns, output_of, scale, kernels)


def _add_leaf(
    table: np.ndarray,
    tree: Tree,
    shape: _Shape,
    leaf: int,
    run: range,
    bit_of_node: dict[int, int],
    columns: list[int],
    output_of: np.ndarray,
    scale: float,
    kernels: Any,
) -> None:
    features: dict[int, int] = {}
    share: list[float] = []
    must: list[int] = []
    must_not: list[int] = []
    for node, left in shape.paths[leaf]:
        child = int(tree.left[node] if left else tree.right[node])
        count = tree.node_count[child] if child >= 0 else tree.leaf_count[~child]
        feature = int(tree.feature[node])
        if feature not in features:
            features[feature] = len(share)
            share.append(1.0)
            must.append(0)
            must_not.append(0)
        place = features[feature]
        share[place] *= count / tree.node_count[node]
        parts = max(run.start, shape.low[node]) < shape.mid[node] < min(run.stop, shape.high[node])
        bit = 1 << bit_of_node[node]
        if parts and not left:
            must_not[place] |= bit
        else:
            must[place] |= bit
    nodes, weights = np.polynomial.legendre.leggauss(max(1, -(-len(share) // 2)))
    value = scale * tree.leaf_value[shape.leaves[leaf]]
    found = kernels.leaf_table(value, np.array(share), (nodes + 1) / 2, weights / 2)
    column = np.array([columns.index(int(output_of[feature])) for feature in features])
    kernels.add_leaf(table, found, np.array(must), np.array(must_not), column)


class _Writer:
    """Collects the flat arrays, tree by tree and group by group."""

    def __init__(self, budget: int) -> None:
        self.left = budget
        self.conditions: list[tuple[int, int, float, int, int, int]] = []
        self.words: list[np.ndarray] = []
        self.n_words = 0
        self.tree_condition, self.tree_group = [0], [0]
        self.group_bit, self.group_output, self.group_table = [0], [0], [0]
        self.bits = [0]
        self.terms: list[tuple[int, int]] = []
        self.outputs: list[int] = []
        self.tables: list[np.ndarray] = []

    def open_tree(self, tree: Tree) -> None:
        for node in range(len(tree.feature)):
            self.conditions.append(self._condition(tree, node))
        self.tree_condition.append(len(self.conditions))
        self.tree_group.append(self.tree_group[-1])

    def _condition(self, tree: Tree, node: int) -> tuple[int, int, float, int, int, int]:
        from graduation_model.explanation.kernels import AT_MOST, IN_SET, NOT_ABOVE, ZERO_IS_MISSING

        kind, feature = int(tree.decision[node]), int(tree.feature[node])
        if kind & CATEGORICAL:
            words = tree.bitsets[int(tree.threshold[node])]
            self.words.append(words)
            self.n_words += len(words)
            return feature, IN_SET, 0.0, 0, self.n_words - len(words), len(words)
        missing, left = kind >> MISSING_SHIFT & 3, bool(kind & DEFAULT_LEFT)
        if missing == MISSING_ZERO:
            return feature, ZERO_IS_MISSING, tree.threshold[node], int(left), 0, 0
        # Where no row was missing in training, LightGBM reads a missing number as 0.
        goes_left = left if missing == MISSING_NAN else tree.threshold[node] >= 0
        return feature, NOT_ABOVE if goes_left else AT_MOST, tree.threshold[node], 0, 0, 0

    def open_group(self, terms: Sequence[Sequence[tuple[int, int]]], columns: Sequence[int]) -> np.ndarray:
        size = len(columns) << len(terms)
        self.left -= 8 * size
        if self.left < 0:
            raise NotTabulated("its tables would take more memory than they may")
        for bit in terms:
            self.terms += bit
            self.bits.append(len(self.terms))
        self.outputs += columns
        self.group_bit.append(len(self.bits) - 1)
        self.group_output.append(len(self.outputs))
        self.group_table.append(self.group_table[-1] + size)
        self.tree_group[-1] += 1
        self.tables.append(np.zeros((len(columns), 1 << len(terms))))
        return self.tables[-1]

    def finish(self, *, base: float, n_features: int, n_outputs: int) -> PatternTables:
        kinds = (np.int32, np.int8, np.float64, np.uint8, np.int64, np.int64)
        conditions = tuple(
            np.array([condition[place] for condition in self.conditions], dtype=kind)
            for place, kind in enumerate(kinds)
        )
        terms = np.array(self.terms, dtype=np.int64).reshape(-1, 2)
        return PatternTables(
            conditions=(*conditions, np.concatenate([np.zeros(0, np.uint32), *self.words])),
            trees=(np.array(self.tree_condition), np.array(self.tree_group)),
            groups=(np.array(self.group_bit), np.array(self.group_output), np.array(self.group_table)),
            bits=np.array(self.bits),
            terms=(terms[:, 0].astype(np.int32), terms[:, 1].astype(np.uint8)),
            outputs=np.array(self.outputs, dtype=np.int64),
            table=np.concatenate([np.zeros(0), *(table.ravel() for table in self.tables)]),
            base=base,
            n_features=n_features,
            n_outputs=n_outputs,
        )
