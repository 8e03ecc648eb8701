"""Path-dependent SHAP values in fractions: the definition written down, without any rounding and without any speed."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import factorial
from typing import Any

import lightgbm
import numpy as np

Step = tuple[int, bool, Fraction]  # feature, whether the row takes this way, share of the training rows that took it


def rational_shap(booster: lightgbm.Booster, row: np.ndarray) -> list[Fraction]:
    """Return the SHAP value of each feature for one row without missing values; the splits are at numbers."""
    values = [Fraction(0)] * len(row)
    for tree in booster.dump_model()["tree_info"]:
        for steps, leaf in _paths(tree["tree_structure"], row, []):
            met: dict[int, bool] = {}
            share: dict[int, Fraction] = {}
            for feature, goes, part in steps:
                met[feature] = met.get(feature, True) and goes
                share[feature] = share.get(feature, Fraction(1)) * part
            for feature in met:
                values[feature] += leaf * (int(met[feature]) - share[feature]) * _weight(feature, met, share)
    return values


def _paths(node: dict[str, Any], row: np.ndarray, steps: list[Step]) -> Iterator[tuple[list[Step], Fraction]]:
    if "leaf_value" in node:
        yield steps, Fraction(node["leaf_value"])
        return
    goes_left = bool(row[node["split_feature"]] <= node["threshold"])
    for side, goes in (("left_child", goes_left), ("right_child", not goes_left)):
        child = node[side]
        share = Fraction(child.get("internal_count", child.get("leaf_count")), node["internal_count"])
        yield from _paths(child, row, [*steps, (node["split_feature"], goes, share)])


def _weight(feature: int, met: dict[int, bool], share: dict[int, Fraction]) -> Fraction:
    """Sum over coalitions of the other features: how surely the leaf is reached with one, times Shapley's weight."""
    of_size = [Fraction(1)]
    for other in met:
        if other != feature:
            without = [*(share[other] * weight for weight in of_size), Fraction(0)]
            within = [Fraction(0), *(int(met[other]) * weight for weight in of_size)]
            of_size = [a + b for a, b in zip(without, within, strict=True)]
    d = len(met)
    return sum(
        (weight * Fraction(factorial(s) * factorial(d - 1 - s), factorial(d)) for s, weight in enumerate(of_size)),
        Fraction(0),
    )
