"""Settings of the simulated province: its places, its families' welfare, their answers, decisions, and what is lost."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from graduation_model.params import Params
from graduation_model.simulation.field_params import FieldNoiseParams

Latent = Literal["static", "persistent", "transitory", "leniency"]
ProvinceName = Literal["honest", "unrecorded", "recorded", "quiet"]
Depends = Literal["unrecorded", "recorded", "random"]


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


class Regime(Params):
    """What a province's selection and loss depend on, and whether its questions wear out.

    Parameters
    ----------
    selection, loss
        `unrecorded`: also on what no answer shows; `recorded`: on this assessment's answers; `random`: on nothing.
    drifts
        Whether years differ at all: growth, shocks that people share, prices, answers that wear out.
    styles
        Whether facilitators differ in how they write answers down, and some copy.
    """

    selection: Depends
    loss: Depends
    drifts: bool
    styles: bool


REGIMES: dict[ProvinceName, Regime] = {
    "honest": Regime(selection="unrecorded", loss="unrecorded", drifts=True, styles=True),
    "unrecorded": Regime(selection="unrecorded", loss="unrecorded", drifts=False, styles=False),
    "recorded": Regime(selection="recorded", loss="recorded", drifts=False, styles=False),
    "quiet": Regime(selection="random", loss="random", drifts=False, styles=False),
}
PROVINCES = tuple(REGIMES)


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
        Standard deviation of the error of whoever measures it at the assessment; visits have their own.
    understated, understated_yearly
        Log welfare that families leave out while aid hangs on the answer: at the first wave, and more of it each year.
    growth
        Yearly change of the middle.
    common_shock, district_shock
        Standard deviation of what hits everybody, and everybody of a district, in a half-year.
    shock_below
        A half-year's luck below this standard score is a shock that people can name.
    """

    middle: float = 0.22
    static: float = Field(default=0.39, ge=0)
    shape: float = Field(default=1.1, gt=0)
    village_share: float = Field(default=0.1, ge=0, le=1)
    persistent: float = Field(default=0.18, ge=0)
    persistent_kept: float = Field(default=0.88, ge=0, lt=1)
    transitory: float = Field(default=0.35, gt=0)
    transitory_kept: float = Field(default=0.4, ge=0, lt=1)
    measurement: float = Field(default=0.15, gt=0)
    understated: float = Field(default=0.12, ge=0)
    understated_yearly: float = Field(default=0.01, ge=0)
    growth: float = 0.01
    common_shock: float = Field(default=0.01, ge=0)
    district_shock: float = Field(default=0.02, ge=0)
    shock_below: float = -1.3


class FacilitatorParams(Params):
    """How facilitators differ.

    Parameters
    ----------
    leniency
        Standard deviation of their leniency in the log-odds of graduating a family.
    harsh, generous
        Share of facilitators who write everything down a little worse, or better, than others would.
    style
        How much, in standard scores of a question whose `judged` is 1.
    style_income
        How much in log income.
    copying, copied
        Share of facilitators who hand in one family's sheet for others, and the share of their families it stands for.
    """

    leniency: float = Field(default=0.5, ge=0)
    harsh: float = Field(default=0.1, ge=0, le=0.5)
    generous: float = Field(default=0.1, ge=0, le=0.5)
    style: float = Field(default=0.4, ge=0)
    style_income: float = Field(default=0.08, ge=0)
    copying: float = Field(default=0.03, ge=0, le=1)
    copied: float = Field(default=0.4, ge=0, le=1)


class DecisionParams(Params):
    """January's decisions, as shares of the families assessed, and what they look at.

    Parameters
    ----------
    quota
        Share that graduates.
    natural, administrative, deferred
        Most that end because no component is left; share that ends for papers or a move; share put off for a year.
    income, mindset
        Log-odds of graduating for one more of log recorded income over the line, and of the persistent part (seen by
        people, asked by nobody). Leniency is the facilitators'.
    other_kinds
        Share of the graduated whose kind is membership (`kepesertaan`), and force (`paksa`).
    """

    quota: float = Field(default=0.05, ge=0, lt=0.5)
    natural: float = Field(default=0.01, ge=0, lt=0.2)
    administrative: float = Field(default=0.007, ge=0, lt=0.2)
    deferred: float = Field(default=0.01, ge=0, lt=0.2)
    income: float = Field(default=4.0, ge=0)
    mindset: float = Field(default=1.0, ge=0)
    other_kinds: tuple[float, float] = (0.06, 0.03)


class UepParams(Params):
    """Business capital after graduation, only where there is a business.

    Parameters
    ----------
    share
        Chance of a grant for a graduated family with a business.
    effect
        What it adds to log welfare from the first visit on.
    value
        Middle of its value in rupiah.
    """

    share: float = Field(default=0.75, ge=0, le=1)
    effect: float = 0.13
    value: float = Field(default=2_500_000, gt=0)


class Hardship(Params):
    """A chance that falls with welfare: `most` / (1 + (welfare over the line / middle) ^ steepness)."""

    most: float = Field(ge=0, le=1)
    middle: float = Field(gt=0)
    steepness: float = Field(gt=0)


class VisitParams(Params):
    """Follow-up visits in August and February, who gets them, what else they find, and who is not met.

    Parameters
    ----------
    retained
        Share of the retained who are followed for comparison. The graduated all are.
    measurement
        Standard deviation of the visits' error in log welfare.
    food, distress, reentry
        Not enough food; goods sold in distress; back in a programme for need (the graduated alone), each half-year.
    reentry_other
        Chance to enter a programme for a child or for everybody; no failure.
    lost
        Chance that a family that stayed and did well is not interviewed at the last visit.
    lost_both
        Share of those lost who are not met at the interim visit either.
    interim_missed
        Chance that the interim visit alone does not take place.
    odds
        How many times higher the odds of being lost, and of moving away, are for a family that failed (`unrecorded`) or
        whose recorded income is below the line (`recorded`).
    moved, moved_out, deceased
        Chance to move within the year (they leave the programme, too), how many of them leave the province; all
        grown-ups dead.
    observer
        Chance that the visitor is not the family's facilitator.
    expenditure
        Chance that welfare is measured by expenditure instead of income.
    jitter_days
        Visits happen so many days before or after the first of August or February, at most.
    """

    retained: float = Field(default=0.04, ge=0, le=1)
    measurement: float = Field(default=0.15, gt=0)
    food: Hardship = Hardship(most=1, middle=0.7, steepness=5)
    distress: Hardship = Hardship(most=0.5, middle=0.6, steepness=4)
    reentry: Hardship = Hardship(most=0.5, middle=0.8, steepness=6)
    reentry_other: float = Field(default=0.03, ge=0, lt=1)
    lost: float = Field(default=0.2, ge=0, lt=1)
    lost_both: float = Field(default=0.8, ge=0, le=1)
    interim_missed: float = Field(default=0.06, ge=0, lt=1)
    odds: float = Field(default=1.8, gt=0)
    moved: float = Field(default=0.035, ge=0, lt=1)
    moved_out: float = Field(default=0.3, ge=0, le=1)
    deceased: float = Field(default=0.003, ge=0, lt=1)
    observer: float = Field(default=0.7, ge=0, le=1)
    expenditure: float = Field(default=0.15, ge=0, le=1)
    jitter_days: int = Field(default=20, ge=0, le=27)


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
    judged
        How far a facilitator's style moves it.
    hidden
        Chance, more every year it is asked, that a family that has it answers with the lowest level.
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
    judged: float = 0.0
    hidden: float = Field(default=0.0, ge=0, le=0.1)
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
    province
        `honest`: as in life. `unrecorded`, `recorded`, `quiet`: without drift and styles, and selection and loss depend
        on what no answer shows, on the answers alone, on nothing.
    last_year
        Year of the last wave; waves are consecutive years.
    base_year, price_growth
        Year of the districts' lines, and the yearly growth of prices, lines and amounts of money.
    caseload, caseload_spread
        Families a facilitator, and the standard deviation of it.
    exit_line
        Welfare over the line from which a family counts as out of poverty.
    income, ratio, size, business
        The questions that the welfare path itself answers (household income, income a head over the line), the number
        of heads, and whether there is a business.
    components
        Questions that count the members through whom a family belongs to the programme.
    missing, hasty, hasty_missing
        Chance that an answer is missing; share of visits done in haste, and what is missing there.
    items
        Question -> how it is answered. An optional or expected question without an item stays unanswered.
    field_noise
        How offices write the answers down, and which faults they make; None: the programme has no messy folder.
    """

    province: ProvinceName = "honest"
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
    business: str = "has_business"
    components: tuple[str, ...] = ("n_under5", "n_school_age", "n_pregnant")
    welfare: WelfareParams = WelfareParams()
    facilitators: FacilitatorParams = FacilitatorParams()
    decisions: DecisionParams = DecisionParams()
    uep: UepParams = UepParams()
    visits: VisitParams = VisitParams()
    missing: float = Field(default=0.03, ge=0, lt=1)
    hasty: float = Field(default=0.01, ge=0, lt=1)
    hasty_missing: float = Field(default=0.5, ge=0, lt=1)
    items: dict[str, Item] = {}
    field_noise: FieldNoiseParams | None = None

    @property
    def regime(self) -> Regime:
        return REGIMES[self.province]

    def prepared(self) -> SimulationParams:
        """The same settings with everything at rest that this province's regime holds still."""
        still: dict[str, Any] = {}
        if not self.regime.drifts:
            calm = {"growth": 0.0, "common_shock": 0.0, "district_shock": 0.0, "understated_yearly": 0.0}
            still["price_growth"] = 0.0
            still["welfare"] = self.welfare.model_copy(update=calm)
            still["items"] = {
                name: item.model_copy(update={"drift": 0.0, "hidden": 0.0}) for name, item in self.items.items()
            }
        if not self.regime.styles:
            alike = {"harsh": 0.0, "generous": 0.0, "copying": 0.0}
            still["facilitators"] = self.facilitators.model_copy(update=alike)
        return self.model_copy(update=still)
