"""Rows of assessments and a wave context in, the matrix of features out: one vectorised path for a block or for all."""

from __future__ import annotations

import numpy as np
import pandas as pd

from graduation_model.cohort.dates import wave_of
from graduation_model.errors import DataError
from graduation_model.features.catalogue import ADJUSTED, CHANGE, LEVEL, NEIGHBOURS, PREVIOUS, Catalogue
from graduation_model.features.context import DAY_BITS, WaveContext, days, ranks_in_waves, raw_quantity


def feature_matrix(rows: pd.DataFrame, context: WaveContext, catalogue: Catalogue) -> pd.DataFrame:
    """Turn assessments into features.

    Parameters
    ----------
    rows : frame (n, ...)
        Typed assessments, each dated within the context's waves.
    context : WaveContext
    catalogue : Catalogue

    Returns
    -------
    frame (n, n_features) of float32
        Columns in the catalogue's order, the index of `rows`; NaN is missing. A row's features are the same whether
        it comes alone, in a block or with all others, and depend on nothing dated after the end of its wave.

    Raises
    ------
    DataError
        Where a row is dated after the context's last wave.
    """
    waves = wave_of(rows["assessment_date"], context.wave_ends)
    if len(waves) and waves.max() >= len(context.wave_ends):
        raise DataError(
            f"{int((waves >= len(context.wave_ends)).sum())} assessments are dated after the as-of date",
            mend="Build the context with a later as-of date",
        )
    block = _Block(rows, waves, context)
    now = {quantity.name: block.now(quantity) for quantity in catalogue.quantities}
    matrix = np.empty((len(catalogue.table), len(rows)), dtype=np.float32)  # feature-major: columns are written whole
    features = catalogue.table[["source", "quantity", "level"]].itertuples(index=False)
    for place, (source, quantity, level) in enumerate(features):
        if source == LEVEL:
            matrix[place] = _is_level(rows[quantity], level)
        elif source == PREVIOUS:
            matrix[place] = block.previous(quantity)
        elif source == CHANGE:
            matrix[place] = now[quantity] - block.previous(quantity)
        elif source == NEIGHBOURS:
            matrix[place] = block.neighbours(quantity)
        elif source == ADJUSTED:
            matrix[place] = now[quantity] - block.neighbours(quantity)
        else:
            matrix[place] = now[quantity]
    return pd.DataFrame(matrix.T, columns=list(catalogue.names), index=rows.index, copy=False)


def _is_level(answers: pd.Series, level: str) -> np.ndarray:
    code = answers.cat.categories.get_loc(level)
    codes = answers.cat.codes.to_numpy()
    return np.where(codes < 0, np.nan, codes == code)


class _Block:
    """One block of rows seen against the context: where its families' other visits are is found once."""

    def __init__(self, rows: pd.DataFrame, waves: np.ndarray, context: WaveContext) -> None:
        self.rows, self.waves, self.context = rows, waves, context
        self.family = context.families.get_indexer(rows["household_id"])
        self.cluster = context.clusters.get_indexer(rows[context.cluster]) if len(context.clusters) else None
        self._previous = self._visit_before(days(rows["assessment_date"]))
        ends = days(pd.Series(context.wave_ends))
        starts = np.append(np.iinfo(np.int64).min, ends[:-1])
        own = self._visit_before(ends[waves] + 1)
        day = context.visits[own] & ((1 << DAY_BITS) - 1) if len(context.visits) else own
        self._own = np.where((own >= 0) & (day > starts[waves]), own, -1)

    def _visit_before(self, day: np.ndarray) -> np.ndarray:
        """The place of the family's last visit strictly before a day; -1 where there is none."""
        place = np.searchsorted(self.context.visits, (self.family << DAY_BITS) + day, side="left") - 1
        found = (place >= 0) & (self.family >= 0)
        if len(self.context.visits):
            found &= self.context.visits[place] >> DAY_BITS == self.family
        return np.where(found, place, -1)

    def now(self, quantity) -> np.ndarray:  # type: ignore[no-untyped-def]
        values = raw_quantity(self.rows, quantity)
        return (
            ranks_in_waves(values, self.waves, quantity.name, self.context.distributions) if quantity.ranked else values
        )

    def _at(self, name: str, places: np.ndarray) -> np.ndarray:
        values = self.context.visit_values.get(name)
        return (
            np.where(places >= 0, values[places], np.nan)
            if values is not None and len(values)
            else np.full(len(places), np.nan)
        )

    def previous(self, name: str) -> np.ndarray:
        return self._at(name, self._previous)

    def neighbours(self, name: str) -> np.ndarray:
        """The mean over the other families of the cluster in the wave: a family is never its own neighbour."""
        if self.cluster is None or name not in self.context.cluster_sums:
            return np.full(len(self.rows), np.nan)
        own = self._at(name, self._own)
        known = ~np.isnan(own)
        total = self.context.cluster_sums[name][self.waves, self.cluster] - np.where(known, own, 0.0)
        others = self.context.cluster_counts[name][self.waves, self.cluster] - known
        some = (self.cluster >= 0) & (others > 0)
        return np.divide(total, others, out=np.full(len(self.rows), np.nan), where=some)
