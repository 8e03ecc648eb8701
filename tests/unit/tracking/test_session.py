"""How MLflow is brought in."""

from __future__ import annotations

import sqlite3
import subprocess
import sys

import pytest

from graduation_model.errors import ModelError
from graduation_model.tracking.session import QUIET, reach
from graduation_model.tracking.uri import sqlite_path

FRESH = """
import sys
import graduation_model.tracking, graduation_model.selection
assert "mlflow" not in sys.modules
from graduation_model.tracking.session import import_mlflow
import_mlflow()
import os, logging
from mlflow.telemetry.utils import is_telemetry_disabled
assert is_telemetry_disabled()
assert os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] == "5"
assert logging.getLogger("mlflow").getEffectiveLevel() >= logging.WARNING
"""


def test_the_face_loads_no_mlflow_and_importing_it_is_quiet_and_private() -> None:
    # A process of its own, with warnings as errors: here MLflow is long imported.
    kept = {"PATH": "", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "5"}
    done = subprocess.run(
        [
            sys.executable,
            "-W",
            "error::FutureWarning",
            "-W",
            "error::DeprecationWarning",
            "-W",
            "error::UserWarning",
            "-c",
            FRESH,
        ],
        env=kept,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_every_setting_is_one_that_a_user_can_take_back() -> None:
    assert all(name.startswith(("MLFLOW_", "GIT_PYTHON_")) for name in QUIET)


def test_a_store_that_fails_is_one_line_and_prints_no_traceback_of_mlflows(uri: str, capfd) -> None:
    with sqlite3.connect(sqlite_path(uri)) as store:
        store.execute("ALTER TABLE experiments RENAME TO elsewhere")
    store.close()
    with pytest.raises(ModelError, match="no such"):
        reach(uri)
    assert "Traceback" not in capfd.readouterr().err
