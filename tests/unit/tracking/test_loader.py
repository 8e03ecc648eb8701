"""The registered model as MLflow loads and serves it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from graduation_model.estimators.bundle import load_bundle
from graduation_model.scoring.alone import score_answers
from graduation_model.tracking.record import TrainingRecord
from graduation_model.tracking.registry import promote
from graduation_model.tracking.runs import log_training
from graduation_model.tracking.session import import_mlflow


@pytest.fixture
def served(record: TrainingRecord, uri: str, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """The champion, loaded as any user of MLflow would."""
    promote("small", log_training(record, uri=uri).version, approver="Ani", uri=uri)
    mlflow = import_mlflow()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    return mlflow.pyfunc.load_model("models:/small@champion")


def test_the_loaded_model_predicts_what_scoring_one_family_says(served, bundle_folder: Path) -> None:  # type: ignore[no-untyped-def]
    family = pd.DataFrame(
        [{"status": "not_poor", "size": 6.0, "rooms": 2.0, "income": 250.0, "floor": "cement", "member": "yes"}]
    )
    expected = score_answers(load_bundle(bundle_folder), family)
    pd.testing.assert_frame_equal(served.predict(family), expected)
    assert 0 < expected["probability"].item() < 1


def test_an_answer_that_is_left_out_is_missing(served) -> None:  # type: ignore[no-untyped-def]
    short, empty = pd.DataFrame([{"size": 6.0}]), pd.DataFrame([{"size": 6.0, "income": float("nan"), "floor": None}])
    pd.testing.assert_frame_equal(served.predict(short), served.predict(empty))


def test_a_number_that_came_as_text_is_refused(served) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Exception, match="column size"):
        served.predict(pd.DataFrame([{"size": "six"}]))


def test_the_signature_says_every_question_and_every_answer(served, record: TrainingRecord) -> None:  # type: ignore[no-untyped-def]
    signature = served.metadata.signature
    assert signature.inputs.input_names() == list(record.example.columns)
    assert signature.inputs.required_input_names() == []
    assert signature.outputs.input_names()[:4] == ["probability", "log_odds", "base_log_odds", "context"]


def test_a_bundle_changed_in_the_store_is_not_loaded(
    record: TrainingRecord, uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = log_training(record, uri=uri).address
    [stored] = (tmp_path / "store" / "mlartifacts").rglob("linear.json")
    stored.write_bytes(stored.read_bytes() + b" ")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    with pytest.raises(Exception, match="sha256 differs"):
        import_mlflow().pyfunc.load_model(address)
