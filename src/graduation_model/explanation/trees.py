"""LightGBM's own text in, its trees as plain arrays out: what the pattern tables are compiled from."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

# LightGBM's `decision_type`: bit 0 a set of categories, bit 1 where missing goes, bits 2 and 3 what counts as missing.
CATEGORICAL, DEFAULT_LEFT, MISSING_SHIFT = 1, 2, 2
MISSING_NONE, MISSING_ZERO, MISSING_NAN = 0, 1, 2


class NotTabulated(Exception):
    """A model whose contributions the tables cannot hold; the message says why. LightGBM's own way is exact too."""


@dataclass(frozen=True)
class Tree:
    """One tree; children below zero are leaves, `~child` their number.

    Attributes
    ----------
    feature, decision, left, right : int array (n_nodes,)
    threshold : array (n_nodes,)
        Of a set of categories: the number of its bitset.
    node_count, leaf_count : array
        Training rows that came by: the weights of path-dependent SHAP.
    leaf_value : array (n_leaves,)
    bitsets : tuple of uint32 arrays
    """

    feature: np.ndarray
    decision: np.ndarray
    left: np.ndarray
    right: np.ndarray
    threshold: np.ndarray
    node_count: np.ndarray
    leaf_count: np.ndarray
    leaf_value: np.ndarray
    bitsets: tuple[np.ndarray, ...] = ()

    @property
    def expected(self) -> float:
        """The mean of the leaves over the training rows: what is said before anything is known."""
        if len(self.leaf_value) == 1:
            return float(self.leaf_value[0])
        return float((self.leaf_count / self.node_count[0] * self.leaf_value).sum())


@dataclass(frozen=True)
class Ensemble:
    """A whole model: its raw score is the sum of its trees, also where LightGBM averages them afterwards."""

    trees: tuple[Tree, ...]
    n_features: int


def parse_trees(text: str) -> Ensemble:
    """Read the trees of one LightGBM model.

    Parameters
    ----------
    text
        From `Booster.model_to_string()`.

    Raises
    ------
    ValueError
        If the model has several outputs, or linear leaves.
    NotTabulated
        If no training row reached a node.
    """
    header, *blocks = text.split("\n\nTree=")
    settings = dict(line.split("=", 1) for line in header.splitlines() if "=" in line)
    if int(settings.get("num_tree_per_iteration", "1")) != 1:
        raise ValueError("the model has several outputs: exact_shap explains one")
    trees = tuple(_tree(block.split("\n\n", 1)[0]) for block in blocks)
    return Ensemble(trees, int(settings["max_feature_idx"]) + 1)


def _tree(block: str) -> Tree:
    fields = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
    if fields.get("is_linear", "0") == "1":
        raise ValueError("the leaves hold linear models, which have no path-dependent SHAP values")

    def numbers(name: str, kind: type) -> np.ndarray:
        return np.array(fields.get(name, "").split(), dtype=kind)

    value = numbers("leaf_value", np.float64)
    if len(value) == 1:
        nothing = np.empty(0, dtype=np.int64)
        return Tree(nothing, nothing, nothing, nothing, nothing, nothing, nothing, value)
    count, leaves = numbers("internal_count", np.float64), numbers("leaf_count", np.float64)
    if len(count) != len(value) - 1 or len(leaves) != len(value) or (count <= 0).any():
        raise NotTabulated("a node counts no training rows")
    ends, sets = numbers("cat_boundaries", np.int64), numbers("cat_threshold", np.uint32)
    return Tree(
        feature=numbers("split_feature", np.int64),
        decision=numbers("decision_type", np.int64),
        left=numbers("left_child", np.int64),
        right=numbers("right_child", np.int64),
        threshold=numbers("threshold", np.float64),
        node_count=count,
        leaf_count=leaves,
        leaf_value=value,
        bitsets=tuple(sets[start:end] for start, end in pairwise(ends)),
    )
