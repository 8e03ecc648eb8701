"""What every scorer of two classes shares: a raw score in, probabilities and classes out; missing answers allowed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags
from sklearn.utils.multiclass import check_classification_targets


class BinaryScorer(ClassifierMixin, BaseEstimator, ABC):
    """A classifier of two classes by log-odds; a subclass gives `decision_function` and, fitted, `classes_`."""

    classes_: np.ndarray

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.classifier_tags.multi_class = False
        return tags

    @abstractmethod
    def decision_function(self, X: Any) -> np.ndarray:
        """Return raw log-odds (n,) of the good outcome."""

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return probabilities (n, 2), each row adding up to 1."""
        return as_two_columns(self.decision_function(X))

    def predict(self, X: Any) -> np.ndarray:
        """Return the likelier class (n,)."""
        good = self.decision_function(X) > 0
        return self.classes_[good.astype(int)]


def two_classes(y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the two classes in sorted order, and y as 0/1.

    Raises
    ------
    ValueError
        If there is one class, or more than two.
    """
    check_classification_targets(y)
    classes, target = np.unique(y, return_inverse=True)
    if len(classes) > 2:
        raise ValueError(
            f"Only binary classification is supported. The type of the target is multiclass: {len(classes)} classes."
        )
    if len(classes) < 2:
        raise ValueError("y holds only one class; two are needed")
    return classes, target


def as_two_columns(log_odds: np.ndarray) -> np.ndarray:
    """Return probabilities (n, 2) of the bad and the good outcome."""
    from scipy.special import expit

    return np.column_stack([expit(-log_odds), expit(log_odds)])
