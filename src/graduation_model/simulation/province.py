"""The simulated province: an instrument and settings in, assessments, follow-ups, decisions and the truth out."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
import pandas as pd

from graduation_model.contract.instrument import Instrument
from graduation_model.errors import UserError
from graduation_model.simulation.answers import Respondents, check_items, draw_answers
from graduation_model.simulation.lines import line_table
from graduation_model.simulation.params import SimulationParams
from graduation_model.simulation.places import Places, draw_places
from graduation_model.simulation.roster import Roster, decision_table, draw_roster, effective_dates, pool_size
from graduation_model.simulation.visits import draw_visits, followup_table
from graduation_model.simulation.welfare import Welfare, draw_welfare, exit_probability

logger = logging.getLogger(__name__)

# A family's day of the year: a wave is assessed from September to November.
FIRST_DAY, LAST_DAY, DAY_JITTER = 259, 318, 15


@dataclass(frozen=True)
class Province:
    """A province that nobody lives in.

    Attributes
    ----------
    assessments : frame
        household_id, assessment_date, instrument_version, area codes, facilitator_id, then the instrument's questions,
        typed and canonical as a partner who uses our own form would deliver them.
    followups : frame
        household_id, followup_date and the follow-up's questions; visits after the last wave included.
    decisions : frame
        One decision a family and wave: made in the January after it, and effective in February.
    poverty_lines : frame
        area_code, period, line_idr, basis, source.
    truth : frame
        household_id, wave (year), exit_probability, leniency of the facilitator (standard score). No stage reads it.
    """

    assessments: pd.DataFrame
    followups: pd.DataFrame
    decisions: pd.DataFrame
    poverty_lines: pd.DataFrame
    truth: pd.DataFrame


def simulate(instrument: Instrument, params: SimulationParams, *, households: int, waves: int, seed: int) -> Province:
    """Draw a province.

    Parameters
    ----------
    instrument, params
        What is asked, and how it is answered.
    households : int
        Families in the programme in each wave; those who leave are replaced.
    waves : int
        Yearly waves, the last in `params.last_year`.
    seed : int
        The same seed gives the same frames.

    Raises
    ------
    ConfigError
        Where the settings and the instrument do not fit.
    UserError
        Where there is nothing to simulate.
    """
    if households < 1 or waves < 1 or seed < 0:
        raise UserError(
            "A province needs at least one household and one wave, and a seed that is not negative",
            mend="Give larger numbers",
        )
    check_items(instrument, params)
    streams = np.random.default_rng(seed).spawn(7)
    families = pool_size(households, waves, params)
    places = draw_places(families, params, households=households, rng=streams[0])
    welfare = draw_welfare(places, params, waves=waves, rng=streams[1])
    visits = draw_visits(welfare, params, rng=streams[2])
    leniency = streams[3].standard_normal(places.n_facilitators)
    roster = draw_roster(welfare, visits, places, leniency, params, households=households, rng=streams[4])
    years = params.last_year - waves + 1 + roster.wave
    ids, dates = _ids(roster.family), _dates(roster, years, families, streams[5])
    who = _respondents(roster, years, places, welfare, leniency, params, streams[6])
    keys = pd.DataFrame({"household_id": ids, "assessment_date": dates, "instrument_version": instrument.version})
    codes = places.codes.iloc[roster.family].reset_index(drop=True)
    answers = pd.DataFrame(draw_answers(instrument, params, who, seed=seed))
    logger.info("simulated %d assessments of %d families", len(ids), len(np.unique(roster.family)))
    return Province(
        assessments=pd.concat([keys, codes, answers], axis=1),
        followups=followup_table(
            visits,
            instrument,
            params,
            family=roster.family,
            wave=roster.wave,
            ids=ids,
            dates=pd.Series(effective_dates(years)),
            graduated=roster.graduated,
            line=places.line[roster.family],
            rng=streams[5],
        ),
        decisions=decision_table(roster, ids, years),
        poverty_lines=line_table(params, first_year=int(years.min()), last_year=params.last_year + 2),
        truth=_truth(roster, ids, years, places, welfare, leniency, params),
    )


def _ids(family: np.ndarray) -> pd.Series:
    return "S" + pd.Series(family + 1).astype("str").str.zfill(7)


def _dates(roster: Roster, years: np.ndarray, families: int, rng: np.random.Generator) -> pd.Series:
    """A family is visited at about the same time every year, so that one wave's visits never stand for another's."""
    usual = rng.integers(FIRST_DAY, LAST_DAY, size=families)[roster.family]
    day = usual + rng.integers(-DAY_JITTER, DAY_JITTER + 1, size=len(usual))
    dates = (years - 1970).astype("datetime64[Y]").astype("datetime64[D]") + day.astype("timedelta64[D]")
    return pd.Series(dates.astype("datetime64[s]"))


def _respondents(
    roster: Roster,
    years: np.ndarray,
    places: Places,
    welfare: Welfare,
    leniency: np.ndarray,
    params: SimulationParams,
    rng: np.random.Generator,
) -> Respondents:
    family, step = roster.family, 2 * roster.wave
    prices = (1 + params.price_growth) ** (years - params.base_year)
    error = params.welfare.measurement * rng.standard_normal(len(family)) - params.welfare.understated
    return Respondents(
        family=family,
        wave=roster.wave,
        years_in=roster.years_in,
        prices=prices,
        line=(places.line[family] * prices).round(),
        ratio=np.exp(welfare.log_ratio[family, step] + error),
        hidden={
            "static": welfare.static[family],
            "persistent": welfare.persistent[family, step],
            "transitory": welfare.transitory[family, step],
            "leniency": leniency[places.facilitator[family]],
        },
        n_families=len(places.line),
    )


def _truth(
    roster: Roster,
    ids: pd.Series,
    years: np.ndarray,
    places: Places,
    welfare: Welfare,
    leniency: np.ndarray,
    params: SimulationParams,
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "household_id": ids,
            "wave": years,
            "exit_probability": exit_probability(welfare, places, params, family=roster.family, wave=roster.wave),
            "leniency": leniency[places.facilitator[roster.family]],
        }
    )
