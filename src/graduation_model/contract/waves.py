"""Checks of a family's visits against each other and against the round: typed visits in, flagged cells out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from graduation_model.contract.checks import CellFaults
from graduation_model.contract.instrument import AssetsLost, Instrument
from graduation_model.contract.params import Round

TWO_VISITS, OUTSIDE_ROUND, ASSETS_LOST = "two_visits_in_wave", "outside_round", "assets_lost"
# What these find may be true: a second visit was wanted, the rains made the round late, a motorbike was sold.
WAVE_RULES = (TWO_VISITS, OUTSIDE_ROUND, ASSETS_LOST)


def check_waves(visits: pd.DataFrame, *, assets: AssetsLost | None, within: Round | None) -> CellFaults:
    """Return what is odd about a family's visits over time; a wave is a calendar year.

    Parameters
    ----------
    visits : frame (n_visits, household_id, assessment_date, questions)
        Checked visits, one row a household_id and assessment_date.
    assets, within
        Goods that should not all be gone at the next visit; when a wave is assessed. None leaves the check out.

    Returns
    -------
    CellFaults
        Two visits of one family in one wave, both; dates outside of the round; every asset of a visit at which
        `assets.at_least` of them are gone.
    """
    visits = visits.reset_index(drop=True)
    parts = [_two_visits(visits)]
    if within is not None:
        parts.append(_outside(visits["assessment_date"], within))
    if assets is not None:
        parts.append(_assets_lost(visits, assets))
    table = pd.concat(parts, ignore_index=True)
    return CellFaults(table=table.astype({"row": "int64"}).sort_values(["row", "column"], ignore_index=True))


def _cells(rows: np.ndarray, column: str | np.ndarray, rule: str, expected: str) -> pd.DataFrame:
    return pd.DataFrame({"row": rows, "column": column, "expected": expected, "rule": rule})


def _two_visits(visits: pd.DataFrame) -> pd.DataFrame:
    wave = pd.DataFrame({"family": visits["household_id"], "year": visits["assessment_date"].dt.year})
    rows = np.flatnonzero(wave.duplicated(keep=False).to_numpy())
    return _cells(rows, "assessment_date", TWO_VISITS, "one visit a wave")


def _outside(dates: pd.Series, within: Round) -> pd.DataFrame:
    first, last = (100 * int(day[:2]) + int(day[3:]) for day in (within.first, within.last))
    day = 100 * dates.dt.month + dates.dt.day
    rows = np.flatnonzero((dates.notna() & ((day < first) | (day > last))).to_numpy())
    return _cells(rows, "assessment_date", OUTSIDE_ROUND, f"{within.first} to {within.last}")


def _assets_lost(visits: pd.DataFrame, assets: AssetsLost) -> pd.DataFrame:
    names = [name for name in assets.questions if name in visits]
    code, _ = pd.factorize(visits["household_id"])  # numbers are sorted and compared in a tenth of the time
    order = np.lexsort((visits["assessment_date"].to_numpy(), code))
    family = code[order]
    has, has_not = (np.column_stack([visits[name] == answer for name in names])[order] for answer in ("yes", "no"))
    followed = np.flatnonzero(family[1:] == family[:-1])
    lost = has[followed] & has_not[followed + 1]
    lost &= (lost.sum(axis=1) >= assets.at_least)[:, None]
    visit, asset = np.nonzero(lost)
    return _cells(order[followed[visit] + 1], np.array(names, dtype=object)[asset], ASSETS_LOST, "as at the last visit")


def doubtful_rules(instrument: Instrument) -> frozenset[str]:
    """Return the rules whose findings may be true: of the house, and those that the programme declares."""
    return frozenset(check.name for check in instrument.cross_checks if check.is_doubt) | {*WAVE_RULES}
