"""January's decisions: what people see of a family in, who leaves and how out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from graduation_model.simulation.params import SimulationParams

# Positions are the codes of `Decided.decision`.
DECISIONS = ("graduated", "retained", "deferred", "exited_natural", "exited_admin")
GRADUATED, RETAINED, DEFERRED, NATURAL, ADMINISTRATIVE = range(5)
KINDS = (None, "mandiri", "alamiah", "kepesertaan", "paksa")
REASONS = ("economy_improved", "still_eligible", "papers_incomplete", "no_component_left", "moved_or_data")
DECISION_DAY, EFFECTIVE_DAY = 20, 32  # 20 January and 1 February, counted from the year's first day


@dataclass(frozen=True)
class Decided:
    """One entry a family assessed.

    Attributes
    ----------
    decision : int8 array (n,)
        Position in `DECISIONS`.
    kind : int8 array (n,)
        Position in `KINDS`.
    """

    decision: np.ndarray
    kind: np.ndarray

    @property
    def graduated(self) -> np.ndarray:
        return self.decision == GRADUATED

    @property
    def leaves(self) -> np.ndarray:
        return np.isin(self.decision, (GRADUATED, NATURAL, ADMINISTRATIVE))


def decide(
    params: SimulationParams,
    *,
    recorded: np.ndarray,
    mindset: np.ndarray,
    leniency: np.ndarray,
    components: np.ndarray,
    rng: np.random.Generator,
) -> Decided:
    """Decide on every family of a wave.

    Exits for papers and for want of a component come first; the quota then takes the best as people see them.

    Parameters
    ----------
    recorded : array (n,)
        Recorded income a head over the line; NaN where nobody said it.
    mindset, leniency : array (n,)
        Standard scores of what people see and nobody asks, and of the facilitator.
    components : array (n,)
        Members through whom the family belongs to the programme.
    """
    made, n = params.decisions, len(recorded)
    decision = np.full(n, RETAINED, dtype=np.int8)
    order = rng.permutation(n)
    decision[order[: round(made.administrative * n)]] = ADMINISTRATIVE
    decision[order[n - round(made.deferred * n) :]] = DEFERRED
    ended = np.flatnonzero((components == 0) & (decision == RETAINED))
    decision[rng.permutation(ended)[: round(made.natural * n)]] = NATURAL
    judged = np.where(decision == RETAINED, _judged(params, recorded, mindset, leniency, rng), -np.inf)
    graduated = np.argsort(-judged, kind="stable")[: round(made.quota * n)]
    decision[graduated] = GRADUATED
    kind = np.zeros(n, dtype=np.int8)
    by_member, by_force = made.other_kinds
    place = rng.random(n)
    kind[graduated] = np.select([place < by_member, place < by_member + by_force], [3, 4], 1)[graduated]
    kind[decision == NATURAL] = 2
    return Decided(decision, kind)


def _judged(
    params: SimulationParams, recorded: np.ndarray, mindset: np.ndarray, leniency: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Log-odds of graduating as people see a family, and their luck."""
    made, depends, noise = params.decisions, params.regime.selection, rng.logistic(size=len(recorded))
    if depends == "random":
        return noise
    low = np.log(0.5)  # who does not say the income is taken for poor
    seen = made.income * np.where(np.isnan(recorded), low, np.log(np.maximum(recorded, 0.01))) + noise
    if depends == "recorded":
        return seen
    return seen + made.mindset * mindset + params.facilitators.leniency * leniency


def decision_table(decided: Decided, ids: pd.Series, year: int) -> pd.DataFrame:
    """Return the decisions on one wave, made in the January after its year.

    Returns
    -------
    frame
        household_id, decision_date, effective_date, decision, graduation_kind, decided_by_role, reason_code, model.
    """
    new_year = np.datetime64(f"{year + 1}-01-01", "D")
    table = pd.DataFrame(
        {
            "household_id": ids.to_numpy(),
            "decision_date": (new_year + np.timedelta64(DECISION_DAY - 1, "D")).astype("datetime64[s]"),
            "effective_date": (new_year + np.timedelta64(EFFECTIVE_DAY - 1, "D")).astype("datetime64[s]"),
            "decision": np.array(DECISIONS)[decided.decision],
            "graduation_kind": np.array(KINDS, dtype=object)[decided.kind],
            "decided_by_role": "dinas_sosial",
            "reason_code": np.array(REASONS)[decided.decision],
            "model": "none",
        }
    )
    text = ("household_id", "decision", "graduation_kind", "decided_by_role", "reason_code", "model")
    return table.astype(dict.fromkeys(text, "str"))


def draw_grants(
    decided: Decided, business: np.ndarray, params: SimulationParams, *, rng: np.random.Generator
) -> np.ndarray:
    """Return who gets business capital: some of the graduated who have a business (bool array (n,))."""
    return decided.graduated & business & (rng.random(len(business)) < params.uep.share)


def grant_table(
    granted: np.ndarray,
    ids: pd.Series,
    business_kind: pd.Series,
    year: int,
    params: SimulationParams,
    *,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return the grants after one wave's decisions, given between April and June.

    Returns
    -------
    frame
        household_id, grant_date, source, grant_kind, value_idr, business_kind, business_preexisting.
    """
    n = int(granted.sum())
    day = np.datetime64(f"{year + 1}-04-01", "D") + rng.integers(0, 90, size=n).astype("timedelta64[D]")
    source = rng.choice(["province", "kab_kota", "national_pena", "ppse"], p=[0.75, 0.15, 0.06, 0.04], size=n)
    table = pd.DataFrame(
        {
            "household_id": ids.to_numpy()[granted],
            "grant_date": day.astype("datetime64[s]"),
            "source": source,
            "grant_kind": np.where(rng.random(n) < 0.8, "goods", "cash"),
            "value_idr": np.rint(params.uep.value * np.exp(0.1 * rng.standard_normal(n)) / 50_000) * 50_000,
            "business_kind": business_kind[granted].astype("str").to_numpy(),
            "business_preexisting": "yes",
        }
    )
    text = ("household_id", "source", "grant_kind", "business_kind", "business_preexisting")
    return table.astype(dict.fromkeys(text, "str"))
