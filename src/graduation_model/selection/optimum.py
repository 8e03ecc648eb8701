"""Gains and ceilings in, the best list within them out, with a bound that proves it.

A linear program gives every ceiling a price. Most families are then plainly in or plainly out: moving one of them would
lose more than lies between the bound and the list found. The few others are decided by HiGHS (Huangfu and Hall 2018).
Gains and coefficients are whole numbers, so a list is proven once less than one lies between it and its bound. The
bound is summed here from the prices; any prices give a valid one, so it does not rest on the solver's tolerances.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

# Columns that are worked on at a time: HiGHS' time grows faster than their number.
WINDOW = 10_000
CORE = 300
LARGEST_CORE = 6_000
NODES = 20_000
IN_ORDER = 20
# What summing a million products of whole numbers in floating point may miss, far below the one that counts.
ROUNDING = 0.01


class Infeasible(Exception):
    """No list keeps all ceilings. Caught in this room, which then says which of the rules cannot hold together."""


@dataclass(frozen=True)
class Ceilings:
    """What a list must keep: `matrix @ chosen <= bound`.

    Attributes
    ----------
    matrix : sparse matrix (n_ceilings, n_families)
        Whole numbers.
    bound : array (n_ceilings,)
        Whole numbers; negative for what a list must hold at least.
    """

    matrix: Any  # scipy.sparse.csc_array; the library is imported where it is needed
    bound: np.ndarray

    def room(self, chosen: np.ndarray) -> np.ndarray:
        """What a list leaves under each ceiling; negative where it breaks one."""
        return self.bound - self.matrix @ chosen.astype(np.float64)

    def of(self, families: np.ndarray, already: np.ndarray) -> Ceilings:
        """The ceilings for some families, after what is chosen already has taken its part."""
        return Ceilings(self.matrix[:, families], self.room(already))

    def that_can_bind(self) -> Ceilings:
        """Only the ceilings that some list breaks."""
        most = self.matrix.maximum(0).sum(axis=1)
        kept = np.flatnonzero(most > self.bound)
        return Ceilings(self.matrix[kept], self.bound[kept])

    def and_at_least(self, gain: np.ndarray, value: float) -> Ceilings:
        """These ceilings, and lists that gain no less than a value."""
        from scipy.sparse import csc_array, vstack

        row = csc_array(-gain[np.newaxis, :].astype(np.float64))
        return Ceilings(vstack([self.matrix, row], format="csc"), np.append(self.bound, -value))


@dataclass(frozen=True)
class Optimum:
    """A list, and how good it is.

    Attributes
    ----------
    chosen : array of bool (n_families,)
    value : int
        Sum of the gains.
    upper : int
        No list within the ceilings gains more.
    undecided : array of bool (n_families,)
        Every list that gains as much agrees with this one on all other families.
    """

    chosen: np.ndarray
    value: int
    upper: int
    undecided: np.ndarray

    @property
    def proven(self) -> bool:
        """Whether no list gains more."""
        return self.value == self.upper


def best_list(gain: np.ndarray, ceilings: Ceilings) -> Optimum:
    """Return the one best list.

    Among lists that gain the same, the one whose families' places sum to the least; among those, the one that holds
    the first family, by place, on which two of them differ. So there is one list, whatever the machine or the solver.

    Parameters
    ----------
    gain : array of int (n_families,)
        Not negative; families stand in their order of rank.
    ceilings : Ceilings

    Raises
    ------
    Infeasible
    """
    best = maximise(gain, ceilings)
    chosen, places = best.chosen.copy(), len(gain) - np.arange(len(gain))
    if best.proven and best.undecided.any():
        free, rest = _still_open(gain, ceilings, best)
        second = maximise(places[free], rest)
        chosen[free] = second.chosen
        if second.proven and second.undecided.any():
            last, rest = _still_open(places[free], rest, second)
            chosen[free[last]] = _first_in_order(rest, len(last))
    return Optimum(chosen, best.value, best.upper, np.zeros(len(gain), dtype=bool))


def _still_open(gain: np.ndarray, ceilings: Ceilings, best: Optimum) -> tuple[np.ndarray, Ceilings]:
    """The families that lists as good as the best may differ in, and what such lists must keep."""
    kept = best.chosen & ~best.undecided
    free = np.flatnonzero(best.undecided)
    return free, ceilings.of(free, kept).and_at_least(gain[free], best.value - float(gain[kept].sum()))


def _first_in_order(ceilings: Ceilings, families: int) -> np.ndarray:
    """The list that holds the first family that any list can hold, then the second, and so on."""
    chosen = np.zeros(families, dtype=bool)
    for start in range(0, families, IN_ORDER):
        left = np.arange(start, families)
        gain = np.zeros(len(left), dtype=np.int64)
        ahead = min(IN_ORDER, len(left))
        gain[:ahead] = 1 << np.arange(ahead)[::-1]
        chosen[left] = maximise(gain, ceilings).chosen
        ceilings = ceilings.of(left[ahead:] - start, chosen[left] & (np.arange(len(left)) < ahead))
    return chosen


def maximise(gain: np.ndarray, ceilings: Ceilings) -> Optimum:
    """Return a list that gains the most, and the bound that proves it.

    Where more than `LARGEST_CORE` families are too close to call, or HiGHS needs more than `NODES` branches, the list
    may be short of the bound; `Optimum.upper` says by how much at most.

    Raises
    ------
    Infeasible
    """
    ceilings = ceilings.that_can_bind()
    if not len(ceilings.bound):
        return Optimum(np.ones(len(gain), dtype=bool), int(gain.sum()), int(gain.sum()), gain == 0)
    if not len(gain):
        raise Infeasible  # nobody is there to be chosen, and a ceiling asks for somebody
    prices = _prices(gain, ceilings)
    reduced = gain - prices @ ceilings.matrix
    upper = int(np.floor(prices @ ceilings.bound + reduced.clip(min=0).sum() + ROUNDING))
    nearest = np.argsort(np.abs(reduced), kind="stable")
    size, value, chosen = min(CORE, len(gain)), -1, None
    while True:
        found, finished = _decide(nearest[:size], reduced, prices, ceilings)
        if found is not None and gain[found].sum() > value:
            value, chosen = int(gain[found].sum()), found
        if chosen is None:
            if size == len(gain):
                raise Infeasible
            size = min(4 * size, len(gain))
            continue
        # Whoever is not close has one place in every list that could be better.
        close = np.abs(reduced) <= upper - value + ROUNDING
        if size >= close.sum():
            return Optimum(chosen, value, value if finished else upper, close)
        if size >= LARGEST_CORE or not finished:
            return Optimum(chosen, value, upper, close)
        size = int(min(close.sum(), LARGEST_CORE))


def _decide(
    core: np.ndarray, reduced: np.ndarray, prices: np.ndarray, ceilings: Ceilings
) -> tuple[np.ndarray | None, bool]:
    """The best list that has everybody outside of the core where their reduced gain puts them, None where none is; and
    whether HiGHS finished.

    What is made small is the loss against the bound. It is near zero, so that the solver's tolerances say little.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import eye_array, hstack

    outside = reduced > 0
    outside[core] = False
    part = ceilings.of(core, outside)
    can_break = part.matrix.maximum(0).sum(axis=1) > part.bound
    rows = np.flatnonzero(can_break | (prices > 0))
    size = np.maximum(abs(part.matrix[rows]).max(axis=1).toarray().ravel(), 1)
    scaled = part.matrix[rows] / size[:, np.newaxis]
    slack = prices[rows] * size
    result = milp(
        np.concatenate([-reduced[core], slack]),
        constraints=LinearConstraint(
            hstack([scaled, eye_array(len(rows))], format="csc"), part.bound[rows] / size, part.bound[rows] / size
        ),
        bounds=Bounds(0, np.concatenate([np.ones(len(core)), np.full(len(rows), np.inf)])),
        integrality=np.concatenate([np.ones(len(core)), np.zeros(len(rows))]),
        options={"presolve": len(core) <= CORE, "mip_rel_gap": 0, "node_limit": NODES},
    )
    if result.x is None:
        return None, False
    found = outside
    found[core] = result.x[: len(core)] > 0.5
    return (found, result.status == 0) if (ceilings.room(found) >= 0).all() else (None, False)


def _prices(gain: np.ndarray, ceilings: Ceilings) -> np.ndarray:
    """What one more unit under each ceiling would gain, by the linear program over all families.

    Most families are in or out long before the prices are exact: only those near the line are solved for, again and
    again, until nobody outside of the window wants to move.
    """
    if len(gain) <= WINDOW:
        return _linear(gain, ceilings)[0]
    some = np.arange(0, len(gain), len(gain) // WINDOW)
    try:
        sample = Ceilings(ceilings.matrix[:, some], ceilings.bound * (len(some) / len(gain)))
        prices = _linear(gain[some], sample)[0]
    except Infeasible:
        prices = np.zeros(len(ceilings.bound))
    size = max(WINDOW, len(gain) // 25)
    while size < len(gain):
        reduced = gain - prices @ ceilings.matrix
        window = np.argpartition(np.abs(reduced), size)[:size]
        kept = reduced > 0
        kept[window] = False
        size = 2 * size
        try:
            prices, value = _linear(gain[window], ceilings.of(window, kept))
        except Infeasible:
            continue
        bound = prices @ ceilings.bound + (gain - prices @ ceilings.matrix).clip(min=0).sum()
        if bound - value - gain[kept].sum() < 1:
            return prices
    return _linear(gain, ceilings)[0]


def _linear(gain: np.ndarray, ceilings: Ceilings) -> tuple[np.ndarray, float]:
    """The prices of a linear program, and what it gains."""
    from scipy.optimize import linprog

    # scipy's HiGHS presolves quadratically in the columns, and gains nothing by it here.
    result = linprog(
        -gain.astype(np.float64),
        A_ub=ceilings.matrix,
        b_ub=ceilings.bound,
        bounds=(0, 1),
        method="highs-ds",
        options={"presolve": False},
    )
    if result.status != 0:
        raise Infeasible
    return np.maximum(-result.ineqlin.marginals, 0), -result.fun


def can_hold(ceilings: Ceilings) -> bool:
    """Return whether any list keeps all ceilings."""
    if ceilings.matrix.shape[1] == 0:
        return bool((ceilings.bound >= 0).all())
    from scipy.optimize import Bounds, LinearConstraint, milp

    # Families alike under every ceiling are counted, not named: a weighted sum of their column tells them apart.
    weights = np.random.default_rng(0).integers(1, 1 << 40, len(ceilings.bound))
    column = weights @ ceilings.matrix.astype(np.int64)
    _, first, alike = np.unique(column, return_index=True, return_counts=True)
    result = milp(
        np.zeros(len(first)),
        constraints=LinearConstraint(ceilings.matrix[:, first], -np.inf, ceilings.bound),
        bounds=Bounds(0, alike),
        integrality=np.ones(len(first)),
        options={"presolve": len(first) <= WINDOW},
    )
    return bool(result.status == 0)
