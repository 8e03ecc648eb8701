"""Who is in the programme in each wave: some leave, and new families take their places."""

from __future__ import annotations

import numpy as np

from graduation_model.simulation.outcomes import against_odds
from graduation_model.simulation.params import SimulationParams
from graduation_model.simulation.posterior import Grid
from graduation_model.simulation.welfare import Welfare


def pool_size(households: int, waves: int, params: SimulationParams) -> int:
    """Return how many families to draw, so that those who leave can be replaced."""
    made, visits = params.decisions, params.visits
    most_moved = float(against_odds(visits.moved, np.array(max(1.0, visits.odds)))) + visits.deceased
    yearly = households * (made.quota + made.natural + made.administrative + most_moved)
    return households + (waves - 1) * int(np.ceil(yearly + 4 * np.sqrt(yearly) + 10))


class Roster:
    """The families drawn: who is here, and since which wave.

    Attributes
    ----------
    entered : int array (n_families,)
        The wave of the first assessment.
    """

    def __init__(self, families: int, households: int) -> None:
        self.size, self._waiting = families, households
        self._here = np.arange(families) < households
        self.entered = np.zeros(families, dtype=np.int16)
        self._first = households
        self._stayed: list[np.ndarray] = []

    def here(self) -> np.ndarray:
        """Return who is assessed now, as positions."""
        return np.flatnonzero(self._here)

    def leave(self, family: np.ndarray, next_wave: int) -> None:
        """Take families out; as many enter at the next wave."""
        new = slice(self._waiting, self._waiting + len(family))
        self._here[family] = False
        self._here[new] = True
        self.entered[new] = next_wave
        self._waiting += len(family)

    def chance_to_stay(self, wave: int, welfare: Welfare, grid: Grid) -> np.ndarray:
        """Return the log chance to be still here after 0, 1, … years, by hidden parts: (wave + 1, S, P * U).

        Those of the first wave stand for everybody's first, second, … year. To be asked once every wave, in order.
        """
        first, step = np.arange(self._first), 2 * wave
        parts = (welfare.static[first], welfare.persistent[first, step], welfare.transitory[first, step])
        logit = np.full_like(grid.log_prior, np.inf)
        if wave:  # at the first everybody is here
            logit = _powers(*grid.points()) @ _logistic(_powers(*parts), self._here[first])
        self._stayed.append(-np.logaddexp(0, -logit).astype(np.float32))
        return np.stack(self._stayed)


def _powers(*parts: np.ndarray) -> np.ndarray:
    """One, each hidden part, and every product of two, along a new last axis."""
    products = [a * b for place, a in enumerate(parts) for b in parts[place:]]
    return np.stack([np.ones_like(parts[0]), *parts, *products], axis=-1).astype(float)


def _logistic(X: np.ndarray, y: np.ndarray, ridge: float = 1.0, rounds: int = 12) -> np.ndarray:
    """Coefficients of a logistic regression by Newton's method, held a little towards nothing but the constant."""
    beta, penalty = np.zeros(X.shape[1]), ridge * np.eye(X.shape[1])
    penalty[0, 0] = 1e-3
    for _ in range(rounds):
        chance = 1 / (1 + np.exp(-np.clip(X @ beta, -30, 30)))
        weight = np.maximum(chance * (1 - chance), 1e-6)
        beta += np.linalg.solve(X.T @ (weight[:, None] * X) + penalty, X.T @ (y - chance) - penalty @ beta)
    return beta
