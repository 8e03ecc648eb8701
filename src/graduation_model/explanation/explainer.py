"""A bundle in, what explains it out: one engine for all of its components, tried at its edges and kept."""

from __future__ import annotations

import hashlib
import json
import logging
from collections import OrderedDict
from threading import Lock
from typing import Any

import numpy as np
import pandas as pd

from graduation_model.errors import ModelError
from graduation_model.estimators.boosting import LightGBMScorer
from graduation_model.estimators.bundle import Bundle, Model
from graduation_model.explanation.engine import MOST_BYTES, Engine
from graduation_model.explanation.trees import Forest, NotTabulated, parse_trees

logger = logging.getLogger(__name__)

TABLES, LIGHTGBM = "pattern tables", "LightGBM pred_contrib"
# A wave has one bundle, an appraisal two.
MOST_KEPT = 4
# Rows at both sides of the thresholds that LightGBM explains too, before an engine is used.
EDGES = 128
TOLERANCE = 1e-6
# LightGBM parts missing from all others at 1e308, where no answer can stand.
FAR = 1e30


class AdditivityError(ModelError):
    """Contributions miss the log-odds that decide: the run stops rather than explain wrongly."""

    def __init__(self, what: str) -> None:
        super().__init__(what, where="the model", mend="Train again; if that does not help it is a bug: report it")


class Explainer:
    """Contributions of one model to the questions of its features.

    Parameters
    ----------
    model : CalibratedAdditive or StackModel
    features, questions : tuple of str (n_features,)
        The model's features, and the question that each counts to.
    budget : int
        Bytes that tables may take; a model that needs more is explained by LightGBM itself.

    Raises
    ------
    AdditivityError
        If the tables and LightGBM explain a row at the edge of the model's thresholds differently.

    Attributes
    ----------
    questions : tuple of str
        Each once, in the order of the features.
    base : float
    engine : str
        `pattern tables` or `LightGBM pred_contrib`.
    reason : str
        Why it is the latter; empty where it is not.
    table_bytes : int
    """

    def __init__(
        self, model: Model, features: tuple[str, ...], questions: tuple[str, ...], *, budget: int = MOST_BYTES
    ) -> None:
        self.questions = tuple(dict.fromkeys(questions))
        self.engine, self.reason, self.table_bytes = TABLES, "", 0
        self._model, self._features = model, list(features)
        place = {name: number for number, name in enumerate(self.questions)}
        self._output_of = np.array([place[name] for name in questions], dtype=np.int64)
        self._tables: Engine | None = None
        intercept, components = model.weighted_components
        try:
            forests = [parse_trees(part.text_).times(weight) for weight, part in components if _is_trees(part)]
            self._tables = Engine(
                forests,
                linear=[part.linear_terms().times(weight) for weight, part in components if not _is_trees(part)],
                output_of=self._output_of,
                n_outputs=len(self.questions),
                budget=budget,
            )
            self.base, self.table_bytes = intercept + self._tables.base, self._tables.table_bytes
            self._try_edges(forests)
        except NotTabulated as refusal:
            self.engine, self.reason = LIGHTGBM, str(refusal)
            self.base = model.additive_parts(self._frame(np.empty((0, len(features)), dtype=np.float32))).base
            logger.warning("LightGBM's own pred_contrib explains this model, since %s", refusal)

    @property
    def facts(self) -> dict[str, Any]:
        """Who explains and why, for a manifest."""
        return {"engine": self.engine, "table_bytes": self.table_bytes, "reason": self.reason}

    def explain(self, X: pd.DataFrame, *, threads: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """Return contributions (n, n_questions), and base plus their sum (n,): the same bits in any block.

        Raises
        ------
        ValueError
            If X has other columns than the model, or infinite values.
        """
        if list(X.columns) != self._features:
            raise ValueError("X has other features than the model, or in another order")
        rows = X.to_numpy()
        if np.isinf(rows).any():
            raise ValueError("X holds infinite values")
        found = self._by_lightgbm(X) if self._tables is None else self._tables.values(rows, threads=threads)
        total = np.full(len(rows), self.base)
        for column in found.T:  # one after the other: numpy's sum along a row rounds by the table's shape
            total += column
        return found, total

    def _by_lightgbm(self, X: pd.DataFrame) -> np.ndarray:
        parts = self._model.additive_parts(X).parts
        found = np.zeros((len(self.questions), len(X)))
        for output, part in zip(self._output_of, parts.T, strict=True):
            found[output] += part
        return found.T

    def _try_edges(self, forests: list[Forest]) -> None:
        """Explain rows that stand on thresholds and beside them by both ways: a misread tree would show here."""
        X = self._frame(edge_rows(forests, len(self._features)))
        gap = np.abs(self.explain(X)[0] - self._by_lightgbm(X)).max(initial=0.0)
        if not gap <= TOLERANCE:
            raise AdditivityError(f"pattern tables and LightGBM differ by up to {gap:.2e} at the model's thresholds")

    def _frame(self, rows: np.ndarray) -> pd.DataFrame:
        return pd.DataFrame(rows, columns=self._features)


def edge_rows(forests: list[Forest], n_features: int) -> np.ndarray:
    """Return rows (EDGES, n_features), float32: each value on a threshold, a float beside it, 0 or missing."""
    rng = np.random.default_rng(0)
    rows = np.empty((EDGES, n_features), dtype=np.float32)
    for feature in range(n_features):
        on = np.concatenate([[0.0, 1.0], *(forest.threshold[forest.feature == feature] for forest in forests)])
        around = on[np.abs(on) < FAR].astype(np.float32)
        beside = [np.nextafter(around, np.float32(way)) for way in (-np.inf, np.inf)]
        rows[:, feature] = rng.choice(np.concatenate([around, *beside, np.full(1, np.nan)]), EDGES)
    rows[rng.random(rows.shape) < 0.1] = np.nan
    return rows


_KEPT: OrderedDict[str, Explainer] = OrderedDict()
_LOCK = Lock()


def explainer_of(bundle: Bundle) -> Explainer:
    """Return what explains a bundle: made once a process, in about a second, and kept."""
    name = _name(bundle)
    with _LOCK:  # two threads that ask at once wait for one table
        if name not in _KEPT:
            _KEPT[name] = Explainer(bundle.model, bundle.catalogue.names, bundle.catalogue.questions)
            while len(_KEPT) > MOST_KEPT:
                _KEPT.popitem(last=False)
        _KEPT.move_to_end(name)
        return _KEPT[name]


def _name(bundle: Bundle) -> str:
    """Name a model by what it consists of: a bundle in memory has no sha256 yet, or that of one it was made from."""
    intercept, components = bundle.model.weighted_components
    digest = hashlib.sha256(json.dumps([intercept, bundle.catalogue.names, bundle.catalogue.questions]).encode())
    for weight, part in components:
        content = part.text_ if _is_trees(part) else json.dumps(part.to_record())
        digest.update(f"{weight!r} {content}".encode())
    return digest.hexdigest()


def _is_trees(component: Any) -> bool:
    return isinstance(component, LightGBMScorer)
