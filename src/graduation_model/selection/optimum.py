"""Gains and ceilings in, the best list within them out, with a bound that proves it.

A linear program gives every ceiling a price. Most families are then plainly in or plainly out: moving one of them would
lose more than lies between the bound and the list found. The few others are decided by HiGHS (Huangfu and Hall 2018).
Gains and coefficients are whole numbers, so a list is proven once less than one lies between it and its bound. The
bound is summed here from the prices; any prices give a valid one, so it does not rest on the solver's tolerances.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from graduation_model.selection.ceilings import Ceilings
from graduation_model.selection.nested import taken_by_rank
from graduation_model.selection.smoothed import list_at_prices

# Columns that are worked on at a time: HiGHS' time grows faster than their number.
WINDOW = 10_000
CORE = 300
LARGEST_CORE = 3_000
NODES = 2_000
IN_ORDER = 20
# Of more ceilings than so many, those about a smaller share of the families are left out until a list breaks them.
MANY, WIDE = 3_000, 0.01
# Of more ceilings than so many, once lists have broken many, a smoothed linear program prices all, for a list close to
# the best: an exact one would have to hold ever more of them, and ends no more.
TOO_MANY = 10_000
# Seconds of one linear program, after which the rules are said to be too hard. It never decides which list is made.
PATIENCE = 300
INFEASIBLE = 2  # scipy's status
# What summing a million products of whole numbers in floating point may miss, far below the one that counts.
ROUNDING = 0.01


class Infeasible(Exception):
    """No list keeps all ceilings. Caught in this room, which then says which of the rules cannot hold together."""


class TooHard(Exception):
    """HiGHS found no prices in time. Caught in this room, which then says so."""


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
    only : bool
        Whether no list that gains as much comes before it; see `best_list`.
    """

    chosen: np.ndarray
    value: int
    upper: int
    undecided: np.ndarray
    only: bool = False

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
    ceilings = ceilings.that_can_bind()
    best = _by_rank(gain, ceilings)
    if best is not None:
        return best
    # The best list under fewer ceilings that keeps the others, too, is the best of all. Of very many ceilings most are
    # about few families, such as a village's, and cut nothing off: they are looked at once a list breaks them.
    looked_at, too_many = ceilings.wide(WIDE) | (len(ceilings.bound) <= MANY), len(ceilings.bound) > TOO_MANY
    while True:
        part = ceilings.only(looked_at)
        if too_many and len(part.bound) > MANY and (close := _near_best(gain, ceilings)):
            return close
        found = _by_rank(gain, part) or maximise(gain, part)
        broken = ceilings.room(found.chosen) < 0
        # Which of the equally good lists comes first is asked once any of them keeps all ceilings.
        if not broken.any() and found.proven and not found.only:
            found = _first_of_equals(gain, part, found)
            broken = ceilings.room(found.chosen) < 0
        if not broken.any():
            return found
        looked_at |= broken


def _by_rank(gain: np.ndarray, ceilings: Ceilings) -> Optimum | None:
    """The best list where families need only be taken by rank; None where they cannot."""
    chosen = taken_by_rank(gain, ceilings)
    if chosen is None:
        return None
    value = int(gain[chosen].sum())
    return Optimum(chosen, value, value, np.zeros(len(gain), dtype=bool), only=True)


def _near_best(gain: np.ndarray, ceilings: Ceilings) -> Optimum | None:
    """A list close to the best, and how close; None where none was found."""
    found = list_at_prices(gain, ceilings)
    if found is None:
        return None
    chosen, prices = found
    value, reduced = int(gain[chosen].sum()), gain - prices @ ceilings.matrix
    upper = max(value, _upper(prices @ ceilings.bound + reduced.clip(min=0).sum(), gain))
    return Optimum(chosen, value, upper, np.abs(reduced) <= upper - value)


def _upper(bound: float, gain: np.ndarray) -> int:
    """The most that a list can gain within a bound: every list gains a multiple of what all gains are multiples of."""
    step = max(1, int(np.gcd.reduce(gain)))
    return int((bound + ROUNDING) // step) * step


def _first_of_equals(gain: np.ndarray, ceilings: Ceilings, best: Optimum) -> Optimum:
    """Of the lists that gain as much as a proven one, that which `best_list` returns."""
    chosen, places = best.chosen.copy(), len(gain) - np.arange(len(gain))
    free, rest = _still_open(gain, ceilings, best)
    second = maximise(places[free], rest)
    chosen[free] = second.chosen
    if second.proven:
        last, rest = _still_open(places[free], rest, second)
        chosen[free[last]] = _first_in_order(rest, len(last))
    return Optimum(chosen, best.value, best.upper, np.zeros(len(gain), dtype=bool), only=second.proven)


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

    Where more than `LARGEST_CORE` kinds of families are too close to call, or HiGHS needs more than `NODES` branches,
    the list may be short of the bound; `Optimum.upper` says by how much at most.

    Raises
    ------
    Infeasible
    """
    ceilings = ceilings.that_can_bind()
    if not len(ceilings.bound):
        return Optimum(np.ones(len(gain), dtype=bool), int(gain.sum()), int(gain.sum()), gain == 0)
    if not len(gain):
        raise Infeasible  # nobody is there to be chosen, and a ceiling asks for somebody
    kinds = _Kinds(gain, ceilings)
    prices = _prices(kinds)
    reduced = kinds.gain - prices @ kinds.matrix
    bound = prices @ kinds.bound + reduced.clip(min=0) @ kinds.count
    upper = _upper(bound, kinds.gain)
    nearest = np.argsort(np.abs(reduced), kind="stable")
    size, value, taken = min(CORE, len(nearest)), -1, None
    while True:
        found, finished = _decide(nearest[:size], reduced, prices, kinds)
        if found is not None and kinds.gain @ found > value:
            value, taken = int(kinds.gain @ found), found
        if taken is None and size < len(nearest):
            size = min(4 * size, len(nearest))
            continue
        if taken is None:
            taken = _any_list(kinds)  # HiGHS found none within its branches: one is enough, and its bound says how good
            value = int(kinds.gain @ taken)
        # What is not close has one place in every list that could be better.
        close = np.abs(reduced) <= bound - value + ROUNDING
        if value < upper and finished and size < min(close.sum(), LARGEST_CORE):
            size = int(min(close.sum(), LARGEST_CORE))
            continue
        if finished and size >= close.sum():
            upper = value
        return Optimum(kinds.families(taken), value, upper, close[kinds.of])


class _Kinds:
    """Families that are alike in what they gain and take: counted, not named, so that ties do not multiply the work.

    Attributes
    ----------
    gain, count : array of int (n_kinds,)
    matrix : sparse matrix (n_ceilings, n_kinds)
    bound : array (n_ceilings,)
    of : array of int (n_families,)
        The kind of each family.
    """

    def __init__(self, gain: np.ndarray, ceilings: Ceilings) -> None:
        # A weighted sum of a family's column, with large random weights, tells the columns apart.
        weights = np.random.default_rng(0).integers(1, 1 << 62, len(ceilings.bound) + 1)
        key = weights[:-1] @ ceilings.matrix.astype(np.int64) + weights[-1] * gain.astype(np.int64)
        _, first, self.of, self.count = np.unique(key, return_index=True, return_inverse=True, return_counts=True)
        self.gain, self.matrix, self.bound = gain[first].astype(np.int64), ceilings.matrix[:, first], ceilings.bound

    def families(self, taken: np.ndarray) -> np.ndarray:
        """The first so many families of each kind."""
        order = np.argsort(self.of, kind="stable")
        starts = np.cumsum(self.count) - self.count
        place = np.empty(len(self.of), dtype=np.int64)
        place[order] = np.arange(len(self.of)) - np.repeat(starts, self.count)
        return place < taken[self.of]


def _decide(core: np.ndarray, reduced: np.ndarray, prices: np.ndarray, kinds: _Kinds) -> tuple[np.ndarray | None, bool]:
    """How many of each kind the best list takes that has all others where their reduced gain puts them, None where
    there is no such list; and whether HiGHS finished.

    What is made small is the loss against the bound. It is near zero, so that the solver's tolerances say little.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import eye_array, hstack

    taken = np.where(reduced > 0, kinds.count, 0)
    taken[core] = 0
    room = kinds.bound - kinds.matrix @ taken.astype(np.float64)
    part = kinds.matrix[:, core]
    can_break = part.maximum(0) @ kinds.count[core].astype(np.float64) > room
    rows = np.flatnonzero(can_break | (prices > 0))
    part, room = part[rows], room[rows]
    size = np.maximum(abs(part).max(axis=1).toarray().ravel(), 1)
    # Each row with its slack, which costs its price: then the loss is the distance from the bound.
    matrix = hstack([part / size[:, np.newaxis], eye_array(len(rows))], format="csc")
    result = milp(
        np.concatenate([-reduced[core], prices[rows] * size]),
        constraints=LinearConstraint(matrix, room / size, room / size),
        bounds=Bounds(0, np.concatenate([kinds.count[core], np.full(len(rows), np.inf)])),
        integrality=np.concatenate([np.ones(len(core)), np.zeros(len(rows))]),
        options={"presolve": len(core) <= CORE, "mip_rel_gap": 0, "node_limit": NODES},
    )
    if result.x is None:
        return None, False
    taken[core] = np.round(result.x[: len(core)]).astype(np.int64)
    keeps = (kinds.matrix @ taken.astype(np.float64) <= kinds.bound).all()
    return (taken, result.status == 0) if keeps else (None, False)


def _prices(kinds: _Kinds) -> np.ndarray:
    """What one more unit under each ceiling would gain, by the linear program over all families.

    Most are in or out long before the prices are exact: only those near the line are solved for, again and again,
    until nobody outside of the window wants to move.
    """
    everybody = np.arange(len(kinds.gain))
    if len(everybody) <= WINDOW:
        return _linear(kinds, everybody, kinds.bound)[0]
    some = everybody[:: len(everybody) // WINDOW]
    try:
        prices = _linear(kinds, some, kinds.bound * (kinds.count[some].sum() / kinds.count.sum()))[0]
    except Infeasible:
        prices = np.zeros(len(kinds.bound))
    size = max(WINDOW, len(everybody) // 25)
    while size < len(everybody):
        reduced = kinds.gain - prices @ kinds.matrix
        window = np.argpartition(np.abs(reduced), size)[:size]
        kept = np.where(reduced > 0, kinds.count, 0)
        kept[window] = 0
        size = 2 * size
        try:
            prices, value = _linear(kinds, window, kinds.bound - kinds.matrix @ kept.astype(np.float64))
        except Infeasible:
            continue
        bound = prices @ kinds.bound + (kinds.gain - prices @ kinds.matrix).clip(min=0) @ kinds.count
        if bound - value - kinds.gain @ kept < 1:
            return prices
    return _linear(kinds, everybody, kinds.bound)[0]


def _linear(kinds: _Kinds, some: np.ndarray, bound: np.ndarray) -> tuple[np.ndarray, float]:
    """The prices of a linear program over some kinds, and what it gains."""
    from scipy.optimize import linprog

    matrix = kinds.matrix[:, some]
    rows = np.flatnonzero(matrix.maximum(0) @ kinds.count[some].astype(np.float64) > bound)  # the others cost nothing
    # scipy's HiGHS presolves quadratically in the columns, and gains nothing by it here.
    result = linprog(
        -kinds.gain[some].astype(np.float64),
        A_ub=matrix[rows],
        b_ub=bound[rows],
        bounds=np.column_stack([np.zeros(len(some)), kinds.count[some]]),
        method="highs-ds",
        options={"presolve": False, "time_limit": PATIENCE},
    )
    if result.status == INFEASIBLE:
        raise Infeasible
    if result.status != 0:
        raise TooHard
    prices = np.zeros(len(bound))
    prices[rows] = np.maximum(-result.ineqlin.marginals, 0)
    return prices, -result.fun


def can_hold(ceilings: Ceilings) -> bool:
    """Return whether any list keeps all ceilings."""
    families = ceilings.matrix.shape[1]
    if families == 0:
        return bool((ceilings.bound >= 0).all())
    try:
        _any_list(_Kinds(np.zeros(families), ceilings))
    except Infeasible:
        return False
    return True


def _any_list(kinds: _Kinds) -> np.ndarray:
    """How many of each kind some list takes that keeps all ceilings."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    result = milp(
        np.zeros(len(kinds.gain)),
        constraints=LinearConstraint(kinds.matrix, -np.inf, kinds.bound),
        bounds=Bounds(0, kinds.count),
        integrality=np.ones(len(kinds.gain)),
        options={"presolve": len(kinds.gain) <= WINDOW},
    )
    if result.x is None:
        raise Infeasible
    return np.round(result.x).astype(np.int64)
