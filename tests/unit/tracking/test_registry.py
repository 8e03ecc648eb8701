"""Addresses, and who is the champion."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST

from graduation_model.errors import ConfigError, ModelError
from graduation_model.tracking.record import TrainingRecord
from graduation_model.tracking.registry import (
    UNREGISTERED,
    champion_version,
    locate,
    promote,
    read_run,
    record_verdict,
    rollback,
)
from graduation_model.tracking.runs import log_training
from graduation_model.tracking.session import open_client
from graduation_model.tracking.uri import sqlite_path

NOWHERE = "http://127.0.0.1:9"  # the discard port: nobody listens


@pytest.fixture
def two_versions(record: TrainingRecord, uri: str) -> str:
    """A store with versions 1 and 2 of `small`."""
    log_training(record, uri=uri)
    log_training(record, uri=uri)
    return uri


def champion(uri: str) -> str:
    return locate("models:/small@champion", uri=uri).version


def test_a_promoted_version_is_the_champion_and_carries_who_and_why(two_versions: str) -> None:
    assert promote("small", "2", approver="Ani", reason="AUC is not worse", uri=two_versions) == "2"
    model = open_client(two_versions).get_registered_model("small")
    tags = open_client(two_versions).get_model_version("small", "2").tags
    assert {name: str(version) for name, version in model.aliases.items()} == {"champion": "2"}
    assert (tags["promotion.approver"], tags["promotion.reason"]) == ("Ani", "AUC is not worse")


def test_an_older_version_can_be_promoted_and_the_challenger_stays(two_versions: str) -> None:
    promote("small", "1", approver="Ani", uri=two_versions)
    assert champion(two_versions) == "1"
    assert locate("models:/small@challenger", uri=two_versions).version == "2"


def test_a_verdict_stands_in_the_versions_tags_and_in_its_run(two_versions: str) -> None:
    record_verdict(
        "small", "2", opens=False, approver="Ani", codes=["worse", "leaks"], files={"verdict.md": "# Tidak"},
        uri=two_versions,
    )  # fmt: skip
    client = open_client(two_versions)
    version = client.get_model_version("small", "2")
    assert (version.tags["gate.opens"], version.tags["gate.approver"]) == ("false", "Ani")
    assert version.tags["gate.reasons"] == "worse, leaks"
    assert [file.path for file in client.list_artifacts(version.run_id, "gate")] == ["gate/verdict.md"]
    assert champion_version("small", uri=two_versions) is None


def test_a_runs_files_come_back_and_what_it_does_not_keep_is_left_out(two_versions: str) -> None:
    run = read_run("small", "1", ["model_card.html", "evidence.json"], uri=two_versions)
    assert list(run.files) == ["model_card.html"]
    assert run.files["model_card.html"].read_text() == "<h1>Kartu</h1>"
    with pytest.raises(ModelError, match="small has no version 9"):
        read_run("small", "9", [], uri=two_versions)


def test_a_runs_files_that_find_no_room_are_not_called_missing(
    two_versions: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_: object) -> None:
        raise MlflowException("Failed to download artifacts", error_code=RESOURCE_DOES_NOT_EXIST)

    kept = open_client(two_versions).list_artifacts(open_client(two_versions).get_model_version("small", "1").run_id)
    monkeypatch.setattr("mlflow.artifacts.download_artifacts", full)
    with pytest.raises(ModelError, match=r"cannot be fetched\. Check the free space"):
        read_run("small", "1", [kept[-1].path], uri=two_versions)


def test_files_of_a_store_on_this_machine_are_read_in_place_without_a_thread(
    two_versions: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A thread that finds no memory to begin with is waited for, for ever: python/cpython issue 140746.
    def begun(self: threading.Thread) -> None:
        raise AssertionError(self)

    monkeypatch.setattr(threading.Thread, "start", begun)
    path = read_run("small", "1", ["model_card.html"], uri=two_versions).files["model_card.html"]
    assert path.read_text() == "<h1>Kartu</h1>"
    assert path.is_relative_to(sqlite_path(two_versions).parent)
    assert locate("models:/small/1", uri=two_versions).folder.is_dir()


def test_rollback_brings_the_former_champion_back(two_versions: str) -> None:
    promote("small", "1", approver="Ani", uri=two_versions)
    promote("small", "2", approver="Ani", uri=two_versions)
    assert rollback("small", approver="Budi", reason="too many complaints", uri=two_versions) == "1"
    assert champion(two_versions) == "1"
    tags = open_client(two_versions).get_model_version("small", "2").tags
    assert (tags["rollback.approver"], tags["rollback.reason"]) == ("Budi", "too many complaints")


def test_rollback_goes_one_step_only(two_versions: str) -> None:
    promote("small", "1", approver="Ani", uri=two_versions)
    promote("small", "2", approver="Ani", uri=two_versions)
    rollback("small", approver="Ani", uri=two_versions)
    with pytest.raises(ModelError, match="no former champion"):
        rollback("small", approver="Ani", uri=two_versions)
    assert champion(two_versions) == "1"


def test_a_promotion_or_rollback_that_was_cut_off_is_completed_by_the_next(
    two_versions: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    promote("small", "1", approver="Ani", uri=two_versions)
    for act, after in (
        (lambda: promote("small", "2", approver="Ani", uri=two_versions), {"champion": "2", "previous_champion": "1"}),
        (lambda: rollback("small", approver="Budi", uri=two_versions), {"champion": "1"}),
    ):
        with monkeypatch.context() as cut:
            cut.setattr("mlflow.MlflowClient.delete_registered_model_alias", cut_off)
            with pytest.raises(KeyboardInterrupt):
                act()
        act()
        model = open_client(two_versions).get_registered_model("small")
        assert {name: str(version) for name, version in model.aliases.items()} == after
    assert "rollback.approver" not in open_client(two_versions).get_model_version("small", "1").tags


def cut_off(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_the_champion_is_not_promoted_twice(two_versions: str) -> None:
    promote("small", "1", approver="Ani", uri=two_versions)
    promote("small", "2", approver="Ani", uri=two_versions)
    with pytest.raises(ModelError, match="champion already"):
        promote("small", "2", approver="Ani", uri=two_versions)
    assert locate("models:/small@previous_champion", uri=two_versions).version == "1"


def test_nothing_is_promoted_without_a_name(two_versions: str) -> None:
    with pytest.raises(ConfigError, match="Nobody approves"):
        promote("small", "1", approver=" ", uri=two_versions)
    with pytest.raises(ModelError, match="has no champion"):
        champion(two_versions)


@pytest.mark.parametrize("version", ["9", "x", "-1", ""])
def test_a_version_that_is_not_there_is_not_promoted(two_versions: str, version: str) -> None:
    with pytest.raises(ModelError, match="Take one of 1, 2"):
        promote("small", version, approver="Ani", uri=two_versions)


def test_number_and_alias_lead_to_a_bundle_and_its_version(two_versions: str) -> None:
    promote("small", "1", approver="Ani", uri=two_versions)
    by_alias, by_number = (
        locate(address, uri=two_versions) for address in ("models:/small@champion", "models:/small/1")
    )
    assert by_alias == by_number
    assert (by_alias.name, by_alias.version) == ("small", "1")
    assert (by_alias.folder / "bundle.json").is_file()


def test_a_bundles_folder_needs_no_store(bundle_folder: Path) -> None:
    assert locate(bundle_folder, uri=NOWHERE).folder == bundle_folder
    assert locate(str(bundle_folder), uri=NOWHERE).version == UNREGISTERED


def test_the_folder_that_train_wrote_leads_to_its_bundle(bundle_folder: Path) -> None:
    assert locate(bundle_folder.parent, uri=NOWHERE).folder == bundle_folder


UNKNOWN = {
    "a model": ("models:/other@champion", "The registry has no model other"),
    "a quoted name": ("models:/o'ther/1", "The registry has no model o'ther"),
    "an alias": ("models:/small@best", "small has no best"),
    "a version": ("models:/small/9", "small has no version 9"),
    "no version": ("models:/small", "no model's address"),
    "a stage": ("models:/small/Production", "no model's address"),
    "a folder": ("not/there", "There is no bundle in this folder"),
}


@pytest.mark.parametrize(("address", "said"), UNKNOWN.values(), ids=UNKNOWN)
def test_an_unknown_address_is_said_in_one_line(two_versions: str, address: str, said: str) -> None:
    with pytest.raises(ModelError, match=said) as refused:
        locate(address, uri=two_versions)
    assert "\n" not in str(refused.value)
    assert refused.value.mend


def test_asking_for_a_model_makes_no_store(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="There is no tracking store here"):
        locate("models:/small@champion", uri=f"sqlite:///{tmp_path}/mlflow.db")
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_does_not_answer_is_said_in_one_line_without_its_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(ModelError, match="does not answer while looking for") as refused:
        locate("models:/small@champion", uri="http://ani:rahasia@127.0.0.1:9")
    assert refused.value.exit_code == 2
    assert "rahasia" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_database_that_is_none_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_text("this is no database, and long enough to be read as one " * 20)
    with pytest.raises(ModelError, match="tracking store") as refused:
        locate("models:/small@champion", uri=f"sqlite:///{tmp_path}/mlflow.db")
    assert "\n" not in str(refused.value)


def test_files_that_somebody_deleted_are_said_to_be_gone(two_versions: str, tmp_path: Path) -> None:
    (tmp_path / "store" / "mlartifacts").rename(tmp_path / "elsewhere")
    with pytest.raises(ModelError, match="files of version 1 of small are gone"):
        locate("models:/small/1", uri=two_versions)
