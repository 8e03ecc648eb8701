"""The wave context: what a feature must know beyond its own row.

A rank within the wave, the neighbours' situation and the last assessment are not functions of one row. This is the
first of scoring's two passes: assessments in, a context out against which any block of rows can be turned into
features, with the same values as all at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from graduation_model.cohort.dates import wave_of
from graduation_model.features.catalogue import Catalogue, Quantity

# A visit is one whole number, family * 2^20 + day since 1970, so that "this family's last visit before that day" is
# one binary search. 2^20 days reach the year 4840.
DAY_BITS = 20
_HIGH, _LOW = 2.0**20, 2.0**60
_CELL = ["quantity", "wave", "cluster"]
_TOTALS = ("count", "high", "low")


@dataclass(frozen=True)
class Distribution:
    """How often each value was seen: what ranks need, and no more of it than there are distinct values.

    Money is told in round figures, so a million families have some thousand different incomes.

    Attributes
    ----------
    values : array (n_distinct,)
        Ascending, without missing ones.
    counts : array (n_distinct,) of int64

    Examples
    --------
    >>> seen = Distribution.of(np.array([5.0, 1.0, np.nan, 2.0, 1.0]))
    >>> seen.rank(np.array([1.0, 5.0, np.nan])).tolist()
    [0.25, 0.875, nan]
    >>> (seen + Distribution.of(np.array([2.0]))).counts.tolist()
    [2, 2, 1]
    """

    values: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray) -> Distribution:
        distinct, counts = np.unique(values[~np.isnan(values)], return_counts=True)
        return cls(distinct, counts.astype(np.int64))

    def __add__(self, other: Distribution) -> Distribution:
        values, place = np.unique(np.concatenate([self.values, other.values]), return_inverse=True)
        counts = np.zeros(len(values), dtype=np.int64)
        np.add.at(counts, place, np.concatenate([self.counts, other.counts]))
        return Distribution(values, counts)

    @cached_property
    def _below(self) -> np.ndarray:
        return np.concatenate([[0], np.cumsum(self.counts)])

    def rank(self, values: np.ndarray) -> np.ndarray:
        """Return each value's place among all that were seen, in [0, 1]; equals share the middle of their places."""
        if not len(self.values):
            return np.full(len(values), np.nan)
        below = self._below[np.searchsorted(self.values, values, side="left")]
        up_to = self._below[np.searchsorted(self.values, values, side="right")]
        rank = (below + up_to) / (2 * self._below[-1])
        rank[np.isnan(values)] = np.nan
        return rank

    @property
    def sorted_values(self) -> np.ndarray:
        """Every value that was seen, ascending."""
        return np.repeat(self.values, self.counts)

    def quantiles(self, shares: np.ndarray) -> np.ndarray:
        """Return the quantiles of all that were seen."""
        return np.quantile(self.sorted_values, shares)


Distributions = dict[tuple[int, str], Distribution]


@dataclass(frozen=True)
class WaveContext:
    """What is known about the waves up to an as-of date.

    Attributes
    ----------
    wave_ends : tuple of Timestamp
        The as-of dates; a wave is what was assessed after the one before, up to and including it.
    distributions : dict (wave, quantity) -> Distribution
        Every family's value in the wave: the ranks.
    families : Index
        household_id -> family number.
    visits : array of int64
        Every visit (family, day), sorted.
    visit_values : dict quantity -> array
        Value at each visit, in the same order; ranked where the quantity is.
    clusters : Index
        cluster -> number.
    cluster_sums, cluster_counts : dict quantity -> array (n_waves, n_clusters)
        Over the last assessment of each family in the wave.
    cluster : str
        The column of the cluster.
    """

    wave_ends: tuple[pd.Timestamp, ...]
    distributions: Distributions
    families: pd.Index
    visits: np.ndarray
    visit_values: dict[str, np.ndarray]
    clusters: pd.Index
    cluster_sums: dict[str, np.ndarray]
    cluster_counts: dict[str, np.ndarray]
    cluster: str


def days(dates: pd.Series) -> np.ndarray:
    """Return days since 1970."""
    return dates.to_numpy(dtype="datetime64[D]").astype(np.int64)


def number(answers: pd.Series) -> np.ndarray:
    """Return answers as numbers: as they are, or the place of a choice in its order; NaN where missing."""
    if isinstance(answers.dtype, pd.CategoricalDtype):
        codes = answers.cat.codes.to_numpy().astype(np.float64)
        codes[codes < 0] = np.nan
        return codes
    return answers.to_numpy(dtype=np.float64)


def raw_quantity(rows: pd.DataFrame, quantity: Quantity) -> np.ndarray:
    """Return a quantity of each row before ranking; NaN where a part is missing or the divisor is not positive."""
    value = number(rows[quantity.numerator])
    if quantity.denominator is None:
        return value
    divisor = number(rows[quantity.denominator])
    return np.divide(value, divisor, out=np.full(len(rows), np.nan), where=divisor > 0)


def mid_rank(values: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Return each value's place among others, in [0, 1]; equals share the middle of their places.

    Examples
    --------
    >>> mid_rank(np.array([1.0, 5.0, np.nan]), np.array([1.0, 1.0, 2.0, 5.0])).tolist()
    [0.25, 0.875, nan]
    """
    return Distribution.of(among).rank(values)


def ranks_in_waves(values: np.ndarray, waves: np.ndarray, name: str, distributions: Distributions) -> np.ndarray:
    """Return each value's mid-rank among the families of its own wave."""
    ranks = np.full(len(values), np.nan)
    for wave in np.unique(waves):
        rows, seen = waves == wave, distributions.get((int(wave), name))
        if seen is not None:
            ranks[rows] = seen.rank(values[rows])
    return ranks


class Visits:
    """Every visit up to the last as-of date, sorted by family and day, with its wave.

    Parameters
    ----------
    assessments : frame (n_visits, ...)
        Typed assessments. Visits after the last wave end are dropped.
    wave_ends : sequence of Timestamp
        As-of dates, ascending.
    """

    def __init__(self, assessments: pd.DataFrame, wave_ends: Sequence[pd.Timestamp]) -> None:
        known = assessments[(assessments["assessment_date"] <= wave_ends[-1]).to_numpy()]
        self.wave_ends = tuple(wave_ends)
        self.families = pd.Index(known["household_id"].unique())
        keys = (self.families.get_indexer(known["household_id"]) << DAY_BITS) + days(known["assessment_date"])
        order = np.argsort(keys, kind="stable")
        self.table, self.keys = known.iloc[order], keys[order]
        self.waves = wave_of(self.table["assessment_date"], wave_ends)
        # A visit is the family's last of its wave unless the next one is the same family's in the same wave.
        same = (self.keys[1:] >> DAY_BITS == self.keys[:-1] >> DAY_BITS) & (self.waves[1:] == self.waves[:-1])
        self.last = np.append(~same, True)[: len(keys)]


def distributions_of(visits: Visits, catalogue: Catalogue) -> Distributions:
    """Count the ranked quantities of every family's last visit in each wave; those of two parts of families add up."""
    found: Distributions = {}
    for quantity in catalogue.quantities:
        if quantity.ranked:
            values = raw_quantity(visits.table, quantity)
            for wave in np.unique(visits.waves):
                found[int(wave), quantity.name] = Distribution.of(values[visits.last & (visits.waves == wave)])
    return found


def cluster_totals(visits: Visits, catalogue: Catalogue, distributions: Distributions, *, cluster: str) -> pd.DataFrame:
    """Sum up what neighbours are compared by; the totals of two parts of families add up, in any order.

    Returns
    -------
    frame, index (quantity, wave, cluster): count, and the sum in two words
        A float64 sum depends on the order of its terms. Each value is split into multiples of 2^-20 and of 2^-60,
        whose sums are exact.
    """
    parts = [_no_totals()]
    for name in catalogue.compared:
        value = _ranked_value(visits, _quantity(catalogue, name), distributions)
        use = visits.last & ~np.isnan(value) & visits.table[cluster].notna().to_numpy()
        high = np.rint(value[use] * _HIGH) / _HIGH
        low = np.rint((value[use] - high) * _LOW) / _LOW
        rows = {"quantity": name, "wave": visits.waves[use], "cluster": visits.table[cluster].to_numpy()[use]}
        parts.append(pd.DataFrame({**rows, "count": 1, "high": high, "low": low}))
    table = pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)
    return table.groupby(_CELL, sort=True)[list(_TOTALS)].sum()


def _no_totals() -> pd.DataFrame:
    dtypes = {
        "quantity": "str",
        "wave": "int64",
        "cluster": "str",
        "count": "int64",
        "high": "float64",
        "low": "float64",
    }
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in dtypes.items()})


def add_totals(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the sum of several `cluster_totals`."""
    return pd.concat(list(parts)).groupby(level=_CELL, sort=True).sum()


def context_of(
    visits: Visits, catalogue: Catalogue, distributions: Distributions, totals: pd.DataFrame, *, cluster: str
) -> WaveContext:
    """Return the context of some families' rows, seen against the distributions and totals of everybody.

    Parameters
    ----------
    visits : Visits
        All visits of these families.
    distributions, totals
        From `distributions_of` and `cluster_totals` over everybody, the programme's families or not.
    """
    values = {
        quantity.name: _ranked_value(visits, quantity, distributions)
        for quantity in catalogue.quantities
        if quantity.name in catalogue.remembered
    }
    clusters = pd.Index(totals.index.unique("cluster"))
    shape = (len(visits.wave_ends), len(clusters))
    sums, counts = {}, {}
    for name in catalogue.compared:
        sums[name], counts[name] = np.zeros(shape), np.zeros(shape, dtype=np.int64)
        mine = totals[totals.index.get_level_values("quantity") == name]
        cells = (
            mine.index.get_level_values("wave").to_numpy(dtype=np.int64),
            clusters.get_indexer(mine.index.get_level_values("cluster")),
        )
        sums[name][cells] = mine["high"] + mine["low"]
        counts[name][cells] = mine["count"]
    return WaveContext(
        wave_ends=visits.wave_ends,
        distributions=distributions,
        families=visits.families,
        visits=visits.keys,
        visit_values=values,
        clusters=clusters,
        cluster_sums=sums,
        cluster_counts=counts,
        cluster=cluster,
    )


def wave_context(
    assessments: pd.DataFrame, wave_ends: Sequence[pd.Timestamp], catalogue: Catalogue, *, cluster: str
) -> WaveContext:
    """Build the context of every wave up to the last as-of date.

    Parameters
    ----------
    assessments : frame (n_visits, ...)
        Typed assessments of everybody, the programme's families or not. Visits after the last wave end are dropped.
    wave_ends : sequence of Timestamp
        As-of dates, ascending.
    catalogue : Catalogue
    cluster : str
        The column of the cluster whose other families are the neighbours.
    """
    visits = Visits(assessments, wave_ends)
    distributions = distributions_of(visits, catalogue)
    totals = cluster_totals(visits, catalogue, distributions, cluster=cluster)
    return context_of(visits, catalogue, distributions, totals, cluster=cluster)


def _quantity(catalogue: Catalogue, name: str) -> Quantity:
    return next(quantity for quantity in catalogue.quantities if quantity.name == name)


def _ranked_value(visits: Visits, quantity: Quantity, distributions: Distributions) -> np.ndarray:
    values = raw_quantity(visits.table, quantity)
    return ranks_in_waves(values, visits.waves, quantity.name, distributions) if quantity.ranked else values


def reference_context(context: WaveContext, points: int = 1001) -> pd.DataFrame:
    """Return the last wave's distributions as quantiles: the part of a context that a bundle may hold.

    Returns
    -------
    frame (n_quantities * points, 3)
        quantity, quantile (0-1), value. No household's row: at most `points` quantiles of each ranked quantity.
    """
    last = len(context.wave_ends) - 1
    quantiles = np.linspace(0, 1, points)
    parts = [
        pd.DataFrame(
            {
                "quantity": name,
                "quantile": quantiles,
                "value": np.quantile(np.repeat(seen.values, seen.counts), quantiles),
            }
        )
        for (wave, name), seen in context.distributions.items()
        if wave == last and len(seen.values)
    ]
    columns = {"quantity": "str", "quantile": "float64", "value": "float64"}
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(columns)).astype(columns)


def context_from_reference(reference: pd.DataFrame, wave_end: pd.Timestamp, *, cluster: str) -> WaveContext:
    """Return a context that knows the distributions of a stored wave, and no family and no neighbour."""
    return WaveContext(
        wave_ends=(wave_end,),
        distributions={
            (0, str(name)): Distribution.of(part["value"].to_numpy()) for name, part in reference.groupby("quantity")
        },
        families=pd.Index([], dtype="str"),
        visits=np.empty(0, dtype=np.int64),
        visit_values={},
        clusters=pd.Index([], dtype="str"),
        cluster_sums={},
        cluster_counts={},
        cluster=cluster,
    )
