"""A training goes in; what MLflow then holds, and does not hold."""

from __future__ import annotations

import dataclasses
import json
import logging
import os
from pathlib import Path

import pandas as pd
import pytest

from graduation_model.errors import ModelError, OutputError
from graduation_model.tracking.record import TrainingRecord
from graduation_model.tracking.registry import locate
from graduation_model.tracking.runs import bundle_digest, log_training, requirements
from graduation_model.tracking.session import open_client


def with_changes(record: TrainingRecord, **changes: object) -> TrainingRecord:
    return dataclasses.replace(record, **changes)  # type: ignore[arg-type]


def test_a_training_becomes_a_version_that_is_the_challenger(record: TrainingRecord, uri: str) -> None:
    first, second = log_training(record, uri=uri), log_training(record, uri=uri)
    aliases = open_client(uri).get_registered_model("small").aliases
    assert (first.version, second.version) == ("1", "2")
    assert {name: str(version) for name, version in aliases.items()} == {"challenger": "2"}
    assert second.address == "models:/small/2"


def test_overall_metrics_are_logged_by_test_year_with_their_interval(record: TrainingRecord, uri: str) -> None:
    registered, client = log_training(record, uri=uri), open_client(uri)
    found = client.get_run(registered.run_id).data.metrics
    assert found == {
        "logistic.programme.auc": 0.71,
        "logistic.programme.auc.low": 0.61,
        "logistic.programme.auc.high": 0.81,
        "logistic.programme.auc.minus.status_now": 0.06,
        "logistic.programme.auc.minus.status_now.low": -0.01,
        "logistic.programme.auc.minus.status_now.high": 0.13,
        "status_now.programme.auc": 0.65,
    }
    history = client.get_metric_history(registered.run_id, "status_now.programme.auc")
    assert [(metric.step, metric.value) for metric in history] == [(2015, 0.65)]


def test_the_inputs_digests_are_logged_whole_and_as_datasets(record: TrainingRecord, uri: str) -> None:
    run = open_client(uri).get_run(log_training(record, uri=uri).run_id)
    assert run.data.params["data.assessments.csv.sha256"] == "ab" * 32
    assert run.data.params["data.follow ups _2_.csv.rows"] == "40"
    digests = {entry.dataset.name: entry.dataset.digest for entry in run.inputs.dataset_inputs}
    assert digests == {"assessments.csv": ("ab" * 32)[:36], "follow ups (2).csv": ("cd" * 32)[:36]}


def test_params_and_tags_hold_what_was_given_and_nothing_of_the_machine(record: TrainingRecord, uri: str) -> None:
    data = open_client(uri).get_run(log_training(record, uri=uri).run_id).data
    assert {name for name in data.params if not name.startswith("data.")} == {"as_of", "seed", "tuned"}
    assert set(data.tags) == {
        "programme",
        "label",
        "simulated",
        "label_kind",
        "bundle_sha256",
        "graduation_model",
        "mlflow.runName",
        "mlflow.note.content",
    }
    assert data.tags["simulated"] == "true"
    assert data.tags["mlflow.note.content"].startswith("SIMULATED")


def test_no_visit_of_a_household_reaches_the_store(record: TrainingRecord, uri: str, tmp_path: Path) -> None:
    # The bundle was fitted on households h0..h59 with incomes 100, 105, ..: neither ids nor rows may be anywhere.
    log_training(record, uri=uri)
    files = [path for path in (tmp_path / "store").rglob("*") if path.is_file()]
    tables = [pd.read_parquet(path) for path in files if path.suffix == ".parquet"]
    assert len(files) > 10
    assert not any("household_id" in table for table in tables)
    assert not [path.name for path in files if b"household_id" in path.read_bytes()]


def test_a_frame_among_the_parameters_is_a_bug(record: TrainingRecord, uri: str) -> None:
    with pytest.raises(TypeError, match="must be a scalar, not DataFrame"):
        log_training(with_changes(record, params={"rows": record.example}), uri=uri)
    assert open_client(uri).search_registered_models() == []


def test_evaluation_figures_and_artifacts_are_stored(record: TrainingRecord, uri: str, tmp_path: Path) -> None:
    client = open_client(uri)
    client.download_artifacts(log_training(record, uri=uri).run_id, "", str(tmp_path))
    assert (tmp_path / "model_card.html").read_text() == "<h1>Kartu</h1>"
    assert (tmp_path / "figures" / "reliability_2016.png").read_bytes() == b"\x89PNG"
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "evaluation" / "evaluation.parquet"), record.evaluation)


@pytest.mark.parametrize("name", ["../card.html", "a/b.html", "/tmp/card.html"])
def test_an_artifact_cannot_leave_its_folder(record: TrainingRecord, uri: str, name: str) -> None:
    with pytest.raises(ValueError, match="must be a file name"):
        log_training(with_changes(record, artifacts={name: "x"}), uri=uri)


def test_the_model_is_the_bundles_bytes_and_no_pickle(record: TrainingRecord, uri: str, bundle_folder: Path) -> None:
    folder = locate(log_training(record, uri=uri).address, uri=uri).folder
    stored = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert stored == {path.name: path.read_bytes() for path in bundle_folder.iterdir()}
    assert not [path for path in folder.parents[1].rglob("*") if path.suffix in {".pkl", ".pickle", ".joblib"}]


def test_the_model_pins_what_it_computes_with(record: TrainingRecord, uri: str) -> None:
    folder = locate(log_training(record, uri=uri).address, uri=uri).folder
    written = (folder.parents[1] / "requirements.txt").read_text()
    assert requirements()[0].startswith("graduation-model==")
    assert [line.split("==")[0] for line in requirements()[1:]] == ["lightgbm", "numpy", "pandas", "scikit-learn"]
    assert set(requirements()) <= set(written.splitlines())


def test_the_stored_example_is_the_made_up_family(record: TrainingRecord, uri: str) -> None:
    folder = locate(log_training(record, uri=uri).address, uri=uri).folder
    example = json.loads((folder.parents[1] / "input_example.json").read_text())
    assert example["columns"] == list(record.example.columns)
    assert example["data"] == [["poor", 2.0, 1.0, 1.0, "earth", "yes"]]


def test_the_bundles_name_is_on_run_and_version(record: TrainingRecord, uri: str, bundle_folder: Path) -> None:
    registered, client = log_training(record, uri=uri), open_client(uri)
    digest = bundle_digest(bundle_folder)
    assert client.get_run(registered.run_id).data.tags["bundle_sha256"] == digest
    assert client.get_model_version("small", registered.version).tags["bundle_sha256"] == digest


def test_a_bundle_that_was_changed_gets_no_version(record: TrainingRecord, uri: str, tmp_path: Path) -> None:
    changed = tmp_path / "changed"
    changed.mkdir()
    for path in record.bundle_folder.iterdir():
        (changed / path.name).write_bytes(path.read_bytes() + (b" " if path.name == "linear.json" else b""))
    with pytest.raises(ModelError, match=r"linear\.json"):
        log_training(with_changes(record, bundle_folder=changed), uri=uri)
    runs = open_client(uri).search_runs([open_client(uri).get_experiment_by_name("small").experiment_id])
    assert [run.info.status for run in runs] == ["FAILED"]
    assert open_client(uri).search_registered_models() == []


def test_nothing_is_printed_and_nothing_is_left_in_the_working_folder(
    record: TrainingRecord, uri: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    log_training(record, uri=uri)
    assert capfd.readouterr() == ("", "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["store"]


def test_mlflows_own_state_stays_as_it_was(record: TrainingRecord, uri: str) -> None:
    import mlflow

    before = mlflow.get_tracking_uri(), os.environ.get("MLFLOW_TRACKING_URI")
    log_training(record, uri=uri)
    assert (mlflow.get_tracking_uri(), os.environ.get("MLFLOW_TRACKING_URI")) == before
    assert mlflow.active_run() is None


def test_the_log_names_the_version_only(record: TrainingRecord, uri: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="graduation_model.tracking"):
        log_training(record, uri=uri)
    assert [entry.getMessage() for entry in caplog.records if "tracking" in entry.name] == [
        "registered version 1 of small"
    ]


def test_a_folder_that_cannot_be_made_is_said_in_one_line(record: TrainingRecord, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="folder cannot be made") as refused:
        log_training(record, uri=f"sqlite:///{tmp_path}/file/mlflow.db")
    assert "\n" not in str(refused.value)


def test_a_deleted_experiment_is_said_with_its_mend(record: TrainingRecord, uri: str) -> None:
    client = open_client(uri)
    client.delete_experiment(client.create_experiment("small"))
    with pytest.raises(OutputError, match=r"experiment small was deleted\. Restore it: mlflow experiments restore"):
        log_training(record, uri=uri)
