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


def _thinned(n: int) -> np.ndarray:
    """Places of the steps kept; between two of them every failure above the lower one counts: none is forgotten."""
    return np.unique(np.linspace(0, max(n - 1, 0), min(n, MOST_STEPS)).astype(int)) if n else np.empty(0, int)
