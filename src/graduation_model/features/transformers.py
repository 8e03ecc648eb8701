"""The same features as scikit-learn transformers, for pipelines of a data scientist's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from graduation_model.features.catalogue import Catalogue
from graduation_model.features.context import mid_rank, wave_context
from graduation_model.features.matrix import feature_matrix


class MidRank(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Each column as its place, in [0, 1], among the rows that were fitted: money that keeps its meaning over years.

    Missing values stay missing. Passes scikit-learn's `check_estimator`.

    Attributes
    ----------
    sorted_ : list of array
        The fitted values of each column, sorted, without missing ones.

    Examples
    --------
    >>> MidRank().fit([[100.0], [200.0], [400.0]]).transform([[200.0], [50.0]]).tolist()
    [[0.5], [0.0]]
    """

    def fit(self, X, y=None) -> Self:  # type: ignore[no-untyped-def]
        """Remember the distribution of each column of X (n_rows, n_columns)."""
        X = validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan")
        self.sorted_ = [np.sort(column[~np.isnan(column)]) for column in X.T]
        return self

    def transform(self, X):  # type: ignore[no-untyped-def]
        """Return the ranks (n_rows, n_columns)."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan", reset=False)
        return np.column_stack([mid_rank(column, among) for column, among in zip(X.T, self.sorted_, strict=True)])

    def __sklearn_tags__(self):  # type: ignore[no-untyped-def]
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


class AssessmentFeatures(TransformerMixin, BaseEstimator):
    """Typed assessments -> the catalogue's features; `fit` builds the wave context, `transform` reads it.

    It takes frames with ids, dates and categories, so scikit-learn's generic checks, which feed plain arrays, do not
    apply; its values are those of `features.feature_matrix`.

    Parameters
    ----------
    catalogue : Catalogue
    wave_ends : sequence of Timestamp
    cluster : str
    """

    def __init__(self, catalogue: Catalogue, wave_ends: Sequence[pd.Timestamp], cluster: str) -> None:
        self.catalogue = catalogue
        self.wave_ends = wave_ends
        self.cluster = cluster

    def fit(self, X: pd.DataFrame, y: object = None) -> Self:
        """Build the context of the waves from everybody's assessments."""
        self.context_ = wave_context(X, self.wave_ends, self.catalogue, cluster=self.cluster)
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return the features (n_rows, n_features) of some of the assessments, or of all."""
        check_is_fitted(self, "context_")
        return feature_matrix(X, self.context_, self.catalogue)

    def get_feature_names_out(self, input_features: object = None) -> np.ndarray:
        return np.asarray(self.catalogue.names, dtype=object)
