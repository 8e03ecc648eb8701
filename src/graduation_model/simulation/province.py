"""The simulated province: an instrument and settings in, what a programme would have on file and the truth out."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from graduation_model.blas import one_thread
from graduation_model.contract.instrument import Instrument
from graduation_model.errors import UserError
from graduation_model.simulation.answers import Limits, Respondents, Sheets, fill_sheets
from graduation_model.simulation.decisions import decide, decision_table, draw_grants, grant_table
from graduation_model.simulation.facilitators import Facilitators, copied_from, draw_facilitators
from graduation_model.simulation.fit import check_items
from graduation_model.simulation.lines import district_lines, line_table, prices
from graduation_model.simulation.outcomes import is_gone, live_on
from graduation_model.simulation.params import SimulationParams
from graduation_model.simulation.places import Places, draw_places
from graduation_model.simulation.posterior import Grid, make_grid
from graduation_model.simulation.roster import Roster, pool_size
from graduation_model.simulation.streams import stream
from graduation_model.simulation.truth import Wave, truth_given_answers, truth_table, understated
from graduation_model.simulation.visits import Colleagues, draw_visits, followup_table
from graduation_model.simulation.welfare import MOST_RECORDED, Welfare, draw_welfare

logger = logging.getLogger(__name__)

# The round of assessments is September to November; a family comes at about the same time every year.
FIRST_MONTH, DAYS, DAY_JITTER = "09", 91, 10


@dataclass(frozen=True)
class Province:
    """A province that nobody lives in.

    Attributes
    ----------
    assessments : frame
        household_id, assessment_date, instrument_version, area codes, facilitator_id, then the instrument's questions,
        typed and canonical as a partner who uses our own form would deliver them.
    decisions : frame
        One decision a family and wave, made in the January after it; those on the last wave lie in the future.
    uep : frame
        Business capital; never a feature.
    followups : frame
        Two visits for every graduated family and for a sample of the retained, those after the last wave included.
    poverty_lines : frame
        The districts' lines of these years.
    truth : frame
        One row an assessment; see `truth.truth_table`. No stage reads it.
    """

    assessments: pd.DataFrame
    decisions: pd.DataFrame
    uep: pd.DataFrame
    followups: pd.DataFrame
    poverty_lines: pd.DataFrame
    truth: pd.DataFrame


def simulate(
    instrument: Instrument,
    params: SimulationParams,
    *,
    households: int,
    waves: int,
    seed: int,
    given_answers: int | None = None,
) -> Province:
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
    given_answers : int, optional
        The truth given the answers is worked out for so many of the newest waves; None: for all.

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
    params = params.prepared()
    check_items(instrument, params)
    with one_thread():
        living = _Living(instrument, params, households=households, waves=waves, seed=seed, given_answers=given_answers)
        parts = list(living.years())
    tables = {name: pd.concat([part[name] for part in parts], ignore_index=True) for name in parts[0]}
    logger.info("simulated %d assessments", len(tables["assessments"]))
    return Province(**tables, poverty_lines=line_table(params.last_year - waves + 1, params))


class _Living:
    """A province on its way through the waves."""

    def __init__(
        self,
        instrument: Instrument,
        params: SimulationParams,
        *,
        households: int,
        waves: int,
        seed: int,
        given_answers: int | None,
    ) -> None:
        self.instrument, self.params, self.seed, self.waves = instrument, params, seed, waves
        self.judged_from = 0 if given_answers is None else waves - given_answers
        families = pool_size(households, waves, params)
        self.places: Places = draw_places(families, params, households=households, rng=stream(seed, "places"))
        self.welfare: Welfare = draw_welfare(self.places, params, waves=waves, rng=stream(seed, "welfare"))
        self.facilitators: Facilitators = draw_facilitators(
            self.places.n_facilitators, params, rng=stream(seed, "facilitators")
        )
        self.roster = Roster(families, households)
        self.usual_day = stream(seed, "days").integers(0, DAYS - 2 * DAY_JITTER, size=families)
        self.limits: Limits | None = None
        self.grid: Grid | None = make_grid(instrument, params) if self.judged_from < waves else None

    def years(self) -> Iterator[dict[str, pd.DataFrame]]:
        """Give each wave's part of every table."""
        for number in range(self.waves):
            yield self._year(number)

    def _year(self, number: int) -> dict[str, pd.DataFrame]:
        params, instrument = self.params, self.instrument
        year, family = params.last_year - self.waves + 1 + number, self.roster.here()
        who = self._respondents(number, year, family)
        sheets = fill_sheets(instrument, params, who, limits=self.limits, seed=self.seed)
        self.limits = sheets.limits
        wave = self._decided(who, sheets)
        ids, facilitator = _ids(family), self.places.facilitator[family]
        tables = {
            "assessments": self._assessments(number, year, ids, family, sheets),
            "decisions": decision_table(wave.decided, ids, year),
            "uep": grant_table(
                wave.granted, ids, self._business_kind(sheets), year, params, rng=stream(self.seed, "uep", number)
            ),
            "followups": self._followups(number, year, ids, wave),
            "truth": truth_table(
                self.welfare,
                wave,
                params,
                self._given_answers(number, wave),
                ids=ids,
                year=year,
                leniency=self.facilitators.leniency[facilitator],
            ),
        }
        self.roster.leave(family[is_gone(wave.decided, wave.outcomes)], number + 1)
        return tables

    def _respondents(self, number: int, year: int, family: np.ndarray) -> Respondents:
        params, welfare, facilitator = self.params, self.welfare, self.places.facilitator[family]
        style, step = self.facilitators.style[facilitator], 2 * number
        error = params.welfare.measurement * stream(self.seed, "income", number).standard_normal(len(family))
        error += params.facilitators.style_income * style - understated(params, number)
        return Respondents(
            wave=number,
            family=family,
            years_in=number - self.roster.entered[family],
            prices=prices(year, params),
            line=district_lines(year, params)[self.places.district[family]],
            ratio=np.minimum(np.exp(welfare.log_ratio[family, step] + error), MOST_RECORDED),
            hidden={
                "static": welfare.static[family],
                "persistent": welfare.persistent[family, step],
                "transitory": welfare.transitory[family, step],
                "leniency": self.facilitators.leniency[facilitator],
            },
            style=style,
            copied_from=copied_from(facilitator, self.facilitators, params, rng=stream(self.seed, "copies", number)),
            n_families=self.roster.size,
        )

    def _decided(self, who: Respondents, sheets: Sheets) -> Wave:
        params, number = self.params, who.wave
        recorded = self._recorded(sheets, who)
        components = sum(sheets.values[name] for name in params.components)
        business = sheets.values[params.business] == 1
        decided = decide(
            params,
            recorded=recorded,
            mindset=who.hidden["persistent"],
            leniency=who.hidden["leniency"],
            components=np.asarray(components),
            rng=stream(self.seed, "decisions", number),
        )
        granted = draw_grants(decided, business, params, rng=stream(self.seed, "grants", number))
        outcomes = live_on(
            self.welfare,
            params,
            decided,
            granted,
            family=who.family,
            wave=number,
            recorded=recorded,
            rng=stream(self.seed, "outcomes", number),
        )
        return Wave(who, sheets, decided, outcomes, self.places.district[who.family], business, granted)

    def _recorded(self, sheets: Sheets, who: Respondents) -> np.ndarray:
        """Income a head over the line as it was handed in; NaN where nobody said it."""
        income, size = (np.asarray(sheets.typed[name]) for name in (self.params.income, self.params.size))
        return income / size / who.line

    def _followups(self, number: int, year: int, ids: pd.Series, wave: Wave) -> pd.DataFrame:
        followed = draw_visits(
            self.params,
            wave.decided,
            wave.outcomes,
            year=year,
            recorded=self._recorded(wave.sheets, wave.who),
            rng=stream(self.seed, "visits", number),
        )
        return followup_table(
            followed,
            wave.outcomes,
            self.instrument,
            self.params,
            ids=ids,
            size=wave.sheets.values[self.params.size],
            line=district_lines(year + 1, self.params)[wave.district],
            business=wave.business,
            colleagues=self._colleagues(wave.who.family),
            rng=stream(self.seed, "follow-ups", number),
            visitor_rng=stream(self.seed, "visitors", number),
        )

    def _colleagues(self, family: np.ndarray) -> Colleagues:
        """Every family's facilitator among those of the district: a district's are numbered in a row."""
        district = self.places.codes.drop_duplicates("facilitator_id")["district_code"].to_numpy()
        own = self.places.facilitator[family]
        first = np.flatnonzero(np.r_[True, district[1:] != district[:-1]])
        which = np.searchsorted(first, own, side="right") - 1
        return Colleagues(own, first[which], np.diff(np.r_[first, len(district)])[which])

    def _given_answers(self, number: int, wave: Wave) -> dict[str, np.ndarray] | None:
        if self.grid is None:
            return None
        stayed = self.roster.chance_to_stay(number, self.welfare, self.grid)
        if number < self.judged_from:
            return None
        return truth_given_answers(self.instrument, self.welfare, wave, self.params, self.grid, stayed)

    def _assessments(self, number: int, year: int, ids: pd.Series, family: np.ndarray, sheets: Sheets) -> pd.DataFrame:
        jitter = stream(self.seed, "day", number).integers(0, 2 * DAY_JITTER + 1, size=len(family))
        day = (self.usual_day[family] + jitter).astype("timedelta64[D]")
        dates = (np.datetime64(f"{year}-{FIRST_MONTH}-01", "D") + day).astype("datetime64[s]")
        version = pd.Series(self.instrument.version, index=ids.index, dtype="str")
        keys = pd.DataFrame({"household_id": ids, "assessment_date": dates, "instrument_version": version})
        codes = self.places.codes.iloc[self.places.village[family]].reset_index(drop=True)
        return pd.concat([keys, codes, pd.DataFrame(sheets.typed)], axis=1)

    def _business_kind(self, sheets: Sheets) -> pd.Series:
        name = "business_kind"
        if name not in self.instrument.by_name or not self.instrument.by_name[name].levels or name not in sheets.values:
            return pd.Series("", index=range(len(sheets.values[self.params.size])), dtype="str")
        levels = np.array(self.instrument.by_name[name].levels)
        return pd.Series(levels[sheets.values[name].astype(int)], dtype="str")


def _ids(family: np.ndarray) -> pd.Series:
    return "S" + pd.Series(family + 1).astype("str").str.zfill(7)
