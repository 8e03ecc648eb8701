"""Follow-up visits of one wave: what became of the families in, whom the visits meet and what they write down out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from graduation_model.contract.instrument import Instrument
from graduation_model.simulation.decisions import RETAINED, Decided
from graduation_model.simulation.outcomes import Outcomes, against_odds, worse_odds
from graduation_model.simulation.params import SimulationParams
from graduation_model.simulation.welfare import MOST_RECORDED

# Every column of the table beside the household and the date; a follow-up form must ask them.
FOLLOWUP_QUESTIONS = (
    "followup_status", "hh_size", "percap_month_idr", "measure_basis", "observer_independent", "food_deficit_3m",
    "asset_sale_distress_12m", "shock_12m", "reentered_program", "reentry_date", "reentry_reason",
    "business_operating", "business_profit_month_idr",
)  # fmt: skip
INTERVIEWED, PARTIAL, MOVED, MOVED_OUT, DECEASED, REFUSED, NOT_FOUND = (
    "interviewed", "partial", "moved", "moved_out", "deceased", "refused", "not_found",
)  # fmt: skip
# Made of two others, and written down ready-made only where the form has a place for it.
DERIVED = "welfare_to_line"
# Why a family that is still there is not interviewed.
REASONS, REASON_SHARES = (NOT_FOUND, REFUSED, PARTIAL), (0.6, 0.32, 0.08)
SHOCKS, SHOCK_SHARES = ("illness", "death", "crop", "flood", "job_loss", "price"), (0.34, 0.06, 0.18, 0.1, 0.24, 0.08)
PERCAP_STEP = 100
VISIT_MONTHS = ("08", "02")
# Visits for a district that has a single facilitator.
OFFICE = "KAB"


@dataclass(frozen=True)
class Colleagues:
    """Who can visit the families of one wave; facilitators are numbered through, district by district.

    Attributes
    ----------
    own : int array (n,)
        The facilitator who assessed the family, and so proposed it if anybody did.
    first, size : int array (n,)
        The first facilitator of the family's district, and how many there are.
    """

    own: np.ndarray
    first: np.ndarray
    size: np.ndarray

    def of(self, row: np.ndarray) -> Colleagues:
        """Return those of some families."""
        return Colleagues(self.own[row], self.first[row], self.size[row])

    def visitors(self, independent: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return who visits (n, 2): where it is somebody independent, another of the district, or its office.

        Parameters
        ----------
        independent : bool array (n, 2)
        """
        others = self.size[:, None] - 1
        step = 1 + (rng.random(independent.shape) * others).astype(int)
        other = self.first[:, None] + (self.own[:, None] - self.first[:, None] + step) % self.size[:, None]
        number = pd.Series(np.where(independent, other, self.own[:, None]).ravel() + 1)
        code = ("F" + number.astype("str").str.zfill(4)).to_numpy(dtype=object).reshape(independent.shape)
        return np.where(independent & (others == 0), OFFICE, code)


@dataclass(frozen=True)
class Followed:
    """Whom the visits of one wave were meant for, and whom they met.

    Attributes
    ----------
    row : int array (m,)
        Position in the wave.
    status : text array (m, 2)
    date : datetime64[D] array (m, 2)
    """

    row: np.ndarray
    status: np.ndarray
    date: np.ndarray


def draw_visits(
    params: SimulationParams,
    decided: Decided,
    outcomes: Outcomes,
    *,
    year: int,
    recorded: np.ndarray,
    rng: np.random.Generator,
) -> Followed:
    """Follow every graduated family and some of the retained, and lose some of them on the way."""
    made, n = params.visits, len(decided.decision)
    sampled = (decided.decision == RETAINED) & (rng.random(n) < made.retained)
    odds = worse_odds(params, outcomes.stayed_out, recorded)
    lost = rng.random(n) < against_odds(made.lost, odds)
    reason = rng.choice(np.array(REASONS), p=REASON_SHARES, size=n)
    gone = np.where(rng.random(n) < made.moved_out, MOVED_OUT, MOVED)
    reason = np.select([outcomes.moved, outcomes.deceased], [gone, np.full(n, DECEASED)], reason)
    lost = lost | outcomes.moved | outcomes.deceased
    both, missed = rng.random(n) < made.lost_both, rng.random(n) < made.interim_missed
    # Who is met at last had neither moved nor died before.
    interim = np.select([lost & both, ~lost & missed], [reason, np.full(n, NOT_FOUND)], INTERVIEWED)
    status = np.stack([interim, np.where(lost, reason, INTERVIEWED)], axis=1)
    row = np.flatnonzero(decided.graduated | sampled)
    jitter = rng.integers(-made.jitter_days, made.jitter_days + 1, size=(n, 2)).astype("timedelta64[D]")
    return Followed(row, status[row], (_due(year) + jitter)[row])


def _due(year: int) -> np.ndarray:
    """Six and twelve months after the decision takes effect."""
    return np.array([f"{year + 1}-{VISIT_MONTHS[0]}-01", f"{year + 2}-{VISIT_MONTHS[1]}-01"], dtype="datetime64[D]")


def followup_table(
    followed: Followed,
    outcomes: Outcomes,
    instrument: Instrument,
    params: SimulationParams,
    *,
    ids: pd.Series,
    size: np.ndarray,
    line: np.ndarray,
    business: np.ndarray,
    colleagues: Colleagues,
    rng: np.random.Generator,
    visitor_rng: np.random.Generator,
) -> pd.DataFrame:
    """Return what the visits wrote down, two rows a family followed.

    Parameters
    ----------
    ids, size, business : (n,)
        Of every family of the wave: its id, its members, whether it has a business.
    line : array (n,)
        The line that holds at both visits: that of the March before the first.
    colleagues : Colleagues
        Of every family of the wave.
    rng, visitor_rng
        Of the answers; of who visits.

    Returns
    -------
    frame
        household_id, followup_date, visitor_id and the follow-up's questions, typed as the instrument says.
    """
    row, shape = followed.row, followed.status.shape
    met = followed.status == INTERVIEWED
    amount = (
        np.rint(np.minimum(np.exp(outcomes.found[row]), MOST_RECORDED) * line[row, None] / PERCAP_STEP) * PERCAP_STEP
    )
    operating = business[row, None] & (rng.random(shape) < 1 / (1 + np.exp(-2.0 - outcomes.found[row])))
    profit = np.rint(0.35 * amount * size[row, None] * np.exp(0.5 * rng.standard_normal(shape)) / 10_000) * 10_000
    named = rng.choice(np.array(SHOCKS), p=SHOCK_SHARES, size=shape)
    shock = np.where(outcomes.luck[row] < params.welfare.shock_below, named, "none")
    back, date, reason = _reentries(followed, outcomes, rng)
    basis = np.where(rng.random(shape) < params.visits.expenditure, "expenditure", "income")
    watched = rng.random(shape) < params.visits.observer
    columns = {
        "followup_status": followed.status,
        "hh_size": np.where(met, size[row, None], np.nan),
        "percap_month_idr": np.where(met, amount, np.nan),
        "measure_basis": _said(basis, met),
        "observer_independent": _said(_yes(watched), met),
        "food_deficit_3m": _said(_yes(outcomes.hungry[row]), met),
        "asset_sale_distress_12m": _said(_yes(outcomes.distressed[row]), met),
        "shock_12m": _said(shock, met),
        # A register knows it also of those whom nobody met.
        "reentered_program": _yes(back),
        "reentry_date": np.where(back, date, np.datetime64("NaT", "D")),
        "reentry_reason": _said(reason, back),
        "business_operating": _said(_yes(operating), met & business[row, None]),
        "business_profit_month_idr": np.where(met & operating, profit, np.nan),
    }
    questions = instrument.followup_by_name
    if DERIVED in questions:
        columns[DERIVED] = columns["percap_month_idr"] / line[row, None]
    table = pd.DataFrame(
        {
            "household_id": ids.to_numpy()[row].repeat(2),
            "followup_date": followed.date.ravel().astype("datetime64[s]"),
            "visitor_id": colleagues.of(row).visitors(watched, visitor_rng).ravel(),
            **{name: values.ravel() for name, values in columns.items()},
        }
    )
    types = {name: questions[name].dtype() for name in columns}
    return table.astype({"household_id": "str", "visitor_id": "str"} | types)  # type: ignore[arg-type]


def _reentries(
    followed: Followed, outcomes: Outcomes, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What a register knows at each visit: whether, when and why a family came back; the first time counts."""
    need, other = outcomes.returned[followed.row], outcomes.joined[followed.row]
    began = np.stack([followed.date[:, 0] - np.timedelta64(150, "D"), followed.date[:, 0]], axis=1)
    # Before the visit, and before the year is over.
    ends = np.minimum(followed.date, _due_of(followed))
    days = (ends - began).astype(int) - 10
    date = began + np.timedelta64(5, "D") + (rng.random(need.shape) * np.maximum(days, 1)).astype("timedelta64[D]")
    reason = np.where(need, "welfare", np.where(rng.random(need.shape) < 0.6, "component", "universal"))
    happened = need | other
    # A re-entry for need settles the matter, so it is what a later visit is told, too.
    first = np.where(need[:, 0] | (happened[:, 0] & ~need[:, 1]), 0, 1)
    index = np.stack([np.zeros_like(first), first], axis=1)
    back = np.stack([happened[:, 0], happened.any(axis=1)], axis=1)
    return back, np.take_along_axis(date, index, axis=1), np.take_along_axis(reason, index, axis=1)


def _due_of(followed: Followed) -> np.ndarray:
    """Six and twelve months after the decision took effect, whenever the visit was."""
    january = followed.date[:, 0].astype("datetime64[Y]").astype("datetime64[M]")
    due = [january + np.timedelta64(months, "M") for months in (7, 13)]
    return np.stack(due, axis=1).astype("datetime64[D]")


def _yes(happened: np.ndarray) -> np.ndarray:
    return np.where(happened, "yes", "no")


def _said(answer: np.ndarray, asked: np.ndarray) -> np.ndarray:
    said = answer.astype(object)
    said[~asked] = None
    return said
