"""Ready families and rules in, what the list as a whole must keep out: each rule as rows of whole numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np
import pandas as pd

from graduation_model.selection.ceilings import Ceilings
from graduation_model.selection.conditions import hold, numbers
from graduation_model.selection.params import Budget, Floor, SelectionParams, Spread

Kind = Literal["quota", "budget", "district_min", "district_max", "floor", "spread"]
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Limit:
    """One rule about the whole list.

    Attributes
    ----------
    rule, kind, level
        Its name; what it is; the area or group that it is about, or ''.
    limit : float
        As the programme wrote it: families, money, or a share of the list.
    ceilings : Ceilings
        What it says, for the ready.
    counted : array or sparse matrix (n_levels, n_ready)
        What `used` adds up.
    of_list : bool
        Whether the limit is a share of the list.
    """

    rule: str
    kind: Kind
    level: str
    limit: float
    ceilings: Ceilings
    counted: Any
    of_list: bool = False

    def used(self, chosen: np.ndarray) -> float:
        """How much of the limit a list takes; of a spread, the most that any level has."""
        most = float(np.max(self.counted @ chosen.astype(np.float64), initial=0))
        return most / max(1, int(chosen.sum())) if self.of_list else most

    def most(self) -> float:
        """As much as all who are ready together come to."""
        return float(np.max(self.counted.sum(axis=1), initial=0))

    def can_bind(self) -> bool:
        """Whether any list of the ready breaks it."""
        return bool(len(self.ceilings.that_can_bind().bound))

    def broken_by(self, chosen: np.ndarray) -> np.ndarray:
        """Which families the list cannot take in as well."""
        room, cells = self.ceilings.room(chosen), self.ceilings.matrix.tocoo()
        broken = np.zeros(len(chosen), dtype=bool)
        broken[cells.col[cells.data > room[cells.row]]] = True
        return broken


def limits_of(ready: pd.DataFrame, params: SelectionParams, quota: int | None) -> tuple[Limit, ...]:
    """Return every rule about the whole list.

    Parameters
    ----------
    ready : frame (n_ready, ...)
        Scores of the ready, in their order of rank.
    """
    return tuple(_limits(ready, params, quota))


def _limits(ready: pd.DataFrame, params: SelectionParams, quota: int | None) -> Iterator[Limit]:
    everybody = np.ones(len(ready))
    if quota is not None:
        yield _at_most("quota", "quota", "", quota, everybody)
    if params.budget is not None:
        yield _budget(ready, params.budget)
    for areas in params.areas:
        level = levels(ready[areas.column])
        for area, least in areas.min.items():
            yield _at_least("min", "district_min", area, least, (level == area).to_numpy())
        for area, most in areas.max.items():
            yield _at_most("max", "district_max", area, most, (level == area).to_numpy())
    yield from (_floor(floor, hold(ready, floor.all_of)) for floor in params.floors)
    yield from (_spread(spread, ready, quota) for spread in params.spread)


def ceilings_of(limits: Sequence[Limit], families: int) -> Ceilings:
    """Return all rules at once."""
    from scipy.sparse import csc_array, vstack

    if not limits:
        return Ceilings(csc_array((0, families)), np.zeros(0))
    matrix = vstack([limit.ceilings.matrix for limit in limits], format="csc")
    return Ceilings(matrix, np.concatenate([limit.ceilings.bound for limit in limits]))


def levels(column: pd.Series) -> pd.Series:
    """Return a column's levels as text; families of whom it is not known share one."""
    return column.astype("object").where(column.notna(), UNKNOWN).astype("str")


def costs(scores: pd.DataFrame, budget: Budget) -> np.ndarray:
    """Return each family's cost; NaN where the programme does not say."""
    if not isinstance(budget.cost, str):
        return np.full(len(scores), float(budget.cost))
    if budget.amounts:
        return levels(scores[budget.cost]).map(budget.amounts).to_numpy(dtype="float64", na_value=np.nan)
    return numbers(scores[budget.cost])


def _row(values: np.ndarray) -> Any:
    from scipy.sparse import csc_array

    return csc_array(values[np.newaxis, :].astype(np.float64))


def _at_most(rule: str, kind: Kind, level: str, limit: int, member: np.ndarray) -> Limit:
    row = _row(member)
    return Limit(rule, kind, level, limit, Ceilings(row, np.array([float(limit)])), row)


def _at_least(rule: str, kind: Kind, level: str, limit: int, member: np.ndarray) -> Limit:
    row = _row(member)
    return Limit(rule, kind, level, limit, Ceilings(-row, np.array([-float(limit)])), row)


def _budget(ready: pd.DataFrame, budget: Budget) -> Limit:
    # Whole rupiah, rounded against the list; their common divisor out of the way, so that small numbers are added up.
    cost = np.ceil(costs(ready, budget))
    unit = max(1, int(np.gcd.reduce(cost.astype(np.int64), initial=0)))
    row = _row(cost)
    return Limit("budget", "budget", "", budget.at_most, Ceilings(row / unit, np.array([budget.at_most // unit])), row)


def _floor(floor: Floor, member: np.ndarray) -> Limit:
    if floor.count is not None:
        return _at_least(floor.name, "floor", floor.name, floor.count, member)
    share = Fraction(str(floor.share))  # as it is written: 0.1 is a tenth
    row = _row(share.numerator - share.denominator * member.astype(np.float64))
    return Limit(floor.name, "floor", floor.name, float(share), Ceilings(row, np.zeros(1)), _row(member), of_list=True)


def _spread(spread: Spread, ready: pd.DataFrame, quota: int | None) -> Limit:
    from scipy.sparse import csc_array

    most = spread.most or max(1, int(Fraction(str(spread.share)) * (quota or 0)))
    code, names = pd.factorize(levels(ready[spread.column]), sort=True)
    matrix = csc_array((np.ones(len(ready)), (code, np.arange(len(ready)))), shape=(len(names), len(ready)))
    return Limit(
        f"spread_{spread.column}", "spread", "", most, Ceilings(matrix, np.full(len(names), float(most))), matrix
    )
