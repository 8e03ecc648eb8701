"""LightGBM's own text in, its trees as plain arrays out: what the pattern tables are compiled from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

# LightGBM's `decision_type`: bit 0 a set of categories, bit 1 where missing goes, bits 2 and 3 what counts as missing.
CATEGORICAL, DEFAULT_LEFT, MISSING_SHIFT = 1, 2, 2
MISSING_NONE, MISSING_ZERO, MISSING_NAN = 0, 1, 2
NODES = ("split_feature", "decision_type", "left_child", "right_child", "threshold", "internal_count")
LEAVES = ("leaf_count", "leaf_value")
SETS = ("cat_boundaries", "cat_threshold")


class NotTabulated(Exception):
    """A model whose contributions the tables cannot hold; the message says why. LightGBM's own way is exact too."""


@dataclass(frozen=True)
class Forest:
    """The trees of one or several models, one after the other, those of a single leaf left out.

    A raw score is the sum of the trees, also where LightGBM averages them afterwards.

    Attributes
    ----------
    node_start, leaf_start : int array (n_trees + 1,)
    feature, decision, left, right : int array (n_nodes,)
        Children are counted within the tree; below zero they are leaves, `~child` their number.
    threshold : array (n_nodes,)
    set_start, set_words : int array (n_nodes,)
        Where a node's set of categories stands in `words`, and how long it is.
    words : uint32 array
    node_count, leaf_count : array
        Training rows that came by: the weights of path-dependent SHAP.
    leaf_value : array (n_leaves,)
    constant : float
        What the trees of a single leaf add up to.
    n_features : int
    """

    node_start: np.ndarray
    leaf_start: np.ndarray
    feature: np.ndarray
    decision: np.ndarray
    left: np.ndarray
    right: np.ndarray
    threshold: np.ndarray
    set_start: np.ndarray
    set_words: np.ndarray
    words: np.ndarray
    node_count: np.ndarray
    leaf_count: np.ndarray
    leaf_value: np.ndarray
    constant: float
    n_features: int

    @property
    def base(self) -> float:
        """The mean of the leaves over the training rows: what is said before anything is known."""
        per_tree = np.repeat(self.node_count[self.node_start[:-1]], np.diff(self.leaf_start))
        return self.constant + float((self.leaf_count / per_tree * self.leaf_value).sum())

    def times(self, factor: float) -> Forest:
        """Return the forest whose score is `factor` times this one's."""
        return replace(self, leaf_value=factor * self.leaf_value, constant=factor * self.constant)


def together(forests: Sequence[Forest]) -> Forest:
    """Return the forest whose score is the sum of others of the same features; at least one."""

    def joined(name: str) -> np.ndarray:
        return np.concatenate([getattr(forest, name) for forest in forests])

    def moved(name: str, sizes: list[int]) -> np.ndarray:
        shift = np.cumsum([0, *sizes])
        return np.concatenate([getattr(forest, name) + by for forest, by in zip(forests, shift, strict=False)])

    def starts(name: str) -> np.ndarray:
        return np.cumsum(np.concatenate([[0], *(np.diff(getattr(forest, name)) for forest in forests)]))

    same = ("feature", "decision", "left", "right", "threshold", "set_words", "words", "node_count", "leaf_count")
    return Forest(
        node_start=starts("node_start"),
        leaf_start=starts("leaf_start"),
        set_start=moved("set_start", [len(forest.words) for forest in forests]),
        leaf_value=joined("leaf_value"),
        constant=sum(forest.constant for forest in forests),
        n_features=forests[0].n_features,
        **{name: joined(name) for name in same},
    )


def parse_trees(text: str) -> Forest:
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
        If no training row reached a node, or the nodes stand in another order than LightGBM's.
    """
    header, *blocks = text.split("\n\nTree=")
    settings = _fields(header)
    if int(settings.get("num_tree_per_iteration", "1")) != 1:
        raise ValueError("the model has several outputs: exact_shap explains one")
    trees = [_fields(block.split("\n\n", 1)[0]) for block in blocks]
    if any(tree.get("is_linear", "0") == "1" for tree in trees):
        raise ValueError("the leaves hold linear models, which have no path-dependent SHAP values")
    constant = sum(float(tree["leaf_value"]) for tree in trees if tree["num_leaves"] == "1")
    trees = [tree for tree in trees if tree["num_leaves"] != "1"]
    forest = _forest(trees, constant, int(settings["max_feature_idx"]) + 1)
    _check(forest)
    return forest


def _fields(block: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in block.splitlines() if "=" in line)


def _forest(trees: list[dict[str, str]], constant: float, n_features: int) -> Forest:
    # All trees' numbers at once: a turn a tree would cost as much as the tables.
    columns = {name: _numbers([tree.get(name, "") for tree in trees]) for name in (*NODES, *LEAVES, *SETS)}
    leaves = np.array([int(tree["num_leaves"]) for tree in trees], dtype=np.int64)
    feature, decision, left, right = (columns[name].astype(np.int64) for name in NODES[:4])
    in_set = (decision & CATEGORICAL) > 0
    ends = np.array([len(tree.get("cat_boundaries", "").split()) for tree in trees], dtype=np.int64)
    words = np.array([len(tree.get("cat_threshold", "").split()) for tree in trees], dtype=np.int64)
    tree_of = np.repeat(np.arange(len(trees)), leaves - 1)[in_set]
    # A set's number counts within its tree, and so does the place of its first word.
    place = columns["threshold"][in_set].astype(np.int64) + (np.cumsum(ends) - ends)[tree_of]
    boundary = columns["cat_boundaries"].astype(np.int64)
    set_start, set_words = np.zeros(len(feature), dtype=np.int64), np.zeros(len(feature), dtype=np.int64)
    set_start[in_set] = boundary[place] + (np.cumsum(words) - words)[tree_of]
    set_words[in_set] = boundary[place + 1] - boundary[place]
    return Forest(
        node_start=np.concatenate([[0], np.cumsum(leaves - 1)]),
        leaf_start=np.concatenate([[0], np.cumsum(leaves)]),
        feature=feature,
        decision=decision,
        left=left,
        right=right,
        threshold=columns["threshold"],
        set_start=set_start,
        set_words=set_words,
        words=columns["cat_threshold"].astype(np.uint32),
        node_count=columns["internal_count"],
        leaf_count=columns["leaf_count"],
        leaf_value=columns["leaf_value"],
        constant=constant,
        n_features=n_features,
    )


def _numbers(lists: list[str]) -> np.ndarray:
    return np.array(" ".join(lists).split(), dtype=np.float64)


def _check(forest: Forest) -> None:
    nodes, leaves = forest.node_start[-1], forest.leaf_start[-1]
    if len(forest.node_count) != nodes or len(forest.leaf_count) != leaves or (forest.node_count <= 0).any():
        raise NotTabulated("a node counts no training rows")
    place = np.arange(nodes) - np.repeat(forest.node_start[:-1], np.diff(forest.node_start))
    for child in (forest.left, forest.right):
        if ((child >= 0) & (child <= place)).any():
            raise NotTabulated("its nodes do not stand in LightGBM's order")
