"""Processes that do the parts of a run."""

import os
import signal
import subprocess
import sys
from multiprocessing import active_children

import pytest

from graduation_model.errors import OutputError
from graduation_model.scoring.cluster import open_engine

_KILLED_WITH_A_WORKER = """
import os, signal
from pathlib import Path
from graduation_model.scoring.cluster import open_engine
with open_engine("local", None, Path("."), workers=2) as engine:
    print(engine.pool.submit(os.getpid).result(), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_workers_end_with_a_run_that_is_killed():
    process = subprocess.Popen([sys.executable, "-c", _KILLED_WITH_A_WORKER], stdout=subprocess.PIPE, text=True)
    worker = int(process.stdout.readline())
    try:
        process.communicate(timeout=30)  # the worker holds the other end, too: it is read to its end when both are gone
    except subprocess.TimeoutExpired:
        os.kill(worker, signal.SIGKILL)
        raise
    assert process.returncode == -signal.SIGKILL


def test_a_worker_that_is_lost_ends_the_run_in_one_line(tmp_path):
    with open_engine("local", None, tmp_path, workers=2) as engine:
        for task in (os._exit, abs):  # while it works, and before it is given anything
            with pytest.raises(OutputError, match="A process of the run was lost"):
                list(engine.map(task, [1]))


def test_a_pool_whose_own_thread_ends_ends_the_run_and_its_workers(tmp_path, monkeypatch):
    def no_room(_):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("multiprocessing.queues.Queue._start_thread", no_room)
    with (
        pytest.raises(OutputError, match="A process of the run was lost"),
        open_engine("local", None, tmp_path, workers=2) as engine,
    ):
        list(engine.map(abs, [1]))
    for worker in active_children():
        worker.join(30)
    assert active_children() == []
