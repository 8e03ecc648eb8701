"""A sustained exit: what one visit may find against it, and the true chance that neither visit finds anything.

The definition is that of the programme's label on two visits that both take place: welfare at or above the exit line,
no lack of food and no distress sale at either, and nobody back in a programme for need by the second.
"""

from __future__ import annotations

import numpy as np

from graduation_model.simulation.params import Hardship, SimulationParams
from graduation_model.simulation.welfare import Outlook

# Log welfare so far above the line is reached by nobody: where the integrals end.
REACH, NODES, STEP = 4.5, 40, 0.01


def chance_of(hardship: Hardship, log_ratio: np.ndarray) -> np.ndarray:
    """Return the chance of a hardship at a log welfare over the line.

    Examples
    --------
    >>> chance_of(Hardship(most=0.5, middle=1.0, steepness=6), np.array([-9.0, 0.0, 9.0])).round(3).tolist()
    [0.5, 0.25, 0.0]
    """
    return hardship.most / (1 + np.exp(hardship.steepness * (log_ratio - np.log(hardship.middle))))


def chance_of_no_failure(log_ratio: np.ndarray, params: SimulationParams, *, graduated: bool) -> np.ndarray:
    """Return the chance that a visit which measures this log welfare finds nothing against an exit."""
    made = params.visits
    kept = (1 - chance_of(made.food, log_ratio)) * (1 - chance_of(made.distress, log_ratio))
    if graduated:
        kept = kept * (1 - chance_of(made.reentry, log_ratio))
    return np.where(log_ratio >= np.log(params.exit_line), kept, 0.0)


def exit_chance(seen: Outlook, params: SimulationParams, *, graduated: bool, lift: float = 0.0) -> np.ndarray:
    """Return the true chance of a sustained exit: neither visit finds a failure.

    Parameters
    ----------
    seen : Outlook (n,)
        What the hidden parts at the assessment say of both visits; the family's own luck until then is still open.
    graduated : bool
        Whether it left: only then can it come back for need.
    lift : float
        Added to log welfare at both visits (business capital).

    Returns
    -------
    array (n,), in [0, 1]
        By Gauss-Legendre quadrature over the first visit; the second given the first stands in a table.
    """
    start = np.log(params.exit_line)
    nodes, weights = _nodes(start)
    fine = _second_visit(seen, params, graduated=graduated)
    kept = weights * chance_of_no_failure(nodes, params, graduated=graduated) / (seen.sd[0] * np.sqrt(2 * np.pi))
    first, second = np.ravel(seen.first) + lift, np.ravel(seen.second) + lift
    total = np.zeros(len(first))
    for node, weight in zip(nodes, kept, strict=True):
        away = node - first
        total += weight * np.exp(-0.5 * (away / seen.sd[0]) ** 2) * np.interp(second + seen.slope * away, *fine)
    return np.clip(total, 0, 1).reshape(np.shape(seen.first))


def _nodes(start: float) -> tuple[np.ndarray, np.ndarray]:
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    return start + REACH * (nodes + 1) / 2, weights * REACH / 2


def _second_visit(seen: Outlook, params: SimulationParams, *, graduated: bool) -> tuple[np.ndarray, np.ndarray]:
    """The chance that the second visit finds no failure, by what is expected of it."""
    expected = np.arange(-REACH - 2, REACH + 4, STEP)
    nodes, weights = _nodes(np.log(params.exit_line))
    kept = weights * chance_of_no_failure(nodes, params, graduated=graduated)
    away = (nodes - expected[:, None]) / seen.sd_given_first
    return expected, np.exp(-0.5 * away**2) @ kept / (seen.sd_given_first * np.sqrt(2 * np.pi))
