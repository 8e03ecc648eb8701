"""The truth given the answers: what the best judge of one sheet could know, averaged over what nobody asked.

Given a family's hidden parts its answers are independent of each other: each question has noise of its own. So the
chance of the hidden parts given the answers is their prior times one factor an answer, on a grid of hidden parts:

* a level: the normal chance of the interval between its limits; where the answer stands at what contains it (no more
  earners than members), the chance of everything from there on;
* an amount: its normal density in logs; zero: the chance of none;
* the income: the density of its measurement error.

In logs all of these are linear in a row's answers, so that one matrix product a block gives the whole grid. Questions
that only the static part moves need one dimension of it.

**Conditioned on**: this assessment's own answers as far as a model may use them (not blocked, not subjective, not
protected), the family's district and what hits it and everybody later, the facilitator's style, whether there is a
business, how many years the family has been in the programme and is still there, and whether its sheet is a copy (a
copy says nothing, so the prior stands). **Not conditioned on**: last year's sheet, the neighbours, the facilitator's
leniency, protected and subjective answers.

**Approximated**: amounts are rounded where their density is taken; an amount that was held within another (profit
within income) is left out; families that stay in the programme are told from those that left by a logistic regression
on their hidden parts; a tail beyond the grid is cut off.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from graduation_model.contract.instrument import Instrument, Question
from graduation_model.simulation.answers import INCOME_STEP, Respondents, Sheets, hiding
from graduation_model.simulation.params import Item, SimulationParams

BLOCK = 2048
# Of a posterior standard deviation along one axis: a finer grid moves chances by .001 on average, .01 at most.
SPACING = 1.8
TINY = 1e-30
HIDDEN = ("static", "persistent", "transitory")


@dataclass(frozen=True)
class Grid:
    """Points of the hidden parts, and their prior.

    Attributes
    ----------
    static (S,), persistent (P,), transitory (U,) : array
    log_prior : float32 array (S, P * U)
    """

    static: np.ndarray
    persistent: np.ndarray
    transitory: np.ndarray
    log_prior: np.ndarray

    def points(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Every point's three parts, each of shape (S, P * U)."""
        s, p, u = np.meshgrid(self.static, self.persistent, self.transitory, indexing="ij")
        return tuple(part.reshape(len(self.static), -1) for part in (s, p, u))  # type: ignore[return-value]


def usable(instrument: Instrument, params: SimulationParams) -> list[str]:
    """Return the questions that say something of the hidden parts and that a model may use."""
    return [
        name
        for name, item in params.items.items()
        if any(item.loads.get(part) for part in HIDDEN)  # type: ignore[call-overload]
        and not (question := instrument.by_name[name]).blocked
        and not question.subjective
        and not question.protected
    ]


def make_grid(instrument: Instrument, params: SimulationParams) -> Grid:
    """Return a grid fine enough for what the answers of this instrument can tell."""
    made = params.welfare
    scale = {"static": made.static, "persistent": made.persistent, "transitory": made.transitory}
    axes = {}
    for part, (low, high) in {"static": (-2.6, 4.4), "persistent": (-3.8, 3.8), "transitory": (-3.8, 3.8)}.items():
        known = 1.0 + (scale[part] / made.measurement) ** 2
        for name in usable(instrument, params):
            loads = params.items[name].loads
            known += loads.get(part, 0.0) ** 2 / max(1 - sum(load**2 for load in loads.values()), 0.05)  # type: ignore[call-overload]
        axes[part] = np.linspace(low, high, int(np.ceil((high - low) * np.sqrt(known) / SPACING)) + 1)
    static = _static_prior(axes["static"], params)
    normal = [np.exp(-0.5 * axes[part] ** 2) for part in ("persistent", "transitory")]
    luck = np.outer(normal[0] / normal[0].sum(), normal[1] / normal[1].sum()).ravel()
    prior = np.log(np.maximum(np.outer(static, luck), TINY)).astype(np.float32)
    return Grid(axes["static"], axes["persistent"], axes["transitory"], prior)


def _static_prior(points: np.ndarray, params: SimulationParams) -> np.ndarray:
    """Chance of the cell around each point: a standardised gamma of one's own and a normal of the village."""
    from scipy.special import gammainc

    from graduation_model.simulation.welfare import HIGHEST_STATIC

    made, width = params.welfare, (points[1] - points[0]) / 2
    edges = np.append(points[:-1] + width, np.inf)
    edges[edges >= HIGHEST_STATIC] = np.inf  # whoever would stand higher stands there
    shared = np.linspace(-5, 5, 201)
    weight = np.exp(-0.5 * shared**2)
    own = (edges[:, None] - np.sqrt(made.village_share) * shared) / max(np.sqrt(1 - made.village_share), 1e-6)
    below = gammainc(made.shape, np.maximum(own * np.sqrt(made.shape) + made.shape, 0))
    return np.diff(below @ weight / weight.sum(), prepend=0.0)


def likelihoods(
    instrument: Instrument,
    params: SimulationParams,
    who: Respondents,
    sheets: Sheets,
    grid: Grid,
    *,
    known: np.ndarray,
    rows: np.ndarray,
    style: int,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Give the likelihood of the hidden parts, block by block, for some rows of one style of facilitators.

    Parameters
    ----------
    known : array (n,)
        What is expected of log recorded income over the line before any part of the family's own.
    rows : int array
        Positions in the wave.

    Yields
    ------
    rows : int array (b,)
    log_likelihood : float32 array (b, S, P * U)
        The prior is not in it.
    """
    narrow, wide = _tables(instrument, params, who, sheets, grid, style=style)
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        log = _design(wide, params, who, sheets, known, block) @ np.vstack([one.factors for one in wide])
        log = log.reshape(len(block), len(grid.static), -1)
        if narrow:
            alone = _design(narrow, params, who, sheets, known, block) @ np.vstack([one.factors for one in narrow])
            log += alone[:, :, None]
        yield block, log


@dataclass(frozen=True)
class _Factors:
    """One question's share of the log likelihood: a row of `factors` for each column of its design."""

    name: str
    factors: np.ndarray
    levels: int = 0
    first: int = 0
    capped: bool = False
    money: bool = False


def _tables(
    instrument: Instrument, params: SimulationParams, who: Respondents, sheets: Sheets, grid: Grid, *, style: int
) -> tuple[list[_Factors], list[_Factors]]:
    s, p, u = (part.ravel() for part in grid.points())
    parts = {"static": s, "persistent": p, "transitory": u}
    made = params.welfare
    narrow: list[_Factors] = []
    spread = made.static * s + made.persistent * p + made.transitory * u
    precision = made.measurement**-2
    wide = [_Factors(params.income, _float32([spread * precision, -0.5 * precision * spread**2]))]
    for name in usable(instrument, params):
        item, question = params.items[name], instrument.by_name[name]
        alone = not (item.loads.get("persistent") or item.loads.get("transitory"))
        shift = item.drift * who.wave + params.facilitators.style * item.judged * style
        middle = np.full(len(grid.static) if alone else len(s), shift)
        if alone:
            middle += item.loads["static"] * grid.static
        else:
            for part, values in parts.items():
                middle += item.loads.get(part, 0.0) * values  # type: ignore[call-overload]
        (narrow if alone else wide).append(_factors(question, item, middle, sheets, who.wave))
    return narrow, wide


def _factors(question: Question, item: Item, middle: np.ndarray, sheets: Sheets, wave: int) -> _Factors:
    """Log likelihoods of every answer to one question, as columns of a design times rows over the grid."""
    from scipy.special import ndtr

    name, sd = question.name, np.sqrt(1 - sum(load**2 for load in item.loads.values()))
    limits = sheets.limits[name]
    above = [np.ones_like(middle), *(ndtr((middle - limit) / sd) for limit in limits), np.zeros_like(middle)]
    if not item.shares:
        rows = [middle / sd**2, -0.5 * (middle / sd) ** 2]
        none = [np.log(np.maximum(1 - above[1], TINY))] if item.none else []
        return _Factors(name, _float32([*rows, *none]), money=question.kind == "money")
    hidden = hiding(item, wave) if item.hidden else 0.0
    chance = [(1 - hidden) * (high - low) for high, low in pairwise(above)]
    chance[0] = chance[0] + hidden
    capped = name in sheets.caps
    beyond = [sum(chance[level:]) for level in range(len(chance))] if capped else []
    logs = _float32(np.log(np.maximum([*chance, *beyond], TINY)))
    return _Factors(name, logs, levels=len(chance), first=0 if question.levels else item.first, capped=capped)


def _float32(rows: list[np.ndarray] | np.ndarray) -> np.ndarray:
    return np.asarray(rows, dtype=np.float32)


def _design(
    factors: list[_Factors],
    params: SimulationParams,
    who: Respondents,
    sheets: Sheets,
    known: np.ndarray,
    block: np.ndarray,
) -> np.ndarray:
    """What each answer of a block multiplies the factors with."""
    design = np.zeros((len(block), sum(len(one.factors) for one in factors)), dtype=np.float32)
    start = 0
    for one in factors:
        columns, start = design[:, start : start + len(one.factors)], start + len(one.factors)
        value, said = sheets.values[one.name][block], sheets.answered[one.name][block]
        if one.name == params.income:
            _fill_income(columns, value, said, sheets.values[params.size][block], who.line[block], known[block])
        elif one.levels:
            level = np.clip(value.astype(int) - one.first, 0, one.levels - 1)
            if one.capped:
                level = level + one.levels * (value >= sheets.caps[one.name][block])
            columns[said, level[said]] = 1.0
        else:
            item, cap = params.items[one.name], sheets.caps.get(one.name)
            free = said if cap is None else said & (value < cap[block])
            begun = np.maximum(value - item.yearly * who.years_in[block], item.round_to / 2)
            _fill_amount(columns, item, begun / (who.prices if one.money else 1.0), free, none=value == 0)
    return design


def _fill_income(
    columns: np.ndarray, income: np.ndarray, said: np.ndarray, size: np.ndarray, line: np.ndarray, known: np.ndarray
) -> None:
    columns[:, 0] = np.where(said, np.log(np.maximum(income, INCOME_STEP / 2) / size / line) - known, 0.0)
    columns[:, 1] = said


def _fill_amount(columns: np.ndarray, item: Item, amount: np.ndarray, said: np.ndarray, *, none: np.ndarray) -> None:
    some = said & ~none if item.none else said
    columns[:, 0] = np.where(some, np.log(amount / float(item.middle or 1)) / item.spread, 0.0)
    columns[:, 1] = some
    if item.none:
        columns[:, 2] = said & none
