"""Training rows whose truth is in sight: one feature that helps, one that is noise, one choice, some missing."""

from __future__ import annotations

import numpy as np
import pandas as pd

from graduation_model.estimators.boosting import LightGBMScorer
from graduation_model.estimators.bundle import Bundle, BundleCard
from graduation_model.estimators.calibration import CalibratedAdditive
from graduation_model.estimators.scorecard import LogisticScorecard
from graduation_model.estimators.stack import AdditiveStack, Component, StackModel
from graduation_model.estimators.support import support_ranges
from graduation_model.estimators.training_set import TrainingSet
from graduation_model.features.catalogue import Catalogue, catalogue
from lib.small import feature_params, label, small_instrument

CONTEXT = pd.DataFrame({"quantity": "income", "quantile": [0.0, 0.5, 1.0], "value": [10.0, 70.0, 200.0]})


def small_catalogue() -> Catalogue:
    return catalogue(small_instrument(), feature_params())


def features(n: int, seed: int = 1) -> pd.DataFrame:
    """Answers as a matrix in the small catalogue's columns; a tenth is missing."""
    rng = np.random.default_rng(seed)
    names = small_catalogue().names
    X = pd.DataFrame(rng.random((n, len(names))), columns=list(names))
    X["status"] = rng.integers(0, 3, n)
    X["size"] = rng.integers(1, 9, n)
    X["member"] = rng.integers(0, 2, n)
    X["floor=earth"] = rng.integers(0, 2, n)
    X["floor=cement"] = 1 - X["floor=earth"]
    return X.mask(rng.random(X.shape) < 0.1).astype("float32")


def training(n: int = 400, seed: int = 1) -> TrainingSet:
    """Families do better with a better status and more income; three of them live in each cluster."""
    X = features(n, seed)
    rng = np.random.default_rng(seed + 1000)
    log_odds = 1.5 * X["status"].fillna(1) + 2 * X["income__rank"].fillna(0.5) - 3
    y = (rng.random(n) < 1 / (1 + np.exp(-log_odds))).astype(int).to_numpy()
    everybody = features(2 * n, seed + 1)
    later = 1.5 * everybody["status"].fillna(1) + 2 * everybody["income__rank"].fillna(0.5) - 2
    return TrainingSet(
        X=X,
        y=y,
        weight=np.ones(n),
        groups=np.arange(n) // 3,
        everybody_X=everybody,
        everybody_status=(everybody["status"] == 2).to_numpy(dtype=float),
        everybody_next=(rng.random(2 * n) < 1 / (1 + np.exp(-later))).to_numpy(dtype=float),
        everybody_groups=np.arange(2 * n) // 3,
        everybody_member=np.arange(2 * n) % 2 == 0,
    )


def small_stack(threads: int = 1, rounds: int = 30) -> AdditiveStack:
    """Four components: linear and trees, on the own label and on everybody's next wave."""
    members = [
        Component(f"{label.split('_')[0]}_{shape}", component(kind, rounds=rounds), label, population, min_rows=100)
        for label, population in (("own", "programme"), ("next_wave", "everybody"))
        for shape, kind in (("linear", "logistic"), ("trees", "lightgbm"))
    ]
    return AdditiveStack(members, folds=3, seed=3, threads=threads)


def stacked(rows: TrainingSet, threads: int = 1, rounds: int = 30) -> StackModel:
    return StackModel(small_stack(threads, rounds)).fit(rows)


def component(kind: str, threads: int = 1, rounds: int = 30) -> LightGBMScorer | LogisticScorecard:
    if kind == "logistic":
        return LogisticScorecard(signs=small_catalogue().signs)
    return LightGBMScorer(
        rounds=rounds, min_in_leaf=10, learning_rate=0.1, signs=small_catalogue().signs, seed=3, threads=threads
    )


def calibrated(kind: str, rows: TrainingSet, threads: int = 1, rounds: int = 30) -> CalibratedAdditive:
    return CalibratedAdditive(component(kind, threads, rounds), folds=3, seed=3, name=kind).fit(rows)


def card(kind: str) -> BundleCard:
    return BundleCard(
        programme="small",
        label="sustained_exit",
        label_title=label("Stayed out"),
        caveat=label("Usually with aid"),
        model=kind,
        as_of="2017-12-31",
        cohorts=("2015-12-31",),
        training_rows=400,
        base_rate=0.4,
        seed=3,
        instrument_version="1",
        package_versions={"graduation-model": "0"},
    )


def small_bundle(kind: str, rows: TrainingSet | None = None, threads: int = 1, rounds: int = 30) -> Bundle:
    rows = rows or training()
    return Bundle(
        card=card(kind),
        model=stacked(rows, threads, rounds) if kind == "stack" else calibrated(kind, rows, threads, rounds),
        catalogue=small_catalogue(),
        support=support_ranges(rows.X),
        reference_context=CONTEXT,
    )
