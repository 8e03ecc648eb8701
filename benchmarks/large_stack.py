"""One fit of the shipped stack, then intervals, on 1,000,000 rows x 80 features: seconds of each, and peak memory."""

from __future__ import annotations

import resource
import time
from dataclasses import replace

import numpy as np
import pandas as pd

from graduation_model.config import load_programme
from graduation_model.estimators import TrainingSet
from graduation_model.estimators.models import make_learners
from graduation_model.estimators.uncertainty import fit_uncertainty
from graduation_model.features import catalogue

ROWS, FEATURES, GROUPS = 1_000_000, 80, 20_000


def rows() -> TrainingSet:
    """Draw families whose own label and next wave hang on a dozen of their answers; one in ten answers is missing."""
    rng = np.random.default_rng(1)
    X = rng.standard_normal((ROWS, FEATURES), dtype=np.float32)
    says = X[:, :12] @ rng.normal(0, 0.4, 12).astype(np.float32)
    y, following = ((says + rng.logistic(size=ROWS) > 0).astype(int) for _ in range(2))
    for column in range(FEATURES):
        X[rng.random(ROWS) < 0.1, column] = np.nan
    frame = pd.DataFrame(X, copy=False)
    groups = rng.integers(0, GROUPS, ROWS)
    return TrainingSet(
        frame,
        y,
        np.ones(ROWS),
        groups,
        frame,
        y.astype(float),
        following.astype(float),
        groups,
        np.ones(ROWS, dtype=bool),
    )


def main() -> None:
    programme = load_programme("juntos")
    every = catalogue(programme.instrument, programme.features)
    features = replace(every, table=every.table.head(FEATURES))  # directions come from it, whatever the answers mean
    training = rows()
    model = make_learners(programme.estimators, features)["stack"]
    start = time.perf_counter()
    fitted = model.fit(training)
    middle = time.perf_counter()
    fit_uncertainty(training, fitted.cross_fitted, params=programme.estimators)
    end = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{middle - start:.0f} + {end - middle:.0f} s, {peak:.1f} GB")


if __name__ == "__main__":
    main()
