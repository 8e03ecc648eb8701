"""Follow-up visits: welfare paths in, what each visit would find and whom it does not meet out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from graduation_model.contract.instrument import Instrument
from graduation_model.simulation.lines import line_at
from graduation_model.simulation.params import SimulationParams
from graduation_model.simulation.welfare import Welfare

VISIT_DAYS = (182, 365)
FOLLOWUP_QUESTIONS = (
    "followup_status",
    "observer_independent",
    "measure_basis",
    "percap_month_idr",
    "welfare_to_line",
    "food_deficit_3m",
    "asset_sale_distress_12m",
    "reentered_program",
    "reentry_date",
    "reentry_reason",
)
# Chances: that a visit is made by somebody independent; that a family below the line sold what it lives on; that one
# which left and fell is back in a programme by the last visit.
INDEPENDENT, SOLD, BACK = 0.7, 0.1, 0.3
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
    graduated: np.ndarray,
    line: np.ndarray,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return the follow-ups of the graduated and of a comparison sample, two rows each except where no visit was made.

    Parameters
    ----------
    family, wave : int array (n_assessments,)
    ids, dates : household_id, and the effective date of the decision on each assessment
    graduated : bool array (n_assessments,)
    line : array (n_assessments,)
        Poverty line of the family's district in the base year.

    Returns
    -------
    frame: household_id, followup_date and FOLLOWUP_QUESTIONS, typed as the instrument says
    """
    shape, made = (len(family), 2), params.visits
    questions = instrument.followup_by_name
    status = visits.status[family, wave]
    found = np.clip(visits.found[family, wave], None, questions["welfare_to_line"].maximum)
    days = np.array(VISIT_DAYS) + rng.integers(-made.jitter_days, made.jitter_days + 1, size=shape)
    date = dates.to_numpy()[:, None] + days.astype("timedelta64[D]")
    # Whoever is above the line goes short of nothing: the label's other failures never contradict the truth.
    below = found < params.exit_line
    hungry = below & (rng.random(shape) < 1 / (1 + np.exp(6 * (found - 0.7))))
    sold = below & (rng.random(shape) < SOLD)
    back = np.zeros(shape, dtype=bool)
    back[:, 1] = graduated & below.any(axis=1) & (rng.random(len(family)) < BACK)
    followed = graduated | (rng.random(len(family)) < made.comparison)
    made_at_all, met = (status != NO_VISIT) & followed[:, None], (status == INTERVIEWED).ravel()
    lines = line_at(np.repeat(line, 2), date.ravel(), params)
    percap = np.where(met, (found.ravel() * lines).round(), np.nan)
    table = pd.DataFrame(
        {
            "household_id": ids.repeat(2).to_numpy(),
            "followup_date": date.ravel().astype("datetime64[s]"),
            "followup_status": status.ravel(),
            "observer_independent": _yes_no(rng.random(shape) < INDEPENDENT, met),
            "measure_basis": pd.Series("expenditure", index=range(len(met))).where(met),
            "percap_month_idr": percap,
            "welfare_to_line": percap / lines,
            "food_deficit_3m": _yes_no(hungry, met),
            "asset_sale_distress_12m": _yes_no(sold, met),
            "reentered_program": _yes_no(back, met | back.ravel()),
            "reentry_date": np.where(back.ravel(), date.ravel() - np.timedelta64(90, "D"), np.datetime64("NaT", "s")),
            "reentry_reason": pd.Series("welfare", index=range(len(met))).where(back.ravel()),
        }
    )[made_at_all.ravel()].reset_index(drop=True)
    for name in questions:
        table[name] = table[name] if name in FOLLOWUP_QUESTIONS else None  # what nobody simulates stays unanswered
    return table.astype({name: question.dtype() for name, question in questions.items()})  # type: ignore[arg-type]


def _yes_no(yes: np.ndarray, known: np.ndarray) -> pd.Series:
    return pd.Series(np.where(yes.ravel(), "yes", "no")).where(known)
