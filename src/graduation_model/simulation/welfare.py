"""The welfare path of every family on half-year steps.

Wave t is assessed at step 2t (October), decided on in January, and visited in August and February at steps 2t + 2 and
2t + 3; the next wave's assessment stands on step 2t + 2, so that what a visit sees and what the next assessment sees
are one life.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from graduation_model.simulation.params import SimulationParams, WelfareParams
from graduation_model.simulation.places import Places

# Nobody in a programme for the poor stands further above the others: the gamma's far tail would be no poor family.
HIGHEST_STATIC = 4.0
VISIT_STEPS = (2, 3)
# Nobody writes down more than this many times the line: forms take no more than thirty.
MOST_RECORDED = 29.5


@dataclass(frozen=True)
class Welfare:
    """Hidden parts as standard scores, and the log of welfare over the line that they make.

    Attributes
    ----------
    static : float32 array (n_families,)
    persistent, transitory : float32 array (n_families, n_steps)
    luck : float32 array (n_families, n_steps)
        What is new in the transitory part of each step; a very bad one is a shock that people can name.
    shared : array (n_districts, n_steps)
        Middle, district's level, growth and shocks: what a family of the district has without any part of its own.
    log_ratio : float32 array (n_families, n_steps)
    """

    static: np.ndarray
    persistent: np.ndarray
    transitory: np.ndarray
    luck: np.ndarray
    shared: np.ndarray
    log_ratio: np.ndarray


def draw_welfare(places: Places, params: SimulationParams, *, waves: int, rng: np.random.Generator) -> Welfare:
    """Draw each family's path over all waves and the visits after the last."""
    made, families, steps = params.welfare, len(places.district), 2 * waves + 2
    own = (rng.standard_gamma(made.shape, size=families) - made.shape) / np.sqrt(made.shape)
    village = rng.standard_normal(places.n_villages)[places.village]
    static = np.minimum(np.sqrt(1 - made.village_share) * own + np.sqrt(made.village_share) * village, HIGHEST_STATIC)
    static = static.astype(np.float32)
    persistent, _ = _fading(families, steps, made.persistent_kept, rng)
    transitory, luck = _fading(families, steps, made.transitory_kept, rng)
    shared = _shared(params, steps, rng)
    log_ratio = shared.astype(np.float32)[places.district]
    log_ratio += made.static * static[:, None]
    log_ratio += made.persistent * persistent
    log_ratio += made.transitory * transitory
    return Welfare(static, persistent, transitory, luck, shared, log_ratio)


def _shared(params: SimulationParams, steps: int, rng: np.random.Generator) -> np.ndarray:
    made, level = params.welfare, np.array([one.level for one in params.districts])
    common = made.growth * np.arange(steps) / 2 + made.common_shock * rng.standard_normal(steps)
    return made.middle + level[:, None] + common + made.district_shock * rng.standard_normal((len(level), steps))


def _fading(families: int, steps: int, kept: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Standard scores of which a share is kept from step to step (a stationary first-order autoregression)."""
    new = rng.standard_normal((families, steps), dtype=np.float32)
    path = new.copy()
    for step in range(1, steps):
        path[:, step] = kept * path[:, step - 1] + np.sqrt(1 - kept**2) * new[:, step]
    return path, new


@dataclass(frozen=True)
class Outlook:
    """What the two visits after an assessment will measure, seen from it: a bivariate normal.

    Attributes
    ----------
    first, second : array (n,)
        Expected log welfare over the line.
    sd : tuple of float
    slope : float
        What one more at the first visit adds to the expectation of the second.
    sd_given_first : float
    """

    first: np.ndarray
    second: np.ndarray
    sd: tuple[float, float]
    slope: float
    sd_given_first: float


def outlook(
    params: SimulationParams,
    shared: tuple[np.ndarray, np.ndarray],
    static: np.ndarray,
    persistent: np.ndarray,
    transitory: np.ndarray,
) -> Outlook:
    """Return what hidden parts at an assessment say of its two visits.

    Parameters
    ----------
    shared : arrays that broadcast with the parts
        The `Welfare.shared` of the two visits' steps: what hits everybody later counts as known.
    static, persistent, transitory : array (n,)
        Standard scores at the assessment.
    """
    made = params.welfare
    first_mean, second_mean = (
        common
        + made.static * static
        + made.persistent * made.persistent_kept**ahead * persistent
        + made.transitory * made.transitory_kept**ahead * transitory
        for ahead, common in zip(VISIT_STEPS, shared, strict=True)
    )
    first, second = (_variance(made, ahead) + params.visits.measurement**2 for ahead in VISIT_STEPS)
    together = _covariance(made)
    left = np.sqrt(second - together**2 / first)
    return Outlook(
        first_mean, second_mean, (float(np.sqrt(first)), float(np.sqrt(second))), together / first, float(left)
    )


def _variance(made: WelfareParams, ahead: int) -> float:
    lasting = made.persistent**2 * (1 - made.persistent_kept ** (2 * ahead))
    return lasting + made.transitory**2 * (1 - made.transitory_kept ** (2 * ahead))


def _covariance(made: WelfareParams) -> float:
    ahead, gap = VISIT_STEPS[0], VISIT_STEPS[1] - VISIT_STEPS[0]
    lasting = made.persistent**2 * made.persistent_kept**gap * (1 - made.persistent_kept ** (2 * ahead))
    return lasting + made.transitory**2 * made.transitory_kept**gap * (1 - made.transitory_kept ** (2 * ahead))
