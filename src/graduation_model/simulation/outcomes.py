"""What became of the families of one wave by both visits, whether anybody looks or not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from graduation_model.simulation.decisions import ADMINISTRATIVE, NATURAL, Decided
from graduation_model.simulation.exits import chance_of
from graduation_model.simulation.params import SimulationParams
from graduation_model.simulation.welfare import VISIT_STEPS, Welfare


@dataclass(frozen=True)
class Outcomes:
    """One entry a family assessed; visits are the second axis.

    Attributes
    ----------
    found : array (n, 2)
        Log welfare over the line as a visit measures it, transfers left out.
    hungry, distressed : bool array (n, 2)
    returned : bool array (n, 2)
        Whether need brought a graduated family back into a programme in the half-year before the visit.
    joined : bool array (n, 2)
        Whether it came back for a child or with everybody: no failure.
    luck : array (n, 2)
        The worst luck of the year before the visit, as a standard score.
    stayed_out : bool array (n,)
        The label of PROGRAMME and of `exits`, on two visits that both take place.
    moved, deceased : bool array (n,)
        Within the year after the decision.
    """

    found: np.ndarray
    hungry: np.ndarray
    distressed: np.ndarray
    returned: np.ndarray
    joined: np.ndarray
    luck: np.ndarray
    stayed_out: np.ndarray
    moved: np.ndarray
    deceased: np.ndarray


def live_on(
    welfare: Welfare,
    params: SimulationParams,
    decided: Decided,
    granted: np.ndarray,
    *,
    family: np.ndarray,
    wave: int,
    recorded: np.ndarray,
    rng: np.random.Generator,
) -> Outcomes:
    """Draw what both visits after a wave would find."""
    made, n = params.visits, len(family)
    steps = 2 * wave + np.array(VISIT_STEPS)
    found = welfare.log_ratio[np.ix_(family, steps)] + made.measurement * rng.standard_normal((n, 2))
    found[granted] += params.uep.effect
    hungry = rng.random((n, 2)) < chance_of(made.food, found)
    distressed = rng.random((n, 2)) < chance_of(made.distress, found)
    returned = (rng.random((n, 2)) < chance_of(made.reentry, found)) & decided.graduated[:, None]
    joined = (rng.random((n, 2)) < made.reentry_other / 2) & decided.graduated[:, None] & ~returned
    above = found >= np.log(params.exit_line)
    stayed = (above & ~hungry & ~distressed & ~returned).all(axis=1)
    luck = np.stack([welfare.luck[family, step - 1 : step + 1].min(axis=1) for step in steps], axis=1)
    moved = rng.random(n) < against_odds(made.moved, worse_odds(params, stayed, recorded))
    deceased = ~moved & (rng.random(n) < made.deceased)
    return Outcomes(found, hungry, distressed, returned, joined, luck, stayed, moved, deceased)


def worse_odds(params: SimulationParams, stayed: np.ndarray, recorded: np.ndarray) -> np.ndarray:
    """Return how many times the odds of being lost are higher for each family, in this province's regime."""
    higher = params.visits.odds
    if params.regime.loss == "random":
        return np.full(len(stayed), (1 + higher) / 2)
    return np.where(~stayed if params.regime.loss == "unrecorded" else recorded < 1.0, higher, 1.0)


def against_odds(chance: float, odds: np.ndarray) -> np.ndarray:
    """Return a chance whose odds are so many times higher.

    Examples
    --------
    >>> against_odds(0.5, np.array([1.0, 3.0])).tolist()
    [0.5, 0.75]
    """
    return odds * chance / (1 - chance + odds * chance)


def is_gone(decided: Decided, outcomes: Outcomes) -> np.ndarray:
    """Return who is not assessed again."""
    return decided.leaves | outcomes.moved | outcomes.deceased


def has_outcome(decided: Decided) -> np.ndarray:
    """Return whose sustained exit is meant: the graduated and those who stay, not who ends for papers or components."""
    return ~np.isin(decided.decision, (NATURAL, ADMINISTRATIVE))
