"""Gains and very many ceilings in, a list close to the best out, and prices that bound how much better any list can be.

The dual of the linear program, smoothed by a temperature (Nesterov 2005), falls under plain gradients however many
ceilings there are and however their groups cross. As the temperature falls its prices come close to the exact ones.
Then families are taken in the order of what they gain at those prices, each one that still fits.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from graduation_model.selection.ceilings import Ceilings

# Shares of the largest gain; at each, so many steps at most.
TEMPERATURES, STEPS = (0.05, 0.01, 0.003, 0.001, 0.0003), 50
# Further below zero than so many temperatures, a family takes no part in the prices.
FAR = 12
# How often more is asked for where a list holds too few of a group.
TRIES = 5


def list_at_prices(gain: np.ndarray, ceilings: Ceilings) -> tuple[np.ndarray, np.ndarray] | None:
    """Return a list within all ceilings, and prices; None where none was found, which does not say that there is none.

    Parameters
    ----------
    gain : array of int (n_families,)
        Not negative.
    ceilings : Ceilings

    Returns
    -------
    array of bool (n_families,), array (n_ceilings,)
        Prices of one more unit under each ceiling, whole numbers and not negative: any such prices give a valid bound.
    """
    asked = Ceilings(ceilings.matrix, ceilings.bound.astype(np.float64))
    first = None
    for _ in range(TRIES):
        prices = smoothed_prices(gain, asked)
        first = prices if first is None else first
        chosen = taken_in_order(gain - prices @ ceilings.matrix, asked)
        short = ceilings.room(chosen)
        if (short >= 0).all():
            return chosen, first
        asked = Ceilings(asked.matrix, asked.bound + short.clip(max=0))
    return None


def smoothed_prices(gain: np.ndarray, ceilings: Ceilings) -> np.ndarray:
    """Return nearly the best prices: whole numbers, so that the last bits of a sum seldom move the list."""
    from scipy.optimize import minimize
    from scipy.special import expit

    unit, size = max(1, int(gain.max())), abs(ceilings.matrix).max(axis=1).toarray().ravel().clip(min=1)
    matrix = _scaled(ceilings.matrix, size)
    bound, gains, prices = ceilings.bound / size, gain / unit, np.zeros(len(size))
    near, before = np.arange(len(gain)), np.inf
    for temperature in TEMPERATURES:
        near = np.flatnonzero(gains - prices @ matrix > -FAR * before)
        part, own = matrix[:, near], gains[near]
        by_family = part.T.tocsr()

        def dual(prices: np.ndarray, part: Any, by_family: Any, own: np.ndarray, t: float) -> tuple[float, np.ndarray]:
            reduced = (own - by_family @ prices) / t
            return prices @ bound + t * np.logaddexp(0, reduced).sum(), bound - part @ expit(reduced)

        found = minimize(
            dual,
            prices,
            args=(part.tocsr(), by_family, own, temperature),
            jac=True,
            method="L-BFGS-B",
            bounds=[(0, None)] * len(size),
            options={"maxiter": STEPS},
        )
        prices, before = found.x, temperature
    return np.round(prices * unit / size)


def _scaled(matrix: Any, size: np.ndarray) -> Any:
    from scipy.sparse import diags_array

    return (diags_array(1 / size) @ matrix).tocsc()


def taken_in_order(worth: np.ndarray, ceilings: Ceilings) -> np.ndarray:
    """Return the families of the highest worth, one by one each that still fits.

    All that surely fit are taken at once, those that fit no more are left out, and so on with the rest. Ceilings that
    ask for somebody are not looked at.
    """
    only_count = np.ones(len(ceilings.bound), dtype=bool)
    only_count[ceilings.matrix.tocoo().row[ceilings.matrix.tocoo().data < 0]] = False
    part = ceilings.only(only_count & (ceilings.bound >= 0))
    left, room = np.argsort(-worth, kind="stable"), part.bound.astype(np.float64)
    chosen = np.zeros(len(worth), dtype=bool)
    while len(left):
        rows = part.matrix[:, left].tocsr()
        row = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
        used = np.cumsum(rows.data)
        used -= np.append(0, used)[rows.indptr[:-1]][row]
        fits, out = np.ones(len(left), dtype=bool), np.zeros(len(left), dtype=bool)
        fits[rows.indices[used > room[row]]] = False
        chosen[left[fits]] = True
        room -= rows @ fits.astype(np.float64)
        out[rows.indices[rows.data > room[row]]] = True
        left = left[~fits & ~out]
    return chosen
