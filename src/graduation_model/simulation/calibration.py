"""What the province was meant to be like beside what it is like: tables and truth in, one figure a target out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from graduation_model.contract.instrument import Instrument
from graduation_model.simulation.params import SimulationParams
from graduation_model.simulation.posterior import usable
from graduation_model.simulation.province import Province
from graduation_model.simulation.visits import INTERVIEWED

Unit = Literal["share", "number", "points"]


@dataclass(frozen=True)
class Figure:
    """One target.

    Attributes
    ----------
    name : str
        Key of its words.
    low, high : float
        What was aimed at.
    value : float or None
        What came out; None where this province has nothing to measure it on.
    unit : str
        `share`, `number`, or `points` (of a percentage).
    """

    name: str
    low: float
    high: float
    value: float | None
    unit: Unit = "share"

    @property
    def inside(self) -> bool | None:
        """Whether it lies within what was aimed at; None where there is nothing to say."""
        return None if self.value is None else bool(self.low <= self.value <= self.high)


def calibration(province: Province, instrument: Instrument, params: SimulationParams) -> list[Figure]:
    """Return every target of the programme's calibration sheet beside what came out.

    The targets describe the `honest` province; the calmer ones miss those of drift and of loss on purpose.
    """
    figures = [*_families(province, params), *_decisions(province, params), *_visits(province)]
    figures += _models(province, instrument, params)
    return [_known(figure) for figure in figures]


def _known(figure: Figure) -> Figure:
    if figure.value is None or np.isfinite(figure.value):
        return figure
    return Figure(figure.name, figure.low, figure.high, None, figure.unit)


def _families(province: Province, params: SimulationParams) -> Iterator[Figure]:
    sheets, truth = province.assessments, province.truth
    weight = pd.Series({one.code: one.weight for one in params.districts})
    share = sheets["district_code"].value_counts(normalize=True).reindex(weight.index, fill_value=0.0)
    yield Figure("district_share", 0.0, 0.01, float((share - weight / weight.sum()).abs().max()))
    newest = truth["wave"] == truth["wave"].max()
    caseload = sheets.loc[newest.to_numpy(), "facilitator_id"].value_counts()
    yield Figure("caseload", 130, 158, float(caseload.mean()), "number")
    yield Figure("caseload_spread", 35, 65, float(caseload.std()), "number")
    yield Figure("household_size", 4.4, 5.1, float(sheets[params.size].mean()), "number")
    ratio = sheets[params.income] / sheets[params.size] / _lines(province, params)
    yield Figure("below_exit_line", 0.6, 0.75, float((ratio < params.exit_line)[ratio.notna()].mean()))
    made = params.welfare
    static = made.static * truth["static"]
    whole = static + made.persistent * truth["persistent"] + made.transitory * truth["transitory"]
    yield Figure("static_part", 0.4, 0.6, float(static.var() / whole.var()))


def _lines(province: Province, params: SimulationParams) -> np.ndarray:
    lines = province.poverty_lines
    by_place = lines.set_index([lines["area_code"], lines["period"].str[:4].astype(int)])["line_idr"]
    keys = pd.MultiIndex.from_arrays([province.assessments["district_code"], province.truth["wave"].astype(int)])
    return by_place.reindex(keys).to_numpy()


def _decisions(province: Province, params: SimulationParams) -> Iterator[Figure]:
    truth, decision = province.truth, province.decisions["decision"]
    graduated = (decision == "graduated").to_numpy()
    yield Figure("graduated", 0.049, 0.051, float(graduated.mean()))
    caseloads = province.assessments["facilitator_id"].nunique() * truth["wave"].nunique()
    yield Figure("graduates_a_facilitator", 6, 8.5, float(graduated.sum() / caseloads), "number")
    yield Figure("leniency", 0.4, 0.6, _leniency(province, params), "number")
    yield Figure("relapse", 0.15, 0.4, float(1 - truth.loc[graduated, "stayed_out"].mean()))
    granted = truth["granted"].to_numpy()
    yield Figure("uep_share", 0.3, 0.6, float(granted[graduated].mean()))
    yield Figure("uep_with_business", 1.0, 1.0, float(truth.loc[granted, "business"].mean()))
    yield Figure("uep_effect", 0.05, 0.1, float(truth.loc[granted, "uep_effect"].mean()), "points")


def _leniency(province: Province, params: SimulationParams) -> float:
    each = province.truth["leniency"].groupby(province.assessments["facilitator_id"].to_numpy()).first()
    return float(each.std() * params.facilitators.leniency)


def _visits(province: Province) -> Iterator[Figure]:
    last = last_visits(province)
    lost = (last["followup_status"] != INTERVIEWED).to_numpy()
    stayed = of_their_family(province, last, province.truth["stayed_out"]) == 1
    yield Figure("lost", 0.25, 0.35, float(lost.mean()))
    yield Figure("lost_more_after_failure", 0.03, 0.25, _mean(lost[~stayed]) - _mean(lost[stayed]), "points")


def last_visits(province: Province) -> pd.DataFrame:
    """Return each followed family's second visit, with the year of its assessment (`wave`); visits stand in pairs."""
    last = province.followups.iloc[1::2]
    return last.assign(wave=last["followup_date"].dt.year.to_numpy() - 2)


def of_their_family(province: Province, visits: pd.DataFrame, column: pd.Series) -> np.ndarray:
    """Return what a column with one entry an assessment says of the visits' families in the visits' waves."""
    truth = province.truth
    by_family = pd.Series(column.to_numpy(), index=pd.MultiIndex.from_arrays([truth["household_id"], truth["wave"]]))
    return by_family.reindex(pd.MultiIndex.from_arrays([visits["household_id"], visits["wave"]])).to_numpy()


def _models(province: Province, instrument: Instrument, params: SimulationParams) -> Iterator[Figure]:
    """What a linear rule reaches in an honest split by time, what it loses a year, and what anybody could reach."""
    truth, X = province.truth, _columns(province, instrument, params)
    wave, y = truth["wave"].to_numpy(), truth["stayed_out"].to_numpy(dtype=float)
    last = last_visits(province)
    met = last[(last["followup_status"] == INTERVIEWED).to_numpy()]
    labelled = of_their_family(province, met, pd.Series(np.arange(len(truth)))).astype(int)
    newest = wave.max()
    train, test = labelled[wave[labelled] <= newest - 2], labelled[wave[labelled] == newest]
    seen = _fit(X[train], y[train], X[test]) if len(train) > X.shape[1] and len(test) else None
    yield Figure("discrimination", 0.75, 0.82, None if seen is None else _auc(y[test], seen), "number")
    best = truth["truth_given_answers_if_retained"].to_numpy()
    known = (wave == newest) & ~np.isnan(y) & ~np.isnan(best)
    yield Figure("best_discrimination", 0.75, 0.85, _auc(y[known], best[known]) if known.any() else None, "number")
    yield Figure("drift", 0.015, 0.019, _drift(X, y, wave, truth["household_id"].to_numpy()), "points")


def _columns(province: Province, instrument: Instrument, params: SimulationParams) -> np.ndarray:
    """Answers as numbers, a missing one as the mean."""
    names = [*usable(instrument, params), params.income]
    columns = np.ones((len(province.assessments), len(names) + 2), dtype=np.float32)
    for place, name in enumerate(names, start=1):
        answer = province.assessments[name]
        codes = answer.cat.codes.where(answer.notna()) if instrument.by_name[name].levels else answer
        values = codes.to_numpy(dtype=float)
        if instrument.by_name[name].kind == "money":
            values = np.log1p(values)
        columns[:, place] = np.nan_to_num(values, nan=float(np.nanmean(values)) if np.isfinite(values).any() else 0.0)
    ratio = province.assessments[params.income] / province.assessments[params.size] / _lines(province, params)
    columns[:, -1] = np.nan_to_num(np.log(np.maximum(ratio.to_numpy(dtype=float), 0.05)), nan=0.0)
    return columns


def _fit(X: np.ndarray, y: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Least squares with a little ridge, as a proxy means test has it."""
    scale = np.maximum(X.std(axis=0), 1e-6)
    scale[0] = 1.0
    Z = X / scale
    beta = np.linalg.solve((Z.T @ Z).astype(float) + np.eye(Z.shape[1]), Z.T @ y.astype(np.float32))
    return new / scale @ beta


def _drift(X: np.ndarray, y: np.ndarray, wave: np.ndarray, family: np.ndarray) -> float | None:
    """Share of the newest wave's families placed right that last year's sheet and rule cost against this year's.

    After Aiken, Ohlenburg and Blumenstock (2023): a family's sheet grows old together with the rule.
    """
    old, new = (np.flatnonzero((wave == year) & ~np.isnan(y)) for year in (wave.max() - 1, wave.max()))
    _, then, now = np.intersect1d(family[old], family[new], return_indices=True)
    if len(now) <= X.shape[1]:
        return None
    kept, fresh = _fit(X[old], y[old], X[old[then]]), _fit(X[new], y[new], X[new[now]])
    return _right(fresh, y[new[now]]) - _right(kept, y[new[now]])


def _right(chance: np.ndarray, y: np.ndarray) -> float:
    """Share placed right when as many are put above the line as truly stay there."""
    above = chance > np.quantile(chance, 1 - y.mean())
    return float((above == (y == 1)).mean())


def _auc(y: np.ndarray, score: np.ndarray) -> float | None:
    from scipy.stats import rankdata

    positive = int((y == 1).sum())
    negative = len(y) - positive
    if not positive or not negative:
        return None
    return float((rankdata(score)[y == 1].sum() - positive * (positive + 1) / 2) / positive / negative)


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")
