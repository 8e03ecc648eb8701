"""A LightGBM model and rows in, exact path-dependent SHAP values at the speed of prediction out.

`exact_shap(booster, X)` is for any user of LightGBM. The values are those of `Booster.predict(pred_contrib=True)`
(Lundberg et al. 2020), to 1e-9 in float64 and 1e-5 in float32 sums.
"""

from __future__ import annotations

import hashlib
import logging
import warnings
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from graduation_model.explanation.engine import MOST_BYTES, Engine
from graduation_model.explanation.trees import NotTabulated, parse_trees

logger = logging.getLogger(__name__)

Booster = Any  # lightgbm.Booster; the library is at home one floor below
# Trees written at a time: LightGBM writes a text of more than a mebibyte twice.
PIECE = 128


class ShapTables:
    """The exact SHAP values of one LightGBM model, compiled once.

    Parameters
    ----------
    booster : lightgbm.Booster
        One output: regression, binary, ranking.
    precise : bool
        Sum in float64 (1e-9) instead of float32 (1e-5).
    budget : int
        Bytes that tables may take; a model that needs more is explained by LightGBM itself.

    Raises
    ------
    ValueError
        If the model has several outputs, or linear leaves, for which LightGBM has no SHAP values either.

    Attributes
    ----------
    base : float
        `base + values.sum(axis=1)` is the raw score.
    reason : str
        Why LightGBM itself explains; empty where the tables do.
    table_bytes : int
    """

    def __init__(self, booster: Booster, *, precise: bool = False, budget: int = MOST_BYTES) -> None:
        self.booster, self.reason = booster, ""
        self.n_features = booster.num_feature()
        self.dtype: type[np.floating[Any]] = np.float64 if precise else np.float32
        self._engine: Engine | None = None
        try:
            self._engine = Engine(
                [parse_trees(booster.model_to_string())],
                output_of=np.arange(self.n_features),
                n_outputs=self.n_features,
                precise=precise,
                budget=budget,
            )
            self.base, self.table_bytes = self._engine.base, self._engine.table_bytes
        except NotTabulated as refusal:
            self.reason, self.table_bytes = str(refusal), 0
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
        array (n_rows, n_features)
            float64 where `precise`, else float32.
        """
        if X.ndim != 2 or X.shape[1] != self.n_features:
            raise ValueError(f"X has shape {X.shape}; the model has {self.n_features} features")
        if not X.size:
            return np.zeros(X.shape, dtype=self.dtype)
        if self._engine is None:
            return self._by_lightgbm(X)[:, :-1].astype(self.dtype)
        return self._engine.values(X, threads=threads)

    def _by_lightgbm(self, X: np.ndarray) -> np.ndarray:
        return np.asarray(self.booster.predict(X, pred_contrib=True, num_threads=1))


def exact_shap(
    booster: Booster,
    X: np.ndarray | pd.DataFrame,
    *,
    precise: bool = False,
    threads: int = 1,
    as_explanation: bool = False,
) -> Any:
    """Return the exact SHAP values of every row, as `booster.predict(X, pred_contrib=True)` does but much faster.

    The tables are compiled at the first call with a booster, in a second or less, and kept with it.

    Parameters
    ----------
    booster : lightgbm.Booster
        One output.
    X : array or frame (n_rows, n_features)
        In the model's order; a frame's pandas categories are coded as in training.
    precise : bool
        Sum in float64 instead of float32.
    threads : int
        Speed only: the values do not depend on it.
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
    with warnings.catch_warnings():  # of matplotlib's, on shap's own colour maps
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        import shap

    names = [str(name) for name in (X.columns if isinstance(X, pd.DataFrame) else booster.feature_name())]
    return shap.Explanation(values, base_values=np.full(len(rows), tables.base), data=rows, feature_names=names)


def shap_base(booster: Booster, *, precise: bool = False) -> float:
    """Return the base value of a model: its raw score minus a row's SHAP values."""
    return _tables_of(booster, precise).base


_KEPT: WeakKeyDictionary[Any, dict[bool, tuple[str, ShapTables]]] = WeakKeyDictionary()


def _tables_of(booster: Booster, precise: bool) -> ShapTables:
    name = _name(booster)
    kept = _KEPT.setdefault(booster, {})
    if kept.get(precise, ("",))[0] != name:
        kept[precise] = (name, ShapTables(booster, precise=precise))
    return kept[precise][1]


def _name(booster: Booster) -> str:
    """Name a booster by its text: it can be trained on, and is the same model only while its text is."""
    digest = hashlib.sha256(str(booster.best_iteration).encode())
    for first in range(0, booster.current_iteration(), PIECE):
        digest.update(booster.model_to_string(num_iteration=PIECE, start_iteration=first).encode())
    return digest.hexdigest()


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
