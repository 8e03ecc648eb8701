"""A LightGBM model and rows in, exact path-dependent SHAP values at the speed of prediction out.

`exact_shap(booster, X)` is for any user of LightGBM; `ShapTables` is what the package's own stream keeps. The values
are those of `Booster.predict(pred_contrib=True)` (Lundberg et al. 2020), to 1e-9 in float64 and 1e-5 in float32 sums.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from graduation_model.explanation.patterns import PatternTables, compile_tables
from graduation_model.explanation.trees import NotTabulated, parse_trees

logger = logging.getLogger(__name__)

Booster = Any  # lightgbm.Booster; the library is at home one floor below

# A stack of small ensembles takes a megabyte or two, 400 trees of 31 leaves some 70.
MOST_BYTES = 1 << 30
# So many rows that a table is fetched from memory seldom, so few that their sums stay near the processor.
ROWS_AT_A_TIME = 2048


class ShapTables:
    """The exact SHAP values of one LightGBM model, compiled once.

    Parameters
    ----------
    booster : lightgbm.Booster
        One output: regression, binary, ranking.
    output_of : sequence of int (n_features,), optional
        Which column each feature is summed into, such as its question; default a column a feature.
    scale : float
        Factor of all values: the weight of this model in a sum of models.
    precise : bool
        Sum in float64 (1e-9) instead of float32 (1e-5), at about half the speed.
    budget : int
        Bytes that tables may take; a model that needs more is explained by LightGBM itself.

    Raises
    ------
    ValueError
        If the model has several outputs, or linear leaves, for which LightGBM has no SHAP values either.

    Attributes
    ----------
    base : float
        `base + values.sum(axis=1)` is `scale` times the raw score.
    reason : str
        Why LightGBM itself explains; empty where the tables do.
    """

    def __init__(
        self,
        booster: Booster,
        *,
        output_of: Sequence[int] | None = None,
        scale: float = 1.0,
        precise: bool = False,
        budget: int = MOST_BYTES,
    ) -> None:
        self.booster, self.scale, self.reason = booster, scale, ""
        self.n_features = booster.num_feature()
        self.output_of = np.arange(self.n_features) if output_of is None else np.asarray(output_of, dtype=np.int64)
        self.n_outputs = int(self.output_of.max(initial=-1)) + 1
        self._dtype: type[np.floating[Any]] = np.float64 if precise else np.float32
        self._tables: PatternTables | None = None
        try:
            ensemble = parse_trees(booster.model_to_string())
            self._tables = compile_tables(
                ensemble, output_of=self.output_of, n_outputs=self.n_outputs, scale=scale, budget=budget
            )
            self.base = self._tables.base
        except NotTabulated as refusal:
            self.reason = str(refusal)
            logger.warning("LightGBM's own pred_contrib explains this model, since %s", refusal)
            self.base = float(self._by_lightgbm(np.full((1, self.n_features), np.nan))[0, -1])

    def values(self, X: np.ndarray, *, threads: int = 1) -> np.ndarray:
        """Return the SHAP values of some rows.

        Parameters
        ----------
        X : array (n_rows, n_features), float32 or float64
            NaN is missing; categories are their codes.
        threads : int
            The values do not depend on it.

        Returns
        -------
        array (n_rows, n_outputs)
            float64 where `precise`, else float32.
        """
        if X.ndim != 2 or X.shape[1] != self.n_features:
            raise ValueError(f"X has shape {X.shape}; the model has {self.n_features} features")
        if self._tables is None:
            return self._summed(self._by_lightgbm(X)[:, :-1])
        out = np.zeros((len(X), self.n_outputs), dtype=self._dtype)
        if not len(X) or not self.n_outputs:
            return out
        table, conditions = self._typed(X.dtype == np.float32)
        # Whole blocks a thread, so that the sums of a row never depend on how many threads there are.
        share = -(-len(X) // (threads * ROWS_AT_A_TIME)) * ROWS_AT_A_TIME
        run = partial(self._fill, X, out, table, conditions)
        if share >= len(X):
            run(slice(0, len(X)))
        else:
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(run, [slice(start, start + share) for start in range(0, len(X), share)]))
        return out

    def _fill(
        self, X: np.ndarray, out: np.ndarray, table: np.ndarray, conditions: tuple[np.ndarray, ...], rows: slice
    ) -> None:
        from graduation_model.explanation.kernels import contributions_into

        tables, kind = self._tables, np.float32 if X.dtype == np.float32 else np.float64
        assert tables is not None
        columns = np.ascontiguousarray(X[rows].T, dtype=kind)
        contributions_into(
            out[rows],
            columns,
            ROWS_AT_A_TIME,
            conditions,
            tables.trees,
            tables.groups,
            tables.bits,
            tables.terms,
            tables.outputs,
            table,
            np.zeros(1, dtype=self._dtype),
        )

    def _typed(self, single: bool) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
        """The table in the sums' type, and the thresholds in that of the rows."""
        assert self._tables is not None
        feature, way, threshold, *rest = self._tables.conditions
        if single:
            threshold = round_down(threshold)
        return self._tables.table.astype(self._dtype, copy=False), (feature, way, threshold, *rest)

    def _by_lightgbm(self, X: np.ndarray) -> np.ndarray:
        return self.scale * np.asarray(self.booster.predict(X, pred_contrib=True, num_threads=1))

    def _summed(self, values: np.ndarray) -> np.ndarray:
        out = np.zeros((len(values), self.n_outputs), dtype=self._dtype)
        np.add.at(out.T, self.output_of, values.T)
        return out


def round_down(threshold: np.ndarray) -> np.ndarray:
    """Return the largest float32 not above each float64: a float32 is at most the one if and only if the other.

    Examples
    --------
    >>> bool(round_down(np.array([0.1]))[0] <= 0.1)
    True
    """
    single = threshold.astype(np.float32)
    return np.where(single.astype(np.float64) > threshold, np.nextafter(single, np.float32(-np.inf)), single)


_KEPT: WeakKeyDictionary[Any, tuple[str, ShapTables]] = WeakKeyDictionary()


def exact_shap(
    booster: Booster,
    X: np.ndarray | pd.DataFrame,
    *,
    precise: bool = False,
    threads: int = 1,
    as_explanation: bool = False,
) -> Any:
    """Return the exact SHAP values of every row, as `booster.predict(X, pred_contrib=True)` does but much faster.

    The tables are compiled at the first call with a booster, in some seconds, and kept with it.

    Parameters
    ----------
    booster : lightgbm.Booster
        One output.
    X : array or frame (n_rows, n_features)
        In the model's order; a frame's pandas categories are coded as in training.
    precise : bool
        Sum in float64 instead of float32.
    threads : int
    as_explanation : bool
        Return shap's `Explanation`, which shap's plots draw.

    Returns
    -------
    array (n_rows, n_features) or shap.Explanation
        Log-odds of a binary model. With the base (`shap_base`), they add up to the raw score.
    """
    tables = _tables_of(booster, precise)
    rows = as_codes(booster, X)
    values = tables.values(rows, threads=threads)
    if not as_explanation:
        return values
    import shap

    names = list(X.columns) if isinstance(X, pd.DataFrame) else booster.feature_name()
    return shap.Explanation(values, base_values=np.full(len(rows), tables.base), data=rows, feature_names=names)


def shap_base(booster: Booster, *, precise: bool = False) -> float:
    """Return the base value of a model: its raw score minus a row's SHAP values."""
    return _tables_of(booster, precise).base


def _tables_of(booster: Booster, precise: bool) -> ShapTables:
    # A booster can be trained on: it is the same model only while its text is.
    name = hashlib.sha256(f"{precise} {booster.model_to_string()}".encode()).hexdigest()
    known = _KEPT.get(booster)
    if known is None or known[0] != name:
        known = (name, ShapTables(booster, precise=precise))
        _KEPT[booster] = known
    return known[1]


def as_codes(booster: Booster, X: np.ndarray | pd.DataFrame) -> np.ndarray:
    """Return rows as the numbers that the model compares; pandas categories become the codes of training."""
    if not isinstance(X, pd.DataFrame):
        return X if X.dtype in (np.float32, np.float64) else np.asarray(X, dtype=np.float64)
    categories = [name for name in X.columns if isinstance(X[name].dtype, pd.CategoricalDtype)]
    known = booster.pandas_categorical or []
    if len(categories) != len(known):
        raise ValueError(f"X has {len(categories)} categorical columns; the model was trained with {len(known)}")
    coded = {
        name: X[name].cat.set_categories(levels).cat.codes.astype("float64").where(lambda code: code >= 0)
        for name, levels in zip(categories, known, strict=True)
    }
    return X.assign(**coded).to_numpy(dtype=np.float64)
