"""LightGBM models of every kind that exact SHAP promises to explain, trained on the spot, and rows to explain."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import lightgbm
import numpy as np

CATEGORICAL = [5, 6]

Choose = Callable[[Sequence[Any]], Any]


def random_booster(choose: Choose, rng: np.random.Generator) -> tuple[lightgbm.Booster, np.ndarray] | None:
    """Return a trained booster, loaded back from its text, and rows: those of training and strange ones.

    Parameters
    ----------
    choose
        Picks one of some settings.
    rng
        Draws the data.

    Returns
    -------
    tuple or None
        None where LightGBM itself trips over the settings and has no model.
    """
    X, score = _answers(choose, rng)
    settings = {
        "objective": choose(["binary", "regression"]),
        "num_leaves": choose([2, 3, 8, 31, 64]),
        "max_depth": choose([-1, 3]),
        "min_data_in_leaf": choose([1, 5, 5000]),
        "min_sum_hessian_in_leaf": 0.0,
        "learning_rate": choose([0.1, 1.0]),
        "boosting": choose(["gbdt", "dart", "rf"]),
        "bagging_fraction": 0.7,
        "bagging_freq": 1,
        "feature_fraction": choose([1.0, 0.5]),
        "use_missing": choose([True, True, False]),
        "zero_as_missing": choose([False, True]),
        "max_cat_to_onehot": choose([1, 4]),
        "min_data_per_group": 1,
        "cat_smooth": 1.0,
        "seed": int(rng.integers(1000)),
        "num_threads": 1,
        "verbose": -1,
    }
    if choose([False, True]) and settings["objective"] == "binary":
        settings["monotone_constraints"] = [1, -1, 0, 0, 1] + [0] * (X.shape[1] - 5)
    y = score if settings["objective"] == "regression" else (score > np.median(score)) * 1.0
    categorical = choose([CATEGORICAL, []])
    weight = rng.uniform(0.5, 2, len(y))
    data = lightgbm.Dataset(X, y, weight=weight, categorical_feature=categorical, params=settings)
    try:
        booster = lightgbm.train(settings, data, num_boost_round=choose([1, 5, 25]))
    except lightgbm.basic.LightGBMError:
        return None
    rows = np.concatenate([X[:400], strange_rows(rng, X.shape[1])])
    return lightgbm.Booster(model_str=booster.model_to_string()), rows


def _answers(choose: Choose, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    n, chained = choose([30, 120, 400]), choose([False, True])
    X = rng.normal(size=(3 * n if chained else n, 30 if chained else 7))
    n = len(X)
    X[:, 1] = rng.integers(0, 3, n)
    X[:, 2] = np.where(rng.random(n) < 0.5, 0.0, X[:, 2])
    X[:, 3] = 1.0  # says nothing
    X[:, 5] = rng.integers(0, choose([3, 40, 200]), n)
    X[:, 6] = rng.integers(0, 5, n)
    X[:, 7:] = rng.random(X[:, 7:].shape) < 0.9
    X[:, :7][rng.random((n, 7)) < choose([0.0, 0.1, 0.6])] = np.nan
    known = np.nan_to_num(X)
    # A yes counts only after a yes to every question before it: trees grow one long path.
    score = known[:, 0] + known[:, 1] * known[:, 2] + (X[:, 5] % 3 == 1) + known[:, 7:].cumprod(axis=1).sum(axis=1)
    return X, score + rng.normal(size=n)


def strange_rows(rng: np.random.Generator, width: int) -> np.ndarray:
    """Return values at the edges of what a file can bring."""
    zero = float(np.float32(1e-35))  # where LightGBM's own zero ends
    near = [0.0, -0.0, 1e-36, -1e-36, zero, -zero, np.nextafter(zero, 1), np.nextafter(-zero, -1), 1e-34]
    values = [np.nan, np.inf, -np.inf, *near, -1.0, -0.5, 0.5, 63.0, 64.5, 1e6, 1e300]
    return rng.choice(values, size=(40, width))


def kinds(booster: lightgbm.Booster) -> set[str]:
    """Return what is special about a trained booster, read off the model itself, not off what was asked for."""
    text = booster.model_to_string()
    decisions = np.array(" ".join(re.findall(r"^decision_type=(.+)$", text, re.M)).split(), dtype=int)
    words = [line.split() for line in re.findall(r"^cat_boundaries=(.+)$", text, re.M)]
    longest_set = max((int(end) - int(start) for line in words for start, end in pairwise(line)), default=0)
    missing = decisions[decisions & 1 == 0] >> 2 & 3
    leaves = [int(number) for number in re.findall(r"^num_leaves=(\d+)$", text, re.M)]
    found = {
        "sets of categories": (decisions & 1).any(),
        "codes above 63": longest_set > 2,
        "missing: none in training": (missing == 0).any(),
        "missing: zero": (missing == 1).any(),
        "missing: NaN": (missing == 2).any(),
        "one leaf": 1 in leaves,
        "stumps": 2 in leaves,
        "more than 50 leaves": max(leaves) > 50,
        "averaged (random forest)": "\naverage_output\n" in text,
        "dart": "[boosting: dart]" in text,
        "bagging": "[bagging_freq: 1]" in text,
        "monotone": re.search(r"^monotone_constraints=.*[1-9]", text, re.M) or "[monotone_constraints: 1" in text,
        "more than 13 features on a path": longest_path(booster) > 13,
    }
    return {name for name, there in found.items() if there}


def longest_path(booster: lightgbm.Booster) -> int:
    """Return the largest number of features on one path."""
    longest = 0
    for tree in booster.dump_model()["tree_info"]:
        todo: list[tuple[dict[str, Any], frozenset[int]]] = [(tree["tree_structure"], frozenset())]
        while todo:
            node, features = todo.pop()
            if "split_feature" in node:
                seen = features | {node["split_feature"]}
                todo += [(node["left_child"], seen), (node["right_child"], seen)]
            longest = max(longest, len(features))
    return longest
