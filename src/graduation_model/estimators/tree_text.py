"""LightGBM's text of a model in; nothing out, or why LightGBM would not have written it.

LightGBM trusts what it reads: a child that is no node, or a number too few, ends the process or reads memory that is
not the model's. A bundle may come from elsewhere, so its text is looked through before LightGBM sees it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

END = "\nend of trees\n"
OBJECTIVE = "binary sigmoid:1"
_CATEGORICAL, _KINDS_OF_DECISION = 1, 16
_OF_NODES = ("split_feature", "split_gain", "threshold", "decision_type", "left_child", "right_child")
_OF_NODES_TOO = ("internal_value", "internal_weight", "internal_count")
_OF_LEAVES = ("leaf_value", "leaf_weight", "leaf_count")
_WORD = 1 << 32


def check_tree_text(text: str, n_features: int) -> None:
    """Look through a model of one output and plain leaves.

    Parameters
    ----------
    text
        As `Booster.model_to_string()` gives it.
    n_features
        How many features the model is given.

    Raises
    ------
    ValueError
        Saying which tree is none.

    Examples
    --------
    >>> check_tree_text("tree\\nversion=v4\\n", 2)
    Traceback (most recent call last):
        ...
    ValueError: the text holds no trees
    """
    start = text.find("\n\nTree=0\n") + 2
    if start < 2:
        raise ValueError("the text holds no trees")
    header = _fields(text[:start])
    one = header.get("num_class") == header.get("num_tree_per_iteration") == "1"
    if not one or header.get("objective") != OBJECTIVE or header.get("max_feature_idx") != str(n_features - 1):
        raise ValueError("the model is not the log-odds of one thing, out of the bundle's features")
    if any(len(header.get(name, "").split(" ")) != n_features for name in ("feature_names", "feature_infos")):
        raise ValueError("the model does not name each of its features once")
    for number, tree in enumerate(_trees(text, start, header)):
        try:
            _check(tree, n_features)
        except (KeyError, ValueError, OverflowError) as error:
            raise ValueError(f"tree {number} is no tree ({error})") from error


def _fields(block: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in block.split("\n") if "=" in line)


def _trees(text: str, start: int, header: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Each tree where the header says that it stands: LightGBM jumps there without looking."""
    data = text.encode()
    place = len(text[:start].encode())
    for number, size in enumerate(header.get("tree_sizes", "").split()):
        end = place + int(size)
        mark = f"Tree={number}\n".encode()
        if int(size) <= len(mark) or not data.startswith(mark, place):
            raise ValueError(f"tree {number} does not stand where the header says")
        yield _fields(data[place + len(mark) : end].decode())
        place = end
    if not data.startswith(END.encode(), place - 1):
        raise ValueError("there are more trees than the header says")


def _check(tree: Mapping[str, str], n_features: int) -> None:
    leaves, n_sets = int(tree["num_leaves"]), int(tree["num_cat"])
    if leaves < 1 or n_sets < 0 or tree.get("is_linear", "0") != "0" or not np.isfinite(float(tree["shrinkage"])):
        raise ValueError("its kind")
    sizes = dict.fromkeys(_OF_NODES + _OF_NODES_TOO, leaves - 1) | dict.fromkeys(_OF_LEAVES, leaves)
    if leaves == 1:
        sizes = {"leaf_value": 1}
    found = {name: _numbers(tree, name, size) for name, size in sizes.items()}
    if not np.isfinite(found["leaf_value"]).all():
        raise ValueError("a leaf without a value")
    if leaves == 1:
        return
    _whole(found["split_feature"], 0, n_features, "a feature that there is not")
    _whole(found["decision_type"], 0, _KINDS_OF_DECISION, "a decision of no known kind")
    for name in ("internal_count", "leaf_count"):
        _whole(found[name], 0, 2**31, "a count that is none")
    children = np.concatenate([found["left_child"], found["right_child"]])
    _whole(children, -leaves, leaves - 1, "a child that there is not")
    # Every node but the first, and every leaf, hangs below one node that stands before it.
    if len(np.unique(children)) != len(children) or (children == 0).any():
        raise ValueError("a node below two others")
    parents = np.tile(np.arange(leaves - 1), 2)
    if ((children > 0) & (children <= parents)).any():
        raise ValueError("a node below itself")
    if np.isnan(found["threshold"]).any():
        raise ValueError("a node without a threshold")
    _check_sets(tree, found, n_sets)


def _check_sets(tree: Mapping[str, str], found: Mapping[str, np.ndarray], n_sets: int) -> None:
    by_set = (found["decision_type"].astype(np.int64) & _CATEGORICAL) > 0
    if n_sets == 0:
        if by_set.any():
            raise ValueError("a set of categories that there is not")
        return
    _whole(found["threshold"][by_set], 0, n_sets, "a set of categories that there is not")
    ends = _numbers(tree, "cat_boundaries", n_sets + 1)
    words = _numbers(tree, "cat_threshold", None)
    _whole(ends, 0, len(words) + 1, "a set of categories without end")
    _whole(words, 0, _WORD, "a set of categories that is none")
    if ends[0] != 0 or ends[-1] != len(words) or (np.diff(ends) < 0).any():
        raise ValueError("a set of categories without end")


def _numbers(tree: Mapping[str, str], name: str, size: int | None) -> np.ndarray:
    values = np.array(tree[name].split(" ") if tree[name] else [], dtype=np.float64)
    if size is not None and len(values) != size:
        raise ValueError(f"{name} has {len(values)} numbers and not {size}")
    return values


def _whole(values: np.ndarray, low: int, high: int, what: str) -> None:
    """Refuse what is no whole number in [low, high)."""
    if not ((values >= low) & (values < high) & (values % 1 == 0)).all():
        raise ValueError(what)
