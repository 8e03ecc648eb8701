"""The registered model behind `mlflow models serve`: a household posted, its chance and its reasons answered."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pandas as pd
import pytest

from graduation_model.estimators.bundle import load_bundle
from graduation_model.scoring.alone import score_answers
from graduation_model.tracking.record import TrainingRecord
from graduation_model.tracking.registry import promote
from graduation_model.tracking.runs import log_training
from graduation_model.tracking.session import QUIET

FAMILY = {"status": "not_poor", "size": 6.0, "rooms": 2.0, "income": 250.0, "floor": "cement", "member": "yes"}
PATIENCE = 180


@pytest.fixture
def address(record: TrainingRecord, uri: str, tmp_path: Path):  # type: ignore[no-untyped-def]
    """A server of the champion, on a free port of this machine."""
    promote("small", log_training(record, uri=uri).version, approver="Ani", uri=uri)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "models", "serve", "--model-uri", "models:/small@champion"]
    command += ["--env-manager", "local", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    # The server starts python by its name: the one of this environment.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    log = (tmp_path / "server.log").open("w")
    server = subprocess.Popen(
        command, env={**os.environ, **QUIET, "MLFLOW_TRACKING_URI": uri, "PATH": path}, stdout=log, stderr=log
    )
    try:
        _wait(f"http://127.0.0.1:{port}/ping", server, tmp_path / "server.log")
        yield f"http://127.0.0.1:{port}/invocations"
    finally:
        server.terminate()
        server.wait(30)
        log.close()


def _wait(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(PATIENCE):
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(1)
    pytest.fail(f"the server did not start:\n{log.read_text()[-2000:]}")


def test_a_posted_household_gets_its_chance_its_reasons_and_the_wave_it_was_seen_against(
    address: str, bundle_folder: Path
) -> None:
    body = json.dumps({"dataframe_records": [FAMILY]}).encode()
    request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        [said] = json.loads(answer.read())["predictions"]
    expected = score_answers(load_bundle(bundle_folder), pd.DataFrame([FAMILY])).iloc[0]
    assert said["probability"] == pytest.approx(expected["probability"], abs=1e-12)
    assert said["context"] == "stored wave ending 2016-12-31, without history and neighbours"
    assert said["for_1"] == expected["for_1"]
    questions = [name for name in said if name.startswith("contribution_")]
    total = said["base_log_odds"] + sum(said[name] for name in questions)
    assert total == pytest.approx(said["log_odds"], abs=1e-6)
