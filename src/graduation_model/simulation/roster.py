"""Who is in the programme in each wave: people graduate some, some move, new families take their places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from graduation_model.simulation.params import SimulationParams
from graduation_model.simulation.places import Places
from graduation_model.simulation.visits import Visits
from graduation_model.simulation.welfare import Welfare


@dataclass(frozen=True)
class Roster:
    """One entry an assessment, wave by wave.

    Attributes
    ----------
    family, wave : int array (n_assessments,)
    years_in : int array (n_assessments,)
        Waves since the family's first.
    graduated : bool array (n_assessments,)
    """

    family: np.ndarray
    wave: np.ndarray
    years_in: np.ndarray
    graduated: np.ndarray


def pool_size(households: int, waves: int, params: SimulationParams) -> int:
    """Return how many families to draw, so that those who leave can be replaced."""
    leaving = params.graduated + 2 * params.visits.moved * max(1.0, params.visits.failed_odds)
    return int(np.ceil(households * (1 + (waves - 1) * leaving))) + 10 * waves


def draw_roster(
    welfare: Welfare,
    visits: Visits,
    places: Places,
    leniency: np.ndarray,
    params: SimulationParams,
    *,
    households: int,
    rng: np.random.Generator,
) -> Roster:
    """Walk through the waves: everybody here is assessed, people graduate the best as they see them.

    They see what nobody asks (the persistent part), and some facilitators are easier than others.
    """
    pool, waves = visits.moved.shape
    seen = welfare.log_ratio[:, 0:-1:2] / params.welfare.static
    judged = seen + params.leniency * leniency[places.facilitator][:, None] + rng.standard_normal((pool, waves))
    here, entered, parts = np.arange(pool) < households, np.zeros(pool, dtype=int), []
    waiting = households
    for wave in range(waves):
        family = np.flatnonzero(here)
        graduated = np.zeros(len(family), dtype=bool)
        best = np.argsort(-judged[family, wave], kind="stable")
        graduated[best[: round(params.graduated * len(family))]] = True
        parts.append((family, np.full(len(family), wave), wave - entered[family], graduated))
        leaving = family[graduated | visits.moved[family, wave]]
        here[leaving] = False
        here[waiting : waiting + len(leaving)] = True
        entered[waiting : waiting + len(leaving)] = wave + 1
        waiting += len(leaving)
    return Roster(*(np.concatenate(part) for part in zip(*parts, strict=True)))


# Decided on 20 January once the round of visits is over, effective on 1 February.
DECIDED, EFFECTIVE = np.timedelta64(19, "D"), np.timedelta64(31, "D")


def effective_dates(years: np.ndarray) -> np.ndarray:
    """Return from when the decisions on some waves hold."""
    return (_new_year_after(years) + EFFECTIVE).astype("datetime64[s]")


def _new_year_after(years: np.ndarray) -> np.ndarray:
    return (years - 1970 + 1).astype("datetime64[Y]").astype("datetime64[D]")


def decision_table(roster: Roster, ids: pd.Series, years: np.ndarray) -> pd.DataFrame:
    """Return one decision a family and wave: graduated or retained."""
    graduated = roster.graduated
    return pd.DataFrame(
        {
            "household_id": ids.to_numpy(),
            "decision_date": (_new_year_after(years) + DECIDED).astype("datetime64[s]"),
            "effective_date": effective_dates(years),
            "decision": np.where(graduated, "graduated", "retained"),
            "graduation_kind": pd.Series("mandiri", index=range(len(ids)), dtype="str").where(graduated),
            "decided_by_role": "dinas_sosial",
            "reason_code": np.where(graduated, "economy_improved", "still_eligible"),
            "model": "none",
        }
    ).astype(dict.fromkeys(("household_id", "decision", "decided_by_role", "reason_code", "model"), "str"))
