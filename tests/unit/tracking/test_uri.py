"""Where runs go."""

from __future__ import annotations

from pathlib import Path

import pytest

from graduation_model.errors import ConfigError
from graduation_model.tracking.uri import artifact_root, tracking_uri


def test_the_environment_stands_before_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://mlflow.example")
    assert tracking_uri(Path("somewhere")) == "https://mlflow.example"


def test_the_default_is_a_database_in_the_folder_as_a_whole_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "  ")
    monkeypatch.chdir(tmp_path)
    assert tracking_uri(Path("out")) == f"sqlite:///{tmp_path}/out/mlflow.db"


def test_files_lie_beside_the_database(tmp_path: Path) -> None:
    assert artifact_root(f"sqlite:///{tmp_path}/mlflow.db") == f"file://{tmp_path}/mlartifacts"


def test_a_server_says_itself_where_files_lie() -> None:
    assert artifact_root("https://mlflow.example") is None


def test_a_folder_that_cannot_stand_in_an_address_is_refused_at_once(monkeypatch, tmp_path):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with pytest.raises(ConfigError, match="'\\?' in its name"):
        tracking_uri(tmp_path / "what?")
