"""A p-value for "this family will not make it": out-of-fold log-odds of families that did not in, p-values out.

Conformal selection (Jin and Candès 2023): a new family's p-value is the weighted share of all calibration families that
failed and were yet scored at least as high. Benjamini and Hochberg's (1995) cut of these p-values bounds the expected
share of failures in the list, if new and calibration families are exchangeable. Ties count against the family.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

# More steps than that tell no two families apart that a committee would.
MOST_STEPS = 2_000
# Parts of equal weight that past scores are cut into.
HEIGHTS = 20
# Of families to be scored: a twentieth of fewer is known to a fifth at best; more would be no better than labels are.
FEWEST_UNLABELLED, MOST_UNLABELLED = 500, 50_000


@dataclass(frozen=True)
class ConformalCalibration:
    """A falling staircase: log-odds -> p-value. It holds no family.

    Attributes
    ----------
    log_odds : array (n_steps,), ascending
    p_value : array (n_steps + 1,), descending, in (0, 1]
        Of a family at or below the first step, then above each step.
    """

    log_odds: np.ndarray
    p_value: np.ndarray

    @classmethod
    def fit(cls, log_odds: np.ndarray, y: np.ndarray, weight: np.ndarray) -> Self:
        """Learn the staircase.

        Parameters
        ----------
        log_odds : array (n,)
            Cross-fitted: of a model that had not seen the family.
        y : array (n,), 0 or 1
        weight : array (n,), positive
            A new family is given the largest: the weight it would have is not known (Tibshirani et al. 2019), and a
            smaller one would flatter it.

        Examples
        --------
        >>> past = ConformalCalibration.fit(np.array([-1.0, 0.0, 1.0, 2.0]), np.array([0, 0, 1, 1]), np.ones(4))
        >>> past.p_values(np.array([-2.0, 0.0, 0.5])).tolist()
        [0.6, 0.4, 0.2]
        """
        failed = np.sort(log_odds[y == 0])
        order = np.argsort(log_odds[y == 0], kind="stable")
        new, total = float(weight.max()), float(weight.sum() + weight.max())
        above = np.append(np.cumsum(weight[y == 0][order][::-1])[::-1], 0.0)
        steps = _thinned(len(failed))
        return cls(log_odds=failed[steps], p_value=(new + above[np.append(0, steps + 1)]) / total)

    def p_values(self, log_odds: np.ndarray) -> np.ndarray:
        """Return the p-value (n,) of each family: small where few that failed were scored so high."""
        return self.p_value[np.searchsorted(self.log_odds, log_odds, side="left")]


def as_often_as_now(log_odds: np.ndarray, weight: np.ndarray, unlabelled: np.ndarray) -> np.ndarray:
    """Weigh families of the past so that each height of score is as frequent among them as among those to be scored.

    Families come to be known better (their history grows), and the model of all rows puts families further apart than
    the fits of the folds did: more of this year's lie high than of the past. Where chances at one score stay the same,
    these weights restore what the p-values rest on (Tibshirani et al. 2019; Jin and Candès 2023).

    Parameters
    ----------
    log_odds : array (n,)
        Cross-fitted, of families whose outcome is known.
    weight : array (n,), positive
    unlabelled : array (m,)
        Log-odds of families like those to be scored, by the model that scores. Fewer than `FEWEST_UNLABELLED` say
        nothing, and the weights stay.

    Examples
    --------
    >>> past, now = np.array([-1.0, 1.0]), np.repeat([-1.0, 1.0], [300, 900])
    >>> as_often_as_now(past, np.ones(2), now).tolist()
    [0.5, 1.5]
    """
    if len(unlabelled) < FEWEST_UNLABELLED:
        return weight
    order = np.argsort(log_odds, kind="stable")
    reached = np.cumsum(weight[order]) / weight.sum()
    edges = np.unique(log_odds[order][np.searchsorted(reached, np.arange(1, HEIGHTS) / HEIGHTS)])
    height, now = (np.searchsorted(edges, scores) for scores in (log_odds, unlabelled))
    past_share = np.bincount(height, weights=weight, minlength=len(edges) + 1) / weight.sum()
    now_share = np.bincount(now, minlength=len(edges) + 1) / len(unlabelled)
    return weight * now_share[height] / past_share[height]


def _thinned(n: int) -> np.ndarray:
    """Places of the steps kept; between two of them every failure above the lower one counts: none is forgotten."""
    return np.unique(np.linspace(0, max(n - 1, 0), min(n, MOST_STEPS)).astype(int)) if n else np.empty(0, int)
