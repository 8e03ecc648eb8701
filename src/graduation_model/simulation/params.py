"""Settings of the simulated province: its places, its families' welfare, their answers, and what is lost on the way."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from graduation_model.params import Params

Latent = Literal["static", "persistent", "transitory", "leniency"]


class District(Params):
    """One area unit.

    Parameters
    ----------
    weight
        Its families' share; weights are scaled to sum to 1.
    line
        Poverty line in the programme's currency, a head and month, in `base_year`.
    subdistricts
        How many of its subdistricts hold families.
    level
        How far its families' log welfare stands above the province's.
    """

    code: str
    weight: float = Field(gt=0)
    line: float = Field(gt=0)
    subdistricts: int = Field(default=5, gt=0, lt=100)
    level: float = 0.0


class WelfareParams(Params):
    """Log welfare to the line = middle + static + persistent + transitory (+ error wherever somebody measures it).

    The static part is what a house, its goods and schooling show. The persistent part is not asked (will, kin, plans)
    and fades slowly; the transitory part is this half-year's luck. PROGRAMME: the static part explains about half.

    Parameters
    ----------
    middle
        Mean log of welfare over the line at the first assessment.
    shape
        Shape of the gamma that the static part follows: smaller is more skewed, so that a few families stand far above.
    village_share
        Share of the static part's variance that neighbours have in common.
    persistent_kept, transitory_kept
        What is left of each part half a year later.
    measurement
        Standard deviation of the error of whoever measures it, assessment and visits alike.
    understated
        Log welfare that families leave out while aid hangs on the answer: at the assessment, not at later visits.
    growth
        Yearly change of the middle.
    common_shock
        Standard deviation of what hits everybody in a half-year.
    """

    middle: float = 0.22
    static: float = Field(default=0.39, ge=0)
    shape: float = Field(default=1.1, gt=0)
    village_share: float = Field(default=0.1, ge=0, le=1)
    persistent: float = Field(default=0.18, ge=0)
    persistent_kept: float = Field(default=0.88, ge=0, lt=1)
    transitory: float = Field(default=0.35, gt=0)
    transitory_kept: float = Field(default=0.4, ge=0, lt=1)
    measurement: float = Field(default=0.15, ge=0)
    understated: float = Field(default=0.12, ge=0)
    growth: float = 0.01
    common_shock: float = Field(default=0.01, ge=0)


class VisitParams(Params):
    """Follow-up visits, and who is not met again.

    Parameters
    ----------
    lost
        Chance that a family that stayed and kept above the line is not interviewed at the last visit.
    lost_both
        Share of those lost who are not met at the interim visit either.
    interim_missed
        Chance that the interim visit alone does not take place.
    failed_odds
        How many times higher the odds of being lost, and of moving away, are for a family that fell below the line.
    moved
        Chance to move away within the year; those who move leave the programme, too.
    jitter_days
        Visits happen so many days before or after the day they are due, at most.
    comparison
        Share of the families that stay in the programme that is visited too, for comparison.
    """

    lost: float = Field(default=0.22, ge=0, lt=1)
    lost_both: float = Field(default=0.8, ge=0, le=1)
    interim_missed: float = Field(default=0.06, ge=0, lt=1)
    failed_odds: float = Field(default=1.5, gt=0)
    moved: float = Field(default=0.04, ge=0, lt=1)
    jitter_days: int = Field(default=40, ge=0, le=60)
    comparison: float = Field(default=0.3, ge=0, le=1)


class Item(Params):
    """How one question is answered.

    A standard score is the sum of `loads` on the family's hidden parts and noise. It becomes an answer either in steps
    (`shares`) or as a log-normal amount (`middle`, `spread`).

    Parameters
    ----------
    shares
        Share of each level in the first wave, lowest first; for a count the levels are `first`, `first` + 1, ...
    none
        Share whose amount is zero.
    yearly
        What a year in the programme adds to the amount (ages, months of membership).
    sticky
        Share of the noise that is the family's own and stays from wave to wave.
    drift
        Change of the standard score a year: goods that spread.
    at_most
        A question whose number this one cannot exceed.
    part_of
        A count of members that this group is taken from, after the groups named before it and one grown-up.
    head
        The question with the head's age, for a group of members that the head belongs to from `head_from` years on.
    missing
        Chance that it stays unanswered; None: the province's.
    """

    loads: dict[Latent, float] = {}
    shares: tuple[float, ...] = ()
    first: int = 0
    middle: float | None = None
    spread: float = Field(default=0.5, ge=0)
    none: float = Field(default=0.0, ge=0, lt=1)
    yearly: float = 0.0
    round_to: float = Field(default=1.0, gt=0)
    sticky: float = Field(default=0.9, ge=0, le=1)
    drift: float = 0.0
    at_most: str | None = None
    part_of: str | None = None
    head: str | None = None
    head_from: float = 65.0
    missing: float | None = Field(default=None, ge=0, lt=1)

    @model_validator(mode="after")
    def _is_meant(self) -> Item:
        if bool(self.shares) == (self.middle is not None):
            raise ValueError("a simulated answer needs either shares or a middle")
        if self.shares and abs(sum(self.shares) - 1) > 1e-6:
            raise ValueError("the shares of a simulated answer must sum to 1")
        if sum(load**2 for load in self.loads.values()) > 1:
            raise ValueError("the squares of a simulated answer's loads may sum to 1 at most")
        return self


class SimulationParams(Params):
    """The simulated province.

    Parameters
    ----------
    last_year
        Year of the last wave; waves are consecutive years.
    base_year, price_growth
        Year of the districts' lines, and the yearly growth of prices, lines and amounts of money.
    caseload, caseload_spread
        Families a facilitator: mean and standard deviation.
    exit_line
        Welfare over the line from which a family counts as out of poverty.
    income, ratio, size
        The questions that the welfare path itself answers: household income, income a head over the line, and the
        number of heads.
    leniency
        Standard deviation of facilitators' leniency, in standard scores.
    graduated
        Share of each past wave that people graduated; they leave, and new families take their places.
    missing, hasty, hasty_missing
        Chance that an answer is missing; share of visits done in haste, and what is missing there.
    items
        Question -> how it is answered. An optional or expected question without an item stays unanswered.
    """

    last_year: int = Field(default=2020, ge=1990, le=2100)
    base_year: int = 2021
    price_growth: float = 0.055
    districts: tuple[District, ...] = Field(min_length=1)
    caseload: float = Field(default=144.0, gt=0)
    caseload_spread: float = Field(default=50.0, gt=0)
    villages_per_facilitator: int = Field(default=4, gt=0, le=20)
    exit_line: float = Field(default=1.2, gt=0)
    income: str = "income_month_idr"
    ratio: str = "percap_to_line"
    size: str = "hh_size"
    welfare: WelfareParams = WelfareParams()
    visits: VisitParams = VisitParams()
    leniency: float = Field(default=0.5, ge=0)
    graduated: float = Field(default=0.04, ge=0, lt=1)
    missing: float = Field(default=0.03, ge=0, lt=1)
    hasty: float = Field(default=0.01, ge=0, lt=1)
    hasty_missing: float = Field(default=0.5, ge=0, lt=1)
    items: dict[str, Item] = {}
