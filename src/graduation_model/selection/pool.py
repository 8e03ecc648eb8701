"""The families of one selection: their order, who of them is ready under which rules, and what each rule costs."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd

from graduation_model.selection.limits import Limit, levels, limits_of
from graduation_model.selection.optimum import Optimum
from graduation_model.selection.params import SelectionParams
from graduation_model.selection.proposal import IN_ONE, propose
from graduation_model.selection.standing import BEYOND_BOUND, NEVER_GRADUATED, READY, comparable, standing

_TYPES = {
    "rule": "str",
    "kind": "str",
    "level": "str",
    "limit": "float64",
    "used": "float64",
    "binding": "bool",
    "price_exits": "float64",
    "families": "int64",
}
RULE_COLUMNS = tuple(_TYPES)
NO_PRICES = pd.DataFrame(columns=list(RULE_COLUMNS)).astype(_TYPES)


class Pool:
    """The families of one selection in their order, and who of them is ready under which rules."""

    def __init__(
        self,
        scores: pd.DataFrame,
        params: SelectionParams,
        quota: int | None,
        seed_text: str,
        *,
        contributions: pd.DataFrame | None,
    ) -> None:
        self.scores, self.params, self.quota = scores, params, quota
        self.table, self.held = standing(scores, params, contributions)
        is_ready = (self.table["recommendation"] == READY).to_numpy()
        # lexsort reads its keys from the last to the first; the stable order below a hash collision is that of the ids.
        self.order = np.lexsort(
            (
                _hashed(scores["household_id"], seed_text),
                -comparable(scores["completeness"]),
                -comparable(scores["probability"]),
            )
        )
        self.ready = self.order[is_ready[self.order]]

    def probability(self, families: np.ndarray) -> np.ndarray:
        return self.scores["probability"].to_numpy(dtype="float64")[families]

    def limits(self, families: np.ndarray) -> tuple[Limit, ...]:
        return limits_of(self.scores.iloc[families], self.params, self.quota)

    def without(self, guard: str) -> np.ndarray:
        """Who would be ready without a guard, in order."""
        others = self.held.drop(columns=guard).to_numpy().any(axis=1)
        would_be = (self.table["recommendation"] == READY).to_numpy() | (self.held[guard].to_numpy() & ~others)
        return self.order[would_be[self.order]]

    def listed(self, chosen: np.ndarray, waits: np.ndarray) -> pd.DataFrame:
        """What is said of every family, once the list is made.

        Rank 1.. over everybody of whom something is said: the ready, then the others, each in their order.
        """
        said = (self.table["recommendation"] != "cannot_say").to_numpy()
        ready = np.isin(self.order, self.ready)
        ranked = np.concatenate([self.ready, self.order[~ready & said[self.order]]])
        selected = np.zeros(len(self.table), dtype=bool)
        selected[self.ready[chosen]] = True
        waiting = self.ready[~chosen]
        rule = self.table["rule"].to_numpy(dtype=object)
        rule[waiting] = waits[~chosen]
        return self.table.assign(
            rank=_positions(ranked, len(self.table)),
            selected=selected,
            waiting_list_position=_positions(waiting, len(self.table)),
            rule=pd.Series(rule, dtype="str"),
            quota_unit=self._unit(),
        )

    def _unit(self) -> pd.Series:
        if self.params.quota_unit is None:
            return pd.Series("all", index=self.scores.index, dtype="str")
        return levels(self.scores[self.params.quota_unit])

    def prices(self, best: Optimum, limits: tuple[Limit, ...]) -> pd.DataFrame:
        """Return `RULE_COLUMNS` of every rule: the list is made again without it."""
        rows: list[tuple[object, ...]] = []
        for limit in limits:
            others = tuple(one for one in limits if one is not limit)
            cost = self._price(best, self.ready, others) if limit.can_bind() else (False, 0.0, 0)
            rows.append((limit.rule, limit.kind, limit.level, limit.limit, limit.used(best.chosen), *cost))
        for guard in self.held.columns.drop(NEVER_GRADUATED):  # that one is no rule, but what nobody can know
            families = self.without(guard)
            kind, limit_ = ("cap", self.params.conformal_level) if guard == BEYOND_BOUND else ("guard", np.nan)
            cost = self._price(best, families, self.limits(families))
            rows.append((guard, kind, "", limit_, float(self.held[guard].sum()), *cost))
        return pd.DataFrame(rows, columns=list(RULE_COLUMNS)).astype(_TYPES)

    def _price(self, best: Optimum, families: np.ndarray, limits: tuple[Limit, ...]) -> tuple[bool, float, int]:
        other = propose(self.probability(families), limits)
        moved = len(np.setxor1d(self.ready[best.chosen], families[other.chosen]))
        return moved > 0, (other.value - best.value) / IN_ONE, moved


def _positions(order: np.ndarray, size: int) -> pd.Series:
    """Rows in their order -> 1, 2, .. at those rows, missing elsewhere."""
    numbers = pd.array(np.zeros(size, dtype="int64"), dtype="Int64")
    numbers[:] = pd.NA
    numbers[order] = np.arange(1, len(order) + 1)
    return pd.Series(numbers)


def tie_key(seed_text: str) -> str:
    """Return the key of the lot, which everybody can draw again from the as-of date."""
    return hashlib.sha256(seed_text.encode()).hexdigest()[:16]  # pandas' keyed hash takes 16 bytes


def _hashed(household_id: pd.Series, seed_text: str) -> np.ndarray:
    return pd.util.hash_array(household_id.to_numpy(dtype=object), hash_key=tie_key(seed_text))
