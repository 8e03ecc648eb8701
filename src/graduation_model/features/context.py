"""The wave context: what a feature must know beyond its own row.

A rank within the wave, the neighbours' situation and the last assessment are not functions of one row. This is the
first of scoring's two passes: assessments in, a context out against which any block of rows can be turned into
features, with the same values as all at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from graduation_model.cohort.dates import wave_of
from graduation_model.features.catalogue import CHANGE, NEIGHBOURS, PREVIOUS, Catalogue, Quantity

# A visit is one whole number, family * 2^20 + day since 1970, so that "this family's last visit before that day" is
# one binary search. 2^20 days reach the year 4840.
DAY_BITS = 20


@dataclass(frozen=True)
class WaveContext:
    """What is known about the waves up to an as-of date.

    Attributes
    ----------
    wave_ends : tuple of Timestamp
        The as-of dates; a wave is what was assessed after the one before, up to and including it.
    sorted_values : dict (wave, quantity) -> array
        Every family's value in the wave, sorted: the ranks.
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
    sorted_values: dict[tuple[int, str], np.ndarray]
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
    """Return each value's place among sorted values, in [0, 1]; equals share the middle of their places.

    Examples
    --------
    >>> mid_rank(np.array([1.0, 5.0, np.nan]), np.array([1.0, 1.0, 2.0, 5.0])).tolist()
    [0.25, 0.875, nan]
    """
    if len(among) == 0:
        return np.full(len(values), np.nan)
    below = np.searchsorted(among, values, side="left")
    up_to = np.searchsorted(among, values, side="right")
    rank = (below + up_to) / (2 * len(among))
    rank[np.isnan(values)] = np.nan
    return rank


def ranks_in_waves(
    values: np.ndarray, waves: np.ndarray, name: str, sorted_values: dict[tuple[int, str], np.ndarray]
) -> np.ndarray:
    """Return each value's mid-rank among the families of its own wave."""
    ranks = np.full(len(values), np.nan)
    for wave in np.unique(waves):
        rows = waves == wave
        ranks[rows] = mid_rank(values[rows], sorted_values.get((int(wave), name), np.empty(0)))
    return ranks


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
    known = assessments[(assessments["assessment_date"] <= wave_ends[-1]).to_numpy()]
    families = pd.Index(known["household_id"].unique())
    keys = (families.get_indexer(known["household_id"]) << DAY_BITS) + days(known["assessment_date"])
    order = np.argsort(keys, kind="stable")
    known, keys = known.iloc[order], keys[order]
    waves = wave_of(known["assessment_date"], wave_ends)
    # The visits are sorted by family and day: a visit is the family's last of its wave unless the next one is
    # the same family's in the same wave.
    same = (keys[1:] >> DAY_BITS == keys[:-1] >> DAY_BITS) & (waves[1:] == waves[:-1])
    last = np.append(~same, True)[: len(keys)]

    sorted_values: dict[tuple[int, str], np.ndarray] = {}
    remembered = _remembered(catalogue)
    visit_values: dict[str, np.ndarray] = {}
    for quantity in catalogue.quantities:
        if not (quantity.ranked or quantity.name in remembered):
            continue
        values = raw_quantity(known, quantity)
        if quantity.ranked:
            sorted_values |= _sorted_by_wave(values[last], waves[last], quantity.name)
            values = ranks_in_waves(values, waves, quantity.name, sorted_values)
        if quantity.name in remembered:
            visit_values[quantity.name] = values
    clusters = pd.Index(known[cluster].dropna().unique())
    sums, counts = _cluster_totals(
        {name: visit_values[name] for name in catalogue.of(NEIGHBOURS)["quantity"]},
        last,
        waves,
        clusters.get_indexer(known[cluster]),
        (len(wave_ends), len(clusters)),
    )
    return WaveContext(
        wave_ends=tuple(wave_ends),
        sorted_values=sorted_values,
        families=families,
        visits=keys,
        visit_values=visit_values,
        clusters=clusters,
        cluster_sums=sums,
        cluster_counts=counts,
        cluster=cluster,
    )


def _remembered(catalogue: Catalogue) -> set[str]:
    sources = catalogue.table["source"].isin([PREVIOUS, CHANGE, NEIGHBOURS])
    return set(catalogue.table.loc[sources, "quantity"])


def _sorted_by_wave(values: np.ndarray, waves: np.ndarray, name: str) -> dict[tuple[int, str], np.ndarray]:
    known = ~np.isnan(values)
    return {(int(wave), name): np.sort(values[known & (waves == wave)]) for wave in np.unique(waves)}


def _cluster_totals(
    values: dict[str, np.ndarray], last: np.ndarray, waves: np.ndarray, clusters: np.ndarray, shape: tuple[int, int]
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    sums, counts = {}, {}
    for name, value in values.items():
        use = last & ~np.isnan(value) & (clusters >= 0)
        cell = waves[use] * shape[1] + clusters[use]
        sums[name] = np.bincount(cell, weights=value[use], minlength=shape[0] * shape[1]).reshape(shape)
        counts[name] = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)
    return sums, counts


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
        pd.DataFrame({"quantity": name, "quantile": quantiles, "value": np.quantile(values, quantiles)})
        for (wave, name), values in context.sorted_values.items()
        if wave == last and len(values)
    ]
    columns = {"quantity": "str", "quantile": "float64", "value": "float64"}
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(columns)).astype(columns)


def context_from_reference(reference: pd.DataFrame, wave_end: pd.Timestamp, *, cluster: str) -> WaveContext:
    """Return a context that knows the distributions of a stored wave, and no family and no neighbour."""
    return WaveContext(
        wave_ends=(wave_end,),
        sorted_values={(0, str(name)): part["value"].to_numpy() for name, part in reference.groupby("quantity")},
        families=pd.Index([], dtype="str"),
        visits=np.empty(0, dtype=np.int64),
        visit_values={},
        clusters=pd.Index([], dtype="str"),
        cluster_sums={},
        cluster_counts={},
        cluster=cluster,
    )
