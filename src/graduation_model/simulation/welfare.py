"""The welfare path of every family on half-year steps, and the true chance of a sustained exit.

Wave t is assessed at step 2t and visited at steps 2t + 1 and 2t + 2; the next wave's assessment stands on the last
of them, so that what a visit sees and what the next assessment sees are one life.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from graduation_model.simulation.params import SimulationParams, WelfareParams
from graduation_model.simulation.places import Places

# Nobody in a programme for the poor stands further above the others: the gamma's far tail would be no poor family.
HIGHEST_STATIC = 4.0


@dataclass(frozen=True)
class Welfare:
    """Hidden parts as standard scores, and the log of welfare over the line that they make.

    Attributes
    ----------
    static : array (n_families,)
    persistent, transitory : array (n_families, n_steps)
    common : array (n_steps,)
        Growth and shocks that everybody shares.
    log_ratio : array (n_families, n_steps)
    """

    static: np.ndarray
    persistent: np.ndarray
    transitory: np.ndarray
    common: np.ndarray
    log_ratio: np.ndarray


def draw_welfare(places: Places, params: SimulationParams, *, waves: int, rng: np.random.Generator) -> Welfare:
    """Draw each family's path over all waves and the year of visits after the last."""
    made, families, steps = params.welfare, len(places.line), 2 * waves + 1
    own = (rng.gamma(made.shape, size=families) - made.shape) / np.sqrt(made.shape)
    shared = rng.standard_normal(places.n_villages)[places.village]
    static = np.minimum(np.sqrt(1 - made.village_share) * own + np.sqrt(made.village_share) * shared, HIGHEST_STATIC)
    persistent = _fading(families, steps, made.persistent_kept, rng)
    transitory = _fading(families, steps, made.transitory_kept, rng)
    common = made.growth * np.arange(steps) / 2 + made.common_shock * rng.standard_normal(steps)
    level = (made.middle + places.level + made.static * static)[:, None] + common
    return Welfare(
        static=static,
        persistent=persistent,
        transitory=transitory,
        common=common,
        log_ratio=level + made.persistent * persistent + made.transitory * transitory,
    )


def _fading(families: int, steps: int, kept: float, rng: np.random.Generator) -> np.ndarray:
    """Standard scores of which a share is kept from step to step (a stationary first-order autoregression)."""
    path = np.empty((families, steps))
    path[:, 0] = rng.standard_normal(families)
    for step in range(1, steps):
        path[:, step] = kept * path[:, step - 1] + np.sqrt(1 - kept**2) * rng.standard_normal(families)
    return path


def exit_probability(
    welfare: Welfare, places: Places, params: SimulationParams, *, family: np.ndarray, wave: np.ndarray
) -> np.ndarray:
    """Return the true chance that both visits of a wave find the family at or above the exit line.

    Given everything hidden at the assessment and what hits everybody later; the family's own luck is still open.

    Parameters
    ----------
    family, wave : int array (n,)

    Returns
    -------
    array (n,), in [0, 1]
    """
    made, step = params.welfare, 2 * wave
    fixed = made.middle + places.level[family] + made.static * welfare.static[family]
    lasting = made.persistent * welfare.persistent[family, step]
    luck = made.transitory * welfare.transitory[family, step]
    short = []
    for ahead in (1, 2):
        expected = made.persistent_kept**ahead * lasting + made.transitory_kept**ahead * luck
        expected = expected + fixed + welfare.common[step + ahead]
        short.append((np.log(params.exit_line) - expected) / np.sqrt(_variance(made, ahead)))
    return both_above(short[0], short[1], _covariance(made) / np.sqrt(_variance(made, 1) * _variance(made, 2)))


def _variance(made: WelfareParams, ahead: int) -> float:
    lasting = made.persistent**2 * (1 - made.persistent_kept ** (2 * ahead))
    luck = made.transitory**2 * (1 - made.transitory_kept ** (2 * ahead))
    return lasting + luck + made.measurement**2


def _covariance(made: WelfareParams) -> float:
    lasting = made.persistent**2 * made.persistent_kept * (1 - made.persistent_kept**2)
    return lasting + made.transitory**2 * made.transitory_kept * (1 - made.transitory_kept**2)


def both_above(first: np.ndarray, second: np.ndarray, correlation: float) -> np.ndarray:
    """Return the chance that two standard normals of one correlation both exceed their limits.

    Examples
    --------
    >>> both_above(np.array([0.0, -9.0]), np.array([0.0, 0.0]), 0.0).round(6).tolist()
    [0.25, 0.5]
    """
    from scipy.special import ndtr, ndtri

    # The second's chance given the first, averaged over the first's upper tail by Gauss-Legendre quadrature.
    nodes, weights = np.polynomial.legendre.leggauss(16)
    tail, total = ndtr(-first), np.zeros(len(first))
    for node, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
        place = -ndtri(np.maximum(tail * node, 1e-300))
        total += weight * ndtr((correlation * place - second) / np.sqrt(1 - correlation**2))
    return np.clip(tail * total, 0, 1)
