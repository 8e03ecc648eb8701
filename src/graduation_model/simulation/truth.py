"""The truth about one wave, under either decision: given everything hidden, and given the answers alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from graduation_model.contract.instrument import Instrument
from graduation_model.simulation.answers import Respondents, Sheets
from graduation_model.simulation.decisions import Decided
from graduation_model.simulation.exits import exit_chance
from graduation_model.simulation.facilitators import STYLES
from graduation_model.simulation.outcomes import Outcomes, has_outcome
from graduation_model.simulation.params import SimulationParams
from graduation_model.simulation.posterior import Grid, likelihoods
from graduation_model.simulation.welfare import VISIT_STEPS, Welfare, outlook

# What can become of a family: it stays, it leaves, it leaves with capital; (graduated, with capital).
FUTURES = ((False, False), (True, False), (True, True))


@dataclass(frozen=True)
class Wave:
    """One wave as it truly is.

    Attributes
    ----------
    who, sheets, decided, outcomes
        One entry a family assessed.
    district : int array (n,)
    granted, business : bool array (n,)
    """

    who: Respondents
    sheets: Sheets
    decided: Decided
    outcomes: Outcomes
    district: np.ndarray
    business: np.ndarray
    granted: np.ndarray


def hidden_truth(welfare: Welfare, wave: Wave, params: SimulationParams) -> dict[str, np.ndarray]:
    """Return the chance of a sustained exit given everything hidden at the assessment, under either decision.

    Returns
    -------
    exit_if_graduated
        Under today's practice: averaged over who gets business capital.
    exit_if_retained
    uep_effect
        What business capital adds for a graduated family that has a business; 0 for one that has none.
    """
    step = 2 * wave.who.wave
    shared = tuple(welfare.shared[wave.district, step + ahead] for ahead in VISIT_STEPS)
    parts = (wave.who.hidden[name].astype(float) for name in ("static", "persistent", "transitory"))
    return _by_decision(_futures(params, shared, *parts), wave.business, params)  # type: ignore[arg-type]


def truth_given_answers(
    instrument: Instrument,
    welfare: Welfare,
    wave: Wave,
    params: SimulationParams,
    grid: Grid,
    stayed_log: np.ndarray,
) -> dict[str, np.ndarray]:
    """Return the chances of `hidden_truth` averaged over what the answers leave open.

    What is conditioned on, and what is approximated, stands in `posterior`.

    Parameters
    ----------
    stayed_log : float32 array (n_tenures, S, P * U)
        Log chance to be still in the programme after so many years, by hidden parts.
    """
    who, n = wave.who, len(wave.district)
    known = welfare.shared[wave.district, 2 * who.wave] - understated(params, who.wave)
    known = known + params.facilitators.style_income * who.style
    futures = _grid_futures(params, welfare, who.wave, grid)
    chances = np.empty((n, len(FUTURES)))
    genuine = who.copied_from == np.arange(n)
    prior = grid.log_prior + stayed_log
    for style in STYLES:
        rows = np.flatnonzero(genuine & (who.style == style))
        for block, log in likelihoods(instrument, params, who, wave.sheets, grid, known=known, rows=rows, style=style):
            log += prior[who.years_in[block]]
            chances[block] = _average(log, futures)[np.arange(len(block)), wave.district[block]]
    chances[~genuine] = _average(prior, futures)[who.years_in[~genuine], wave.district[~genuine]]
    return _by_decision(chances.T, wave.business, params)


def understated(params: SimulationParams, wave: int) -> float:
    """Return the log welfare that families leave out at the assessment of one wave."""
    return params.welfare.understated + params.welfare.understated_yearly * wave


def _futures(
    params: SimulationParams, shared: tuple[np.ndarray, np.ndarray], s: np.ndarray, p: np.ndarray, u: np.ndarray
) -> list[np.ndarray]:
    seen, lift = outlook(params, shared, s, p, u), params.uep.effect
    return [exit_chance(seen, params, graduated=graduated, lift=lift * capital) for graduated, capital in FUTURES]


def _grid_futures(params: SimulationParams, welfare: Welfare, wave: int, grid: Grid) -> np.ndarray:
    """Every future of every district on the grid: float32 (S * P * U, n_districts * n_futures)."""
    points = [part.ravel() for part in grid.points()]
    columns = []
    for shared in welfare.shared:
        later = tuple(np.full(len(points[0]), shared[2 * wave + ahead]) for ahead in VISIT_STEPS)
        columns.extend(_futures(params, later, *points))  # type: ignore[arg-type]
    return np.stack(columns, axis=1).astype(np.float32)


def _average(log: np.ndarray, futures: np.ndarray) -> np.ndarray:
    """Chances (b, n_districts, n_futures), weighted by the posterior whose log, up to a constant, is (b, S, P * U)."""
    weight = log.reshape(len(log), -1)
    weight = weight - weight.max(axis=1, keepdims=True)
    np.exp(weight, out=weight)
    return (weight @ futures / weight.sum(axis=1, keepdims=True)).reshape(len(log), -1, len(FUTURES))


def _by_decision(
    futures: list[np.ndarray] | np.ndarray, business: np.ndarray, params: SimulationParams
) -> dict[str, np.ndarray]:
    kept, gone, helped = futures
    effect = np.where(business, helped - gone, 0.0)
    return {"if_retained": kept, "if_graduated": gone + params.uep.share * effect, "uep_effect": effect}


def truth_table(
    welfare: Welfare,
    wave: Wave,
    params: SimulationParams,
    given_answers: dict[str, np.ndarray] | None,
    *,
    ids: pd.Series,
    year: int,
    leniency: np.ndarray,
) -> pd.DataFrame:
    """Return one row an assessment with everything that no stage may read.

    Returns
    -------
    frame
        household_id, wave (year), exit_if_graduated, exit_if_retained, uep_effect,
        truth_given_answers_if_graduated, truth_given_answers_if_retained (missing where they were not asked for),
        stayed_out (0/1: what both visits would have found; missing where the family ended for papers or components),
        static, persistent, transitory, leniency (standard scores),
        style, copied, business, granted.
    """
    who, hidden = wave.who, hidden_truth(welfare, wave, params)
    unknown = np.full(len(ids), np.nan)
    given = given_answers or {"if_graduated": unknown, "if_retained": unknown}
    single = {
        "exit_if_graduated": hidden["if_graduated"],
        "exit_if_retained": hidden["if_retained"],
        "uep_effect": hidden["uep_effect"],
        "truth_given_answers_if_graduated": given["if_graduated"],
        "truth_given_answers_if_retained": given["if_retained"],
        "stayed_out": np.where(has_outcome(wave.decided), wave.outcomes.stayed_out, np.nan),
        "static": who.hidden["static"],
        "persistent": who.hidden["persistent"],
        "transitory": who.hidden["transitory"],
        "leniency": leniency,
    }
    return pd.DataFrame(
        {
            "household_id": ids.to_numpy(),
            "wave": np.int32(year),
            **{name: np.asarray(values, dtype=np.float32) for name, values in single.items()},
            "style": pd.Categorical.from_codes(who.style + 1, categories=list(STYLES.values())),
            "copied": who.copied_from != np.arange(len(ids)),
            "business": wave.business,
            "granted": wave.granted,
        }
    ).astype({"household_id": "str"})
