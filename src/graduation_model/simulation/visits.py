"""Follow-up visits: welfare paths in, what each visit would find and whom it does not meet out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from graduation_model.contract.instrument import Instrument
from graduation_model.simulation.params import SimulationParams
from graduation_model.simulation.welfare import Welfare

VISIT_DAYS = (182, 365)
FOLLOWUP_QUESTIONS = ("followup_status", "welfare_to_line", "food_deficit_3m")
INTERVIEWED, MOVED, NO_VISIT = "interviewed", "moved", ""
# Why a family that has not moved is not interviewed; the last leaves no record at all.
REASONS, REASON_SHARES = ("not_found", "refused", "deceased", NO_VISIT), (0.5, 0.25, 0.03, 0.22)


@dataclass(frozen=True)
class Visits:
    """What follows each family's assessment in each wave, met or not.

    Attributes
    ----------
    found : array (n_families, n_waves, 2)
        Welfare over the line as the two visits measure it.
    status : text array (n_families, n_waves, 2)
        followup_status; '' where no visit was made.
    moved : bool array (n_families, n_waves)
    """

    found: np.ndarray
    status: np.ndarray
    moved: np.ndarray


def draw_visits(welfare: Welfare, params: SimulationParams, *, rng: np.random.Generator) -> Visits:
    """Draw both visits after every wave for every family."""
    families, steps = welfare.log_ratio.shape
    waves, made = (steps - 1) // 2, params.visits
    later = welfare.log_ratio[:, 1:].reshape(families, waves, 2)
    found = np.exp(later + params.welfare.measurement * rng.standard_normal(later.shape)).round(3)
    odds = np.where((found < params.exit_line).any(axis=2), made.failed_odds, 1.0)
    moved = rng.random(odds.shape) < _chance(made.moved, odds)
    lost = rng.random(odds.shape) < _chance(made.lost, odds)
    both = rng.random(odds.shape) < made.lost_both
    early = (lost | moved) & both | (rng.random(odds.shape) < made.interim_missed)
    reason = rng.choice(np.array(REASONS), p=REASON_SHARES, size=odds.shape)
    reason = np.where(moved, MOVED, reason)
    # Somebody who will be met later has not died or moved before.
    interim = np.where(lost | moved, reason, "not_found")
    status = np.stack([np.where(early, interim, INTERVIEWED), np.where(lost | moved, reason, INTERVIEWED)], axis=2)
    return Visits(found=found, status=status, moved=moved | (reason == "deceased") & lost)


def _chance(chance: float, odds: np.ndarray) -> np.ndarray:
    return odds * chance / (1 - chance + odds * chance)


def followup_table(
    visits: Visits,
    instrument: Instrument,
    params: SimulationParams,
    *,
    family: np.ndarray,
    wave: np.ndarray,
    ids: pd.Series,
    dates: pd.Series,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return the follow-ups of the assessed, two rows an assessment except where no visit was made.

    Parameters
    ----------
    family, wave : int array (n_assessments,)
    ids, dates : household_id and assessment_date of each assessment

    Returns
    -------
    frame: household_id, followup_date, followup_status, welfare_to_line, food_deficit_3m (typed as the instrument says)
    """
    shape, made = (len(family), 2), params.visits
    questions = instrument.followup_by_name
    status = visits.status[family, wave]
    found = np.clip(visits.found[family, wave], None, questions["welfare_to_line"].maximum)
    days = np.array(VISIT_DAYS) + rng.integers(-made.jitter_days, made.jitter_days + 1, size=shape)
    date = dates.to_numpy()[:, None] + days.astype("timedelta64[D]")
    hungry = rng.random(shape) < 1 / (1 + np.exp(6 * (found - 0.7)))
    made_at_all, met = (status != NO_VISIT).ravel(), (status == INTERVIEWED).ravel()
    table = pd.DataFrame(
        {
            "household_id": ids.repeat(2).to_numpy(),
            "followup_date": date.ravel().astype("datetime64[s]"),
            "followup_status": status.ravel(),
            "welfare_to_line": np.where(met, found.ravel(), np.nan),
            "food_deficit_3m": pd.Series(np.where(hungry, "yes", "no").ravel()).where(met),
        }
    )[made_at_all].reset_index(drop=True)
    return table.astype({name: questions[name].dtype() for name in FOLLOWUP_QUESTIONS})  # type: ignore[arg-type]
