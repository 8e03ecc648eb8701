"""LightGBM as an additive scorer: features and 0/1 labels in; raw log-odds and their exact SHAP parts out.

The fitted model is LightGBM's own text. It is read back from that text as soon as it is fitted, so that what is scored
in memory is what stands on disk.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from graduation_model.estimators.binary import BinaryScorer, two_classes
from graduation_model.estimators.training_set import AdditiveParts
from graduation_model.estimators.tree_text import END, check_tree_text

if TYPE_CHECKING:
    import lightgbm

# Below so many cells threads wait for each other longer than they work, and the more so on a busy machine.
CELLS_FOR_THREADS = 1_000_000
# LightGBM refuses names with JSON's own signs and splits them at blanks.
SAFE_NAME = re.compile(r"[\w=.+-]+")


class LightGBMScorer(BinaryScorer):
    """A small ensemble of trees that obeys the directions of the instrument and gives the same bytes every time.

    Parameters
    ----------
    rounds, learning_rate, leaves, min_in_leaf, feature_fraction, bagging_fraction, l2
        See `LightGBMParams`.
    signs : sequence of int (n_features,), optional
        1: a higher value never lowers the score; -1: never raises it; 0: free. None: all free.
    seed : int
    threads : int
        At most so many, and one where the table is small. Speed only: one and two grow the same trees.

    Attributes
    ----------
    classes_ : array (2,)
    text_ : str
        The model, in LightGBM's format.
    booster_ : lightgbm.Booster
        Read from `text_`.
    """

    def __init__(
        self,
        rounds: int = 200,
        learning_rate: float = 0.03,
        leaves: int = 8,
        min_in_leaf: int = 40,
        feature_fraction: float = 0.5,
        bagging_fraction: float = 0.8,
        l2: float = 10.0,
        signs: Sequence[int] | None = None,
        seed: int = 0,
        threads: int = 2,
    ) -> None:
        self.rounds = rounds
        self.learning_rate = learning_rate
        self.leaves = leaves
        self.min_in_leaf = min_in_leaf
        self.feature_fraction = feature_fraction
        self.bagging_fraction = bagging_fraction
        self.l2 = l2
        self.signs = signs
        self.seed = seed
        self.threads = threads

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Grow the trees.

        Parameters
        ----------
        X : frame or array (n, n_features)
            NaN is missing and stays so.
        y : array (n,)
            Two classes; the second in sorted order is the good outcome.
        sample_weight : array (n,), optional

        Raises
        ------
        ValueError
            If y holds one class, or more than two.
        """
        import lightgbm

        X, y = validate_data(self, X, y, ensure_all_finite="allow-nan", dtype=[np.float64, np.float32])
        self.classes_, target = two_classes(y)
        weight = _check_sample_weight(sample_weight, X)
        names = [str(name) for name in getattr(self, "feature_names_in_", ())]
        data = lightgbm.Dataset(
            X,
            label=target,
            weight=weight,
            params=self._settings(X),
            feature_name=names if names and all(map(SAFE_NAME.fullmatch, names)) else "auto",
        )
        booster = lightgbm.train(self._settings(X), data, num_boost_round=self.rounds)
        return self._take(_without_threads(booster.model_to_string(num_iteration=-1)))

    def _settings(self, X: np.ndarray) -> dict[str, Any]:
        settings: dict[str, Any] = {
            "objective": "binary",
            "learning_rate": self.learning_rate,
            "num_leaves": self.leaves,
            "min_data_in_leaf": self.min_in_leaf,
            "feature_fraction": self.feature_fraction,
            "bagging_fraction": self.bagging_fraction,
            "bagging_freq": 1,
            "lambda_l2": self.l2,
            "seed": self.seed,
            "deterministic": True,
            "force_col_wise": True,
            "num_threads": self._threads(X),
            "verbose": -1,
        }
        if self.signs is not None and any(self.signs):
            settings["monotone_constraints"] = [int(sign) for sign in self.signs]
        return settings

    def _threads(self, X: np.ndarray) -> int:
        return self.threads if X.size >= CELLS_FOR_THREADS else 1

    def _take(self, text: str) -> Self:
        import lightgbm

        self.text_ = text
        # The settings behind the trees change no prediction, and odd ones end the process while LightGBM reads them.
        self.booster_: lightgbm.Booster = lightgbm.Booster(model_str=text[: text.index(END) + len(END)])
        return self

    @classmethod
    def from_text(cls, text: str, features: Sequence[str]) -> Self:
        """Return a fitted scorer from LightGBM's text and the features' names in their order.

        Raises
        ------
        ValueError
            Where LightGBM would not have written it.
        """
        check_tree_text(text, len(features))
        scorer = cls()
        scorer.classes_ = np.array([0, 1])
        scorer.feature_names_in_ = np.array(features, dtype=object)
        scorer.n_features_in_ = len(features)
        return scorer._take(text)

    def _checked(self, X: Any) -> np.ndarray:
        check_is_fitted(self)
        return validate_data(self, X, reset=False, ensure_all_finite="allow-nan", dtype=[np.float64, np.float32])

    def decision_function(self, X: Any) -> np.ndarray:
        """Return raw log-odds (n,) of the good outcome."""
        return self.decision_of(self._checked(X))

    def decision_of(self, rows: np.ndarray) -> np.ndarray:
        """Return raw log-odds (n,) of rows that have been checked."""
        return np.asarray(self.booster_.predict(rows, raw_score=True, num_threads=self._threads(rows)))

    def additive_parts(self, X: Any) -> AdditiveParts:
        """Return path-dependent tree SHAP values (Lundberg, Erion and Lee 2018): they add up to the raw log-odds."""
        X = self._checked(X)
        table = np.asarray(self.booster_.predict(X, pred_contrib=True, num_threads=self._threads(X)), dtype=float)
        return AdditiveParts(base=float(table[0, -1]), parts=np.ascontiguousarray(table[:, :-1]))


def _without_threads(text: str) -> str:
    # The text records the number of threads, which changes nothing: it may not change a bundle's bytes either.
    return re.sub(r"\[num_threads: \d+\]", "[num_threads: 0]", text)
