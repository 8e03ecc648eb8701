"""This wave's answers against those of the wave before: two sets of visits in, a row a question and measure out.

Distances that a person can read instead of p-values: with tens of thousands of families everything is significant, and
what matters is how far the answers moved. What chance alone would show is taken off, so that small waves do not alarm.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from graduation_model.contract.instrument import Instrument, Question, asked
from graduation_model.ingest.typing import NOT_A_VALUE, NOT_IN_CODEBOOK
from graduation_model.monitoring.params import DriftParams

MOVED, MISSING, PRICES, UNREADABLE = "answers_moved", "missing_moved", "amounts_moved", "unreadable_moved"
CODES = "codes_swapped"
Row = tuple[object, ...]
COLUMNS = ("question", "measure", "value", "limit", "before", "now", "n_before", "n_now", "told")
# A table without rows has them too, so that it can stand above another.
_TYPES = {
    **dict.fromkeys(("question", "measure"), "str"),
    **dict.fromkeys(("value", "limit", "before", "now"), "float64"),
    **dict.fromkeys(("n_before", "n_now"), "int64"),
}
PARTS = 10


def answer_drift(now: pd.DataFrame, before: pd.DataFrame, instrument: Instrument, params: DriftParams) -> pd.DataFrame:
    """Return how far each question's answers moved.

    Parameters
    ----------
    now, before : frame (n_visits, questions)
        Typed assessments of two waves.
    instrument : Instrument
    params : DriftParams

    Returns
    -------
    frame with `COLUMNS`
        A row a question and measure. `answers_moved`: total variation distance, the share of families that would have
        to answer otherwise for the two waves to be alike, less what chance shows; amounts of money are first divided
        by their wave's median. `amounts_moved`: log of the ratio of medians. `missing_moved`: difference of the shares
        not answered where asked. before, now: the figure of each wave where it is one number. told: beyond its limit.
    """
    rows: list[Row] = []
    for question in asked(instrument.questions):  # as many turns as questions
        if question.kind in ("text", "date") or question.name in params.without:
            continue
        if question.name not in now or question.name not in before:
            continue
        waves = _Waves(now[question.name], before[question.name])
        rows += [(question.name, *row) for row in _measures(question, waves, params)]
    return _told(rows)


def code_drift(now: pd.DataFrame, before: pd.DataFrame, instrument: Instrument, params: DriftParams) -> pd.DataFrame:
    """Return where the same families' answers look as if codes had changed places since the wave before.

    Two rare codes that change places hardly move the shares of answers; but every family with them contradicts itself.

    Parameters
    ----------
    now, before : frame (n_visits, household_id, questions)
        Typed assessments of two waves, the later visit of a family below the earlier.
    instrument : Instrument
    params : DriftParams

    Returns
    -------
    frame with `COLUMNS`
        `codes_swapped` of every question with codes that at least `params.fewest` families answered both times: the
        share of them that would answer as before if codes were exchanged, minus the share that does as they stand,
        less what chance shows.
    """
    last, first = (part.drop_duplicates("household_id", keep="last") for part in (now, before))
    place = pd.Index(first["household_id"]).get_indexer(last["household_id"])
    last, place = last[place >= 0], place[place >= 0]
    rows: list[Row] = []
    for question in asked(instrument.questions):  # as many turns as questions
        if not question.levels or question.name in params.without:
            continue
        if question.name not in now or question.name not in before:
            continue
        then, since = first[question.name].cat.codes.to_numpy()[place], last[question.name].cat.codes.to_numpy()
        both, k = (then >= 0) & (since >= 0), len(last[question.name].cat.categories)
        n = int(both.sum())
        if n >= params.fewest:
            table = np.bincount(then[both].astype("int64") * k + since[both], minlength=k * k).reshape(k, k)
            rows.append((question.name, CODES, gain_of_exchange(table), params.codes, np.nan, np.nan, n, n))
    return _told(rows)


def gain_of_exchange(table: np.ndarray) -> float:
    """Return how many more families would answer as before if codes were exchanged, as a share, beyond chance.

    The exchange is the best there is (an assignment problem: Kuhn 1955). Where answers have nothing to do with those
    before, or go with them, it is none. A test of symmetry (Bowker 1948) or of equal shares (Stuart 1955; Maxwell
    1970) does not see two codes of equal shares that changed places: their table is as symmetric as before.

    Parameters
    ----------
    table : array (k, k)
        Families by their answer before and now.

    Returns
    -------
    float, in [0, 1]
        Less twice the standard error of the difference.

    Examples
    --------
    >>> as_ever = np.array([[90, 5, 5], [5, 790, 5], [5, 5, 90]])
    >>> gain_of_exchange(as_ever)
    0.0
    >>> round(gain_of_exchange(as_ever[:, [2, 1, 0]]), 2)
    0.14
    """
    from scipy.optimize import linear_sum_assignment

    code, as_if = linear_sum_assignment(table, maximize=True)
    exchanged = code != as_if
    as_they_stand, otherwise = table[code, code][exchanged].sum(), table[code, as_if][exchanged].sum()
    beyond = otherwise - as_they_stand - 2 * np.sqrt(otherwise + as_they_stand)
    return float(max(0.0, beyond) / table.sum())


def codebook_drift(
    quarantine: pd.DataFrame, now: tuple[int, int], before: tuple[int, int], params: DriftParams
) -> pd.DataFrame:
    """Return where a wave holds more answers that its codebook does not know, or fewer, than the wave before.

    Parameters
    ----------
    quarantine : frame
        Failing cells with question, wave and rule.
    now, before : (wave, number of its visits)
    params : DriftParams

    Returns
    -------
    frame with `COLUMNS`
        `unreadable_moved`: difference of the shares. Fewer is a sign too: another code stands where one was unknown.
    """
    unknown = quarantine[quarantine["rule"].isin((NOT_IN_CODEBOOK, NOT_A_VALUE))]
    counts = unknown.groupby(["question", "wave"]).size()
    rows: list[Row] = []
    if min(now[1], before[1]) >= params.fewest:
        for question in counts.index.get_level_values("question").unique():
            shares = [counts.get((question, wave), 0) / visits for wave, visits in (before, now)]
            value = shares[1] - shares[0]
            rows.append((question, UNREADABLE, value, params.unreadable, *shares, before[1], now[1]))
    return _told(rows)


def _told(rows: list[Row]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=list(COLUMNS[:-1])).astype(_TYPES)
    return table.assign(told=table["value"].abs() > table["limit"])


@dataclass(frozen=True)
class _Waves:
    now: pd.Series
    before: pd.Series

    @property
    def known(self) -> tuple[pd.Series, pd.Series]:
        return self.now.dropna(), self.before.dropna()


def _measures(question: Question, waves: _Waves, params: DriftParams) -> Iterator[Row]:
    sizes = (len(waves.before), len(waves.now))
    missing = [float(part.isna().mean()) for part in (waves.before, waves.now)]
    if min(sizes) >= params.fewest:
        yield (MISSING, missing[1] - missing[0], params.missing, *missing, *sizes)
    now, before = waves.known
    if min(len(now), len(before)) < params.fewest:
        return
    if question.kind == "money":
        medians = [float(part[part > 0].median()) for part in (before, now)]
        if all(median > 0 for median in medians):
            change = float(np.log(medians[1] / medians[0]))
            yield (PRICES, change, params.amounts, *medians, len(before), len(now))
            before, now = before / medians[0], now / medians[1]
    counts = _counts(now, before)
    yield (MOVED, beyond_chance(*counts), params.answers, np.nan, np.nan, len(before), len(now))


def _counts(now: pd.Series, before: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Families by answer; numbers with many values by tenths of the wave before."""
    if pd.api.types.is_numeric_dtype(before) and before.nunique() > PARTS:
        cuts = np.unique(np.quantile(before, np.arange(1, PARTS) / PARTS))
        # A value that many give is a part of its own, or a cut upon it would hide a move within it.
        now, before = (pd.Series(np.searchsorted(cuts, part, side="left")) for part in (now, before))
    both = pd.concat([now.value_counts(sort=False), before.value_counts(sort=False)], axis=1).fillna(0)
    return both.iloc[:, 0].to_numpy(dtype=float), both.iloc[:, 1].to_numpy(dtype=float)


def beyond_chance(one: np.ndarray, other: np.ndarray) -> float:
    """Return the total variation distance of two tables of counts, less its mean if both were drawn alike.

    Examples
    --------
    >>> round(beyond_chance(np.array([900.0, 100.0]), np.array([600.0, 400.0])), 2)
    0.28
    >>> beyond_chance(np.array([51.0, 49.0]), np.array([49.0, 51.0]))
    0.0
    """
    n_one, n_other = one.sum(), other.sum()
    distance = np.abs(one / n_one - other / n_other).sum() / 2
    share = (one + other) / (n_one + n_other)
    by_chance = np.sqrt(2 / np.pi * share * (1 - share) * (1 / n_one + 1 / n_other)).sum() / 2
    return float(max(0.0, distance - by_chance))
