"""A tracking store and a training's record, as small as they can be."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from graduation_model.estimators.bundle import Bundle, BundleCard, save_bundle
from graduation_model.estimators.calibration import CalibratedAdditive
from graduation_model.estimators.scorecard import LogisticScorecard
from graduation_model.estimators.support import support_ranges
from graduation_model.estimators.training_set import TrainingSet
from graduation_model.features.catalogue import catalogue
from graduation_model.features.context import reference_context, wave_context
from graduation_model.features.matrix import feature_matrix
from graduation_model.tracking.record import TrainingRecord
from graduation_model.tracking.session import open_client, translated
from lib.small import feature_params, label, small_instrument, visits

WAVE = pd.Timestamp("2016-12-31")


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with MLflow's tables and nothing in them: making one takes seconds, copying it none."""
    database = tmp_path_factory.mktemp("empty") / "mlflow.db"
    uri = f"sqlite:///{database}"
    with translated(uri, doing="making an empty store"):
        client = open_client(uri, create=True)
        client.search_registered_models()
    return database


@pytest.fixture
def uri(empty_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a store of this test's own, in a folder that is also the working directory."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "store").mkdir()
    with sqlite3.connect(empty_store) as source, sqlite3.connect(tmp_path / "store" / "mlflow.db") as copy:
        source.backup(copy)
    source.close()
    copy.close()
    return f"sqlite:///{tmp_path / 'store' / 'mlflow.db'}"


@pytest.fixture(scope="session")
def bundle_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real bundle of the small programme: a logistic of sixty invented visits."""
    asked = small_instrument()
    features = catalogue(asked, feature_params(history=(), neighbours=()))
    seen = visits([{"household_id": f"h{i}", "size": 1 + i % 7, "income": 100.0 + 5 * i} for i in range(60)])
    wave = wave_context(seen, [WAVE], features, cluster="village")
    X = feature_matrix(seen, wave, features)
    y = (X["size"] + X["income__rank"] > 4).to_numpy(dtype=float)
    training = TrainingSet(X=X, y=y, weight=np.ones(60), groups=np.arange(60), everybody_X=X, everybody_status=y)
    card = BundleCard(
        programme="small",
        label="stays_out",
        label_title=label("Stays out"),
        caveat=label("Small"),
        model="logistic",
        as_of=str(WAVE.date()),
        cohorts=("2016-12-31",),
        training_rows=60,
        base_rate=float(y.mean()),
        seed=1,
        instrument_version=asked.version,
        package_versions={},
        simulated=True,
        levels={question.name: question.levels for question in asked.questions if question.levels},
    )
    model = CalibratedAdditive(LogisticScorecard(), folds=2, seed=1, name="logistic").fit(training)
    folder = tmp_path_factory.mktemp("trained") / "bundle"
    save_bundle(
        Bundle(
            card=card,
            model=model,
            catalogue=features,
            support=support_ranges(X),
            reference_context=reference_context(wave),
        ),
        folder,
    )
    return folder


@pytest.fixture
def record(bundle_folder: Path) -> TrainingRecord:
    """What `train` would hand over."""
    evaluation = pd.DataFrame(
        {
            "model": ["logistic", "logistic", "logistic", "status_now"],
            "population": "programme",
            "group": ["all", "all", "district", "all"],
            "level": ["all", "all", "d", "all"],
            "test_year": [2016, 2016, 2016, 2015],
            "metric": "auc",
            "value": [0.71, 0.06, 0.69, 0.65],
            "low": [0.61, -0.01, 0.55, float("nan")],
            "high": [0.81, 0.13, 0.80, float("nan")],
            "n": 60,
            "baseline": ["", "status_now", "", ""],
            "outcome_known": "by_as_of",
        }
    )
    return TrainingRecord(
        programme="small",
        params={"as_of": "2016-12-31", "seed": 1, "tuned": False},
        datasets={"assessments.csv": ("ab" * 32, 60), "follow ups (2).csv": ("cd" * 32, 40)},
        evaluation=evaluation,
        bundle_folder=bundle_folder,
        figures={"reliability_2016.png": b"\x89PNG"},
        artifacts={"model_card.html": "<h1>Kartu</h1>"},
        example=pd.DataFrame(
            [{"status": "poor", "size": 2.0, "rooms": 1.0, "income": 1.0, "floor": "earth", "member": "yes"}]
        ),
        notes=("2015 was left out",),
        label="stays_out",
        simulated=True,
    )
