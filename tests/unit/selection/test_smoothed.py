"""Lists under very many crossing ceilings: they keep every rule, and the bound says truly how good they are."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csc_array

from graduation_model.selection import optimum
from graduation_model.selection.ceilings import Ceilings
from graduation_model.selection.optimum import best_list
from graduation_model.selection.smoothed import list_at_prices, taken_in_order


def crossing(seed: int, families: int) -> tuple[np.ndarray, Ceilings]:
    """A quota, two districts that ask for somebody, villages and facilitators that cross, all of them tight."""
    rng = np.random.default_rng(seed)
    gain = np.sort(rng.integers(400_000, 990_000, families))[::-1]
    quota, district = families // 8, rng.random(families) < 0.3
    village, facilitator = rng.integers(0, families // 12, families), rng.integers(0, families // 40, families)
    rows = [(np.ones(families), quota), (-1.0 * district, -0.4 * quota // 1)]
    rows += [(village == place, 2) for place in range(families // 12)]
    rows += [(facilitator == place, 5) for place in range(families // 40)]
    matrix = np.array([row for row, _ in rows], dtype=np.float64)
    return gain, Ceilings(csc_array(matrix), np.array([bound for _, bound in rows], dtype=np.float64))


@pytest.mark.parametrize("seed", range(2))
def test_the_list_keeps_every_rule_and_the_bound_holds_the_best_of_all_lists(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    gain, ceilings = crossing(seed, 600)
    best = best_list(gain, ceilings)
    assert best.proven
    monkeypatch.setattr(optimum, "TOO_MANY", 20)
    monkeypatch.setattr(optimum, "MANY", 0)
    close = best_list(gain, ceilings)
    assert (ceilings.room(close.chosen) >= 0).all()
    assert close.value == gain[close.chosen].sum()
    assert close.value <= best.value <= close.upper
    assert close.value > 0.99 * close.upper
    assert not close.only


def test_the_same_families_are_taken_as_one_by_one() -> None:
    gain, ceilings = crossing(7, 400)
    worth = np.random.default_rng(1).normal(size=len(gain))
    counts = ceilings.only(ceilings.bound >= 0)
    room, one_by_one = counts.bound.copy(), np.zeros(len(gain), dtype=bool)
    for family in np.argsort(-worth, kind="stable"):
        column = counts.matrix[:, [family]].toarray().ravel()
        if (column <= room).all():
            one_by_one[family], room = True, room - column
    assert (taken_in_order(worth, ceilings) == one_by_one).all()


def test_where_no_list_keeps_the_rules_none_is_given() -> None:
    gain, ceilings = crossing(3, 400)
    bound = ceilings.bound.copy()
    bound[1] = -len(gain)  # more of the district than there are families
    assert list_at_prices(gain, Ceilings(ceilings.matrix, bound)) is None
