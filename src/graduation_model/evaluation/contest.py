"""Two models' chances for the same families in; the difference between their lists, with its interval, out.

Clusters are drawn over all test years at once, since a village has its luck in every year that it is seen, and both
models are measured on the same draws.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from graduation_model.evaluation.bootstrap import percentile_interval, resampled_weights
from graduation_model.evaluation.metrics import METRICS
from graduation_model.evaluation.params import EvaluationParams
from graduation_model.evaluation.quota import YearsOfFamilies


@dataclass(frozen=True)
class Difference:
    """One figure of the first model minus that of the second; the interval is missing with a single cluster."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class GroupDifference:
    """The difference in false graduations among the proposed of one group."""

    group: str
    level: str
    difference: Difference


@dataclass(frozen=True)
class Contest:
    """What `contest` found.

    Attributes
    ----------
    precision : Difference
        At the quota, all years together.
    groups : tuple of GroupDifference
        In the share of false graduations, of every group that is large enough.
    too_few : int
        Groups that are not.
    """

    precision: Difference
    groups: tuple[GroupDifference, ...]
    too_few: int


def contest(
    families: pd.DataFrame, one: str, other: str, *, groups: Sequence[str], params: EvaluationParams
) -> Contest:
    """Compare two models on the families of some test years.

    Parameters
    ----------
    families : frame (n, ...)
        test_year, cluster, y (0/1), weight, the groups, and both models' chances.
    one, other : str
        Their columns.
    groups : sequence of str
    params : EvaluationParams
        Quota, resamples, interval, and the sizes below which nothing is said.
    """
    y, weight = families["y"].to_numpy(dtype=float), families["weight"].to_numpy(dtype=float)
    year = families["test_year"].to_numpy()
    chances = [families[name].to_numpy(dtype=float) for name in (one, other)]
    lists = [YearsOfFamilies.of(year, y, p, params.quota_share) for p in chances]
    names, member = _members(families, groups)
    plain = [made.taken(weight[None, :]) for made in lists]
    # A group is known by those whom both lists propose: of too few, an average says nothing.
    enough = (member.sum(axis=0) >= params.min_group) & np.all(
        [((taken[0] > 0) @ member) >= params.min_selected for taken in plain], axis=0
    )
    enough[0] = True
    member = member[:, enough]
    point = _precision(plain[0], y, member) - _precision(plain[1], y, member)
    draws = np.full((1, member.shape[1]), np.nan)
    cluster = pd.factorize(families["cluster"])[0]
    if cluster.max(initial=0) > 0:
        rng = np.random.default_rng(int(year.max()))
        blocks: Iterator[np.ndarray] = resampled_weights(cluster, weight, params.bootstrap, rng)
        draws = np.concatenate(
            [_precision(lists[0].taken(w), y, member) - _precision(lists[1].taken(w), y, member) for w in blocks]
        )
    low, high = percentile_interval(draws, params.interval)
    kept = [name for name, shown in zip(names, enough, strict=True) if shown]
    return Contest(
        precision=Difference(float(point[0, 0]), float(low[0]), float(high[0])),
        # What one list gets right less often, it gets wrong more often.
        groups=tuple(
            GroupDifference(*kept[k], Difference(-float(point[0, k]), -float(high[k]), -float(low[k])))
            for k in range(1, len(kept))
            if not np.isnan(point[0, k])
        ),
        too_few=int((~enough).sum()),
    )


def calibration(families: pd.DataFrame, model: str) -> tuple[float, float]:
    """Return the calibration slope of one model, and the share that made it minus its mean chance."""
    given = (
        families["y"].to_numpy(dtype=float),
        families[model].to_numpy(dtype=float),
        families["weight"].to_numpy(dtype=float),
    )
    return METRICS["calibration_slope"](*given, 0.5), METRICS["calibration_in_the_large"](*given, 0.5)


def precision(families: pd.DataFrame, model: str, quota_share: float) -> float:
    """Return one model's precision at the quota, all years together."""
    y, weight = families["y"].to_numpy(dtype=float), families["weight"].to_numpy(dtype=float)
    made = YearsOfFamilies.of(families["test_year"].to_numpy(), y, families[model].to_numpy(dtype=float), quota_share)
    return float(_precision(made.taken(weight[None, :]), y, np.ones((len(y), 1)))[0, 0])


def _members(families: pd.DataFrame, groups: Sequence[str]) -> tuple[list[tuple[str, str]], np.ndarray]:
    """Everybody, then each level of each group: its name, and who belongs to it (n, n_levels)."""
    names, columns = [("all", "all")], [np.ones(len(families))]
    for group in groups:
        levels = families[group].astype("str").to_numpy()
        for level in sorted(set(levels)):
            names.append((group, level))
            columns.append((levels == level).astype(float))
    return names, np.column_stack(columns)


def _precision(taken: np.ndarray, y: np.ndarray, member: np.ndarray) -> np.ndarray:
    """Return the share (B, n_levels) of the proposed that made it; missing where nobody is proposed."""
    near = np.flatnonzero(taken.any(axis=0))
    proposed = taken[:, near] @ member[near]
    made = (taken[:, near] * y[near]) @ member[near]
    return np.divide(made, proposed, out=np.full_like(made, np.nan), where=proposed > 0)
