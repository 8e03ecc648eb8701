"""The solver on lists too long to try them all, beside HiGHS asked plainly; and on shapes that once were hard."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csc_array

from graduation_model.selection import optimum
from graduation_model.selection.ceilings import Ceilings
from graduation_model.selection.nested import taken_by_rank
from graduation_model.selection.optimum import Infeasible, _first_of_equals, best_list, can_hold, maximise


def lists(seed: int, families: int, *, levels: int = 0) -> tuple[np.ndarray, Ceilings]:
    """A quota, a budget in odd rupiah, four districts, a floor by share, villages and facilitators."""
    rng = np.random.default_rng(seed)
    quota = families // 8
    gain = np.sort(rng.integers(880_000, 990_000, families))[::-1]
    if levels:
        gain = np.sort(rng.choice(rng.integers(880_000, 990_000, levels), families))[::-1]
    district = rng.choice(4, families, p=[0.5, 0.3, 0.15, 0.05])
    village, facilitator = rng.integers(0, families // 10, families), rng.integers(0, families // 30, families)
    woman, cost = rng.random(families) < 0.2, rng.integers(1_900_000, 3_100_000, families)
    rows = [(np.ones(families), quota), (cost, int(2.45e6 * quota)), (1 - 4 * woman, 0)]
    for place, share in enumerate([0.5, 0.3, 0.15, 0.05]):
        rows += [(district == place, 1.2 * share * quota), (-1.0 * (district == place), -0.7 * share * quota)]
    rows += [(village == place, 2) for place in range(families // 10)]
    rows += [(facilitator == place, 5) for place in range(families // 30)]
    matrix = np.array([row for row, _ in rows], dtype=np.float64)
    return gain, Ceilings(csc_array(matrix), np.trunc(np.array([bound for _, bound in rows], dtype=np.float64)))


def plainly(gain: np.ndarray, ceilings: Ceilings) -> float:
    result = milp(
        -gain.astype(float),
        constraints=LinearConstraint(ceilings.matrix, -np.inf, ceilings.bound),
        bounds=Bounds(0, 1),
        integrality=np.ones(len(gain)),
        options={"mip_rel_gap": 0},
    )
    return -result.fun


@pytest.mark.parametrize("seed", range(4))
def test_the_list_is_as_good_as_what_highs_finds_when_asked_plainly(seed: int) -> None:
    gain, ceilings = lists(seed, 240)
    best = best_list(gain, ceilings)
    assert best.value == pytest.approx(plainly(gain, ceilings), abs=0.5)
    assert best.proven
    assert (ceilings.room(best.chosen) >= 0).all()


@pytest.mark.parametrize("seed", range(3))
def test_looking_through_a_narrow_window_finds_the_same_list(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    gain, ceilings = lists(seed, 400)
    whole = best_list(gain, ceilings)
    monkeypatch.setattr(optimum, "WINDOW", 40)
    monkeypatch.setattr(optimum, "CORE", 10)
    narrow = best_list(gain, ceilings)
    assert narrow.value == whole.value
    assert (narrow.chosen == whole.chosen).all()


def test_groups_within_groups_are_taken_by_rank_and_give_the_list_that_prices_and_branches_give() -> None:
    rng = np.random.default_rng(1)
    gain = np.sort(rng.choice([880_000, 900_000, 950_000], 300))[::-1]
    village = rng.integers(0, 40, 300)
    rows = [(np.ones(300), 60), *((village == place, 2) for place in range(40))]
    rows += [(2.0 * (village // 8 == place), 25) for place in range(5)]  # a facilitator's families, at 2 each
    matrix, bound = (np.array(part, dtype=np.float64) for part in zip(*rows, strict=True))
    ceilings = Ceilings(csc_array(matrix), bound)
    chosen = taken_by_rank(gain, ceilings)
    assert chosen is not None
    within = ceilings.that_can_bind()
    assert chosen.tolist() == _first_of_equals(gain, within, maximise(gain, within)).chosen.tolist()


def test_what_crosses_asks_for_somebody_or_weighs_is_not_taken_by_rank() -> None:
    gain = np.array([3, 2, 1])
    for rows in ([[1, 1, 0], [0, 1, 1]], [[-1, 0, 0]], [[1, 2, 0]]):
        ceilings = Ceilings(
            csc_array(np.array(rows, dtype=np.float64)), np.array([-1.0 if rows[0][0] < 0 else 1.0] * len(rows))
        )
        assert taken_by_rank(gain, ceilings) is None
    assert taken_by_rank(gain[::-1], Ceilings(csc_array(np.ones((1, 3))), np.array([1.0]))) is None


def test_ceilings_about_few_families_are_looked_at_once_a_list_breaks_them(monkeypatch: pytest.MonkeyPatch) -> None:
    gain, ceilings = lists(2, 240)
    whole = best_list(gain, ceilings)
    monkeypatch.setattr(optimum, "MANY", 0)
    monkeypatch.setattr(optimum, "WIDE", 0.2)
    assert best_list(gain, ceilings).chosen.tolist() == whole.chosen.tolist()


def test_few_levels_of_chance_are_counted_and_not_tried_one_by_one() -> None:
    gain, ceilings = lists(1, 800, levels=6)
    ceilings = Ceilings(ceilings.matrix[[0, 2, *range(3, 11)]], ceilings.bound[[0, 2, *range(3, 11)]])
    best = best_list(gain, ceilings)
    assert best.proven
    assert best.only


def test_a_bound_is_never_below_the_list_and_says_so_where_nothing_is_proven(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(optimum, "NODES", 0)
    monkeypatch.setattr(optimum, "LARGEST_CORE", 20)
    monkeypatch.setattr(optimum, "CORE", 20)
    for seed in range(4):
        gain, ceilings = lists(seed, 240)
        found = maximise(gain, ceilings)
        assert found.value <= plainly(gain, ceilings) + 0.5 <= found.upper + 1


def test_what_cannot_be_kept_is_no_list() -> None:
    gain = np.array([3, 2, 1])
    ceilings = Ceilings(csc_array(np.array([[1.0, 1.0, 1.0], [-1.0, -1.0, 0.0]])), np.array([1.0, -2.0]))
    with pytest.raises(Infeasible):
        best_list(gain, ceilings)
    assert not can_hold(ceilings)
    assert can_hold(Ceilings(ceilings.matrix[[0]], ceilings.bound[[0]]))


def test_of_nobody_the_list_is_empty_unless_somebody_is_asked_for() -> None:
    nobody = np.zeros(0, dtype=np.int64)
    assert best_list(nobody, Ceilings(csc_array((1, 0)), np.array([5.0]))).value == 0
    with pytest.raises(Infeasible):
        best_list(nobody, Ceilings(csc_array((1, 0)), np.array([-1.0])))
